"""Write the GPU-hours of ``docs/avec.md`` between two markers: ``python -m tools.update_docs``.

They are what ``depnb reproduce --plan`` says of a corpus with as many sessions, videos and frames as AVEC has.
"""

import os
import shutil
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from depnb.corpus.published import CORPORA, OFFICIAL
from depnb.corpus.synthetic.recipe import named_recipe, sessions
from depnb.experiments.grid import runs_for
from depnb.experiments.plan import COSTS, OPERATIONS, face_hours, gpu_hours
from depnb.experiments.rivals import is_rival
from depnb.experiments.run import Run
from depnb.methods.registry import method, papers, parts, specification
from depnb.system.files import write_text
from depnb.system.repository import ROOT
from tools.update_readme import split

BEGIN = "<!-- hours:begin (written by `make docs` from the plan, do not edit) -->"
END = "<!-- hours:end -->"
AVEC = ROOT / "docs" / "avec.md"
WIDTH = 120
TASKS = {"AVEC2014": ("Freeform_video", "Northwind_video"), "AVEC2013": ("cut_combined",)}
"""What a session's videos are called."""


def hours() -> str:
    """The sentences and the table of GPU-hours."""
    with stand_ins() as corpora:
        runs = {name: _runs(folder) for name, folder in corpora.items()}
        lines = [*(_line(f"`{paper}`", runs, paper) for paper in papers()), _line("together", runs)]
    cost = COSTS["paper"]
    head = f"""Trainings of all rows at `--profile paper --protocol paper`, one seed, GPU-hours: estimated from the
        networks' operations at {OPERATIONS["cuda"] / 1e12:.0f} TFLOP/s, an assumption on the careful side, and not
        measured on a GPU. The plan (`--plan`) says the same for what is lacking on your machine."""
    foot = f"""Faces are learnt once for both corpora and all seeds; each network of MSN has a body of its own. The
        generated people for it take {cost.people_s / 3600:.0f} hours of two cores, and
        {cost.pretraining_mb / 1e3:.0f} GB; every further core shortens that. `--rows headline` leaves all but the
        papers' own networks and their rivals out."""
    table = ["| | rows | faces, before | AVEC2014 | AVEC2013 | |", "|---|---|---|---|---|---|", *lines]
    return "\n".join([_wrapped(head), "", *table, "", _wrapped(foot)])


def _wrapped(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)


def update(page: Path = AVEC) -> None:
    """Write ``hours`` between the markers.

    Raises:
        ValueError: the markers are missing.
    """
    before, after = split(page, BEGIN, END)
    write_text(page, f"{before}{BEGIN}\n{hours()}\n{END}{after}")


@contextmanager
def stand_ins() -> Iterator[dict[str, Path]]:
    """Folders with as many people, sessions, videos and frames as AVEC2014 and AVEC2013, whose videos show nothing.

    Meanwhile the cache is empty: of what a machine has made already, nothing counts.
    """
    known = os.environ.get("DEPNB_CACHE")
    with tempfile.TemporaryDirectory() as place:
        os.environ["DEPNB_CACHE"] = str(Path(place) / "cache")
        try:
            yield {name: _stand_in(Path(place) / name, name) for name in TASKS}
        finally:
            os.environ.pop("DEPNB_CACHE")
            if known is not None:
                os.environ["DEPNB_CACHE"] = known


def _stand_in(root: Path, name: str) -> Path:
    published = CORPORA[name]
    film = root.with_suffix(".mp4")
    _film(film, round(published.frames / published.videos / len(OFFICIAL)))
    for session in sessions(named_recipe("both")):
        if session.partition in OFFICIAL:
            folder = root / session.partition
            write_text(folder / f"{session.id}_Depression.csv", f"{session.bdi}\n")
            for task in TASKS[name]:
                shutil.copyfile(film, folder / f"{session.id}_{task}.mp4")
    return root


def _film(path: Path, frames: int) -> None:
    """A video of 16×16 black pixels."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=30, width=16, height=16, pix_fmt="yuv420p")
        black = av.VideoFrame(16, 16, "yuv420p")
        for number in range(frames):
            black.pts = number
            container.mux(stream.encode(black))
        container.mux(stream.encode(None))


def _runs(folder: Path) -> list[Run]:
    return [run for run in runs_for("paper", "all", (0,), str(folder), "paper") if not is_rival(run)]


def _line(title: str, runs: dict[str, list[Run]], paper: str | None = None) -> str:
    """One of the table: of a paper, or of all."""
    own = {name: [run for run in of if paper in (None, run.paper)] for name, of in runs.items()}
    rows = next(iter(own.values()))
    note = "at most: trainings may end early" if paper and any(map(_may_end_early, rows)) else ""
    numbers = [face_hours([run for of in own.values() for run in of]), *map(gpu_hours, own.values())]
    return f"| {title} | {len(rows)} | {' | '.join(f'{hours:.1f}' for hours in numbers)} | {note} |"


def _may_end_early(run: Run) -> bool:
    paper = method(run.paper)
    specs = [specification(paper, row, run.profile, run.protocol, "AVEC2014") for row in parts(paper, run.row)]
    return any(spec.learning.scores.patience > 0 for spec in specs)


if __name__ == "__main__":
    update()
