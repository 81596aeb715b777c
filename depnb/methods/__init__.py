"""The methods. The loop, the evaluation and the tables know them only through what is written here.

A method is a module of this package with

* ``PAPER`` (its name in results), ``CITATION``, ``VERSION`` (raised when its numbers change);
* ``inputs``: what the network eats, ``"frame"``;
* ``Config``: frozen dataclass of the paper's switches, and ``ROWS``: configurations of its tables by name;
* ``GRID``: the (row, corpus) pairs of ``headline`` and ``all``; ``PROTOCOLS``: what ``honest`` and ``paper`` mean;
* ``TABLES``: by printed table, which of our rows is which printed method;
* ``model(config, scale)``: a ``Network``, at ``Scale()`` the paper's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Protocol as Interface

from torch import Tensor


class Network(Interface):
    """What the loop asks of a network, besides being an ``nn.Module`` from inputs [B, …] to an output."""

    def start_at(self, bdi: Tensor) -> None:
        """Let the untrained network predict what is known without looking: the labels [N] it will train on."""

    def loss(self, output: Tensor, bdi: Tensor) -> Tensor:
        """Training loss of the batch, a scalar; ``bdi`` [B] in BDI-II points."""

    def score(self, output: Tensor) -> Tensor:
        """Predicted BDI-II [B], in points."""

    def describe(self, output: Tensor) -> Mapping[str, Tensor]:
        """More to watch during training, each [B]; may be empty."""


@dataclass(frozen=True)
class Protocol:
    """Who is trained on, and what selects the step of training.

    Attributes:
        train: partitions that are trained on.
        select: partition whose RMSE selects the step; ``None`` takes the last step.
    """

    train: tuple[str, ...]
    select: str | None


HONEST = Protocol(train=("train",), select="development")

PAPERS = ("distribution",)


def method(paper: str) -> ModuleType:
    """The module of a paper's method.

    Raises:
        KeyError: for a paper without a method; the message lists those that have one.
    """
    if paper not in PAPERS:
        raise KeyError(f"No method for paper {paper!r}: choose from {', '.join(PAPERS)}.")
    return import_module(f"{__name__}.{paper}")
