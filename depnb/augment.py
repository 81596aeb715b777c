"""Ways to vary training clips. Every draw is made once a clip: all its frames are changed alike, the label stays.

All of it is done on whole batches, because torchvision's transforms draw once for a batch, and called clip by clip they
take longer than the training step. Draws come from torch's global generator, on the CPU, so that every device sees the
same.
"""

import torch
from torch import Tensor
from torch.nn import functional

LUMA = (0.299, 0.587, 0.114)
RECOLOUR = ((0.0, 1.0), (0.6, 1.4), (0.6, 1.4))
"""Ranges of what stays of the colours, of contrast and of brightness."""


def strong(clips: Tensor) -> Tensor:
    """Vary each clip of a batch by itself, so that forty people are not simply learnt by heart.

    Mirrors half, turns by up to 8.6°, zooms by 0.8–1.1, shifts by up to 5 % of the side, fades the colours, changes
    the gain of each channel, contrast and brightness by up to 40 %, and covers one rectangle with the clip's mean.
    Ours: no paper lists all of it (E68).

    Args:
        clips: uint8 or float32 in 0–1, [B, l, 3, S, S].

    Returns:
        float32 [B, l, 3, S, S] in 0–1.
    """
    return _covered(_moved(_recoloured(_floats(clips)))).clamp(0, 1)


def strong_shape(clips: Tensor) -> Tensor:
    """``strong`` without its colours, for what does not depend on them; [B, l, C, S, S] in, float32 0–1 out."""
    return _covered(_moved(_floats(clips)))


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
    return _placed(images, mirror, flip, angle)


def one_of_four(clips: Tensor) -> Tensor:
    """Mirror, turn by 30° clockwise, flip from top to bottom, or leave as it is: one of them, each a quarter (E25).

    Args and result as for ``turned``.
    """
    images = _floats(clips)
    which = _between(0, 4, (len(images),), images).long()
    one = torch.ones(len(images), device=images.device)
    mirror, flip = torch.where(which == 0, -one, one), torch.where(which == 2, -one, one)
    angle = torch.where(which == 1, -one * torch.pi / 6, 0 * one)
    return _placed(images, mirror, flip, angle)


def _floats(clips: Tensor) -> Tensor:
    return clips.float() / 255 if clips.dtype == torch.uint8 else clips


def _recoloured(images: Tensor) -> Tensor:
    each = (len(images), 1, 1, 1, 1)
    grey = (images * images.new_tensor(LUMA)[:, None, None]).sum(2, keepdim=True)  # [B, l, 1, S, S]
    gain = _between(0.6, 1.4, (len(images), 1, 3, 1, 1), images)
    fade, contrast, brightness = (_between(low, high, each, images) for low, high in RECOLOUR)
    images = grey * (1 - fade) + images * gain * fade
    mean = images.mean((1, 2, 3, 4), keepdim=True)
    return (images - mean) * contrast + mean * brightness


def _moved(images: Tensor) -> Tensor:
    count = len(images)
    mirror = _sign(count, images)
    angle, zoom = _between(-0.15, 0.15, (count,), images), _between(0.8, 1.1, (count,), images)
    return _placed(images, mirror * zoom, zoom, angle, shift=_between(-0.1, 0.1, (count, 2), images))


def _placed(images: Tensor, across: Tensor, down: Tensor, angle: Tensor, shift: Tensor | None = None) -> Tensor:
    """One resampling for all frames of a clip: turned, scaled, mirrored, shifted.

    Args:
        images: [B, l, C, S, S].
        across, down: factors [B] on both axes; a negative one mirrors, and a larger one shows more around the picture.
        angle: [B], radians, positive counterclockwise as seen.
        shift: [B, 2], in half sides.
    """
    theta = images.new_zeros(len(images), 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = across * angle.cos(), -down * angle.sin()
    theta[:, 1, 0], theta[:, 1, 1] = across * angle.sin(), down * angle.cos()
    if shift is not None:
        theta[:, :, 2] = shift
    together = images.flatten(1, 2)  # [B, l·C, S, S]
    grid = functional.affine_grid(theta, list(together.shape), align_corners=False)  # [B, S, S, 2]
    moved = functional.grid_sample(together, grid, padding_mode="border", align_corners=False)
    return moved.view_as(images)


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
