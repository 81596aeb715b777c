"""What a network costs: parameters, multiplications, seconds."""

import copy
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from lightning_utilities.core.apply_func import apply_to_collection
from torch import Tensor, nn


def parameters(network: nn.Module, moving: bool = False) -> int:
    """Number of trained parameters; with ``moving`` also the moving statistics of batch normalisations.

    Keras' totals, which MSN's Table 5 prints, include them (E31).
    """
    statistics = [b for name, b in network.named_buffers() if name.endswith(("running_mean", "running_var"))]
    return sum(p.numel() for p in [*network.parameters(), *(statistics if moving else [])])


def gmac(network: nn.Module, inputs: Sequence[int] | tuple[Tensor, ...]) -> float:
    """Multiplications with addition, in 10⁹, of one forward pass of convolutions and dense layers.

    Nothing is computed: the pass runs on tensors without content. Normalisations, pools and ReLU are not counted.

    Args:
        network: anywhere; built under ``torch.device("meta")`` it takes no memory.
        inputs: shape of the input, [B, …], or of several tensors the input itself.
    """
    from torch.utils.flop_counter import FlopCounterMode

    empty = network if next(network.parameters()).is_meta else copy.deepcopy(network).to("meta")
    training = empty.training
    empty.eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counted:
        empty(apply_to_collection(_given(inputs, partial(torch.empty, device="meta")), Tensor, _to_meta))
    empty.train(training)
    return counted.get_total_flops() / 2e9


def cpu_seconds(network: nn.Module, inputs: Sequence[int] | tuple[Tensor, ...], repeats: int = 3) -> float:
    """Median seconds of a forward pass on the CPU, after one on a sixteenth of the picture that is not counted.

    Args:
        network: on the CPU.
        inputs: shape of the input, [B, …, H, W], which is then noise; or of several tensors the input itself, which is
            then passed once more.
        repeats: passes that are counted.
    """
    given = _given(inputs, partial(torch.randn, generator=torch.Generator().manual_seed(0)))
    training = network.training
    network.eval()
    seconds = []
    with torch.inference_mode():
        network(given[..., ::4, ::4] if isinstance(given, Tensor) else given)
        for _ in range(repeats):
            begun = time.perf_counter()
            network(given)
            seconds.append(time.perf_counter() - begun)
    network.train(training)
    return float(np.median(seconds))


def _to_meta(part: Tensor) -> Tensor:
    return part.to("meta")


def _given(inputs: Any, make: Callable[[tuple[int, ...]], Tensor]) -> Any:
    """An input, or one of the shape that is given instead."""
    return make(tuple(inputs)) if all(isinstance(side, int) for side in inputs) else inputs
