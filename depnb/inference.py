"""The same scores sooner: what a trained network may leave out when it only predicts."""

import copy
from typing import Any, Self

import torch
from lightning_utilities.core.apply_func import apply_to_collection
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


class GroupedProduct(nn.Module):
    """A 2-D convolution in groups, as one product of matrices per group.

    The groups of a small map keep the kernels for convolutions on a CPU from using it: the 24 patches of 6×6 cells of
    ``depnb.methods.dlga`` take a third of the time this way. Memory grows with the area of the kernel.

    Args:
        conv: pads with zeros, if at all.
    """

    def __init__(self, conv: nn.Conv2d):
        super().__init__()
        self.groups = conv.groups
        self.unfold = nn.Unfold(conv.kernel_size, conv.dilation, conv.padding, conv.stride)
        self.geometry = (conv.kernel_size, conv.dilation, conv.padding, conv.stride)
        weight = conv.weight.detach().unflatten(0, (self.groups, -1)).flatten(2)  # [G, O/G, I/G·k·k]
        self.weight = nn.Parameter(weight.transpose(1, 2).contiguous())  # [G, I/G·k·k, O/G]
        bias = torch.zeros(conv.out_channels) if conv.bias is None else conv.bias.detach().clone()
        self.bias = nn.Parameter(bias.view(self.groups, 1, -1))  # [G, 1, O/G]

    def forward(self, maps: Tensor) -> Tensor:
        """[B, I, H, W] to [B, O, H', W']."""
        sides = [
            (side + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
            for side, kernel, dilation, padding, stride in zip(maps.shape[2:], *self.geometry, strict=True)
        ]
        columns = self.unfold(maps)  # [B, I·k·k, H'·W']
        columns = columns.unflatten(1, (self.groups, -1)).permute(1, 0, 3, 2)  # [G, B, H'·W', I/G·k·k]
        out = torch.baddbmm(self.bias, columns.flatten(1, 2), self.weight)  # [G, B·H'·W', O/G]
        return out.unflatten(1, (len(maps), *sides)).permute(1, 0, 4, 2, 3).flatten(1, 2)  # [B, O, H', W']


class Fast(nn.Module):
    """A trained network for prediction only: its parts before the head fused and in ``dtype``, the head as it was.

    The head stays in float32, because its one unit carries the whole score: bfloat16 has 8 bits, at 20 points a step
    of 0.125. So does what the network computes beside its parts, such as where the patches of a face lie.

    Attributes:
        network: whatever its ``forward`` does between inputs, parts and head.
        dtype: of the parts before the head.
    """

    def __init__(self, network: nn.Module, dtype: torch.dtype):
        super().__init__()
        self.network = copy.deepcopy(network).eval()
        self.dtype = dtype
        head = self.network.head
        for part in self.network.children():
            if part is not head:
                _fuse(part)
                _multiply(part)
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

    Batch normalisations are folded into the convolutions before them, and convolutions in groups become products of
    matrices, which changes only the rounding. All before the head computes in bfloat16 where the machine has
    instructions for it.

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


def _multiply(module: nn.Module) -> None:
    """Turn 2-D convolutions in groups, unless they are of single cells or single channels, into products."""
    for parent in list(module.modules()):
        for name, child in parent.named_children():
            if not isinstance(child, nn.Conv2d) or child.padding_mode != "zeros" or isinstance(child.padding, str):
                continue
            if 1 < child.groups < child.in_channels and child.kernel_size != (1, 1):
                setattr(parent, name, GroupedProduct(child))
