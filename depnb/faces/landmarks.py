"""68 landmarks with dlib's regression trees.

Kazemi and Sullivan, "One millisecond face alignment with an ensemble of regression trees", CVPR 2014. The
model comes with the package face-recognition-models; it was trained on 300-W, whose licence excludes
commercial use.

It gives whole pixels and expects upright faces, so ``Crops`` runs it on the aligned crop: against the known
landmarks of generated 128×128 videos this lowers the scatter from 1.6 to 1.3 % of the eye-corner distance.
"""

from functools import lru_cache

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

from depnb.faces.samples import package_file

COUNT = 68


@lru_cache(maxsize=1)
def predictor() -> dlib.shape_predictor:
    """The model of this process, loaded once (100 MB)."""
    return dlib.shape_predictor(str(package_file("face-recognition-models", "shape_predictor_68_face_landmarks.dat")))


def landmarks68(frame: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.float32]:
    """Landmarks in the order of the 300-W annotation.

    Args:
        frame: RGB uint8 ``[H, W, 3]``.
        box: left, top, right, bottom of the face as MTCNN gives it.

    Returns:
        float32 ``[68, 2]`` in frame pixels, x right, y down, pixel centres at integers; parts may lie
        outside.
    """
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)  # the trees compare grey levels; converting once is 2.5 × faster
    shape = predictor()(grey, dlib_rectangle(box))
    return np.array([(p.x, p.y) for p in shape.parts()], np.float32)  # [68, 2]


def dlib_rectangle(box: NDArray[np.float32]) -> dlib.rectangle:
    """What dlib's own detector would have given: 8 % lower, a square of 0.95 × the mean side (measured)."""
    left, top, right, bottom = (float(v) for v in box)
    width, height = right - left, bottom - top
    half = 0.95 * (width + height) / 4
    x, y = (left + right) / 2, (top + bottom) / 2 + 0.08 * height
    return dlib.rectangle(round(x - half), round(y - half), round(x + half), round(y + half))
