"""Grade copies of the notebooks: each in a process of its own, a line per exercise."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from depnb.corpus.records import natural_key
from depnb.system.progress import progress
from depnb.system.workers import Worker, spread, usable_cores

WHOLE = 20
"""A notebook is given up after so many times the time of a cell: its cells could have stopped the clock."""
UNREADABLE = "cannot be graded"


class Grade(NamedTuple):
    """What was found of one exercise of one learner.

    Attributes:
        learner: name of the folder in which the copy lies; empty in the graded folder itself.
        file: the copy, from the graded folder.
        notebook: as its set-up cell names it; empty where none could be found.
        exercise: its name; empty where the copy could not be graded.
        result: ``right``, ``wrong``, ``not answered`` or ``cannot be graded``.
        said: what the checker said, or why there is nothing to say.
    """

    learner: str
    file: str
    notebook: str
    exercise: str
    result: str
    said: str


def copies(folder: Path) -> list[Path]:
    """The notebooks in ``folder`` and in the folders of learners in it.

    Raises:
        FileNotFoundError: there is none.
    """
    found = [
        path
        for path in sorted(folder.rglob("*.ipynb"), key=lambda p: natural_key(str(p)))
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not found:
        raise FileNotFoundError(f"No notebook in {folder}: put the copies there, or in a folder for each learner.")
    return found


def grade(folder: Path, seconds: float) -> list[Grade]:
    """Run the checkers on all copies in a folder; what a copy does never stops the others.

    Args:
        folder: with copies, or with a folder for each learner.
        seconds: longest time of one cell.

    Raises:
        FileNotFoundError: there is no notebook.
    """
    units = {str(path.relative_to(folder)): path for path in copies(folder)}
    graded: dict[str, list[Grade]] = {}
    work = partial(_graded, folder, seconds)
    with (
        progress("grading", len(units), "notebooks") as bar,
        spread(units, work, workers=usable_cores()) as outcomes,
    ):
        for outcome in outcomes:
            lost = [_unreadable(folder, units[outcome.name], str(outcome.error))]
            graded[outcome.name] = lost if outcome.error else outcome.value or []
            bar.advance()
    return [one for name in units for one in graded[name]]


def _graded(folder: Path, seconds: float, path: Path, worker: Worker) -> list[Grade]:
    """The grades of one copy, from a process of its own, which ends with all that it has started."""
    with tempfile.TemporaryDirectory() as place:
        answer = Path(place) / "answers.json"
        command = [sys.executable, "-m", "depnb.course.answers", str(path.resolve()), str(answer), str(seconds)]
        process = subprocess.Popen(
            command, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            process.wait(WHOLE * seconds)
        except subprocess.TimeoutExpired:
            return [_unreadable(folder, path, f"stopped after {WHOLE * seconds:g} s")]
        finally:
            _end(process)
        if not answer.exists():
            return [_unreadable(folder, path, f"its process ended with status {process.returncode}")]
        found = json.loads(answer.read_text(encoding="utf-8"))
    if "problem" in found:
        return [_unreadable(folder, path, found["problem"])]
    grades = []
    for exercise, said in found["said"].items():
        unanswered = str(said).startswith("not answered")
        result = "right" if said is None else "not answered" if unanswered else "wrong"
        grades.append(Grade(*_whose(folder, path), found["name"], exercise, result, said or ""))
    return grades


def _end(process: subprocess.Popen) -> None:
    """End a process with all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _whose(folder: Path, path: Path) -> tuple[str, str]:
    below = path.relative_to(folder)
    return below.parts[0] if len(below.parts) > 1 else "", str(below)


def _unreadable(folder: Path, path: Path, why: str) -> Grade:
    return Grade(*_whose(folder, path), "", "", UNREADABLE, why)


def columns(grades: Sequence[Grade]) -> dict[str, list[str]]:
    """The grades as columns of a table."""
    return {field: [getattr(one, field) for one in grades] for field in Grade._fields}


def summary(grades: Sequence[Grade]) -> dict[str, list[str]]:
    """For each learner and notebook how many exercises are right, as columns."""
    lines = []
    for learner, notebook in dict.fromkeys((g.learner, g.notebook or g.file) for g in grades):
        own = [g for g in grades if (g.learner, g.notebook or g.file) == (learner, notebook)]
        right = sum(g.result == "right" for g in own)
        lost = [g.said for g in own if g.result == UNREADABLE]
        lines.append((learner or "–", notebook, f"{UNREADABLE}: {lost[0]}" if lost else f"{right} of {len(own)}"))
    return {heading: [line[place] for line in lines] for place, heading in enumerate(("learner", "notebook", "right"))}
