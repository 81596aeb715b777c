"""I3D with a regression head: a comparator of the MSN paper (Tables 3–5).

J. Carreira, A. Zisserman, *Quo Vadis, Action Recognition?*, CVPR 2017: Inception-v1 whose square kernels became cubes.
The MSN paper's 13.0 M parameters are this body and FC 512, FC 512, one score (13.083 M with moving statistics, E31).
"""

from typing import Any

import torch
from torch import Tensor, nn

from depnb.nets.layers3d import (
    ClipRegression,
    ConvNorm3d,
    PaddedMaxPool3d,
    regression_head,
    scaled,
    shift_initialise,
    start_weights,
)

MIXED = {
    "3b": (64, (96, 128), (16, 32), 32),
    "3c": (128, (128, 192), (32, 96), 64),
    "4b": (192, (96, 208), (16, 48), 64),
    "4c": (160, (112, 224), (24, 64), 64),
    "4d": (128, (128, 256), (24, 64), 64),
    "4e": (112, (144, 288), (32, 64), 64),
    "4f": (256, (160, 320), (32, 128), 128),
    "5b": (256, (160, 320), (32, 128), 128),
    "5c": (384, (192, 384), (48, 128), 128),
}
"""Channels of the four branches of each Inception module."""


class ConvNormReLU(nn.Sequential):
    """Convolution with a cube of side ``kernel``, batch normalisation without gain, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1):
        super().__init__(ConvNorm3d(inputs, outputs, (kernel,) * 3, (stride,) * 3), nn.ReLU(inplace=True))


class Inception(nn.Module):
    """Four branches on one input: 1³; 1³ then 3³; 1³ then 3³; max pool then 1³. Their maps are concatenated.

    Attributes:
        channels: C of the output.
    """

    def __init__(self, inputs: int, name: str, width: float):
        super().__init__()
        first, second, third, fourth = MIXED[name]
        a, d = scaled(first, width), scaled(fourth, width)
        (b1, b2), (c1, c2) = ([scaled(c, width) for c in pair] for pair in (second, third))
        self.channels = a + b2 + c2 + d
        self.branches = nn.ModuleList(
            [
                ConvNormReLU(inputs, a, 1),
                nn.Sequential(ConvNormReLU(inputs, b1, 1), ConvNormReLU(b1, b2, 3)),
                nn.Sequential(ConvNormReLU(inputs, c1, 1), ConvNormReLU(c1, c2, 3)),
                nn.Sequential(nn.MaxPool3d(3, stride=1, padding=1), ConvNormReLU(inputs, d, 1)),
            ]
        )

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, T, H, W] to [B, channels, T, H, W]."""
        return torch.cat([branch(x) for branch in self.branches], 1)


class I3DBody(nn.Module):
    """The stem, nine Inception modules and the pools between them; 12,279,984 parameters at width 1.

    Padded alike on both sides, like MSN (E24).

    Attributes:
        channels: C of the output map.
    """

    stem: Any

    def __init__(self, width: float = 1.0):
        super().__init__()
        first, third = scaled(64, width), scaled(192, width)
        self.stem = nn.Sequential(
            ConvNormReLU(3, first, 7, stride=2),
            PaddedMaxPool3d((1, 3, 3), (1, 2, 2)),
            ConvNormReLU(first, first, 1),
            ConvNormReLU(first, third, 3),
            PaddedMaxPool3d((1, 3, 3), (1, 2, 2)),
        )
        self.channels = third
        self.stage3 = self._stage("3b", "3c", width=width)
        self.pool4 = PaddedMaxPool3d((3, 3, 3), (2, 2, 2))
        self.stage4 = self._stage("4b", "4c", "4d", "4e", "4f", width=width)
        self.pool5 = nn.MaxPool3d(2, 2, ceil_mode=True)
        self.stage5 = self._stage("5b", "5c", width=width)
        start_weights(self)
        shift_initialise(self, self.stem[0][0][0], noise=0.5)

    def _stage(self, *names: str, width: float) -> nn.Sequential:
        modules = []
        for name in names:
            modules.append(Inception(self.channels, name, width))
            self.channels = modules[-1].channels
        return nn.Sequential(*modules)

    def forward(self, x: Tensor) -> Tensor:
        """Clips [B, 3, 16, 112, 112] to a map [B, 1024·width, 2, 4, 4]."""
        x = self.stem(x)  # [B, 192, 8, 14, 14]
        x = self.stage3(x)  # [B, 480, 8, 14, 14]
        x = self.stage4(self.pool4(x))  # [B, 832, 4, 7, 7]
        return self.stage5(self.pool5(x))  # [B, 1024, 2, 4, 4]


class I3D(ClipRegression):
    """I3D → average over time and space → FC 512 → FC 512 → score; 13,067,953 parameters at width 1.

    Args:
        width: factor on every channel count.
    """

    def __init__(self, width: float = 1.0):
        super().__init__()
        self.body = I3DBody(width)
        self.head = regression_head(nn.AdaptiveAvgPool3d(1), self.body.channels)
