import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as npst

from depnb.inputs.pixels import luma
from depnb.methods.profiles import PROFILES, Scale
from depnb.methods.temporal_pooling import FUSED, GRID, ROWS, SWITCHES, Config, encode, encode_clips, model

NINE = [
    [[50] * 9, [10, 20, 30, 40, 50, 60, 70, 80, 90], [90, 80, 70, 60, 50, 40, 30, 20, 10]],
    [[40, 60, 40, 60, 50, 60, 40, 60, 40], [49, 50, 50, 50, 50, 50, 50, 50, 51], [50] * 4 + [0] + [50] * 4],
    [[50] * 4 + [99] + [50] * 4, [0, 0, 0, 0, 50, 60, 60, 60, 0], [51, 50, 49, 50, 50, 49, 50, 51, 49]],
]
SEVENTEEN = [
    [[50] * 17, list(range(10, 171, 10)), list(range(170, 9, -10))],
    [
        [40, 60] * 4 + [50] + [60, 40] * 4,
        [40, 60, 60, 40, 40, 40, 60, 60, 50, 40, 60, 60, 60, 60, 40, 40, 40],
        [49] + [50] * 16,
    ],
    [
        [50] * 16 + [49],
        [0, 0, 0, 60, 60, 60, 60, 60, 50, 60, 60, 60, 0, 0, 0, 0, 0],
        [50] * 8 + [99] + [50] * 8,
    ],
]
MAP_D = [[0, 255, 255], [255, 216, 1], [128, 255, 0]]


def by_hand(series: list[list[list[int]]]) -> np.ndarray:
    """Time series of 3×3 pixels to a clip uint8 [l, 3, 3]."""
    return np.moveaxis(np.array(series, np.uint8), -1, 0)


def ramp(length: int, step: int = 2) -> np.ndarray:
    return (10 + step * np.arange(length, dtype=np.uint8))[:, None, None]


@st.composite
def clips(draw, dtypes=(np.uint8, np.int16, np.float32)):
    """A clip and switches that can code it; small numbers, so that ties and the dead zone matter."""
    code = draw(st.sampled_from(SWITCHES["code"]))
    length = draw(st.sampled_from((9, 17, 25, 33, 41) if code == "parity" else (3, 5, 9, 15, 17, 19, 33, 41)))
    dtype = draw(st.sampled_from(dtypes))
    low = 0 if dtype == np.uint8 else -6
    values = st.integers(low, 6) | st.sampled_from((low, 255 if dtype == np.uint8 else 300))
    if dtype == np.float32:
        values = st.floats(-6, 6, width=16)
    clip = draw(npst.arrays(dtype, (length, draw(st.integers(1, 3)), 2), elements=values))
    return clip, {
        "code": code,
        "group": draw(st.sampled_from(SWITCHES["group"])),
        "bit_order": draw(st.sampled_from(SWITCHES["bit_order"])),
        "dead_zone": draw(st.sampled_from((0, 1, 2.5, 300))),
    }


def test_nine_frames_by_hand():
    clip = by_hand(NINE)
    assert encode(clip).tolist() == [[0, 15, 240], [165, 1, 0], [255, 143, 148]]
    assert encode(clip, bit_order="msb_first").tolist() == [[0, 240, 15], [165, 128, 0], [255, 241, 41]]
    assert encode(clip, group="interleaved").tolist() == encode(clip).tolist()  # groups of one sign
    assert encode(clip).dtype == np.uint8


def test_seventeen_frames_by_hand():
    clip = by_hand(SEVENTEEN)
    assert encode(clip).tolist() == [[0, 0, 0], [255, 83, 1], [128, 34, 0]]
    assert encode(clip, group="interleaved").tolist() == MAP_D
    assert encode(clip, code="halves").tolist() == MAP_D


def test_halves_of_other_lengths_are_stretched_to_a_byte():
    three = np.array([1, 5, 9], np.uint8)[:, None, None]  # signs 1 | 0: one bit, 1
    assert encode(three, code="halves").item() == 255
    five = np.array([1, 9, 5, 9, 9], np.uint8)[:, None, None]  # signs 10 | 00: bits 10, y = 1 of 3
    assert encode(five, code="halves").item() == 85
    assert encode(five, code="halves", bit_order="msb_first").item() == 170


@pytest.mark.parametrize(("length", "rising", "falling"), [(9, 15, 240), (17, 0, 0), (25, 15, 240), (33, 0, 0)])
def test_even_groups_erase_ramps(length, rising, falling):
    assert encode(ramp(length)).item() == rising
    assert encode(ramp(length)[::-1]).item() == falling


def test_interleaving_saves_a_ramp_of_17_frames_and_not_of_33():
    assert [encode(ramp(n), group="interleaved").item() for n in (17, 33)] == [255, 0]
    assert encode(ramp(17)[::-1], group="interleaved").item() == 255


@given(clips())
def test_torch_and_numpy_agree(drawn):
    clip, switches = drawn
    np.testing.assert_array_equal(encode_clips(torch.from_numpy(clip), **switches).numpy(), encode(clip, **switches))


