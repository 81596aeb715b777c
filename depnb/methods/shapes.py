"""What the drawings are made of: boxes, arrows, sizes of what goes through a network, and a generated person."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from depnb import faces
from depnb.corpus import Recording, open_corpus
from depnb.inputs.pixels import reduce

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Shape = tuple[int, ...]


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


def through(network: nn.Module, given: Any, **parts: nn.Module) -> dict[str, tuple[Shape, Shape]]:
    """Shapes that go into parts of a network and come out of them, without the batch; of several tensors the first's.

    Args:
        network: built under ``torch.device("meta")``; nothing is computed.
        given: shape of its input without the batch, or of several tensors the input itself, on that device.
        parts: modules of the network by name.
    """
    found: dict[str, tuple[Shape, Shape]] = {}
    hooks = [
        part.register_forward_hook(lambda _, given, made, n=name: found.update({n: (_size(given[0]), _size(made))}))
        for name, part in parts.items()
    ]
    is_shape = all(isinstance(side, int) for side in given)
    with torch.no_grad():
        network.eval()(torch.empty(1, *given, device="meta") if is_shape else given)
    for hook in hooks:
        hook.remove()
    return found


def times(size: Sequence[int]) -> str:
    """A size as it is printed: 3×224×224."""
    return "×".join(map(str, size))


def clip_of_a_person(frames: int, side: int) -> NDArray[np.uint8]:
    """The first face crops of the unseen person of “both” with the median label, uint8 RGB [frames, side, side, 3]."""
    crops = faces.load(_person()).frames[:frames]
    return reduce(crops, side).transpose(0, 2, 3, 1)  # [frames, side, side, 3]


def face_of_a_person() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The first face crop of the same person, uint8 RGB [224, 224, 3], and its landmarks [68, 2] in crop pixels."""
    person = _person()
    first = faces.load(person, indices=[]).found.nonzero()[0][:1]
    crops = faces.load(person, indices=first)
    return crops.frames[0], crops.landmarks[0]


def _person() -> Recording:
    corpus = open_corpus("both")
    people = sorted(corpus.partition("unseen"), key=attrgetter("bdi"))
    person = people[len(people) // 2]
    corpus.ensure([person])
    faces.prepare([person], workers=1)
    return person


def _size(made: Any) -> Shape:
    return tuple((made if isinstance(made, torch.Tensor) else made[0]).shape[1:])
