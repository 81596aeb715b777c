"""How far a unit of MSN sees, and drawings of its block and of the way from video to score (notebook 30)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
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
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(8, 2.9))
    for kernel in kernels:
        found = reach(kernel, depth)
        for axis, extents in zip(axes, ([r.frames for r in found], [r.side for r in found]), strict=True):
            axis.plot(range(len(found)), extents, label=f"kernel {kernel}", markersize=3)
    layers = [r.layer for r in found]
    starts = [layers.index(f"conv{stage}.1") for stage in range(2, 6)]
    titles = (("time", "frames", CLIP_FRAMES), ("height and width", "pixels", CLIP_SIDE))
    for axis, (title, unit, whole) in zip(axes, titles, strict=True):
        axis.axhline(whole, color="black", linestyle="--", marker="")
        axis.annotate(
            f"the clip: {whole} {unit}",
            (1, whole),
            (0, -2),
            ("axes fraction", "data"),
            "offset points",
            fontsize=7,
            ha="right",
            va="top",
        )
        for start in starts:
            axis.axvline(start - 0.5, color="0.85", linestyle="-", marker="", linewidth=0.8)
        axis.set_xticks(starts, [f"Conv{stage}" for stage in range(2, 6)], ha="left", fontsize=7)
        axis.set_yscale("log", base=2)
        axis.set_yticks([8, 16, 32, 64, 128, 256, 512], [8, 16, 32, 64, 128, 256, 512])
        axis.set_ylim(6, 1024)
        axis.set_ylabel(f"{unit} that a unit can see")
        axis.set_title(title, fontsize=9)
    axes[1].legend(fontsize=7, loc="lower right")
    return figure


def draw_block(kernels: Sequence[int] = (3, 5, 7), projection: Literal["code", "paper"] = "code") -> "Figure":
    """The multiscale block as built: temporal convolution, bank, temporal convolution, and the shortcut beside them.

    Args:
        kernels: sides of the bank's cubes.
        projection: the shortcut; ``paper`` draws its convolution dashed: it is there where channels differ (E17).
    """
    import matplotlib.pyplot as plt

    places = 1.5 * (np.arange(len(kernels)) - (len(kernels) - 1) / 2)  # of the bank, upwards
    top, bottom = places.max() + 0.8, min(-1.4, places.min() - 0.6) - 0.9
    figure, axis = plt.subplots(figsize=(7, 0.5 * (top - bottom + 0.8)))
    _box(axis, 1.9, 0, "3×1×1\nBN, ReLU", "$H_1$")
    for place, kernel in zip(places[::-1], kernels, strict=True):
        _box(axis, 4.6, place, f"{kernel}×{kernel}×{kernel}\nBN, ReLU")
        _arrow(axis, (2.7, 0.15 * place), (3.8, place))
        _arrow(axis, (5.4, place), (6.5, 0.25 * place))
    _box(axis, 7.0, 0, "concat", width=1.0)
    _box(axis, 9.0, 0, "3×1×1\nBN", "$H_M$")
    _box(axis, 5.2, bottom, "1×1×1\nBN" if projection == "code" else "3×1×1\nBN", dashed=projection == "paper")
    axis.text(0.1, 0, "$x$", ha="center", va="center")
    axis.text(
        10.8,
        0,
        "+",
        ha="center",
        va="center",
        fontsize=11,
        bbox={"boxstyle": "circle,pad=0.15", "fc": "white", "ec": "0.3"},
    )
    _box(axis, 12.2, 0, "ReLU", width=1.0)
    axis.text(13.6, 0, "$y$", ha="center", va="center")
    for start, end in (((0.3, 0), (1.1, 0)), ((7.5, 0), (8.2, 0)), ((9.8, 0), (10.45, 0)), ((11.15, 0), (11.7, 0))):
        _arrow(axis, start, end)
    _arrow(axis, (12.7, 0), (13.4, 0))
    look = {"color": "0.3", "linestyle": "-", "marker": "", "linewidth": 0.9}
    axis.plot([0.6, 0.6, 4.4], [0, bottom, bottom], **look)
    axis.plot([6.0, 10.8], [bottom, bottom], **look)
    _arrow(axis, (10.8, bottom), (10.8, -0.4))
    axis.set_xlim(-0.2, 13.9)
    axis.set_ylim(bottom - 0.8, top)
    axis.set_aspect("equal")
    axis.set_axis_off()
    return figure


def draw_pipeline(frames: np.ndarray) -> "Figure":
    """From a clip to the score of a video, with the clip's own frames.

    Args:
        frames: uint8 [T, S, S, 3]; the first, two more and the last are shown.
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7.5, 1.9))
    for place, index in zip((3, 2, 1, 0), (len(frames) - 1, 2, 1, 0), strict=True):
        left, low = 0.25 * place, 0.18 * place
        axis.imshow(frames[index], extent=(left, left + 2, low, low + 2), zorder=5 - place)
        axis.plot(
            [left, left + 2, left + 2, left, left],
            [low, low, low + 2, low + 2, low],
            color="white",
            linestyle="-",
            marker="",
            linewidth=0.8,
            zorder=5 - place,
        )
    axis.text(1.4, -0.2, f"clip of {len(frames)} frames", ha="center", va="top", fontsize=8)
    _arrow(axis, (2.95, 1.3), (3.6, 1.3))
    _box(axis, 4.5, 1.3, "MSN", "Conv1 … Conv5", width=1.6)
    _arrow(axis, (5.35, 1.3), (6.0, 1.3))
    _box(axis, 6.9, 1.3, "average\nFC 512, FC 512\n1 number", width=1.7, height=1.5)
    _arrow(axis, (7.8, 1.3), (8.4, 1.3))
    _box(axis, 9.3, 1.3, "score of\nthe clip", width=1.6)
    _arrow(axis, (10.15, 1.3), (10.8, 1.3))
    _box(axis, 11.8, 1.3, "mean over\nthe clips", "score of the video", width=1.8)
    axis.set_xlim(-0.1, 12.9)
    axis.set_ylim(-0.7, 2.8)
    axis.set_aspect("equal")
    axis.set_axis_off()
    return figure


def _box(
    axis: "Axes",
    x: float,
    y: float,
    text: str,
    below: str = "",
    width: float = 1.6,
    height: float = 1.1,
    dashed: bool = False,
) -> None:
    from matplotlib.patches import FancyBboxPatch

    corner = (x - width / 2, y - height / 2)
    style = {"linestyle": "--" if dashed else "-", "edgecolor": "0.3", "facecolor": "#eef3fa", "linewidth": 0.9}
    axis.add_patch(FancyBboxPatch(corner, width, height, boxstyle="round,pad=0,rounding_size=0.12", **style))
    axis.text(x, y, text, ha="center", va="center", fontsize=7.5)
    if below:
        axis.text(x, y - height / 2 - 0.12, below, ha="center", va="top", fontsize=8)


def _arrow(axis: "Axes", start: tuple[float, float], end: tuple[float, float]) -> None:
    axis.annotate(
        "", end, start, arrowprops={"arrowstyle": "-|>", "color": "0.3", "linewidth": 0.9, "shrinkA": 0, "shrinkB": 0}
    )
