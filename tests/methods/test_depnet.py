"""DepNet against the arithmetic of its paper: the aggregation by hand, the sizes, the frozen body."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import nn

from depnb.inputs.spec import Sample
from depnb.methods.contract import FACE_EPOCHS, OURS
from depnb.methods.depnet import (
    PROFILES,
    ROWS,
    SWITCHES,
    Config,
    DepNet,
    FeatureAggregation,
    FeatureMean,
    FrameFeatures,
    channel_max_pool,
    inputs,
    learning,
    model,
)
from depnb.methods.profiles import Scale
from depnb.methods.registry import method, specification
from depnb.nets.cost import parameters
from depnb.nets.resnet_v1 import ResNetV1Body
from depnb.training.explain import grad_cam
from depnb.training.pretraining import IdentityNet

SMALL = Scale(width=0.125, depth=10, input_size=40)
"""LLFs of 64×2×2, a HLF of 8×32."""
FRAMES = (5, 3, 40, 40)
NETWORKS = {
    "DepNet": DepNet,
    "ResNet sequence, FAM": partial(DepNet, se_ratio=None),
    "ResNet sequence, mean": partial(FeatureMean, se_ratio=None, frozen=True),
    "SENet image": FeatureMean,
    "ResNet image": partial(FeatureMean, se_ratio=None),
}


def printed_size(build, **arguments) -> nn.Module:
    """A network of full size without memory."""
    with torch.device("meta"):
        return build(**arguments)


def one_place(signal: list[float]) -> torch.Tensor:
    """LLFs [1, 8, T, 1, 1] whose one place has this signal behind the channel max pool."""
    return torch.tensor(signal, dtype=torch.float32)[None, None, :, None, None].repeat(1, 8, 1, 1, 1)


def summing(**arguments) -> FeatureAggregation:
    """One filter a branch, all its taps 1, no bias."""
    fam = FeatureAggregation(8, fam_channels=1, **arguments)
    for convolution, _ in fam.temporal:
        nn.init.ones_(convolution.weight)
        nn.init.zeros_(convolution.bias)
    return fam


def branches(fam: FeatureAggregation, llf: torch.Tensor) -> torch.Tensor:
    """What the last convolution joins: three maxima over time for each filter and two statistics, [B, 3C + 2, D]."""
    seen = []
    handle = fam.join.register_forward_pre_hook(lambda module, args: seen.extend(args))
    fam(llf)
    handle.remove()
    return seen[0]


@pytest.mark.parametrize(("kernel", "expected"), [(4, [3, 7, 11, 15]), (8, [7, 15])])
def test_channel_pool_by_hand(kernel, expected):
    assert channel_max_pool(torch.arange(16.0)[None], kernel).tolist() == [expected]


@pytest.mark.parametrize(("channels", "kernel", "left"), [(2048, 4, 512), (2048, 8, 256), (1024, 4, 256)])
def test_channel_pool_shapes(channels, kernel, left):
    assert channel_max_pool(torch.empty(1, channels, 7, 7), kernel).shape == (1, left, 7, 7)


@pytest.mark.parametrize(
    ("padding", "rows"),
    [
        ("same", [[3, 6, 9, 12, 9], [6, 10, 15, 14, 12], [15, 15, 15, 15, 15]]),
        ("clip", [[6, 9, 12], [15], [15]]),
    ],
)
def test_one_place_by_hand(padding, rows):
    fam, llf = summing(temporal_padding=padding), one_place([1, 2, 3, 4, 5])
    x = llf[:, :1, :, :, 0]  # [1, 1, T, D]
    assert [convolution(x).flatten().tolist() for convolution in fam.temporal] == rows
    assert branches(fam, llf).flatten().tolist() == [12, 15, 15, 5, 3]


def test_the_second_statistic_is_the_mean_or_a_second_maximum():
    for name, expected in (("max_avg", [5, 3]), ("max_max", [5, 5])):
        assert branches(summing(stat_pools=name), one_place([1, 2, 3, 4, 5])).flatten()[3:].tolist() == expected


def test_every_tap_of_the_longest_kernel_is_reached_five_by_each_output():
    convolution = summing().temporal[2][0]
    with torch.no_grad():
        convolution.weight.copy_(torch.arange(1.0, 10)[:, None])
    taps = convolution(torch.eye(5)[None, None])[0, 0]  # [output row τ, frame t]
    assert taps.tolist() == [[5 - tau + t for t in range(1, 6)] for tau in range(1, 6)]


def test_still_frames_by_hand():
    assert branches(summing(), one_place([2, 2, 2, 2, 2])).flatten().tolist() == [6, 10, 10, 2, 2]


def by_numpy(fam: FeatureAggregation, llf: np.ndarray, padding: str, relu: bool) -> np.ndarray:
    """The module once more, place by place and filter by filter: LLFs [B, C, T, h, w] to [B, outputs, D]."""
    weights = {name: p.detach().numpy() for name, p in fam.named_parameters()}
    active = (lambda y: np.maximum(y, 0)) if relu else (lambda y: y)
    hlf = []
    for maps in llf:
        values = maps.reshape(-1, fam.cmp_kernel, *maps.shape[1:]).max(1)  # [groups, T, h, w]
        signals = np.moveaxis(values, 1, -1).reshape(-1, maps.shape[1])  # [D, T]
        columns = []
        for x in signals:
            column = []
            for branch in range(3):
                filters, biases = weights[f"temporal.{branch}.0.weight"], weights[f"temporal.{branch}.0.bias"]
                pad = filters.shape[2] // 2 if padding == "same" else 0
                for taps, bias in zip(filters[:, 0, :, 0], biases, strict=True):
                    rows = np.lib.stride_tricks.sliding_window_view(np.pad(x, pad), len(taps)) @ taps + bias
                    column.append(active(rows).max())
            columns.append([*column, x.max(), x.mean()])
        joined = np.array(columns) @ weights["join.0.weight"][:, :, 0].T + weights["join.0.bias"]  # [D, outputs]
        hlf.append(active(joined).T)
    return np.stack(hlf)


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(SWITCHES["cmp_kernel"]),
    st.sampled_from(SWITCHES["temporal_padding"]),
    st.booleans(),
    st.integers(2, 11),
    st.integers(0, 999),
)
def test_it_is_its_description_place_by_place(kernel, padding, relu, frames, seed):
    torch.manual_seed(seed)
    fam = FeatureAggregation(
        16,
        frames=frames,
        cmp_kernel=kernel,
        temporal_padding=padding,
        fam_channels=3,
        activation="relu" if relu else "none",
    ).double()
    llf = torch.randn(2, 16, frames, 2, 3, dtype=torch.float64)
    np.testing.assert_allclose(fam(llf).detach().numpy(), by_numpy(fam, llf.numpy(), padding, relu), atol=1e-12)


@pytest.mark.parametrize("activation", SWITCHES["activation"])
def test_channels_are_reduced_before_they_are_pooled(activation):
    torch.manual_seed(0)
    llf = torch.randn(2, 12, 5, 2, 3)
    reducing = FeatureAggregation(12, cmp_kernel=4, llf_channels=8, fam_channels=3, activation=activation)
    plain = FeatureAggregation(8, cmp_kernel=4, fam_channels=3, activation=activation)
    plain.load_state_dict({name: p for name, p in reducing.state_dict().items() if not name.startswith("reduce.")})
    weight, bias = reducing.reduce[0].weight[:, :, 0, 0], reducing.reduce[0].bias
    reduced = torch.einsum("oc,bcthw->bothw", weight, llf) + bias[:, None, None, None]
    torch.testing.assert_close(reducing(llf), plain(reduced.relu() if activation == "relu" else reduced))


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(5)), st.sampled_from(SWITCHES["temporal_padding"]))
def test_statistics_do_not_see_the_order_of_frames(order, padding):
    torch.manual_seed(0)
    fam, llf = FeatureAggregation(16, temporal_padding=padding, fam_channels=4), torch.randn(2, 16, 5, 2, 2)
    before, after = branches(fam, llf), branches(fam, llf[:, :, order])
    torch.testing.assert_close(after[:, 12:], before[:, 12:])


@pytest.mark.parametrize("padding", SWITCHES["temporal_padding"])
def test_all_temporal_convolutions_see_the_order_of_frames(padding):
    torch.manual_seed(0)
    fam, llf = FeatureAggregation(16, temporal_padding=padding, fam_channels=4), torch.randn(2, 16, 5, 2, 2)
    changed = (branches(fam, llf) - branches(fam, llf[:, :, [1, 0, 2, 4, 3]])).abs()[:, :12]
    assert changed.unflatten(1, (3, 4)).amax((0, 2, 3)).min() > 1e-3  # of each kernel


@pytest.mark.parametrize("padding", SWITCHES["temporal_padding"])
def test_time_backwards_is_kernels_backwards(padding):
    torch.manual_seed(0)
    fam, llf = FeatureAggregation(16, temporal_padding=padding, fam_channels=4), torch.randn(2, 16, 5, 2, 2)
    before = fam(llf)
    for convolution, _ in fam.temporal:
        convolution.weight.data = convolution.weight.data.flip(2)
    torch.testing.assert_close(fam(llf.flip(2)), before)


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(6)))
def test_filters_are_shared_over_places(order):
    torch.manual_seed(0)
    fam, llf = FeatureAggregation(16, fam_channels=4), torch.randn(2, 16, 5, 6, 1)
    moved = fam(llf[:, :, :, order]).unflatten(2, (2, 6))
    torch.testing.assert_close(moved, fam(llf).unflatten(2, (2, 6))[..., order])


@given(st.floats(-9, 9))
@settings(max_examples=20, deadline=None)
def test_without_padding_an_offset_goes_straight_through(offset):
    torch.manual_seed(0)
    fam = FeatureAggregation(16, temporal_padding="clip", fam_channels=4).double()
    llf = torch.randn(2, 16, 5, 2, 2, dtype=torch.float64)
    gains = torch.cat([*(convolution.weight.sum((1, 2, 3)) for convolution, _ in fam.temporal), torch.ones(2)])
    moved = branches(fam, llf + offset) - branches(fam, llf)
    torch.testing.assert_close(moved, (offset * gains)[:, None].expand_as(moved))


@pytest.mark.parametrize(
    ("arguments", "groups"),
    [({}, 256), ({"cmp_kernel": 4}, 512), ({"cmp_kernel": 4, "llf_channels": 1024}, 256)],
)
@pytest.mark.parametrize("padding", SWITCHES["temporal_padding"])
def test_shape_behind_each_stage(arguments, groups, padding):
    fam = printed_size(FeatureAggregation, temporal_padding=padding, **arguments)
    shapes = []
    for module in (*fam.temporal, fam.join):
        module.register_forward_hook(lambda module, args, output: shapes.append((*args[0].shape, *output.shape)))
    values = groups * 49
    assert fam(torch.empty(2, 2048, 5, 7, 7, device="meta")).shape == (2, 64, values)
    rows = (5, 5, 5) if padding == "same" else (3, 1, 1)
    assert shapes[:3] == [(2, 1, 5, values, 2, 64, left, values) for left in rows]
    assert shapes[3] == (2, 3 * 64 + 2, values, 2, 64, values)


def test_parameters_of_the_aggregation():
    fam = printed_size(FeatureAggregation)
    assert parameters(fam.temporal) == 64 * (3 + 5 + 9) + 3 * 64 == 1280
    assert parameters(fam.join) == (3 * 64 + 2) * 64 + 64 == 12_480
    assert parameters(fam) == 13_760
    assert parameters(printed_size(FeatureAggregation, temporal_padding="clip").temporal) == 64 * (3 + 5 + 5) + 3 * 64
    reduced = printed_size(FeatureAggregation, cmp_kernel=4, llf_channels=1024)
    assert parameters(reduced) == 13_760 + 2048 * 1024 + 1024


def test_parameters_of_the_printed_network():
    network = printed_size(DepNet)
    assert parameters(network.body) == 26_039_024
    assert parameters(network.head) == 802_816 * 128 + 128 + 129
    assert parameters(network) == 128_813_489
    assert parameters(printed_size(DepNet, se_ratio=None)) == 128_813_489 - 2_530_992
    assert parameters(printed_size(FeatureMean)) == 26_039_024 + 2048 * 128 + 128 + 129


@pytest.mark.parametrize(("fc_dim", "millions"), [(64, 51.4), (128, 102.8), (256, 205.5), (512, 411.0), (4096, 3288.3)])
def test_the_first_dense_layer_is_most_of_it(fc_dim, millions):
    first = printed_size(DepNet, fc_dim=fc_dim).head[1]
    assert first.in_features == 64 * 12_544
    assert first.weight.numel() / 1e6 == pytest.approx(millions, abs=0.05)


def test_shapes_through_the_printed_network():
    network, shapes = printed_size(DepNet), []
    for module in (network.body, network.features, network.aggregation, network.head):
        module.register_forward_hook(lambda module, args, output: shapes.append(tuple(output.shape)))
    network(torch.empty(2, 5, 3, 224, 224, device="meta"))
    assert shapes == [(10, 2048, 7, 7), (2, 2048, 5, 7, 7), (2, 64, 12_544), (2, 1)]


@pytest.mark.parametrize(
    "scale", [Scale(0.125, 10, 32), Scale(0.25, 10, 80), Scale(1 / 16, 18, 33), Scale(1 / 32, 50, 65)]
)
@pytest.mark.parametrize("arguments", [{}, {"frames": 2, "temporal_padding": "clip", "llf_channels": 1024}])
def test_smaller_networks_on_smaller_frames(scale, arguments):
    network = DepNet(scale, **arguments).eval()
    frames = torch.randn(2, arguments.get("frames", 5), 3, scale.input_size, scale.input_size)
    assert network(frames).shape == (2, 1)


def test_narrow_networks_are_narrow_everywhere_and_drop_less():
    network = printed_size(DepNet, scale=Scale(width=0.25), cmp_kernel=4, llf_channels=1024)
    fam = network.aggregation
    assert (fam.channels, fam.reduce[0].out_channels, fam.groups) == (512, 256, 64)
    assert [convolution.out_channels for convolution, _ in fam.temporal] == [16, 16, 16]
    assert (fam.outputs, network.head[1].out_features, network.head[3].p) == (16, 32, 0.125)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_begins_at_the_constant_predictor(name):
    bdi = torch.tensor([3.0, 3, 10, 20, 44])
    network = NETWORKS[name](SMALL)
    network.start_at(bdi)
    output = network.eval()(torch.randn(2, *FRAMES))
    assert output.shape == (2, 1)
    assert network.score(output).tolist() == pytest.approx([16.0, 16.0])
    assert torch.isfinite(network.loss(output, bdi[:2]))


def stepped(network: nn.Module, frames: torch.Tensor, optimiser=torch.optim.Adam) -> tuple[dict, dict]:
    """The network's state before and after two steps in training mode."""
    labels = torch.tensor([3.0, 40.0])
    network.start_at(labels)
    network.train()
    nn.init.normal_(network.head[-1].weight)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    steps = optimiser(network.parameters(), lr=0.01, weight_decay=0.1)
    for _ in range(2):
        steps.zero_grad()
        network.loss(network(frames), labels).backward()
        steps.step()
    return before, network.state_dict()


