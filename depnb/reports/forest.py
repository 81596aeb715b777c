"""Forest plots: what came out for the claims, a line each."""

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np

from depnb.experiments.result import Result
from depnb.reports.claims import Outcome, outcomes
from depnb.reports.words import LOOKS, Look, p_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WHOSE = {"the paper's claims": True, "our claims": False}


class Size(NamedTuple):
    """Of a plot, in inches but for the letters (points) and the lines of text (characters).

    Attributes:
        text, corpus, plot, word: widths of its columns.
        letters: of all text. characters: of a line of a claim's text. reason: of why a claim is not tested.
        line: height of a line of text. gap: between two claims. axis: height below the plot.
    """

    text: float
    corpus: float
    plot: float
    word: float
    letters: float
    characters: int
    reason: int
    line: float
    gap: float
    axis: float


ONE_PAPER = Size(
    text=2.95, corpus=0.9, plot=2.5, word=1.45, letters=8, characters=49, reason=38, line=0.135, gap=0.09, axis=0.6
)
ALL_PAPERS = Size(
    text=3.45, corpus=0.65, plot=2.1, word=1.15, letters=6, characters=74, reason=44, line=0.089, gap=0.022, axis=0.44
)
ABOVE = 0.05
"""Room above the plot, inches."""


def of_paper(paper: str, results: Sequence[Result]) -> "Figure | None":
    """The claims of a paper, the paper's own above ours; None if none of them was run."""
    return of_papers({paper: outcomes(paper, results)}, ONE_PAPER)


def of_papers(found: Mapping[str, Sequence[Outcome]], size: Size = ALL_PAPERS) -> "Figure | None":
    """The claims of several papers on one page, on a common scale; papers of which none was run are left out."""
    blocks = {
        f"{paper}, {whose}": own
        for paper, of_it in found.items()
        if any(o.was_run for o in of_it)
        for whose, printed in WHOSE.items()
        if (own := [o for o in of_it if o.claim.printed == printed])
    }
    if not blocks:
        return None
    claims = [o for own in blocks.values() for o in own]
    heights = [size.line * _lines(o, size) + size.gap for o in claims]
    headings = [1.4 * size.line + size.gap] * len(blocks)
    height, width = sum(heights) + sum(headings), size.text + size.corpus + size.plot + size.word
    whole = height + size.axis + ABOVE
    figure = plt.figure(figsize=(width, whole))
    figure.set_layout_engine("none")  # not as an argument, with which matplotlib lays out anew when a file is written
    axis = figure.add_axes(((size.text + size.corpus) / width, size.axis / whole, size.plot / width, height / whole))
    axis.set(ylim=(height, 0), xlim=_range(claims))
    axis.axvline(0, color="black", linestyle="--", marker="", linewidth=0.8, zorder=0)
    place, said = 0.0, "outcome, corrected p"
    for heading, own in blocks.items():
        place += headings[0]
        _write(axis, size, place - 0.7 * size.line, heading, "", said, "black", weight="bold")
        said = ""
        for outcome in own:
            tall = size.line * _lines(outcome, size) + size.gap
            _draw(axis, size, place + tall / 2, outcome)
            place += tall
    axis.spines["left"].set_visible(False)
    axis.set_yticks([])
    axis.tick_params(labelsize=size.letters)
    axis.set_xlabel(
        "difference in RMSE (points), plain 95 % interval\nbelow 0: the first has the smaller error",
        fontsize=size.letters,
    )
    return figure


def _lines(outcome: Outcome, size: Size) -> int:
    """How many lines of text a claim needs."""
    return max(len(wrap(outcome.claim.text, size.characters)), len(wrap(outcome.reason, size.reason)))


def _draw(axis: "Axes", size: Size, place: float, outcome: Outcome) -> None:
    look, found, claim, corrected = LOOKS[outcome.word], outcome.difference, outcome.claim, outcome.corrected
    word = outcome.word if corrected is None else f"{outcome.word}, {p_text(corrected, 'p')}"
    _write(axis, size, place, "\n".join(wrap(claim.text, size.characters)), f"“{claim.corpus}”", word, look.colour)
    if found is None or corrected is None:
        reason = "\n".join(wrap(outcome.reason, size.reason))
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # over the line at 0
        _text(axis, size, 0.01, place, reason, color=look.colour, bbox=box, ha="left")
        return
    mark(axis, place, (found.value, found.low, found.high), look, size.letters * 0.55)


def mark(axis: "Axes", place: float, numbers: tuple[float, float, float], look: Look, edge: float = 4.5) -> None:
    """A difference and its interval (value, low, high) on the line ``place``, as its word looks."""
    value, *ends = numbers
    axis.plot(ends, [place] * 2, color=look.colour, linestyle="-", marker="", linewidth=1.2)
    fill = look.colour if look.filled else "white"
    axis.plot(value, place, color=look.colour, marker=look.marker, markerfacecolor=fill, markersize=edge)


def _write(
    axis: "Axes", size: Size, place: float, text: str, corpus: str, word: str, colour: str, weight: str = "normal"
) -> None:
    """A claim and its corpus at the left of the plot, and what came out at the right."""
    _text(axis, size, -(size.text + size.corpus - 0.05) / size.plot, place, text, ha="left", weight=weight)
    _text(axis, size, -0.08 / size.plot, place, corpus, ha="right")
    _text(axis, size, 1 + 0.08 / size.plot, place, word, ha="left", color=colour)


def _text(axis: "Axes", size: Size, across: float, place: float, text: str, **style: Any) -> None:
    """Text at a share of the plot's width and a height in inches."""
    where = axis.get_yaxis_transform()
    style |= {"fontsize": size.letters, "va": "center", "linespacing": 1.05, "parse_math": False}
    axis.text(across, place, text, transform=where, **style)


def _range(found: Sequence[Outcome]) -> tuple[float, float]:
    """From the lowest to the highest end of an interval, with zero, and a little room."""
    differences = [o.difference for o in found if o.difference and o.corrected is not None]
    ends = np.array([0.0, *(end for d in differences for end in (d.low, d.high))])
    room = 0.05 * (np.ptp(ends) or 1.0)
    return ends.min() - room, ends.max() + room
