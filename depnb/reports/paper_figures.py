"""The figures that every notebook of a paper's results shows: each one, or a sentence that says why there is none.

``course.Session.figure`` shows the one and prints the other. In a run folder not all rows may be there, and of a
licensed corpus no scores of people are.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from depnb.experiments.result import Result
from depnb.reports import forest, learning_curves, result_plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NO_CLAIM = "No claim was tested here: nothing to draw."
NO_RESULT = "Nothing to draw: these rows were not run here, or no scores of people are kept."
NO_CURVE = "No curves are stored for these rows."


def claims(paper: str, results: Sequence[Result]) -> "Figure | str":
    """The forest plot of a paper's claims and ours."""
    return forest.of_paper(paper, results) or NO_CLAIM


def named(paper: str, name: str, results: Sequence[Result]) -> "Figure | str":
    """A figure that the method names, as ``unseen``: label and score of each unseen person.

    Raises:
        KeyError: the method names no such figure.
    """
    return result_plots.draw_of_paper(paper, name, results) or NO_RESULT


def curves(paper: str, results: Sequence[Result], rows: Collection[str]) -> "Figure | str":
    """The learning curves of some rows."""
    return learning_curves.draw(paper, [r for r in results if r.run.row in rows]) or NO_CURVE
