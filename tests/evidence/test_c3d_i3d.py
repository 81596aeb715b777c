"""The two comparators of the MSN paper."""

import pytest
import torch

from depnb.cost import gmac, parameters
from depnb.methods.c3d import C3D
from depnb.methods.i3d import I3D, MIXED

CLIP = (1, 3, 16, 112, 112)


def test_c3d_is_the_printed_size():
    with torch.device("meta"):
        network = C3D()
    assert parameters(network) == 32_113_921
    assert parameters(network.body) == 27_655_936
    assert network.body(torch.empty(CLIP, device="meta")).shape == (1, 512, 1, 4, 4)
    assert gmac(network, CLIP) == pytest.approx(38.5, abs=0.05)


def test_i3d_is_the_printed_size():
    with torch.device("meta"):
        network = I3D()
    assert parameters(network.body) == 12_279_984
    assert parameters(network) == 13_067_953
    assert parameters(network, moving=True) // 100_000 == 130  # Keras' total, cut after one decimal: 13.0 M
    assert network.body(torch.empty(CLIP, device="meta")).shape == (1, 1024, 2, 4, 4)
    assert gmac(network.eval(), CLIP) < gmac(C3D(0.5), CLIP)


def test_the_inception_modules_have_the_channels_of_inception_v1():
    widths = [a + b[1] + c[1] + d for a, b, c, d in MIXED.values()]
    assert widths == [256, 480, 512, 512, 512, 528, 832, 832, 1024]


@pytest.mark.parametrize("network", [C3D, I3D])
@pytest.mark.parametrize("shape", [(2, 3, 16, 56, 56), (2, 3, 8, 40, 40), (1, 3, 1, 9, 9)])
def test_smaller_networks_on_smaller_clips(network, shape):
    small = network(0.0625).eval()
    small.start_at(torch.tensor([10.0, 20.0]))
    with torch.no_grad():
        output = small(torch.randn(shape))
    assert small.score(output).tolist() == pytest.approx([15.0] * shape[0])


@pytest.mark.parametrize("network", [C3D, I3D])
def test_a_score_depends_on_the_order_of_frames(network):
    torch.manual_seed(0)
    body = network(0.0625).eval().body
    clip = torch.randn(1, 3, 16, 32, 32)
    with torch.no_grad():
        assert not torch.allclose(body(clip), body(clip.flip(2)), atol=1e-3)