@pytest.mark.parametrize("optimiser", [torch.optim.Adam, partial(torch.optim.SGD, momentum=0.9)])
def test_a_frozen_body_stays_to_the_bit_while_the_rest_learns(optimiser):
    torch.manual_seed(0)
    network = DepNet(SMALL)
    before, after = stepped(network, torch.randn(2, *FRAMES), optimiser)
    learnt = {name for name in before if not torch.equal(before[name], after[name])}
    assert learnt == {name for name, _ in network.named_parameters() if not name.startswith("features.")}
    assert all(p.grad is None for p in network.body.parameters())
    assert network.training
    assert not any(module.training for module in network.body.modules())


@pytest.mark.parametrize("build", [partial(DepNet, frozen=False), FeatureMean])
def test_a_body_that_is_not_frozen_learns(build):
    torch.manual_seed(0)
    network = build(SMALL)
    before, after = stepped(network, torch.randn(2, *FRAMES))
    assert all(not torch.equal(before[name], after[name]) for name, _ in network.named_parameters())
    assert all(module.training for module in network.modules())


def test_the_frozen_body_can_be_pretrained_by_itself():
    body = DepNet(SMALL).body
    faces = IdentityNet(body, 4).train()
    nn.init.normal_(faces.head[-1].weight)
    faces.loss(faces(torch.randn(3, 3, 40, 40)), torch.tensor([0.0, 1, 3])).backward()
    assert all(p.grad is not None for p in body.parameters())
    assert body.bn1.num_batches_tracked == 1


