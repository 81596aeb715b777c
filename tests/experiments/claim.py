"""A process that has a run of a store for itself."""

import time
from multiprocessing.connection import Connection
from pathlib import Path

from depnb.experiments.run import Run
from depnb.experiments.store import Store


def hold(folder: Path, run: Run, say: Connection) -> None:
    """Claim a run, say so, and never let it go."""
    with Store(folder).claimed(run) as mine:
        say.send("claimed" if mine else "taken")
        time.sleep(600)
