"""DepNet: a few frames of a video, features of each from a frozen SE-ResNet-50, and a module that looks along time.

L. He, C. Guo, P. Tiwari, R. Su, H. M. Pandey, W. Dang, *DepNet: An Automated Industrial Intelligent System Using Deep
Learning for Video-Based Depression Analysis*, International Journal of Intelligent Systems 37(7), 2022. Implemented:
§4.1 (SE-ResNet-50 in ``backbones``, head), §4.2 (Feature Aggregation Module, Fig. 6), the four networks of Tables 2–3.
What the paper leaves open is decided in the modules; E-numbers name entries of docs/errata.md.
"""

import math
from collections.abc import Callable
from typing import Any, Literal, Self

import torch
from torch import Tensor, nn

from depnb.inputs.augment import strong
from depnb.inputs.pixels import centre_on_faces, normalise
from depnb.methods.contract import check_switches
from depnb.methods.depnet.rows import Config
from depnb.methods.profiles import PRINTED, Scale
from depnb.nets.layers3d import scaled, start_weights
from depnb.nets.regression import Regression
from depnb.nets.resnet import ResNetBody
from depnb.nets.resnet_v1 import ResNetV1Body
from depnb.nets.weights.registry import IMPORTED

KERNELS = (3, 5, 9)
"""Frames that the three temporal convolutions see (§4.2: 3×1, 5×1 and 9×1, time × place)."""
HLF_CHANNELS = 64
"""Channels of the high-level feature (§4.2, Fig. 6: 64×1×12544)."""
STATISTICS: dict[str, tuple[Callable[..., Tensor], ...]] = {
    "max_avg": (torch.amax, torch.mean),
    "max_max": (torch.amax, torch.amax),
}
"""The two pools beside the convolutions, by ``stat_pools`` (E43)."""


SWITCHES = {
    "cmp_kernel": (8, 4),
    "temporal_padding": ("same", "clip"),
    "activation": ("none", "relu"),
    "stat_pools": tuple(STATISTICS),
}


def channel_max_pool(maps: Tensor, kernel: int) -> Tensor:
    """The largest of each ``kernel`` successive channels (§4.2, "C. Max Pool"): kernel = stride, no padding.

    Args:
        maps: [B, C, …]. kernel: divides C.

    Returns:
        [B, C/kernel, …].

    Raises:
        ValueError: maps without channels, or a kernel that does not divide their number.
    """
    if maps.ndim < 2:
        raise ValueError(f"Expected maps [B, C, …], got the shape {list(maps.shape)}.")
    _check_pool(maps.shape[1], kernel)
    return maps.unflatten(1, (-1, kernel)).amax(2)  # [B, C/kernel, …]


def _check_pool(channels: int, kernel: int) -> None:
    if kernel < 1 or channels < kernel or channels % kernel:
        raise ValueError(
            f"{channels} channels cannot be pooled with kernel and stride {kernel}: give a multiple of the kernel."
        )


