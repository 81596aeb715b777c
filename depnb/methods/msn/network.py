"""MSN: 3-D convolutions of several sizes side by side, from a clip of a face to a score.

W. C. de Melo, E. Granger, A. Hadid, *A Deep Multiscale Spatiotemporal Network for Assessing Depression from Facial
Dynamics*, IEEE Transactions on Affective Computing, 2020. Implemented: §3 (basic block eq. 1–2, Table 1), the rows of
Fig. 4 and Tables 2–7, with C3D and I3D beside it. What the paper leaves open is decided in ``MSN`` and ``Config``;
E-numbers name entries of docs/errata.md.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from depnb.inputs.augment import one_of_four, strong, turned
from depnb.inputs.order import shuffled
from depnb.inputs.pixels import NORMALISED
from depnb.methods.msn.rows import BLOCKS, KERNELS, Config
from depnb.methods.profiles import PRINTED, Scale
from depnb.nets.c3d import C3D
from depnb.nets.i3d import I3D
from depnb.nets.layers3d import (
    ClipRegression,
    ConvNorm3d,
    PaddedMaxPool3d,
    as_keras,
    delta_initialise,
    pad_as_keras,
    regression_head,
    scaled,
    shift_initialise,
    start_weights,
)

CHANNELS = ((32, 128), (64, 256), (256, 512), (512, 1024))
"""Channels inside and behind a block of Conv2 … Conv5. Conv2 and Conv3 have the bank of several kernels, the others
3×3×3 alone."""


TIME = (3, 1, 1)
"""The paper's 1×1×3: it writes height × width × time, PyTorch time × height × width (E19)."""


NARROW_RESIDUAL = 0.25
"""Gain of what a block adds, in networks narrower than the printed one; ours, because they are trained for minutes
(cf. the residual scaling of Szegedy et al., AAAI 2017)."""
SHORT_DROPOUT = 1 / 16
"""Of narrow networks whose short training begins with clips: ½ twice leaves them little but noise; ours."""


def counted_layers(depth: int) -> int:
    """Layers by the rule that yields 27, 51, 69 and 99: 3 for each block, Conv1 and two fully connected ones.

    A block's whole bank counts once; shortcuts, pools and the last unit do not count. The rule gives 39 for the
    network that the paper calls MSN-36, whose 12 blocks are built as printed (E16).

    Raises:
        ValueError: a depth that the paper has not.
    """
    return 3 * sum(_blocks(depth)) + 3


def _blocks(depth: int) -> tuple[int, int, int, int]:
    if depth not in BLOCKS:
        raise ValueError(f"No MSN of depth {depth}: choose from {', '.join(map(str, BLOCKS))}.")
    return BLOCKS[depth]


