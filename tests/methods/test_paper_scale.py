"""Every network of the papers at printed size: one step of training, once in a while the real thing.

The rows of an ablation differ in few parts, and some take minutes on a CPU. Those that are not computed are led through
a step without numbers: shapes must fit, forward and backward.
"""

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


COMPUTED = ("depth_69", "depth_99", "c3d", "i3d")
"""Rows of MSN that take a whole step: its network, the one with most layers, and the comparators."""


def clips() -> torch.Tensor:
    return torch.randn(2, 3, 16, 112, 112)


NETWORKS = {
    "ResNet-50 with expectation loss": (
        lambda: distribution.model(distribution.Config(), PRINTED),
        partial(torch.randn, 2, 3, 224, 224),
    ),
    "ResNet-50 stream": (
        lambda: temporal_pooling.model(temporal_pooling.ROWS["appearance"], PRINTED),
        partial(torch.randn, 2, 3, 224, 224),
    ),
    **{f"MSN paper, {row}": (partial(msn.model, msn.ROWS[row]), clips) for row in COMPUTED},
    **{
        f"DepNet paper, {row}": (
            partial(depnet.model, depnet.ROWS[row]),
            partial(torch.randn, 2, depnet.ROWS[row].frames, 3, 224, 224),
        )
        for row in ("depnet", "senet", "resnet", "resnet_sequence", "resnet_sequence_mean")
    },
    **{f"DLGA-CNN, {row}": (partial(dlga.model, dlga.ROWS[row]), landmarked_frames) for row in ("dlga", "ga", "la")},
}
WITHOUT_NUMBERS = {
    **{f"MSN, {row}": (msn, row, clips) for row in msn.ROWS.keys() - COMPUTED},
    **{f"DLGA-CNN, {row}": (dlga, row, landmarked_frames) for row in dlga.ROWS.keys() - {"dlga", "ga", "la"}},
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


@pytest.mark.parametrize("name", sorted(WITHOUT_NUMBERS))
def test_a_step_without_numbers(name):
    paper, row, draw = WITHOUT_NUMBERS[name]
    with torch.device("meta"):
        network = paper.model(paper.ROWS[row])
        network.loss(network(draw()), torch.zeros(2)).backward()
    assert {name for name, p in network.named_parameters() if p.grad is None or p.grad.shape != p.shape} == set()
