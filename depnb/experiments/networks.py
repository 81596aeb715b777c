"""Trained networks on disk: one safetensors file each, with what must be known to score a video, and nobody's name.

``depnb run --networks FOLDER`` keeps them; a store holds numbers only.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from depnb.experiments.disclosure import coarse_errors
from depnb.experiments.facts import sha256
from depnb.experiments.run import Run
from depnb.methods.registry import method, parts
from depnb.system.files import write_bytes
from depnb.system.repository import NETWORKS

FORMAT = 1
CARD, CHECK = "depnb", "sha256"
"""Names of the two entries in the metadata of a file."""


@dataclass(frozen=True, config=ConfigDict(strict=True, extra="forbid", allow_inf_nan=False))
class Card:
    """What is known of a kept network besides its weights.

    Attributes:
        run: what was trained; a licensed corpus by its name, without its folder. fold: which of its trainings, from 0,
            where it has several.
        facts: everything that decided the weights (``Run.facts``); of a licensed corpus not what identifies it, because
            its check sum covers labels, and somebody who knows all but one could try the others.
        computing: precision, memory format and threads of the training.
        corpus: title of the corpus. generated: whether the people in it are drawn.
        learnt: whether the training loss fell below the constant predictor's.
        constant: the mean training label, BDI-II points; of a licensed corpus in whole points.
        errors: |score − label| in ascending order, points, of the videos of the selecting partition that show people
            whom the network was not trained on, and of each how many of these videos show its person. Empty where
            there are none. Of a licensed corpus they are coarse, and empty where people are few
            (``disclosure.coarse_errors``).
        depnb: version and commit that trained it.
        format: of the file.
        footage: median frames per second and seconds of the videos of the training (``footage.usual``); None in files
            of an older depnb.
    """

    run: Run
    fold: int | None
    facts: dict[str, Any]
    computing: dict[str, Any]
    corpus: str
    generated: bool
    learnt: bool
    constant: float
    errors: tuple[tuple[float, int], ...]
    depnb: str
    format: int = FORMAT
    footage: tuple[float, float] | None = None


_ADAPTER = TypeAdapter(Card)


class UnusableNetwork(ValueError):
    """A file that is no network of ours, a damaged one, or one that this code would use wrongly."""


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


def committed() -> Path:
    """The network of the repository, which is small and knows generated people only.

    Raises:
        FileNotFoundError: this package lies outside of a checkout, or the file is gone.
    """
    found = next(NETWORKS.glob("*/*.safetensors"), None)
    if found is None:
        raise FileNotFoundError(
            f"No network lies in {NETWORKS}: work in a checkout of the repository, or name one of your own with "
            "--weights, which `depnb run --missing --networks FOLDER` keeps."
        )
    return found


def write(path: Path, card: Card, network: nn.Module) -> None:
    """Write a network, of real people with what may be said of them; a file that is there is replaced."""
    card = card if card.generated else _disclosed(card)
    weights = {name: value.detach().cpu().contiguous().clone() for name, value in network.state_dict().items()}
    text = json.dumps(_ADAPTER.dump_python(card, mode="json"), sort_keys=True, allow_nan=False)
    write_bytes(path, save(weights, {CARD: text, CHECK: _checksum(text, weights)}))


def read(path: Path | str) -> tuple[Card, dict[str, Tensor]]:
    """What is known of a network, and its state dict.

    Raises:
        FileNotFoundError: no such file.
        UnusableNetwork: it is damaged, or no network that depnb has kept.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"No network {path}: give a file that `depnb run --missing --networks FOLDER` kept.")
    try:
        with safe_open(path, framework="pt") as stored:
            metadata = stored.metadata() or {}
            weights = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except (SafetensorError, ValueError) as error:
        raise UnusableNetwork(
            f"{path} is damaged or no network ({error}): expected a whole file that `depnb run --networks FOLDER` kept."
        ) from error
    if not {CARD, CHECK} <= metadata.keys():
        raise UnusableNetwork(
            f"{path} holds weights, but nothing says what of: expected a file that `depnb run --networks FOLDER` kept."
        )
    if metadata[CHECK] != _checksum(metadata[CARD], weights):
        raise UnusableNetwork(f"{path} is damaged: its check sum is another one. Copy it again, or train it again.")
    return _card(path, metadata[CARD]), weights


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


def _card(path: Path, text: str) -> Card:
    found = json.loads(text).get("format")
    if found != FORMAT:
        raise UnusableNetwork(f"{path} has format {found}, and this depnb reads {FORMAT}: train it again.")
    try:
        return _ADAPTER.validate_json(text)
    except ValidationError as error:
        raise UnusableNetwork(f"{path} says of itself what no network does: {error.errors()[0]['msg']}.") from error


def _checksum(text: str, weights: Mapping[str, Tensor]) -> str:
    """SHA-256 over the card and all weights in the order of their names."""
    whole = hashlib.sha256(text.encode())
    for name in sorted(weights):
        whole.update(f"{name} {weights[name].dtype} {list(weights[name].shape)}".encode())
        whole.update(weights[name].numpy().tobytes())
    return whole.hexdigest()
