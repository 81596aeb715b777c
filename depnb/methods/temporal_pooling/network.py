"""Temporal pooling: a few frames as one 8-bit image of codes, and a still image beside it, in two ResNet-50 streams.

W. C. de Melo, E. Granger, M. Bordallo Lopez, *Encoding Temporal Information for Automatic Depression Recognition from
Facial Analysis*, ICASSP 2020. Implemented: §2 (code image, eq. 1–3; both streams), Tables 1–2, fusion of the scores.
What the paper leaves open is decided in ``encode`` and ``Config``; E-numbers name entries of docs/errata.md.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from depnb.inputs.augment import strong, strong_shape, turned
from depnb.inputs.order import shuffled
from depnb.inputs.pixels import centre_on_faces, normalise
from depnb.methods.profiles import PRINTED, Scale
from depnb.methods.temporal_pooling.code_image import encode_clips
from depnb.methods.temporal_pooling.rows import Config
from depnb.nets.regression import Regression
from depnb.nets.resnet import ResNetBody, dense_head
from depnb.nets.resnet_v1 import ResNetV1Body
from depnb.nets.weights.registry import IMPORTED


class StreamNet(Regression):
    """One stream: image → ResNet body → global average → FC 512 → one score (§2). The streams share no parameters.

    At ``Scale()`` it has 24,557,633 parameters. FC 512 is followed by ReLU and not by dropout; the paper names neither.

    Args:
        scale: size of the network.
        version: 1 for the body that VGGFace2's weights are of, 2 for torchvision's.

    Attributes:
        body: the convolutional body.
        attended: its last stage, conv5_x.
        head: global average pooling and the fully connected layers.
    """

    def __init__(self, scale: Scale, version: Literal[1, 2] = 2):
        super().__init__()
        body = ResNetV1Body if version == 1 else ResNetBody
        self.body = body(scale.depth, scale.width)
        self.head = dense_head(self.body.channels, scale.width, 1)

    @property
    def attended(self) -> nn.Module:
        return self.body.layer4

    def forward(self, images: Tensor) -> Tensor:
        """Normalised images [B, 3, H, W], still or code three times, to scores [B, 1]."""
        features = self.body(images)  # [B, C, H/32, W/32]
        return self.head(features)  # [B, 1]


def prepare(config: Config, clips: Tensor, training: bool) -> Tensor:
    """uint8 clips [B, l, 1, S, S] or still images [B, 1, 3, S, S] to standardised images [B, 3, S, S]."""
    return (_coded if config.stream == "temporal" else _still)(config, clips, training)


def _coded(config: Config, clips: Tensor, training: bool) -> Tensor:
    """Grey uint8 [B, l, 1, S, S] to the standardised code image, three times [B, 3, S, S]; varied first (E09)."""
    if config.order == "shuffled":
        clips = shuffled(clips)
    if training and config.augment != "none":
        varied = strong_shape(clips) if config.augment == "strong" else turned(clips)
        clips = varied.mul(255).add_(0.5).to(torch.uint8)  # [B, l, 1, S, S]
    code = encode_clips(clips[:, :, 0], group=config.group, dead_zone=config.dead_zone)  # [B, S, S]
    return _scaled(config, code[:, None].expand(-1, 3, -1, -1))  # [B, 3, S, S]


def _still(config: Config, clips: Tensor, training: bool) -> Tensor:
    """uint8 [B, 1, 3, S, S] to standardised images [B, 3, S, S]."""
    if training and config.augment != "none":
        clips = strong(clips) if config.augment == "strong" else turned(clips)
    return _scaled(config, clips)[:, 0]  # [B, 3, S, S]


def _scaled(config: Config, pixels: Tensor) -> Tensor:
    """Pixels as the body takes them; codes are taken for grey levels."""
    return centre_on_faces(pixels) if config.start in IMPORTED else normalise(pixels)


def build(config: Config, scale: Scale = PRINTED) -> StreamNet:
    """The network of a row: the same for both streams, which differ in what they are shown."""
    network = StreamNet(scale, 1 if config.start in IMPORTED else 2)
    network.objective = config.objective
    return network
