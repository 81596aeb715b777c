"""A folder of pictures, as OpenFace writes aligned frames, read like a video."""

import errno
import os
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from depnb.corpus.records import natural_key
from depnb.faces.video import Frame, Video, VideoError

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png"})
OF_ONE_FACE = re.compile(r"(?:^|_)det_(\d+)_\d+\D*$")
"""OpenFace's names end with the number of the face and that of the frame: ``frame_det_00_000001.bmp``."""
FRAME_RATE = 30.0
"""Frames per second of a folder, which says nothing of them; AVEC's videos have 30."""


class PictureFolder:
    """The frames of a video as pictures, in the natural order of their names.

    Where OpenFace has written the frames of several people into one folder, those of the face that it has seen most
    often are used. Frames that are not in the folder, because no face was found in them, leave no gap: the number of a
    frame is its place among those that there are. A picture that cannot be read is given black, so that no face is
    found in it.

    Attributes:
        path: the folder.
        frame_rate: ``FRAME_RATE``.
        declared_frames, decoded_frames: number of pictures.
        warnings: what is wrong with the folder although it can be used.

    Raises:
        VideoError: the folder cannot be read or holds no picture.
    """

    frame_rate = FRAME_RATE

    def __init__(self, path: Path | str):
        self.path = Path(path)
        try:
            names = [entry.name for entry in os.scandir(self.path) if Path(entry.name).suffix.lower() in SUFFIXES]
        except PermissionError as error:
            denied = os.strerror(errno.EACCES)
            raise VideoError(f"Cannot read {self.path}: {denied}. Change its access rights.") from error
        names = [name for name in names if not name.startswith(".")]
        if not names:
            raise VideoError(f"No pictures in {self.path}: expected frames as {', '.join(sorted(SUFFIXES))}.")
        names, self._others = _of_one_face(names)
        self.names = sorted(names, key=natural_key)
        self.declared_frames = self.decoded_frames = len(self.names)
        self._unreadable: set[int] = set()

    def frames(self, step: int = 1) -> Iterator[Frame]:
        """Every ``step``-th picture, from the beginning.

        Raises:
            VideoError: not a single picture can be read, or they have different sizes.
        """
        for index in range(0, len(self.names), step):
            rgb = _read(self.path / self.names[index])
            if rgb is None:
                self._unreadable.add(index)
                rgb = np.zeros(self._shape, np.uint8)
            elif rgb.shape != self._shape:
                raise VideoError(
                    f"{self.path / self.names[index]} has {rgb.shape[1]}×{rgb.shape[0]} pixels, the first picture "
                    f"{self._shape[1]}×{self._shape[0]}: the frames of a video have one size."
                )
            yield Frame(index, index / FRAME_RATE, rgb)

    @property
    def warnings(self) -> list[str]:
        found = [self._others] if self._others else []
        numbers = [int(match.group()) for name in self.names if (match := re.search(r"\d+(?=\D*$)", name))]
        missing = max(numbers) - min(numbers) + 1 - len(set(numbers)) if numbers else 0
        if missing:
            found.append(f"{missing} frames of the numbering are not in the folder")
        if self._unreadable:
            found.append(f"{len(self._unreadable)} pictures could not be read")
        return found

    @cached_property
    def _shape(self) -> tuple[int, ...]:
        for name in self.names:
            if (rgb := _read(self.path / name)) is not None:
                return rgb.shape
        raise VideoError(f"No picture in {self.path} can be read. Copy the folder again.")


def open_video(path: Path | str, fps: float | None = None) -> Video | PictureFolder:
    """A video file, resampled where ``fps`` is given, or a folder of its frames, whose rate nobody knows.

    Raises:
        VideoError: it cannot be read.
    """
    return PictureFolder(path) if Path(path).is_dir() else Video(path, fps)


def _of_one_face(names: list[str]) -> tuple[list[str], str]:
    """The frames of the face that OpenFace has seen most often, the first of several; and what is left out."""
    faces: dict[str, list[str]] = {}
    for name in names:
        if match := OF_ONE_FACE.search(name):
            faces.setdefault(match.group(1), []).append(name)
    if len(faces) < 2:
        return names, ""
    taken = max(sorted(faces), key=lambda face: len(faces[face]))
    counts = ", ".join(f"{face} ({len(faces[face])})" for face in sorted(faces))
    return faces[taken], f"the folder has frames of {len(faces)} faces, {counts}: only those of face {taken} are used"


def _read(path: Path) -> NDArray[np.uint8] | None:
    """RGB, uint8 [H, W, 3]; ``None`` where it is no picture."""
    try:
        bgr = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):
        return None
    return None if bgr is None else np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
