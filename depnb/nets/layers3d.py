"""What the three 3-D networks of the MSN paper share: convolution with normalisation, head, start, a check of clips."""

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from depnb.nets.regression import Regression


class ShiftNorm3d(nn.BatchNorm3d):
    """Batch normalisation that learns a shift and no gain (Keras ``scale=False``), as in the authors' code (E18).

    The gain is a constant, neither trained nor saved, so that every fast kernel still finds one.

    Args:
        constant: the gain.
    """

    def __init__(self, channels: int, constant: float = 1.0):
        super().__init__(channels)
        del self.weight
        self.register_buffer("weight", torch.full((channels,), constant), persistent=False)


def keras_padded(x: Tensor, kernel: Sequence[int], stride: Sequence[int], value: float = 0.0) -> Tensor:
    """``value`` around T, H and W as Keras' "same" puts it: where the sum is odd one more behind than before (E24)."""
    pads: list[int] = []
    for size, k, s in zip(x.shape[2:], kernel, stride, strict=True):
        total = max((-(-size // s) - 1) * s + k - size, 0)
        pads = [total // 2, total - total // 2, *pads]  # functional.pad begins with the last axis
    return functional.pad(x, pads, value=value)


class PaddedMaxPool3d(nn.Module):
    """Max pool that is padded, by half its kernel on both sides.

    Attributes:
        keras_same: pad as Keras' "same" does instead.
    """

    keras_same = False

    def __init__(self, kernel: tuple[int, int, int], stride: tuple[int, int, int]):
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, T, H, W] to [B, C, T′, H′, W′], each side divided by the stride and rounded up."""
        if self.keras_same:
            return functional.max_pool3d(keras_padded(x, self.kernel, self.stride, -math.inf), self.kernel, self.stride)
        return functional.max_pool3d(x, self.kernel, self.stride, [k // 2 for k in self.kernel])


class Conv3d(nn.Conv3d):
    """``nn.Conv3d``, which is computed in two dimensions for a single picture, and on a CPU for a few output channels.

    Without dilation and groups, and padded with zeros. Of a clip of one frame only the middle moment of the kernel
    meets anything but padding. For few channels the moments of the clip become channels too: the same sum in another
    order, with zeros where a moment lies outside the kernel. A CPU multiplies channels sixteen at a time, so that a
    convolution to four in three dimensions wastes most of its work (``benchmarks/narrow_convolutions.py``).

    Attributes:
        FEW: the largest number of output channels, times moments of the output, for each moment of the kernel, for
            which that is sooner.
        keras_same: pad as Keras' "same" does, and by nothing else (``pad_as_keras``).
    """

    FEW = 20
    keras_same = False

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int | tuple[int, int, int],
        stride: int | tuple[int, int, int] = 1,
        padding: int | tuple[int, int, int] = 0,
        bias: bool = True,
    ):
        super().__init__(inputs, outputs, kernel, stride, padding, bias=bias)

    @property
    def _sizes(self) -> tuple[Any, Any, Any]:
        """Kernel, stride and padding, each (time, height, width)."""
        return self.kernel_size, self.stride, self.padding

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, T, H, W] to [B, outputs, T′, H′, W′]."""
        if self.keras_same:
            x = keras_padded(x, self._sizes[0], self._sizes[1])
        if x.shape[2] == 1:
            return self._of_a_picture(x)
        (moments, side, _), (stride, *_), (padding, *_) = self._sizes
        times = (x.shape[2] + 2 * padding - moments) // stride + 1
        if side == 1 or self.out_channels * times > self.FEW * moments or x.device.type != "cpu":
            return super().forward(x)
        return self._of_channels_in_time(x, times)

    def _of_channels_in_time(self, x: Tensor, times: int) -> Tensor:
        (moments, *_), (stride, *strides), (padding, *paddings) = self._sizes
        met = torch.arange(x.shape[2]) - stride * torch.arange(times)[:, None] + padding  # [T′, T], a moment
        meets = (met[..., None] == torch.arange(moments)).to(x.dtype)  # [T′, T, k]
        kernel = torch.einsum("ockhw,stk->oscthw", self.weight, meets)
        kernel = kernel.flatten(2, 3).flatten(0, 1)  # [outputs·T′, inputs·T, kH, kW]
        picture = x.flatten(1, 2)  # [B, inputs·T, H, W]
        kernel, picture = (part.contiguous(memory_format=torch.channels_last) for part in (kernel, picture))
        bias = self.bias if self.bias is None else self.bias.repeat_interleave(times)
        out = functional.conv2d(picture, kernel, bias, strides, paddings)  # [B, outputs·T′, H′, W′]
        return out.unflatten(1, (self.out_channels, times))  # [B, outputs, T′, H′, W′]

    def _of_a_picture(self, x: Tensor) -> Tensor:
        kernel = self.weight[:, :, self.kernel_size[0] // 2].contiguous(memory_format=torch.channels_last)
        picture = x.squeeze(2).contiguous(memory_format=torch.channels_last)  # [B, inputs, H, W]
        out = functional.conv2d(picture, kernel, self.bias, self.stride[1:], self.padding[1:])  # [B, outputs, H′, W′]
        return out.unsqueeze(2)  # [B, outputs, 1, H′, W′]


class ConvNorm3d(nn.Sequential):
    """Convolution without bias, size kept at stride 1, and batch normalisation; no ReLU.

    Args:
        kernel: (time, height, width), all odd. PyTorch's order: the paper writes height × width × time, so that its
            1×1×3 is (3, 1, 1) here (E19).
        stride: (time, height, width).
        gain: learn the gain of the normalisation too.
        constant: the gain that is not learnt.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: tuple[int, int, int],
        stride: tuple[int, int, int] = (1, 1, 1),
        gain: bool = False,
        constant: float = 1.0,
    ):
        padding: Any = tuple(k // 2 for k in kernel)
        super().__init__(
            Conv3d(inputs, outputs, kernel, stride, padding, bias=False),
            nn.BatchNorm3d(outputs) if gain else ShiftNorm3d(outputs, constant),
        )


class ClipRegression(Regression):
    """A ``Regression`` of clips [B, 3, T, H, W]: body, then two layers of 512 with dropout, then one number.

    A single picture is a clip of one frame, for what is trained on pictures first.

    Attributes:
        SMALLEST: frames and side in pixels of the smallest clip that leaves something behind the last pool.
    """

    SMALLEST = (1, 1)

    body: Any

    @property
    def attended(self) -> nn.Module | None:
        """The last stage of the body, before what pools it."""
        return self.body.stage5

    def forward(self, clips: Tensor) -> Tensor:
        """Normalised clips [B, 3, T, H, W] to scores [B, 1].

        Raises:
            ValueError: no clips of three channels, or clips that are too short or too small.
        """
        frames, side = self.SMALLEST
        if clips.ndim != 5 or clips.shape[1] != 3 or 1 < clips.shape[2] < frames or min(clips.shape[3:]) < side:
            raise ValueError(
                f"{type(self).__name__} got {tuple(clips.shape)}: give clips [B, 3, T, H, W] of at least {frames} "
                f"frames (T), or of a single one, and {side}×{side} pixels."
            )
        return self.head(self.body(clips))  # [B, 1]


def regression_head(pool: nn.Module, features: int, dropout: float = 0.5) -> nn.Sequential:
    """Pool, FC 512, FC 512, each with ReLU and dropout, and one linear unit, at every width of the body.

    Args:
        pool: what makes one cell, or a few, of the body's map.
        features: number of values behind the pool.
        dropout: share that is dropped behind each FC 512; ½ in the papers.
    """
    hidden = 512
    head = nn.Sequential(
        pool,
        nn.Flatten(),
        nn.Linear(features, hidden),
        nn.ReLU(inplace=True),
        nn.Dropout(dropout),
        nn.Linear(hidden, hidden),
        nn.ReLU(inplace=True),
        nn.Dropout(dropout),
        nn.Linear(hidden, 1),
    )
    start_weights(head)
    return head


def scaled(channels: int, width: float) -> int:
    """A printed channel count at another width: rounded, at least 1."""
    return max(1, round(channels * width))


def _draws(start: Callable[..., None]) -> Callable[..., None]:
    """A start of weights that leaves networks of shapes alone, those built under ``torch.device("meta")``."""

    @wraps(start)
    @torch.no_grad()
    def started(module: nn.Module, *how, **named) -> None:
        if not next(module.parameters()).is_meta:
            start(module, *how, **named)

    return started


@_draws
def start_weights(network: nn.Module) -> None:
    """Draw all weights for ReLU (He et al., ICCV 2015); the papers do not say how they did.

    The dense layers too: with PyTorch's smaller weights the score of a narrow network hardly moves for its first steps.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv3d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)


def pad_as_keras(network: nn.Module) -> None:
    """Let strided convolutions and pools pad as Keras' "same" does (E24); at stride 1 both do the same."""
    for module in network.modules():
        if isinstance(module, PaddedMaxPool3d):
            module.keras_same = True
        elif isinstance(module, Conv3d) and max(module.stride) > 1:
            module.keras_same, module.padding = True, (0, 0, 0)


Regressing = TypeVar("Regressing", bound=ClipRegression)


def as_keras(network: Regressing) -> Regressing:
    """Change a network in place into the one that Keras builds from the same layers (E24, E114).

    Padding as ``pad_as_keras``; normalisations with epsilon 1e-3, and moving statistics that keep 0.99 of themselves;
    weights drawn as Glorot and Bengio do (AISTATS 2010), uniformly, all biases and shifts zero, and training begins
    with the last layer as it was drawn.
    """
    pad_as_keras(network)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm3d):
            module.eps, module.momentum = 1e-3, 0.01
    glorot_initialise(network)
    network.starts_drawn, network.body.framework = True, "keras"
    return network


@_draws
def glorot_initialise(network: nn.Module) -> None:
    """Draw weights uniformly within ±√(6 / (values in + values out)); biases, and shifts of normalisations, are 0."""
    for module in network.modules():
        if isinstance(module, nn.Conv3d | nn.Linear):
            nn.init.xavier_uniform_(module.weight)
        if isinstance(module, nn.Conv3d | nn.Linear | nn.BatchNorm3d) and module.bias is not None:
            nn.init.zeros_(module.bias)


@_draws
def shift_initialise(body: nn.Module, first: nn.Conv3d, noise: float) -> None:
    """Draw weights with which a deep network hands its input on, ours: one drawn at random hardly learns in minutes.

    Layers that are normalised one after the other soon forget what they were given; see ``delta_initialise`` for how
    these do not (cf. Xiao et al., ICML 2018, who train ten thousand layers from such a start). Shifts of ½ let ReLU
    pass most of it. Of the first convolution's filters half see one frame, and half start with the sum zero over time,
    as detectors of change.

    Args:
        body: every convolution is followed by batch normalisation; changed in place.
        first: its first convolution.
        noise: of ``delta_initialise``.
    """
    for module in body.modules():
        if isinstance(module, nn.BatchNorm3d):
            module.bias.fill_(0.5)
        if isinstance(module, nn.Conv3d) and module is not first:
            delta_initialise(module, noise)
    _see_changes_and_frames(first)


@_draws
def frame_initialise(body: nn.Module, first: nn.Conv3d) -> None:
    """Let convolutions that are already drawn treat every frame by itself, as ``shift_initialise`` does; ours.

    Args:
        body: its convolutions keep the middle moment of their kernels, so much larger that maps stay as large; changed
            in place.
        first: its first convolution, of which half becomes detectors of change; as large as it was drawn.
    """
    for module in body.modules():
        if isinstance(module, nn.Conv3d) and module is not first:
            _see_one_frame(module.weight)
            module.weight *= module.kernel_size[0] ** 0.5
    _see_changes_and_frames(first)


def _see_changes_and_frames(first: nn.Conv3d) -> None:
    half = len(first.weight) // 2
    change, looks = first.weight[:half], first.weight[half:]
    _see_one_frame(looks)
    change -= change.mean(2, keepdim=True)


@_draws
def delta_initialise(module: nn.Conv3d, noise: float) -> None:
    """Let the centre of a kernel pass channel i on to channel i, and to i + C, i + 2C … if there are so many.

    Every frame is first treated by itself; what comes before and after it begins at zero.

    Args:
        module: C input channels; changed in place.
        noise: norm of the random part of a filter, of which the middle moment is kept; that of what it passes on is 1.
    """
    outputs, inputs, *kernel = (int(side) for side in module.weight.shape)
    here = torch.arange(outputs)
    nn.init.normal_(module.weight, std=noise * module.weight[0].numel() ** -0.5)
    middle: Any = (here, here % inputs, *(side // 2 for side in kernel))
    module.weight[middle] += 1
    _see_one_frame(module.weight)


def _see_one_frame(filters: Tensor) -> None:
    """Zeros but for the middle moment of filters [outputs, inputs, k, kH, kW]."""
    middle = filters.shape[2] // 2
    filters[:, :, :middle] = filters[:, :, middle + 1 :] = 0
