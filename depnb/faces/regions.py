"""Parts of a face as pixels, from its 68 landmarks: where a map of attention lies is told by them."""

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

REGIONS = ("mouth", "eyes", "brows", "nose", "rest of the face")
"""Names by number; a pixel outside the face has the number −1."""
PLANTED = REGIONS[:3]
"""Where the generated corpora show severity in one frame (``corpus.synthetic.behaviour.APPEARANCE``). The pitch of the
head, which is planted too, moves all pixels and belongs to no region."""
MARGIN = 0.1
"""By which a part is larger than the hull of its landmarks, as a share of the distance of the outer eye corners."""
OUTER_EYE_CORNERS = (36, 45)

_PARTS: dict[str, tuple[slice, ...]] = {
    "mouth": (slice(48, 68),),
    "eyes": (slice(36, 42), slice(42, 48)),
    "brows": (slice(17, 22), slice(22, 27)),
    "nose": (slice(27, 36),),
}


def face_regions(points68: ArrayLike, size: int) -> NDArray[np.int8]:
    """The region of each pixel of a square crop.

    A part is all that lies within ``MARGIN`` of the convex hull of its landmarks; where two meet, the one that
    comes first in ``REGIONS`` has the pixel. The face is the hull of all 68 with the same margin: the forehead above
    the brows, hair and room are outside.

    Args:
        points68: landmarks [68, 2] in pixels of the crop (300-W order; x right, y down, pixel centres at integers).
        size: S, side of the crop in pixels.

    Returns:
        int8 [S, S], a place in ``REGIONS``, or −1 outside the face.

    Raises:
        ValueError: not 68 points, one that is not known, or a size that is not positive.
    """
    points = np.asarray(points68, np.float64)
    if points.shape != (68, 2) or not np.isfinite(points).all():
        raise ValueError(f"Expected 68 known landmarks [68, 2], got {list(points.shape)}, of which some may be NaN.")
    if size < 1:
        raise ValueError(f"size={size}: give the side of the crop in pixels, 1 or more.")
    margin = MARGIN * float(np.linalg.norm(np.subtract(*points[list(OUTER_EYE_CORNERS)])))
    found = np.where(_distance(points, size) <= margin, len(REGIONS) - 1, -1)  # [S, S]
    for number, name in reversed([*enumerate(REGIONS[:-1])]):
        near = np.min([_distance(points[part], size) for part in _PARTS[name]], axis=0) <= margin  # [S, S]
        found[near] = number
    return found.astype(np.int8)


def _distance(points: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Of each pixel to the convex hull of points, in pixels; 0 inside [S, S]."""
    hull = cv2.convexHull(points.astype(np.float32))[:, 0].astype(np.float64)  # [k, 2]
    edges = np.roll(hull, -1, 0) - hull  # [k, 2]
    y, x = np.mgrid[:size, :size]
    pixels = np.stack([x, y], -1)[:, :, None]  # [S, S, 1, 2]
    away = pixels - hull  # [S, S, k, 2]
    along = np.clip((away * edges).sum(-1) / np.maximum((edges**2).sum(-1), 1e-12), 0, 1)  # [S, S, k]
    to_edges = np.linalg.norm(away - along[..., None] * edges, axis=-1).min(-1)  # [S, S]
    sides = edges[:, 0] * away[..., 1] - edges[:, 1] * away[..., 0]  # [S, S, k]
    inside = (sides >= 0).all(-1) | (sides <= 0).all(-1)
    return np.where(inside, 0.0, to_edges)
