"""How far a unit of MSN sees (notebook 30)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import matplotlib.pyplot as plt

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLOCKS = {27: (2, 2, 2, 2), 36: (3, 3, 3, 3), 51: (3, 4, 6, 3), 69: (3, 4, 12, 3), 99: (3, 4, 22, 3)}
"""As ``methods.msn.BLOCKS``, which costs the import of torch."""
CLIP_FRAMES, CLIP_SIDE = 16, 112


class Reach(NamedTuple):
    """How much of the clip one unit behind a layer can see.

    Attributes:
        layer: ``conv1``, ``pool1``, ``conv2.1`` (first block of Conv2) …
        frames: extent in time, frames of the clip.
        side: extent in height and in width, pixels of the clip.
    """

    layer: str
    frames: int
    side: int


def reach(kernel: int, depth: int = 69) -> list[Reach]:
    """Extent of the input that a unit sees through the path with ``kernel`` in each block of Conv2 and Conv3.

    A layer with kernel k adds k − 1 steps of the grid it works on; a stride widens the steps. Longest path through
    every block: (3, 1, 1), the cube, (3, 1, 1). What lies outside the clip is padding and counts as well.

    Args:
        kernel: side of the cube, odd.
        depth: a key of ``BLOCKS``.

    Returns:
        conv1, pool1 and then the blocks, with the pools between the stages in the block that follows.

    Raises:
        ValueError: an even kernel, or an unknown depth.
    """
    if kernel < 1 or kernel % 2 == 0:
        raise ValueError(f"kernel={kernel}: give an odd side, such as 3.")
    if depth not in BLOCKS:
        raise ValueError(f"No MSN of depth {depth}: choose from {', '.join(map(str, BLOCKS))}.")
    found = [Reach("conv1", 7, 7), Reach("pool1", 9, 11)]
    step_time, step_side = 2, 4  # of the grid behind pool1, in frames and pixels
    for stage, count in enumerate(BLOCKS[depth], start=2):
        cube = kernel if stage < 4 else 3
        frames, side = found[-1].frames, found[-1].side
        if stage > 3:
            frames, side = frames + step_time, side + step_side  # pool of 2
            step_time, step_side = 2 * step_time, 2 * step_side
        for number in range(1, count + 1):
            frames, side = frames + (cube + 3) * step_time, side + (cube - 1) * step_side
            found.append(Reach(f"conv{stage}.{number}", frames, side))
    return found


def draw_reach(kernels: Sequence[int] = (3, 5, 7), depth: int = 69) -> "Figure":
    """``reach`` of each kernel in frames and in pixels, beside the clip's 16 frames and 112 pixels."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6))
    for kernel in kernels:
        found = reach(kernel, depth)
        for axis, extents in zip(axes, ([r.frames for r in found], [r.side for r in found]), strict=True):
            axis.plot(range(len(found)), extents, label=f"kernel {kernel}", markersize=3)
    layers = [r.layer for r in found]
    starts = [layers.index(f"conv{stage}.1") for stage in range(2, 6)]
    ticks = [layers.index("conv1"), layers.index("pool1"), *starts]
    names = ["conv1", "pool1", *(f"Conv{stage}" for stage in range(2, 6))]
    staggered = ["\n" * (place % 3) + name for place, name in enumerate(names)]  # neighbours on lines of their own
    titles = (("time", "frames", CLIP_FRAMES), ("height and width", "pixels", CLIP_SIDE))
    for axis, (title, unit, whole) in zip(axes, titles, strict=True):
        axis.axhline(whole, color="black", linestyle="--", marker="")
        axis.annotate(
            f"the clip: {whole} {unit}",
            (1, whole),
            (0, -2),
            ("axes fraction", "data"),
            "offset points",
            fontsize=9,
            ha="right",
            va="top",
        )
        for start in starts:
            axis.axvline(start - 0.5, color="0.85", linestyle="-", marker="", linewidth=0.8)
        axis.set_xticks(ticks, staggered, fontsize=8.5)
        axis.set_yscale("log", base=2)
        axis.set_yticks([8, 16, 32, 64, 128, 256, 512], [8, 16, 32, 64, 128, 256, 512])
        axis.set_ylim(6, 1024)
        axis.set_ylabel(f"{unit} that a unit can see")
        axis.set_title(title, fontsize=10)
    axes[1].legend(fontsize=9, loc="lower right")
    return figure
