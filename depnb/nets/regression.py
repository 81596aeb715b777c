"""What all networks share whose last layer is one number: the score itself."""

from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn

Objective = Literal["standardised", "mse", "half_mse"]


class Regression(nn.Module):
    """A ``methods.Network`` that regresses the score with the mean squared error.

    A network that inherits from it has a ``body`` and a ``head`` whose last layer is ``nn.Linear(…, 1)``, and its
    output is [B, 1].

    Attributes:
        attended: the last stage of the body, or ``None`` where a network has no map to look at.
        objective: what the last layer answers in, and what is minimised. ``standardised``: standard deviations from the
            mean of the training labels, so that a change of a weight is worth points from the first step on, and the
            mean squared error of the points; ours. ``mse``, ``half_mse``: points, and their mean squared error or half
            of it, as papers print it. For Adam the difference is small; a step of stochastic gradient descent is 2σ²
            times as large with ``standardised`` as with ``half_mse`` (E112).
        starts_drawn: the last layer stays as it was drawn, as in Keras; else training begins at the constant predictor.
        labels: what the last layer's answer is counted from and in, points: mean of the training labels, and their
            standard deviation if the objective is standardised, else 1; before ``start_at`` 0 and 1.
    """

    head: nn.Sequential
    labels: Tensor
    objective: Objective = "standardised"
    starts_drawn: bool = False

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("labels", torch.tensor([0.0, 1.0]))

    def start_at(self, bdi: Tensor) -> None:
        """Begin at the constant predictor, the mean of the training labels [N]: the last weights are zero."""
        if self.starts_drawn:
            return
        last: Any = self.head[-1]
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        # the mean stays outside the layer: bfloat16 has steps of 1/16 at 15 points
        deviation = bdi.std(correction=0) if self.objective == "standardised" else torch.ones_like(bdi[0])
        self.labels.copy_(torch.stack([bdi.mean(), deviation]))

    def loss(self, output: Tensor, bdi: Tensor) -> Tensor:
        """Mean squared error of outputs [B, 1] against labels [B], or half of it, points²; half precision is raised to
        float32."""
        score = self.score(output)
        error = (score - bdi.to(score.dtype)).square().mean()
        return error / 2 if self.objective == "half_mse" else error

    def constant_losses(self, bdi: Tensor) -> list[float]:
        """The loss of the constant predictor, the mean of the labels [N], for each of them."""
        errors = (bdi - bdi.mean()).square()  # [N]
        return (errors / 2 if self.objective == "half_mse" else errors).tolist()

    def score(self, output: Tensor) -> Tensor:
        """Predicted BDI-II [B], neither clipped nor rounded (E107)."""
        mean, deviation = self.labels
        return mean + deviation * (output if output.dtype == torch.float64 else output.float()).squeeze(1)  # [B]

    def describe(self, output: Tensor) -> Mapping[str, Tensor]:
        return {}
