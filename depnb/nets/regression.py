"""What all networks share whose last layer is one number: the score itself."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn


class Regression(nn.Module):
    """A ``methods.Network`` that regresses the score with the mean squared error.

    A network that inherits from it has a ``body`` and a ``head`` whose last layer is ``nn.Linear(…, 1)``, and its
    output is [B, 1].

    Its last layer gives the score in standard deviations from the mean of the training labels, so that a change of a
    weight is worth points from the first step on; ours, no paper says how its labels are scaled.

    Attributes:
        attended: the last stage of the body, or ``None`` where a network has no map to look at.
        labels: mean and standard deviation of the labels, in points; 0 and 1 before ``start_at``.
    """

    head: nn.Sequential
    labels: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("labels", torch.tensor([0.0, 1.0]))

    def start_at(self, bdi: Tensor) -> None:
        """Begin at the constant predictor, the mean of the training labels [N]: the last layer gives zero."""
        last: Any = self.head[-1]
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.labels.copy_(torch.stack([bdi.mean(), bdi.std(correction=0)]))

    def loss(self, output: Tensor, bdi: Tensor) -> Tensor:
        """Mean squared error of outputs [B, 1] against labels [B], points²; half precision is raised to float32."""
        score = self.score(output)
        return (score - bdi.to(score.dtype)).square().mean()

    def score(self, output: Tensor) -> Tensor:
        """Predicted BDI-II [B], neither clipped nor rounded (E107)."""
        mean, deviation = self.labels
        return mean + deviation * (output if output.dtype == torch.float64 else output.float()).squeeze(1)  # [B]

    def describe(self, output: Tensor) -> Mapping[str, Tensor]:
        return {}
