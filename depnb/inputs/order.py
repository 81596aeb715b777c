"""The order of frames, taken away: a control for networks that are said to see movement."""

import torch
from torch import Tensor

WEIGHTS, BITS = 251, 2**32 - 1


def shuffled(clips: Tensor) -> Tensor:
    """The frames of each clip in an order that says nothing about their time.

    It follows from the pixels alone, so a clip always has the same one: a score does not depend on a draw.

    Args:
        clips: uint8 [B, T, C, H, W].

    Returns:
        the same frames, uint8 [B, T, C, H, W].
    """
    values = clips.flatten(2).long()  # [B, T, C·H·W]
    weights = torch.arange(values.shape[2], device=clips.device) % WEIGHTS + 1  # two frames hardly have the same sum
    order = _mixed((values * weights).sum(2)).argsort(dim=1, stable=True)  # [B, T]
    return clips.gather(1, order[:, :, None, None, None].expand_as(clips))  # [B, T, C, H, W]


def _mixed(numbers: Tensor) -> Tensor:
    """Integers whose neighbours lie anywhere in 32 bits: the finaliser ``lowbias32`` of C. Wellons' hash prospector."""
    numbers = numbers & BITS
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        numbers = (numbers ^ (numbers >> shift)) * factor & BITS
    return numbers ^ (numbers >> 16)
