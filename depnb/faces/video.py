"""Video file → upright RGB frames with their index and time."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray


class VideoError(ValueError):
    """A video cannot be read; the message names the file, what is wrong and what to do."""


@dataclass(frozen=True)
class Frame:
    """One decoded picture.

    Attributes:
        index: number of the frame in the video, from 0, in display order.
        time: seconds after the first frame, from the presentation time stamps (variable rates included).
        rgb: uint8 ``[H, W, 3]``, upright (rotation metadata applied).
    """

    index: int
    time: float
    rgb: NDArray[np.uint8]


class Video:
    """A video file that can be decoded any number of times.

    Attributes:
        path: the file.
        frame_rate: frames per second as the container states it (the average of a variable rate), or None.
        declared_frames: number of frames that the container promises; 0 where it does not say.
        decoded_frames: number of frames that the last complete pass of ``frames`` gave.
        warnings: what was wrong with the file although it could be used.

    Raises:
        VideoError: no such file, empty, not a video, cut off before its index, or without a picture track.
    """

    def __init__(self, path: Path | str):
        self.path = Path(path)
        self.decoded_frames = 0
        self._broken_packets = 0
        _check_file(self.path)
        with self._open() as container:
            stream = _picture_stream(container, self.path)
            self.frame_rate = float(stream.average_rate) if stream.average_rate else None
            self.declared_frames = stream.frames

    def frames(self, step: int = 1) -> Iterator[Frame]:
        """Decode from the beginning; every ``step``-th frame is converted and given.

        A file that is damaged in the middle gives what can be decoded; ``warnings`` then counts the loss.

        Raises:
            VideoError: not a single frame can be decoded.
        """
        count, first_time = 0, None
        self._broken_packets = 0
        with self._open() as container:
            stream = _picture_stream(container, self.path)
            stream.codec_context.thread_count = 1
            for picture in self._pictures(container, stream):
                time = picture.time
                if time is None:
                    time = count / (self.frame_rate or 25.0)
                first_time = time if first_time is None else first_time
                if count % step == 0:
                    yield Frame(count, time - first_time, _upright(picture))
                count += 1
        if count == 0:
            raise VideoError(f"No frame of {self.path} can be decoded: it is cut off or damaged. Copy it again.")
        self.decoded_frames = count

    @property
    def warnings(self) -> list[str]:
        found = []
        if self.decoded_frames and self.decoded_frames < self.declared_frames:
            found.append(
                f"{self.declared_frames - self.decoded_frames} of {self.declared_frames} frames are missing "
                "at the end or damaged"
            )
        if self._broken_packets:
            found.append(f"{self._broken_packets} packets could not be decoded")
        return found

    def _open(self):
        try:
            return av.open(str(self.path), metadata_errors="replace")
        except av.error.InvalidDataError as error:
            raise VideoError(_why_not_a_video(self.path)) from error
        except av.error.FFmpegError as error:
            raise VideoError(f"Cannot read {self.path}: {error.strerror}.") from error

    def _pictures(self, container, stream) -> Iterator[av.VideoFrame]:
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError:
                self._broken_packets += 1
                return
            if packet is None:
                return
            try:
                yield from packet.decode()
            except av.error.FFmpegError:
                self._broken_packets += 1


def _check_file(path: Path) -> None:
    if not path.exists():
        raise VideoError(f"No such video: {path}. Check the corpus folder.")
    if not path.is_file():
        raise VideoError(f"Not a file: {path}; expected a video file.")
    if not os.access(path, os.R_OK):
        raise VideoError(f"Cannot read {path}: {os.strerror(errno.EACCES)}. Change its access rights.")
    if path.stat().st_size == 0:
        raise VideoError(f"Empty video: {path} has 0 bytes. Copy it again.")


def _why_not_a_video(path: Path) -> str:
    """The boxes of an MP4 tell whether only its index is missing."""
    kinds = mp4_boxes(path)
    if "ftyp" in kinds and "moov" not in kinds:
        return f"Cut-off video: {path} ends before its index (no moov box). Copy it again."
    return f"Not a video: {path} is in no format that FFmpeg knows. Expected for instance an MP4."


def mp4_boxes(path: Path) -> list[str]:
    """Names of the top-level boxes of an MP4 file (ISO/IEC 14496-12, 4.2), as far as they can be read."""
    kinds, position, size = [], 0, path.stat().st_size
    with open(path, "rb") as handle:
        while position + 8 <= size:
            handle.seek(position)
            head = handle.read(16)
            length = int.from_bytes(head[:4], "big")
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            kinds.append(head[4:8].decode("latin-1"))
            if length < 8:
                break
            position += length
    return kinds


def _picture_stream(container, path: Path):
    streams = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
    if not streams:
        kinds = ", ".join(s.type for s in container.streams) or "nothing"
        raise VideoError(f"No pictures in {path}: it holds {kinds}. Expected a video track.")
    return streams[0]


def _upright(picture: av.VideoFrame) -> NDArray[np.uint8]:
    """RGB, turned by the display matrix (``rotation`` is in degrees, counter-clockwise)."""
    rgb: Any = picture.to_ndarray(format="rgb24", threads=1)  # to start threads takes longer than to convert
    turns = round(picture.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(rgb, turns)) if turns else rgb
