"""Five points → similarity transform → aligned crop."""

import cv2
import numpy as np
from numpy.typing import NDArray

CROP_SIZE = 224

TEMPLATE = np.array([[79.5, 72], [143.5, 72], [111.5, 108], [85, 145], [138, 145]], dtype=np.float32)
"""Where the five points lie in the 224×224 crop (left eye, right eye, nose tip, left and right mouth corner
as seen in the picture; x right, y down, pixel centres at integers).

The proportions are those of the customary 112×112 template for face recognition, made symmetric, scaled by 1.8
instead of 2 and moved up, so that the whole jaw with an open mouth (about 0.9 eye-to-mouth distances below the
mouth) lies inside the crop, and little of hair and room does: on some forty people a network learns those first.
"""
TEMPLATE.setflags(write=False)


def similarity(points: NDArray[np.float32], target: NDArray[np.float32] = TEMPLATE) -> NDArray[np.float64]:
    """Least-squares rotation, uniform scale and shift, never a reflection.

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns", IEEE TPAMI
    13(4), 1991; in the plane, with points as complex numbers, its solution is one division.

    Args:
        points: ``[n, 2]``.
        target: ``[n, 2]``, where they should come to lie.

    Returns:
        ``[2, 3]`` matrix M with ``target ≈ points @ M[:, :2].T + M[:, 2]``.

    Raises:
        ValueError: all points coincide, or are not finite.
    """
    source = points[:, 0] + 1j * points[:, 1].astype(np.float64)
    goal = target[:, 0] + 1j * target[:, 1].astype(np.float64)
    centred = source - source.mean()
    spread = np.sum(np.abs(centred) ** 2)
    if not spread > 0 or not np.isfinite(spread):
        raise ValueError(f"No transform from the points {points.tolist()}: they must be finite and distinct.")
    factor = np.sum((goal - goal.mean()) * np.conj(centred)) / spread
    shift = goal.mean() - factor * source.mean()
    return np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]])


def transform_points(points: NDArray[np.floating], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Apply a ``[2, 3]`` matrix to points ``[..., 2]``."""
    return (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)


def transform_box(box: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Upright box ``[4]`` around the moved centre, its sides scaled but not turned."""
    centre = transform_points((box[:2] + box[2:]) / 2, matrix)
    half = np.sqrt(np.linalg.det(matrix[:, :2])) * (box[2:] - box[:2]) / 2
    return np.concatenate([centre - half, centre + half]).astype(np.float32)


def warp(frame: NDArray[np.uint8], matrix: NDArray[np.float64], size: int = CROP_SIZE) -> NDArray[np.uint8]:
    """Aligned crop ``[size, size, 3]`` (bilinear; the frame's border pixels are repeated outside of it)."""
    crop = cv2.warpAffine(frame, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8)
