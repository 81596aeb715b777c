"""Trained networks on disk: one safetensors file each, with what must be known to score a video, and nobody's name.

``depnb run --networks FOLDER`` keeps them; a store holds numbers only. Beside each lies its model card in Markdown.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from depnb.experiments import model_card, network_cards
from depnb.experiments.disclosure import coarse_errors
from depnb.experiments.facts import sha256
from depnb.experiments.network_cards import Card, UnusableNetwork, committed
from depnb.experiments.run import Run
from depnb.methods.registry import method, parts
from depnb.system.files import write_bytes, write_text

__all__ = ["Card", "UnusableNetwork", "committed", "file", "files", "read", "write"]


def file(folder: Path, run: Run, fold: int | None = None) -> Path:
    """Where the network of a training lies, ``<paper>/<row>-<corpus>-<protocol>-<profile>-s<seed>-<digest>``."""
    which = "" if fold is None else f"-fold{fold + 1}"
    generated = "generated" in run.facts["corpus"]
    digest = run.digest if generated else sha256(_without_corpus(run.facts))
    return folder / run.paper / f"{run.name}{which}-{digest[:8]}.safetensors"


def files(folder: Path, run: Run) -> list[Path]:
    """Where all networks of a run lie: one, or one per fold; of a fused row those of its parts."""
    paper = method(run.paper)
    folds = paper.protocols[run.protocol].folds
    rows = [replace(run, row=row) for row in parts(paper, run.row)]
    return [file(folder, row, fold) for row in rows for fold in (range(folds) if folds else [None])]


def write(path: Path, card: Card, network: nn.Module) -> None:
    """Write a network and its model card, of real people with what may be said of them; files there are replaced.

    ``card.judged`` is written as it is: of real people it is what ``band_errors.disclosed`` gave.
    """
    card = card if card.generated else _disclosed(card)
    weights = {name: value.detach().cpu().contiguous().clone() for name, value in network.state_dict().items()}
    arrays = {name: value.numpy() for name, value in weights.items()}
    write_bytes(path, save(weights, network_cards.metadata_of(card, arrays)))
    numbers = sum(value.size for value in arrays.values())
    write_text(path.with_suffix(".md"), model_card.page(card, numbers, path.name, card.judged))


def read(path: Path | str) -> tuple[Card, dict[str, Tensor]]:
    """What is known of a network, and its state dict.

    Raises:
        FileNotFoundError: no such file.
        UnusableNetwork: it is damaged, or no network that depnb has kept.
    """
    card, weights = network_cards.read(path)
    return card, {name: torch.tensor(value) for name, value in weights.items()}


def _disclosed(card: Card) -> Card:
    """What may be handed on of a card, as networks are."""
    return replace(
        card,
        run=replace(card.run, corpus=Path(card.run.corpus).name),
        facts=_without_corpus(card.facts),
        constant=float(round(card.constant)),
        errors=coarse_errors(card.errors),
    )


def _without_corpus(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name != "corpus"}
