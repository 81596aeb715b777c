"""Write computed passages into documents, between two markers each: ``python -m tools.update_docs``.

The GPU-hours of ``docs/avec.md`` are what ``depnb reproduce --plan`` says of a corpus with as many sessions, videos and
frames as AVEC has. The core-hours of ``docs/decisions.md`` are those of the committed results at ``standard``, and the
power of ``docs/results.md`` is that of ``benchmarks/evidence.json``. The tables of ``docs/errata.md`` are those of
``errata.csv``, and the report of ``docs/judge.md`` is what ``depnb judge`` says of stored scores.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, contextmanager
from functools import partial
from pathlib import Path

import av

from depnb.corpus.published import CORPORA, OFFICIAL
from depnb.corpus.synthetic.recipe import named_recipe, sessions
from depnb.experiments.grid import grid, runs_for
from depnb.experiments.plan import COSTS, OPERATIONS, core_seconds, face_hours, gpu_hours
from depnb.experiments.rivals import is_rival
from depnb.experiments.run import Run
from depnb.methods.errata import entries
from depnb.methods.registry import method, papers, parts, specification
from depnb.reports import judge
from depnb.system.files import write_text
from depnb.system.repository import ROOT
from tools.update_readme import split

BEGIN = "<!-- hours:begin (written by `make docs` from the plan, do not edit) -->"
END = "<!-- hours:end -->"
AVEC = ROOT / "docs" / "avec.md"
COSTS_BEGIN = "<!-- costs:begin (written by `make docs` from the plan, do not edit) -->"
COSTS_END = "<!-- costs:end -->"
DECISIONS = ROOT / "docs" / "decisions.md"
POWER_BEGIN = "<!-- power:begin (written by `make docs` from benchmarks/evidence.json, do not edit) -->"
POWER_END = "<!-- power:end -->"
RESULTS = ROOT / "docs" / "results.md"
EVIDENCE = ROOT / "benchmarks" / "evidence.json"
ERRATA = ROOT / "docs" / "errata.md"
JUDGED_BEGIN = "<!-- judged:begin (written by `make docs` with `depnb judge`, do not edit) -->"
JUDGED_END = "<!-- judged:end -->"
JUDGE = ROOT / "docs" / "judge.md"
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
    foot = f"""A body, which is the convolutional part of a network, learns faces before the rows that begin with it:
        once for both corpora, and anew for each seed. Each network of MSN has a body of its own. The generated people
        for it take {cost.people_s / 3600:.0f} hours of two cores, and {cost.pretraining_mb / 1e3:.0f} GB; every
        further core shortens that. `--rows headline` leaves all but the papers' own networks and their rivals out."""
    table = ["| | rows | face pretraining | AVEC2014 | AVEC2013 | |", "|---|---|---|---|---|---|", *lines]
    return "\n".join([_wrapped(head), "", *table, "", _wrapped(foot)])


def _wrapped(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)


def costs() -> str:
    """What the trainings of ``standard`` take, by paper and row; rows that are the same training once."""
    different = {run.digest: run for run in grid("standard", "everything") if not is_rival(run)}
    rows: dict[tuple[str, str, str], list[float]] = {}
    for run in different.values():
        seconds = rows.setdefault((run.paper, run.row, run.protocol), [])
        seconds.append(seconds[0] if seconds else core_seconds(run))
    table = ["| paper | row | protocol | trainings | core-seconds each | core-hours |", "|---|---|---|---|---|---|"]
    for paper in papers():
        own = {line: seconds for line, seconds in rows.items() if line[0] == paper}
        table.append(_cost("**" + paper + "**", "all", "", [one for seconds in own.values() for one in seconds]))
        table += [_cost("", row, protocol, seconds) for (_, row, protocol), seconds in own.items()]
    table.append(_cost("**together**", "", "", [one for seconds in rows.values() for one in seconds]))
    head = """Estimated from the stored seconds of `quick`, in the proportion of operations; on two cores a core-hour is
        half an hour. Bodies, videos and crops come on top."""
    return "\n".join([_wrapped(head), "", *table])