class FeatureAggregation(nn.Module):
    """FAM: the low-level features (LLFs) of T frames → one high-level feature (HLF) (§4.2, Fig. 6).

    Channels are max-pooled; what is left of a frame, 12544 values at the printed size, becomes one row, so that every
    place (group of channels × cell of the map) is a signal of T values. Three convolutions run along time, with filters
    that all places share, each followed by the maximum over time; beside them stand two statistics of the signal
    itself, which the text calls convolutional layers too (E42). A 1×1 convolution joins the 3·64 + 2 channels.

    Args:
        channels: C of the maps.
        frames: T. The convolutions run in the order in which frames are given; the paper names none (E50).
        cmp_kernel: kernel and stride of the channel max pool, 8 or 4. The printed 4 makes 512 channels of 2048; all
            sizes printed after it belong to 256, which 8 makes (E40).
        llf_channels: a 1×1 convolution to so many channels comes before the pool. With 1024 the printed 4 leads to the
            printed 256 (E40). ``None``: no such convolution.
        temporal_padding: ``same`` pads with 1, 2 and 4 zeros on both sides, so that each convolution leaves T rows.
            ``clip`` takes the printed "pad 0" at its word and kernels no longer than T, 3, 5 and 5; they leave 3, 1 and
            1 rows. As printed, without padding, nine taps do not fit into five frames (E41).
        fam_channels: filters of each temporal convolution, which the paper does not tell (E44).
        activation: behind every convolution of the module; the paper names none.
        stat_pools: maximum and mean, which "(max, average)" implies, or twice the maximum (E43).
        temporal: ``False`` leaves the mean over time and nothing else: a control, which does not see the order of
            frames and hands on as many values.
        width: factor on ``llf_channels``, ``fam_channels`` and the 64 channels of the HLF, each at least 1; not on
            ``channels``.

    With 64 filters the temporal convolutions have 1,280 parameters and the last one 12,480.

    Attributes:
        groups: channels behind the pool, 256 as printed; the HLF has so many values for each cell of the map.
        outputs: channels of the HLF, 64 as printed.

    Raises:
        ValueError: an unknown switch, fewer than two frames, no filters, or channels that the pool does not divide.
    """

    def __init__(
        self,
        channels: int = 2048,
        *,
        frames: int = 5,
        cmp_kernel: Literal[8, 4] = 8,
        llf_channels: int | None = None,
        temporal_padding: Literal["same", "clip"] = "same",
        fam_channels: int = 64,
        activation: Literal["none", "relu"] = "none",
        stat_pools: Literal["max_avg", "max_max"] = "max_avg",
        temporal: bool = True,
        width: float = 1.0,
    ):
        super().__init__()
        check_switches(SWITCHES, cmp_kernel=cmp_kernel, temporal_padding=temporal_padding)
        check_switches(SWITCHES, activation=activation, stat_pools=stat_pools)
        if frames < 2:
            raise ValueError(f"frames={frames}: along time there is something to see from 2 frames on, 5 as printed.")
        if fam_channels < 1:
            raise ValueError(f"fam_channels={fam_channels}: give 1 or more filters, such as 64.")
        active = nn.ReLU if activation == "relu" else nn.Identity
        self.channels, self.frames, self.cmp_kernel = channels, frames, cmp_kernel
        self.statistics = STATISTICS[stat_pools] if temporal else (torch.mean,)
        self.reduce: nn.Module = nn.Identity()
        pooled = channels
        if llf_channels is not None:
            pooled = scaled(llf_channels, width)
            self.reduce = nn.Sequential(nn.Conv2d(channels, pooled, 1), active())
        _check_pool(pooled, cmp_kernel)
        filters = scaled(fam_channels, width)
        self.temporal = nn.ModuleList()
        for kernel in KERNELS if temporal else ():
            taps, padding = (kernel, kernel // 2) if temporal_padding == "same" else (min(kernel, frames), 0)
            self.temporal.append(nn.Sequential(nn.Conv2d(1, filters, (taps, 1), padding=(padding, 0)), active()))
        self.groups = pooled // cmp_kernel
        self.outputs = scaled(HLF_CHANNELS, width)
        joined = len(self.temporal) * filters + len(self.statistics)
        self.join = nn.Sequential(nn.Conv1d(joined, self.outputs, 1), active())

    def forward(self, llf: Tensor) -> Tensor:
        """LLFs [B, C, T, h, w] to HLFs [B, outputs, D], where D = groups·h·w, 12544 as printed.

        Raises:
            ValueError: another rank, number of channels or number of frames.
        """
        if llf.ndim != 5 or llf.shape[1:3] != (self.channels, self.frames):
            raise ValueError(
                f"FeatureAggregation got {list(llf.shape)}: give maps [B, {self.channels}, {self.frames}, h, w] of "
                f"{self.frames} frames."
            )
        x = self.reduce(llf.flatten(3))  # [B, 2048 or llf_channels, T, h·w]
        x = channel_max_pool(x, self.cmp_kernel)  # [B, groups, T, h·w]
        x = x.transpose(1, 2).flatten(2)  # [B, T, D]
        branches = [convolution(x[:, None]).amax(2) for convolution in self.temporal]  # each [B, fam_channels, D]
        branches += [statistic(x, 1, keepdim=True) for statistic in self.statistics]  # each [B, 1, D]
        return self.join(torch.cat(branches, 1))  # [B, outputs, D]


class FrameFeatures(nn.Module):
    """The convolutional body on each frame by itself: its last maps are the LLFs of a sequence (§4.1).

    Args:
        body: images [n, 3, S, S] to maps [n, C, h, w].
        frozen: the body is used and not trained: it computes without gradients and stays in evaluation mode, moving
            statistics of the normalisations included, which the paper does not tell. Its weights are not marked, so
            that elsewhere the same body can be trained, as face pretraining does.
    """

    def __init__(self, body: nn.Module, frozen: bool):
        super().__init__()
        self.body: Any = body
        self.frozen = frozen
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """As ``nn.Module.train``, but a frozen body stays in evaluation mode."""
        super().train(mode)
        if self.frozen:
            self.body.eval()
        return self

    def forward(self, frames: Tensor) -> Tensor:
        """Normalised frames [B, T, 3, S, S] to maps [B, C, T, h, w].

        When it only predicts, a frame that stands in the batch several times passes the body once: the draws of a video
        share most of their frames.
        """
        images = frames.flatten(0, 1)  # [B·T, 3, S, S]
        if self.training or torch.is_grad_enabled() or images.is_meta:
            with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
                maps = self.body(images)  # [B·T, C, h, w]
        else:
            different, places = torch.unique(images, dim=0, return_inverse=True)  # [n, 3, S, S], [B·T]
            maps = self.body(different)[places]  # [B·T, C, h, w]
        return maps.unflatten(0, frames.shape[:2]).transpose(1, 2)  # [B, C, T, h, w]


class SequenceRegression(Regression):
    """Frames → LLFs → what joins them over time → head → score: what the networks of Tables 2–3 share.

    The head is FC, ReLU, dropout, FC (§4.1), its widths and the rate of dropout not printed (E44). The loss is that of
    ``Regression``; ``half_mse`` is eq. 5.

    Args:
        scale: of body and head; the dropout of narrow networks is as much smaller.
        se_ratio: of the squeeze and excitation in the body, which the paper does not tell (E46); ``None`` is a ResNet.
        frozen: as in ``FrameFeatures``.
        version: 1 for the body that VGGFace2's weights are of, 2 for torchvision's.

    Attributes:
        features: body, frame by frame. Grad-CAM looks at its output, [B, C, T, h, w]; the paper claims a visual
            explanation and shows none (E57).
        aggregation: from LLFs to what the head takes.
    """

    aggregation: nn.Module

    def __init__(self, scale: Scale, se_ratio: int | None, frozen: bool, version: Literal[1, 2]):
        super().__init__()
        self.scale = scale
        body = ResNetV1Body if version == 1 else ResNetBody
        self.features = FrameFeatures(body(scale.depth, scale.width, se_ratio), frozen)

    @property
    def body(self) -> ResNetBody:
        return self.features.body

    @property
    def attended(self) -> nn.Module:
        return self.features

    def forward(self, frames: Tensor) -> Tensor:
        """Normalised frames [B, T, 3, S, S] to scores [B, 1]."""
        llf = self.features(frames)  # [B, C, T, h, w]
        return self.head(self.aggregation(llf))  # [B, 1]

    def _head(self, features: int, fc_dim: int, dropout: float) -> nn.Sequential:
        if fc_dim < 1 or not 0 <= dropout < 1:
            raise ValueError(f"fc_dim={fc_dim}, dropout={dropout}: give 1 or more units, and a rate in [0, 1).")
        hidden = scaled(fc_dim, self.scale.width)
        head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(features, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout * min(self.scale.width, 1.0)),
            nn.Linear(hidden, 1),
        )
        start_weights(head)
        return head


