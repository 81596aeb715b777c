"""How a clip becomes a code image, and the two streams (Figures 1 and 2 of the paper); a slow and a fast face."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from depnb.inputs.pixels import luma
from depnb.methods.shapes import Diagram, arrow, box, clip_of_a_person
from depnb.methods.temporal_pooling.code_image import encode
from depnb.methods.temporal_pooling.rows import PROFILES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LENGTH = 9
STEADY = (0b00001111, 0b11110000)
"""Codes of a pixel that is darker than in the middle of nine frames in all four frames before it and in none after it,
or the reverse."""
GREY: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 255}


def draw_coding(clip: NDArray[np.uint8]) -> "Figure":
    """Fig. 1: frames, their differences from the middle frame, signs, weights, and the code image that they add up to.

    Args:
        clip: grey levels uint8 [9, H, W]; with nine frames a sign is a bit, and there is nothing to XOR.

    Raises:
        ValueError: another number of frames.
    """
    if len(clip) != LENGTH:
        raise ValueError(f"Fig. 1 is drawn for clips of {LENGTH} frames, not of {len(clip)}.")
    middle = LENGTH // 2
    differences = clip.astype(int) - clip[middle]  # z [9, H, W]
    figure = plt.figure(figsize=(11, 3.1))
    grid = figure.add_gridspec(3, LENGTH + 4, width_ratios=[*[1] * LENGTH, 0.15, *[1] * 3])
    lines = ("$x_t$", "$z_t$ (1)", "$b_t$ (2)")
    styles: tuple[Any, ...] = (GREY, {"cmap": "PuOr", "vmin": -60, "vmax": 60}, {"cmap": "gray", "vmin": 0, "vmax": 1})
    for line, (name, pictures, look) in enumerate(
        zip(lines, (clip, differences, differences < 0), styles, strict=True)
    ):
        for t, picture in enumerate(pictures):
            axis = figure.add_subplot(grid[line, t])
            _bare(axis)
            if line == 0:
                axis.set_title(f"t = {t}" if t != middle else "middle", fontsize=10)
            if t == 0:
                axis.set_ylabel(name, rotation=0, labelpad=20, va="center", fontsize=10)
            if line and t == middle:
                axis.text(0.5, 0.5, "left\nout", ha="center", va="center", fontsize=9, transform=axis.transAxes)
                continue
            axis.imshow(picture, **look)
            if line == 2:
                axis.set_xlabel(f"· {2 ** (t - (t > middle))}", fontsize=10, labelpad=2)
    axis = figure.add_subplot(grid[:, LENGTH + 1 :])
    axis.imshow(encode(clip), **GREY)
    axis.set_title("code image $y$: the sum (3)", fontsize=10)
    _bare(axis)
    return figure


def draw_two_speeds(videos: Mapping[str, NDArray[np.uint8]]) -> "Figure":
    """One frame, the code image of the first nine, and how often each pixel changes steadily; a row for each video.

    Args:
        videos: grey levels uint8 [T, H, W], T ≥ 9, by what the picture calls them.
    """
    figure, axes = plt.subplots(len(videos), 3, figsize=(6, 2 * len(videos)), squeeze=False)
    for line, (name, video) in zip(axes, videos.items(), strict=True):
        clips = video[: len(video) // LENGTH * LENGTH].reshape(-1, LENGTH, *video.shape[1:])  # [N, 9, H, W]
        steady = np.isin([encode(clip) for clip in clips], STEADY)  # [N, H, W]
        pictures: tuple[tuple[Any, dict[str, Any], str], ...] = (
            (video[LENGTH // 2], GREY, "one frame"),
            (encode(clips[0]), GREY, "code image"),
            (steady.mean(0), {"cmap": "magma", "vmin": 0, "vmax": 0.5}, f"steady: {steady.mean():.1%} of the pixels"),
        )
        for axis, (picture, look, title) in zip(line, pictures, strict=True):
            axis.imshow(picture, **look)
            axis.set_title(title, fontsize=9)
            _bare(axis)
        line[0].set_ylabel(name, fontsize=9)
    return figure


def draw_streams(frame: NDArray[np.uint8], code: NDArray[np.uint8]) -> "Figure":
    """Fig. 2: one clip, two pictures of it, two networks without shared parameters, one score.

    Args:
        frame: the still image, uint8 RGB [H, W, 3].
        code: the code image of the same clip, uint8 [H, W].
    """
    figure, axis = plt.subplots(figsize=(8, 2.25))
    axis.set(xlim=(-0.5, 100.5), ylim=(-2, 27), aspect="equal")
    axis.set_axis_off()
    box(axis, (0, 9.5, 9, 7), "video")
    arrow(axis, (9, 13), (12, 13))
    box(axis, (12, 9.5, 14, 7), "face crops,\nclips of $l$")
    streams: tuple[tuple[float, NDArray[np.uint8], dict[str, Any], str, str], ...] = (
        (20.5, frame, {}, "still image", "$\\hat y_{app}$"),
        (5.5, code, GREY, "code image", "$\\hat y_{tmp}$"),
    )
    for height, picture, look, name, score in streams:
        arrow(axis, (26, 13), (31.5, height))
        axis.imshow(picture, extent=(32, 43, height - 5.5, height + 5.5), zorder=2, **look)
        axis.text(37.5, height - 5.6, name, ha="center", va="top", fontsize=9)
        arrow(axis, (43.5, height), (46.5, height))
        for left, width, text in ((47, 14, "ResNet-50"), (64, 10, "FC 512"), (77, 7, "FC 1")):
            box(axis, (left, height - 3, width, 6), text)
        arrow(axis, (61, height), (64, height))
        arrow(axis, (74, height), (77, height))
        arrow(axis, (84, height), (88, 13 + np.sign(height - 13)))
        axis.text(87.5, height, score, ha="left", va="center", fontsize=10)
    box(axis, (88, 9.5, 12, 7), "mean: $\\hat y$")
    return figure


def fig1() -> "Figure":
    """Fig. 1 on one unseen person of the generated corpus “both”."""
    return draw_coding(_grey(_clip()))


def fig2() -> "Figure":
    """Fig. 2 on the same clip."""
    clip = _clip()
    return draw_streams(clip[LENGTH // 2], encode(_grey(clip)))


FIGURES = {
    "fig1": Diagram(
        "Nine frames of a generated person, their differences from the middle frame (orange: darker, violet: "
        "brighter), the signs with their weights, and the code image, their sum; Fig. 1 of the paper, redrawn.",
        fig1,
    ),
    "fig2": Diagram(
        "Two networks of the same form look at a still image and at the code image of a generated person's clip; the "
        "score is the mean of theirs; Fig. 2 of the paper, redrawn.",
        fig2,
    ),
}


def _clip() -> NDArray[np.uint8]:
    return clip_of_a_person(LENGTH, PROFILES["quick"].scale.input_size)  # [9, S, S, 3]


def _grey(clip: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGB [9, S, S, 3] to grey levels [9, S, S]."""
    import torch

    return luma(torch.from_numpy(clip).movedim(-1, -3)).numpy()  # [9, S, S]


def _bare(axis: "Axes") -> None:
    axis.set_xticks([])
    axis.set_yticks([])
    for spine in axis.spines.values():
        spine.set_visible(False)
