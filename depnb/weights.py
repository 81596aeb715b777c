"""Pretrained weights: which there are, where they lie, and how none gets into the wrong network.

torchvision's and facenet-pytorch's are downloaded into those libraries' own folders. The VGGFace2 weights of ResNet-50
and SENet-50 have been withdrawn by their owners: a copy that the user has is imported, and kept as safetensors with
what is known of it. Every file has a SHA-256 that is verified before its weights are used.
"""

import hashlib
import json
import pickle
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from depnb.backbones import ResNetBody
from depnb.backbones_v1 import ResNetV1Body
from depnb.clips import VGGFACE2_BGR, centre_on_faces
from depnb.files import atomic_path, cache_dir

TORCHVISION = {
    "imagenet-resnet18": "ResNet18_Weights.IMAGENET1K_V1",
    "imagenet-resnet50": "ResNet50_Weights.IMAGENET1K_V1",
    "kinetics-r3d_18": "R3D_18_Weights.KINETICS400_V1",
    "kinetics-mc3_18": "MC3_18_Weights.KINETICS400_V1",
    "kinetics-r2plus1d_18": "R2Plus1D_18_Weights.KINETICS400_V1",
    "kinetics-s3d": "S3D_Weights.KINETICS400_V1",
    "kinetics-mvit_v2_s": "MViT_V2_S_Weights.KINETICS400_V1",
    "kinetics-swin3d_t": "Swin3D_T_Weights.KINETICS400_V1",
}
"""By name here, torchvision's own name; behind the dash stands the architecture, as torchvision calls it."""
CLIP = 16
"""Frames in a clip on which a Kinetics network is checked."""

FACENET = "vggface2-inception_resnet_v1"
FACENET_URL = "https://github.com/timesler/facenet-pytorch/releases/download/v2.2.9/20180402-114759-vggface2.pt"
FACENET_SHA256 = "281cebca8662831adb987a874bdcb36e73f5b1c6dc5ee5878f305e985625d99b"
"""The package states none; this one stands in the code of many projects that use the file."""
FACENET_MEGABYTES = 111.9

IMPORTED = {"vggface2-resnet50": "resnet50_v1", "vggface2-senet50": "senet50_v1"}
"""What can only be imported: its architecture by name."""
IDENTITIES = 8631
"""People whom VGGFace2's networks were trained to tell apart."""

BUILT = {
    "resnet50_v1": "the version-1 ResNet-50, depnb.backbones_v1.ResNetV1Body()",
    "senet50_v1": "the version-1 SENet-50, depnb.backbones_v1.ResNetV1Body(se_ratio=16)",
    "inception_resnet_v1": "facenet_pytorch.InceptionResnetV1()",
}
"""How bodies that are not torchvision's are built, for messages."""
CLASSIFIERS = ("fc.", "head.", "classifier.", "logits.")
"""Beginnings of the names of what is left out: the last layer, one unit a class."""

DAG = re.compile(
    r"conv(?P<stage>[2-5])_(?P<block>\d+)_(?P<part>1x1_reduce|3x3|1x1_increase|1x1_proj|1x1_down|1x1_up)"
    r"(?P<norm>_bn)?\.(?P<value>\w+)"
)
DAG_PARTS = {
    "1x1_reduce": ("conv1", "bn1"),
    "3x3": ("conv2", "bn2"),
    "1x1_increase": ("conv3", "bn3"),
    "1x1_proj": ("downsample.0", "downsample.1"),
    "1x1_down": ("bn3.se.fc1", ""),
    "1x1_up": ("bn3.se.fc2", ""),
}
"""By part of a block in the ``dag`` files, our names of the convolution and of its normalisation."""
DAG_STEM = {"conv1_7x7_s2": "conv1", "conv1_7x7_s2_bn": "bn1"}
PICKLED_SE = {"conv4": "bn3.se.fc1", "conv5": "bn3.se.fc2"}
"""In the pickles, the two 1×1 convolutions of squeeze and excitation are numbered on."""


