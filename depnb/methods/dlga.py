"""DLGA-CNN: patches around 24 landmarks and the whole face, each weighted by an attention of its own, and one score.

L. He, J. C.-W. Chan, Z. Wang, *Automatic Depression Recognition Using CNN with Attention Mechanism from Videos*,
Neurocomputing 422, 2021. Implemented: §3 (Depressed-CNN of Table 2, patches, local and global attention eq. 1–6,
weighted spatial pyramid pooling), the rows of Tables 3–6. What the paper leaves open is decided in ``DLGACNN`` and
``Config``; E-numbers name entries of docs/errata.md. “Ancestor” is the public network of its reference [27], from
which it takes patches and attention.
"""

from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from depnb import profiles
from depnb.augment import strong_with_points
from depnb.clips import Input, LandmarkedClips, normalise
from depnb.faces import landmarks_24
from depnb.faces.points24 import MIRRORED_68
from depnb.methods import HONEST, Claim, Figure, Learning, Learnings, Protocol, Recipe, as_printed, check_switches
from depnb.methods.layers3d import scaled
from depnb.methods.regression import Regression
from depnb.profiles import PRINTED, Profile, Scale

PAPER = "dlga"
NOTEBOOK = "50_dlga"
CITATION = (
    "L. He, J. C.-W. Chan, Z. Wang: Automatic Depression Recognition Using CNN with Attention Mechanism from Videos. "
    "Neurocomputing 422, 2021."
)
VERSION = 1
PROFILES = {
    "smoke": replace(profiles.PROFILES["smoke"], scale=Scale(1 / 16, input_size=32)),
    "quick": replace(profiles.PROFILES["quick"], scale=Scale(1 / 8, input_size=80)),
    "paper": replace(profiles.PROFILES["paper"], scale=PRINTED, steps=50_000, lr=1e-6),
}
"""Those of images, narrower, because 24 modules that share no weights cost more than the body. Steps and learning rate
of ``paper`` are printed (§4.2)."""

PATCHES = 24
PATCH_CELLS = 6
"""Side of a patch in cells of the printed map, which has 28 of them for 224 pixels (§3.3.2)."""
POOLED = 4
"""Channels of which channel max pooling leaves one (Table 2)."""
PYRAMID = ((80, 25), (40, 51), (20, 102), (10, 204))
"""Bins of each level, fine to coarse, and the printed window for 2048 features, ⌊2048/bins⌋ (§3.5)."""

Border = Literal["clamp", "zero"]
Vector = Literal["flatten", "gap"]
Bins = Literal["trim", "literal", "adaptive"]
LevelWeights = Literal["lazebnik", "halves", "none"]
LEVEL_WEIGHTS = {
    "lazebnik": (1 / 2, 1 / 4, 1 / 8, 1 / 8),
    "halves": (1.0, 1 / 2, 1 / 4, 1 / 8),
    "none": (1.0, 1.0, 1.0, 1.0),
}
"""What the levels of the pyramid count, fine to coarse (E82)."""
SWITCHES: dict[str, tuple[Any, ...]] = {
    "cmp_on": ("conv4_1", "conv4_2"),
    "border": ("clamp", "zero"),
    "kernel": (3, 1),
    "vector": ("flatten", "gap"),
    "convolutions": (1, 2),
    "bins": ("trim", "literal", "adaptive"),
    "weights": tuple(LEVEL_WEIGHTS),
}


class LandmarkedFrames(NamedTuple):
    """What DLGA-CNN looks at.

    Attributes:
        frames: normalised, [B, 3, S, S].
        points: ``faces.landmarks_24`` of each, [B, 24, 2] in pixels of the frame (x right, y down, pixel centres at
            integers). All of them are known and inside the frame: leave out frames where one is NaN, and move what an
            augmentation has pushed out back to the border.
    """

    frames: Tensor
    points: Tensor


