import pytest
import timm
import torch
from hypothesis import given, settings, strategies as st
from torchvision.models import resnet18, resnet50
from torchvision.ops import SqueezeExcitation as TorchvisionSE

from depnb.nets.resnet import NormSE, ResNetBody, SqueezeExcitation


def picture(side: int) -> torch.Tensor:
    return torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("depth", "original"), [(18, resnet18), (50, resnet50)])
def test_at_full_width_it_is_torchvisions_resnet(depth, original):
    body, theirs = ResNetBody(depth).eval(), original(weights=None).eval()
    weights = {name: value for name, value in theirs.state_dict().items() if not name.startswith("fc.")}
    body.load_state_dict(weights)
    x = picture(64)
    with torch.no_grad():
        ours = body(x)
        expected = theirs.layer4(
            theirs.layer3(theirs.layer2(theirs.layer1(theirs.maxpool(theirs.relu(theirs.bn1(theirs.conv1(x)))))))
        )
    assert torch.equal(ours, expected)


def test_with_squeeze_and_excitation_it_is_timms_seresnet50():
    torch.manual_seed(0)
    body, theirs = ResNetBody(50, se_ratio=16).eval(), timm.create_model("seresnet50", num_classes=0).eval()
    for module in theirs.modules():
        if isinstance(module, torch.nn.BatchNorm2d):  # the last gain of a block would hide its branch at zero
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
    weights = {}
    for name, value in theirs.state_dict().items():
        if ".se." in name:  # there 1×1 convolutions, and beside the last normalisation
            name, value = name.replace(".se.", ".bn3.se."), value.flatten(1) if value.ndim == 4 else value
        weights[name] = value
    body.load_state_dict(weights)
    with torch.no_grad():
        torch.testing.assert_close(body(picture(64)), theirs.forward_features(picture(64)))


def test_sizes():
    with torch.device("meta"):
        assert sum(p.numel() for p in ResNetBody(50).parameters()) == 23_508_032
        assert sum(p.numel() for p in ResNetBody(50, se_ratio=16).parameters()) == 26_039_024
        assert ResNetBody(50)(torch.empty(1, 3, 224, 224)).shape == (1, 2048, 7, 7)
        assert ResNetBody(18, 0.5)(torch.empty(2, 3, 64, 64)).shape == (2, 256, 2, 2)


def test_shapes_behind_each_stage_of_se_resnet_50():
    with torch.device("meta"):
        body, x = ResNetBody(50, se_ratio=16), torch.empty(1, 3, 224, 224)
    shapes = []
    for name in ("conv1", "maxpool", "layer1", "layer2", "layer3", "layer4"):
        body.get_submodule(name).register_forward_hook(lambda module, args, output: shapes.append(output.shape[1:]))
    body(x)
    assert shapes == [(64, 112, 112), (64, 56, 56), (256, 56, 56), (512, 28, 28), (1024, 14, 14), (2048, 7, 7)]


@pytest.mark.parametrize(("depth", "width"), [(10, 0.125), (18, 1 / 64), (50, 1 / 64)])
@pytest.mark.parametrize("ratio", [1, 16])
def test_narrow_bodies_keep_a_hidden_channel(depth, width, ratio):
    body = ResNetBody(depth, width, ratio)
    hidden = [module.fc1.out_features for module in body.modules() if isinstance(module, SqueezeExcitation)]
    assert len(hidden) == {10: 4, 18: 8, 50: 16}[depth]
    assert min(hidden) >= 1
    assert body(torch.randn(2, 3, 64, 64)).shape == (2, body.channels, 2, 2)


def test_squeeze_and_excitation_adds_to_a_resnet_and_changes_no_name():
    plain, with_se = (ResNetBody(10, 0.125, ratio).state_dict() for ratio in (None, 16))
    assert [name for name in with_se if ".se." not in name] == list(plain)


def test_excitation_is_before_the_sum():
    torch.manual_seed(0)
    block = ResNetBody(10, 0.125, 16).eval().layer1[0]
    x = torch.randn(2, 8, 5, 5)
    branch = block.bn2(block.conv2(torch.relu(block.bn1(block.conv1(x)))))
    assert isinstance(block.bn2, NormSE)
    torch.testing.assert_close(block(x), torch.relu(branch + x))


@given(st.integers(1, 40), st.sampled_from((1, 4, 16)), st.integers(1, 4), st.integers(1, 4), st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_squeeze_and_excitation_is_torchvisions(channels, ratio, height, width, seed):
    torch.manual_seed(seed)
    ours, theirs = SqueezeExcitation(channels, ratio), TorchvisionSE(channels, max(1, channels // ratio))
    theirs.load_state_dict({name: p[:, :, None, None] if p.ndim == 2 else p for name, p in ours.state_dict().items()})
    u = torch.randn(2, channels, height, width)
    torch.testing.assert_close(ours(u), theirs(u))


def test_without_excitation_every_channel_is_halved():
    se = SqueezeExcitation(8, 4)
    torch.nn.init.zeros_(se.fc2.weight)
    torch.nn.init.zeros_(se.fc2.bias)
    u = torch.randn(2, 8, 3, 5)
    assert torch.equal(se(u), 0.5 * u)


def test_the_squeeze_of_constant_channels_is_their_value():
    se, seen = SqueezeExcitation(8, 4), []
    se.fc1.register_forward_pre_hook(lambda module, args: seen.extend(args))
    u = torch.arange(16.0).view(2, 8)
    se(u[:, :, None, None].expand(-1, -1, 3, 5))
    torch.testing.assert_close(seen, [u])


def test_unknown_sizes_are_refused():
    with pytest.raises(ValueError, match="10, 18, 50"):
        ResNetBody(34)
    with pytest.raises(ValueError, match="1 or more, such as 16, or None"):
        ResNetBody(10, 0.125, se_ratio=0)
