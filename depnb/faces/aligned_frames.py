"""Aligned crops as a folder of pictures with the names and the size of OpenFace's aligned faces."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from depnb.faces.crop_paths import Settings
from depnb.faces.crops import StoredCrops, stored
from depnb.system.files import write_folder

if TYPE_CHECKING:
    from depnb.corpus.records import Recording

SIZE = 112
"""Side of a picture in pixels, as OpenFace has it unless it is told otherwise."""
SETTINGS = Settings(min_face=1 / 8, fps=None)
"""Of the crops: every frame, whatever the environment says."""
BATCH = 64
"""Crops that are decoded at once, 10 MB."""


def write_aligned(recording: "Recording", folder: Path) -> int:
    """Write the crops of a recording, which ``prepare`` made with ``SETTINGS``, halved to 112×112, as 24-bit BMP.

    Frame 0 of the video is ``frame_det_00_000001.bmp``. A frame without a face has no picture, and the numbers of the
    others stay: so OpenFace does with ``-nobadaligned``.

    A folder that holds all of these pictures is kept.

    Returns:
        The number of pictures.

    Raises:
        FileNotFoundError, DamagedCrops: as ``depnb.faces.load``.
        ValueError: the folder holds something else.
        StorageError: the folder cannot be written; nothing of it is there.
    """
    crops = stored(recording, settings=SETTINGS)
    names = frame_names(crops)
    if os.path.lexists(folder):
        demand_pictures(folder, names)
    else:
        write_folder(folder, zip(names, _pictures(crops), strict=True))
    return len(names)


def frame_names(crops: StoredCrops) -> list[str]:
    """OpenFace's names of the pictures, in the order of the crops."""
    return [f"frame_det_00_{frame + 1:06d}.bmp" for frame in crops.arrays["index"][crops.rows]]


def demand_pictures(folder: Path, names: list[str]) -> None:
    """Demand that a folder holds pictures of these names and nothing else, but for hidden files.

    Raises:
        ValueError: it does not.
    """
    there = {name for name in os.listdir(folder) if not name.startswith(".")} if folder.is_dir() else set()
    if there != set(names):
        some = min(there ^ set(names), default=folder.name)
        raise ValueError(
            f"{folder} is not as it was exported ({len(there)} entries, {len(names)} pictures expected; see {some}): "
            "delete it, and export again."
        )


def halved(crops: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Crops uint8 [n, 224, 224, 3] as pictures [112, 112, 3]: each pixel the mean of four."""
    for crop in crops:
        yield np.asarray(cv2.resize(crop, (SIZE, SIZE), interpolation=cv2.INTER_AREA), np.uint8)  # [112, 112, 3]


def _pictures(crops: StoredCrops) -> Iterator[bytes]:
    for begin in range(0, len(crops), BATCH):
        places = np.arange(begin, min(begin + BATCH, len(crops)))
        for picture in halved(crops.decode(places)):
            _, data = cv2.imencode(".bmp", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
            yield data.tobytes()
