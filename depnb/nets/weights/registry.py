"""Which pretrained weights there are, where they lie, and their terms. Needs no torch."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from safetensors import SafetensorError, safe_open

from depnb.inputs.spec import MEAN, STD, VGGFACE2_BGR
from depnb.system.files import cache_dir

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


class Published(NamedTuple):
    """What torchvision says of one of its weights; a test compares it.

    Attributes:
        file: its name, with the first digits of its SHA-256. megabytes: its size. side: of the input, px.
        mean, std: channel statistics of the normalisation, RGB.
    """

    file: str
    megabytes: float
    side: int
    mean: tuple[float, float, float] = (0.43216, 0.394666, 0.37645)
    std: tuple[float, float, float] = (0.22803, 0.22145, 0.216989)


PUBLISHED = {
    "imagenet-resnet18": Published("resnet18-f37072fd.pth", 44.661, 224, MEAN, STD),
    "imagenet-resnet50": Published("resnet50-0676ba61.pth", 97.781, 224, MEAN, STD),
    "kinetics-r3d_18": Published("r3d_18-b3b3357e.pth", 127.359, 112),
    "kinetics-mc3_18": Published("mc3_18-a90a0ba3.pth", 44.672, 112),
    "kinetics-r2plus1d_18": Published("r2plus1d_18-91a641e6.pth", 120.318, 112),
    "kinetics-s3d": Published("s3d-d76dad2f.pth", 31.972, 224),
    "kinetics-mvit_v2_s": Published("mvit_v2_s-ae3be167.pth", 131.884, 224, (0.45,) * 3, (0.225,) * 3),
    "kinetics-swin3d_t": Published("swin3d_t-7615ae03.pth", 121.543, 224, MEAN, STD),
}
"""torchvision takes seconds to import, and a list needs none of its networks."""
TORCHVISION_URL = "https://download.pytorch.org/models/"

FACENET = "vggface2-inception_resnet_v1"
FACENET_URL = "https://github.com/timesler/facenet-pytorch/releases/download/v2.2.9/20180402-114759-vggface2.pt"
FACENET_SHA256 = "281cebca8662831adb987a874bdcb36e73f5b1c6dc5ee5878f305e985625d99b"
"""The package states none; this one stands in the code of many projects that use the file."""
FACENET_MEGABYTES = 111.9

TIMM = {"timm-vit_small_patch16_224.dino": Published("model.safetensors", 86.7, 224, MEAN, STD)}
"""What timm brings from its hub, with the extra ``timm``; behind the dash stands timm's own name."""
TIMM_HUB = "https://huggingface.co/timm/"

IMPORTED = {"vggface2-resnet50": "resnet50_v1", "vggface2-senet50": "senet50_v1"}
"""What can only be imported: its architecture by name."""


BUILT = {
    "resnet50_v1": "the version-1 ResNet-50, depnb.nets.ResNetV1Body()",
    "senet50_v1": "the version-1 SENet-50, depnb.nets.ResNetV1Body(se_ratio=16)",
    "inception_resnet_v1": "facenet_pytorch.InceptionResnetV1()",
}
"""How bodies that are not torchvision's are built, for messages."""


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


def listed() -> list[Entry]:
    """All weights that depnb knows, on this machine or not; imported ones whose file is damaged have no hash."""
    found = [*map(_of_torchvision, TORCHVISION), _of_facenet(), *map(_of_timm, TIMM)]
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
    if name in TIMM:
        return _of_timm(name)
    if name in IMPORTED:
        return _of_import(name, imported(name) if import_path(name).exists() else None)
    if name != FACENET:
        raise KeyError(f"No weights {name!r}: choose from {', '.join((*TORCHVISION, FACENET, *TIMM, *IMPORTED))}.")
    return _of_facenet()


def imported(name: str) -> Imported:
    """What is recorded of weights that were imported; their values are not read.

    Raises:
        FileNotFoundError: they were not imported yet.
        ValueError: the file here is damaged.
    """
    path = import_path(name)
    try:
        with safe_open(path, framework="np") as stored:  # the metadata alone, which need no torch
            return _recorded(stored.metadata())
    except FileNotFoundError as error:
        file = name.removeprefix("vggface2-")
        raise FileNotFoundError(
            f"{name} cannot be downloaded, because its owners have withdrawn it. If you have, or a colleague can give "
            f"you, {file}_ft_weight.pkl or {file}_ft_dag.pth, run `depnb weights import FILE`; it will be kept as "
            f"{path}."
        ) from error
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise damaged(path, name) from error


