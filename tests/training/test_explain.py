import numpy as np
import pytest
import torch
from torch import nn

from depnb.inputs.pixels import normalise
from depnb.methods.distribution import ROWS, model
from depnb.methods.profiles import Scale
from depnb.training.explain import grad_cam, signed_maps

SMALL = Scale(0.125, 10, 64)


@pytest.fixture
def pixels():
    return torch.randint(0, 256, (2, 3, 64, 64), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


@pytest.fixture
def network():
    torch.manual_seed(1)
    return model(ROWS["expectation"], SMALL).eval()


def test_maps_equal_the_formula(network, pixels):
    """ReLU of the channels' sum, each weighted by the mean gradient of the score (Selvaraju et al., eq. 1 and 2)."""
    features = network.body(normalise(pixels)).detach().requires_grad_()  # [B, C, h, w]
    network.score(network.head(features)).sum().backward()
    weights = features.grad.mean((2, 3), keepdim=True)  # [B, C, 1, 1]
    expected = (weights * features).sum(1).relu().detach()  # [B, h, w]
    expected = expected / expected.amax((1, 2), keepdim=True).clamp_min(1e-30)
    scores, heat = grad_cam(network, normalise(pixels))
    assert heat.shape == (2, 2, 2)
    assert np.allclose(heat, expected.numpy(), atol=1e-5)
    assert np.allclose(scores, network.score(network(normalise(pixels))).detach().numpy(), atol=1e-4)


def test_every_row_has_a_map_or_says_that_it_has_none(pixels):
    for config in ROWS.values():
        network = model(config, SMALL)
        if config.softmax_test == "argmax":
            assert network.attended is None
        else:
            assert grad_cam(network, normalise(pixels))[1].shape == (2, 2, 2)


def test_a_network_without_a_map_is_refused(pixels):
    network = nn.Flatten()
    network.attended = None
    with pytest.raises(ValueError, match="Flatten has no layer"):
        grad_cam(network, normalise(pixels))


def test_grad_cam_is_the_positive_part_of_the_signed_map(network, pixels):
    inputs = normalise(pixels)
    scores, raw = signed_maps(network, inputs)
    again, heat = grad_cam(network, inputs)
    assert np.array_equal(scores, again)
    for own, positive in zip(raw, heat, strict=True):
        assert np.allclose(positive, np.maximum(own, 0) / max(own.max(), 1e-300))
    opposite = signed_maps(Opposite(network), inputs)[1]
    assert np.allclose(opposite, -raw, atol=1e-6)  # what raises the opposite of a score lowers the score
    assert signed_maps(network, inputs, network.body.layer2)[1].shape == (2, 8, 8)


class Opposite(nn.Module):
    """A network whose score is the opposite of another one's."""

    def __init__(self, network):
        super().__init__()
        self.network, self.attended = network, network.attended

    def forward(self, inputs):
        return self.network(inputs)

    def score(self, output):
        return -self.network.score(output)
