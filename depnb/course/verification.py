"""Train a few committed runs again, into a store of their own, and say whether each is where its seeds let expect it.

The folder holds ``results/``, ``verify.json`` (what was drawn, state, and what came out) and ``verify.md``. An
interrupted verification goes on in its folder: what is stored there is not trained again.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from depnb import __version__
from depnb.course.run_folders import RUNS, alone_in, demand_same, new_folder, unfinished
from depnb.experiments.filling import describe, fill
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.methods.registry import RIVALS, papers
from depnb.reports.verification import Verification, draw_sample, judge, population
from depnb.system.files import write_json, write_text
from depnb.system.repository import COMMITTED, commit

STATE = "verify.json"
PAGE = "verify.md"
OLD = "other code or data made them"


@dataclass(frozen=True)
class Settings:
    """What is verified.

    Attributes:
        sample: how many runs. seed: of the draw; the runs have their own.
        paper: only runs of this one, or of the rivals; empty: of all.
        device: ``auto``, ``cpu``, ``mps``, ``cuda`` or ``cuda:N``.
    """

    sample: int = 5
    seed: int = 0
    paper: str = ""
    device: str = "auto"


def verify(
    settings: Settings,
    folder: Path | None = None,
    plan_only: bool = False,
    *,
    runs: Path = RUNS,
    say: Callable[[str], None] = print,
) -> Verification | None:
    """Draw runs, train them again, and compare them; ``None`` if that was only planned.

    Args:
        settings: what is verified.
        folder: of the work; by default an unfinished one with the same settings and runs, else a new one.
        plan_only: only say what is drawn, and how long it takes.
        runs: where such folders lie.
        say: where lines for the reader go.

    Raises:
        KeyError: there is no such paper.
        ValueError: there are fewer committed runs than asked for; or ``folder`` holds other work.
        RuntimeError: another process works on the folder.
        StorageError: the disk is full or must not be written.
    """
    if settings.paper and settings.paper not in (*papers(), RIVALS):
        raise KeyError(f"No paper {settings.paper!r}: choose from {', '.join(papers())} and {RIVALS}.")
    store = Store(COMMITTED)
    committed = store.current(settings.paper or None)
    found = population(committed, settings.paper)
    old = len(store.results(settings.paper or None)) - len(committed)
    left_out = dict(found.left_out) | ({OLD: old} if old else {})
    drawn = draw_sample(found, settings.sample, settings.seed)
    asked = asdict(settings) | {"runs": [asdict(run) for run in drawn]}
    if folder is not None:
        demand_same(asked, folder, STATE)
    elif (folder := unfinished(asked, runs, STATE)) is not None:
        say(f"Continuing {folder}, which did not come to a good end (a new --folder starts anew)")
    folder = (folder or new_folder(runs)).absolute()
    own = Store(folder / "results")
    _announce(drawn, len(found.runs), left_out, own, settings, say)
    if plan_only:
        return None
    problems: list[str] = []
    with alone_in(folder):
        _save(folder, asked, None, [])
        fill(own.missing(drawn), own, settings.device, say, problems.append)
        again = {run: own.load(run) for run in drawn}
        verification = Verification(
            settings.sample,
            settings.seed,
            settings.paper,
            len(found.runs),
            left_out,
            tuple(judge(result, committed) for result in again.values() if result is not None),
            {describe(run): _reason(run, problems) for run, result in again.items() if result is None},
            f"depnb {__version__}, commit {commit() or 'unknown'}.",
        )
        write_text(folder / PAGE, verification.page())
        _save(folder, asked, verification, problems)
    return verification


def _announce(
    drawn: list[Run], of: int, left_out: dict[str, int], store: Store, settings: Settings, say: Callable[[str], None]
) -> None:
    """Say what was drawn, and what training it takes."""
    from depnb.experiments.plan import estimate  # loads torch

    say(f"{len(drawn)} of {of} committed runs, drawn with seed {settings.seed}:")
    for run in drawn:
        say(f"  {describe(run)}")
    for reason, count in left_out.items():
        say(f"Not among them are {count} runs: {reason}.")
    missing = store.missing(drawn)
    say(f"{len(missing)} of them are to be trained, into {store.path}")
    for what, seconds, megabytes in estimate(missing, settings.device):
        if seconds or megabytes:
            say(f"  about {seconds / 60:.0f} min, {megabytes:.0f} MB: {what}")


def _reason(run: Run, problems: list[str]) -> str:
    """What was told of a run that has no result, or of a part of it."""
    name = f"{describe(run)}: "
    told = next((problem.removeprefix(name) for problem in problems if problem.startswith(name)), None)
    return told or "; ".join(problems) or "no result was stored"


def _save(folder: Path, asked: dict[str, Any], found: Verification | None, problems: list[str]) -> None:
    outcome = found.to_json() if found else None
    write_json(folder / STATE, asked | {"finished": found is not None, "problems": problems, "outcome": outcome})
