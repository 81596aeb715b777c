"""ResNet and SE-ResNet bodies: 50 layers as printed, and smaller ones of the same making."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

STAGES: dict[int, tuple[str, tuple[int, int, int, int]]] = {
    10: ("BasicBlock", (1, 1, 1, 1)),
    18: ("BasicBlock", (2, 2, 2, 2)),
    50: ("Bottleneck", (3, 4, 6, 3)),
}
"""By depth: torchvision's block, and how many of it in each stage."""


def dense_head(channels: int, width: float, outputs: int) -> nn.Sequential:
    """Global average, FC 512 with ReLU, and a linear layer: what follows the body in the papers' image networks.

    Args:
        channels: C of the body's map. width: factor on 512. outputs: units of the last layer.
    """
    hidden = round(512 * width)
    return nn.Sequential(
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(channels, hidden),
        nn.ReLU(inplace=True),
        nn.Linear(hidden, outputs),
    )


class SqueezeExcitation(nn.Module):
    """Weighs each channel of a map by what all channels are like: x̃_c = s_c·u_c (Hu et al., CVPR 2018).

    z_c is the mean of channel c (squeeze), s = σ(W2 δ(W1 z)) with δ = ReLU and σ = sigmoid (excitation); the DepNet
    paper, which repeats this as its eq. 2–4, calls σ the ReLU (E45). W1 and W2 are ``fc1`` and ``fc2``, with biases
    that eq. 3 leaves out and the published SE-ResNet-50 has.

    Args:
        channels: C. ratio: r ≥ 1; W1 leads to C/r hidden channels, rounded down, at least one.
    """

    def __init__(self, channels: int, ratio: int = 16):
        super().__init__()
        hidden = max(1, channels // ratio)
        self.fc1 = nn.Linear(channels, hidden)
        self.fc2 = nn.Linear(hidden, channels)

    def forward(self, u: Tensor) -> Tensor:
        """Maps [B, C, H, W] to maps of the same shape; every s_c lies between 0 and 1."""
        z = u.mean((2, 3))  # [B, C]
        s = torch.sigmoid(self.fc2(functional.relu(self.fc1(z))))  # [B, C]
        return u * s[:, :, None, None]  # [B, C, H, W]


class NormSE(nn.BatchNorm2d):
    """Batch normalisation, then squeeze and excitation: how the branch of an SE-ResNet's block ends before the sum."""

    def __init__(self, channels: int, ratio: int):
        super().__init__(channels)
        self.se = SqueezeExcitation(channels, ratio)

    def forward(self, x: Tensor) -> Tensor:
        return self.se(super().forward(x))


class ResNetBody(nn.Module):
    """Convolutional body of a ResNet (He et al., CVPR 2016) or SE-ResNet (Hu et al., CVPR 2018) at any width.

    Built from torchvision's blocks under torchvision's names, so that ``ResNetBody(50)`` has the parameters, the
    state dict and the outputs of ``torchvision.models.resnet50`` without its classifier: 23,508,032 parameters.
    ``ResNetBody(50, se_ratio=16)`` is SE-ResNet-50, 26,039,024 parameters.

    Args:
        depth: a key of ``STAGES``.
        width: factor on the channel counts 64, 128, 256 and 512 of the four stages.
        se_ratio: r of the squeeze and excitation at the end of each block's branch, under the name of the block's last
            normalisation and ``.se``; ``None``: there is none.

    Attributes:
        channels: C of the output map; 2048 for depth 50 at width 1.

    Raises:
        ValueError: for a depth that is not in ``STAGES``, or a ratio below 1.
    """

    def __init__(self, depth: int = 50, width: float = 1.0, se_ratio: int | None = None):
        super().__init__()
        if depth not in STAGES:
            raise ValueError(f"No ResNet of depth {depth}: choose from {', '.join(map(str, STAGES))}.")
        if se_ratio is not None and se_ratio < 1:
            raise ValueError(f"se_ratio={se_ratio}: give a ratio of 1 or more, such as 16, or None for a plain ResNet.")
        from torchvision.models import resnet  # takes seconds to import, and not every reader of results needs it

        name, blocks = STAGES[depth]
        block = getattr(resnet, name)
        planes = [round(64 * width * 2**stage) for stage in range(4)]
        self.conv1 = nn.Conv2d(3, planes[0], 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(planes[0])
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.channels = planes[0]
        self.se_ratio = se_ratio
        self.layer1 = self._stage(block, planes[0], blocks[0], stride=1)
        self.layer2 = self._stage(block, planes[1], blocks[1], stride=2)
        self.layer3 = self._stage(block, planes[2], blocks[2], stride=2)
        self.layer4 = self._stage(block, planes[3], blocks[3], stride=2)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def _stage(self, block: Any, planes: int, blocks: int, stride: int) -> nn.Sequential:
        from torchvision.models.resnet import conv1x1

        layers = []
        for index in range(blocks):
            stride = stride if index == 0 else 1
            shortcut = None
            if stride != 1 or self.channels != planes * block.expansion:
                out = planes * block.expansion
                shortcut = nn.Sequential(conv1x1(self.channels, out, stride), nn.BatchNorm2d(out))
            layers.append(block(self.channels, planes, stride, shortcut))
            self.channels = planes * block.expansion
            if self.se_ratio is not None:
                last = "bn3" if hasattr(layers[-1], "bn3") else "bn2"
                setattr(layers[-1], last, NormSE(self.channels, self.se_ratio))
        return nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Normalised images [B, 3, H, W] to a feature map [B, channels, H/32, W/32]."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))  # [B, 64·width, H/4, W/4]
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))  # [B, channels, H/32, W/32]
