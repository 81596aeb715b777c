"""Real pictures that come with installed packages, and a film of one of them."""

from fractions import Fraction
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from depnb.system.files import atomic_path, cache_dir


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


def astronaut() -> NDArray[np.uint8]:
    """Portrait of Eileen Collins (NASA, public domain) from scikit-image: RGB uint8 ``[512, 512, 3]``."""
    import cv2

    path = package_file("scikit-image", "astronaut.png")
    picture: Any = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def moved_portrait() -> Path:
    """A film of ``astronaut``: the still photograph, over which a camera drifts, turns and zooms (120 frames, 176×144,
    29.97 frames/s). No feature of the face moves. It is made once and lies in the cache.

    Raises:
        StorageError: it cannot be written there.
    """
    import av  # loads a video library
    import cv2

    path = cache_dir() / "faces" / "samples" / "astronaut.mp4"
    if path.exists():
        return path
    picture, width, height, count = astronaut(), 176, 144, 120
    with atomic_path(path) as temporary, av.open(str(temporary), "w") as container:
        options = {"crf": "18", "threads": "1"}
        stream = container.add_stream("libx264", rate=Fraction(30000, 1001), options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for phase in 2 * np.pi * np.arange(count) / count:
            centre = np.array([245 + 20 * np.sin(2 * phase), 184 + 8 * np.cos(phase)])
            turn, zoom = 3 * np.sin(phase), 0.48 + 0.04 * np.cos(2 * phase)
            matrix = np.asarray(cv2.getRotationMatrix2D(centre.tolist(), turn, zoom), np.float64)
            matrix[:, 2] += [width / 2, height / 2] - centre
            seen = cv2.warpAffine(picture, matrix, (width, height))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(seen, np.uint8), format="rgb24")))
        container.mux(stream.encode())
    return path
