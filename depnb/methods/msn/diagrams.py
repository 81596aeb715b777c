"""Figures 1 and 2 of the MSN paper, redrawn: from video to score, and the multiscale block as built."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import matplotlib.pyplot as plt
import numpy as np

from depnb.methods.shapes import Diagram, arrow, box, clip_of_a_person

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FRAMES, SIDE = 16, 112


def draw_block(kernels: Sequence[int] = (3, 5, 7), projection: Literal["code", "paper"] = "code") -> "Figure":
    """The multiscale block as built: temporal convolution, bank, temporal convolution, and the shortcut beside them.

    Args:
        kernels: sides of the bank's cubes.
        projection: the shortcut; ``paper`` draws its convolution dashed: it is there where channels differ (E17).
    """
    places = 1.5 * (np.arange(len(kernels)) - (len(kernels) - 1) / 2)  # of the bank, upwards
    top, bottom = places.max() + 0.8, min(-1.4, places.min() - 0.6) - 0.9
    figure, axis = plt.subplots(figsize=(7, 0.5 * (top - bottom + 0.8)))
    box(axis, (1.1, -0.55, 1.6, 1.1), "3×1×1\nBN, ReLU", "$H_1$")
    for place, kernel in zip(places[::-1], kernels, strict=True):
        box(axis, (3.8, place - 0.55, 1.6, 1.1), f"{kernel}×{kernel}×{kernel}\nBN, ReLU")
        arrow(axis, (2.7, 0.15 * place), (3.8, place))
        arrow(axis, (5.4, place), (6.5, 0.25 * place))
    box(axis, (6.5, -0.55, 1, 1.1), "concat")
    box(axis, (8.2, -0.55, 1.6, 1.1), "3×1×1\nBN", "$H_M$")
    box(
        axis,
        (4.4, bottom - 0.55, 1.6, 1.1),
        "1×1×1\nBN" if projection == "code" else "3×1×1\nBN",
        dashed=projection == "paper",
    )
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
    box(axis, (11.7, -0.55, 1, 1.1), "ReLU")
    axis.text(13.6, 0, "$y$", ha="center", va="center")
    for start, end in (((0.3, 0), (1.1, 0)), ((7.5, 0), (8.2, 0)), ((9.8, 0), (10.45, 0)), ((11.15, 0), (11.7, 0))):
        arrow(axis, start, end)
    arrow(axis, (12.7, 0), (13.4, 0))
    look: dict[str, Any] = {"color": "0.3", "linestyle": "-", "marker": "", "linewidth": 0.9}
    axis.plot([0.6, 0.6, 4.4], [0, bottom, bottom], **look)
    axis.plot([6.0, 10.8], [bottom, bottom], **look)
    arrow(axis, (10.8, bottom), (10.8, -0.4))
    axis.set(xlim=(-0.2, 13.9), ylim=(bottom - 0.8, top), aspect="equal")
    axis.set_axis_off()
    return figure


def draw_pipeline(frames: np.ndarray) -> "Figure":
    """From a clip to the score of a video, with the clip's own frames.

    Args:
        frames: uint8 [T, S, S, 3]; the first, two more and the last are shown.
    """
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
    arrow(axis, (2.95, 1.3), (3.6, 1.3))
    box(axis, (3.7, 0.75, 1.6, 1.1), "MSN", "Conv1 … Conv5")
    arrow(axis, (5.35, 1.3), (6.0, 1.3))
    box(axis, (6.05, 0.4, 1.7, 1.8), "average\nFC 512\nFC 512\n1 number")
    arrow(axis, (7.8, 1.3), (8.4, 1.3))
    box(axis, (8.5, 0.75, 1.6, 1.1), "score of\nthe clip")
    arrow(axis, (10.15, 1.3), (10.8, 1.3))
    box(axis, (10.9, 0.75, 1.8, 1.1), "mean over\nthe clips", "score of the video")
    axis.set(xlim=(-0.1, 12.9), ylim=(-0.7, 2.8), aspect="equal")
    axis.set_axis_off()
    return figure


def fig1() -> "Figure":
    """Fig. 1 with a clip of one unseen person of the generated corpus “both”."""
    return draw_pipeline(clip_of_a_person(FRAMES, SIDE))


FIGURES = {
    "fig1": Diagram(
        "From video to score: clips of 16 frames, one score each, and their mean is the video's; Fig. 1 of the paper, "
        "redrawn with a generated person.",
        fig1,
    ),
    "fig2": Diagram(
        "The multiscale block as built; sides are time×height×width; drawn after Fig. 2 of the paper and its code.",
        draw_block,
        clip=False,
    ),
}