class DepressedCNN(nn.Module):
    """Five convolutions 3×3 with ReLU and three pools 2×2 (Table 2); 3,910,784 parameters as printed.

    The map is that of Conv4_2, and before it, with channel max pooling (CMP), the largest of each four channels of
    Conv4_1. Table 2 prints the kernel as 4×4; the text makes clear that it runs over channels (E85).

    Args:
        width: factor on every channel count; each keeps at least one.
        cmp: whether there is channel max pooling (CMP+), or the map has Conv4_2 alone (CMP−).
        cmp_on: what is pooled; the text names both layers in turn (E85).
        bn: normalise the input and what each convolution gives, as the ancestor does; Table 2 has none of it.

    Attributes:
        channels: C of the map: 640, without channel max pooling 512.

    Raises:
        ValueError: channel max pooling of a number of channels that is not a multiple of four, or an unknown
            ``cmp_on``.
    """

    def __init__(
        self,
        width: float = 1.0,
        cmp: bool = True,
        cmp_on: Literal["conv4_1", "conv4_2"] = "conv4_1",
        bn: bool = False,
    ):
        super().__init__()
        check_switches(SWITCHES, cmp_on=cmp_on)
        counts = [scaled(channels, width) for channels in (64, 128, 256, 512)]
        if cmp and counts[-1] % POOLED:
            raise ValueError(
                f"width={width:g} leaves {counts[-1]} channels, which cannot be pooled by fours: choose a multiple of "
                f"1/128, or cmp=False."
            )
        self.pooled = cmp_on if cmp else None
        self.norm = nn.BatchNorm2d(3) if bn else nn.Identity()
        self.conv1 = _convolution(3, counts[0], bn)
        self.conv2 = _convolution(counts[0], counts[1], bn)
        self.conv3 = _convolution(counts[1], counts[2], bn)
        self.conv4_1 = _convolution(counts[2], counts[3], bn)
        self.conv4_2 = _convolution(counts[3], counts[3], bn)
        self.channels = counts[3] + (counts[3] // POOLED if cmp else 0)

    def forward(self, x: Tensor) -> Tensor:
        """Normalised frames [B, 3, H, W] to a map [B, channels, H/8, W/8]; below are the channels of width 1.

        Raises:
            ValueError: no frames of three channels, or smaller ones than 8×8.
        """
        if x.ndim != 4 or x.shape[1] != 3 or min(x.shape[2:]) < 8:
            raise ValueError(f"Expected frames [B, 3, H, W] of at least 8×8 pixels, got {list(x.shape)}.")
        x = functional.max_pool2d(self.conv1(self.norm(x)), 2)  # [B, 64, H/2, W/2]
        x = functional.max_pool2d(self.conv2(x), 2)  # [B, 128, H/4, W/4]
        x = functional.max_pool2d(self.conv3(x), 2)  # [B, 256, H/8, W/8]
        first = self.conv4_1(x)  # [B, 512, H/8, W/8]
        second = self.conv4_2(first)  # [B, 512, H/8, W/8]
        if self.pooled is None:
            return second
        return torch.cat([channel_max(first if self.pooled == "conv4_1" else second), second], 1)  # [B, 640, H/8, W/8]


def _convolution(inputs: int, outputs: int, bn: bool) -> nn.Sequential:
    norm = [nn.BatchNorm2d(outputs)] if bn else []
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), *norm, nn.ReLU(inplace=True))


def channel_max(features: Tensor) -> Tensor:
    """Largest of each four successive channels, [B, C, H, W] to [B, C/4, H, W] (CMP of Table 2)."""
    return features.unflatten(1, (-1, POOLED)).amax(2)  # [B, C/4, H, W]


def patch_starts(points: Tensor, size: int, side: int, cells: int = PATCH_CELLS, border: Border = "clamp") -> Tensor:
    """First column and row of the patch around each point: ⌊x/cell + ½⌋ − cells/2, columns from x, rows from y (E75).

    Of mirrored pixels, x → size − 1 − x, the starts are mirrored too where x is whole and a cell has 8 pixels; between
    whole pixels an eighth of them is off by one cell.

    Args:
        points: [..., 2] in pixels of a frame of ``size``×``size``.
        size: S, of which a cell is S/side pixels, 8 in the paper.
        side: of the map, in cells.
        cells: side of a patch, even.
        border: where a patch would leave the map: ``clamp`` moves it inside, ``zero`` lets it leave, for zeros.

    Returns:
        int64 [..., 2].

    Raises:
        ValueError: points outside the frame or NaN; patches that are odd or larger than the map; an unknown border.
    """
    check_switches(SWITCHES, border=border)
    if cells < 2 or cells % 2 or cells > side:
        raise ValueError(f"No patches of {cells} cells on a map of {side}: give an even number from 2 to {side}.")
    inside = (points >= -0.5) & (points <= size - 0.5)
    if not points.is_meta and not inside.all():  # a tensor of mere shape has no values to look at
        if points.isnan().any():
            raise ValueError("A landmark is NaN: leave out frames whose landmarks are not all known.")
        x, y = points[~inside.all(-1)][0].tolist()
        raise ValueError(
            f"A landmark at ({x:g}, {y:g}) is outside its frame, where x and y go from −0.5 to {size - 0.5:g}: give "
            f"pixels of the frame, and move what is outside to its border."
        )
    starts = (points * (side / size) + 0.5).floor().long() - cells // 2
    return starts.clamp(0, side - cells) if border == "clamp" else starts


