"""Aligned crops on disk: one lossless file per video, and the way back from it.

A file holds the crops of one video as packets of the intra-only lossless codec UT Video (every crop can be
read without the others), then all arrays as an npz archive, then a short trailer:

    "DEPNBCRP" | packets … | npz | length of the npz: uint64 | CRC-32 of the npz: uint32 | "DEPNBEND"

Place and CRC-32 of each packet stand in the archive, so a half or damaged file is always noticed.
"""

import io
import json
import os
import struct
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import av
import numpy as np
from numpy.typing import NDArray

from depnb.faces.align import CROP_SIZE, transform_box
from depnb.faces.crop_paths import DEFAULT, Settings, stored_path
from depnb.faces.quality import frame_rate
from depnb.system.files import atomic_path, cache_dir

if TYPE_CHECKING:
    from depnb.corpus.records import Recording

_BEGIN, _END = b"DEPNBCRP", b"DEPNBEND"
_TRAILER = struct.Struct("<QI8s")
# NumPy reads a header with `ast`, which fails now and then in two threads at once (CPython issue 106905).
_HEADERS = threading.Lock()


class DamagedCrops(ValueError):
    """A crop file is cut off or changed; ``prepare`` makes it again."""


@dataclass(frozen=True)
class Crops:
    """Aligned crops of one video.

    T is the number of frames of the video, n the number of crops that were asked for.

    Attributes:
        frames: uint8 RGB ``[n, 224, 224, 3]``.
        index: int64 ``[n]``, frame number in the video.
        time: float64 ``[n]``, seconds after the first frame.
        points: float32 ``[n, 5, 2]``, the five points in video pixels.
        boxes: float32 ``[n, 4]``, left, top, right, bottom in video pixels.
        matrices: float64 ``[n, 2, 3]``, video pixels → crop pixels.
        found: bool ``[T]``, is the person seen in the frame; the frames with a crop.
        times: float64 ``[T]``, seconds after the first frame; NaN for frames between two strides.
        quality: the numbers of ``VideoReport`` (without name, status and origin).
        source: path, size and modification time of the video, its frame size.
    """

    frames: NDArray[np.uint8]
    index: NDArray[np.int64]
    time: NDArray[np.float64]
    points: NDArray[np.float32]
    boxes: NDArray[np.float32]
    matrices: NDArray[np.float64]
    found: NDArray[np.bool_]
    times: NDArray[np.float64]
    quality: dict[str, Any]
    source: dict[str, Any]

    @cached_property
    def landmarks(self) -> NDArray[np.float32]:
        """float32 ``[n, 68, 2]`` in crop pixels (300-W order; x right, y down, pixel centres at integers).

        They are looked for when first asked for, 3 ms a crop: most of what reads crops needs none.
        """
        from depnb.faces.landmarks import COUNT, landmarks68  # loads dlib

        boxes = map(transform_box, self.boxes, self.matrices)
        found = [landmarks68(crop, box) for crop, box in zip(self.frames, boxes, strict=True)]
        return np.array(found, np.float32).reshape(-1, COUNT, 2)  # [n, 68, 2]


def load(
    recording: "Recording",
    indices: Sequence[int] | NDArray[np.int64] | None = None,
    settings: Settings = DEFAULT,
) -> Crops:
    """Crops that ``prepare`` made for a recording.

    Args:
        recording: whose video.
        indices: frame numbers in the video, in the wanted order; None for all frames with a face; empty for
            everything but pictures.
        settings: those that ``prepare`` used. Where the crops of all frames are there, they serve those who need only
            at the stride of the settings.

    Raises:
        FileNotFoundError: no crops for this video as it is now.
        IndexError: a frame is asked for in which no face was found.
        DamagedCrops: the file is cut off or changed.
    """
    return read(_existing(recording, settings), indices)


def stored(
    recording: "Recording",
    indices: Sequence[int] | NDArray[np.int64] | None = None,
    settings: Settings = DEFAULT,
) -> "StoredCrops":
    """As ``load``, with the same errors, but the crops stay in their file until they are decoded."""
    return StoredCrops(_existing(recording, settings), indices)


