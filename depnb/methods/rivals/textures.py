"""Local binary patterns of a video, from three orthogonal planes and of single frames.

The variant is LBP-TOP with uniform patterns: Zhao and Pietikäinen, "Dynamic texture recognition using local binary
patterns with an application to facial expressions", IEEE TPAMI 29(6), 2007. All radii are 1, and the eight neighbours
are those of the 3 × 3 square, without interpolation. The baseline of AVEC2014 is LGBP-TOP (Valstar et al., "AVEC 2014:
3D dimensional affect and depression recognition challenge", 2014), which filters each frame with Gabor filters first:
that is left out here. The numbers of a video are those of all its frames together.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

GRID = 4
"""Blocks of the face in each direction, which have histograms of their own."""
NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))
"""Steps along the two axes of a plane from a place to its neighbours, once around it."""
PLANES = ((1, 2), (0, 2), (0, 1))
"""Axes of a volume [T, H, W] that span the planes XY, XT and YT."""


def _codes() -> NDArray[np.uint8]:
    """The bin of each of the 256 patterns: one for each uniform pattern, and the last one for all others."""
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1  # [256, 8]
    uniform = (bits != np.roll(bits, 1, axis=1)).sum(1) <= 2  # [256]
    return np.where(uniform, uniform.cumsum() - 1, uniform.sum()).astype(np.uint8)


CODES = _codes()
BINS = int(CODES.max()) + 1
"""59: 58 uniform patterns, whose circle of bits changes at most twice, and the others."""


def patterns(volume: NDArray[np.uint8], plane: tuple[int, int], inner: Sequence[int] = (0, 1, 2)) -> NDArray[np.uint8]:
    """Bins of the patterns in one plane through each place of a volume; a neighbour as bright as the place gives a 1.

    Args:
        volume: grey levels [T, H, W].
        plane: the two axes that span the plane.
        inner: axes of which the first and the last place are left out, those of the plane at least.

    Returns:
        below ``BINS``, [T, H, W] less 2 along each of the inner axes.
    """

    def moved(steps: dict[int, int]) -> NDArray[np.uint8]:
        ends = enumerate(volume.shape)
        return volume[
            tuple(slice(1 + (by := steps.get(k, 0)), n - 1 + by) if k in inner else slice(n) for k, n in ends)
        ]

    centre = moved({})
    pattern = np.zeros(centre.shape, np.uint8)
    for bit, steps in enumerate(NEIGHBOURS):
        pattern |= (moved(dict(zip(plane, steps, strict=True))) >= centre).astype(np.uint8) << bit
    return CODES[pattern]


def frame_histograms(frames: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Shares of the patterns of each block of each frame.

    Args:
        frames: grey levels [n, H, W].

    Returns:
        [n, GRID² × BINS], 944 numbers each, blocks row by row; those of one block sum to 1.
    """
    return _shares(_counted(patterns(frames, PLANES[0], inner=PLANES[0])))


def lbp_top(volumes: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
    """LBP-TOP of a video: shares of the patterns of each block of the face in the planes XY, XT and YT.

    Args:
        volumes: stretches of frames that follow each other, grey levels [T, H, W]; each T is at least 3.

    Returns:
        [3 × GRID² × BINS], 2832 numbers: plane by plane, in it block by block; those of one block sum to 1.
    """
    found = []
    for plane in PLANES:
        counts = sum(_counted(patterns(volume, plane)).sum(0) for volume in volumes)  # [GRID² × BINS]
        found.append(_shares(np.asarray(counts)))
    return np.concatenate(found)


def blocks(height: int, width: int) -> NDArray[np.int64]:
    """The number of the block that each pixel is in, row by row; [height, width]."""
    rows, columns = (np.arange(side) * GRID // side for side in (height, width))
    return rows[:, None] * GRID + columns


def _counted(bins: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How often each bin stands in each block of each frame of some [n, H, W]; [n, GRID² × BINS]."""
    places = blocks(*bins.shape[1:]) * BINS  # [H, W]
    size = GRID**2 * BINS
    return np.stack([np.bincount((places + own).ravel(), minlength=size) for own in bins]).astype(float)


def _shares(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Counts [..., GRID² × BINS], those of each block divided by their sum."""
    apart = counts.reshape(*counts.shape[:-1], GRID**2, BINS)
    return (apart / apart.sum(-1, keepdims=True)).reshape(counts.shape)
