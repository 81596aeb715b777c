"""Local and global attention of DLGA-CNN (§3.3, §3.4, eq. 1–6)."""

from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from depnb.methods.contract import check_switches
from depnb.methods.dlga.patch_grid import PATCH_CELLS, PATCHES
from depnb.methods.dlga.rows import SWITCHES, Vector
from depnb.nets.layers3d import scaled


def convolution(inputs: int, outputs: int, bn: bool) -> nn.Sequential:
    norm = [nn.BatchNorm2d(outputs)] if bn else []
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), *norm, nn.ReLU(inplace=True))


class GroupedLinear(nn.Module):
    """Linear layers side by side, each with weights of its own, drawn for ReLU (He et al., ICCV 2015).

    Args:
        count: N, how many.
        inputs, outputs: of each.
    """

    def __init__(self, count: int, inputs: int, outputs: int):
        super().__init__()
        self.weight = nn.Parameter((2 / inputs) ** 0.5 * torch.randn(count, outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(count, outputs))

    def forward(self, x: Tensor) -> Tensor:
        """[B, N, inputs] to [B, N, outputs]."""
        out = torch.baddbmm(self.bias[:, None], x.transpose(0, 1), self.weight.transpose(1, 2))  # [N, B, outputs]
        return out.transpose(0, 1)  # [B, N, outputs]


class Attention(nn.Module):
    """Weight and vector of maps, and their product: ρ = α·φ, α = sigmoid(…) a scalar (eq. 1–3 and 4–6).

    φ is a linear layer and ReLU on the flattened map or on the means of its channels (E76). α comes from a max pool
    2×2, a convolution 1×1 to 128 channels with ReLU, FC 64 with ReLU on all of its cells, FC 1 and the sigmoid; its
    widths, and the ReLU behind the convolution, are those of the ancestor. α begins at ½; ours.

    Args:
        count: N, maps side by side, each with weights of its own.
        channels, side: C and side in cells of each map.
        outputs: values of φ.
        vector: how φ is made.
        width: factor on 128 and 64.

    Raises:
        ValueError: maps of less than 2×2 cells, or an unknown ``vector``.
    """

    def __init__(self, count: int, channels: int, side: int, outputs: int, vector: Vector, width: float):
        super().__init__()
        check_switches(SWITCHES, vector=vector)
        if side < 2:
            raise ValueError(f"Attention to maps of {side}×{side} cells: give at least 2×2.")
        self.count, self.flat = count, vector == "flatten"
        self.vector = GroupedLinear(count, channels * side**2 if self.flat else channels, outputs)
        narrow, hidden = scaled(128, width), scaled(64, width)
        self.conv = nn.Conv2d(count * channels, count * narrow, 1, groups=count)
        self.hidden = GroupedLinear(count, narrow * (side // 2) ** 2, hidden)
        self.logit = GroupedLinear(count, hidden, 1)
        nn.init.zeros_(self.logit.weight)

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Maps of one after the other, [B, N·C, side, side], to ρ [B, N, outputs] and α [B, N]."""
        cells = maps if self.flat else maps.mean((2, 3))  # [B, N·C, side, side] or [B, N·C]
        vector = functional.relu(self.vector(self._each(cells)))  # [B, N, outputs]
        narrow = functional.relu(self.conv(functional.max_pool2d(maps, 2)))  # [B, N·128, side/2, side/2]
        hidden = functional.relu(self.hidden(self._each(narrow)))  # [B, N, 64]
        weight = torch.sigmoid(self.logit(hidden))  # [B, N, 1]
        return weight * vector, weight.squeeze(2)  # [B, N, outputs], [B, N]

    def _each(self, maps: Tensor) -> Tensor:
        return maps.unflatten(1, (self.count, -1)).flatten(2)  # [B, N, …]


class LocalAttention(nn.Module):
    """A local attention learning module for each patch (§3.3.2, eq. 1–3), all of them computed at once.

    Two convolutions with ReLU that keep the patch as large as it is, then ``Attention`` with 64 values. The patches
    share no weights (E76).

    Args:
        channels, cells: C and side of a patch.
        count: N, how many patches.
        kernel: of the first convolution, which the paper does not state, 3 or 1 (E76); the second is 1×1.
        vector: as in ``Attention``.
        width: factor on its channel counts.

    Attributes:
        outputs: number of values of all patches together; 1536 at width 1 (E77).

    Raises:
        ValueError: patches of one cell, or an unknown switch.
    """

    def __init__(
        self,
        channels: int,
        cells: int = PATCH_CELLS,
        count: int = PATCHES,
        kernel: Literal[3, 1] = 3,
        vector: Vector = "flatten",
        width: float = 1.0,
    ):
        super().__init__()
        check_switches(SWITCHES, kernel=kernel)
        self.shape = (count, channels, cells, cells)
        every, outputs = count * channels, scaled(64, width)
        self.first = nn.Conv2d(every, every, kernel, padding=kernel // 2, groups=count)
        self.second = nn.Conv2d(every, every, 1, groups=count)
        self.attention = Attention(count, channels, cells, outputs, vector, width)
        self.outputs = count * outputs

    def forward(self, cut: Tensor) -> tuple[Tensor, Tensor]:
        """Patches [B, N, C, cells, cells] to ρ [B, N, 64] and α [B, N].

        Raises:
            ValueError: patches of another number or shape.
        """
        if cut.ndim != 5 or tuple(cut.shape[1:]) != self.shape:
            raise ValueError(f"Expected patches [B, {', '.join(map(str, self.shape))}], got {list(cut.shape)}.")
        maps = functional.relu(self.first(cut.flatten(1, 2)))  # [B, N·C, cells, cells]
        return self.attention(functional.relu(self.second(maps)))


class GlobalAttention(nn.Module):
    """The global attention learning module (§3.4, eq. 4–6): max pool 2×2, convolution to 512 channels, ``Attention``.

    Eq. 6 writes φ where eq. 4 has ψ; it is one vector (E79).

    Args:
        channels, side: C and side of the map in cells, at least 4.
        convolutions: one, as the text says, or two, as the name of its result, Conv6, and the ancestor say (E78).
        vector: as in ``Attention``, here of 512 values.
        width: factor on its channel counts.

    Attributes:
        outputs: number of values; 512 at width 1 (E77).

    Raises:
        ValueError: a smaller map, or an unknown switch.
    """

    def __init__(
        self,
        channels: int,
        side: int = 28,
        convolutions: Literal[1, 2] = 1,
        vector: Vector = "flatten",
        width: float = 1.0,
    ):
        super().__init__()
        check_switches(SWITCHES, convolutions=convolutions)
        self.outputs = scaled(512, width)
        counts = [channels] + [self.outputs] * convolutions
        self.convolutions = nn.Sequential(*(convolution(a, b, bn=False) for a, b in pairwise(counts)))
        self.attention = Attention(1, self.outputs, side // 2, self.outputs, vector, width)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Map [B, C, side, side] to ρ [B, 1, 512] and α [B, 1]."""
        return self.attention(self.convolutions(functional.max_pool2d(features, 2)))