def _existing(recording: "Recording", settings: Settings) -> Path:
    path = stored_path(recording.video, settings)
    if not path.exists():
        raise FileNotFoundError(
            f"No crops for {recording.name} ({recording.video}): run `depnb faces` or faces.prepare(…)."
        )
    return path


class CropWriter:
    """Encodes crops into an open file; ``finish`` adds the arrays."""

    def __init__(self, handle: BinaryIO):
        self._handle = handle
        self._handle.write(_BEGIN)
        self._offsets = [len(_BEGIN)]
        self._checks: list[int] = []
        self._codec = av.CodecContext.create("utvideo", "w")
        self._codec.width = self._codec.height = CROP_SIZE
        self._codec.pix_fmt = "gbrp"
        self._codec.time_base = Fraction(1, 25)
        self._codec.thread_count = 1
        self._codec.options = {"pred": "median"}

    @property
    def written(self) -> int:
        """Bytes of the crops so far."""
        return self._offsets[-1] - len(_BEGIN)

    def add(self, crop: NDArray[np.uint8]) -> None:
        """Append one crop, uint8 RGB ``[224, 224, 3]``."""
        (packet,) = self._codec.encode(av.VideoFrame.from_ndarray(crop, format="gbrp"))
        data = bytes(packet)
        self._handle.write(data)
        self._offsets.append(self._offsets[-1] + len(data))
        self._checks.append(zlib.crc32(data))

    def finish(self, facts: dict[str, Any], **arrays: Any) -> None:
        """Write the arrays and the JSON-able facts behind the crops, and the trailer."""
        buffer = io.BytesIO()
        np.savez(
            buffer,
            offsets=np.array(self._offsets, np.int64),
            checks=np.array(self._checks, np.uint32),
            codec=np.frombuffer(self._codec.extradata or b"", np.uint8),
            facts=np.array(json.dumps(facts)),
            **arrays,
        )
        data = buffer.getvalue()
        self._handle.write(data)
        self._handle.write(_TRAILER.pack(len(data), zlib.crc32(data), _END))


def bytes_of_a_crop() -> int:
    """Bytes that a crop takes on disk, as the face of one real picture does (``samples.astronaut``)."""
    import cv2

    from depnb.faces.samples import astronaut  # loads a picture library

    encoder = CropWriter(io.BytesIO())
    encoder.add(np.asarray(cv2.resize(astronaut()[20:220, 125:325], (CROP_SIZE, CROP_SIZE)), np.uint8))
    return encoder.written


@contextmanager
def write(path: Path) -> Iterator[CropWriter]:
    """A writer whose file appears at ``path`` when the block ends well, and not at all otherwise.

    Raises:
        StorageError: the cache cannot be written or is full.
    """
    with atomic_path(path) as temporary, open(temporary, "wb") as handle:
        yield CropWriter(handle)


def remove_leftovers() -> None:
    """Delete half files of killed processes: temporary files that nobody has written to for an hour."""
    for path in (cache_dir() / "faces").glob("v*/.*.crops"):
        with suppress(FileNotFoundError, PermissionError):
            if time.time() - path.stat().st_mtime > 3600:
                path.unlink()