@dataclass(frozen=True)
class Entry:
    """One set of weights.

    Attributes:
        name: by which it is asked for.
        architecture: torchvision's name of the network, or a key of ``BUILT``.
        source: who made the file, and what it is called there.
        path: where it lies, or has to be put; of imported ones, where their safetensors lie.
        sha256: of the file of the source, or so many first digits of it as are known; ``None`` before an import.
        known: where the hash is from.
        megabytes: of the file of the source; ``None`` where that is known only of the copy that will be imported.
        licence: a remark, no advice.
        prepared: what is done to pictures before the network sees them.
        shape: of one prepared input, without the batch.
        url: from which it is downloaded; ``None``: it can only be imported.
    """

    name: str
    architecture: str
    source: str
    path: Path
    sha256: str | None
    known: str
    megabytes: float | None
    licence: str
    prepared: str
    shape: tuple[int, ...]
    url: str | None


@dataclass(frozen=True)
class Imported:
    """What is recorded of imported weights, in the metadata of their safetensors.

    Attributes:
        architecture: a key of ``BUILT``: decided when they were imported, never guessed from names and shapes.
        source: name of the file that was imported.
        source_sha256: of that file.
        source_channels: order of the colours that its first convolution took, RGB or BGR; here it takes BGR.
        mean: that is subtracted, grey levels, in the order BGR.
        sha256: of names, types, shapes and values of the tensors here.
    """

    architecture: str
    source: str
    source_sha256: str
    source_channels: str
    mean: tuple[float, float, float]
    sha256: str


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


def listed() -> list[Entry]:
    """All weights that depnb knows, on this machine or not; imported ones whose file is damaged have no hash."""
    found = [*map(_of_torchvision, TORCHVISION), _of_facenet()]
    for name in IMPORTED:
        try:
            found.append(_of_import(name, imported(name)))
        except (FileNotFoundError, ValueError):
            found.append(_of_import(name, None))
    return found


def find(name: str) -> Entry:
    """The entry of a name.

    Raises:
        KeyError: no such weights; the message lists those that there are.
        ValueError: they were imported, and their file is damaged.
    """
    if name in TORCHVISION:
        return _of_torchvision(name)
    if name in IMPORTED:
        return _of_import(name, imported(name) if _import_path(name).exists() else None)
    if name != FACENET:
        raise KeyError(f"No weights {name!r}: choose from {', '.join((*TORCHVISION, FACENET, *IMPORTED))}.")
    return _of_facenet()


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
    found = _sha256(entry.path)
    if not found.startswith(entry.sha256):
        raise ValueError(
            f"{entry.path} is not {entry.source}: its SHA-256 is {found}, and {entry.sha256} was expected. Delete it, "
            f"and run `depnb weights get {name}`."
        )
    return entry


def imported(name: str) -> Imported:
    """What is recorded of weights that were imported; their values are not read.

    Raises:
        FileNotFoundError: they were not imported yet.
        ValueError: the file here is damaged.
    """
    path = _import_path(name)
    try:
        with safe_open(path, framework="pt") as stored:
            return _recorded(stored.metadata())
    except FileNotFoundError as error:
        file = name.removeprefix("vggface2-")
        raise FileNotFoundError(
            f"{name} cannot be downloaded, because its owners have withdrawn it. If you have, or a colleague can give "
            f"you, {file}_ft_weight.pkl or {file}_ft_dag.pth, run `depnb weights import FILE`; it will be kept as "
            f"{path}."
        ) from error
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise _damaged(path, name) from error


