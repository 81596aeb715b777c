"""Import of the VGGFace2 files that circulate. Nothing in them is run."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from depnb.inputs.spec import VGGFACE2_BGR
from depnb.nets.weights import pickles
from depnb.nets.weights.files import CLASSIFIERS, content_sha256, file_sha256, first_difference, on_meta
from depnb.nets.weights.registry import IMPORTED, Entry, find, import_path
from depnb.system.files import atomic_path

IDENTITIES = 8631
"""People whom VGGFace2's networks were trained to tell apart."""


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


def import_file(path: Path | str) -> Entry:
    """Convert one of the circulating VGGFace2 files to safetensors in the cache; earlier ones of its name go.

    ``resnet50_ft_weight.pkl``, ``senet50_ft_weight.pkl`` and torch's ``resnet50_ft_dag.pth``, ``senet50_ft_dag.pth``
    are read as files in which nothing but arrays is allowed (``pickles``). All four were trained on MS-Celeb-1M, then
    on VGGFace2 (“fine-tuned”); files with ``scratch`` in their names are other networks. Which network it is follows
    from the names, and that it is version 1 from the kind of file: torchvision's networks have the names of the
    pickles, but neither their format nor 8631 classes. The first convolution of a ``dag`` file takes RGB, as its mean
    is stated in that order; it is turned round, so that all weights here take BGR.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file asks for more than arrays, is damaged, or is none of these networks.
    """
    path = Path(path)
    readers = {".pkl": pickles.read_pickle, ".pth": pickles.read_torch}
    if path.suffix not in readers:
        raise ValueError(f"{path.name} is no {' or '.join(readers)} file: give a circulating VGGFace2 file.")
    if "scratch" in path.name:
        raise ValueError(
            f"{path.name} is another network than {path.name.replace('scratch', 'ft')}: it was trained on VGGFace2 "
            "alone, and that one on MS-Celeb-1M before. Names and shapes are the same; rows here start from the latter."
        )
    source_sha256 = file_sha256(path)
    values = _arrays(path, readers[path.suffix])
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
        "sha256": content_sha256(tensors),
    }
    name = next(name for name, of in IMPORTED.items() if of == architecture)
    with atomic_path(import_path(name)) as temporary:
        save_file(tensors, temporary, metadata={"weights": json.dumps(record)})
    return find(name)


def _arrays(path: Path, read: Callable[[Path], dict[str, np.ndarray]]) -> dict[str, Tensor]:
    """The arrays of a file by name.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it asks for anything but arrays (nothing of it is then run), is damaged, or holds something else.
    """
    try:
        return {name: torch.from_numpy(value) for name, value in read(path).items()}
    except pickles.ForbiddenError as error:
        raise _refused(path, str(error)) from error
    except pickles.OtherContentError as error:
        raise ValueError(
            f"{path} is not what it should be, a dict of names and arrays of numbers: it has {error}."
        ) from error
    except pickles.DamagedError as error:
        raise ValueError(f"{path} is damaged, or holds more than arrays ({error}): get it again.") from error


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
    wanted = {key: tuple(value.shape) for key, value in on_meta(architecture).state_dict().items()}
    counters = [key for key in wanted if key.endswith("num_batches_tracked")]  # Caffe has none, and nothing needs them
    tensors = {key: value.float().contiguous() for key, value in body.items() if key not in counters}
    for key in tensors:
        if ".se." in key and key.endswith(".weight") and tensors[key].ndim == 4:
            tensors[key] = tensors[key].flatten(1)  # [C', C] of a 1×1 convolution [C', C, 1, 1]
    tensors |= {key: torch.tensor(0) for key in counters}
    found = {key: tuple(value.shape) for key, value in tensors.items()}
    if found != wanted:
        raise ValueError(
            f"{path} is none of VGGFace2's networks. Of {architecture}: {first_difference(found, wanted)}."
        )
    broken = [key for key, value in tensors.items() if not value.isfinite().all()]
    if broken:
        raise ValueError(f"{path} is damaged: numbers of {broken[0]} are not finite. Download it again.")
    return architecture, tensors
