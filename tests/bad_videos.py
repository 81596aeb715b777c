"""Test videos, good and bad, made from a real portrait (scikit-image's astronaut) moved over a background."""

import re
import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from depnb.faces.samples import astronaut

HEIGHT, WIDTH = 144, 176
HEAD = 100
FRAMES = 16
RATE = 8
VOL = re.compile(rb"\x00\x00\x01\x20.*?(?=\x00\x00\x01)", re.DOTALL)
"""Header of MPEG-4 pictures, with their size (ISO/IEC 14496-2, 6.2.3)."""
BT2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
"""Light of BT.709 primaries as that of BT.2020 primaries (ITU-R BT.2087)."""


def head(side: int = HEAD) -> NDArray[np.uint8]:
    """The astronaut's head, ``[side, side, 3]``."""
    return cv2.resize(astronaut()[20:220, 125:325], (side, side), interpolation=cv2.INTER_AREA)


def background(height: int = HEIGHT, width: int = WIDTH) -> NDArray[np.uint8]:
    """A grey ramp: no face in it."""
    ramp = np.linspace(60, 140, width, dtype=np.uint8)
    return np.repeat(np.repeat(ramp[None, :, None], height, 0), 3, 2).copy()


def with_heads(
    places: Sequence[tuple[int, int]], side: int = HEAD, height: int = HEIGHT, width: int = WIDTH
) -> NDArray[np.uint8]:
    """One picture with the head at each place (left, top)."""
    picture = background(height, width)
    for left, top in places:
        cut = picture[top : top + side, left : left + side]
        cut[:] = head(side)[: cut.shape[0], : cut.shape[1]]
    return picture


def moving(count: int = FRAMES, height: int = HEIGHT, width: int = WIDTH) -> list[NDArray[np.uint8]]:
    """The head drifts to the right, 2 pixels per frame."""
    return [with_heads([(10 + 2 * k, 20)], height=height, width=width) for k in range(count)]


def encode(
    path: Path,
    pictures: Sequence[NDArray[np.uint8]],
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    stamps: Sequence[int] | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    aspect: Fraction | None = None,
    rate: int = RATE,
) -> Path:
    """Write pictures ``[H, W, 3]`` or grey ``[H, W]`` as a video of ``rate`` frames/s, or at ``stamps`` milliseconds.

    ``aspect`` is that of the pixels.
    """
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=rate)
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pixels
        stream.options = {"crf": "10", "g": "4", "bf": "0", **(options or {})}
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        for k, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24" if picture.ndim == 3 else "gray")
            frame.pts = stamps[k] if stamps else k * 1000 // rate
            frame.time_base = Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def good(folder: Path, name: str = "good.mp4", count: int = FRAMES) -> Path:
    return encode(folder / name, moving(count))


def zero_bytes(folder: Path) -> Path:
    path = folder / "zero.mp4"
    path.touch()
    return path


def text_file(folder: Path) -> Path:
    path = folder / "text.mp4"
    path.write_text("BDI-II\n12\n" * 500)
    return path


