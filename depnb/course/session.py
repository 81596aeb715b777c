"""The session of a notebook: its parameters, and what follows from them."""

import hashlib
import json
import random
import re
import sys
import tempfile
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from depnb.corpus import Corpus
from depnb.course.display import show, show_caption
from depnb.experiments.corpora import open_for_profile
from depnb.experiments.grid import committed, committed_profile, runs_for
from depnb.experiments.result import Result
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.methods.contract import require_choice
from depnb.methods.profiles import PROFILES
from depnb.methods.registry import protocols
from depnb.system.repository import COMMITTED, ROOT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LIVE_SEED = 41
DEVICES = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


_current: "Session | None" = None


@dataclass(frozen=True)
class Session:
    """One notebook's parameters, and what follows from them.

    Attributes:
        name: the notebook's file name without suffix.
        profile: a key of ``methods.profiles.PROFILES``.
        corpus_name: name of a generated corpus, or the folder of a corpus on disk.
        protocol: ``honest``, ``paper`` or another one of a method.
        store: ``committed``, or a folder; a relative one lies in the repository.
        seed: seed of the runs in a store that is not the committed one.
        device: ``auto``, ``cpu``, ``mps``, ``cuda`` or ``cuda:N``.
    """

    name: str
    profile: str
    corpus_name: str
    protocol: str
    store: str
    seed: int
    device: str

    @property
    def _source(self) -> str:
        return "committed" if self.committed else f"trained with seed {self.seed}, kept in the run folder"

    @property
    def committed(self) -> bool:
        """Whether results are read from the committed store, and nothing is trained."""
        return self.store == "committed"

    @cached_property
    def corpus(self) -> Corpus:
        """The corpus of this session, a generated one in the size of the profile."""
        return open_for_profile(self.corpus_name, self.profile)

    @cached_property
    def results_store(self) -> Store:
        """Where results come from; the committed store is strict."""
        if self.committed:
            return Store(COMMITTED, strict=True)
        return Store(self.run_folder / "results")

    @property
    def run_folder(self) -> Path:
        """Folder that holds ``results/`` and ``figures/``, of a store that is not the committed one."""
        folder = ROOT / self.store
        return folder.parent if folder.name == "results" else folder

    def results(self, paper: str, which: str = "all") -> list[Result]:
        """The results of a paper's rows: all committed seeds at the profile that is shown, else the session's seed.

        A store that is not the committed one is filled first: what it lacks is trained. In the folder of a
        reproduction of the headline rows, ``all`` are those.

        Raises:
            ValueError: no row belongs to ``paper``.
        """
        seeds = None if self.committed else (self.seed,)
        profile = committed_profile(paper) if self.committed else self.profile
        which = "headline" if self._reproduces_headline() else which
        wanted = runs_for(profile, which, seeds, self.corpus_name, self.protocol)
        runs = [run for run in wanted if run.paper == paper]
        if not runs:
            raise ValueError(f"No rows of a paper {paper!r} at the {profile} profile.")
        if self.committed:
            self._demand_committed(runs)
            return [result for run in runs if (result := self.results_store.load(run))]
        from depnb.experiments import execute  # torch takes seconds to import, and stored results need none

        return [execute.run(run, self.results_store, device=self.device) for run in runs]

    def _demand_committed(self, runs: list[Run]) -> None:
        there = set(committed())
        other = [run for run in runs if run not in there]
        if other:
            raise ValueError(
                f"The committed results have no {other[0].row} on {other[0].corpus} under {other[0].protocol}: "
                "name an empty store to train into, as in store = 'runs/mine'."
            )

    def live(self, paper: str, row: str) -> Result:
        """The row that a notebook trains before the reader's eyes, on the session's corpus.

        Beside committed results it has a seed that they have not, and its store is gone afterwards. In a run folder it
        is the folder's own run: a reproduction has trained it by then.
        """
        from depnb.experiments import execute  # torch takes seconds to import, and stored results need none

        run = Run(paper, row, self.corpus_name, self.protocol, self.profile, LIVE_SEED if self.committed else self.seed)
        store = Store(Path(self._live_folder.name)) if self.committed else self.results_store
        return execute.run(run, store, device=self.device)

    def other_seeds(self, result: Result) -> list[Result]:
        """The stored results of the same run with other seeds; in a reproduction, which makes one seed, none."""
        stored = self.results_store.current(result.run.paper)
        return [r for r in stored if r.run != result.run and replace(r.run, seed=result.run.seed) == result.run]

    def checkpoint(self, name: str, *facts: object) -> Path | None:
        """Where a training of the notebook's own leaves its state; a repeated notebook then has it at once.

        Args:
            name: of the training, within the notebook.
            facts: what decides it, with a ``repr`` that says everything; other facts are another file.

        Returns:
            A file in the run folder; ``None`` beside committed results, where every reader trains.
        """
        if self.committed:
            return None
        digest = hashlib.sha256(repr(facts).encode()).hexdigest()[:8]
        return self.run_folder / "checkpoints" / f"{self.name}-{name}-{digest}.pt"

    @cached_property
    def _live_folder(self) -> tempfile.TemporaryDirectory:
        """Gone when the process ends."""
        return tempfile.TemporaryDirectory(prefix="depnb-live-")

    def _reproduces_headline(self) -> bool:
        state = self.run_folder / "run.json"
        return not self.committed and state.exists() and json.loads(state.read_text())["rows"] == "headline"

    def figure(self, figure: "Figure | str", name: str, caption: str, made_on: str | None = None) -> None:
        """Show a figure with its caption as text; in a run folder also save it as PDF and PNG.

        Args:
            figure: what to show; or a sentence that says why there is nothing to show, which is printed
                (``reports.paper_figures``).
            name: of the files, without suffix.
            caption: says what is shown, and on which corpus.
            made_on: title of the corpus, where it is not the session's (what needs a known truth is always generated).
        """
        if isinstance(figure, str):
            print(figure)
            return
        import matplotlib.pyplot as plt

        from depnb.system import style  # loads the plotting libraries

        if not self.committed:
            provenance = style.provenance(made_on or self.corpus.title)
            style.save(figure, self.run_folder / "figures", name, provenance)
        show({"text/plain": repr(figure), "image/png": style.inline_png(figure)})
        plt.close(figure)
        show_caption(caption)

    def end(self) -> None:
        """Print what everything was made on, and the end-marker: without it a headless run counts as failed."""
        print(f"made on: {self.corpus.title}, profile {self.profile}, results {self._source}")
        print(f"depnb: finished {self.name}")


