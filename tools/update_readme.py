"""Write what came out, and the numbers, into the README from the result files: ``python -m tools.update_readme``."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from depnb.experiments.grid import COMMITTED_RIVALS, rows
from depnb.experiments.result import MissingResult
from depnb.experiments.rivals import titles
from depnb.experiments.store import Store
from depnb.methods.profiles import PROFILES
from depnb.methods.registry import RIVALS, method, papers
from depnb.reports import outcomes, overview
from depnb.reports.shown import profiles, results_of
from depnb.reports.summaries import Summary, difference_text, summarise
from depnb.system.files import write_text
from depnb.system.repository import COMMITTED, ROOT

BEGIN = "<!-- numbers:begin (written by `make figures` from results/, do not edit) -->"
END = "<!-- numbers:end -->"
SAID_BEGIN, SAID_END = (
    "<!-- outcomes:begin (written by `make figures` from results/, do not edit) -->",
    "<!-- outcomes:end -->",
)
README = ROOT / "README.md"
SIZES = tuple(PROFILES)
WITH_RIVALS = ("both", "dynamics")
"""The corpora on which simple rivals, which train no network, are quoted."""


def numbers(folder: Path = COMMITTED) -> str:
    """The README's measured lines, from the results, ``faces.json`` and ``reproduce.json`` of a folder.

    Raises:
        FileNotFoundError: a file is missing; `make results` and `benchmarks/reproduce.py` make them.
        MissingResult: a quoted row is missing.
    """
    store = Store(folder)
    results = [r for paper in papers() for r in results_of(store, paper)]
    sizes = {r.run.profile for r in results}
    simple = [r for r in results_of(store, RIVALS) if r.run.profile == max(sizes, key=SIZES.index)]
    measured = {(s.paper, s.row, s.corpus, s.protocol): s for s in summarise([*results, *simple], "unseen")}
    faces, reproduce = (json.loads((folder / name).read_text()) for name in ("faces.json", "reproduce.json"))
    lines = [
        f"Measured on generated people, {profiles(results)}. On `null` nothing can be learnt: no row may be better "
        "than the constant there. The interval is over people and seeds. Rows with other numbers of people were judged "
        "on other people: compare each with its constant.",
        "",
        "| paper | row | corpus | people | RMSE on unseen people | constant | difference, 95 % interval | against the "
        "constant |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for line in _quoted():
        if line not in measured:
            raise MissingResult(f"The README quotes {' '.join(line)}, which {folder} lacks. Run `make results`.")
        lines.append(_line(measured[line]))
    return "\n".join([*lines, "", f"* {_faces(faces)}", f"* {_reproduce(reproduce)}"])


def said(folder: Path = COMMITTED) -> str:
    """One line per paper: its own model against the constant on each corpus, and what came out for its claims."""
    store = Store(folder)
    found = overview.compared(store)
    lines = []
    for paper in papers():
        name = method(paper).title
        own = {corpus: s.verdict for (whose, corpus), s in found.items() if whose == name}
        words = [
            f"{word} on {', '.join(f'*{corpus}*' for corpus in own if own[corpus] == word)}"
            for word in dict.fromkeys(own.values())
        ]
        printed = [o for o in outcomes.outcomes(paper, results_of(store, paper)) if o.claim.printed]
        lines.append(f"* **{name}**: {'; '.join(words)}. Of {len(printed)} claims: {outcomes.counted(printed)}.")
    return "\n".join(lines)


def update(readme: Path = README, folder: Path = COMMITTED) -> None:
    """Write ``said`` and ``numbers`` between their markers.

    Raises:
        ValueError: the markers are missing.
    """
    for begin, end, write in ((SAID_BEGIN, SAID_END, said), (BEGIN, END, numbers)):
        before, after = split(readme, begin, end)
        write_text(readme, f"{before}{begin}\n{write(folder)}\n{end}{after}")


def split(page: Path = README, begin: str = BEGIN, end: str = END) -> tuple[str, str]:
    """The text of a page before and after what is written between two markers."""
    text = page.read_text(encoding="utf-8")
    if begin not in text or end not in text:
        raise ValueError(f"{page} lacks the lines {begin!r} and {end!r} that hold the numbers.")
    return text.partition(begin)[0], text.partition(end)[2]


def _quoted() -> Iterator[tuple[str, str, str, str]]:
    """(paper, row, corpus, protocol): the headline rows, those that a claim compares with the constant, the rivals."""
    for paper in papers():
        claimed = ((c.row, c.corpus, c.protocol) for c in method(paper).claims if c.other == "constant")
        for row in dict.fromkeys((*rows(paper, "headline"), *claimed)):
            yield paper, *row
    for corpus in WITH_RIVALS:
        for rival in COMMITTED_RIVALS:
            yield RIVALS, rival, corpus, "honest"


def _line(s: Summary) -> str:
    if s.paper == RIVALS:
        paper, row, error = "–", titles()[s.row], f"{s.rmse:.2f}"
    else:
        paper, row, error = s.paper, s.row, f"{s.rmse:.2f} ± {s.rmse_sd:.2f} ({s.seeds} seeds)"
    cells = (paper, row, s.corpus, s.people, error, f"{s.constant:.2f}", difference_text(s), s.verdict)
    return f"| {' | '.join(map(str, cells))} |"


def _faces(measured: dict[str, Any]) -> str:
    error = {name: 100 * values["mean"] for name, values in measured["error"].items()}
    return (
        f"Faces: found in {100 * measured['found_share']:.1f} % of the {measured['visible']:,} frames that show one "
        f"({measured['videos']} videos); dlib's 51 inner points lie {error['inner']:.1f} % of the outer-eye-corner "
        f"distance from the known ones on average, the 17 jaw points {error['jaw']:.1f} %."
    )


def _reproduce(measured: dict[str, Any]) -> str:
    minutes = measured["minutes_by_stage"]
    stages = ", ".join(f"{name} {minutes[name]:.1f}" for name in ("results", "notebooks", "figures"))
    notebooks = ", ".join(name.partition("_")[0] for name in measured["notebooks"])
    return (
        f"`make reproduce` from nothing, with notebooks {notebooks}, after the installation: "
        f"{measured['minutes']:.1f} minutes on {measured['cores']} cores ({stages}), "
        f"{measured['memory_gb']:.1f} GB of memory in the largest process, "
        f"{measured['disk_gb']:.1f} GB of disk; the environment takes {measured['environment_gb']:.1f} GB."
    )


if __name__ == "__main__":
    update()
