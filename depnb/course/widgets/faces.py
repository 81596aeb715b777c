"""A face that is moved, and its aligned crop (notebook 02)."""

from typing import TYPE_CHECKING

import cv2
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from depnb.faces import TEMPLATE, similarity, transform_points, warp

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

REGIONS = {
    "jaw": (range(17), "#56b4e9"),
    "brows": (range(17, 27), "#ffb000"),
    "nose": (range(27, 36), "#f0a6e0"),
    "eyes": (range(36, 48), "#ffe119"),
    "mouth": (range(48, 68), "#8cffb0"),
}
"""The 68 landmarks by region, each with the colour of its points."""
RINGS = (range(36, 42), range(42, 48), range(48, 60))
"""Both eyes and the outer lips: closed lines, whose numbers stand outside."""


def movement(
    size: tuple[int, int], turn: float = 0.0, zoom: float = 1.0, shift: float = 0.0, narrow: float = 1.0
) -> NDArray[np.float64]:
    """The ``[2, 3]`` matrix that moves a picture around its centre.

    Args:
        size: height and width of the picture, px.
        turn: degrees, clockwise as seen.
        zoom: factor on all lengths, above 0.
        shift: to the right, as a share of the width.
        narrow: factor on the width alone, above 0; other than 1 it is no similarity.

    Raises:
        ValueError: ``zoom`` or ``narrow`` is not above 0.
    """
    if zoom <= 0 or narrow <= 0:
        raise ValueError(f"zoom={zoom}, narrow={narrow}: both must be above 0, or no picture is left.")
    height, width = size
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    angle = np.deg2rad(turn)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = zoom * rotation @ np.diag([narrow, 1.0])
    return np.column_stack([linear, centre + np.array([shift * width, 0.0]) - linear @ centre])


def distance_to_template(points: NDArray[np.float32]) -> float:
    """Mean distance of five points ``[5, 2]`` to the template after the best similarity transform, crop pixels."""
    landed = transform_points(points, similarity(points))
    return float(np.linalg.norm(landed - TEMPLATE, axis=1).mean())


def draw_alignment(
    picture: NDArray[np.uint8],
    points: NDArray[np.float32],
    turn: float = 0.0,
    zoom: float = 1.0,
    shift: float = 0.0,
    narrow: float = 1.0,
) -> "Figure":
    """A picture as it is and moved, each beside its aligned crop with the points and the template.

    Args:
        picture: uint8 RGB ``[H, W, 3]``.
        points: its five points ``[5, 2]``, px; they move with the picture.
        turn, zoom, shift, narrow: as in ``movement``.
    """
    height, width = picture.shape[:2]
    matrix = movement((height, width), turn, zoom, shift, narrow)
    moved = np.asarray(cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)
    figure, axes = plt.subplots(1, 4, figsize=(6.8, 2.1))
    pairs = ((picture, points, "as it is"), (moved, transform_points(points, matrix), "moved"))
    for (frame, five, title), (left, right) in zip(pairs, (axes[:2], axes[2:]), strict=True):
        left.imshow(frame)
        left.plot(*five.T, linestyle="", marker="o", color="yellow", markeredgecolor="black", markersize=4)
        left.set_title(title, fontsize=8)
        left.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
        to_crop = similarity(five)
        right.imshow(warp(frame, to_crop))
        landed = transform_points(five, to_crop)
        right.plot(*TEMPLATE.T, linestyle="", marker="+", color="red", markersize=9, markeredgewidth=1.5)
        right.plot(*landed.T, linestyle="", marker="o", color="yellow", markeredgecolor="black", markersize=4)
        right.set_title(f"its crop: {distance_to_template(five):.1f} px off", fontsize=8)
    for axis in axes:
        axis.set_axis_off()
    return figure


def draw_landmarks(picture: NDArray[np.uint8], points: NDArray[np.floating]) -> "Figure":
    """The 68 landmarks with their numbers: the whole face, and beside it eyes and mouth, enlarged.

    Args:
        picture: uint8 RGB ``[H, W, 3]`` of an upright face.
        points: the landmarks ``[68, 2]``, px.
    """
    figure = plt.figure(figsize=(7.4, 5.0))
    grid = figure.add_gridspec(2, 2, width_ratios=(1.12, 1))
    unit = float(np.linalg.norm(points[36] - points[45]))
    eyes, mouth = [*range(17, 28), *range(36, 48)], [*range(31, 36), *range(48, 68)]
    views = (
        (grid[:, 0], list(range(68)), list(range(31)), 0.3, 1.41),
        (grid[0, 1], eyes, eyes, 0.1, 0.68),
        (grid[1, 1], mouth, mouth, 0.07, 0.68),
    )
    for place, shown, numbered, margin, aspect in views:
        axis = figure.add_subplot(place)
        axis.imshow(picture)
        low, high = points[shown].min(0) - margin * unit, points[shown].max(0) + margin * unit
        centre, width = (low + high) / 2, max(high[0] - low[0], (high[1] - low[1]) / aspect)
        axis.set_xlim(centre[0] - width / 2, centre[0] + width / 2)
        axis.set_ylim(centre[1] + width * aspect / 2, centre[1] - width * aspect / 2)
        axis.set_axis_off()
        _number(axis, points, numbered)
    return figure


def _number(axis: "Axes", points: NDArray[np.floating], numbered: list[int]) -> None:
    """All points, and the numbers of some beside them."""
    outline = [withStroke(linewidth=2, foreground="black")]
    for which, colour in REGIONS.values():
        own = points[list(which)]
        axis.plot(*own.T, linestyle="", marker="o", color=colour, markeredgecolor="black", markersize=5, clip_on=True)
        for k in (k for k in which if k in numbered):
            across, down = (8 if k >= 60 else 10) * _away(points, k)
            axis.annotate(
                str(k),
                points[k],
                xytext=(across, -down),
                textcoords="offset points",
                ha="center",
                va="center",
                fontsize=8,
                weight="bold",
                color=colour,
                path_effects=outline,
            )


def _away(points: NDArray[np.floating], k: int) -> NDArray[np.floating]:
    """The direction [2] from a point in which its number has room."""
    ring = next((ring for ring in RINGS if k in ring), None)
    if ring:
        away = points[k] - points[list(ring)].mean(0)
    elif k < 17:
        away = points[k] - points[27:31].mean(0)
    elif k < 27:
        away = np.array([0.0, -1.0])
    elif k < 31:
        away = np.array([1.0, 0.0])
    elif k < 36:
        away = np.array([0.0, 1.0])
    elif k in (60, 64):  # the corners of the inner lips, towards the gap
        away = points[60:68].mean(0) - points[k]
    else:
        away = np.array([0.0, 1.0 if k < 64 else -1.0])
    return away / max(float(np.linalg.norm(away)), 1e-9)
