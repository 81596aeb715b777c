"""Which parts of a frame a network's score comes from."""

from typing import Any

import numpy as np
import torch
from lightning_utilities.core.apply_func import apply_to_collection
from torch import Tensor

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
    from captum.attr import LayerGradCam

    if network.attended is None:
        raise ValueError(f"{type(network).__name__} has no layer whose map Grad-CAM could look at.")
    network.eval()
    device = next(network.parameters()).device
    inputs = apply_to_collection(inputs, Tensor, lambda part: part.detach().to(device).requires_grad_())
    kind: Any = type(inputs)
    whole = kind._make if isinstance(inputs, tuple) else lambda parts: parts[0]
    with torch.enable_grad():
        explained = LayerGradCam(lambda *parts: network.score(network(whole(parts))), network.attended)
        heat = explained.attribute(inputs, relu_attributions=True).squeeze(1).detach()  # [B, …]
    peak = heat.amax(tuple(range(1, heat.ndim)), keepdim=True)
    heat = torch.where(peak > 0, heat / peak.clamp_min(torch.finfo(heat.dtype).tiny), heat)
    with torch.no_grad():
        scores = network.score(network(inputs))  # [B]
    return scores.cpu().double().numpy(), heat.cpu().double().numpy()