@pytest.mark.parametrize("frozen", [True, False])
def test_features_are_those_of_each_frame(frozen):
    torch.manual_seed(0)
    body = DepNet(SMALL).body
    features, frames = FrameFeatures(body, frozen).eval(), torch.randn(2, *FRAMES)
    maps = features(frames)
    assert maps.shape == (2, 64, 5, 2, 2)
    assert maps.requires_grad is not frozen
    torch.testing.assert_close(maps[1, :, 3], body(frames[1, 3:4])[0])


@pytest.mark.parametrize("frozen", [True, False])
def test_a_frame_of_several_draws_is_computed_once(frozen):
    torch.manual_seed(0)
    network, frames = DepNet(SMALL, frozen=frozen).eval(), torch.randn(4, 3, 40, 40)
    draws = frames[torch.tensor([[0, 1, 2, 3, 0], [3, 2, 1, 0, 0], [1, 1, 2, 2, 3]])]  # [3, 5, 3, 40, 40]
    seen = []
    network.body.register_forward_pre_hook(lambda _, given: seen.append(len(given[0])))
    plain = network(draws)
    with torch.no_grad():
        torch.testing.assert_close(network(draws), plain)
    assert seen == [15, 4]


def test_only_the_aggregation_sees_the_order_of_frames():
    torch.manual_seed(0)
    frames = torch.randn(2, *FRAMES)
    aggregated, averaged = DepNet(SMALL).eval(), FeatureMean(SMALL).eval()
    torch.testing.assert_close(averaged(frames.flip(1)), averaged(frames))
    assert not torch.allclose(aggregated(frames.flip(1)), aggregated(frames), atol=1e-3)