class StoredCrops:
    """Crops of one video in their file, of which any can be decoded without the others.

    Args:
        path: the file.
        indices: frame numbers in the video, in the wanted order; None for all frames with a face.

    Attributes:
        arrays: what is known of all crops of the file, and of the frames of the video.
        facts: ``quality`` and ``source``, as in ``Crops``.
        rows: int64 ``[n]``, places of the n wanted crops in the file.

    Raises:
        IndexError: a frame is asked for in which no face was found.
        DamagedCrops: the file is cut off or changed.
    """

    def __init__(self, path: Path, indices: Sequence[int] | NDArray[np.int64] | None = None):
        self._path = path
        with open(path, "rb") as handle:
            self.arrays, self.facts = _read_arrays(handle, path)
        place = {int(frame): k for k, frame in enumerate(self.arrays["index"])}
        if indices is None:
            indices = list(place)
        missing = [int(k) for k in indices if int(k) not in place]
        if missing:
            raise IndexError(
                f"No crop of frame {missing[0]} of {self.facts['source']['video']}: {len(place)} of its "
                f"{len(self.arrays['found'])} frames have a face. Choose frames with `found`."
            )
        self.rows = np.array([place[int(k)] for k in indices], np.int64)

    def __len__(self) -> int:
        return len(self.rows)

    def decode(self, places: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The wanted crops at these places of their order, uint8 RGB ``[k, 224, 224, 3]``; 0.7 ms each.

        Raises:
            DamagedCrops: one of them has changed.
            FileNotFoundError: the file was removed.
        """
        with open(self._path, "rb") as handle:
            return _decode(handle, self.arrays, self.rows[places], self._path)


def read(path: Path, indices: Sequence[int] | NDArray[np.int64] | None = None) -> Crops:
    """Read a crop file; see ``load``."""
    wanted = StoredCrops(path, indices)
    arrays, facts = wanted.arrays, wanted.facts
    per_crop = {name: arrays[name][wanted.rows] for name in ("index", "points", "boxes", "matrices")}
    return Crops(
        frames=wanted.decode(np.arange(len(wanted))),
        time=arrays["times"][per_crop["index"]],
        found=arrays["found"],
        times=arrays["times"],
        quality=facts["quality"],
        source=facts["source"],
        **per_crop,
    )


def check(path: Path) -> dict[str, Any]:
    """Read a whole crop file and compare all check sums; gives its facts.

    Raises:
        DamagedCrops: cut off or changed.
    """
    with open(path, "rb") as handle:
        arrays, facts = _read_arrays(handle, path)
        for row in range(len(arrays["checks"])):
            _packet(handle, arrays, row, path)
    facts["quality"].setdefault("frame_rate", frame_rate(arrays["times"]))  # older files do not hold it
    return facts


def _read_arrays(handle: BinaryIO, path: Path) -> tuple[dict[str, NDArray], dict[str, Any]]:
    size = handle.seek(0, os.SEEK_END)
    damaged = DamagedCrops(f"Damaged crop file {path}: run `depnb faces` to make it again.")
    if size < len(_BEGIN) + _TRAILER.size:
        raise damaged
    handle.seek(0)
    begin = handle.read(len(_BEGIN))
    handle.seek(size - _TRAILER.size)
    length, crc, end = _TRAILER.unpack(handle.read(_TRAILER.size))
    start = size - _TRAILER.size - length
    if begin != _BEGIN or end != _END or start < len(_BEGIN):
        raise damaged
    handle.seek(start)
    data = handle.read(length)
    if zlib.crc32(data) != crc:
        raise damaged
    with _HEADERS, np.load(io.BytesIO(data)) as archive:
        arrays = {name: archive[name] for name in archive.files}
    if arrays["offsets"][-1] != start:
        raise damaged
    return arrays, json.loads(str(arrays["facts"]))


def _packet(handle: BinaryIO, arrays: dict[str, NDArray], row: int, path: Path) -> bytes:
    begin, end = arrays["offsets"][row : row + 2]
    handle.seek(begin)
    data = handle.read(end - begin)
    if zlib.crc32(data) != arrays["checks"][row]:
        raise DamagedCrops(f"Damaged crop file {path}: run `depnb faces` to make it again.")
    return data


def _decode(handle: BinaryIO, arrays: dict[str, NDArray], rows: NDArray[np.int64], path: Path) -> NDArray[np.uint8]:
    frames = np.empty((len(rows), CROP_SIZE, CROP_SIZE, 3), np.uint8)  # [n, 224, 224, 3]
    codec = av.CodecContext.create("utvideo", "r")
    codec.width = codec.height = CROP_SIZE
    codec.codec_tag = "ULRG"
    codec.extradata = arrays["codec"].tobytes()
    codec.thread_count = 1
    for k, row in enumerate(rows):
        (picture,) = codec.decode(av.Packet(_packet(handle, arrays, row, path)))
        frames[k] = picture.to_ndarray(format="rgb24", threads=1)
    return frames
