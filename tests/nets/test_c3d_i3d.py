"""The two comparators of the MSN paper."""

import pytest
import torch
from torch import nn

from depnb.methods.msn import MSN
from depnb.nets.c3d import C3D
from depnb.nets.cost import gmac, parameters
from depnb.nets.i3d import I3D, MIXED
from depnb.nets.layers3d import Conv3d, delta_initialise

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


@pytest.mark.parametrize(("inputs", "outputs"), [(1, 5), (3, 1), (9, 8), (3, Conv3d.FEW + 1)])
@pytest.mark.parametrize(
    ("kernel", "stride"),
    [(11, (1, 1, 1)), (7, (1, 2, 2)), (5, (2, 1, 3)), (3, (1, 1, 1)), ((3, 1, 1), (1, 1, 1))],
)
def test_few_channels_are_convolved_as_by_torch(inputs, outputs, kernel, stride):
    torch.manual_seed(0)
    kernel = kernel if isinstance(kernel, tuple) else (kernel,) * 3
    arguments = {"stride": stride, "padding": tuple(k // 2 for k in kernel)}
    ours = Conv3d(inputs, outputs, kernel, **arguments).double()
    torchs = torch.nn.Conv3d(inputs, outputs, kernel, **arguments).double()
    torchs.load_state_dict(ours.state_dict())
    clips = [torch.randn(2, inputs, 7, 9, 8, dtype=torch.float64).requires_grad_() for _ in range(2)]
    clips[1].data.copy_(clips[0].data)
    outputs = [network(x) for network, x in zip((ours, torchs), clips, strict=True)]
    torch.testing.assert_close(*outputs)
    for output in outputs:
        (output * torch.linspace(0, 1, output.shape[2])[:, None, None].double()).sum().backward()
    torch.testing.assert_close(clips[0].grad, clips[1].grad)
    torch.testing.assert_close(ours.weight.grad, torchs.weight.grad)
    torch.testing.assert_close(ours.bias.grad, torchs.bias.grad)


@pytest.mark.parametrize(("kernel", "stride"), [(7, (1, 2, 2)), (3, (2, 1, 3)), ((3, 1, 1), (1, 1, 1))])
def test_a_picture_is_a_clip_of_one_frame(kernel, stride):
    torch.manual_seed(0)
    padding = tuple(side // 2 for side in (kernel if isinstance(kernel, tuple) else (kernel,) * 3))
    ours = Conv3d(12, 4, kernel, stride, padding)
    theirs = nn.Conv3d(12, 4, kernel, stride, padding)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, 12, 1, 9, 9)
    torch.testing.assert_close(ours(x), theirs(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("build", [C3D, I3D, lambda width: MSN(27, width=width)])
def test_networks_learn_from_single_pictures_too(build):
    torch.manual_seed(0)
    network = build(1 / 16)
    labels = torch.tensor([10.0, 20.0, 30.0])
    network.start_at(labels)
    torch.nn.init.normal_(network.head[-1].weight)
    network.loss(network(torch.randn(3, 3, 1, 24, 24)), labels).backward()
    moments = {m.weight.grad.shape[2]: m.weight.grad for m in network.body.modules() if isinstance(m, Conv3d)}
    assert moments[3].abs().sum((0, 1, 3, 4)).count_nonzero() == 1  # before and behind a picture there is nothing


def test_c3d_begins_frame_by_frame():
    torch.manual_seed(0)
    body = C3D(1 / 16).body.eval()
    later = [m for m in body.modules() if isinstance(m, Conv3d)][1:]
    assert all(m.weight[:, :, [0, 2]].abs().max() == 0 for m in later)
    assert all(m.weight[:, :, 1].std().item() == pytest.approx((2 / 9 / m.out_channels) ** 0.5, rel=0.1) for m in later)


def test_without_noise_channels_are_passed_on_frame_by_frame():
    convolution = Conv3d(2, 5, 3, padding=1, bias=False)
    delta_initialise(convolution, noise=0.0)
    x = torch.randn(1, 2, 4, 6, 6)
    torch.testing.assert_close(convolution(x), x[:, [0, 1, 0, 1, 0]])


def test_noise_mixes_places_and_channels_and_leaves_time_alone():
    torch.manual_seed(0)
    convolution = Conv3d(8, 8, 3, padding=1, bias=False)
    delta_initialise(convolution, noise=1.0)
    beside = convolution.weight.detach() - torch.eye(8)[:, :, None, None, None] * (torch.arange(27) == 13).view(3, 3, 3)
    assert beside[:, :, [0, 2]].abs().max() == 0
    assert 0.4 < beside.square().sum((1, 2, 3, 4)).mean() * 3 < 1.6  # a third of the moments is left


@pytest.mark.parametrize(
    "network",
    [
        lambda: I3D(0.125).body.stem[0][0][0],
        lambda: MSN(27, width=0.125).body.conv1[0],
        lambda: C3D(0.125).body.stage1[0],
    ],
)
def test_half_of_the_first_filters_start_as_detectors_of_change(network):
    filters = network().weight.detach()
    change, looks = filters[: len(filters) // 2], filters[len(filters) // 2 :]
    assert change.sum(2).abs().max() < 1e-5
    assert change.abs().mean((1, 2, 3, 4)).min() > 0
    middle = filters.shape[2] // 2
    assert looks[:, :, middle].abs().min() > 0
    assert looks.abs().sum((0, 1, 3, 4)).count_nonzero() == 1
