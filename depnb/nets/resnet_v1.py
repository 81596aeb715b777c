"""Version-1 ResNet and SE-ResNet bodies, those of the circulating VGGFace2 weights, and the pictures that they take.

The names and shapes of their weights are those of torchvision's ResNet; strides, pool and pictures are not. So these
are classes of their own, and ``weights.load`` puts no weights of the one into the other.
"""

from typing import Any

from torch import nn

from depnb.nets.resnet import ResNetBody


class ResNetV1Body(ResNetBody):
    """``ResNetBody`` as its authors built it in Caffe (He et al., CVPR 2016; Hu et al., CVPR 2018).

    Two things differ. Where a stage halves the map, the first 1×1 convolution of its first block has the stride, and
    not the 3×3 convolution; a block of two 3×3 convolutions has it on the first one in both versions. And the first max
    pool, 3×3 with stride 2, pads nothing and rounds its size up: a side of n cells becomes ⌈(n − 3)/2⌉ + 1, its last
    window may be incomplete, and all windows lie one cell further right and down than torchvision's.

    Arguments, attributes and errors are those of ``ResNetBody``; with ``se_ratio=16`` it is SENet-50.
    """

    def __init__(self, depth: int = 50, width: float = 1.0, se_ratio: int | None = None):
        super().__init__(depth, width, se_ratio)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=0, ceil_mode=True)
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            first: Any = stage[0]
            if hasattr(first, "conv3"):
                first.conv1.stride, first.conv2.stride = first.conv2.stride, (1, 1)