def test_a_single_image_is_a_sequence_of_one():
    torch.manual_seed(0)
    network, images = FeatureMean(SMALL).eval(), torch.randn(2, 3, 40, 40)
    pooled = network.body(images).mean((2, 3))
    torch.testing.assert_close(network(images), network.head(pooled))
    torch.testing.assert_close(network(images), network(images[:, None]))


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("build", [DepNet, FeatureMean])
def test_grad_cam_has_a_map_for_every_frame(build, frozen):
    torch.manual_seed(7)  # features that raise the score
    network, frames = build(SMALL, frozen=frozen).eval(), torch.randn(2, *FRAMES)
    maps = network.features(frames).detach().requires_grad_()  # [B, C, T, h, w]
    network.head(network.aggregation(maps)).sum().backward()
    expected = (maps.grad.mean((2, 3, 4), keepdim=True) * maps).sum(1).relu().detach()  # [B, T, h, w]
    _, heat = grad_cam(network, frames)
    assert expected.max() > 0
    np.testing.assert_allclose(heat, expected / expected.amax((1, 2, 3), keepdim=True).clamp_min(1e-30), atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cmp_kernel": 2}, "cmp_kernel=2: choose from 8, 4"),
        ({"temporal_padding": "valid"}, "temporal_padding='valid': choose from same, clip"),
        ({"activation": "tanh"}, "activation='tanh': choose from none, relu"),
        ({"stat_pools": "avg"}, "stat_pools='avg': choose from max_avg, max_max"),
        ({"frames": 1}, "frames=1: .* from 2 frames on"),
        ({"fam_channels": 0}, "give 1 or more filters"),
        ({"channels": 2044}, "2044 channels cannot be pooled with kernel and stride 8: give a multiple"),
        ({"llf_channels": 1020}, "1020 channels cannot be pooled"),
        ({"channels": 0}, "0 channels cannot be pooled"),
    ],
)
def test_bad_aggregations_name_the_choices(arguments, message):
    with pytest.raises(ValueError, match=message):
        FeatureAggregation(**arguments)