class DepNet(SequenceRegression):
    """T frames → SE-ResNet-50, frozen → FAM → FC, ReLU, dropout, FC → score (Fig. 1).

    At ``Scale()`` it has 128,813,489 parameters: 26,039,024 in the body, 13,760 in the FAM, 102,760,705 in the head,
    whose first layer takes all 64 · 12544 values of the HLF. Without squeeze and excitation it is the "ResNet-50 (image
    sequence)" of Tables 2–3, whose aggregation the paper does not tell (E51).

    Args:
        scale: size of the network; width is a factor on all channels, of the FAM and of the head too.
        frames: T, 5 as printed.
        se_ratio, frozen, version: as in ``SequenceRegression``; the paper freezes the body (§5.2.1).
        fc_dim, dropout: of the head at width 1.
        fam: further arguments of ``FeatureAggregation``.

    Raises:
        ValueError: a switch or size that body, FAM or head do not know.
    """

    def __init__(
        self,
        scale: Scale = PRINTED,
        *,
        frames: int = 5,
        se_ratio: int | None = 16,
        frozen: bool = True,
        fc_dim: int = 128,
        dropout: float = 0.5,
        version: Literal[1, 2] = 2,
        **fam: Any,
    ):
        super().__init__(scale, se_ratio, frozen, version)
        self.aggregation = FeatureAggregation(self.body.channels, frames=frames, width=scale.width, **fam)
        cells = math.ceil(scale.input_size / 32) ** 2
        self.head = self._head(self.aggregation.outputs * self.aggregation.groups * cells, fc_dim, dropout)

    def forward(self, frames: Tensor) -> Tensor:
        """Normalised frames [B, T, 3, S, S], in the order of the video, to scores [B, 1].

        Raises:
            ValueError: another rank, number of frames or size than the network was built for.
        """
        side = self.scale.input_size
        expected = (self.aggregation.frames, 3, side, side)
        if frames.shape[1:] != expected:
            raise ValueError(f"DepNet got {list(frames.shape)}: give frames [B, {', '.join(map(str, expected))}].")
        return super().forward(frames)


