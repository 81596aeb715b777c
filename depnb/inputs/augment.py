"""Ways to vary training clips. Every draw is made once a clip: all its frames are changed alike, the label stays.

All of it is done on whole batches, because torchvision's transforms draw once for a batch, and called clip by clip they
take longer than the training step. Draws come from torch's global generator, on the CPU, so that every device sees the
same.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

LUMA = (0.299, 0.587, 0.114)
RECOLOUR = ((0.0, 1.0), (0.6, 1.4), (0.6, 1.4))
"""Ranges of what stays of the colours, of contrast and of brightness."""


def strong(clips: Tensor) -> Tensor:
    """Vary each clip of a batch by itself, so that forty people are not simply memorised.

    Mirrors half, turns by up to 8.6°, zooms by 0.8–1.1, shifts by up to 5 % of the side, fades the colours, changes
    the gain of each channel, contrast and brightness by up to 40 %, and covers one rectangle with the clip's mean.
    Ours: no paper lists all of it (E68).

    Args:
        clips: uint8 or float32 in 0–1, [B, l, 3, S, S].

    Returns:
        float32 [B, l, 3, S, S] in 0–1.
    """
    images = _recoloured(_floats(clips))
    return _covered(_resampled(images, _movements(images))).clamp_(0, 1)


def strong_with_points(clips: Tensor, points: Tensor, mirrored: Sequence[int]) -> tuple[Tensor, Tensor]:
    """``strong``, of clips with points in them, which go where the picture goes.

    Args:
        clips: as for ``strong``, which varies them to the same bits.
        points: float32 [B, l, N, 2] in pixels (x right, y down, pixel centres at integers); NaN stays NaN.
        mirrored: which of the N points, from 0, becomes the first, the second, … when a clip is mirrored.

    Returns:
        the clips, float32 [B, l, 3, S, S] in 0–1, and their points [B, l, N, 2]; some may now be outside.
    """
    images = _recoloured(_floats(clips))
    theta = _movements(images)
    return _covered(_resampled(images, theta)).clamp_(0, 1), _carried(points, theta, images.shape[-1], mirrored)


def strong_shape(clips: Tensor) -> Tensor:
    """``strong`` without its colours, for what does not depend on them; [B, l, C, S, S] in, float32 0–1 out."""
    images = _floats(clips)
    return _covered(_resampled(images, _movements(images)))


def turned(clips: Tensor, upside_down: bool = False) -> Tensor:
    """Mirror half of the clips, and turn each in the picture plane by −30° to 30°.

    As printed by two papers of one group, “randomly rotated around two axes with ±30 degrees” read as one angle in the
    plane (E05), and by MSN's paper with a flip from top to bottom (E25).

    Args:
        clips: uint8 or float32 in 0–1, [B, l, C, S, S].
        upside_down: also flip half of the clips from top to bottom.

    Returns:
        float32 [B, l, C, S, S] in 0–1.
    """
    images = _floats(clips)
    mirror, angle = _sign(len(images), images), _between(-torch.pi / 6, torch.pi / 6, (len(images),), images)
    flip = _sign(len(images), images) if upside_down else torch.ones_like(mirror)
    return _resampled(images, _theta(mirror, flip, angle))


def one_of_four(clips: Tensor) -> Tensor:
    """Mirror, turn by 30° clockwise, flip from top to bottom, or leave as it is: one of them, each a quarter (E25).

    Args and result as for ``turned``.
    """
    images = _floats(clips)
    which = _between(0, 4, (len(images),), images).long()
    one = torch.ones(len(images), device=images.device)
    mirror, flip = torch.where(which == 0, -one, one), torch.where(which == 2, -one, one)
    angle = torch.where(which == 1, -one * torch.pi / 6, 0 * one)
    return _resampled(images, _theta(mirror, flip, angle))


def _floats(clips: Tensor) -> Tensor:
    return clips.float() / 255 if clips.dtype == torch.uint8 else clips


def _recoloured(images: Tensor) -> Tensor:
    each = (len(images), 1, 1, 1, 1)
    grey = (images * images.new_tensor(LUMA)[:, None, None]).sum(2, keepdim=True)  # [B, l, 1, S, S]
    gain = _between(0.6, 1.4, (len(images), 1, 3, 1, 1), images)
    fade, contrast, brightness = (_between(low, high, each, images) for low, high in RECOLOUR)
    varied = (images * gain).mul_(fade).add_(grey.mul_(1 - fade))  # in place: new memory takes longer than the sums
    mean = varied.mean((1, 2, 3, 4), keepdim=True)
    return varied.sub_(mean).mul_(contrast).add_(mean * brightness)


def _movements(images: Tensor) -> Tensor:
    count = len(images)
    mirror = _sign(count, images)
    angle, zoom = _between(-0.15, 0.15, (count,), images), _between(0.8, 1.1, (count,), images)
    return _theta(mirror * zoom, zoom, angle, shift=_between(-0.1, 0.1, (count, 2), images))


def _theta(across: Tensor, down: Tensor, angle: Tensor, shift: Tensor | None = None) -> Tensor:
    """Where a varied picture takes its pixels from: [B, 2, 3], in half sides from the middle.

    Args:
        across, down: factors [B] on both axes; a negative one mirrors, and a larger one shows more around the picture.
        angle: [B], radians, positive counterclockwise as seen.
        shift: [B, 2], in half sides.
    """
    theta = angle.new_zeros(len(angle), 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = across * angle.cos(), -down * angle.sin()
    theta[:, 1, 0], theta[:, 1, 1] = across * angle.sin(), down * angle.cos()
    if shift is not None:
        theta[:, :, 2] = shift
    return theta


def _resampled(images: Tensor, theta: Tensor) -> Tensor:
    """All frames of a clip [B, l, C, S, S] turned, scaled, mirrored and shifted in one resampling."""
    together = images.flatten(1, 2)  # [B, l·C, S, S]
    grid = _grid(theta, together.shape[-1])  # [B, S, S, 2]
    moved = functional.grid_sample(together, grid, padding_mode="border", align_corners=False)
    return moved.view_as(images)


def _grid(theta: Tensor, side: int) -> Tensor:
    """``functional.affine_grid`` of square pictures, several times as fast on a CPU; [B, 2, 3] to [B, S, S, 2]."""
    places = (2 * torch.arange(side, device=theta.device, dtype=theta.dtype) + 1) / side - 1  # [S]
    of_columns = places[:, None] * theta[:, None, :, 0]  # [B, S, 2]
    of_rows = places[:, None] * theta[:, None, :, 1] + theta[:, None, :, 2]  # [B, S, 2]
    return of_columns[:, None] + of_rows[:, :, None]  # [B, S, S, 2]


def _carried(points: Tensor, theta: Tensor, side: int, mirrored: Sequence[int]) -> Tensor:
    """Points [B, l, N, 2] of pictures that are resampled by ``theta``: it says where from, its inverse where to."""
    turn, shift = theta[:, :, :2], theta[:, None, None, :, 2]  # [B, 2, 2], [B, 1, 1, 2]
    places = (2 * points + 1) / side - 1 - shift  # in half sides
    places = places @ torch.linalg.inv(turn).mT[:, None]  # [B, l, N, 2]
    moved = ((places + 1) * side - 1) / 2
    flipped = torch.linalg.det(turn) < 0  # [B]
    return torch.where(flipped[:, None, None, None], moved[:, :, list(mirrored)], moved)  # [B, l, N, 2]


def _covered(images: Tensor) -> Tensor:
    count, side = len(images), images.shape[-1]
    size, start = _between(0.12, 0.42, (2, count, 1), images), _between(0, 0.88, (2, count, 1), images)
    place = (torch.arange(side, device=images.device) + 0.5) / side  # [S]
    rows, columns = (place >= start) & (place < start + size)  # [B, S] each
    covered = rows[:, :, None] & columns[:, None, :]  # [B, S, S]
    return torch.where(covered[:, None, None], images.mean((1, 2, 3, 4), keepdim=True), images)


def _sign(count: int, like: Tensor) -> Tensor:
    """−1 or 1, each for half."""
    return torch.where(_between(0, 1, (count,), like) < 0.5, -1.0, 1.0)


def _between(low: float, high: float, shape: tuple[int, ...], like: Tensor) -> Tensor:
    return (low + (high - low) * torch.rand(shape)).to(like.device)
