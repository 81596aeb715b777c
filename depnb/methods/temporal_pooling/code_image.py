"""The code image of a clip (§2, eq. 1–3)."""

import math
from functools import partial
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from depnb.methods.contract import check_switches
from depnb.methods.temporal_pooling.rows import Group

BITS = 8
"""h, bits of a code (§2: "8 bits per pixel")."""


Code = Literal["parity", "halves"]
BitOrder = Literal["lsb_first", "msb_first"]
SWITCHES = {
    "group": ("contiguous", "interleaved"),
    "code": ("parity", "halves"),
    "bit_order": ("lsb_first", "msb_first"),
}


def encode(
    clip: np.ndarray,
    *,
    group: Group = "contiguous",
    code: Code = "parity",
    bit_order: BitOrder = "lsb_first",
    dead_zone: float = 0,
) -> np.ndarray:
    """The code image of one clip (§2, eq. 1–3), step by step; ``encode_clips`` does the same to many clips at once.

    z_t = x_t − x_c, where c = (l − 1)/2 is the middle frame, which is then left out (eq. 1); b_t = 1 where z_t < 0, the
    pixel is *darker* than in the middle, else 0 (eq. 2); groups of the signs b are XORed to one bit each; the code is
    y = Σ_j bit_j · 2^j (eq. 3).

    Args:
        clip: x, integer or float [l, H, W], grey levels of l successive frames (E06).
        group: which signs a bit of ``parity`` joins (E01): α = (l − 1)/8 successive ones, or every eighth.
        code: ``parity``, the default reading: l = 8·α + 1, eight groups of α signs. ``halves``: l = 2·α + 1, the first
            half of the signs XOR the second, h = α bits; for h ≠ 8 the code is stretched, y · 255 / (2^h − 1), and
            rounded. The two readings of E01 that yield one image for each length of the paper.
        bit_order: weight of the oldest group, 1 or the highest (E03).
        dead_zone: τ ≥ 0, grey levels: the bit is 1 only where z < −τ. Ours; the paper has none.

    Returns:
        y, uint8 [H, W].

    Raises:
        TypeError: the clip is not made of integers or floats.
        ValueError: a switch, the shape of the clip or its length is none of the possible ones.
    """
    if clip.dtype.kind not in "iuf":
        raise TypeError(f"A clip of {clip.dtype} cannot be coded: give integers or floats, such as uint8 grey levels.")
    if clip.ndim != 3:
        raise ValueError(f"Expected a clip [l, H, W], got the shape {list(clip.shape)}.")
    length, height, width = clip.shape
    _check(length, group, code, bit_order, dead_zone)
    x = clip.astype(np.float64 if clip.dtype.kind == "f" else np.int64)  # uint8 would wrap round at 0
    middle = length // 2

    z = x - x[middle]  # eq. 1
    signs = np.delete(z, middle, axis=0) < -dead_zone  # eq. 2 [l − 1, H, W]
    if code == "halves":
        groups = signs.reshape(2, -1, height, width).swapaxes(0, 1)  # [h, 2, H, W]
    elif group == "interleaved":
        groups = signs.reshape(-1, BITS, height, width).swapaxes(0, 1)  # [8, α, H, W]
    else:
        groups = signs.reshape(BITS, -1, height, width)
    bits = np.logical_xor.reduce(groups, axis=1)  # [h, H, W], oldest first

    h = len(bits)
    weights = 2.0 ** np.arange(h)
    if bit_order == "msb_first":
        weights = weights[::-1]
    y = np.tensordot(weights, bits, axes=1)  # eq. 3 [H, W]
    return np.rint(y * 255 / (2.0**h - 1)).astype(np.uint8)


