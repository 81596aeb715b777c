"""ResNet bodies: 50 layers as printed, and smaller ones of the same making."""

from torch import Tensor, nn

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


class ResNetBody(nn.Module):
    """Convolutional body of a ResNet (He et al., CVPR 2016) at any width.

    Built from torchvision's blocks under torchvision's names, so that ``ResNetBody(50)`` has the parameters, the
    state dict and the outputs of ``torchvision.models.resnet50`` without its classifier: 23,508,032 parameters.

    Args:
        depth: a key of ``STAGES``.
        width: factor on the channel counts 64, 128, 256 and 512 of the four stages.

    Attributes:
        channels: C of the output map; 2048 for depth 50 at width 1.

    Raises:
        ValueError: for a depth that is not in ``STAGES``.
    """

    def __init__(self, depth: int = 50, width: float = 1.0):
        super().__init__()
        if depth not in STAGES:
            raise ValueError(f"No ResNet of depth {depth}: choose from {', '.join(map(str, STAGES))}.")
        from torchvision.models import resnet  # takes seconds to import, and not every reader of results needs it

        name, blocks = STAGES[depth]
        block = getattr(resnet, name)
        planes = [round(64 * width * 2**stage) for stage in range(4)]
        self.conv1 = nn.Conv2d(3, planes[0], 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(planes[0])
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.channels = planes[0]
        self.layer1 = self._stage(block, planes[0], blocks[0], stride=1)
        self.layer2 = self._stage(block, planes[1], blocks[1], stride=2)
        self.layer3 = self._stage(block, planes[2], blocks[2], stride=2)
        self.layer4 = self._stage(block, planes[3], blocks[3], stride=2)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def _stage(self, block: type[nn.Module], planes: int, blocks: int, stride: int) -> nn.Sequential:
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
        return nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Normalised images [B, 3, H, W] to a feature map [B, channels, H/32, W/32]."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))  # [B, 64·width, H/4, W/4]
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))  # [B, channels, H/32, W/32]