def _cost(paper: str, row: str, protocol: str, seconds: list[float]) -> str:
    each = f"{seconds[0]:.0f}" if len(set(seconds)) == 1 else "–"
    return f"| {paper} | {row} | {protocol} | {len(seconds)} | {each} | {sum(seconds) / 3600:.1f} |"


def power() -> str:
    """How often a real difference of two rows is seen, and how often one that is not there."""
    found = json.loads(EVIDENCE.read_text(encoding="utf-8"))
    asked = dict.fromkeys((cell["people"], cell["seeds"], cell["seed_sd"]) for cell in found["power"])
    sizes = sorted({cell["difference"] for cell in found["power"]})
    cells = {(c["people"], c["seeds"], c["seed_sd"], c["difference"]): c for c in found["power"]}
    heads = [f"{size:g} points, {way}" for size in sizes for way in ("plain", "corrected")]
    table = [f"| people | seeds of each | sd of seeds | {' | '.join(heads)} |", "|---" * (3 + len(heads)) + "|"]
    for one in asked:
        shares = [f"{cells[*one, size][way]:.0%}" for size in sizes for way in ("plain", "corrected")]
        table.append(f"| {' | '.join(map('{:g}'.format, one))} | {' | '.join(shares)} |")
    splits = found["over_rows"]
    rates, holds = [c["rate"] for c in found["same_row"]], [c["holds"] for c in found["coverage"]]
    head = f"""How often a real difference is seen, by simulation ({found["provenance"]["trials"]:,} trials a cell,
        `benchmarks/evidence.py`): by the plain interval, and after the correction in a family of
        {found["provenance"]["family"]} claims. A difference that is not there is seen in {min(rates):.1%} to
        {max(rates):.1%} of trials, and an interval of one error holds the truth in {min(holds):.1%} to
        {max(holds):.1%}. The stored rows with four seeds or more ({splits["rows"]}), half of their seeds against the
        other half, are said to differ in {splits["rate"]:.1%} of splits [{splits["low"]:.1%}, {splits["high"]:.1%}]."""
    return "\n".join([_wrapped(head), "", *table])


def errata(paper: str | None) -> str:
    """The entries of a paper; without one those that stand under all papers."""
    own = [one for one in entries() if one.shared == (paper is None) and paper in (None, *one.papers)]
    head = ("E", "where in the paper", "kind", "what is printed or lacking", "read here as", "where to see it")
    lines = [(_anchored(one.number), one.where, one.kind, one.printed, one.reading, one.see) for one in own]
    return "\n".join([_cells(head), "|---" * len(head) + "|", *map(_cells, lines)])


def _anchored(number: str) -> str:
    return f'<a id="{number.lower()}"></a>{number}'


def _cells(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


def judged() -> str:
    """What ``depnb judge`` says in the example of ``docs/judge.md``, whose own lines make the file of scores."""
    (script,) = re.findall(r"^```python\n(.*?)^```", JUDGE.read_text(encoding="utf-8"), re.M | re.S)
    with tempfile.TemporaryDirectory() as place, chdir(place):
        subprocess.run([sys.executable, "-c", script], check=True)
        return f"```markdown\n{judge.text(judge.judge('scores.csv', 'both'))}```"


Section = tuple[Path, str, str, Callable[[], str]]


def _of_errata(paper: str | None) -> Section:
    name = f"errata of {paper or 'all'}"
    begin = f"<!-- {name}:begin (written by `make docs` from errata.csv, do not edit) -->"
    return ERRATA, begin, f"<!-- {name}:end -->", partial(errata, paper)


SECTIONS: tuple[Section, ...] = (
    (AVEC, BEGIN, END, hours),
    (DECISIONS, COSTS_BEGIN, COSTS_END, costs),
    (RESULTS, POWER_BEGIN, POWER_END, power),
    *map(_of_errata, (*papers(), None)),
    (JUDGE, JUDGED_BEGIN, JUDGED_END, judged),
)


def update(sections: Sequence[Section] = SECTIONS) -> None:
    """Write each text between its markers.

    Raises:
        ValueError: the markers are missing.
    """
    for page, begin, end, text in sections:
        before, after = split(page, begin, end)
        write_text(page, f"{before}{begin}\n{text()}\n{end}{after}")


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
