"""Which files are videos, which of their streams is the video, and how many frames it promises."""

import errno
import os
from pathlib import Path
from typing import Any

import av

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,flv,mpeg,mpegts,mpegvideo,mxf,nut,ogg,rm,wtv,dv,gxf,gif,ivf,obu,av1,"
    "h264,hevc,m4v,h263,mjpeg,vc1,yuv4mpegpipe"
)
"""FFmpeg's names of the containers that are opened. None of them names other files, as playlists do."""
MOST_PIXELS = 8192 * 4352
"""Pixels of the largest frame: 8K."""
SMALLEST_FRAME_BYTES = 8
SHORT_SHARE = 0.15
"""A stream of at most this share of the frames of the longest one shows thumbnails or slides."""
HIGHEST_RATE = 240
"""Frames per second; some files state the clock of their time stamps, 1000, as their rate."""
DEFAULT_IS_WORTH = 5_000_000
"""Pixels that a stream may have fewer and be preferred, if it is the default, as FFmpeg's command has it."""


class VideoError(ValueError):
    """A video cannot be read; the message names the file, what is wrong and what to do."""


def open_container(path: Path):
    """Open a video file, as a file whatever its name looks like.

    Raises:
        VideoError: no such file, empty, in none of ``FORMATS``, or cut off before its index.
    """
    _check_file(path)
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file", "max_pixels": str(MOST_PIXELS)}
    try:
        return av.open("file:" + os.path.abspath(path), metadata_errors="replace", options=options)
    except (av.error.InvalidDataError, av.error.ArgumentError) as error:
        raise VideoError(_why_not_a_video(path)) from error
    except av.error.FFmpegError as error:
        raise VideoError(f"Cannot read {path}: {error.strerror}.") from error


def picture_stream(container, path: Path) -> tuple[Any, list[Any]]:
    """The stream that FFmpeg would take, but no cover, thumbnail or slide; and the other video streams.

    Raises:
        VideoError: there is none, or its frames are too large.
    """
    kinds = av.stream.Disposition
    covers = kinds.attached_pic | kinds.timed_thumbnails | kinds.still_image
    streams = [s for s in container.streams.video if not s.disposition & covers and s.codec_context is not None]
    if not streams:
        held = ", ".join(s.type for s in container.streams) or "nothing"
        raise VideoError(f"No pictures in {path}: it holds {held}. Expected a video track.")
    frames = [promised_frames(container, stream, path)[0] for stream in streams]

    def rank(k: int) -> tuple[bool, int]:
        stream = streams[k]
        few = 0 < frames[k] <= SHORT_SHARE * max(frames)
        return not few, stream.width * stream.height + DEFAULT_IS_WORTH * bool(stream.disposition & kinds.default)

    best = streams[max(range(len(streams)), key=rank)]
    if best.width * best.height > MOST_PIXELS:
        raise VideoError(f"The frames of {path} have {best.width}×{best.height} pixels, more than 8K. Scale them down.")
    return best, [s for s in streams if s is not best]


def promised_frames(container, stream, path: Path) -> tuple[int, bool]:
    """Number of frames, and whether the file states it; otherwise it is estimated, or 0 where nothing says it.

    The index counts rather than the header; frames that an edit list hides do not.
    """
    if stream.frames:
        index = stream.index_entries
        return (sum(not entry.is_discard for entry in index) if len(index) else stream.frames), True
    seconds = 0.0
    if stream.duration and stream.time_base:
        seconds = float(stream.duration * stream.time_base)
    elif container.duration:
        seconds = container.duration / av.time_base
    rate = stream.average_rate or stream.guessed_rate
    if seconds > 0 and rate and rate <= HIGHEST_RATE:
        return min(round(seconds * float(rate)), path.stat().st_size // SMALLEST_FRAME_BYTES), False
    return 0, False


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
    return f"Not a video: {path} is in no format of videos (a playlist is none). Expected for instance an MP4."
