"""Which taps of a temporal kernel touch which of a few frames (notebook 40)."""

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KERNELS = (3, 5, 9)
"""As ``methods.depnet.KERNELS``, which costs the import of torch."""
PADDINGS = ("none", "same", "clip")


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
    """``taps`` of the three kernels: lines are outputs, columns frames; taps on zeros are grey and hatched."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    laid = [taps(kernel, frames, padding) for kernel in KERNELS]
    widths = [len(own.places) for own in laid]
    scale = min(0.36, 7.5 / (sum(widths) + 3))  # inches a square
    tallest = max(1, *(len(own.taps) for own in laid))
    size = scale * (sum(widths) + 3) + 0.4, scale * tallest + 0.9
    figure, axes = plt.subplots(1, 3, figsize=size, width_ratios=widths)
    for axis, kernel, own in zip(axes, KERNELS, laid, strict=True):
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
                    axis.text(place, row, str(tap), ha="center", va="center", fontsize=7)
        length = int(own.taps.max(initial=0)) or kernel
        if rows:
            title = f"{length} taps: {own.on_frames(frames)} of {rows * length} on frames"
        else:
            title = f"{kernel} taps on {frames} frames: {frames - kernel + 1} rows".replace("-", "−")
            axis.text((frames + 1) / 2, 1, "does not fit", ha="center", va="center", fontsize=8)
        axis.set_title(title, fontsize=8.5)
        axis.set_xticks(range(1, frames + 1))
        axis.set_yticks(range(1, rows + 1))
        axis.tick_params(labelsize=7)
        axis.set_xlim(own.places[0] - 0.6, own.places[-1] + 0.6)
        axis.set_ylim(max(rows, 1) + 0.6, 0.4)
        axis.set_aspect("equal")
        axis.set_xlabel("frame")
    axes[0].set_ylabel("output")
    return figure
