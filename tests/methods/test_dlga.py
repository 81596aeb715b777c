"""DLGA-CNN against the arithmetic of its paper."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from torch import Tensor, nn
from torch.nn import functional

from depnb.evaluation import rmse
from depnb.faces import landmarks_24
from depnb.faces.points24 import MIRRORED
from depnb.inputs.pixels import normalise
from depnb.inputs.spec import LandmarkedClips
from depnb.methods import dlga
from depnb.methods.contract import FACE_EPOCHS, OURS, Learning
from depnb.methods.dlga import (
    COMBINATIONS,
    DLGACNN,
    PATCHES,
    PROFILES,
    ROWS,
    SWEEP,
    Config,
    DepressedCNN,
    GlobalAttention,
    LandmarkedFrames,
    LocalAttention,
    WeightedPyramidPooling,
    channel_max,
    patch_cells,
    patch_starts,
    patches,
)
from depnb.methods.profiles import Scale
from depnb.nets.cost import cpu_seconds, gmac, parameters
from depnb.nets.fast import fast
from depnb.training.explain import grad_cam
from depnb.training.loop import per_video, predict, to_memory_format, train
from tests.bright import landmarked

SMALL = Scale(width=1 / 32, input_size=48)


def printed_size(build, **arguments) -> nn.Module:
    """A network of full size without memory."""
    with torch.device("meta"):
        return build(**arguments)


def faces(size: int, count: int = 2) -> LandmarkedFrames:
    """Noise with landmarks anywhere."""
    return LandmarkedFrames(torch.randn(count, 3, size, size), torch.rand(count, PATCHES, 2) * (size - 1))


def drawn(network: nn.Module) -> nn.Module:
    """The same network with random weights also where they begin at zero."""
    for name, value in network.named_parameters():
        if name.endswith("bias") or value.abs().max() == 0:
            nn.init.normal_(value, std=0.1)
    return network


# Depressed-CNN


def test_the_body_is_that_of_table_2():
    body = printed_size(DepressedCNN)
    layers = [parameters(layer) for layer in (body.conv1, body.conv2, body.conv3, body.conv4_1, body.conv4_2)]
    assert layers == [1_792, 73_856, 295_168, 1_180_160, 2_359_808]
    assert parameters(body) == 3_910_784
    assert body.channels == 640
    assert body(torch.empty(1, 3, 224, 224, device="meta")).shape == (1, 640, 28, 28)


def test_without_channel_max_pooling_there_are_512_channels():
    body = printed_size(DepressedCNN, cmp=False)
    assert parameters(body) == 3_910_784
    assert body(torch.empty(1, 3, 224, 224, device="meta")).shape == (1, body.channels, 28, 28)
    assert body.channels == 512


def test_normalisations_of_the_input_and_of_each_convolution():
    assert parameters(printed_size(DepressedCNN, bn=True)) == 3_910_784 + 2 * (3 + 64 + 128 + 256 + 512 + 512)


def test_the_largest_of_each_four_channels():
    features = torch.tensor([1.0, 4, 2, 3, -1, -2, -8, -4]).view(1, 8, 1, 1)
    assert channel_max(features).flatten().tolist() == [4, -1]


@pytest.mark.parametrize("layer", ["conv4_1", "conv4_2"])
def test_channel_max_pooling_of_either_layer_comes_first(layer):
    torch.manual_seed(0)
    body = DepressedCNN(1 / 32, cmp_on=layer)
    seen = {}
    for name in ("conv4_1", "conv4_2"):
        body.get_submodule(name).register_forward_hook(lambda m, x, y, name=name: seen.update({name: y}))
    features = body(torch.randn(2, 3, 16, 16))
    assert torch.equal(features, torch.cat([channel_max(seen[layer]), seen["conv4_2"]], 1))


# Patches


@pytest.mark.parametrize(
    ("point", "clamped", "free"),
    [
        ((100, 60), (10, 5), (10, 5)),
        ((112, 112), (11, 11), (11, 11)),
        ((5, 5), (0, 0), (-2, -2)),
        ((223, 223), (22, 22), (25, 25)),
        ((12, 200), (0, 22), (-1, 22)),
    ],
)
def test_first_cells_of_patches(point, clamped, free):
    points = torch.tensor(point)
    assert tuple(patch_starts(points, 224, 28).tolist()) == clamped
    assert tuple(patch_starts(points, 224, 28, border="zero").tolist()) == free


def test_columns_come_from_x_and_rows_from_y():
    rows, columns = torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="ij")
    cut = patches(torch.stack([columns, rows])[None], torch.tensor([[[100.0, 60.0]]]), 224)
    assert cut.shape == (1, 1, 2, 6, 6)
    assert torch.equal(cut[0, 0, 0], torch.arange(10.0, 16).expand(6, 6))
    assert torch.equal(cut[0, 0, 1], torch.arange(5.0, 11)[:, None].expand(6, 6))


def test_mirrored_pixels_have_mirrored_patches():
    x = torch.arange(224)
    starts, mirrored = patch_starts(torch.stack([x, 223 - x]), 224, 28)
    assert torch.equal(mirrored, 22 - starts)


def test_mirrored_coordinates_have_mirrored_patches_but_for_ties():
    x = torch.arange(0.5, 223.6, 1 / 8)
    starts, mirrored = patch_starts(torch.stack([x, 224 - x]), 224, 28)
    assert x[mirrored != 22 - starts].tolist() == list(range(28, 197, 8))


def test_between_pixels_an_eighth_of_mirrored_patches_is_off():
    x = torch.arange(32, 192, 1 / 16)
    starts, mirrored = patch_starts(torch.stack([x, 223 - x]), 224, 28)
    off = (mirrored != 22 - starts).float().mean().item()
    assert off == pytest.approx(1 / 8, abs=0.02)


def by_hand(features: Tensor, points: Tensor, size: int, cells: int, border: str) -> Tensor:
    side = features.shape[-1]
    found = []
    for frame, own in zip(features, points.tolist(), strict=True):
        wide = functional.pad(frame, [side] * 4)
        for place in own:
            column, row = (int(np.floor(v * side / size + 0.5)) - cells // 2 for v in place)
            if border == "clamp":
                column, row = (min(max(v, 0), side - cells) for v in (column, row))
            found.append(wide[:, side + row : side + row + cells, side + column : side + column + cells])
    return torch.stack(found).unflatten(0, points.shape[:2])


@given(
    seed=st.integers(0, 10_000),
    side=st.integers(2, 12),
    half=st.integers(1, 3),
    border=st.sampled_from(["clamp", "zero"]),
)
def test_a_patch_is_a_slice_of_the_map(seed, side, half, border):
    torch.manual_seed(seed)
    size, cells = 8 * side, 2 * min(half, side // 2)
    features, points = torch.randn(2, 3, side, side), torch.rand(2, 5, 2) * size - 0.5
    cut = patches(features, points, size, cells, border)
    assert torch.equal(cut, by_hand(features, points, size, cells, border))


def test_each_cell_learns_from_every_patch_that_has_it():
    features = torch.randn(1, 2, 4, 4, requires_grad=True)
    patches(features, torch.tensor([[[8.0, 8.0], [16.0, 8.0]]]), 32, 2).sum().backward()
    assert features.grad[0, 1].tolist() == [[1, 2, 1, 0], [1, 2, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


@given(seed=st.integers(0, 10_000), border=st.sampled_from(["clamp", "zero"]))
def test_a_mirrored_map_has_mirrored_patches(seed, border):
    torch.manual_seed(seed)
    features, points = torch.randn(1, 2, 10, 10), torch.randint(0, 80, (1, PATCHES, 2)).float()
    order = torch.tensor(MIRRORED) - 1
    flipped = points[:, order] * torch.tensor([-1, 1]) + torch.tensor([79, 0])
    cut = patches(features.flip(3), flipped, 80, 4, border)
    assert torch.equal(cut, patches(features, points, 80, 4, border)[:, order].flip(4))


def test_patches_are_as_large_a_part_of_smaller_frames():
    assert {size: patch_cells(size) for size in (32, 48, 80, 96, 112, 160, 224, 448)} == {
        32: 2, 48: 2, 80: 2, 96: 2, 112: 4, 160: 4, 224: 6, 448: 12,
    }  # fmt: skip


# Attention


@pytest.mark.parametrize(
    ("kernel", "vector", "count", "millions"),
    [
        (3, "flatten", 137_467_416, 137.5),
        (3, "gap", 103_061_016, 103.1),
        (1, "flatten", 58_824_216, 58.8),
        (1, "gap", 24_417_816, 24.4),
    ],
)
def test_parameters_of_local_attention(kernel, vector, count, millions):
    module = printed_size(LocalAttention, channels=640, kernel=kernel, vector=vector)
    assert parameters(module) == count
    assert round(count / 1e6, 1) == millions
    vectors, weights = module(torch.empty(2, 24, 640, 6, 6, device="meta"))
    assert (vectors.shape, weights.shape, module.outputs) == ((2, 24, 64), (2, 24), 1536)


@pytest.mark.parametrize(
    ("convolutions", "vector", "count", "millions"),
    [
        (2, "flatten", 57_157_377, 57.2),
        (1, "flatten", 54_797_569, 54.8),
        (2, "gap", 6_039_297, 6.0),
        (1, "gap", 3_679_489, 3.7),
    ],
)
def test_parameters_of_global_attention(convolutions, vector, count, millions):
    module = printed_size(GlobalAttention, channels=640, convolutions=convolutions, vector=vector)
    assert parameters(module) == count
    assert round(count / 1e6, 1) == millions
    features = torch.empty(2, 640, 28, 28, device="meta")
    assert module.convolutions(functional.max_pool2d(features, 2)).shape == (2, 512, 14, 14)
    vectors, weights = module(features)
    assert (vectors.shape, weights.shape) == ((2, 1, 512), (2, 1))


def one_attention(maps: Tensor, module: nn.Module, vector: str, own: int) -> tuple[Tensor, Tensor]:
    """α·φ and α of one map [B, C, side, side], written with plain layers."""
    parts = module.attention
    narrow = len(parts.conv.weight) // parts.count
    cells = maps.flatten(1) if vector == "flatten" else functional.adaptive_avg_pool2d(maps, 1).flatten(1)
    phi = functional.linear(cells, parts.vector.weight[own], parts.vector.bias[own]).relu()
    channels = slice(own * narrow, (own + 1) * narrow)
    pooled = functional.max_pool2d(maps, 2)
    x = functional.conv2d(pooled, parts.conv.weight[channels], parts.conv.bias[channels]).relu().flatten(1)
    x = functional.linear(x, parts.hidden.weight[own], parts.hidden.bias[own]).relu()
    alpha = functional.linear(x, parts.logit.weight[own], parts.logit.bias[own]).sigmoid()
    return alpha * phi, alpha[:, 0]


@pytest.mark.parametrize("vector", ["flatten", "gap"])
@pytest.mark.parametrize("kernel", [3, 1])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_24_modules_at_once_are_24_modules(kernel, vector, layout):
    torch.manual_seed(0)
    channels = 5
    module = drawn(LocalAttention(channels, cells=4, kernel=kernel, vector=vector, width=1 / 16))
    module = module.double().to(memory_format=layout)
    cut = torch.randn(3, 24, channels, 4, 4, dtype=torch.float64)
    vectors, weights = module(cut)
    for own in range(24):
        rows = slice(own * channels, (own + 1) * channels)
        maps = functional.conv2d(cut[:, own], module.first.weight[rows], module.first.bias[rows], padding=kernel // 2)
        maps = functional.conv2d(maps.relu(), module.second.weight[rows], module.second.bias[rows]).relu()
        vector_by_hand, weight_by_hand = one_attention(maps, module, vector, own)
        torch.testing.assert_close(vectors[:, own], vector_by_hand)
        torch.testing.assert_close(weights[:, own], weight_by_hand)
    assert weights.std() > 0.01


@pytest.mark.parametrize("vector", ["flatten", "gap"])
@pytest.mark.parametrize("convolutions", [1, 2])
def test_global_attention_is_its_equations(convolutions, vector):
    torch.manual_seed(0)
    module = drawn(GlobalAttention(5, 10, convolutions, vector, width=1 / 64)).double()
    features = torch.randn(3, 5, 10, 10, dtype=torch.float64)
    maps = functional.max_pool2d(features, 2)
    for layer in module.convolutions:
        maps = functional.conv2d(maps, layer[0].weight, layer[0].bias, padding=1).relu()
    vectors, weights = module(features)
    vector_by_hand, weight_by_hand = one_attention(maps, module, vector, 0)
    torch.testing.assert_close(vectors[:, 0], vector_by_hand)
    torch.testing.assert_close(weights[:, 0], weight_by_hand)


# Pyramid


RAMP = torch.arange(2048.0)[None]


def levels(bins: Tensor, counts: tuple[int, ...]) -> list[list[float]]:
    return [level.tolist() for level in bins[0].split(counts)]


def test_the_pyramid_of_a_ramp():
    fine, second, third, coarse = levels(WeightedPyramidPooling(2048, weights="none")(RAMP), (80, 40, 20, 10))
    assert fine == list(range(24, 2000, 25))
    assert second == list(range(50, 2040, 51))
    assert third == list(range(101, 2040, 102))
    assert coarse == list(range(203, 2040, 204))


@pytest.mark.parametrize(("weights", "total"), [("none", 155_310), ("lazebnik", 54_981.25)])
def test_sums_over_the_pyramid_of_a_ramp(weights, total):
    assert WeightedPyramidPooling(2048, weights=weights)(RAMP).double().sum().item() == total


@pytest.mark.parametrize(
    ("weights", "each"),
    [("lazebnik", (0.5, 0.25, 0.125, 0.125)), ("halves", (1, 0.5, 0.25, 0.125)), ("none", (1,) * 4)],
)
def test_weights_of_the_levels(weights, each):
    found = levels(WeightedPyramidPooling(2048, weights=weights)(torch.ones(1, 2048)), (80, 40, 20, 10))
    assert found == [[weight] * len(level) for weight, level in zip(each, found, strict=True)]


def test_the_printed_windows_leave_one_bin_more():
    module = WeightedPyramidPooling(2048, bins="literal", weights="none")
    fine, *rest = levels(module(RAMP), (81, 40, 20, 10))
    assert module.outputs == 151
    assert fine == list(range(24, 2025, 25))
    assert rest == levels(WeightedPyramidPooling(2048, weights="none")(RAMP), (80, 40, 20, 10))[1:]


def test_adaptive_bins_cover_all_features():
    found = levels(WeightedPyramidPooling(2048, bins="adaptive", weights="none")(RAMP), (80, 40, 20, 10))
    assert [level[0] for level in found] == [25, 51, 102, 204]
    assert [level[-1] for level in found] == [2047] * 4


@pytest.mark.parametrize(
    ("features", "windows", "literal"), [(1536, (19, 38, 76, 153), 113), (512, (6, 12, 25, 51), 37)]
)
def test_pyramids_of_one_branch(features, windows, literal):
    module = WeightedPyramidPooling(features, weights="none")
    found = levels(module(RAMP[:, :features]), (80, 40, 20, 10))
    assert [level[0] + 1 for level in found] == list(windows)
    assert module.outputs == 150
    assert WeightedPyramidPooling(features, bins="literal")(RAMP[:, :features]).shape == (1, literal)


@given(features=st.integers(1, 3000), bins=st.sampled_from(["trim", "literal", "adaptive"]))
def test_number_of_bins_for_any_number_of_features(features, bins):
    if bins == "literal" and features < 25:
        with pytest.raises(ValueError, match="at least 25"):
            WeightedPyramidPooling(features, bins)
        return
    module = WeightedPyramidPooling(features, bins, "none")
    if bins == "literal":
        expected = sum(features // window for window in (25, 51, 102, 204))
    else:
        expected = sum(min(count, features) for count in (80, 40, 20, 10))
    ramp = torch.arange(float(features))[None]
    found = module(ramp)
    assert found.shape == (1, expected) == (1, module.outputs)
    assert (found >= 0).all()
    assert (found < features).all()


# The network


@pytest.mark.parametrize(
    ("arguments", "features", "bins"),
    [({}, 2048, 150), ({"global_": False}, 1536, 150), ({"local": False}, 512, 150), ({"bins": "literal"}, 2048, 151)],
)
def test_printed_widths(arguments, features, bins):
    network = printed_size(DLGACNN, **arguments)
    pyramid, first, _, last = network.head
    assert (pyramid.features, first.in_features, first.out_features, last.in_features) == (features, bins, 64, 64)
    bare = printed_size(DLGACNN, wspp=False, **arguments).head
    assert (bare[0].in_features, bare[0].out_features) == (features, 1024)


def test_the_network_has_the_sum_of_its_parts():
    network = printed_size(DLGACNN)
    assert parameters(network) == 3_910_784 + 137_467_416 + 54_797_569 + 150 * 64 + 64 + 64 + 1 == 196_185_498
    empty = partial(torch.empty, device="meta")
    inputs = LandmarkedFrames(empty(2, 3, 224, 224), empty(2, 24, 2))
    assert network(inputs).shape == (2, 1)
    assert network.attention(inputs).shape == (2, 25)


@pytest.mark.parametrize("name", COMBINATIONS)
@pytest.mark.parametrize("scale", [SMALL, Scale(1 / 16, input_size=80), Scale(1 / 64, input_size=96)])
def test_every_combination_begins_at_the_constant_predictor(name, scale):
    network = dlga.model(COMBINATIONS[name], scale)
    bdi = torch.tensor([3.0, 3, 10, 20, 44])
    network.start_at(bdi)
    inputs = faces(scale.input_size)
    output = network(inputs)
    assert output.shape == (2, 1)
    assert network.score(output).tolist() == pytest.approx([16.0, 16.0])
    assert torch.isfinite(network.loss(output, bdi[:2]))
    assert network.attended in set(network.body.modules())
    patches_and_face = PATCHES * (network.local is not None) + (network.global_ is not None)
    assert torch.equal(network.attention(inputs), torch.full((2, patches_and_face), 0.5))


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"bn": True},
        {"border": "zero"},
        {"cmp_on": "conv4_2"},
        {"lal_kernel": 1, "vector": "gap"},
        {"gal_convs": 2},
        {"bins": "literal"},
        {"bins": "adaptive", "wspp_weights": "halves"},
    ],
)
def test_every_switch_changes_the_score_and_all_weights_learn(switches):
    scores = []
    for arguments in ({}, switches):
        torch.manual_seed(0)
        network = drawn(DLGACNN(**arguments, scale=Scale(1 / 16, input_size=64)))
        network.start_at(torch.tensor([10.0, 20.0]))
        nn.init.normal_(network.head[-1].weight)
        torch.manual_seed(1)
        inputs = faces(64, count=4)
        output = network(inputs)
        network.loss(output, torch.tensor([5.0, 10.0, 20.0, 40.0])).backward()
        assert all(value.grad.abs().max() > 0 for value in network.parameters())
        scores.append(network.score(output).detach())
    assert torch.equal(*scores) == (not switches)


def test_the_weight_of_a_patch_comes_from_that_patch():
    torch.manual_seed(0)
    network = drawn(DLGACNN(scale=Scale(1 / 16, input_size=96)))
    inputs = faces(96)
    moved = inputs._replace(points=inputs.points.clone())
    moved.points[:, 7] = (moved.points[:, 7] + 40) % 96
    before, after = network.attention(inputs), network.attention(moved)
    assert (before != after).any(0).nonzero().flatten().tolist() == [7]
    assert ((before > 0) & (before < 1)).all()
    assert not before.requires_grad


@pytest.mark.slow
def test_attention_finds_the_patch_that_tells():
    torch.manual_seed(0)
    told_by = 5
    network = DLGACNN(global_=False, scale=Scale(1 / 8, input_size=48))

    def draw(count: int) -> tuple[LandmarkedFrames, Tensor]:
        frames, points = 0.5 * torch.randn(count, 3, 48, 48), torch.randint(8, 40, (count, PATCHES, 2))
        bdi = 40 * torch.rand(count)
        for frame, (x, y), label in zip(frames, points[:, told_by].tolist(), bdi, strict=True):
            frame[:, y - 6 : y + 6, x - 6 : x + 6] += (label - 20) / 10
        return LandmarkedFrames(frames, points.float()), bdi

    network.start_at(draw(1000)[1])
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=80, cycle_momentum=False)
    losses = []
    for _ in range(80):
        inputs, bdi = draw(16)
        loss = network.loss(network(inputs), bdi)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
    weights = network.attention(draw(64)[0]).mean(0)  # [24]
    assert np.mean(losses[-20:]) < 0.3 * np.mean(losses[:10])
    assert weights[told_by] > weights.mean() + 0.2


def test_the_layout_in_memory_changes_nothing():
    torch.manual_seed(0)
    network = drawn(DLGACNN(scale=SMALL))
    inputs = faces(48)
    expected = network(inputs)
    network = network.to(memory_format=torch.channels_last)
    frames = inputs.frames.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(network(inputs._replace(frames=frames)), expected)


def test_without_patches_no_landmark_is_looked_at():
    network = DLGACNN(local=False, scale=SMALL)
    inputs = faces(48)
    assert torch.equal(network(inputs), network(inputs._replace(points=inputs.points * torch.nan)))


def test_the_narrowest_network_keeps_a_channel_everywhere():
    network = DLGACNN(cmp=False, scale=Scale(0.001, input_size=32))
    assert network.body.channels == 1
    assert network.head[0].outputs == 25 + 25 + 20 + 10  # a feature a patch and one of the face
    assert network(faces(32)).shape == (2, 1)


# On its way through the house


def clips(size: int, count: int = 3, **places: float) -> LandmarkedClips:
    """Noise with landmarks anywhere inside, or all at one place."""
    pixels = torch.randint(0, 256, (count, 1, 3, size, size), dtype=torch.uint8)
    landmarks = torch.rand(count, 1, 68, 2) * (size - 1)
    return LandmarkedClips(pixels, torch.full_like(landmarks, places["at"]) if places else landmarks)


def test_what_is_judged_is_the_frame_and_the_24_points_of_its_landmarks():
    given_ = clips(80)
    input_spec = dlga.inputs(Config(), PROFILES["quick"])
    assert input_spec.landmarks
    frames, points = input_spec.prepare(given_, False)
    assert torch.equal(frames, normalise(given_.pixels)[:, 0])
    assert torch.equal(points, landmarks_24(given_.landmarks[:, 0], 80).clamp(0, 79))
    literal, _ = (dlga.inputs(Config(mouth_right=side), PROFILES["quick"]) for side in ("literal", "mirror"))
    assert (literal.prepare(given_, False).points != points).any(0).any(1).nonzero().flatten().tolist() == [23]


@pytest.mark.parametrize("at", [-10, 0, 30, 79.4, 90])
def test_points_that_leave_the_frame_stay_at_its_border(at):
    torch.manual_seed(0)
    points = dlga.inputs(Config(), PROFILES["quick"]).prepare(clips(80, at=at), True).points
    assert points.shape == (3, 24, 2)
    assert ((points >= 0) & (points <= 79)).all()


def test_a_training_frame_is_varied_unless_a_switch_says_no():
    given_ = clips(48)
    plain, strong = (dlga.inputs(Config(augment=how), PROFILES["quick"]) for how in ("none", "strong"))
    assert torch.equal(plain.prepare(given_, True).frames, plain.prepare(given_, False).frames)
    assert not torch.equal(strong.prepare(given_, True).points, strong.prepare(given_, False).points)


def test_an_unknown_landmark_is_never_guessed():
    given_ = clips(80)
    given_.landmarks[1, 0, 36] = torch.nan
    prepared = dlga.inputs(Config(), PROFILES["quick"]).prepare(given_, True)
    with pytest.raises(ValueError, match="NaN: leave out"):
        DLGACNN(scale=PROFILES["quick"].scale)(prepared)


@pytest.mark.parametrize("row", ROWS)
def test_rows_take_what_their_inputs_prepare(row):
    config, profile = ROWS[row], PROFILES["smoke"]
    prepared = dlga.inputs(config, profile).prepare(clips(profile.scale.input_size), True)
    assert dlga.model(config, profile.scale)(prepared).shape == (3, 1)


@pytest.mark.slow
def test_a_training_learns_brightness_and_beats_the_constant(bright):
    profile, config = PROFILES["smoke"], ROWS["dlga"]
    input_spec, frames = dlga.inputs(config, profile), {name: landmarked(part) for name, part in bright.items()}
    done = train(
        lambda: dlga.model(config, profile.scale), frames["train"], frames["development"],
        replace(profile, steps=60), seed=0, input_spec=input_spec, learning=dlga.learning(config, profile).scores,
        device="cpu",
    )  # fmt: skip
    unseen = frames["unseen"]
    scores = per_video(predict(done.model, unseen, profile, input_spec), unseen)
    assert done.learnt
    constant = np.full(len(unseen), frames["train"].bdi.mean())
    assert rmse(unseen.bdi, scores) < 0.6 * rmse(unseen.bdi, constant)


def test_frames_and_points_keep_their_form_in_either_layout():
    given_ = faces(48)
    for layout in ("channels_last", "contiguous_format"):
        found = to_memory_format(given_, replace(PROFILES["smoke"], memory_format=layout))
        assert isinstance(found, LandmarkedFrames)
        assert all(torch.equal(a, b) for a, b in zip(found, given_, strict=True))
        assert found.frames.is_contiguous(memory_format=getattr(torch, layout))


def test_a_map_of_what_raises_the_score():
    torch.manual_seed(0)
    network = drawn(DLGACNN(scale=Scale(1 / 8, input_size=48)))
    network.start_at(torch.tensor([10.0, 20.0]))
    nn.init.normal_(network.head[-1].weight)
    given_ = faces(48)
    scores, heat = grad_cam(network, given_)
    assert heat.shape == (2, 6, 6)
    assert scores == pytest.approx(network.score(network(given_)).tolist(), rel=1e-5)
    assert not given_.frames.requires_grad


def test_multiplications_and_seconds_of_frames_with_points():
    given_ = faces(48, count=1)
    one = gmac(DLGACNN(scale=SMALL), given_)
    assert one == pytest.approx(gmac(DLGACNN(scale=SMALL), faces(48, count=3)) / 3)
    parts = sum(gmac(DLGACNN(**only, scale=SMALL), given_) for only in ({"local": False}, {"global_": False}))
    body = gmac(DLGACNN(scale=SMALL).body, (1, 3, 48, 48))
    assert 0 < body < one < parts
    assert cpu_seconds(DLGACNN(scale=SMALL), given_, repeats=1) > 0


@pytest.mark.parametrize(("dtype", "most"), [(torch.float32, 1e-4), (torch.bfloat16, 0.1)])
@pytest.mark.parametrize("bn", [False, True])
def test_the_fast_way_ends_at_the_same_scores(dtype, most, bn):
    torch.manual_seed(0)
    network = drawn(DLGACNN(bn=bn, scale=Scale(1 / 8, input_size=48))).eval()
    network.start_at(torch.tensor([10.0, 20.0]))
    nn.init.normal_(network.head[-1].weight)
    given_ = faces(48, count=8)
    with torch.no_grad():
        plain = network.score(network(given_))
    assert plain.std() > 0.5
    assert (network.score(fast(network, dtype)(given_)) - plain).abs().mean() < most * plain.std()


def test_the_printed_steps():
    scores, of_faces = dlga.learning(ROWS["lr_1e-6"], PROFILES["paper"])
    assert (scores.optimiser, scores.schedule, scores.weight_decay, scores.patience) == ("adam", "constant", 5e-4, 200)
    assert (scores.rate, scores.stop_on, of_faces) == (1.0, "training", Learning(epochs=FACE_EPOCHS))
    assert (PROFILES["paper"].steps, PROFILES["paper"].batch, PROFILES["paper"].lr) == (50_000, 32, 1e-6)


@pytest.mark.parametrize("profile", PROFILES)
def test_rates_of_the_sweep_are_those_printed_at_every_size(profile):
    rates = [dlga.learning(config, PROFILES[profile]).scores.rate * PROFILES[profile].lr for config in SWEEP.values()]
    assert rates == pytest.approx([10.0**power for power in range(-6, 0)])
    assert dlga.learning(ROWS["dlga"], PROFILES[profile]).scores == OURS
    assert dlga.learning(ROWS["ga_wspp"], PROFILES[profile]).scores == Learning(longer=2)


def test_half_the_squared_error_of_points_or_all_of_it_in_deviations():
    bdi, scores, losses = torch.tensor([10.0, 20.0]), torch.tensor([[12.0], [23.0]]), {}
    for objective in ("half_mse", "standardised"):
        network = dlga.model(Config(objective=objective), SMALL)
        network.start_at(bdi)
        mean, deviation = network.labels
        assert deviation == (5 if objective == "standardised" else 1)
        losses[objective] = network.loss((scores - mean) / deviation, bdi).item()
    assert losses == pytest.approx({"half_mse": (2**2 + 3**2) / 4, "standardised": (2**2 + 3**2) / 2})


# What is refused


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"local": False, "global_": False}, "at least one"),
        ({"scale": Scale(0.03, input_size=48)}, "multiple of 1/128, or cmp=False"),
        ({"scale": Scale(1 / 32, input_size=50)}, "multiple of 8 from 32 on"),
        ({"scale": Scale(1 / 32, input_size=24)}, "multiple of 8 from 32 on"),
        ({"scale": Scale(1 / 128, input_size=48), "local": False, "bins": "literal"}, "at least 25"),
        ({"cmp_on": "conv3"}, "choose from conv4_1, conv4_2"),
        ({"border": "wrap"}, "choose from clamp, zero"),
        ({"lal_kernel": 5}, "choose from 3, 1"),
        ({"gal_convs": 3, "local": True, "global_": False}, "choose from 1, 2"),
        ({"vector": "max"}, "choose from flatten, gap"),
        ({"bins": "all", "wspp": False}, "choose from trim, literal, adaptive"),
        ({"wspp_weights": "equal"}, "choose from lazebnik, halves, none"),
    ],
)
def test_networks_that_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        DLGACNN(**{"scale": SMALL} | arguments)


@pytest.mark.parametrize(
    ("frames", "points", "message"),
    [
        (torch.zeros(2, 3, 48, 48), torch.zeros(2, 20, 2), r"each of 24 patches, \[2, 24, 2\], got \[2, 20, 2\]"),
        (torch.zeros(2, 3, 48, 48), torch.zeros(1, 24, 2), "each of 24 patches"),
        (torch.zeros(2, 3, 48, 48), torch.zeros(2, 24, 3), "each of 24 patches"),
        (torch.zeros(2, 3, 48, 48), torch.full((2, 24, 2), torch.nan), "NaN: leave out"),
        (torch.zeros(2, 3, 48, 48), torch.full((2, 24, 2), 47.75), r"\(47.75, 47.75\) is outside .* −0.5 to 47.5"),
        (torch.zeros(2, 3, 48, 48), torch.full((2, 24, 2), -torch.inf), "is outside"),
        (torch.zeros(2, 3, 56, 56), torch.zeros(2, 24, 2), r"\[B, 3, 48, 48\]"),
        (torch.zeros(2, 1, 48, 48), torch.zeros(2, 24, 2), r"\[B, 3, 48, 48\]"),
        (torch.zeros(3, 48, 48), torch.zeros(24, 2), r"\[B, 3, 48, 48\]"),
    ],
)
def test_faces_that_are_refused(frames, points, message):
    with pytest.raises(ValueError, match=message):
        DLGACNN(scale=SMALL)(LandmarkedFrames(frames, points))


def test_frames_without_points_are_refused():
    with pytest.raises(TypeError, match="give LandmarkedFrames"):
        DLGACNN(scale=SMALL)(torch.zeros(2, 3, 48, 48))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: DepressedCNN(1 / 32)(torch.zeros(3, 48, 48)), r"frames \[B, 3, H, W\]"),
        (lambda: DepressedCNN(1 / 32)(torch.zeros(1, 3, 7, 48)), "at least 8×8"),
        (lambda: patches(torch.zeros(2, 4, 6, 5), torch.zeros(2, 24, 2), 48), "square map"),
        (lambda: patches(torch.zeros(2, 4, 6, 6), torch.zeros(24, 2), 48), r"points \[2, N, 2\]"),
        (lambda: patches(torch.zeros(2, 4, 6, 6), torch.zeros(2, 24, 2), 48, cells=3), "even number from 2 to 6"),
        (lambda: patches(torch.zeros(2, 4, 4, 4), torch.zeros(2, 24, 2), 32), "even number from 2 to 4"),
        (lambda: LocalAttention(4, cells=2, width=0.1)(torch.zeros(1, 20, 4, 2, 2)), r"\[B, 24, 4, 2, 2\]"),
        (lambda: LocalAttention(4, cells=1), "1×1 cells: give at least 2×2"),
        (lambda: GlobalAttention(4, side=3), "1×1 cells: give at least 2×2"),
        (lambda: WeightedPyramidPooling(256)(torch.zeros(1, 255)), r"\[B, 256\]"),
        (lambda: WeightedPyramidPooling(0), "at least 1"),
    ],
)
def test_parts_say_what_they_take(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_painted_weights_are_means_over_the_patches_that_hold_a_cell():
    from depnb.methods.dlga import painted

    points, weights = torch.tensor([[[15.0, 15.0], [31.0, 15.0]]]), torch.tensor([[1.0, 3.0]])
    starts, cells = patch_starts(points, 80, 10, 2)[0].tolist(), 2
    heat = painted(weights, points, 80, 10)[0]
    for row in range(10):
        for column in range(10):
            held = [
                weight
                for (x, y), weight in zip(starts, (1.0, 3.0), strict=True)
                if x <= column < x + cells and y <= row < y + cells
            ]
            assert heat[row, column] == (sum(held) / len(held) if held else 0)
    assert heat.max() == 3
