"""Where the planted signal shows in one frame: the same moment of the same person without and with severity."""

from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from depnb.corpus.synthetic.make import paint, trajectories
from depnb.corpus.synthetic.recipe import Recipe, Session
from depnb.faces.align import CROP_SIZE, similarity, transform_points, warp
from depnb.faces.regions import face_regions

_EYES, _NOSE_TIP, _MOUTH_CORNERS = (slice(36, 42), slice(42, 48)), 30, (48, 54)


class Planted(NamedTuple):
    """Two crops of one moment, and what differs.

    Attributes:
        without, severe: uint8 RGB [S, S, 3] at severity 0 and 1; identity, light, movement and noise are the same.
        difference: mean over colours of the absolute difference, grey levels, float64 [S, S].
        regions: int8 [S, S], ``face_regions`` of the mean of both.
    """

    without: NDArray[np.uint8]
    severe: NDArray[np.uint8]
    difference: NDArray[np.float64]
    regions: NDArray[np.int8]


def planted(recipe: Recipe, session: Session, task: str, frame: int, size: int, *, aligned: bool) -> Planted:
    """Paint one frame of a session twice, at severity 0 and 1, with all movement at the middle pace.

    The pitch of the head, which sinks with severity too, is kept: it moves all pixels of the face.

    Args:
        recipe, session, task: whose video. frame: its number. size: S, side of the crops in pixels.
        aligned: align each picture by its own landmarks, as the faces stage does. Sinking corners of the mouth then
            move the whole crop. Else both are aligned like the first, and only what is painted differs.
    """
    still = replace(recipe, dynamics=0.0)
    low, high = (
        {
            name: path[frame : frame + 1]
            for name, path in trajectories(still, replace(session, severity=s), task).items()
        }
        for s in (0.0, 1.0)
    )
    low["hidden"] = high["hidden"] = np.zeros(1, np.int64)
    high["pitch"] = low["pitch"]
    pictures, points = zip(*(paint(still, session, moved) for moved in (low, high)), strict=True)  # [1, H, W, 3] each
    matrices = [_alignment(marks[0]) for marks in points]
    if not aligned:
        matrices[1] = matrices[0]
    without, severe = (_reduced(warp(picture[0], m), size) for picture, m in zip(pictures, matrices, strict=True))
    marks = np.mean([transform_points(p[0], m) for p, m in zip(points, matrices, strict=True)], axis=0)  # [68, 2]
    difference = np.abs(severe.astype(float) - without).mean(2)  # [S, S]
    return Planted(without, severe, difference, face_regions((marks + 0.5) * (size / CROP_SIZE) - 0.5, size))


def _alignment(points: NDArray[np.float32]) -> NDArray[np.float64]:
    """Picture to crop, by the five points among 68 known landmarks."""
    eyes = [points[eye].mean(0) for eye in _EYES]
    return similarity(np.array([*eyes, points[_NOSE_TIP], *points[list(_MOUTH_CORNERS)]], np.float32))


def _reduced(crop: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA), np.uint8)
