"""The code image of a clip under every reading of the paper (notebook 20), and the mean of two networks (21)."""

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from depnb.methods.temporal_pooling.code_image import BITS, encode

if TYPE_CHECKING:
    from matplotlib.figure import Figure

READINGS: dict[str, dict[str, Any]] = {
    "A: parity of successive signs": {"code": "parity", "group": "contiguous"},
    "C: one half XOR the other": {"code": "halves"},
    "D: parity of every eighth sign": {"code": "parity", "group": "interleaved"},
}
"""Readings of E01 that give one byte a pixel, by their letter in the notebook."""
LENGTHS = (9, 17, 25, 33)


def possible_lengths(frames: int) -> tuple[int, ...]:
    """Those of the paper's clip lengths that a video of so many frames has room for."""
    return tuple(length for length in LENGTHS if length <= frames)


def codes(
    video: NDArray[np.uint8], length: int, reading: str = "A: parity of successive signs", dead_zone: float = 0
) -> NDArray[np.uint8]:
    """Code image of the first ``length`` frames under a reading.

    Args:
        video: grey levels uint8 [T, H, W].
        length: l, frames of the clip.
        reading: a key of ``READINGS``.
        dead_zone: τ of ``encode``.

    Returns:
        uint8 [H, W].

    Raises:
        ValueError: no such reading, or the video is too short.
    """
    if reading not in READINGS:
        raise ValueError(f"No reading {reading!r}: choose from {', '.join(READINGS)}.")
    if length > len(video):
        raise ValueError(f"The video has {len(video)} frames: a clip of {length} does not fit.")
    return encode(video[:length], **READINGS[reading], dead_zone=dead_zone)


def draw_codes(
    video: NDArray[np.uint8],
    length: int = 9,
    reading: str = "A: parity of successive signs",
    dead_zone: float = 0,
    row: int = 40,
    column: int = 27,
) -> "Figure":
    """Middle frame and code image of the first clip, and what the code of one pixel is made from.

    Args:
        video, length, reading, dead_zone: as in ``codes``.
        row, column: the pixel; the last one of the picture if it lies outside.
    """
    from matplotlib.ticker import MaxNLocator

    code = codes(video, length, reading, dead_zone)
    row, column = min(row, code.shape[0] - 1), min(column, code.shape[1] - 1)
    middle = length // 2
    series = video[:length, row, column].astype(int)
    darker = series < series[middle] - dead_zone

    figure, (left, centre, right) = plt.subplots(1, 3, figsize=(8, 2.2), width_ratios=(1, 1, 1.5))
    for axis, picture, title in ((left, video[middle], "middle frame"), (centre, code, f"code image, l = {length}")):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=255)
        axis.plot(column, row, marker="s", markersize=9, color="C1", fillstyle="none", markeredgewidth=2, clip_on=False)
        axis.set_title(title, fontsize=9)
        axis.set_axis_off()
    time = np.arange(length)
    right.axhline(series[middle] - dead_zone, color="black", linestyle="--", marker="", linewidth=0.8)
    right.plot(time, series, color="0.6", linestyle="-", marker="", zorder=1)
    right.plot(time[~darker], series[~darker], linestyle="", marker="o", color="C0", fillstyle="none", label="sign 0")
    right.plot(time[darker], series[darker], linestyle="", marker="s", color="C1", label="sign 1: darker")
    right.plot(middle, series[middle], linestyle="", marker="*", markersize=10, color="black", label="middle")
    right.set_title(_told(np.delete(darker, middle), code[row, column], reading), fontsize=9)
    right.xaxis.set_major_locator(MaxNLocator(integer=True))
    right.yaxis.set_major_locator(MaxNLocator(integer=True))
    right.set_xlabel("frame")
    right.set_ylabel("grey level")
    right.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def fused_rmse(better: float, worse: float, rho: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """RMSE of the mean of two networks from theirs, points, and the correlation ρ of their errors, −1 to 1."""
    return np.sqrt(np.maximum(better**2 + worse**2 + 2 * np.asarray(rho) * better * worse, 0)) / 2


def draw_fusion(better: float, worse: float, rho: float) -> "Figure":
    """RMSE of the mean of two networks over the correlation of their errors, and the RMSE of each.

    Args:
        better, worse: RMSE of the two, points. rho: the correlation that is marked, −1 to 1.
    """
    figure, axis = plt.subplots(figsize=(4.6, 2.6))
    along = np.linspace(-1, 1, 201)
    axis.plot(along, fused_rmse(better, worse, along), marker="", label="their mean")
    axis.plot(rho, fused_rmse(better, worse, rho), color="C0", marker="o", linestyle="")
    ends = min(better, worse), max(better, worse)
    for error, name, line in zip(ends, ("the better one", "the worse one"), ("--", ":"), strict=True):
        axis.axhline(error, color="black", linestyle=line, marker="", linewidth=0.8, label=name)
    axis.set(xlim=(-1, 1), ylim=(0, None), xlabel="correlation ρ of the errors", ylabel="RMSE (points)")
    axis.set_title(f"ρ = {rho:.2f}: RMSE of the mean {fused_rmse(better, worse, rho):.2f}", fontsize=9)
    axis.legend(fontsize=7)
    return figure


def _told(signs: NDArray[np.bool_], code: np.uint8, reading: str) -> str:
    """The bits of a pixel and its code; ``signs`` [l − 1] are without the middle frame, oldest first as the bits."""
    if READINGS[reading]["code"] == "halves":
        first, second = np.split(signs, 2)
        bits: NDArray[Any] = first ^ second  # [(l − 1)/2]
    else:
        bits = np.unpackbits(code, bitorder="little")  # [8]
    text = "".join(str(int(bit)) for bit in bits)
    if len(bits) == BITS:
        return f"bits, oldest first: {text}, code {code}"
    return f"{len(bits)} bits {text},\noldest first, stretched to {code}"
