"""What all networks share whose last layer is one number: the score itself."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class Regression(nn.Module):
    """A ``methods.Network`` that regresses the score with the mean squared error.

    A network that inherits from it has a ``body`` and a ``head`` whose last layer is ``nn.Linear(…, 1)``, and its
    output is [B, 1].

    Attributes:
        attended: the last stage of the body, or ``None`` where a network has no map to look at.
    """

    body: nn.Module
    head: nn.Sequential
    attended: nn.Module | None

    def start_at(self, bdi: Tensor) -> None:
        """Begin at the constant predictor: zero last weights, the mean of the training labels [N] as bias. Ours."""
        last = self.head[-1]
        nn.init.zeros_(last.weight)
        with torch.no_grad():
            last.bias.fill_(bdi.mean())

    def loss(self, output: Tensor, bdi: Tensor) -> Tensor:
        """Mean squared error of outputs [B, 1] against labels [B], points²; half precision is raised to float32."""
        score = self.score(output)
        return (score - bdi.to(score.dtype)).square().mean()

    def score(self, output: Tensor) -> Tensor:
        """Predicted BDI-II [B], neither clipped nor rounded (E107)."""
        return (output if output.dtype == torch.float64 else output.float()).squeeze(1)  # [B]

    def describe(self, output: Tensor) -> Mapping[str, Tensor]:
        return {}