class FeatureMean(SequenceRegression):
    """One frame or several → body → mean of its features over places and frames → FC, ReLU, dropout, FC → score.

    A comparator: with one frame the "SENet" and the "ResNet-50 (single image)" of Tables 2–3, where a video's score is
    the mean over its frames, which the paper does not tell; with several the other reading of "ResNet-50 (image
    sequence)" (E51). It does not see the order of frames. The head is DepNet's, of which the paper says nothing here.

    Args:
        scale: size of the network.
        se_ratio, frozen, version: as in ``SequenceRegression``; single-image networks are trained whole (§5.3.1).
        fc_dim, dropout: of the head at width 1.

    Raises:
        ValueError: a size that body or head do not know.
    """

    def __init__(
        self,
        scale: Scale = PRINTED,
        *,
        se_ratio: int | None = 16,
        frozen: bool = False,
        fc_dim: int = 128,
        dropout: float = 0.5,
        version: Literal[1, 2] = 2,
    ):
        super().__init__(scale, se_ratio, frozen, version)
        self.aggregation = nn.AdaptiveAvgPool3d(1)
        self.head = self._head(self.body.channels, fc_dim, dropout)

    def forward(self, frames: Tensor) -> Tensor:
        """Normalised frames [B, T, 3, S, S], T ≥ 1, or single images [B, 3, S, S] to scores [B, 1].

        Raises:
            ValueError: another rank or number of colours, or no frame.
        """
        if frames.ndim not in (4, 5) or frames.shape[-3] != 3 or 0 in frames.shape[1:]:
            raise ValueError(
                f"FeatureMean got {list(frames.shape)}: give frames [B, T, 3, S, S] or images [B, 3, S, S]."
            )
        return super().forward(frames if frames.ndim == 5 else frames[:, None])


def prepare(config: Config, clips: Tensor, training: bool) -> Tensor:
    """uint8 [B, T, 3, S, S] to standardised frames [B, T, 3, S, S], as the body takes them."""
    finish = centre_on_faces if config.start in IMPORTED else normalise
    return finish(strong(clips) if training and config.augment == "strong" else clips)


def build(config: Config, scale: Scale = PRINTED) -> SequenceRegression:
    """The network of a row."""
    shared = {name: getattr(config, name) for name in ("se_ratio", "frozen", "fc_dim", "dropout")}
    shared["version"] = 1 if config.start in IMPORTED else 2
    switches = ("cmp_kernel", "llf_channels", "temporal_padding", "fam_channels", "activation", "stat_pools")
    network: SequenceRegression
    if config.frames == 1 or config.aggregation == "mean":
        network = FeatureMean(scale, **shared)
    else:
        chosen = {name: getattr(config, name) for name in switches} | {"temporal": config.aggregation == "fam"}
        network = DepNet(scale, frames=config.frames, **shared, **chosen)
    network.objective = config.objective
    return network
