"""What is known of a kept network besides its weights, and how a file of both is read. Needs no torch."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from safetensors import SafetensorError, safe_open

from depnb.experiments.run import Run
from depnb.system.repository import NETWORKS

FORMAT = 1
CARD, CHECK = "depnb", "sha256"
"""Names of the two entries in the metadata of a file."""
Judged = dict[str, dict[str, dict[str, float]]]
"""By partition and group of people (``band_errors.ALL``, or a severity band): numbers by name."""


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
        judged: errors on test and unseen people, or on those of the fold, by severity band (``band_errors``); of a
            licensed corpus what may be handed on of them. None in files of an older depnb.
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
    judged: Judged | None = None


_ADAPTER = TypeAdapter(Card)


class UnusableNetwork(ValueError):
    """A file that is no network of ours, a damaged one, or one that this code would use wrongly."""


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


def metadata_of(card: Card, weights: Mapping[str, np.ndarray]) -> dict[str, str]:
    """The metadata of the file of a network: the card, and a check sum over it and all weights."""
    text = json.dumps(_ADAPTER.dump_python(card, mode="json"), sort_keys=True, allow_nan=False)
    return {CARD: text, CHECK: _checksum(text, weights)}


def read(path: Path | str) -> tuple[Card, dict[str, np.ndarray]]:
    """What is known of a network, and its weights by name.

    Raises:
        FileNotFoundError: no such file.
        UnusableNetwork: it is damaged, or no network that depnb has kept.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"No network {path}: give a file that `depnb run --missing --networks FOLDER` kept.")
    try:
        with safe_open(path, framework="numpy") as stored:
            metadata = stored.metadata() or {}
            weights = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except (SafetensorError, ValueError, TypeError) as error:
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


def _card(path: Path, text: str) -> Card:
    found = json.loads(text).get("format")
    if found != FORMAT:
        raise UnusableNetwork(f"{path} has format {found}, and this depnb reads {FORMAT}: train it again.")
    try:
        return _ADAPTER.validate_json(text)
    except ValidationError as error:
        raise UnusableNetwork(f"{path} says of itself what no network does: {error.errors()[0]['msg']}.") from error


def _checksum(text: str, weights: Mapping[str, np.ndarray]) -> str:
    """SHA-256 over the card and all weights in the order of their names; types are named as torch names them."""
    whole = hashlib.sha256(text.encode())
    for name in sorted(weights):
        whole.update(f"{name} torch.{weights[name].dtype} {list(weights[name].shape)}".encode())
        whole.update(weights[name].tobytes())
    return whole.hexdigest()
