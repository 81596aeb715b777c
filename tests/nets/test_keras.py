"""3-D networks as Keras builds them: padding, constants of normalisation, draws of weights."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from depnb.methods.msn import MSN
from depnb.nets.c3d import C3D
from depnb.nets.fast import fast
from depnb.nets.i3d import I3D
from depnb.nets.layers3d import Conv3d, PaddedMaxPool3d, as_keras, keras_padded, pad_as_keras

NETWORKS = {"MSN": lambda width: MSN(27, width=width), "C3D": C3D, "I3D": I3D}


@pytest.mark.parametrize("name", NETWORKS)
def test_constants_and_draws(name):
    torch.manual_seed(0)
    network = as_keras(NETWORKS[name](1 / 8))
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm3d)]
    assert bool(norms) == (name != "C3D")
    assert {(m.eps, m.momentum) for m in norms} <= {(1e-3, 0.01)}
    layers = [m for m in network.modules() if isinstance(m, nn.Conv3d | nn.Linear)]
    for layer in layers:
        cells = layer.weight[0, 0].numel() if layer.weight.ndim > 2 else 1
        limit = math.sqrt(6 / (cells * (layer.weight.shape[0] + layer.weight.shape[1])))
        assert layer.weight.abs().max() <= limit
        if layer.weight.numel() > 2000:
            assert layer.weight.abs().max() > 0.98 * limit
            assert layer.weight.std().item() == pytest.approx(limit / math.sqrt(3), rel=0.05)
            assert abs(layer.weight.mean().item()) < 0.1 * limit
    assert all((m.bias == 0).all() for m in (*norms, *layers) if m.bias is not None)
    assert isinstance(layers[-1], nn.Linear)
    assert layers[-1].out_features == 1
    assert network.starts_drawn


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_of_shapes_stays_one(name):
    with torch.device("meta"):
        network = as_keras(NETWORKS[name](1.0))
    assert all(p.is_meta for p in network.parameters())


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "before", "behind"),
    [(112, 7, 2, 2, 3), (56, 3, 2, 0, 1), (16, 7, 1, 3, 3), (7, 3, 2, 1, 1), (1, 7, 2, 3, 3), (4, 1, 2, 0, 0)],
)
def test_where_zeros_go(size, kernel, stride, before, behind):
    padded = keras_padded(torch.ones(1, 1, size, 1, 1), (kernel, 1, 1), (stride, 1, 1)).flatten()
    assert padded.tolist() == [0.0] * before + [1.0] * size + [0.0] * behind


def test_a_pool_of_negative_numbers_does_not_see_its_padding():
    pool = PaddedMaxPool3d((3, 3, 3), (2, 2, 2))
    x = -1 - torch.rand(1, 2, 4, 6, 6)
    alike = pool(x)
    pool.keras_same = True
    assert pool(x).max() < 0
    assert pool(x).shape == alike.shape
    assert torch.equal(pool(x)[..., 0, 0, 0], x[..., :3, :3, :3].amax((2, 3, 4)))


def test_only_strides_are_padded_otherwise():
    network = I3D(1 / 16)
    pad_as_keras(network)
    changed = [name for name, m in network.named_modules() if getattr(m, "keras_same", False)]
    assert changed == ["body.stem.0.0.0", "body.stem.1", "body.stem.4", "body.pool4"]
    c3d = C3D(1 / 16)
    pad_as_keras(c3d)
    assert not any(getattr(m, "keras_same", False) for m in c3d.modules())


def test_c3d_pools_end_where_those_of_keras_end():
    x = torch.randn(1, 2, 2, 7, 7)
    expected = functional.max_pool3d(functional.pad(x, (0, 1, 0, 1), value=-math.inf), 2)
    assert torch.equal(C3D(1 / 16).body.pool5(x), expected)


def keras_inception(x, module, inception):
    first, second, third, fourth = module.branches
    pooled = functional.max_pool3d(functional.pad(x, (1,) * 6, value=-math.inf), 3, 1)
    return torch.cat([inception(x, first), *_chain(x, second, third, inception), inception(pooled, fourth[1])], 1)


def _chain(x, second, third, layer):
    return [layer(layer(x, branch[0]), branch[1]) for branch in (second, third)]


def test_features_of_i3d_are_those_of_keras():
    """The pads of the stem and of the pools at 16×112×112, written out."""
    torch.manual_seed(0)
    network = as_keras(I3D(1 / 16)).double().eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm3d):
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.001, 0.1)
            nn.init.normal_(module.bias, std=0.1)

    def layer(x, of, pads=None, stride=1):
        conv, norm = of[0]
        mean, var, shift = (v[:, None, None, None] for v in (norm.running_mean, norm.running_var, norm.bias))
        pads = pads or (conv.kernel_size[0] // 2,) * 6
        return (
            (functional.conv3d(functional.pad(x, pads), conv.weight, stride=stride) - mean) / (var + 1e-3).sqrt()
            + shift
        ).relu()

    body, clips = network.body, torch.randn(1, 3, 16, 112, 112, dtype=torch.float64)
    with torch.no_grad():
        x = layer(clips, body.stem[0], (2, 3, 2, 3, 2, 3), 2)
        x = functional.max_pool3d(functional.pad(x, (0, 1, 0, 1)), (1, 3, 3), (1, 2, 2))
        x = layer(layer(x, body.stem[2]), body.stem[3])
        x = functional.max_pool3d(functional.pad(x, (0, 1, 0, 1)), (1, 3, 3), (1, 2, 2))
        for module in body.stage3:
            x = keras_inception(x, module, layer)
        x = functional.max_pool3d(functional.pad(x, (0, 1) * 3), 3, 2)
        for module in body.stage4:
            x = keras_inception(x, module, layer)
        x = functional.max_pool3d(functional.pad(x, (0, 1, 0, 1)), 2)
        for module in body.stage5:
            x = keras_inception(x, module, layer)
        torch.testing.assert_close(body(clips), x, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", NETWORKS)
def test_prediction_keeps_it(name):
    torch.manual_seed(0)
    network = as_keras(NETWORKS[name](1 / 16)).eval()
    clips = torch.randn(2, 3, 8, 40, 40)
    with torch.no_grad():
        expected = network(clips)
    torch.testing.assert_close(fast(network, torch.float32)(clips), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_it_learns_from_single_pictures_too(name):
    torch.manual_seed(0)
    network = as_keras(NETWORKS[name](1 / 16))
    network.loss(network(torch.randn(3, 3, 1, 24, 24)), torch.tensor([10.0, 20.0, 30.0])).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())


def test_few_channels_are_convolved_as_many():
    torch.manual_seed(0)
    conv = Conv3d(3, 1, 7, (1, 2, 2), 3, bias=False).double()
    pad_as_keras(conv)
    x = torch.randn(1, 3, 8, 20, 20, dtype=torch.float64)
    expected = functional.conv3d(functional.pad(x, (2, 3, 2, 3, 3, 3)), conv.weight, stride=(1, 2, 2))
    torch.testing.assert_close(conv(x), expected)
