"""ResNet-50 with expectation loss: the score as the mean of a distribution over the BDI-II levels.

W. C. de Melo, E. Granger, A. Hadid, *Depression Detection Based on Deep Distribution Learning*, ICIP 2019.
Implemented: §2 (network, eq. 1–3), the three losses of Table 1, training of §3. What the paper leaves open is
decided in ``Config``; E-numbers name entries of docs/errata.md.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from depnb.methods.distribution.rows import Config
from depnb.methods.profiles import PRINTED, Scale
from depnb.nets.resnet import ResNetBody, dense_head
from depnb.nets.resnet_v1 import ResNetV1Body
from depnb.nets.weights.registry import IMPORTED

LEVELS = 64
"""K, one level for each BDI-II score (E59: the paper never prints it; E60: z is [M, K] for a batch of M)."""


class DistributionNet(nn.Module):
    """Frame → ResNet body → global average → FC 512 → K logits, or one score for the Euclidean row (§2).

    At ``Scale()`` it has 24,589,952 parameters. FC 512 is followed by ReLU and not by dropout, also for the Euclidean
    row (E67).

    Attributes:
        body: the convolutional body; of version 1 where it starts from VGGFace2.
        attended: its last stage, conv5_x: Grad-CAM of the expected score looks there. The paper does not name its
            attention map; a plain class activation map is impossible with FC 512 behind the pooling (E69). ``None`` for
            the most probable level, which has no gradient.
        head: global average pooling and the fully connected layers.
    """

    def __init__(self, config: "Config", scale: Scale):
        super().__init__()
        self.config = config
        body = ResNetV1Body if config.start in IMPORTED else ResNetBody
        self.body = body(scale.depth, scale.width)
        self.head = dense_head(self.body.channels, scale.width, 1 if config.loss == "euclidean" else LEVELS)

    @property
    def attended(self) -> nn.Module | None:
        return None if self.config.softmax_test == "argmax" else self.body.layer4

    def forward(self, frames: Tensor) -> Tensor:
        """Normalised frames [B, 3, H, W] to logits [B, K], or scores [B, 1] for the Euclidean row."""
        features = self.body(frames)  # [B, C, H/32, W/32]
        return self.head(features)  # [B, K]

    def start_at(self, bdi: Tensor) -> None:
        """Begin at the constant predictor: zero last weights, and its bias from the training labels [N].

        The bias is the mean label (Euclidean), or the log frequency of the levels, smoothed by one label spread over
        all of them. Without it a softmax begins at 31.5 points, the middle of the scale, and the first steps go into
        moving all predictions down to the mean. Ours; the paper says nothing about it.
        """
        last: Any = self.head[-1]
        nn.init.zeros_(last.weight)
        with torch.no_grad():
            if self.config.loss == "euclidean":
                last.bias.fill_(bdi.mean())
            else:
                counts = torch.bincount(_level(bdi, LEVELS), minlength=LEVELS)
                last.bias.copy_((counts + 1 / LEVELS).log())

    def loss(self, output: Tensor, bdi: Tensor) -> Tensor:
        """The configured loss of a batch of outputs [B, K] and scores [B]."""
        return LOSSES[self.config.loss](output, bdi)

    def score(self, output: Tensor) -> Tensor:
        """Predicted BDI-II [B], neither clipped nor rounded (E107)."""
        if self.config.loss == "euclidean":
            return output.float().squeeze(1)  # [B]
        if self.config.loss == "softmax" and self.config.softmax_test == "argmax":
            return output.argmax(1).float()  # [B]
        return expected_score(output)

    def describe(self, output: Tensor) -> Mapping[str, Tensor]:
        """Variance (points²) and entropy (nats) of the distribution, each [B]: is it compact (E63)?"""
        if self.config.loss == "euclidean":
            return {}
        p = torch.softmax(output.float(), 1)
        levels = torch.arange(p.shape[1], device=p.device, dtype=p.dtype)
        variance = (p * (levels - expected_score(output)[:, None]) ** 2).sum(1)  # [B]
        return {"variance": variance, "entropy": torch.special.entr(p).sum(1)}


def expected_score(logits: Tensor) -> Tensor:
    """Mean of the distribution over the levels: E = Σ_j j·p_j with p = softmax(z) (eq. 1–2).

    Args:
        logits: z, shape [B, K]; the levels are 0 … K − 1. Half precision is raised to float32.

    Returns:
        E in BDI-II points, shape [B], inside [0, K − 1].
    """
    logits = logits if logits.dtype == torch.float64 else logits.float()
    p = torch.softmax(logits, 1)  # [B, K]
    levels = torch.arange(logits.shape[1], device=logits.device, dtype=logits.dtype)
    return p @ levels  # [B]


def expectation_loss(logits: Tensor, bdi: Tensor) -> Tensor:
    """Half the mean squared error of the expected score: L = 1/(2M) Σ_i (E_i − y_i)² (eq. 3).

    The same formula as the mean loss of Pan et al. (CVPR 2018); new is its use alone (E64). It fixes only the mean:
    two peaks around the label cost nothing (E63). ∂L/∂z_ik = (E_i − y_i) · p_ik · (k − E_i) / M.

    Args:
        logits: z, shape [B, K].
        bdi: y, shape [B], in points; need not be integers.

    Returns:
        L, a scalar in points².
    """
    expected = expected_score(logits)
    return (expected - bdi.to(expected.dtype)).square().mean() / 2


def softmax_loss(logits: Tensor, bdi: Tensor) -> Tensor:
    """Cross-entropy of the nearest level (§3, "softmax loss"), mean over the batch, in nats.

    Args:
        logits: z, shape [B, K].
        bdi: y, shape [B]; rounded to a level, a half to the even one.
    """
    logits = logits if logits.dtype == torch.float64 else logits.float()
    return functional.cross_entropy(logits, _level(bdi, logits.shape[1]))


def euclidean_loss(scores: Tensor, bdi: Tensor) -> Tensor:
    """Half the mean squared error of a regressed score: L = 1/(2M) Σ_i (ŷ_i − y_i)² (§3, "Euclidean loss").

    Args:
        scores: ŷ, shape [B, 1].
        bdi: y, shape [B].
    """
    scores = scores.squeeze(1)  # [B]
    scores = scores if scores.dtype == torch.float64 else scores.float()
    return (scores - bdi.to(scores.dtype)).square().mean() / 2


def _level(bdi: Tensor, levels: int) -> Tensor:
    return bdi.round().long().clamp(0, levels - 1)


LOSSES = {"expectation": expectation_loss, "softmax": softmax_loss, "euclidean": euclidean_loss}


def build(config: Config, scale: Scale = PRINTED) -> DistributionNet:
    """The network of a row."""
    return DistributionNet(config, scale)
