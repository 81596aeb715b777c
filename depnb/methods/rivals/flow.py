"""Dense optical flow of a video in a few numbers. It is no flow network: nothing of it is learnt.

The flow is Farnebäck's, "Two-frame motion estimation based on polynomial expansion", SCIA 2003, as OpenCV has it. Its
histograms weight each orientation with the length of the movement, as in Chaudhry et al., "Histograms of oriented
optical flow and Binet-Cauchy kernels on nonlinear dynamical systems", CVPR 2009; which mean and deviation are beside
them, and the blocks, are ours.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from depnb.methods.rivals.textures import GRID, blocks

ORIENTATIONS = 8
"""Bins of a circle; the first one begins at movement to the right, and the next one turns downwards."""
FARNEBACK: dict[str, Any] = {
    "pyr_scale": 0.5,
    "levels": 3,
    "winsize": 15,
    "iterations": 3,
    "poly_n": 5,
    "poly_sigma": 1.2,
    "flags": 0,
}
"""The values of OpenCV's own example."""


def optical_flow(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How far each pixel of a frame has moved in the next one: grey levels [H, W] twice → x and y, px, [H, W, 2]."""
    import cv2  # which listings do not need

    begin: Any = None
    return np.asarray(cv2.calcOpticalFlowFarneback(first, second, begin, **FARNEBACK), np.float32)


def summary(flows: NDArray[np.floating]) -> NDArray[np.float64]:
    """The numbers of the flows of a video, each for every block of the face.

    Args:
        flows: of its pairs of frames, px, [pairs, H, W, 2].

    Returns:
        [GRID² × (2 + ORIENTATIONS)], 160 numbers: the mean length over pixels and pairs [GRID²], the standard deviation
        over the pairs of its mean over pixels [GRID²], and the shares of the orientations, weighted by the length
        [GRID² × ORIENTATIONS]. In a block where nothing moves the shares are 0.
    """
    pairs, height, width = flows.shape[:3]
    x, y = flows[..., 0].astype(float), flows[..., 1].astype(float)
    length = np.hypot(x, y).reshape(pairs, -1)  # [pairs, H·W]
    turn = (np.arctan2(y, x) / (2 * np.pi) % 1).reshape(pairs, -1)  # [pairs, H·W]
    orientation = np.minimum((turn * ORIENTATIONS).astype(int), ORIENTATIONS - 1)
    place = blocks(height, width).ravel()  # [H·W]
    pixels = np.bincount(place, minlength=GRID**2)
    means = np.stack([np.bincount(place, one, GRID**2) for one in length]) / pixels  # [pairs, GRID²]
    where = place * ORIENTATIONS + orientation  # [pairs, H·W]
    sums = np.bincount(where.ravel(), length.ravel(), GRID**2 * ORIENTATIONS).reshape(GRID**2, ORIENTATIONS)
    whole = sums.sum(1, keepdims=True)
    shares = np.divide(sums, whole, out=np.zeros_like(sums), where=whole > 0)
    return np.concatenate([means.mean(0), means.std(0), shares.ravel()])
