"""Videos that lie on their side or stand on their head, without a word of it in the file.

MTCNN finds such faces too, often with wrong points and sometimes without hesitation. So the aligned crop is shown to
another detector, which knows upright faces alone: dlib's, histograms of oriented gradients (HOG) under a linear
classifier (Dalal and Triggs, CVPR 2005). A crop with wrong points shows a crooked face, and that one finds nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

from depnb.faces.align import similarity, warp
from depnb.faces.detect import Detector, Faces
from depnb.faces.pictures import PictureFolder
from depnb.faces.video import Frame, Video

CROOKED = 0.3
"""Mean HOG score below which a video may be turned. That of drawn people who sit upright is 1.1, of 1 in 100 below
0.4."""
UNCLEAR, DOUBTFUL = 1.0, 0.995
"""It may also be turned where the HOG score lies below the first and MTCNN's median score below the second."""
CLEARER = 0.15
"""A video is turned where another orientation's mean HOG score is higher by this."""
LOOKS = 5
"""About so many frames are looked at in four orientations."""
HOG_SIDE = 112
"""The crops are reduced to this: dlib's detector is made for faces of 80 pixels."""

UNKNOWN = "no face is seen from the front beyond doubt, turned or not: look at the crops before you use them"


@dataclass(frozen=True)
class Look:
    """What was seen in frame ``index``; ``hog`` is dlib's score of the largest face as it would be cropped, from 0."""

    index: int
    faces: Faces
    hog: float


class Turned:
    """A video, turned by quarter turns counter-clockwise (0: nobody knows how it should be); otherwise as it is."""

    def __init__(self, source: Video | PictureFolder, quarters: int):
        self._source = source
        self._quarters = quarters

    def frames(self, step: int = 1) -> Iterator[Frame]:
        """As those of the video, and turned."""
        for frame in self._source.frames(step):
            yield Frame(frame.index, frame.time, _turned(frame.rgb, self._quarters))

    @property
    def path(self) -> Path:
        return self._source.path

    @property
    def decoded_frames(self) -> int:
        return self._source.decoded_frames

    @property
    def warnings(self) -> list[str]:
        angle = (None, "90° counter-clockwise", "180°", "90° clockwise")[self._quarters]
        turned = f"the picture is not upright and was turned by {angle}"
        return [*self._source.warnings, turned if angle else UNKNOWN]


def look(frames: Sequence[Frame], detector: Detector) -> list[Look]:
    """Full detections in equally large frames."""
    found = detector.detect([frame.rgb for frame in frames])
    return [Look(frame.index, faces, _hog_score(frame.rgb, faces)) for frame, faces in zip(frames, found, strict=True)]


def doubtful(looks: Sequence[Look]) -> bool:
    """Are upright faces seen seldom, or not surely, so that the video may not be upright?"""
    if not looks:
        return True
    hog = _mean_hog(looks)
    sure = np.median([one.faces.scores[0] if len(one.faces) else 0.0 for one in looks])
    return bool(hog < CROOKED or (hog < UNCLEAR and sure < DOUBTFUL))


def upright(source: Video | PictureFolder, detector: Detector) -> Video | PictureFolder | Turned:
    """The video itself, or turned where that shows upright faces more clearly; it must have been read once.

    Where faces are seen and none is surely upright, however the video is turned, it gets a remark.
    """
    step = max(1, source.decoded_frames // LOOKS)
    frames = list(source.frames(step))
    looks = [
        look([replace(frame, rgb=_turned(frame.rgb, quarters)) for frame in frames], detector) for quarters in range(4)
    ]
    scores = [_mean_hog(seen) for seen in looks]
    best = int(np.argmax(scores))
    if scores[best] > scores[0] + CLEARER:
        return Turned(source, best)
    unknown = scores[0] < CLEARER and any(len(one.faces) for one in looks[0])
    return Turned(source, 0) if unknown else source


def _mean_hog(looks: Sequence[Look]) -> float:
    return float(np.mean([one.hog for one in looks]))


def _hog_score(rgb: NDArray[np.uint8], faces: Faces) -> float:
    if not len(faces):
        return 0.0
    crop = cv2.cvtColor(warp(rgb, similarity(faces.points[0])), cv2.COLOR_RGB2GRAY)  # [224, 224]
    small = cv2.resize(crop, (HOG_SIDE, HOG_SIDE), interpolation=cv2.INTER_AREA)  # [112, 112]
    _, scores, _ = _hog_detector().run(small, 0, 0.0)
    return max(scores, default=0.0)


@lru_cache(maxsize=1)
def _hog_detector() -> dlib.fhog_object_detector:
    return dlib.get_frontal_face_detector()


def _turned(rgb: NDArray[np.uint8], quarters: int) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.rot90(rgb, quarters))