def start(name: str, *, profile: str, corpus: str, protocol: str, store: str, seed: int, device: str) -> Session:
    """Begin a notebook: check its parameters, set the style, seed the generators, and say what it runs on.

    Raises:
        ValueError: a parameter is not one of the values it can have.
        FileNotFoundError: no such corpus.
    """
    from depnb.system import style  # matplotlib takes seconds to import

    require_choice("profile", profile, tuple(PROFILES))
    require_choice("protocol", protocol, protocols())
    if not DEVICES.fullmatch(device):
        raise ValueError(f"device is {device!r}: give auto, cpu, mps, cuda or cuda:N.")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ValueError(f"seed is {seed!r}: give an integer from 0 upwards.")
    if store == "committed" and profile != "quick":
        raise ValueError(
            f"Beside the committed results a notebook trains at the profile quick, not at {profile!r}: keep profile "
            "quick, or name an empty store to train into, as in store = 'runs/mine'."
        )
    session = Session(name, profile, corpus, protocol, store, seed, device)
    title = session.corpus.title
    style.apply()
    _seed(seed)
    print(f"{title}, profile {profile}, protocol {protocol}, results: {session._source}")
    global _current
    _current = session
    return session


def current() -> Session:
    """The session that was started last.

    Raises:
        RuntimeError: none was started.
    """
    if _current is None:
        raise RuntimeError("No session: run the set-up cell (course.start) first.")
    return _current


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - what a learner types first draws from the global generator
    if "torch" in sys.modules:  # a notebook without networks does not wait for it
        sys.modules["torch"].manual_seed(seed)
