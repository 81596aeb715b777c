"""Video file → upright RGB frames with their index and time."""

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from depnb.faces.containers import VideoError as VideoError, open_container, picture_stream, promised_frames
from depnb.faces.upright import Upright, deinterlaced

USUAL_RATE = 25.0
"""Frames per second of a file that does not say it."""
ORDERED = 4
"""Times are put in order among so many frames."""
LONGEST_GAP_S = 10.0
"""A longer gap between two frames is a cut or damage: no frames are put there."""


@dataclass(frozen=True)
class Frame:
    """One frame.

    Attributes:
        index: number of the frame in the video, from 0, in display order.
        time: seconds after the first frame, from the presentation time stamps (variable rates included); rises.
        rgb: uint8 ``[H, W, 3]``: upright, unmirrored, in square pixels, of the size of the first frame.
    """

    index: int
    time: float
    rgb: NDArray[np.uint8]


class Video:
    """A video file that can be decoded any number of times.

    Args:
        path: the file.
        fps: frames per second to which the video is resampled: frames are repeated or left out; None for all as
            they are.

    Attributes:
        frame_rate: frames per second: ``fps``, or as the container states it (the average of a variable rate), or
            None.
        decoded_frames: number of frames that the last complete pass of ``frames`` gave.
        warnings: what was wrong with the file although it could be used.

    Raises:
        VideoError: no such file, empty, not a video, cut off before its index, or without a picture track.
    """

    def __init__(self, path: Path | str, fps: float | None = None):
        self.path = Path(path)
        self.fps = fps
        self.decoded_frames = 0
        self._pass = _Pass()
        with open_container(self.path) as container:
            stream, others = picture_stream(container, self.path)
            self._stored_rate = float(stream.average_rate) if stream.average_rate else None
            self._promised, self._stated = promised_frames(container, stream, self.path)
            self._other_streams = [f"{s.index} ({s.width}×{s.height})" for s in others]
            self._stream = stream.index
        self.frame_rate = fps or self._stored_rate

    @cached_property
    def declared_frames(self) -> int:
        """Number of frames that the file promises or that its duration leads to; 0 where nothing says it.

        A file that says nothing of its duration is read once for it, which takes as long as to copy it.
        """
        count = self._promised
        if not count:
            with open_container(self.path) as container:
                packets = _packets(container, container.streams[self._stream])
                count = sum(packet is not None and packet.size > 0 for packet in packets)
        return round(count * self.fps / self._stored_rate) if self.fps and self._stored_rate else count

    def frames(self, step: int = 1) -> Iterator[Frame]:
        """Decode from the beginning; every ``step``-th frame is converted and given.

        A file that is damaged in the middle gives what can be decoded; ``warnings`` then counts the loss.

        Raises:
            VideoError: not a single frame can be decoded, or the pixels cannot be converted.
        """
        count, self._pass = 0, _Pass()
        with open_container(self.path) as container:
            stream = container.streams[self._stream]
            stream.codec_context.thread_count = 1
            upright = self._pass.upright = Upright(stream.sample_aspect_ratio)
            pictures = in_order(deinterlaced(self._pictures(container, stream)), self._stored_rate or USUAL_RATE)
            try:
                for time, picture in resampled(pictures, self.fps) if self.fps else pictures:
                    if count % step == 0:
                        yield Frame(count, time, upright(picture))
                    count += 1
            except av.error.FFmpegError as error:
                what = f"frame {count} of {self.path} cannot be converted ({error.strerror})"
                raise VideoError(f"Unusual pixels: {what}. Re-encode it.") from error
        if count == 0:
            raise VideoError(f"No frame of {self.path} can be decoded: it is cut off or damaged. Copy it again.")
        self.decoded_frames = count

    @property
    def warnings(self) -> list[str]:
        found, seen = [], self._pass
        if self._other_streams:
            found.append(f"stream {self._stream} is used, not the video streams {', '.join(self._other_streams)}")
        lost = self._promised - seen.decoded
        if self._stated and self.decoded_frames and lost > 0 and (seen.broken or seen.packets < self._promised):
            found.append(f"{lost} of {self._promised} frames are missing at the end or damaged")
        if seen.broken:
            found.append(f"{seen.broken} packets could not be decoded, {seen.corrupt} frames are in part wrong")
        if seen.dropped:
            found.append(f"{seen.dropped} frames have a wrong size from damage and are left out")
        if seen.upright and seen.upright.fitted:
            found.append(f"{seen.upright.fitted} frames of another size were scaled to that of the first")
        return found

    def _pictures(self, container, stream) -> Iterator[av.VideoFrame]:
        """Decoded pictures, without those whose size comes from damage."""
        first: tuple[int, int] | None = None
        fixed = container.format.name == "avi"
        for packet in _packets(container, stream):
            try:
                pictures: Any = None if packet is None else packet.decode()
            except av.error.FFmpegError:
                pictures = None
            self._pass.packets += packet is not None and packet.size > 0 and not packet.is_discard
            if pictures is None:
                self._pass.broken += 1
                continue
            for picture in pictures:
                self._pass.decoded += 1
                size = picture.width, picture.height
                first = first or size
                if size != first and (fixed or picture.is_corrupt or not _alike(size, first)):
                    self._pass.dropped += 1
                else:
                    self._pass.corrupt += picture.is_corrupt
                    yield picture


