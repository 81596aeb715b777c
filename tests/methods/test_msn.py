"""The multiscale network against the arithmetic of its paper and of its authors' code."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from depnb.inputs.spec import FRAME
from depnb.methods.contract import OURS
from depnb.methods.msn import (
    BLOCKS,
    CHANNELS,
    KERNEL_ROWS,
    MSN,
    PROFILES,
    ROWS,
    Config,
    MultiscaleBlock,
    counted_layers,
    inputs,
    learning,
    matching_bank_width,
    model,
)
from depnb.methods.profiles import Scale
from depnb.nets.cost import gmac, parameters
from depnb.training.face_recipe import facts

CLIP = (1, 3, 16, 112, 112)
SMALL = Scale(width=0.0625, input_size=32)


def printed_size(**arguments) -> MSN:
    """A network of full size without memory."""
    with torch.device("meta"):
        return MSN(**arguments)


def test_parameters_are_those_of_the_code_to_the_unit():
    network = printed_size()
    assert parameters(network) == 77_684_737
    assert parameters(network.body) == 76_896_768
    assert parameters(network, moving=True) == 77_748_609


def test_only_the_codes_shortcut_has_the_printed_number_of_parameters():
    found = parameters(printed_size(projection="paper", bn_gain=True))
    assert found == 73_881_793  # 73.91 M with the biases of the convolutions, which no reading has


@pytest.mark.parametrize(
    ("depth", "blocks", "layers", "count", "cost"),
    [
        (27, 8, 27, 33_059_969, 45.0),
        (36, 12, 39, 50_018_049, 66.3),
        (51, 16, 51, 60_767_233, 87.3),
        (69, 22, 69, 77_684_737, 100.5),
        (99, 32, 99, 105_880_577, 122.6),
    ],
)
def test_depths(depth, blocks, layers, count, cost):
    network = printed_size(depth=depth)
    assert sum(isinstance(m, MultiscaleBlock) for m in network.modules()) == blocks
    assert counted_layers(depth) == layers
    assert parameters(network) == count
    assert gmac(network, CLIP) == pytest.approx(cost, abs=0.05)


@pytest.mark.parametrize(
    ("kernels", "count", "cost"),
    [
        ((3,), 68_111_681, 40.5),
        ((3, 5), 70_777_505, 57.2),
        ((3, 7), 75_018_913, 83.8),
        ((3, 5, 7), 77_684_737, 100.5),
        ((3, 5, 9), 85_194_753, 147.6),
        ((3, 5, 11), 96_907_265, 221.1),
        ((3, 7, 9), 89_436_161, 174.2),
        ((3, 7, 11), 101_148_673, 247.7),
        ((3, 5, 7, 9), 92_101_985, 190.9),
    ],
)
def test_kernel_rows(kernels, count, cost):
    network = printed_size(kernels=kernels)
    assert parameters(network) == count
    assert gmac(network, CLIP) == pytest.approx(cost, abs=0.05)
    assert kernels in {ROWS[row].kernels for row in KERNEL_ROWS}


@pytest.mark.parametrize("width", [1.0, 0.25])
def test_one_kernel_can_have_as_many_parameters_as_three(width):
    matched = printed_size(kernels=(3,), width=width, bank_width=matching_bank_width((3,), 69, width))
    assert parameters(matched) == pytest.approx(parameters(printed_size(width=width)), rel=0.002)


def test_three_kernels_match_themselves():
    assert matching_bank_width((3, 5, 7), 69, 0.25) == 1


@pytest.mark.parametrize("keras_same", [False, True])
def test_shape_behind_each_stage(keras_same):
    body = printed_size(keras_same=keras_same).body
    shapes = {}
    for name in ("stage2", "stage3", "stage4", "stage5"):
        body.get_submodule(name).register_forward_hook(
            lambda module, inputs, output, name=name: shapes.update({name: tuple(output.shape[1:])})
        )
    body(torch.empty(CLIP, device="meta"))
    assert shapes == {
        "stage2": (128, 8, 28, 28),
        "stage3": (256, 8, 28, 28),
        "stage4": (512, 4, 14, 14),
        "stage5": (1024, 2, 7, 7),
    }


def test_keras_padding_shifts_the_grid_by_one_pixel():
    torch.manual_seed(0)
    ours, keras = (MSN(27, width=0.0625, keras_same=same).body.eval() for same in (False, True))
    keras.load_state_dict(ours.state_dict())
    clip = torch.randn(1, 3, 8, 32, 32)
    shifted = torch.roll(clip, (-1, -1), (3, 4))  # Keras begins one pixel later
    inside = (..., slice(2, -2), slice(2, -2))
    torch.testing.assert_close(keras.conv1(clip)[inside], ours.conv1(shifted)[inside])


def rest(network: MultiscaleBlock, axis: int) -> float:
    """How much of a change along ``axis`` of [B, C, T, H, W] reaches other places than its own."""
    before = torch.zeros(1, 2, 7, 7, 7)
    after = before.clone()
    after[0, :, 3, 3, 3] = 1
    moved = (network(after) - network(before)).abs().sum((0, 1))  # [T, H, W]
    return float(moved.sum((*({0, 1, 2} - {axis}),))[[0, 1, 2, 4, 5, 6]].sum())


def test_the_temporal_convolutions_look_along_time_only():
    torch.manual_seed(0)
    block = MultiscaleBlock(2, 4, 4).eval()
    for cube, _ in block.bank:
        centre = cube.kernel_size[0] // 2
        kept = cube.weight[:, :, centre, centre, centre].clone()
        nn.init.zeros_(cube.weight)
        with torch.no_grad():
            cube.weight[:, :, centre, centre, centre] = kept
    with torch.no_grad():
        assert rest(block, axis=0) > 0
        assert rest(block, axis=1) == 0
        assert rest(block, axis=2) == 0


def test_a_block_is_its_equation():
    torch.manual_seed(0)
    block = MultiscaleBlock(2, 3, 4, kernels=(3, 5)).eval()
    x = torch.randn(1, 2, 6, 6, 6)
    relu = torch.relu
    z = relu(block.first(x))
    bank = torch.cat([relu(block.bank[0](z)), relu(block.bank[1](z))], 1)
    torch.testing.assert_close(block(x), relu(block.last(bank) + block.shortcut(x)))
    assert block(x).min() >= 0


def test_the_papers_shortcut_projects_only_where_channels_differ():
    assert isinstance(MultiscaleBlock(4, 2, 4, projection="paper").shortcut, nn.Identity)
    assert MultiscaleBlock(2, 2, 4, projection="paper").shortcut[0].kernel_size == (3, 1, 1)
    assert MultiscaleBlock(4, 2, 4).shortcut[0].kernel_size == (1, 1, 1)


@pytest.mark.parametrize("row", ROWS)
def test_every_row_begins_at_the_constant_predictor(row):
    bdi = torch.tensor([3.0, 3, 10, 20, 44])
    network = model(ROWS[row], SMALL)
    network.start_at(bdi)
    with torch.no_grad():
        output = network.eval()(torch.randn(2, 3, 16, 32, 32))
    assert output.shape == (2, 1)
    assert network.score(output).tolist() == pytest.approx([16.0, 16.0])
    assert torch.isfinite(network.loss(output, bdi[:2]))
    assert network.attended in set(network.body.modules())


def test_the_smallest_network_keeps_a_channel_everywhere():
    network = MSN(27, width=0.001).eval()
    assert network.body.channels == 1
    assert network(torch.randn(1, 3, 7, 13, 13)).shape == (1, 1)


def test_the_rules_of_clips_are_switches():
    profile = PROFILES["quick"]
    wrapped, held = (inputs(replace(ROWS["msn"], short_clip=rule), profile) for rule in ("wrap", "hold"))
    assert (wrapped.end, wrapped.rest) == ("wrap", False)
    assert (held.end, held.rest) == ("hold", False)
    assert inputs(replace(ROWS["msn"], last_clip="fill"), profile).rest


def test_pictures_are_repeated_only_where_there_is_time():
    quick, paper = PROFILES["quick"], PROFILES["paper"]
    first, scratch, printed = (
        inputs(ROWS[row], profile) for row, profile in (("msn", quick), ("depth_69", quick), ("msn", paper))
    )
    assert (first.pictures_first, scratch.pictures_first, printed.pictures_first) == (True, False, False)
    assert (first.still_frames, printed.still_frames) == (1, 16)
    picture = torch.zeros(2, 1, 3, 64, 64, dtype=torch.uint8)
    assert first.still(picture, True).shape == (2, 3, 1, 64, 64)
    assert printed.still(picture, True).shape == (2, 3, 16, 64, 64)


def test_faces_take_a_share_of_the_pictures_or_of_the_clips():
    quick, paper = (PROFILES[name].still(5) for name in ("quick", "paper"))
    assert (quick.steps, quick.batch) == (PROFILES["quick"].pictures // 5, PROFILES["quick"].picture_batch)
    assert (paper.steps, paper.batch) == (PROFILES["paper"].steps // 5, PROFILES["paper"].batch)


def test_rows_that_begin_with_clips_get_smaller_frames():
    clips = torch.randint(0, 256, (2, 16, 3, 64, 64), dtype=torch.uint8)
    whole, half = (inputs(ROWS[row], PROFILES["quick"]).prepare(clips, False) for row in ("msn", "depth_69"))
    assert whole.shape == (2, 3, 16, 64, 64)
    torch.testing.assert_close(half, nn.functional.avg_pool3d(whole, (1, 2, 2)))
    assert inputs(ROWS["depth_69"], PROFILES["paper"]).prepare(clips, False).shape == (2, 3, 16, 64, 64)


@pytest.mark.parametrize(
    ("row", "profile", "rate", "longer"),
    [
        ("msn", "quick", 0.5, 2),
        ("c3d", "quick", 0.5, 2),
        ("i3d", "quick", 1, 1),
        ("depth_69", "quick", 0.25, 2 / 3),
        ("msn", "paper", 1, 1),
        ("c3d", "paper", 0.5, 1),
        ("depth_69", "paper", 1, 1),
    ],
)
def test_who_learns_longer_and_at_which_rate(row, profile, rate, longer):
    scores, _ = learning(ROWS[row], PROFILES[profile])
    assert (scores.rate, scores.longer) == (rate, longer)


@pytest.mark.parametrize(
    ("row", "width", "dropout"), [("msn", 1 / 8, 0.5), ("depth_69", 1 / 8, 1 / 16), ("depth_69", 1, 0.5)]
)
def test_only_narrow_networks_from_scratch_drop_less(row, width, dropout):
    with torch.device("meta"):
        network = model(ROWS[row], Scale(width))
    assert [m.p for m in network.head if isinstance(m, torch.nn.Dropout)] == [dropout] * 2


def test_printed_learning_is_another_pretraining():
    ours, printed = (ROWS["msn"], replace(ROWS["msn"], learning="printed"))
    assert learning(ours, PROFILES["paper"]) == (OURS, replace(OURS, epochs=10))
    assert learning(ours, PROFILES["quick"]).faces.epochs is None
    scores, of_faces = learning(printed, PROFILES["paper"])
    assert (scores.optimiser, of_faces.optimiser) == ("adam", "sgd")
    assert of_faces.rate * PROFILES["paper"].lr == pytest.approx(0.01)
    begun = [facts("identity", PROFILES["paper"], FRAME, how) for how in (OURS, of_faces)]
    assert begun[0] != begun[1]
    assert "learning" not in begun[0]


def test_a_step_changes_every_parameter():
    torch.manual_seed(0)
    network = model(Config(depth=27), SMALL)
    before = [p.detach().clone() for p in network.parameters()]
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    network.loss(network(torch.randn(2, 3, 16, 32, 32)), torch.tensor([3.0, 40.0])).backward()
    optimiser.step()
    assert all((old != new).any() for old, new in zip(before, network.parameters(), strict=True))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"depth": 50}, "No MSN of depth 50: choose from 27, 36, 51, 69, 99"),
        ({"kernels": ()}, "give one or more odd sides"),
        ({"kernels": (3, 4)}, r"kernels=\(3, 4\)"),
        ({"projection": "none"}, "choose code or paper"),
    ],
)
def test_bad_configurations_name_the_choices(arguments, message):
    with pytest.raises(ValueError, match=message):
        MSN(**arguments)


@pytest.mark.parametrize("shape", [(1, 3, 6, 32, 32), (1, 3, 16, 12, 32), (1, 3, 32, 32), (1, 16, 3, 32, 32)])
def test_clips_that_leave_nothing_are_refused(shape):
    with pytest.raises(ValueError, match=r"give clips \[B, 3, T, H, W\] of at least 7 frames"):
        MSN(27, width=0.0625)(torch.zeros(shape))


def test_the_table_of_blocks_is_the_printed_one():
    assert BLOCKS[69] == (3, 4, 12, 3)
    assert [outputs for _, outputs in CHANNELS] == [128, 256, 512, 1024]
    assert replace(ROWS["depth_69"], start="identity", pictures=True) == ROWS["msn"]
