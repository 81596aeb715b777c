"""The same scores sooner: what a trained network may leave out when it only predicts."""

import copy
from typing import Any, Self

import torch
from lightning_utilities.core.apply_func import apply_to_collection
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


class Fast(nn.Module):
    """A trained network for prediction only: its parts before the head fused and in ``dtype``, the head as it was.

    The head stays in float32, because its one unit carries the whole score, and bfloat16 values near 20 points are
    0.125 apart. What the network computes beside its parts, such as where the patches of a face lie, stays too.

    Attributes:
        network: whatever its ``forward`` does between inputs, parts and head.
        dtype: of the parts before the head.
    """

    network: Any

    def __init__(self, network: nn.Module, dtype: torch.dtype):
        super().__init__()
        self.network = copy.deepcopy(network).eval()
        self.dtype = dtype
        head = self.network.head
        if hasattr(self.network, "for_prediction"):
            self.network.for_prediction()
        for part in self.network.children():
            if part is not head:
                _fuse(part)
                part.to(dtype)
                part.register_forward_pre_hook(lambda _, given: apply_to_collection(given, Tensor, Tensor.to, dtype))
        head.register_forward_pre_hook(lambda _, given: apply_to_collection(given, Tensor, Tensor.float))
        self.requires_grad_(False)

    def forward(self, inputs: Any) -> Tensor:
        """What the network takes, normalised and in float32, to outputs in float32."""
        with torch.inference_mode():
            return self.network(inputs)

    def train(self, mode: bool = True) -> Self:
        """Stays in evaluation mode."""
        return super().train(False)


def fast(network: nn.Module, dtype: torch.dtype | None = None) -> Fast:
    """A copy of ``network`` that predicts what it predicts in evaluation mode, sooner.

    Batch normalisations are folded into the convolutions before them, and a network that has a method
    ``for_prediction`` does more of that kind to itself, which changes only the rounding. All before the head computes
    in bfloat16 where the machine has instructions for it.

    Args:
        network: has a ``head``, as every network of the methods.
        dtype: of its parts before the head, ``torch.float32`` or ``torch.bfloat16``; ``None`` chooses.

    Raises:
        TypeError: the network has no head.
    """
    if not isinstance(getattr(network, "head", None), nn.Module):
        raise TypeError(f"{type(network).__name__} has no head to be left as it is: give a network of the methods.")
    if dtype is None:
        dtype = torch.bfloat16 if has_bfloat16(next(network.parameters()).device) else torch.float32
    return Fast(network, dtype)


def has_bfloat16(device: torch.device) -> bool:
    """Whether ``device`` multiplies bfloat16 in hardware; without, it is slower than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and torch.ops.mkldnn._is_mkldnn_bf16_supported()


def _fuse(module: nn.Module) -> None:
    """Fold every batch normalisation that follows a convolution in an ``nn.Sequential`` into it."""
    for child in module.modules():
        if not isinstance(child, nn.Sequential):
            continue
        for index in range(len(child) - 1):
            conv, norm = child[index], child[index + 1]
            if isinstance(conv, nn.Conv2d | nn.Conv3d) and isinstance(norm, nn.BatchNorm2d | nn.BatchNorm3d):
                child[index], child[index + 1] = fuse_conv_bn_eval(conv, norm), nn.Identity()