def patches(features: Tensor, points: Tensor, size: int, cells: int = PATCH_CELLS, border: Border = "clamp") -> Tensor:
    """Cut a patch around each point out of a map (§3.3.2), all of them at once.

    Args:
        features: [B, C, side, side].
        points, size, cells, border: as for ``patch_starts``; points [B, N, 2].

    Returns:
        [B, N, C, cells, cells].

    Raises:
        ValueError: as ``patch_starts``, and for a map or points of another shape.
    """
    if features.ndim != 4 or features.shape[2] != features.shape[3]:
        raise ValueError(f"Expected a square map [B, C, side, side], got {list(features.shape)}.")
    if points.ndim != 3 or len(points) != len(features) or points.shape[2] != 2:
        raise ValueError(
            f"Expected points [{len(features)}, N, 2], those of each frame of the map, got {list(points.shape)}."
        )
    starts = patch_starts(points, size, features.shape[-1], cells, border)  # [B, N, 2]
    if border == "zero":
        features = functional.pad(features, [cells // 2] * 4)  # [B, C, side + cells, side + cells]
        starts = starts + cells // 2
    places = starts[:, None] + torch.arange(cells, device=starts.device)[:, None, None]  # [B, cells, N, 2]
    columns, rows = places[:, None, :, :, 0], places[:, :, None, :, 1]  # [B, 1, cells, N], [B, cells, 1, N]
    frames = torch.arange(len(features), device=starts.device)[:, None, None, None]  # [B, 1, 1, 1]
    cut = features.permute(0, 2, 3, 1)[frames, rows, columns]  # [B, cells, cells, N, C]
    return cut.permute(0, 3, 4, 1, 2)  # [B, N, C, cells, cells]


def patch_cells(size: int) -> int:
    """Side of a patch in cells of 8 pixels in a frame of ``size``: as nearly 6/28 of the face as an even number can."""
    return 2 * max(1, round(PATCH_CELLS / 2 * size / PRINTED.input_size))


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
        self.convolutions = nn.Sequential(*(_convolution(a, b, bn=False) for a, b in pairwise(counts)))
        self.attention = Attention(1, self.outputs, side // 2, self.outputs, vector, width)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Map [B, C, side, side] to ρ [B, 1, 512] and α [B, 1]."""
        return self.attention(self.convolutions(functional.max_pool2d(features, 2)))


class WeightedPyramidPooling(nn.Module):
    """Maxima over windows of four lengths along a vector of features, weighted and joined, fine to coarse (§3.5).

    The paper calls it weighted spatial pyramid pooling; but along the vector lie features, 64 of each patch, and no
    places, so that it cannot make anything independent of scale (E84).

    Args:
        features: D, length of the vector.
        bins: printed are windows of 25, 51, 102 and 204 for 2048 features, and 150 bins, which disagree by one (E81).
            ``trim``: windows ⌊D/n⌋ and their first n = 80, 40, 20, 10 bins, for any D (E83); a level has no more bins
            than features. ``literal``: the printed windows and all whole bins: 151 for 2048, 113 for 1536, 37 for 512.
            ``adaptive``: n bins that cover all features.
        weights: of the levels (E82): ``lazebnik`` ½, ¼, ⅛, ⅛, those of Lazebnik et al. (CVPR 2006), to whom the paper
            refers; ``halves`` 1, ½, ¼, ⅛; ``none``.

    Attributes:
        outputs: number of bins; 150 for any D from 80 on, but for ``literal``.

    Raises:
        ValueError: no features, too few of them for the shortest window, or an unknown switch.
    """

    def __init__(self, features: int, bins: Bins = "trim", weights: LevelWeights = "lazebnik"):
        super().__init__()
        check_switches(SWITCHES, bins=bins, weights=weights)
        least = PYRAMID[0][1] if bins == "literal" else 1
        if features < least:
            raise ValueError(f"{features} features for {bins} bins: give at least {least}.")
        self.features, self.adaptive = features, bins == "adaptive"
        if bins == "literal":
            self.levels = tuple((features // window, window) for _, window in PYRAMID)
        else:
            self.levels = tuple((min(count, features), max(features // count, 1)) for count, _ in PYRAMID)
        counted = zip(LEVEL_WEIGHTS[weights], self.levels, strict=True)
        each = torch.tensor([weight for weight, (count, _) in counted for _ in range(count)])  # [outputs]
        self.register_buffer("weights", each, persistent=False)
        self.outputs = len(each)

    def forward(self, x: Tensor) -> Tensor:
        """Features [B, D] to bins [B, outputs].

        Raises:
            ValueError: another number of features.
        """
        if x.ndim != 2 or x.shape[1] != self.features:
            raise ValueError(f"Expected features [B, {self.features}], got {list(x.shape)}.")
        levels = [self._level(x, count, window) for count, window in self.levels]
        return torch.cat(levels, 1) * self.weights  # [B, outputs]

    def _level(self, x: Tensor, count: int, window: int) -> Tensor:
        if self.adaptive:
            return functional.adaptive_max_pool1d(x, count)  # [B, count]
        return x[:, : count * window].unflatten(1, (count, window)).amax(2)  # [B, count]


class DLGACNN(Regression):
    """Frame and landmarks → Depressed-CNN → 24 local attentions and a global one → pyramid → FC → score (§3, Fig. 5).

    24 patches of 64 values and 512 of the face make the printed 2048 (E77). FC 64 with ReLU follows the pyramid, FC
    1024 the bare vector, then one linear unit; the paper states neither (E101). Trained with the mean squared error
    without the ½ of eq. 7, which only scales the learning rate, from the mean of the labels on (E87). At ``Scale()`` it
    has 196,185,498 parameters.

    Weights are drawn for ReLU (He et al., ICCV 2015), as the ancestor does; the paper does not say how.

    Args:
        local: look at the patches (LA-CNN).
        global_: look at the whole map (GA-CNN).
        cmp: channel max pooling in the body (CMP+). The rows of GA-CNN do not say whether it is on (E86).
        wspp: pool the vector with ``WeightedPyramidPooling``.
        cmp_on, bn: as in ``DepressedCNN``.
        border: as in ``patch_starts``.
        lal_kernel: ``kernel`` of ``LocalAttention``.
        gal_convs: ``convolutions`` of ``GlobalAttention``.
        vector: as in ``Attention``, for both.
        bins, wspp_weights: as in ``WeightedPyramidPooling``, which has them as ``bins`` and ``weights``.
        scale: its width is a factor on every channel count, each keeps at least one; its input size S is that of the
            frames. A map always has a cell for 8 pixels; in smaller frames patches have fewer cells (``patch_cells``).
            Bins stay as many as printed. The depth is not used.

    Attributes:
        body: Depressed-CNN, which can be pretrained.
        attended: the body, for its map.
        head: pyramid, if there is one, and fully connected layers.

    Raises:
        ValueError: neither ``local`` nor ``global_``, an unknown switch, an input size that is below 32 or no multiple
            of 8, or a width that does not fit (see ``DepressedCNN`` and ``WeightedPyramidPooling``).
    """

    def __init__(
        self,
        local: bool = True,
        global_: bool = True,
        cmp: bool = True,
        wspp: bool = True,
        *,
        cmp_on: Literal["conv4_1", "conv4_2"] = "conv4_1",
        bn: bool = False,
        border: Border = "clamp",
        lal_kernel: Literal[3, 1] = 3,
        gal_convs: Literal[1, 2] = 1,
        vector: Vector = "flatten",
        bins: Bins = "trim",
        wspp_weights: LevelWeights = "lazebnik",
        scale: Scale = PRINTED,
    ):
        super().__init__()
        check_switches(SWITCHES, border=border, kernel=lal_kernel, convolutions=gal_convs, vector=vector)
        check_switches(SWITCHES, bins=bins, weights=wspp_weights)
        self.size, width = scale.input_size, scale.width
        if not (local or global_):
            raise ValueError("Neither local nor global_: give at least one of them.")
        if self.size < 32 or self.size % 8:
            raise ValueError(f"input_size={self.size}: give a multiple of 8 from 32 on.")
        self.border, self.cells = border, patch_cells(self.size)
        self.body = DepressedCNN(width, cmp, cmp_on, bn)
        self.local = (
            LocalAttention(self.body.channels, self.cells, PATCHES, lal_kernel, vector, width) if local else None
        )
        self.global_ = (
            GlobalAttention(self.body.channels, self.size // 8, gal_convs, vector, width) if global_ else None
        )
        features = sum(branch.outputs for branch in (self.local, self.global_) if branch)
        pyramid = [WeightedPyramidPooling(features, bins, wspp_weights)] if wspp else []
        inputs, hidden = (pyramid[0].outputs, scaled(64, width)) if pyramid else (features, scaled(1024, width))
        self.head = nn.Sequential(*pyramid, nn.Linear(inputs, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, 1))
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)

    @property
    def attended(self) -> nn.Module:
        return self.body

    def forward(self, inputs: LandmarkedFrames) -> Tensor:
        """Frames with their points to scores [B, 1]; without ``local`` the points are not looked at.

        Raises:
            TypeError: no ``LandmarkedFrames``.
            ValueError: frames of another size or number of channels, points of another number than 24 a frame, or
                outside it, or NaN.
        """
        return self.head(self._weighted(inputs)[0])  # [B, 1]

    @torch.no_grad()
    def attention(self, inputs: LandmarkedFrames) -> Tensor:
        """α of the 24 patches in the order of their points, then of the face (eq. 2, 5), in 0–1.

        Args, errors: as for ``forward``.

        Returns:
            float32 [B, 25]; [B, 24] of local, [B, 1] of global attention alone.
        """
        return self._weighted(inputs)[1].float()

    def _weighted(self, inputs: LandmarkedFrames) -> tuple[Tensor, Tensor]:
        """Vector [B, D] of all ρ, and all α [B, 25]."""
        if not isinstance(inputs, LandmarkedFrames):
            raise TypeError(
                f"{type(self).__name__} got {type(inputs).__name__}: give LandmarkedFrames(frames [B, 3, S, S], "
                f"points [B, {PATCHES}, 2])."
            )
        frames, points = inputs
        if tuple(frames.shape[1:]) != (3, self.size, self.size):
            raise ValueError(f"Expected frames [B, 3, {self.size}, {self.size}], got {list(frames.shape)}.")
        if tuple(points.shape) != (len(frames), PATCHES, 2):
            raise ValueError(
                f"Expected a point for each of {PATCHES} patches, [{len(frames)}, {PATCHES}, 2], got "
                f"{list(points.shape)}."
            )
        features = self.body(frames)  # [B, C, S/8, S/8]
        found = []
        if self.local:
            found.append(self.local(patches(features, points, self.size, self.cells, self.border)))
        if self.global_:
            found.append(self.global_(features))
        vectors, weights = zip(*found, strict=True)
        return torch.cat([vector.flatten(1) for vector in vectors], 1), torch.cat(weights, 1)  # [B, D], [B, 25]


@dataclass(frozen=True)
class Config:
    """Switches of the paper.

    It prints Adam with a constant learning rate of 1e-6 and L2 5e-4; 50,000 steps, and an end when the loss has not
    fallen for 200, whichever comes first (E89). At that rate a weight moves by 0.05 at most (E87).

    Attributes:
        local, global_, cmp, wspp: what a row of Tables 3 and 4 has (``DLGACNN``).
        cmp_on, bn, border, lal_kernel, gal_convs, vector, bins, wspp_weights: as in ``DLGACNN``.
        mouth_right: as in ``landmarks_24`` (E73).
        augment: how training frames are varied, with their landmarks: ``strong`` is ours, for all methods the same; the
            paper names nothing.
        start: of the body: from scratch, as printed, or pretrained on the identities of generated people.
        learning: Adam with a one-cycle learning rate; or as printed.
        lr: learning rate, largest one of a cycle; ``None`` is the profile's. Printed ones are swept in Tables 5 and 6.
        stop_on: whose error must fall where learning is as printed: the loss of a step, or the error on the selecting
            partition. The paper watched both, the latter on the test set (E88).
    """

    local: bool = True
    global_: bool = True
    cmp: bool = True
    wspp: bool = True
    cmp_on: Literal["conv4_1", "conv4_2"] = "conv4_1"
    bn: bool = False
    border: Border = "clamp"
    lal_kernel: Literal[3, 1] = 3
    gal_convs: Literal[1, 2] = 1
    vector: Vector = "flatten"
    bins: Bins = "trim"
    wspp_weights: LevelWeights = "lazebnik"
    mouth_right: Literal["mirror", "literal"] = "mirror"
    augment: Literal["strong", "none"] = "strong"
    start: Literal["scratch", "identity"] = "scratch"
    learning: Literal["ours", "printed"] = "ours"
    lr: float | None = None
    stop_on: Literal["training", "development"] = "training"


def inputs(config: Config, profile: Profile) -> Input:
    """Single frames with their landmarks; a video's score is the mean over its frames (E96)."""
    return Input(partial(_with_points, config.augment == "strong", config.mouth_right), landmarks=True)


def _with_points(
    vary: bool, mouth_right: Literal["mirror", "literal"], clips: LandmarkedClips, training: bool
) -> LandmarkedFrames:
    """Clips of one frame to standardised frames and their 24 points; those outside are moved to the border."""
    pixels, landmarks = clips
    if vary and training:
        pixels, landmarks = strong_with_points(pixels, landmarks, [landmark - 1 for landmark in MIRRORED_68])
    size = pixels.shape[-1]
    points = landmarks_24(landmarks[:, 0], size, mouth_right=mouth_right).clamp(0, size - 1)  # [B, 24, 2]
    return LandmarkedFrames(normalise(pixels)[:, 0], points)


def model(config: Config, scale: Scale = PRINTED) -> DLGACNN:
    """The network of a row."""
    switches = ("cmp_on", "bn", "border", "lal_kernel", "gal_convs", "vector", "bins", "wspp_weights")
    chosen = {name: getattr(config, name) for name in ("local", "global_", "cmp", "wspp", *switches)}
    return DLGACNN(**chosen, scale=scale)


def learning(config: Config, profile: Profile) -> Learnings:
    """For the scores; faces are learnt as by all methods.

    The face alone takes twice as many steps as patches: in as many, it does not always learn. Ours.

    A rate of the printed sweep may be too large: then the training ends where the loss is no longer finite, and the row
    has the best of its checks so far, of which the first is the constant predictor; it counts as trained only if its
    loss had fallen below that one's.
    """
    rate = 1.0 if config.lr is None else config.lr / profile.lr
    if config.learning == "printed":
        how = {"weight_decay": 5e-4, "patience": 200, "stop_on": config.stop_on, "may_diverge": True}
        return Learnings(Learning(schedule="constant", rate=rate, **how))
    return Learnings(Learning(rate=rate, longer=1 if config.local else 2))


# Minus is the paper's CMP−; the rows of GA-CNN are taken as CMP+ (E86).
COMBINATIONS = {
    "la_minus": Config(global_=False, cmp=False, wspp=False),
    "la": Config(global_=False, wspp=False),
    "la_minus_wspp": Config(global_=False, cmp=False),
    "la_wspp": Config(global_=False),
    "ga": Config(local=False, wspp=False),
    "ga_wspp": Config(local=False),
    "lga_minus": Config(cmp=False, wspp=False),
    "lga": Config(wspp=False),
    "lga_minus_wspp": Config(cmp=False),
    "dlga": Config(),
}
"""Rows of Tables 3 and 4; the last is the paper's own, G."""
SWEEP = {
    f"lr_{rate}": Config(learning="printed", lr=float(rate))
    for rate in ("1e-6", "1e-5", "1e-4", "1e-3", "1e-2", "1e-1")
}
"""Rows of Tables 5 and 6: G as printed, at each printed learning rate."""
ROWS = COMBINATIONS | SWEEP

# The paper names no partitions to train on; the other papers' are taken. It chose the end of a training, the learning
# rate and the combination of parts on the test set (E88); ``test-selected`` does so with the end.
PROTOCOLS = {
    "honest": HONEST,
    "paper": as_printed(
        Recipe(
            {"augment": "none", "learning": "printed", "lr": 1e-6},
            {"steps": 50_000},
            guesses=(
                "partitions: training and development together, as the other papers",
                "frames of a video: 48, evenly spaced; its score is their mean",
                "varied training frames: none, as none are listed",
                "end: the loss of a step, which on the test set is not looked at",
            ),
        ),
    ),
    "test-selected": Protocol(train=("train", "development"), select="test"),
}

HEADLINE = (("dlga", "both"), ("dlga", "null"))
GRID = {
    "headline": HEADLINE,
    "all": (
        *HEADLINE,
        *((row, "both") for row in ROWS if row != "dlga"),
        ("dlga", "null", "paper"),
        ("dlga", "null", "test-selected"),
    ),
}


def _titles(number: int) -> dict[str, str]:
    """Names of the combinations in Table 3 (``number`` 1) or 4 (2)."""
    return {
        "la_minus": "LA-CNN (CMP-)",
        "la": "LA-CNN (CMP+)",
        "la_minus_wspp": f"A{number}: LA-CNN (CMP-) + WSPP",
        "la_wspp": f"B{number}: LA-CNN (CMP+) + WSPP",
        "ga": "GA-CNN",
        "ga_wspp": f"C{number}: GA-CNN + WSPP",
        "lga_minus": f"D{number}: LA-CNN (CMP-) + GA-CNN",
        "lga": f"E{number}: LA-CNN (CMP+) + GA-CNN",
        "lga_minus_wspp": f"F{number}: LA-CNN (CMP-) + GA-CNN + WSPP",
        "dlga": f"G{number}: LA-CNN (CMP+) + GA-CNN + WSPP",
    }


TABLES = {
    "Table 3": _titles(1),
    "Table 4": _titles(2),
    "Table 5": {row: f"G1, lr={row.removeprefix('lr_')}" for row in SWEEP},
    "Table 6": {row: f"G2, lr={row.removeprefix('lr_')}" for row in SWEEP},
    "Table 7": {"dlga": "Proposed Approach"},
    "Table 8": {"dlga": "Proposed Approach"},
}
"""Printed tables that have rows of ours: our row → the name that the paper prints."""

CLAIMS = (
    *(
        Claim(f"{text} (Tables 3, 4)", better, worse)
        for text, better, worse in (
            ("patches and the face are better than patches alone", "dlga", "la_wspp"),
            ("patches and the face are better than the face alone", "dlga", "ga_wspp"),
            ("patches are better than the face", "la_wspp", "ga_wspp"),
            ("weighted spatial pyramid pooling helps", "dlga", "lga"),
            ("weighted spatial pyramid pooling helps patches alone", "la_wspp", "la"),
            ("channel max pooling helps", "dlga", "lga_minus_wspp"),
            ("channel max pooling helps patches alone", "la_wspp", "la_minus_wspp"),
        )
    ),
    *(
        Claim(f"a learning rate of 1e-6 is better than one of {rate} (Tables 5, 6)", "lr_1e-6", f"lr_{rate}")
        for rate in ("1e-4", "1e-3", "1e-2")
    ),
    *(
        Claim(f"{name} better than the constant", row, "constant", printed=False)
        for row, name in (("dlga", "DLGA-CNN is"), ("la_wspp", "patches alone are"), ("ga_wspp", "the face alone is"))
    ),
    Claim(
        "DLGA-CNN is better than the constant where nothing can be learnt (must not be confirmed)",
        "dlga",
        "constant",
        corpus="null",
        printed=False,
    ),
    Claim(
        "choosing the step on the test set lowers the test error where labels are shuffled",
        "dlga",
        "dlga",
        corpus="null",
        protocol="test-selected",
        other_protocol="paper",
        partition="test",
        printed=False,
    ),
)

FIGURES = {
    "parts": Figure(
        "rows",
        tuple(COMBINATIONS),
        "Parts of DLGA-CNN: RMSE and MAE on unseen people of patches (LA), the face (GA) and both (LGA), without and "
        "with weighted spatial pyramid pooling (WSPP), without channel max pooling (minus) and with it; points are "
        "seeds, bars 95 % intervals of the RMSE over people.",
    ),
    "rates": Figure(
        "series",
        tuple(SWEEP),
        "Learning rate of DLGA-CNN, with Adam and the early end as printed, in as many steps as the profile has: RMSE "
        "and MAE on unseen people; points are seeds, bars 95 % intervals of the RMSE over people. The paper finds 1e-6 "
        "the best.",
    ),
    "unseen": Figure(
        "scores",
        ("dlga",),
        "DLGA-CNN: label and predicted score of each unseen person (mean over seeds). Dashed: constant predictor; grey "
        "verticals: BDI-II bands. On “null” labels are shuffled among people.",
    ),
    "attention": Figure(
        "attention",
        ("dlga",),
        "Grad-CAM of DLGA-CNN's score on the map of its Depressed-CNN, for one unseen person of each severity band: "
        "where a change of the features would raise (1) the score most. A coarse map, enlarged; it says nothing about "
        "people.",
    ),
}