@settings(max_examples=20)
@given(clips(dtypes=(np.uint8,)), st.integers(0, 9))
def test_a_batch_is_its_clips_one_by_one(drawn, shift):
    clip, switches = drawn
    video = np.concatenate([clip, np.roll(clip, shift, axis=0)[::-1]])
    views = torch.from_numpy(video).unfold(0, len(clip), 3).movedim(-1, 1)  # [n, l, H, W], overlapping
    one_by_one = [encode(np.ascontiguousarray(view.numpy()), **switches) for view in views]
    np.testing.assert_array_equal(encode_clips(views[None], **switches)[0].numpy(), np.stack(one_by_one))


@given(clips(dtypes=(np.int16,)), st.integers(-50, 50), st.integers(1, 9))
def test_brightness_and_contrast_change_nothing(drawn, offset, factor):
    clip, switches = drawn
    switches["dead_zone"] = 0
    np.testing.assert_array_equal(encode(clip * factor + offset, **switches), encode(clip, **switches))


@given(clips())
def test_what_stands_still_is_zero_and_a_mirror_image_has_the_mirrored_code(drawn):
    clip, switches = drawn
    still = np.repeat(clip[:1], len(clip), axis=0)
    assert not encode(still, **switches).any()
    np.testing.assert_array_equal(encode(clip[:, :, ::-1], **switches), encode(clip, **switches)[:, ::-1])


@given(clips())
def test_reversed_time_reverses_the_bits(drawn):
    clip, switches = drawn
    switches |= {"code": "parity", "group": "contiguous"}
    if (len(clip) - 1) % 8 == 0:
        bits = np.unpackbits(encode(clip, **switches)[..., None], axis=-1)
        reversed_bits = np.unpackbits(encode(clip[::-1], **switches)[..., None], axis=-1)
        np.testing.assert_array_equal(reversed_bits, bits[..., ::-1])


@pytest.mark.parametrize("length", [9, 17, 25, 33])
def test_negated_clips_without_ties(length):
    clip = np.random.default_rng(0).permuted(np.tile(np.arange(length), (4, 5, 1)), axis=-1).transpose(2, 0, 1)
    odd = (length - 1) // 8 % 2 == 1
    np.testing.assert_array_equal(encode(-clip), 255 - encode(clip) if odd else encode(clip))


def test_the_dead_zone_ignores_sensor_noise():
    clip = by_hand(NINE)
    assert encode(clip, dead_zone=1).tolist() == [[0, 15, 240], [165, 0, 0], [255, 143, 0]]
    assert encode(clip, dead_zone=10).tolist()[0] == [0, 7, 224]  # 40 is not more than 10 darker than 50


@pytest.mark.parametrize(
    ("shape", "switches", "message"),
    [
        ((10, 2, 2), {}, "9, 17, 25, 33"),
        ((1, 2, 2), {}, "9, 17, 25, 33"),
        ((10, 2, 2), {"code": "halves"}, "3, 5, 7"),
        ((9, 2, 2), {"group": "even"}, "contiguous, interleaved"),
        ((9, 2, 2), {"code": "xor"}, "parity, halves"),
        ((9, 2, 2), {"bit_order": "little"}, "lsb_first, msb_first"),
        ((9, 2, 2), {"dead_zone": -1}, "0 or more"),
        ((9, 2), {}, r"\[9, 2\]"),
    ],
)
def test_bad_clips_are_named(shape, switches, message):
    with pytest.raises(ValueError, match=message):
        encode(np.zeros(shape, np.uint8), **switches)
    with pytest.raises(ValueError, match=message):
        encode_clips(torch.zeros(shape, dtype=torch.uint8), **switches)


def test_clips_of_truths_are_refused():
    with pytest.raises(TypeError, match="bool"):
        encode(np.zeros((9, 2, 2), bool))
    with pytest.raises(TypeError, match="bool"):
        encode_clips(torch.zeros(9, 2, 2, dtype=torch.bool))


def test_grey_levels():
    pixels = torch.tensor([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [10, 10, 10]], dtype=torch.uint8)
    frames = pixels[:, :, None, None]  # [5, 3, 1, 1]
    assert luma(frames).flatten().tolist() == [76, 150, 29, 255, 10]
    torch.testing.assert_close(luma(frames / 255), luma(frames))
    with pytest.raises(ValueError, match=r"\[5, 1, 1\]"):
        luma(frames[:, 0])


def test_parameters_of_the_printed_network():
    with torch.device("meta"):
        networks = [model(config, Scale()) for config in ROWS.values()]
    assert {sum(p.numel() for p in network.parameters()) for network in networks} == {24_557_633}


@pytest.mark.parametrize("objective", ["standardised", "mse"])
def test_a_stream_begins_at_the_mean_label(objective):
    network = model(Config(objective=objective), PROFILES["smoke"].scale)
    network.start_at(torch.tensor([10.0, 20.0]))
    output = network.eval()(torch.rand(2, 3, 32, 32))
    assert network.score(output).tolist() == pytest.approx([15, 15])
    assert network.loss(output, torch.tensor([10.0, 20.0])).item() == pytest.approx(25)


def test_fused_rows_are_run_where_all_their_parts_are():
    for name, lines in GRID.items():
        there = (*GRID["all"], *lines) if name == "controls" else lines
        for row, *where in lines:
            assert all((part, *where) in there for part in FUSED.get(row, ()))