def import_file(path: Path | str) -> Entry:
    """Convert one of the circulating VGGFace2 files to safetensors in the cache; earlier ones of its name go.

    ``resnet50_ft_weight.pkl`` and ``senet50_ft_weight.pkl`` are read as pickles in which nothing but arrays is allowed,
    ``resnet50_ft_dag.pth`` and ``senet50_ft_dag.pth`` as weights only. Which network it is follows from the names, and
    that it is version 1 from the kind of file: torchvision's networks have the names of the pickles, but neither their
    format nor 8631 classes. The first convolution of a ``dag`` file takes RGB, as its mean is stated in that order; it
    is turned round, so that all weights here take BGR.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file asks for more than arrays, is damaged, or is none of these networks.
    """
    path = Path(path)
    readers = {".pkl": _read_pickle, ".pth": _read_torch}
    if path.suffix not in readers:
        raise ValueError(f"{path.name} is no {' or '.join(readers)} file: give a circulating VGGFace2 file.")
    source_sha256 = _sha256(path)
    values = readers[path.suffix](path)
    dag = path.suffix == ".pth"
    _demand_identities(path, values, "classifier.weight" if dag else "fc.weight")
    rename = _ours_of_dag if dag else _ours_of_pickle
    architecture, tensors = _recognised(path, {rename(key): value for key, value in values.items()})
    if dag:
        tensors["conv1.weight"] = tensors["conv1.weight"].flip(1).contiguous()  # [64, 3, 7, 7], now blue first
    record = {
        "architecture": architecture,
        "source": path.name,
        "source_sha256": source_sha256,
        "source_channels": "RGB" if dag else "BGR",
        "mean": VGGFACE2_BGR,
        "sha256": _content_sha256(tensors),
    }
    name = next(name for name, of in IMPORTED.items() if of == architecture)
    with atomic_path(_import_path(name)) as temporary:
        save_file(tensors, temporary, metadata={"weights": json.dumps(record)})
    return find(name)


def state(name: str) -> dict[str, Tensor]:
    """The weights without the classifier, verified.

    Raises:
        KeyError, FileNotFoundError, ValueError: as ``get``.
    """
    entry = get(name)
    if entry.url is None:
        return _imported_state(name)
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
        raise ValueError(f"{name} is not of this {type(body).__name__}: {_difference(found, wanted)}.")
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
    if architecture in BUILT:
        return ResNetV1Body(se_ratio=16 if architecture == "senet50_v1" else None)
    from torchvision.models import get_model

    return get_model(architecture)


def _of_torchvision(name: str) -> Entry:
    from torchvision.models import get_weight

    weights = get_weight(TORCHVISION[name])
    transforms = weights.transforms()
    data, _, architecture = name.partition("-")
    images, side = data == "imagenet", transforms.crop_size[0]
    file = weights.url.rsplit("/", 1)[-1]
    statistics = [", ".join(f"{value:g}" for value in values) for values in (transforms.mean, transforms.std)]
    return Entry(
        name,
        architecture,
        source=f"torchvision, {file}",
        path=Path(torch.hub.get_dir()) / "checkpoints" / file,
        sha256=torch.hub.HASH_REGEX.search(file)[1],
        known="first digits, which torchvision puts into the name of the file",
        megabytes=weights.meta["_file_size"],
        licence=f"code BSD-3-Clause; {'ImageNet' if images else 'Kinetics-400'} has terms of its own",
        prepared=f"RGB in 0–1, less {statistics[0]}, divided by {statistics[1]}",
        shape=(3, side, side) if images else (3, CLIP, side, side),
        url=weights.url,
    )


def _of_facenet() -> Entry:
    from facenet_pytorch.models.inception_resnet_v1 import get_torch_home

    file = FACENET_URL.rsplit("/", 1)[-1]
    return Entry(
        FACENET,
        "inception_resnet_v1",
        source=f"facenet-pytorch, {file}",
        path=Path(get_torch_home()) / "checkpoints" / file,
        sha256=FACENET_SHA256,
        known="many projects that use the file state it",
        megabytes=FACENET_MEGABYTES,
        licence="code MIT; VGGFace2 has been withdrawn by its owners",
        prepared="RGB of 0–255, less 127.5, divided by 128",
        shape=(3, 160, 160),
        url=FACENET_URL,
    )


def _of_import(name: str, record: Imported | None) -> Entry:
    file = name.removeprefix("vggface2-")
    mean = ", ".join(map(str, VGGFACE2_BGR))
    return Entry(
        name,
        IMPORTED[name],
        source=record.source if record else f"your {file}_ft_weight.pkl or {file}_ft_dag.pth",
        path=_import_path(name),
        sha256=record.source_sha256 if record else None,
        known="taken of your file when it was imported: compare it with what others state",
        megabytes=None,
        licence="states none; VGGFace2 has been withdrawn by its owners",
        prepared=f"BGR of 0–255, less {mean} (clips.centre_on_faces)",
        shape=(3, 224, 224),
        url=None,
    )


def _import_path(name: str) -> Path:
    return cache_dir() / "weights" / f"{name}.safetensors"