def encode_clips(
    clips: Tensor,
    *,
    group: Group = "contiguous",
    code: Code = "parity",
    bit_order: BitOrder = "lsb_first",
    dead_zone: float = 0,
) -> Tensor:
    """``encode`` of many clips at once, on any device; equal to it bit for bit.

    Grey levels are compared as they are, one byte each, and every comparison is folded into the code where it lies:
    nothing is widened, no difference and no sign is stored.

    Args:
        clips: integer or float [..., l, H, W]; any strides, so a view of overlapping clips is not copied.
        group, code, bit_order, dead_zone: as in ``encode``.

    Returns:
        uint8 [..., H, W].

    Raises:
        TypeError, ValueError: as ``encode``.
    """
    if clips.dtype == torch.bool or clips.is_complex():
        raise TypeError(f"Clips of {clips.dtype} cannot be coded: give integers or floats, such as uint8 grey levels.")
    if clips.ndim < 3:
        raise ValueError(f"Expected clips [..., l, H, W], got the shape {list(clips.shape)}.")
    _check(clips.shape[-3], group, code, bit_order, dead_zone)
    frames = clips.detach().unbind(-3)
    frames, limit = _darker_below(frames, frames[len(frames) // 2], dead_zone)

    first, *others = groups = _groups(len(frames), group, code)[:: 1 if bit_order == "msb_first" else -1]
    empty = partial(torch.empty_like, limit, dtype=torch.bool, memory_format=torch.contiguous_format)
    bit, sign = empty(), empty() if len(first) > 1 else None
    one = bit.view(torch.uint8)
    y = _parity(frames, limit, first, out=empty(), sign=sign).view(torch.uint8)  # the highest bit
    if len(groups) != BITS:
        y = y.double()  # exact up to 53 bits
    for other in others:
        _parity(frames, limit, other, out=bit, sign=sign)
        torch.add(one, y, alpha=2, out=y)  # y ← 2y + bit
    return y if len(groups) == BITS else (y * 255 / (2.0 ** len(groups) - 1)).round().to(torch.uint8)


def _parity(frames: tuple[Tensor, ...], limit: Tensor, group: list[int], *, out: Tensor, sign: Tensor | None) -> Tensor:
    """XOR over a group of frames of “darker than the limit”, into ``out``; ``sign`` is a second buffer. Both bool."""
    first, *others = group
    torch.lt(frames[first], limit, out=out)
    for other in others:
        out.logical_xor_(torch.lt(frames[other], limit, out=sign))
    return out


def _darker_below(frames: tuple[Tensor, ...], middle: Tensor, dead_zone: float) -> tuple[tuple[Tensor, ...], Tensor]:
    """Tensors a_t and b of one type such that a_t < b says x_t − x_c < −τ."""
    if dead_zone == 0:
        return frames, middle
    whole = not middle.is_floating_point()
    tau = math.floor(dead_zone) if whole else dead_zone  # a whole difference exceeds τ when it exceeds ⌊τ⌋
    if middle.dtype == torch.uint8:
        tau = min(tau, 255)
        return frames, middle.clamp(min=tau) - tau  # cut at 0: no grey level is darker
    wide = torch.int64 if whole else torch.float64
    differences = tuple(frame.to(wide) - middle.to(wide) for frame in frames)
    return differences, torch.full_like(differences[0], -tau)


def _groups(length: int, group: Group, code: Code) -> list[list[int]]:
    """Frames whose signs make each bit, the oldest bit first."""
    frames = [t for t in range(length) if t != length // 2]
    if code == "halves":
        half = len(frames) // 2
        return [frames[j::half] for j in range(half)]
    if group == "interleaved":
        return [frames[j::BITS] for j in range(BITS)]
    alpha = len(frames) // BITS
    return [frames[j * alpha : (j + 1) * alpha] for j in range(BITS)]


def _check(length: int, group: str, code: str, bit_order: str, dead_zone: float) -> None:
    """Raises: ValueError, for a switch or a length that is none of the possible ones."""
    check_switches(SWITCHES, group=group, code=code, bit_order=bit_order)
    if not 0 <= dead_zone < math.inf:
        raise ValueError(f"dead_zone={dead_zone}: give grey levels, 0 or more.")
    if code == "parity" and (length < BITS + 1 or (length - 1) % BITS):
        raise ValueError(
            f"A clip of {length} frames has no parity code: l − 1 must be a multiple of 8, l = 9, 17, 25, 33, …"
        )
    if code == "halves" and (length < 3 or length % 2 == 0):
        raise ValueError(f"A clip of {length} frames has no two halves around a middle: l must be odd, 3, 5, 7, …")