class MultiscaleBlock(nn.Module):
    """y = ReLU(H_M(concat of H_2(z) … H_{M−1}(z)) + shortcut(x)) with z = H_1(x) (eq. 1–2).

    Every H is a convolution with batch normalisation; all but H_M end in a ReLU. H_1 and H_M look along time only,
    (3, 1, 1); the bank between them has one cube for each kernel. M = number of kernels + 2; the paper's M = 5 and H_5
    are those of three kernels (E20).

    Args:
        inputs, mid, outputs: channels before, of H_1 and of each cube, and after.
        kernels: sides of the cubes, odd.
        projection: the shortcut. ``code`` is 1×1×1 in every block, as in the authors' code; ``paper`` is the identity,
            and (3, 1, 1) only where the channels differ (E17). Only ``code`` has the printed number of parameters.
        gain: learn the gain of the normalisations (E18).
        residual: constant gain of H_M where gains are not learnt.
    """

    def __init__(
        self,
        inputs: int,
        mid: int,
        outputs: int,
        kernels: Sequence[int] = KERNELS,
        projection: Literal["code", "paper"] = "code",
        gain: bool = False,
        residual: float = 1.0,
    ):
        super().__init__()
        self.first = ConvNorm3d(inputs, mid, TIME, gain=gain)
        self.bank = nn.ModuleList(ConvNorm3d(mid, mid, (k, k, k), gain=gain) for k in kernels)
        self.last = ConvNorm3d(len(kernels) * mid, outputs, TIME, gain=gain, constant=residual)
        if projection == "paper" and inputs == outputs:
            self.shortcut: nn.Module = nn.Identity()
        else:
            kernel = TIME if projection == "paper" else (1, 1, 1)
            self.shortcut = ConvNorm3d(inputs, outputs, kernel, gain=gain)

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, T, H, W] to [B, outputs, T, H, W]."""
        z = functional.relu(self.first(x))  # [B, mid, T, H, W]
        scales = torch.cat([functional.relu(cube(z)) for cube in self.bank], 1)  # [B, kernels·mid, T, H, W]
        return functional.relu(self.last(scales) + self.shortcut(x))  # [B, outputs, T, H, W]


class MSNBody(nn.Module):
    """Conv1 … Conv5 of Table 1; see ``MSN`` for the arguments.

    Attributes:
        channels: C of the output map; 1024 at width 1.
    """

    def __init__(
        self,
        depth: int,
        kernels: Sequence[int],
        projection: Literal["code", "paper"],
        bn_gain: bool,
        width: float,
        bank_width: float,
        residual: float,
    ):
        super().__init__()
        self.channels = scaled(64, width)
        self.conv1 = ConvNorm3d(3, self.channels, (7, 7, 7), stride=(1, 2, 2), gain=bn_gain)
        self.pool1 = PaddedMaxPool3d((3, 3, 3), (2, 2, 2))  # stride 2 on all axes (E23)
        stages: list[nn.Sequential] = []
        for (mid, outputs), count in zip(CHANNELS, _blocks(depth), strict=True):
            bank = len(stages) < 2
            blocks = []
            for _ in range(count):
                block = MultiscaleBlock(
                    self.channels,
                    scaled(mid, width * (bank_width if bank else 1.0)),
                    scaled(outputs, width),
                    kernels if bank else (3,),
                    projection,
                    bn_gain,
                    residual,
                )
                blocks.append(block)
                self.channels = scaled(outputs, width)
            stages.append(nn.Sequential(*blocks))
        self.stage2, self.stage3, self.stage4, self.stage5 = stages
        start_weights(self)
        shift_initialise(self, self.conv1[0], noise=1.0)
        for module in self.modules():
            if isinstance(module, MultiscaleBlock) and isinstance(module.shortcut, ConvNorm3d):
                shortcut: Any = module.shortcut[0]  # nearly the identity where it could be one
                delta_initialise(shortcut, noise=0.1 if shortcut.in_channels == shortcut.out_channels else 1.0)

    def forward(self, x: Tensor) -> Tensor:
        """Clips [B, 3, 16, 112, 112] to a map [B, 1024·width, 2, 7, 7]."""
        x = functional.relu(self.conv1(x))  # [B, 64, 16, 56, 56]
        x = self.pool1(x)  # [B, 64, 8, 28, 28]
        x = self.stage3(self.stage2(x))  # [B, 256, 8, 28, 28]
        x = self.stage4(_halved(x))  # [B, 512, 4, 14, 14]
        return self.stage5(_halved(x))  # [B, 1024, 2, 7, 7]


def _halved(x: Tensor) -> Tensor:
    """2×2×2 pool; of a picture 1×2×2."""
    return functional.max_pool3d(x, (min(2, x.shape[2]), 2, 2))


class MSN(ClipRegression):
    """Clip → multiscale body → average → FC 512 → FC 512 → score (§3); 77,684,737 parameters as the code has it.

    Args:
        depth: a key of ``BLOCKS``. The network that the paper calls 36 has 39 counted layers (E16).
        kernels: sides of the cubes in Conv2 and Conv3, odd; there a clip of 16 has 8 moments, so that 9 and 11
            reach into the padding (E34).
        projection: which reading of the shortcut, ``code`` or ``paper`` (E17).
        bn_gain: learn the gain of the normalisations too (E18).
        keras_same: pad as Keras does at stride 2 (E24). Weights from there also need its constants:
            ``layers3d.as_keras`` does all of that.
        width: factor on every channel count, each keeps at least one.
        bank_width: factor on the channels inside the blocks of Conv2 and Conv3 (see ``matching_bank_width``).
        residual: constant gain of what a block adds; ``NARROW_RESIDUAL`` in narrow networks.
        dropout: of the head; ½ in the paper.

    The paper does not say how weights are drawn; at every width they are by ``layers3d.shift_initialise``, and by
    ``layers3d.as_keras`` where ``Config.framework`` says so.

    Attributes:
        body: Conv1 … Conv5.
        head: average pool and fully connected layers.

    Raises:
        ValueError: an unknown depth or projection, or kernels that are empty, even or not positive.
    """

    SMALLEST = (7, 13)

    def __init__(
        self,
        depth: int = 69,
        kernels: Sequence[int] = KERNELS,
        projection: Literal["code", "paper"] = "code",
        bn_gain: bool = False,
        keras_same: bool = False,
        width: float = 1.0,
        bank_width: float = 1.0,
        residual: float = 1.0,
        dropout: float = 0.5,
    ):
        super().__init__()
        if not kernels or any(k < 1 or k % 2 == 0 for k in kernels):
            raise ValueError(f"kernels={tuple(kernels)}: give one or more odd sides, such as (3, 5, 7).")
        if projection not in ("code", "paper"):
            raise ValueError(f"No projection {projection!r}: choose code or paper.")
        self.body = MSNBody(depth, kernels, projection, bn_gain, width, bank_width, residual)
        if keras_same:
            pad_as_keras(self.body)
        # (2, 7, 7) for clips of 16×112×112, which is how the paper prints it
        self.head = regression_head(nn.AdaptiveAvgPool3d(1), self.body.channels, dropout)


@lru_cache
def matching_bank_width(kernels: tuple[int, ...], depth: int = 69, width: float = 1.0) -> float:
    """The ``bank_width`` at which MSN with ``kernels`` has most nearly as many parameters as with (3, 5, 7).

    Table 2 changes range and capacity at once, 68 to 101 M parameters (E34); this separates them.

    Args:
        kernels, depth, width: as in ``MSN``.

    Returns:
        a factor on the channels inside the blocks of Conv2 and Conv3, a multiple of one channel of Conv3.
    """
    unit = scaled(CHANNELS[1][0], width)

    def parameters(kernels: tuple[int, ...], mid: int) -> int:
        with torch.device("meta"):
            network = MSN(depth, kernels, width=width, bank_width=mid / unit)
        return sum(p.numel() for p in network.parameters())

    target = parameters(KERNELS, unit)
    mids = range(1, 16 * unit)
    above = bisect_left(mids, target, key=lambda mid: parameters(kernels, mid))
    best = min(mids[max(above - 1, 0) : above + 1], key=lambda mid: abs(parameters(kernels, mid) - target))
    return best / unit


VARIED: dict[str, Callable[[Tensor], Tensor]] = {
    "strong": strong,
    "code": one_of_four,
    "paper": partial(turned, upside_down=True),
    "none": lambda clips: clips,
}


def prepare(config: Config, shrink: int, clips: Tensor, training: bool) -> Tensor:
    """uint8 [B, T, 3, S, S] to clips [B, 3, T, S/shrink, S/shrink], in training varied as ``augment`` says."""
    vary = VARIED[config.augment] if training else None
    return _clips(vary, shrink, config, shuffled(clips) if config.order == "shuffled" else clips)


def prepare_still(config: Config, frames: int, pictures: Tensor, training: bool) -> Tensor:
    """uint8 [B, 1, 3, S, S] to clips without movement [B, 3, frames, S, S]; varied as ``strong`` for all rows alike."""
    vary = strong if training else None
    return _clips(vary, 1, config, pictures).expand(-1, -1, frames, -1, -1)  # [B, 3, frames, S, S]


def _clips(vary: Callable[[Tensor], Tensor] | None, shrink: int, config: Config, clips: Tensor) -> Tensor:
    if shrink > 1:
        clips = functional.avg_pool3d(clips / 255, (1, shrink, shrink))  # [B, T, 3, S/shrink, S/shrink]
    scaled = NORMALISED[config.normalisation](vary(clips) if vary else clips)
    return scaled.transpose(1, 2)  # [B, 3, T, S/shrink, S/shrink]


def build(config: Config, scale: Scale = PRINTED) -> ClipRegression:
    """The network of a row; a 3-D network's depth is the row's, not the scale's."""
    network = _bare(config, scale)
    network.objective = config.objective
    return as_keras(network) if config.framework == "keras" else network


def _bare(config: Config, scale: Scale) -> ClipRegression:
    if config.network == "c3d":
        return C3D(scale.width)
    if config.network == "i3d":
        return I3D(scale.width)
    match = matching_bank_width(config.kernels, config.depth, scale.width) if config.match_parameters else 1.0
    narrow = scale.width < 1
    return MSN(
        config.depth,
        config.kernels,
        config.projection,
        width=scale.width,
        bank_width=match,
        residual=NARROW_RESIDUAL if narrow else 1.0,
        dropout=SHORT_DROPOUT if narrow and not config.pictures else 0.5,
    )
