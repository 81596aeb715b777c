"""24 points of a face, the centres of DLGA-CNN's patches, from its 68 landmarks.

He, Chan and Wang, Neurocomputing 2021, §3.3.1 and Fig. 3. Landmarks are numbered from 1 in this file, as in the paper
and in the 300-W annotation.
"""

from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from depnb.faces.align import CROP_SIZE

if TYPE_CHECKING:
    from torch import Tensor

Points = TypeVar("Points", NDArray[np.floating], "Tensor")

DIRECT = (19, 37, 39, 22, 23, 26, 44, 46, 28, 30, 49, 51, 59, 53, 55, 57)
"""Points 1–16, landmarks as they are. The paper lists 26, of which eight make the pairs of the eyes; 18 and 27 serve
only the cheeks (E72)."""
MIDPOINTS = ((20, 38), (42, 41), (25, 45), (47, 48), (18, 59), (27, 57))
"""Points 17–20 around the eyes and 21, 22 on the cheeks, each between two landmarks."""
MOUTH = (49, 55)
"""Points 23 and 24 lie beside and above these two corners of the mouth, left and right as seen in the picture."""
MOUTH_OFFSET = 16
"""Pixels on both axes, in a crop of 224."""
MIRRORED = (6, 8, 7, 5, 4, 1, 3, 2, 9, 10, 15, 14, 16, 12, 11, 13, 19, 20, 17, 18, 22, 21, 24, 23)
"""Which of the 24 points becomes the first, the second, … when the face is mirrored."""

MIRRORED_68 = (
    *range(17, 0, -1),  # jaw
    *range(27, 17, -1),  # brows
    *range(28, 32),  # bridge of the nose
    *range(36, 31, -1),  # nostrils
    *(46, 45, 44, 43, 48, 47, 40, 39, 38, 37, 42, 41),  # eyes
    *range(55, 48, -1), *range(60, 55, -1),  # outer lips
    *range(65, 60, -1), *range(68, 65, -1),  # inner lips
)  # fmt: skip
"""The same of the 68 landmarks."""

_PAIRS = (*((point, point) for point in DIRECT), *MIDPOINTS, *((point, point) for point in MOUTH))
_FIRST, _SECOND = ([point - 1 for point in points] for points in zip(*_PAIRS, strict=True))


def landmarks_24(
    points68: Points, size: float = CROP_SIZE, *, mouth_right: Literal["mirror", "literal"] = "mirror"
) -> Points:
    """The 24 points of Fig. 3 (e): 16 landmarks, four midpoints at the eyes, two on the cheeks, two beside the mouth.

    A point whose landmarks are not known (NaN) is not known either, and nothing is put in its place. The network takes
    no such points: keep the frames where ``np.isfinite(points).all((-2, -1))``.

    Args:
        points68: landmarks in the order of 300-W, [..., 68, 2] in crop pixels (x right, y down), an array or a tensor.
        size: side of that crop in pixels, of which the mouth's 16 are 16/224.
        mouth_right: where point 24 lies from the right corner of the mouth (E73): (+16, −16), the mirror image of point
            23, or (−16, −16) as printed, which is on the lips.

    Returns:
        the points in the paper's order, [..., 24, 2] in crop pixels; like the landmarks they may lie outside the crop.

    Raises:
        ValueError: not 68 points of two coordinates, a size that is not positive, or an unknown ``mouth_right``.
    """
    if points68.ndim < 2 or tuple(points68.shape[-2:]) != (68, 2):
        raise ValueError(f"Expected landmarks [..., 68, 2], got {list(points68.shape)}.")
    if not size > 0:
        raise ValueError(f"size={size}: give the side of the crop in pixels, more than 0.")
    if mouth_right not in ("mirror", "literal"):
        raise ValueError(f"mouth_right={mouth_right!r}: choose from mirror, literal.")
    points = points68[..., _FIRST, :] / 2 + points68[..., _SECOND, :] / 2  # [..., 24, 2]
    away = MOUTH_OFFSET * size / CROP_SIZE
    points[..., 22:, 1] -= away
    points[..., 22, 0] -= away
    points[..., 23, 0] += away if mouth_right == "mirror" else -away
    return points
