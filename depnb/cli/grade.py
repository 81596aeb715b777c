"""``depnb grade``: the exercises of a class."""

from pathlib import Path
from typing import Annotated

import typer

from depnb.cli import show


def grade(
    folder: Annotated[Path, typer.Argument(help="With copies of notebooks, or with a folder of them per learner.")],
    csv: Annotated[Path | None, typer.Option(help="The table; by default grades.csv in the folder.")] = None,
    seconds: Annotated[float, typer.Option(min=1, max=3600, help="Longest time of one cell.")] = 30.0,
) -> None:
    """Run the checkers of the exercises over copies of the notebooks, and write a table with a line per exercise.

    Only cells that an exercise needs are run, without Jupyter. A copy that cannot be read, runs too long or ends Python
    is named, and the others are graded. The code of the copies runs with your rights: grade what you do not know in a
    container. Open questions and the multiple-choice questions are not graded.

    Examples: `depnb grade submissions`; `depnb grade my --csv mine.csv`
    """
    from depnb.course import grading
    from depnb.system.files import write_text
    from depnb.system.text import to_csv

    grades = grading.grade(folder, seconds)
    target = csv or folder / "grades.csv"
    write_text(target, to_csv(grading.columns(grades)))
    summary = grading.summary(grades)
    show.table(list(summary), list(zip(*summary.values(), strict=True)))
    show.say(f"{target}: a line per exercise, with what its checker said")
