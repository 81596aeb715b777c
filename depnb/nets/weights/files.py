"""Pretrained weights from their files: download, verify, load into a network."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.error import URLError

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from depnb.inputs.pixels import centre_on_faces
from depnb.nets.resnet import ResNetBody
from depnb.nets.resnet_v1 import ResNetV1Body
from depnb.nets.weights.registry import BUILT, IMPORTED, TIMM, Entry, damaged, find, import_path, imported
from depnb.system.files import atomic_path

CLASSIFIERS = ("fc.", "head.", "classifier.", "logits.")
"""Beginnings of the names of what is left out: the last layer, one unit a class."""


@dataclass(frozen=True)
class Checked:
    """Weights that were found whole.

    Attributes:
        entry: with the hash that was verified.
        parameters: of the network without its classifier.
        output: shape of what it made of one input.
    """

    entry: Entry
    parameters: int
    output: tuple[int, ...]


def get(name: str) -> Entry:
    """Weights on this machine, downloaded if they are not there yet; the hash of what was there is verified as well.

    Of imported ones only the record is looked at; ``load`` and ``check`` verify them.

    Raises:
        KeyError: no such weights.
        FileNotFoundError: they could not be fetched, or must be imported; the message says what to put where.
        ValueError: the file is another one than it should be.
    """
    entry = find(name)
    if entry.url is None:
        imported(name)
        return entry
    if not entry.path.exists():
        _download(entry)
        entry = find(name)
    found = content_sha256(_timm_state(entry)) if name in TIMM else file_sha256(entry.path)
    if not found.startswith(str(entry.sha256)):
        raise ValueError(
            f"{entry.path} is not {entry.source}: its SHA-256 is {found}, and {entry.sha256} was expected. Delete it, "
            f"and run `depnb weights get {name}`."
        )
    return entry


def state(name: str) -> dict[str, Tensor]:
    """The weights without the classifier, verified.

    Raises:
        KeyError, FileNotFoundError, ValueError: as ``get``.
    """
    entry = get(name)
    if entry.url is None:
        return _imported_state(name)
    if name in TIMM:
        return _timm_state(entry)
    values = torch.load(entry.path, map_location="cpu", weights_only=True)
    return {name: value for name, value in values.items() if not name.startswith(CLASSIFIERS)}


def load(name: str, body: nn.Module) -> None:
    """Fill a network with weights, its classifier excepted.

    Args:
        name: of an ``Entry``.
        body: changed in place; its class says which architecture it is, because names and shapes do not.

    Raises:
        KeyError, FileNotFoundError: as ``get``.
        ValueError: as ``get``, or the network is of another architecture.
    """
    entry = find(name)
    _demand_architecture(entry, body)
    values = state(name)
    wanted = {key: tuple(value.shape) for key, value in body.state_dict().items() if not key.startswith(CLASSIFIERS)}
    found = {key: tuple(value.shape) for key, value in values.items()}
    if found != wanted:
        raise ValueError(f"{name} is not of this {type(body).__name__}: {first_difference(found, wanted)}.")
    body.load_state_dict(values, strict=False)


def check(name: str) -> Checked:
    """Verify the hash of weights that are here, and that their network makes finite numbers of an input.

    Raises:
        KeyError: no such weights.
        FileNotFoundError: they are not here.
        ValueError: they are damaged, or the numbers are not finite.
    """
    entry = find(name)
    if entry.url is not None and not entry.path.exists():
        raise FileNotFoundError(f"{name} is not on this machine: run `depnb weights get {name}`.")
    body = build(entry.architecture).eval()
    load(name, body)
    picture = torch.rand(1, *entry.shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        output = body(centre_on_faces(picture) if name in IMPORTED else picture)
    if not output.isfinite().all():
        raise ValueError(f"{name} makes numbers that are not finite: {entry.path} is of no use.")
    parameters = sum(p.numel() for key, p in body.named_parameters() if not key.startswith(CLASSIFIERS))
    return Checked(entry, parameters, tuple(output.shape))


def build(architecture: str) -> nn.Module:
    """A network of an ``Entry.architecture``, its weights drawn at random."""
    if architecture == "inception_resnet_v1":
        from facenet_pytorch import InceptionResnetV1

        return InceptionResnetV1()
    if f"timm-{architecture}" in TIMM:
        return _timm().create_model(architecture, pretrained=False, num_classes=0)
    if architecture in BUILT:
        return ResNetV1Body(se_ratio=16 if architecture == "senet50_v1" else None)
    from torchvision.models import get_model

    return get_model(architecture)


def _timm() -> Any:
    """The package timm.

    Raises:
        FileNotFoundError: it is not installed.
    """
    try:
        import timm  # an extra, which few have
    except ImportError as error:
        raise FileNotFoundError(
            "Networks of timm need the package of that name, which is not installed: run `pip install 'depnb[timm]'`."
        ) from error
    return timm


def _take_from_timm(entry: Entry) -> None:
    """Have timm bring a network, and keep its numbers."""
    timm = _timm()
    try:
        network = timm.create_model(entry.architecture, pretrained=True, num_classes=0)
    except (OSError, RuntimeError) as error:  # what its hub raises without a network is an OSError or a RuntimeError
        raise FileNotFoundError(
            f"timm could not fetch {entry.architecture} ({error}): run `depnb weights get {entry.name}` on a machine "
            f"with a network, and put its {entry.path.name} into {entry.path.parent}."
        ) from error
    values = {key: value.contiguous() for key, value in network.state_dict().items()}
    with atomic_path(entry.path) as path:
        save_file(values, path, {"sha256": content_sha256(values)})


def _timm_state(entry: Entry) -> dict[str, Tensor]:
    try:
        return load_file(entry.path)
    except SafetensorError as error:
        raise ValueError(f"{entry.path} is damaged: delete it, and run `depnb weights get {entry.name}`.") from error


def _download(entry: Entry) -> None:
    if entry.name in TIMM:
        _take_from_timm(entry)
        return
    try:
        entry.path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(str(entry.url), str(entry.path), hash_prefix=entry.sha256)
    except RuntimeError as error:
        raise ValueError(f"{entry.url} is not what it should be, and was not kept: {error}.") from error
    except (URLError, OSError) as error:
        raise FileNotFoundError(
            f"{entry.url} could not be fetched ({error}): download it elsewhere, or take {entry.path.name} from a "
            f"machine that has {entry.source.split(',')[0]}'s weights, and put it into {entry.path.parent}."
        ) from error


def _demand_architecture(entry: Entry, body: nn.Module) -> None:
    right = type(on_meta(entry.architecture))
    equal = {right, ResNetBody} if entry.name.startswith("imagenet-resnet") else {right}
    if type(body) not in equal:
        how = BUILT.get(entry.architecture, f"torchvision's {entry.architecture}")
        raise ValueError(
            f"{entry.name} are weights of {how}, not of a {type(body).__name__}: even where names and shapes are the "
            "same, it computes something else."
        )


@cache
def on_meta(architecture: str) -> nn.Module:
    with torch.device("meta"):
        return build(architecture)


def first_difference(found: Mapping[str, tuple], wanted: Mapping[str, tuple]) -> str:
    """The first tensor, in the order of names, that is not as it should be."""
    name = min(key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key))
    if name not in wanted:
        return f"there is no {name} in the network"
    return f"{name} should be {list(wanted[name])} and is {list(found[name]) if name in found else 'missing'}"


def _imported_state(name: str) -> dict[str, Tensor]:
    """The weights that were imported, as they were then.

    Raises:
        FileNotFoundError: they were not imported yet.
        ValueError: they are damaged, or of another architecture than their name says.
    """
    path, record = import_path(name), imported(name)
    if record.architecture != IMPORTED[name]:
        raise ValueError(f"{path} holds {record.architecture}, not {IMPORTED[name]}: import its file again.")
    try:
        with safe_open(path, framework="pt") as stored:
            values = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise damaged(path, name) from error
    if content_sha256(values) != record.sha256:
        raise damaged(path, name)
    return values


def content_sha256(values: Mapping[str, Tensor]) -> str:
    """Of names, types, shapes and values, whatever the order in which a file has them."""
    digest = hashlib.sha256()
    for key in sorted(values):
        value = values[key]
        digest.update(json.dumps([key, str(value.dtype), list(value.shape)]).encode())
        digest.update(value.numpy().tobytes())
    return digest.hexdigest()


def file_sha256(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
