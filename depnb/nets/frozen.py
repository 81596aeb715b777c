"""What networks with published weights say of faces, without being trained: features of frames and of clips."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from depnb.nets.weights import files
from depnb.nets.weights.registry import PUBLISHED, TIMM, find

AT_ONCE = 16
"""Pictures that a network gets at the same time, which bounds the memory; of clips one."""
CLASSIFIERS = ("fc", "head", "classifier")
"""What torchvision calls the last layer."""


def features(name: str, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What a network says of pictures or clips before its classifier.

    Args:
        name: of weights of torchvision or timm that are on this machine (``weights.registry.PUBLISHED``, ``TIMM``).
        crops: RGB, pictures [n, H, W, 3] or clips [n, T, H, W, 3].

    Returns:
        [n, C]: 2048 numbers of a ResNet-50, 512 of an R3D-18, 768 of an MViTv2-S or a Swin3D-T,
        384 of a ViT-S.

    Raises:
        FileNotFoundError: the weights are not there.
        ValueError: the file is another one than it should be.
    """
    entry = find(name)
    if not entry.path.exists():
        raise FileNotFoundError(f"{name} is not on this machine: run `depnb weights get {name}`.")
    network = _network(name, entry.path, entry.path.stat().st_mtime_ns)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # videos are spread over the cores
    try:
        with torch.inference_mode():
            parts = prepared(name, crops).split(1 if crops.ndim == 5 else AT_ONCE)
            return torch.cat([network(part) for part in parts]).numpy()
    finally:
        torch.set_num_threads(threads)


def prepared(name: str, crops: NDArray[np.uint8]) -> Tensor:
    """Crops as the weights want them: reduced to their side, standardised by their statistics.

    Args:
        name, crops: as of ``features``.

    Returns:
        float32 [n, 3, S, S] or [n, 3, T, S, S].
    """
    published = {**PUBLISHED, **TIMM}[name]
    pictures = crops.reshape(-1, *crops.shape[-3:])  # [n·T, H, W, 3]
    size = (published.side, published.side)
    small = np.stack([cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in pictures])
    levels = torch.from_numpy(small).float().div_(255)  # [n·T, S, S, 3]
    levels = (levels - torch.tensor(published.mean)) / torch.tensor(published.std)
    return levels.view(*crops.shape[:-3], *size, 3).movedim(-1, 1).contiguous()  # [n, 3, (T,) S, S]


@lru_cache(maxsize=1)
def _network(name: str, path: Path, changed: int) -> nn.Module:
    """A network with its weights and without its classifier; read again where its file has changed."""
    network = files.build(find(name).architecture).eval()
    files.load(name, network)
    last = next(own for own in CLASSIFIERS if hasattr(network, own))  # timm's is an identity already
    setattr(network, last, nn.Identity())
    return network