def _of_torchvision(name: str) -> Entry:
    published = PUBLISHED[name]
    data, _, architecture = name.partition("-")
    images, side = data == "imagenet", published.side
    statistics = [", ".join(f"{value:g}" for value in values) for values in (published.mean, published.std)]
    return Entry(
        name,
        architecture,
        source=f"torchvision, {published.file}",
        path=torch_home() / "hub" / "checkpoints" / published.file,
        sha256=Path(published.file).stem.rpartition("-")[2],
        known="first digits, which torchvision puts into the name of the file",
        megabytes=published.megabytes,
        licence=f"code BSD-3-Clause; {'ImageNet' if images else 'Kinetics-400'} has terms of its own",
        prepared=f"RGB in 0–1, less {statistics[0]}, divided by {statistics[1]}",
        shape=(3, side, side) if images else (3, CLIP, side, side),
        url=TORCHVISION_URL + published.file,
    )


def torch_home() -> Path:
    """Where torch keeps what it downloads, as ``torch.hub`` and facenet-pytorch find it."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return Path(os.environ.get("TORCH_HOME", os.path.join(cache, "torch"))).expanduser()


def _of_facenet() -> Entry:
    file = FACENET_URL.rsplit("/", 1)[-1]
    return Entry(
        FACENET,
        "inception_resnet_v1",
        source=f"facenet-pytorch, {file}",
        path=torch_home() / "checkpoints" / file,
        sha256=FACENET_SHA256,
        known="many projects that use the file state it",
        megabytes=FACENET_MEGABYTES,
        licence="code MIT; VGGFace2 has been withdrawn by its owners",
        prepared="RGB of 0–255, less 127.5, divided by 128",
        shape=(3, 160, 160),
        url=FACENET_URL,
    )


def _of_timm(name: str) -> Entry:
    model, published = name.removeprefix("timm-"), TIMM[name]
    statistics = [", ".join(f"{value:g}" for value in values) for values in (published.mean, published.std)]
    return Entry(
        name,
        model,
        source=f"timm, {published.file} of timm/{model}",
        path=import_path(name),
        sha256=_recorded_by_timm(import_path(name)),
        known="taken of the numbers when timm brought them: compare it with what others state",
        megabytes=published.megabytes,
        licence="code and weights Apache-2.0; ImageNet has terms of its own",
        prepared=f"RGB in 0–1, less {statistics[0]}, divided by {statistics[1]}",
        shape=(3, published.side, published.side),
        url=f"{TIMM_HUB}{model}",
    )


def _recorded_by_timm(path: Path) -> str | None:
    """The hash in the metadata of a file that is here and not damaged."""
    try:
        with safe_open(path, framework="np") as stored:  # the metadata alone, which need no torch
            return (stored.metadata() or {}).get("sha256")
    except (FileNotFoundError, SafetensorError):
        return None


def _of_import(name: str, record: Imported | None) -> Entry:
    file = name.removeprefix("vggface2-")
    mean = ", ".join(map(str, VGGFACE2_BGR))
    return Entry(
        name,
        IMPORTED[name],
        source=record.source if record else f"your {file}_ft_weight.pkl or {file}_ft_dag.pth",
        path=import_path(name),
        sha256=record.source_sha256 if record else None,
        known="taken of your file when it was imported: compare it with what others state",
        megabytes=None,
        licence="states none; VGGFace2 and MS-Celeb-1M, its data, have been withdrawn by their owners",
        prepared=f"BGR of 0–255, less {mean} (inputs.pixels.centre_on_faces)",
        shape=(3, 224, 224),
        url=None,
    )


def import_path(name: str) -> Path:
    return cache_dir() / "weights" / f"{name}.safetensors"


def _recorded(metadata: Mapping[str, str] | None) -> Imported:
    """Raises: KeyError, TypeError or ValueError, where it is not what ``import_file`` writes."""
    record = json.loads((metadata or {})["weights"])
    return Imported(**{**record, "mean": tuple(record["mean"])})


def damaged(path: Path, name: str) -> ValueError:
    return ValueError(
        f"{path} is not what `depnb weights import` wrote for {name}: import the file that it was made of again."
    )
