"""Decoded pictures → RGB frames that are upright, unmirrored, in square pixels and of one size."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, pairwise
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

HDR = frozenset({16, 18})
"""Numbers of the transfer functions PQ and HLG (ITU-T H.273, table 3)."""
SQUARE = 0.01
"""Pixels whose sides differ by a smaller share than this are square."""
MOST_STRETCH = 4
"""What claims a longer pixel is wrong and is passed over."""
IDET = "idet", "intl_thres=1.06"
LOOKED_AT, COMBED = 24, 2 / 3
"""There are combs if ``idet`` sees them in more than this share of the first so many pictures: it does in all pictures
of 30 drawn videos in fields, and in up to a third of those of the same videos in whole pictures."""


class Filters:
    """A chain of FFmpeg's filters for pictures of one size and format.

    Args:
        picture: what the pictures are like.
        steps: name and arguments of each filter.
    """

    def __init__(self, picture: av.VideoFrame, *steps: tuple[str, str]):
        self.takes = _kind(picture)
        self._graph = av.filter.Graph()
        source = self._graph.add_buffer(
            width=picture.width, height=picture.height, format=picture.format, time_base=picture.time_base
        )
        chain = [
            source,
            *(self._graph.add(name, arguments or None) for name, arguments in steps),
            self._graph.add("buffersink"),
        ]
        for one, following in pairwise(chain):
            one.link_to(following)
        self._graph.configure()

    def push(self, picture: av.VideoFrame | None) -> Iterator[Any]:
        """The pictures that come out after one went in, or after the last (None)."""
        self._graph.push(picture)
        while True:
            try:
                yield self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return


def deinterlaced(pictures: Iterable[av.VideoFrame]) -> Iterator[av.VideoFrame]:
    """The same number of pictures; those of two fields are made from the first, the others stay as they are.

    Some cameras say that there are two fields where both are of one moment: ``idet`` looks at the lines. Quick movement
    deceives it in single pictures, so that most of the first ones must have combs.
    """
    remaining = iter(pictures)
    for picture in remaining:
        if picture.interlaced_frame:
            ahead = [picture, *islice(remaining, LOOKED_AT - 1)]
            following = chain(ahead, remaining)
            yield from _of_first_fields(following) if _have_combs(ahead) else following
            return
        yield picture


def _have_combs(pictures: Sequence[av.VideoFrame]) -> bool:
    filters = Filters(pictures[0], IDET)
    alike = [picture for picture in pictures if filters.takes == _kind(picture)]
    looked_at = [seen for picture in (*alike, None) for seen in filters.push(picture)]
    return sum(seen.interlaced_frame for seen in looked_at) > COMBED * len(looked_at)


def _of_first_fields(pictures: Iterable[av.VideoFrame]) -> Iterator[av.VideoFrame]:
    filters: Filters | None = None
    for picture in pictures:
        if filters and filters.takes != _kind(picture):
            yield from filters.push(None)
            filters = None
        if filters is None and picture.interlaced_frame:
            filters = Filters(picture, IDET, ("bwdif", "mode=send_frame:deint=interlaced"))
        if filters is None:
            yield picture
        else:
            yield from filters.push(picture)
    if filters:
        yield from filters.push(None)


class Upright:
    """Makes RGB frames of pictures, all of the size of the first one.

    Args:
        aspect: width of a stored pixel as a share of its height; None where the file does not say.

    Attributes:
        fitted: number of frames that had another size.
    """

    def __init__(self, aspect: float | None):
        self.fitted = 0
        self._aspect = float(aspect or 1)
        self._size: tuple[int, int] | None = None
        self._tones: Filters | None = None

    def __call__(self, picture: av.VideoFrame) -> NDArray[np.uint8]:
        """uint8 ``[H, W, 3]``."""
        rgb = self._standard_range(picture) if picture.color_trc in HDR else _rgb(picture)
        rgb = _turned(_square(rgb, self._aspect), display_matrix(picture))
        size = rgb.shape[:2]
        self._size = self._size or size
        if size != self._size:
            self.fitted += 1
            rgb = fit(rgb, *self._size)
        return rgb

    def _standard_range(self, picture: av.VideoFrame) -> NDArray[np.uint8]:
        """Tone-mapped to what a screen without HDR shows; the first one takes seconds, for its table."""
        if self._tones is None or self._tones.takes != _kind(picture):
            scale = "out_transfer=bt709:out_primaries=bt709"
            self._tones = Filters(picture, ("scale", scale), ("format", "pix_fmts=rgb24"))
        (mapped,) = self._tones.push(picture)
        return _rgb(mapped)


def display_matrix(picture: av.VideoFrame) -> tuple[int, int, int, int] | None:
    """a, b, c, d of x' = ax + cy, y' = bx + dy, the way from stored to shown pixels; None where there is none."""
    found: Any = picture.side_data.get("DISPLAYMATRIX")
    if found is None:
        return None
    a, b, _, c, d = np.frombuffer(bytes(found), np.int32)[:5].tolist()
    return a, b, c, d


def fit(rgb: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Scaled into ``[height, width, 3]``; pixels stay square, what is left over is black."""
    scale = min(height / rgb.shape[0], width / rgb.shape[1])
    inner = max(1, round(rgb.shape[0] * scale)), max(1, round(rgb.shape[1] * scale))
    top, left = (height - inner[0]) // 2, (width - inner[1]) // 2
    fitted = np.zeros((height, width, 3), np.uint8)
    fitted[top : top + inner[0], left : left + inner[1]] = _resized(rgb, *inner)
    return fitted


def _kind(picture: av.VideoFrame) -> tuple[int, int, str]:
    return picture.width, picture.height, picture.format.name


def _rgb(picture: av.VideoFrame) -> NDArray[np.uint8]:
    return np.asarray(picture.to_ndarray(format="rgb24", threads=1))  # to start threads takes longer than to convert


def _square(rgb: NDArray[np.uint8], aspect: float) -> NDArray[np.uint8]:
    """Square pixels, by another width, as players do."""
    stretch = max(aspect, 1 / aspect) if aspect > 0 else 1
    if stretch < 1 + SQUARE or stretch > MOST_STRETCH:
        return rgb
    height, width = rgb.shape[:2]
    return _resized(rgb, height, max(1, round(width * aspect)))


def _resized(rgb: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    way = cv2.INTER_AREA if height < rgb.shape[0] or width < rgb.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=way), np.uint8)


def _turned(rgb: NDArray[np.uint8], matrix: tuple[int, int, int, int] | None) -> NDArray[np.uint8]:
    """Turned by the nearest quarter turn and mirrored."""
    if matrix is None:
        return rgb
    a, b, c, d = matrix
    if abs(b) + abs(c) > abs(a) + abs(d):
        rgb, a, d = rgb.transpose(1, 0, 2), c, b
    return np.ascontiguousarray(rgb[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])