@pytest.mark.parametrize(("shape", "kernel"), [((1, 16, 2), 3), ((1, 4, 2), 8), ((1, 16, 2), 0)])
def test_channel_pools_that_leave_a_rest_are_refused(shape, kernel):
    with pytest.raises(ValueError, match=rf"{shape[1]} channels cannot be pooled with kernel and stride {kernel}"):
        channel_max_pool(torch.zeros(shape), kernel)


def test_a_pool_needs_channels():
    with pytest.raises(ValueError, match=r"Expected maps \[B, C, …\], got the shape \[16\]"):
        channel_max_pool(torch.zeros(16), 4)


@pytest.mark.parametrize("shape", [(1, 16, 5, 2), (1, 5, 16, 2, 2), (1, 8, 5, 2, 2), (1, 16, 4, 2, 2)])
def test_features_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"give maps \[B, 16, 5, h, w\] of 5 frames"):
        FeatureAggregation(16)(torch.zeros(shape))


@pytest.mark.parametrize("arguments", [{"fc_dim": 0}, {"dropout": 1.0}, {"dropout": -0.1}])
@pytest.mark.parametrize("build", [DepNet, FeatureMean])
def test_impossible_heads_are_refused(build, arguments):
    with pytest.raises(ValueError, match=r"give 1 or more units, and a rate in \[0, 1\)"):
        build(SMALL, **arguments)


