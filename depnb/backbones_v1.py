"""Version-1 ResNet and SE-ResNet bodies, those of the circulating VGGFace2 weights, and the pictures that they take.

The names and shapes of their weights are those of torchvision's ResNet; strides, pool and pictures are not. So these
are classes of their own, and ``weights.load`` puts no weights of the one into the other.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from depnb.augment import strong
from depnb.backbones import ResNetBody
from depnb.clips import Input

MEAN_BGR = (91.4953, 103.8827, 131.0912)
"""Of VGGFace2's pictures, grey levels of 0–255, blue first."""


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
            first = stage[0]
            if hasattr(first, "conv3"):
                first.conv1.stride, first.conv2.stride = first.conv2.stride, (1, 1)


def prepare_v1(pixels: Tensor) -> Tensor:
    """RGB [..., 3, S, S], uint8 or float32 in 0–1, to float32 BGR, grey levels of 0–255 less ``MEAN_BGR``."""
    levels = pixels.float() if pixels.dtype == torch.uint8 else 255 * pixels
    return levels.flip(-3) - torch.tensor(MEAN_BGR, device=levels.device)[:, None, None]  # [..., 3, S, S]


def _frame(clips: Tensor, training: bool, vary: Callable[[Tensor], Tensor] | None) -> Tensor:
    return prepare_v1(vary(clips) if vary and training else clips)[:, 0]  # [B, 3, S, S]


FRAME_V1 = Input(partial(_frame, vary=strong))
"""Single frames for these bodies, varied in training; [B, 3, S, S]."""
PLAIN_FRAME_V1 = Input(partial(_frame, vary=None))
"""The same, never varied."""
