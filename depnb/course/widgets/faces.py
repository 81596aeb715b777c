"""A face that is moved, and its aligned crop (notebook 02)."""

from typing import TYPE_CHECKING

import cv2
import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from depnb.faces import TEMPLATE, similarity, transform_points, warp

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