@pytest.mark.parametrize("shape", [(2, 3, 40, 40), (2, 1, 3, 40, 40), (2, 3, 5, 40, 40), (2, 5, 3, 48, 48)])
def test_frames_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"give frames \[B, 5, 3, 40, 40\]"):
        DepNet(SMALL)(torch.zeros(shape))


@pytest.mark.parametrize("shape", [(3, 40, 40), (2, 3, 5, 40, 40), (2, 0, 3, 40, 40), (2, 1, 40, 40)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"give frames \[B, T, 3, S, S\] or images \[B, 3, S, S\]"):
        FeatureMean(SMALL)(torch.zeros(shape))


@pytest.mark.parametrize("row", ROWS)
def test_rows_take_what_their_inputs_prepare(row):
    torch.manual_seed(0)
    config, profile = ROWS[row], PROFILES["smoke"]
    network, input_spec = model(config, profile.scale), inputs(config, profile)
    side = profile.scale.input_size
    seen = torch.randint(0, 256, (2, len(input_spec.offsets), 3, side, side), dtype=torch.uint8)
    assert network(input_spec.prepare(seen, True)).shape == (2, 1)
    assert torch.equal(input_spec.prepare(seen, False), input_spec.prepare(seen, False))


def test_rows_are_the_networks_of_the_tables():
    """SE or not, five frames or one; what joins them, and whether the body is frozen."""
    sizes = {row: (c.se_ratio, c.frames, c.aggregation, c.frozen) for row, c in ROWS.items()}
    assert sizes == {
        "depnet": (16, 5, "fam", False),
        "depnet_frozen": (16, 5, "fam", True),
        "senet": (16, 1, "fam", False),
        "resnet": (None, 1, "fam", False),
        "resnet_sequence": (None, 5, "fam", False),
        "resnet_sequence_mean": (None, 5, "mean", False),
        "depnet_unordered": (16, 5, "fam", False),
        "depnet_mean": (16, 5, "fam_mean", False),
        "depnet_cmp_4": (16, 5, "fam", False),
        "depnet_clipped": (16, 5, "fam", False),
        "depnet_max_max": (16, 5, "fam", False),
        "depnet_once": (16, 5, "fam", False),
        "depnet_vggface2": (16, 5, "fam", True),
        "senet_vggface2": (16, 1, "fam", False),
        "resnet_sequence_vggface2": (None, 5, "fam", True),
        "resnet_vggface2": (None, 1, "fam", False),
    }
    with torch.device("meta"):
        assert parameters(model(ROWS["depnet"])) == 128_813_489


@pytest.mark.parametrize(
    ("row", "start", "size"),
    [
        ("depnet_vggface2", "vggface2-senet50", 128_813_489),
        ("senet_vggface2", "vggface2-senet50", 26_301_425),
        ("resnet_sequence_vggface2", "vggface2-resnet50", 126_282_497),
        ("resnet_vggface2", "vggface2-resnet50", 23_770_433),
    ],
)
def test_rows_that_start_from_vggface2_are_those_of_the_tables(row, start, size):
    """At printed size, on a version-1 body, and as large as the row that starts elsewhere."""
    config = ROWS[row]
    network = printed_size(partial(model, config))
    frames = torch.empty(2, *((5,) if config.frames == 5 else ()), 3, 224, 224, device="meta")
    assert config.start == start
    assert isinstance(network.body, ResNetV1Body)
    assert parameters(network) == parameters(printed_size(partial(model, ROWS[row.removesuffix("_vggface2")]))) == size
    assert network(frames).shape == (2, 1)
    assert inputs(config, PROFILES["paper"]).normalisation == "vggface2"


def test_a_video_is_scored_by_several_draws_of_five_frames_in_order():
    input_spec = inputs(Config(n_draws=4), PROFILES["quick"])
    assert (input_spec.sample.draws, input_spec.sample.ordered, len(input_spec.offsets)) == (4, True, 5)


def test_networks_of_several_frames_learn_at_half_the_rate():
    found = {row: learning(config, PROFILES["quick"]).scores for row, config in ROWS.items()}
    assert {row for row in ROWS if found[row].rate == 1} == {"senet", "resnet", "senet_vggface2", "resnet_vggface2"}
    assert {found[row].rate for row in ROWS} == {1, 0.5}
    assert {found[row].longer for row in ROWS} == {2}


def test_printed_learning_is_caffes():
    scores, of_faces = learning(Config(learning="printed"), PROFILES["paper"])
    assert (scores.optimiser, scores.schedule, scores.weight_decay, scores.patience) == ("sgd", "inv", 5e-4, 200)
    assert scores.rate * PROFILES["paper"].lr == pytest.approx(1e-5)
    assert of_faces.epochs == FACE_EPOCHS
    assert learning(Config(learning="printed"), PROFILES["quick"]).faces == OURS


def as_printed(row: str, corpus: str | None = "AVEC2014"):
    return specification(method("depnet"), row, "paper", "paper", corpus)


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_trained_as_printed(row):
    """§5.2.1: SGD on eq. 5, five frames drawn once; sequences on a frozen body, single images with theirs (§5.3.1)."""
    config, profile, protocol, input_spec, found, stride = as_printed(row)
    assert (config.objective, config.augment, config.learning) == ("half_mse", "none", "printed")
    assert (profile.steps, profile.batch, protocol.train, stride) == (50_000, 32, ("train", "development"), None)
    assert (found.scores.optimiser, found.scores.schedule, found.scores.stop_on) == ("sgd", "inv", "smoothed")
    assert found.scores.rate * profile.lr == pytest.approx(1e-5)
    several = config.frames == 5
    assert config.frozen == several
    assert input_spec.sample == Sample(1, False, row != "depnet_unordered", 1 if several else 5)
    assert len(input_spec.offsets) == config.frames
    assert printed_size(partial(model, config)).objective == "half_mse"


def test_what_a_row_names_itself_stays_and_equal_rows_are_one_training():
    assert not as_printed("depnet[frozen=False]").config.frozen
    assert as_printed("senet[frozen=True,images=9]").input_spec.sample.parts == 9
    assert as_printed("depnet").config == as_printed("depnet_frozen").config == as_printed("depnet_once").config
    assert as_printed("depnet", None).config == ROWS["depnet"]


@pytest.mark.parametrize("row", ["depnet", "senet"])
def test_videos_are_judged_by_the_frames_that_they_were_drawn_as(row):
    """Each video has five frames in all, the same for networks of one frame and of five."""
    sample = as_printed(row).input_spec.sample
    take = 5 // sample.parts
    seen = [place for number in range(sample.inputs) for place in sample.frame_indices(7, number, 48, take)]
    assert seen == Sample(1).frame_indices(7, 0, 48, 5)
