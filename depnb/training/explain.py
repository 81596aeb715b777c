"""Which parts of a frame a network's score comes from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from lightning_utilities.core.apply_func import apply_to_collection
from torch import Tensor, nn

from depnb.methods.contract import Network


def grad_cam(network: Network, inputs: Tensor | tuple[Tensor, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Grad-CAM (Selvaraju et al., ICCV 2017) of the predicted score on the layer ``network.attended``, with Captum.

    Bright is where a stronger feature would raise the score. The map is as coarse as the layer's, and a network may
    well use what it does not light up.

    Args:
        network: with a layer ``attended`` whose output is [B, C, h, w] or, with time, [B, C, t, h, w].
        inputs: what its ``forward`` takes, [B, …], or a named tuple of such tensors.

    Returns:
        scores float64 [B], BDI-II points, and maps float64 [B, h, w] or [B, t, h, w], each divided by its maximum (all
        zeros where nothing raises the score).

    Raises:
        ValueError: the network has no such layer.
    """
    scores, raw = signed_maps(network, inputs)
    heat = np.maximum(raw, 0)
    peak = heat.max(tuple(range(1, heat.ndim)), keepdims=True)
    return scores, np.divide(heat, peak, out=np.zeros_like(heat), where=peak > 0)


def signed_maps(
    network: Network, inputs: Tensor | tuple[Tensor, ...], layer: nn.Module | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """What Grad-CAM takes the positive part of: above 0 where a stronger feature would raise the score, below 0 where
    it would lower it. A score has no class: a low one is as much worth explaining as a high one.

    Args:
        network, inputs: as for ``grad_cam``.
        layer: whose output [B, C, …] is looked at; ``network.attended`` where ``None``. One near the input gives a
            finer map.

    Returns:
        scores float64 [B], BDI-II points, and maps float64 [B, h, w] or [B, t, h, w], in no unit.

    Raises:
        ValueError: no layer is given, and the network names none.
    """
    from captum.attr import LayerGradCam

    layer = layer or network.attended
    if layer is None:
        raise ValueError(f"{type(network).__name__} has no layer whose map Grad-CAM could look at.")
    network.eval()
    device = next(network.parameters()).device
    inputs = apply_to_collection(inputs, Tensor, lambda part: part.detach().to(device).requires_grad_())
    kind: Any = type(inputs)
    whole = kind._make if isinstance(inputs, tuple) else lambda parts: parts[0]
    with torch.enable_grad():
        explained = LayerGradCam(lambda *parts: network.score(network(whole(parts))), layer)
        raw = explained.attribute(inputs, relu_attributions=False).squeeze(1).detach()  # [B, …]
    with torch.no_grad():
        scores = network.score(network(inputs))  # [B]
    return scores.cpu().double().numpy(), raw.cpu().double().numpy()


def cascade(
    trained: Mapping[str, Tensor], fresh: Mapping[str, Tensor], stages: Sequence[str]
) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Weights of which more and more are those of an untrained network, from the score back to the pixels (Adebayo et
    al., Sanity checks for saliency maps, NeurIPS 2018, §3.1). A map that hardly changes does not explain the network.

    Args:
        trained, fresh: state dicts of the same network.
        stages: beginnings of names of parameters, the last stage of the network first.

    Yields:
        each stage, and the state dict in which it and all before it are untrained.

    Raises:
        ValueError: a stage that no parameter belongs to.
    """
    state = dict(trained)
    for stage in stages:
        names = [name for name in trained if name.startswith(f"{stage}.")]
        if not names:
            raise ValueError(
                f"No parameter of the network begins with {stage!r}: its names are like {next(iter(trained))}."
            )
        state |= {name: fresh[name] for name in names}
        yield stage, dict(state)