@dataclass
class _Pass:
    """What one pass over a video met."""

    packets: int = 0
    broken: int = 0
    decoded: int = 0
    dropped: int = 0
    corrupt: int = 0
    upright: Upright | None = None


def in_order(pictures: Iterable[Any], rate: float) -> Iterator[tuple[float, Any]]:
    """Pictures in their order, with rising times in seconds after the first.

    The time stamps of some files (packed B-frames in AVI) belong to neighbouring pictures: they are sorted.
    """
    waiting: deque[Any] = deque()
    times: list[float] = []
    begin: float | None = None
    last = 0.0

    def timed() -> tuple[float, Any]:
        nonlocal begin, last
        stamp = heapq.heappop(times)
        if begin is None:
            begin = stamp
        else:
            last = stamp - begin if stamp - begin > last else last + 0.5 / rate
        return last, waiting.popleft()

    for count, picture in enumerate(pictures):
        heapq.heappush(times, count / rate if picture.time is None else picture.time)
        waiting.append(picture)
        if len(waiting) > ORDERED:
            yield timed()
    while waiting:
        yield timed()


def resampled(pictures: Iterable[tuple[float, Any]], fps: float) -> Iterator[tuple[float, Any]]:
    """The pictures nearest in time to 0, 1/fps, 2/fps, … seconds; a gap of more than ``LONGEST_GAP_S`` is closed."""
    count, closed = 0, 0.0
    before: tuple[float, Any] | None = None
    for time, picture in pictures:
        time -= closed
        if before is not None:
            if time - before[0] > LONGEST_GAP_S:
                closed += time - before[0] - 1 / fps
                time = before[0] + 1 / fps
            while count / fps < (before[0] + time) / 2:
                yield count / fps, before[1]
                count += 1
        before = time, picture
    while before is not None and count / fps <= before[0] + 1e-6:
        yield count / fps, before[1]
        count += 1


def _packets(container, stream) -> Iterator[Any]:
    """Packets of a stream as far as they can be read, an empty one at the end; None at the end for a damaged one."""
    try:
        yield from container.demux(stream)
    except av.error.FFmpegError:
        yield None


def _alike(size: tuple[int, int], first: tuple[int, int]) -> bool:
    """Could both be sizes of one recording: the shape is alike, or turned by a quarter?"""
    shape, turned, other = size[0] / size[1], size[1] / size[0], first[0] / first[1]
    return any(0.5 < one / other < 2 for one in (shape, turned))
