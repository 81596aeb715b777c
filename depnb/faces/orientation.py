"""Videos that lie on their side or stand on their head, without a word of it in the file.

The detector sees a face that lies on its side now and then, hesitantly and with wrong points; upright it is sure.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from depnb.faces.detect import Detector, Faces
from depnb.faces.pictures import PictureFolder
from depnb.faces.video import Frame, Video

DOUBTFUL = 0.99
"""Median score of the largest face below which a video may be turned. That of people who sit upright is 0.999."""
SURE = 0.98
"""Median score that another orientation must have to be taken."""
FEWER_DOUBTS = 4
"""How many times nearer to 1 that score must be than the one of the video as it is."""
LOOKS = 5
"""About so many frames are looked at in four orientations."""


class Turned:
    """A video, turned by quarter turns counter-clockwise; otherwise as it is."""

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
        angle = {1: "90° counter-clockwise", 2: "180°", 3: "90° clockwise"}[self._quarters]
        return [*self._source.warnings, f"the picture is not upright and was turned by {angle}"]


def doubtful(looks: Sequence[Faces]) -> bool:
    """Are the faces seen seldom, or not surely, so that the video may not be upright?"""
    return _certainty(looks) < DOUBTFUL


def upright(source: Video | PictureFolder, detector: Detector) -> Video | PictureFolder | Turned:
    """The video itself, or turned where only that shows faces without doubt; it must have been read once."""
    step = max(1, source.decoded_frames // LOOKS)
    pictures = [frame.rgb for frame in source.frames(step)]
    scores = [
        _certainty(detector.detect([_turned(picture, quarters) for picture in pictures])) for quarters in range(4)
    ]
    best = int(np.argmax(scores))
    surer = (1 - scores[best]) * FEWER_DOUBTS < 1 - scores[0]
    return Turned(source, best) if scores[0] < DOUBTFUL and scores[best] > SURE and surer else source


def _certainty(looks: Sequence[Faces]) -> float:
    """Median score of the largest face, 0 where there is none."""
    return float(np.median([faces.scores[0] if len(faces) else 0.0 for faces in looks])) if looks else 0.0


def _turned(rgb: NDArray[np.uint8], quarters: int) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.rot90(rgb, quarters))