def _download(entry: Entry) -> None:
    try:
        entry.path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(entry.url, str(entry.path), hash_prefix=entry.sha256)
    except RuntimeError as error:
        raise ValueError(f"{entry.url} is not what it should be, and was not kept: {error}.") from error
    except (URLError, OSError) as error:
        raise FileNotFoundError(
            f"{entry.url} could not be fetched ({error}): download it elsewhere, or take {entry.path.name} from a "
            f"machine that has {entry.source.split(',')[0]}'s weights, and put it into {entry.path.parent}."
        ) from error


def _demand_architecture(entry: Entry, body: nn.Module) -> None:
    right = type(_on_meta(entry.architecture))
    equal = {right, ResNetBody} if entry.name.startswith("imagenet-resnet") else {right}
    if type(body) not in equal:
        how = BUILT.get(entry.architecture, f"torchvision's {entry.architecture}")
        raise ValueError(
            f"{entry.name} are weights of {how}, not of a {type(body).__name__}: even where names and shapes are the "
            "same, it computes something else."
        )


@cache
def _on_meta(architecture: str) -> nn.Module:
    with torch.device("meta"):
        return build(architecture)


def _difference(found: Mapping[str, tuple], wanted: Mapping[str, tuple]) -> str:
    """The first tensor, in the order of names, that is not as it should be."""
    name = min(key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key))
    if name not in wanted:
        return f"there is no {name} in the network"
    return f"{name} should be {list(wanted[name])} and is {list(found[name]) if name in found else 'missing'}"


class _ForbiddenError(ValueError):
    """A pickle asks for more than arrays."""


def _encoded(text: str, encoding: str) -> bytes:
    """How Python 3 pickles bytes for Python 2."""
    if encoding != "latin1":
        raise _ForbiddenError(f"text encoded as {encoding}")
    return text.encode(encoding)


