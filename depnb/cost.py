"""What a network costs: parameters, multiplications, seconds."""

import copy
import time
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn


def parameters(network: nn.Module, moving: bool = False) -> int:
    """Number of trained parameters; with ``moving`` also the moving statistics of batch normalisations.

    Keras' totals, which MSN's Table 5 prints, include them (E31).
    """
    statistics = [b for name, b in network.named_buffers() if name.endswith(("running_mean", "running_var"))]
    return sum(p.numel() for p in [*network.parameters(), *(statistics if moving else [])])


def gmac(network: nn.Module, shape: Sequence[int]) -> float:
    """Multiplications with addition, in 10⁹, of one forward pass of convolutions and dense layers.

    Nothing is computed: the pass runs on tensors without content. Normalisations, pools and ReLU are not counted.

    Args:
        network: anywhere; built under ``torch.device("meta")`` it takes no memory.
        shape: of the input, [B, …].
    """
    from torch.utils.flop_counter import FlopCounterMode

    empty = network if next(network.parameters()).is_meta else copy.deepcopy(network).to("meta")
    training = empty.training
    empty.eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counted:
        empty(torch.empty(tuple(shape), device="meta"))
    empty.train(training)
    return counted.get_total_flops() / 2e9


def cpu_seconds(network: nn.Module, shape: Sequence[int], repeats: int = 3) -> float:
    """Median seconds of a forward pass on the CPU, after one on a sixteenth of the picture that is not counted.

    Args:
        network: on the CPU.
        shape: of the input, [B, …, H, W]; it is noise.
        repeats: passes that are counted.
    """
    clip = torch.randn(tuple(shape), generator=torch.Generator().manual_seed(0))
    training = network.training
    network.eval()
    seconds = []
    with torch.inference_mode():
        network(clip[..., ::4, ::4])
        for _ in range(repeats):
            begun = time.perf_counter()
            network(clip)
            seconds.append(time.perf_counter() - begun)
    network.train(training)
    return float(np.median(seconds))
