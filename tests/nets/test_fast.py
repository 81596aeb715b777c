"""The fast way to a score ends at the same score."""

import pytest
import torch

from depnb.methods.msn import MSN
from depnb.nets.fast import fast
from depnb.nets.i3d import I3D

pytestmark = pytest.mark.slow


def clips_and_labels() -> tuple[torch.Tensor, torch.Tensor]:
    """Noise whose brightness is the label, 8 clips with labels 0 … 42."""
    torch.manual_seed(1)
    bdi = torch.arange(0.0, 48, 6)
    return 0.5 * torch.randn(8, 3, 8, 32, 32) + (bdi[:, None, None, None, None] - 21) / 21, bdi


def trained(network: torch.nn.Module) -> torch.nn.Module:
    """The network after a few steps on these clips."""
    clips, bdi = clips_and_labels()
    network.start_at(bdi)
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(40):
        optimiser.zero_grad()
        network.loss(network(clips), bdi).backward()
        optimiser.step()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm3d):
            module.momentum = 1.0
    with torch.no_grad():
        network(clips)
    return network.eval()


@pytest.mark.parametrize(("dtype", "most"), [(torch.float32, 1e-4), (torch.bfloat16, 0.1)])
@pytest.mark.parametrize("build", [lambda: MSN(27, width=0.0625), lambda: I3D(0.125)], ids=["msn", "i3d"])
def test_scores_stay_where_they_were(build, dtype, most):
    torch.manual_seed(0)
    network = trained(build())
    clips, _ = clips_and_labels()
    with torch.no_grad():
        plain = network.score(network(clips))
    assert plain.std() > 5
    assert (network.score(fast(network, dtype)(clips)) - plain).abs().mean() < most


def test_a_network_without_a_head_is_refused():
    with pytest.raises(TypeError, match="Linear has no head"):
        fast(torch.nn.Linear(2, 1))


def test_the_network_itself_is_left_alone():
    network = MSN(27, width=0.0625)
    names = list(network.state_dict())
    quick = fast(network, torch.bfloat16)
    assert list(network.state_dict()) == names
    assert network.training
    assert {p.dtype for p in network.parameters()} == {torch.float32}
    assert {p.dtype for p in quick.network.head.parameters()} == {torch.float32}
    assert not any(isinstance(m, torch.nn.BatchNorm3d) for m in quick.modules())
    assert not quick.train().training
