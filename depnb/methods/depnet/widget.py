"""Which taps of a temporal kernel touch which of a few frames (notebook 40)."""

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KERNELS = (3, 5, 9)
"""As ``methods.depnet.KERNELS``, which costs the import of torch."""
PADDINGS = ("none", "same", "clip")
ROOM = 11
"""Frames that every drawing has room for, so that one with fewer is as large."""
SQUARE, GAP = 0.16, 0.35
"""Side of a square and space between panels, inches."""


class Taps(NamedTuple):
    """A kernel along time, laid over the frames at each of its places.

    Attributes:
        places: frame that a column stands for, from 1; 0 and below, or above the number of frames, are zeros [columns].
        taps: number of the tap, from 1, that each output (line) lays over each column; 0 where none [rows, columns].
    """

    places: NDArray[np.int_]
    taps: NDArray[np.int_]

    def on_frames(self, frames: int) -> int:
        """How many of all taps lie on one of ``frames`` frames and not on a zero beside them."""
        there = (self.places >= 1) & (self.places <= frames)
        return int((self.taps[:, there] > 0).sum())


def taps(kernel: int, frames: int = 5, padding: Literal["none", "same", "clip"] = "same") -> Taps:
    """Where the taps of a kernel lie.

    Args:
        kernel: taps, odd.
        frames: T.
        padding: ``none``, as printed: a kernel longer than T has no place, so there is no row. ``same``: kernel // 2
            zeros on both sides, T rows. ``clip``: no zeros, and no more than T taps.

    Raises:
        ValueError: an even kernel, no frame, or another padding.
    """
    if kernel < 1 or kernel % 2 == 0 or frames < 1:
        raise ValueError(f"kernel={kernel}, frames={frames}: give an odd kernel, such as 3, and at least one frame.")
    if padding not in PADDINGS:
        raise ValueError(f"padding={padding!r}: choose from {', '.join(PADDINGS)}.")
    length, zeros = min(kernel, frames) if padding == "clip" else kernel, kernel // 2 if padding == "same" else 0
    places = np.arange(1 - zeros, frames + zeros + 1)
    found = np.zeros((max(0, len(places) - length + 1), len(places)), dtype=int)
    for row in range(len(found)):
        found[row, row : row + length] = np.arange(1, length + 1)
    return Taps(places, found)


def draw_taps(frames: int = 5, padding: Literal["none", "same", "clip"] = "same") -> "Figure":
    """``taps`` of the three kernels: lines are outputs, columns frames; taps on zeros are grey and hatched.

    Size and axes are the same for up to ``ROOM`` frames.
    """
    from matplotlib.patches import Rectangle

    laid = [taps(kernel, frames, padding) for kernel in KERNELS]
    room = max(ROOM, frames)
    beside = [kernel // 2 for kernel in KERNELS]
    widths = [room + 2 * zeros + 0.2 for zeros in beside]
    width, height = SQUARE * sum(widths) + 2 * GAP + 0.6, SQUARE * (room + 0.2) + 1.0
    panels = {
        "left": 0.55 / width,
        "right": 1 - 0.05 / width,
        "bottom": 0.5 / height,
        "top": 1 - 0.5 / height,
        "wspace": GAP / (SQUARE * sum(widths) / 3),
    }
    grid: dict[str, Any] = {"width_ratios": widths, "gridspec_kw": panels}
    figure, axes = plt.subplots(1, 3, figsize=(width, height), layout="none", **grid)
    figure.patch.set_in_layout(True)  # Jupyter crops to what is in the layout: always the whole figure
    for axis, kernel, zeros, own in zip(axes, KERNELS, beside, laid, strict=True):
        rows, _ = own.taps.shape
        axis.add_patch(Rectangle((0.5, 0.5), frames, max(rows, 1), facecolor="0.93", edgecolor="none"))
        for row, line in enumerate(own.taps, start=1):
            for place, tap in zip(own.places[line > 0], line[line > 0], strict=True):
                on_frame = 1 <= place <= frames
                look = {"facecolor": "C0", "alpha": 0.55} if on_frame else {"facecolor": "white", "hatch": "////"}
                axis.add_patch(
                    Rectangle((place - 0.44, row - 0.44), 0.88, 0.88, edgecolor="0.4", linewidth=0.6, **look)
                )
                if on_frame:
                    axis.text(place, row, str(tap), ha="center", va="center", fontsize=6.5)
        length = int(own.taps.max(initial=0)) or kernel
        if rows:
            title = f"{length} taps:\n{own.on_frames(frames)} of {rows * length} on frames"
        else:
            title = f"{kernel} taps on {frames} frames:\n{frames - kernel + 1} rows".replace("-", "−")
            axis.text(0.6, 2, "does not fit", ha="left", va="center", fontsize=8)
        axis.set_title(title, fontsize=8.5)
        axis.set_xticks(range(1, frames + 1))
        axis.set_yticks(range(1, rows + 1))
        axis.tick_params(labelsize=7)
        axis.set(xlim=(0.4 - zeros, room + zeros + 0.6), ylim=(room + 0.6, 0.4), aspect="equal")
        axis.set_xlabel("frame")
    axes[0].set_ylabel("output")
    axes[0].yaxis.set_label_coords(-0.38 / (SQUARE * widths[0]), 0.5)
    return figure
