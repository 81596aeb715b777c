"""The convolutions of the 24 patches as products of matrices: the same numbers sooner, when nothing is trained."""

from typing import Any

import torch
from torch import Tensor, nn


class GroupedProduct(nn.Module):
    """A 2-D convolution in groups, as one product of matrices per group.

    The groups of a small map keep the kernels for convolutions on a CPU from using it: the 24 patches of 6×6 cells of
    ``attention.LocalAttention`` take a third of the time this way. Memory grows with the area of the kernel.

    Args:
        conv: pads with zeros, if at all.
    """

    geometry: Any

    def __init__(self, conv: nn.Conv2d):
        super().__init__()
        self.groups = conv.groups
        self.geometry = (conv.kernel_size, conv.dilation, conv.padding, conv.stride)
        self.unfold = nn.Unfold(*self.geometry)
        weight = conv.weight.detach().unflatten(0, (self.groups, -1)).flatten(2)  # [G, O/G, I/G·k·k]
        self.weight = nn.Parameter(weight.transpose(1, 2).contiguous())  # [G, I/G·k·k, O/G]
        bias = torch.zeros(conv.out_channels) if conv.bias is None else conv.bias.detach().clone()
        self.bias = nn.Parameter(bias.view(self.groups, 1, -1))  # [G, 1, O/G]

    def forward(self, maps: Tensor) -> Tensor:
        """[B, I, H, W] to [B, O, H', W']."""
        sides = [
            (side + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
            for side, kernel, dilation, padding, stride in zip(maps.shape[2:], *self.geometry, strict=True)
        ]
        columns = self.unfold(maps)  # [B, I·k·k, H'·W']
        columns = columns.unflatten(1, (self.groups, -1)).permute(1, 0, 3, 2)  # [G, B, H'·W', I/G·k·k]
        out = torch.baddbmm(self.bias, columns.flatten(1, 2), self.weight)  # [G, B·H'·W', O/G]
        return out.unflatten(1, (len(maps), *sides)).permute(1, 0, 4, 2, 3).flatten(1, 2)  # [B, O, H', W']


def multiply_groups(module: nn.Module) -> None:
    """Turn 2-D convolutions in groups, unless they are of single cells or single channels, into products."""
    for parent in list(module.modules()):
        for name, child in parent.named_children():
            if not isinstance(child, nn.Conv2d) or child.padding_mode != "zeros" or isinstance(child.padding, str):
                continue
            if 1 < child.groups < child.in_channels and child.kernel_size != (1, 1):
                setattr(parent, name, GroupedProduct(child))
