"""Every network of the papers at printed size: one step of training, once in a while the real thing."""

import gc
import resource
from functools import partial

import pytest
import torch

from depnb.methods import depnet, distribution, dlga, msn, temporal_pooling
from depnb.methods.profiles import PRINTED

pytestmark = pytest.mark.slow


def landmarked_frames() -> dlga.LandmarkedFrames:
    return dlga.LandmarkedFrames(torch.randn(2, 3, 224, 224), 223 * torch.rand(2, dlga.PATCHES, 2))


NETWORKS = {
    "ResNet-50 with expectation loss": (
        lambda: distribution.model(distribution.Config(), PRINTED),
        partial(torch.randn, 2, 3, 224, 224),
    ),
    "ResNet-50 stream": (
        lambda: temporal_pooling.model(temporal_pooling.ROWS["appearance"], PRINTED),
        partial(torch.randn, 2, 3, 224, 224),
    ),
    # "msn" is the network of "depth_69"
    **{
        f"MSN paper, {row}": (partial(msn.model, msn.ROWS[row]), partial(torch.randn, 2, 3, 16, 112, 112))
        for row in msn.ROWS
        if row != "msn"
    },
    **{
        f"DepNet paper, {row}": (
            partial(depnet.model, depnet.ROWS[row]),
            partial(torch.randn, 2, depnet.ROWS[row].frames, 3, 224, 224),
        )
        for row in ("depnet", "senet", "resnet", "resnet_sequence", "resnet_sequence_mean")
    },
    # the rows of the learning rates are the network of "dlga"
    **{
        f"DLGA-CNN, {row}": (partial(dlga.model, config), landmarked_frames)
        for row, config in dlga.COMBINATIONS.items()
    },
}
MOST_MEMORY = 20e9
"""Bytes; a GPU of 24 GB and a laptop of 32 GB hold it."""


@pytest.mark.last
@pytest.mark.parametrize("name", NETWORKS)
def test_a_step_of_training(name):
    build, draw = NETWORKS[name]
    torch.manual_seed(0)
    network = build()
    bdi = torch.tensor([3.0, 40.0])
    network.start_at(bdi)
    inputs = draw()
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-4)
    before = network.head[-1].weight.detach().clone()
    loss = network.loss(network(inputs), bdi)
    loss.backward()
    optimiser.step()
    assert torch.isfinite(loss)
    assert not torch.equal(network.head[-1].weight, before)
    del network, optimiser, loss
    gc.collect()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 < MOST_MEMORY
