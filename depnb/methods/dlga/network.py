"""DLGA-CNN: patches around 24 landmarks and the whole face, each weighted by an attention of its own, and one score.

L. He, J. C.-W. Chan, Z. Wang, *Automatic Depression Recognition Using CNN with Attention Mechanism from Videos*,
Neurocomputing 422, 2021. Implemented: §3 (Depressed-CNN of Table 2, patches, local and global attention eq. 1–6,
weighted spatial pyramid pooling), the rows of Tables 3–6. What the paper leaves open is decided in ``DLGACNN`` and
``Config``; E-numbers name entries of docs/errata.md. “Ancestor” is the public network of its reference [27], from
which it takes patches and attention.
"""

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from depnb.faces import landmarks_24
from depnb.faces.points24 import MIRRORED_68
from depnb.inputs.augment import strong_with_points
from depnb.inputs.pixels import normalise
from depnb.inputs.spec import LandmarkedClips
from depnb.methods.contract import check_switches
from depnb.methods.dlga.attention import GlobalAttention, LocalAttention, convolution
from depnb.methods.dlga.patch_grid import PATCHES, patch_cells, patches
from depnb.methods.dlga.products import multiply_groups
from depnb.methods.dlga.pyramid import WeightedPyramidPooling
from depnb.methods.dlga.rows import SWITCHES, Bins, Border, Config, LevelWeights, Vector
from depnb.methods.profiles import PRINTED, Scale
from depnb.nets.layers3d import scaled
from depnb.nets.regression import Regression

POOLED = 4
"""Channels of which channel max pooling leaves one (Table 2)."""


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
        self.conv1 = convolution(3, counts[0], bn)
        self.conv2 = convolution(counts[0], counts[1], bn)
        self.conv3 = convolution(counts[1], counts[2], bn)
        self.conv4_1 = convolution(counts[2], counts[3], bn)
        self.conv4_2 = convolution(counts[3], counts[3], bn)
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


def channel_max(features: Tensor) -> Tensor:
    """Largest of each four successive channels, [B, C, H, W] to [B, C/4, H, W] (CMP of Table 2)."""
    return features.unflatten(1, (-1, POOLED)).amax(2)  # [B, C/4, H, W]


class Mixed(nn.Module):
    """Values [B, N] in an order that is drawn once, the same in every network."""

    order: Tensor

    def __init__(self, values: int):
        super().__init__()
        order = torch.randperm(values, generator=torch.Generator().manual_seed(0))
        self.register_buffer("order", order)

    def forward(self, vector: Tensor) -> Tensor:
        return vector[:, self.order]  # [B, N]


class DLGACNN(Regression):
    """Frame and landmarks → Depressed-CNN → 24 local attentions and a global one → pyramid → FC → score (§3, Fig. 5).

    24 patches of 64 values and 512 of the face make the printed 2048 (E77). FC 64 with ReLU follows the pyramid, FC
    1024 the bare vector, then one linear unit; the paper states neither (E101). Trained from the mean of the labels on
    (E87), with the mean squared error of standardised scores or, as in eq. 7, half that of points. At ``Scale()`` it
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
        mixed: bring the vector into another order before the pyramid, the same in every network.
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
        mixed: bool = False,
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
        dense = nn.Linear(inputs, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, 1)
        self.head = nn.Sequential(*([Mixed(features)] if mixed else []), *pyramid, *dense)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]  # all of them have one

    @property
    def attended(self) -> nn.Module:
        return self.body

    def forward(self, inputs: LandmarkedFrames) -> Tensor:
        """Frames with their points to scores [B, 1]; without ``local`` the points are not looked at.

        Raises:
            TypeError: no ``LandmarkedFrames``.
            ValueError: frames of another size or number of channels, not 24 points per frame, or
                outside it, or NaN.
        """
        return self.head(self._weighted(inputs)[0])  # [B, 1]

    def for_prediction(self) -> None:
        """Compute the patches as products of matrices from now on (``nets.fast``): sooner on a CPU, not trained."""
        multiply_groups(self)

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


def prepare(config: Config, clips: LandmarkedClips, training: bool) -> LandmarkedFrames:
    """Clips of one frame to standardised frames and their 24 points; those outside are moved to the border."""
    pixels, landmarks = clips
    if training and config.augment == "strong":
        pixels, landmarks = strong_with_points(pixels, landmarks, [landmark - 1 for landmark in MIRRORED_68])
    size = pixels.shape[-1]
    points = landmarks_24(landmarks[:, 0], size, mouth_right=config.mouth_right).clamp(0, size - 1)  # [B, 24, 2]
    return LandmarkedFrames(normalise(pixels)[:, 0], points)


def build(config: Config, scale: Scale = PRINTED) -> DLGACNN:
    """The network of a row."""
    switches = ("cmp_on", "bn", "border", "lal_kernel", "gal_convs", "vector", "bins", "wspp_weights", "mixed")
    chosen = {name: getattr(config, name) for name in ("local", "global_", "cmp", "wspp", *switches)}
    network = DLGACNN(**chosen, scale=scale)
    network.objective = config.objective
    return network
