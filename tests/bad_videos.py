"""Test videos, good and bad, made from a real portrait (scikit-image's astronaut) moved over a background."""

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
) -> Path:
    """Write pictures ``[H, W, 3]`` or grey ``[H, W]`` as a video of 8 frames/s, or at ``stamps`` milliseconds."""
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=RATE)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pixels
        stream.options = {"crf": "10", "g": "4", "bf": "0", **(options or {})}
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        for k, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24" if picture.ndim == 3 else "gray")
            frame.pts = stamps[k] if stamps else k * 1000 // RATE
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
    """Patch the matrix of the track header (ISO/IEC 14496-12, 8.3.2): a player turns the picture clockwise."""
    sine, cosine = {0: (0, 1), 90: (1, 0), 180: (0, -1), 270: (-1, 0)}[clockwise]
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 4 + 40
    rows = [cosine, sine, 0, -sine, cosine, 0, 0, 0]
    for k, value in enumerate(rows):
        data[start + 4 * k : start + 4 * k + 4] = (value * 0x10000).to_bytes(4, "big", signed=True)
    path.write_bytes(data)
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