class _ArrayUnpickler(pickle.Unpickler):
    """Reads a pickle in which only dicts, texts, numbers and NumPy arrays are allowed; nothing else is looked up."""

    ALLOWED = {
        ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
        ("numpy._core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("_codecs", "encode"): _encoded,
        ("collections", "OrderedDict"): OrderedDict,
    }

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.ALLOWED:
            raise _ForbiddenError(f"{module}.{name}")
        return self.ALLOWED[module, name]


def _read_pickle(path: Path) -> dict[str, Tensor]:
    """The arrays of a pickle, of Python 2 or 3, by name.

    Raises:
        ValueError: it asks for anything but arrays (nothing of it is then run), is damaged, or holds something else.
    """
    try:
        with open(path, "rb") as handle:
            read = _ArrayUnpickler(handle, encoding="latin1").load()
    except _ForbiddenError as error:
        raise _refused(path, str(error)) from error
    except Exception as error:  # a damaged pickle raises anything
        raise ValueError(f"{path} is damaged, or no pickle of arrays ({error!r}): get it again.") from error
    wrong = not isinstance(read, dict) or [
        key
        for key, value in read.items()
        if not (isinstance(key, str) and isinstance(value, np.ndarray) and value.dtype.kind == "f")
    ]
    if wrong:
        raise ValueError(f"{path} is not what it should be, a dict of names and arrays of numbers.")
    return {key: torch.from_numpy(np.ascontiguousarray(value)) for key, value in read.items()}


def _read_torch(path: Path) -> dict[str, Tensor]:
    """The tensors of a file of ``torch.save``, by name.

    Raises:
        ValueError: it asks for anything but tensors, is damaged, or holds something else.
    """
    try:
        read = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file raises anything; torch's own message advises to run what is in it
        asked = re.search(r"GLOBAL (\S+)", str(error))
        if asked:
            raise _refused(path, asked[1]) from error
        raise ValueError(
            f"{path} is damaged, or holds more than tensors ({type(error).__name__}): get it again."
        ) from error
    if not isinstance(read, dict) or not all(isinstance(value, Tensor) for value in read.values()):
        raise ValueError(f"{path} is not what it should be, a dict of names and tensors.")
    return read


def _refused(path: Path, asked: str) -> ValueError:
    return ValueError(
        f"{path} asks for {asked}, which arrays do not need: it was not read, and nothing of it was run. Do not open "
        "it with other programs; get the file elsewhere."
    )


def _demand_identities(path: Path, values: Mapping[str, Tensor], classifier: str) -> None:
    classes = (*values[classifier].shape, 0)[0] if classifier in values else "no"
    if classes != IDENTITIES:
        raise ValueError(
            f"{path} has {classes} classes under {classifier}, and VGGFace2's files have {IDENTITIES}. That it is a "
            "version-1 network cannot be seen from names and shapes, which torchvision's networks share; it is refused."
        )


def _ours_of_pickle(key: str) -> str:
    """Our name for one of the pickles, which have torchvision's."""
    parts = key.split(".")
    if parts[0].startswith("layer") and len(parts) == 4 and parts[2] in PICKLED_SE:
        parts[2] = PICKLED_SE[parts[2]]
    return ".".join(parts)


def _ours_of_dag(key: str) -> str:
    """Our name for one of the ``dag`` files; a name that they do not have stays."""
    found = DAG.fullmatch(key)
    if found:
        part = DAG_PARTS[found["part"]][bool(found["norm"])]
        return f"layer{int(found['stage']) - 1}.{int(found['block']) - 1}.{part}.{found['value']}"
    stem, _, last = key.rpartition(".")
    return f"{DAG_STEM[stem]}.{last}" if stem in DAG_STEM else key


def _recognised(path: Path, named: Mapping[str, Tensor]) -> tuple[str, dict[str, Tensor]]:
    """Which network it is, and its state dict in float32.

    Raises:
        ValueError: none of ours.
    """
    body = {key: value for key, value in named.items() if not key.startswith(CLASSIFIERS)}
    architecture = "senet50_v1" if any(".se." in key for key in body) else "resnet50_v1"
    wanted = {key: tuple(value.shape) for key, value in _on_meta(architecture).state_dict().items()}
    counters = [key for key in wanted if key.endswith("num_batches_tracked")]  # Caffe has none, and nothing needs them
    tensors = {key: value.float().contiguous() for key, value in body.items() if key not in counters}
    for key in tensors:
        if ".se." in key and key.endswith(".weight") and tensors[key].ndim == 4:
            tensors[key] = tensors[key].flatten(1)  # [C', C] of a 1×1 convolution [C', C, 1, 1]
    tensors |= {key: torch.tensor(0) for key in counters}
    found = {key: tuple(value.shape) for key, value in tensors.items()}
    if found != wanted:
        raise ValueError(f"{path} is none of VGGFace2's networks. Of {architecture}: {_difference(found, wanted)}.")
    broken = [key for key, value in tensors.items() if not value.isfinite().all()]
    if broken:
        raise ValueError(f"{path} is damaged: numbers of {broken[0]} are not finite. Download it again.")
    return architecture, tensors


def _imported_state(name: str) -> dict[str, Tensor]:
    """The weights that were imported, as they were then.

    Raises:
        FileNotFoundError: they were not imported yet.
        ValueError: they are damaged, or of another architecture than their name says.
    """
    path, record = _import_path(name), imported(name)
    if record.architecture != IMPORTED[name]:
        raise ValueError(f"{path} holds {record.architecture}, not {IMPORTED[name]}: import its file again.")
    try:
        with safe_open(path, framework="pt") as stored:
            values = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise _damaged(path, name) from error
    if _content_sha256(values) != record.sha256:
        raise _damaged(path, name)
    return values


def _recorded(metadata: Mapping[str, str] | None) -> Imported:
    """Raises: KeyError, TypeError or ValueError, where it is not what ``import_file`` writes."""
    record = json.loads((metadata or {})["weights"])
    return Imported(**{**record, "mean": tuple(record["mean"])})


def _damaged(path: Path, name: str) -> ValueError:
    return ValueError(
        f"{path} is not what `depnb weights import` wrote for {name}: import the file that it was made of again."
    )


def _content_sha256(values: Mapping[str, Tensor]) -> str:
    """Of names, types, shapes and values, whatever the order in which a file has them."""
    digest = hashlib.sha256()
    for key in sorted(values):
        value = values[key]
        digest.update(json.dumps([key, str(value.dtype), list(value.shape)]).encode())
        digest.update(value.numpy().tobytes())
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
