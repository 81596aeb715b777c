"""What the drawings are made of: boxes, arrows, and a clip of a generated person."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from depnb import faces
from depnb.clips import reduce
from depnb.corpus import open_corpus

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Diagram(NamedTuple):
    """A drawing for the index of figures.

    Attributes:
        caption: what it shows.
        draw: draws it.
        clip: whether a clip of a generated person is in it.
        data: what it is drawn from, if neither a clip nor the method alone.
    """

    caption: str
    draw: "Callable[[], Figure]"
    clip: bool = True
    data: str = ""


def box(axis: "Axes", place: tuple[float, float, float, float], text: str, below: str = "", dashed: bool = False):
    """A box with round corners at (left, bottom, width, height), a text in it and one below it."""
    from matplotlib.patches import FancyBboxPatch

    left, bottom, width, height = place
    axis.add_patch(
        FancyBboxPatch(
            (left, bottom),
            width,
            height,
            boxstyle=f"round,pad=0,rounding_size={0.13 * height}",
            facecolor="0.94",
            edgecolor="0.2",
            linestyle="--" if dashed else "-",
        )
    )
    axis.text(left + width / 2, bottom + height / 2, text, ha="center", va="center", fontsize=8.5)
    if below:
        axis.text(left + width / 2, bottom - 0.1 * height, below, ha="center", va="top", fontsize=8.5)


def arrow(axis: "Axes", start: tuple[float, float], end: tuple[float, float]) -> None:
    """From one point (x, y) to another."""
    axis.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "0.2", "shrinkA": 0, "shrinkB": 0})


def clip_of_a_person(frames: int, side: int) -> NDArray[np.uint8]:
    """The first face crops of the unseen person of “both” with the median label, uint8 RGB [frames, side, side, 3]."""
    corpus = open_corpus("both")
    people = sorted(corpus.partition("unseen"), key=lambda recording: recording.bdi)
    person = people[len(people) // 2]
    corpus.ensure([person])
    faces.prepare([person], workers=1)
    return reduce(faces.load(person).frames[:frames], side).transpose(0, 2, 3, 1)  # [frames, side, side, 3]