def without_index(folder: Path) -> Path:
    """An MP4 whose last third, with the moov box, is missing."""
    data = good(folder, "whole.mp4").read_bytes()
    path = folder / "without_index.mp4"
    path.write_bytes(data[: len(data) * 2 // 3])
    return path


def cut_in_the_middle(folder: Path) -> Path:
    """An MP4 with the moov box in front whose pictures end half way."""
    data = encode(folder / "front.mp4", moving(), container_options={"movflags": "faststart"}).read_bytes()
    path = folder / "cut.mp4"
    path.write_bytes(data[: len(data) * 6 // 10])
    return path


def audio_only(folder: Path) -> Path:
    path = folder / "audio.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        sound = np.zeros((1, 16000), np.float32)
        frame = av.AudioFrame.from_ndarray(sound, format="fltp", layout="mono")
        frame.sample_rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def odd_sized(folder: Path) -> Path:
    return encode(folder / "odd.mp4", moving(8, 145, 177), pixels="yuv444p")


def one_frame(folder: Path) -> Path:
    return good(folder, "one.mp4", 1)


VARIABLE_STAMPS = (0, 40, 80, 300, 340, 1000, 1033, 2000)


def variable_rate(folder: Path) -> Path:
    return encode(folder / "variable.mp4", moving(8), stamps=VARIABLE_STAMPS)


def rotated(folder: Path) -> Path:
    """Stored lying on the side, with a display matrix that turns it upright (as telephones do)."""
    lying = [np.ascontiguousarray(np.rot90(p)) for p in moving(8)]
    path = encode(folder / "rotated.mp4", lying)
    return set_rotation(path, 90)


def set_rotation(path: Path, clockwise: int) -> Path:
    """A player turns the picture clockwise."""
    sine, cosine = {0: (0, 1), 90: (1, 0), 180: (0, -1), 270: (-1, 0)}[clockwise]
    return set_matrix(path, (cosine, sine, -sine, cosine))


def set_matrix(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """Patch a, b, c, d of the matrix of the track header (ISO/IEC 14496-12, 8.3.2)."""
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 4 + 40
    rows = [*matrix[:2], 0, *matrix[2:], 0, 0, 0]
    for k, value in enumerate(rows):
        data[start + 4 * k : start + 4 * k + 4] = (value * 0x10000).to_bytes(4, "big", signed=True)
    path.write_bytes(data)
    return path


def interlaced(folder: Path, pictures: Sequence[NDArray[np.uint8]]) -> Path:
    """Frames whose lines come from two moments."""
    woven = []
    for first, second in zip(pictures[::2], pictures[1::2], strict=True):
        woven.append(first.copy())
        woven[-1][1::2] = second[1::2]
    return encode(folder / "interlaced.mp4", woven, options={"x264-params": "tff=1"}, rate=RATE // 2)


def edit_list(folder: Path) -> Path:
    """The first four of 16 frames are hidden by the edit list (ISO/IEC 14496-12, 8.6.6)."""
    path = encode(folder / "edited.mp4", moving(), options={"g": "16"})
    data = bytearray(path.read_bytes())
    start = data.index(b"elst") + 4 + 8  # version, flags, count of entries
    length, hidden = struct.unpack_from(">Ii", data, start)
    (timescale,) = struct.unpack_from(">I", data, data.index(b"mdhd") + 4 + 12)
    struct.pack_into(">Ii", data, start, length * 12 // 16, hidden + 4 * timescale // RATE)
    path.write_bytes(data)
    return path


def two_streams(path: Path, small: Sequence[NDArray[np.uint8]], large: Sequence[NDArray[np.uint8]]) -> Path:
    """A file with two video streams, the first of ``small``, one frame per second, the other of ``large``."""
    with av.open(str(path), "w") as container:
        streams = []
        for pictures, rate in ((small, 1), (large, RATE)):
            stream = container.add_stream("libx264", rate=rate)
            stream.height, stream.width = pictures[0].shape[:2]
            stream.pix_fmt = "yuv420p"
            streams.append((stream, pictures))
        for stream, pictures in streams:
            for picture in pictures:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(stream.encode(None))
    return path


def changing_size(folder: Path) -> Path:
    """Eight frames, then eight of half the size, one stream."""
    parts = [folder / "first.h264", folder / "second.h264"]
    for part, pictures in zip(parts, (moving(8), [cv2.resize(p, (88, 72)) for p in moving(8)]), strict=True):
        encode(part, pictures)
    path = folder / "both.h264"
    path.write_bytes(parts[0].read_bytes() + parts[1].read_bytes())
    return path


def damaged_size(folder: Path) -> Path:
    """An AVI whose second half begins with a wrong height in the header of its pictures."""
    tall = encode(folder / "tall.avi", [background(1184)] * 4, codec="mpeg4", options={"g": "4"}).read_bytes()
    path = encode(folder / "damaged.avi", moving(), codec="mpeg4", options={"g": "4"})
    data = bytearray(path.read_bytes())
    wrong, right = VOL.findall(tall)[0], list(VOL.finditer(data))[2]
    data[right.start() : right.end()] = wrong
    path.write_bytes(data)
    return path


def high_dynamic_range(path: Path, picture: NDArray[np.uint8], kind: str) -> Path:
    """The picture in PQ or HLG (ITU-R BT.2100), its white at 203 cd/m² (ITU-R BT.2408)."""
    light = (picture / 255) ** 2.4 @ BT2020.T  # [H, W, 3], share of the white of a screen
    if kind == "pq":
        power = (light * 203 / 10000) ** (2610 / 16384)
        signal = ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)
    else:
        shown = light * 0.203
        scene = shown * np.maximum(shown @ [0.2627, 0.678, 0.0593], 1e-6)[..., None] ** (1 / 1.2 - 1)
        bright = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
        signal = np.where(scene <= 1 / 12, np.sqrt(3 * scene), bright)
    deep = av.VideoFrame.from_ndarray((np.clip(signal, 0, 1) * 65535).astype(np.uint16), format="rgb48le")
    frame = deep.reformat(format="yuv420p10le", dst_colorspace=9)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuv420p10le"
        stream.options = {"crf": "8"}
        context = stream.codec_context
        frame.color_trc = context.color_trc = {"pq": 16, "hlg": 18}[kind]
        frame.color_primaries = context.color_primaries = context.colorspace = 9
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def nobody(folder: Path) -> Path:
    return encode(folder / "nobody.mp4", [background()] * 8)


def mostly_away(folder: Path, count: int = 20) -> Path:
    """A face in 40 % of the frames."""
    pictures = [with_heads([(40, 20)]) if k % 10 < 4 else background() for k in range(count)]
    return encode(folder / "away.mp4", pictures)


def two_people(folder: Path) -> Path:
    """A large head on the left throughout, a smaller one on the right in the middle of the video."""
    pictures = []
    for k in range(FRAMES):
        picture = with_heads([(5 + k, 20)], side=110, width=240)
        if 4 <= k < 13:
            picture[40:110, 165:235] = head(70)[:, ::-1]
        pictures.append(picture)
    return encode(folder / "two.mp4", pictures)


def grey(folder: Path) -> Path:
    pictures = [cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) for p in moving(8)]
    return encode(folder / "grey.mp4", pictures, pixels="gray")


def strange_name(folder: Path) -> Path:
    inner = folder / "Ünï côdé 日本 folder"
    inner.mkdir()
    return good(inner, "my vidéo, № 1 (ß).mp4", 8)


UNREADABLE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "no such file": (lambda folder: folder / "missing.mp4", "No such video"),
    "zero bytes": (zero_bytes, "0 bytes"),
    "no index": (without_index, "moov"),
    "audio only": (audio_only, "No pictures"),
    "not a video": (text_file, "Not a video"),
}
"""What no frame can be had from: how to make it, and a part of the message."""
