"""What the three 3-D networks of the MSN paper share: convolution with normalisation, head, start, a check of clips."""

import torch
from torch import Tensor, nn

from depnb.methods.regression import Regression


class ShiftNorm3d(nn.BatchNorm3d):
    """Batch normalisation that learns a shift and no gain (Keras ``scale=False``), as in the authors' code (E18).

    The gain is a constant one, neither trained nor saved, so that every fast kernel still finds one.
    """

    def __init__(self, channels: int):
        super().__init__(channels)
        del self.weight
        self.register_buffer("weight", torch.ones(channels), persistent=False)


class ConvNorm3d(nn.Sequential):
    """Convolution without bias, size kept at stride 1, and batch normalisation; no ReLU.

    Args:
        kernel: (time, height, width), all odd. PyTorch's order: the paper writes height × width × time, so that its
            1×1×3 is (3, 1, 1) here (E19).
        stride: (time, height, width).
        gain: learn the gain of the normalisation too.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: tuple[int, int, int],
        stride: tuple[int, int, int] = (1, 1, 1),
        gain: bool = False,
    ):
        padding = tuple(k // 2 for k in kernel)
        super().__init__(
            nn.Conv3d(inputs, outputs, kernel, stride, padding, bias=False),
            nn.BatchNorm3d(outputs) if gain else ShiftNorm3d(outputs),
        )


class ClipRegression(Regression):
    """A ``Regression`` of clips [B, 3, T, H, W]: body, then two layers of 512 with dropout, then one number.

    Attributes:
        SMALLEST: frames and side in pixels of the smallest clip that leaves something behind the last pool.
    """

    SMALLEST = (1, 1)

    @property
    def attended(self) -> nn.Module:
        """The last stage of the body, before what pools it."""
        return self.body.stage5

    def forward(self, clips: Tensor) -> Tensor:
        """Normalised clips [B, 3, T, H, W] to scores [B, 1].

        Raises:
            ValueError: no clips of three channels, or clips that are too short or too small.
        """
        frames, side = self.SMALLEST
        if clips.ndim != 5 or clips.shape[1] != 3 or clips.shape[2] < frames or min(clips.shape[3:]) < side:
            raise ValueError(
                f"{type(self).__name__} got {tuple(clips.shape)}: give clips [B, 3, T, H, W] of at least {frames} "
                f"frames (T) and {side}×{side} pixels."
            )
        return self.head(self.body(clips))  # [B, 1]


def regression_head(pool: nn.Module, features: int) -> nn.Sequential:
    """Pool, FC 512, FC 512, each with ReLU and dropout ½, and one linear unit; as wide in narrow networks.

    Half of a few units dropped twice would leave little but noise.

    Args:
        pool: what makes one cell, or a few, of the body's map.
        features: number of values behind the pool.
    """
    hidden = 512
    head = nn.Sequential(
        pool,
        nn.Flatten(),
        nn.Linear(features, hidden),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
        nn.Linear(hidden, hidden),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
        nn.Linear(hidden, 1),
    )
    start_weights(head)
    return head


def scaled(channels: int, width: float) -> int:
    """A printed channel count at another width: rounded, at least 1."""
    return max(1, round(channels * width))


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
