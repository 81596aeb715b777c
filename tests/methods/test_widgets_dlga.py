"""The patches are where the network cuts them, and the drawings show the sizes that go through it."""

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from depnb.faces import landmarks_24
from depnb.methods import dlga
from depnb.methods.dlga import LocalAttention, WeightedPyramidPooling, patch_starts, widget as widgets
from depnb.methods.dlga.diagrams import (
    SELECTED,
    Bin,
    draw_attention,
    draw_key,
    draw_module,
    draw_pipeline,
    draw_points,
    draw_pyramid,
    levels,
    module_sizes,
    network_sizes,
    printed_network,
)
from depnb.methods.dlga.widget import draw_patch, patch
from depnb.methods.profiles import Scale

FACE = np.zeros((224, 224, 3), np.uint8)
LANDMARKS = np.random.default_rng(0).uniform(60, 160, (68, 2)).astype(np.float32)
coordinates = st.floats(-0.5, 223.5, allow_nan=False, width=32)


def texts(figure, axis=0) -> list[str]:
    return [text.get_text() for text in figure.axes[axis].texts]


def local_attention(**arguments) -> LocalAttention:
    with torch.device("meta"):
        return LocalAttention(count=1, **arguments)


# The widget


def test_the_sizes_agree():
    network = printed_network()
    assert (network.size, network.size // 8, network.cells) == (widgets.SIZE, widgets.SIDE, widgets.CELLS)
    assert dlga.SWITCHES["border"] == widgets.BORDERS


@given(x=coordinates, y=coordinates, border=st.sampled_from(widgets.BORDERS))
def test_patches_are_where_the_network_cuts_them(x, y, border):
    starts = patch_starts(torch.tensor([x, y]), widgets.SIZE, widgets.SIDE, border=border).tolist()
    assert [places[0] for places in patch(x, y, border)] == starts
    assert all(np.diff(places).tolist() == [1] * 5 for places in patch(x, y, border))


@given(x=coordinates, y=coordinates)
def test_a_clamped_patch_has_no_zeros_and_the_other_as_many_as_it_is_outside(x, y):
    assert patch(x, y, "clamp").outside() == 0
    free = patch(x, y, "zero")
    by_hand = sum(not (0 <= c < 28 and 0 <= r < 28) for c in free.columns for r in free.rows)
    assert free.outside() == by_hand


def test_patches_by_hand():
    assert [places.tolist() for places in patch(100, 60)] == [[10, 11, 12, 13, 14, 15], [5, 6, 7, 8, 9, 10]]
    assert patch(5, 5, "zero").columns.tolist() == [-2, -1, 0, 1, 2, 3]
    assert patch(5, 5, "zero").outside() == 36 - 16


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((224, 5), "outside the frame"), ((5, float("nan")), "outside the frame"), ((5, 5, "wrap"), "clamp, zero")],
)
def test_impossible_patches_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        patch(*arguments)


@pytest.mark.parametrize(
    ("x", "y", "border", "below", "title"),
    [
        (100, 60, "clamp", ["columns 10…15, rows 5…10", "columns 12…17, rows 5…10"], "mirrored"),
        (5, 5, "zero", ["columns −2…3, rows −2…3, 20 zeros", "columns 24…29, rows −2…3, 20 zeros"], "mirrored"),
        (99.75, 60, "clamp", ["columns 9…14, rows 5…10", "columns 12…17, rows 5…10"], "mirrored, a cell off"),
    ],
)
def test_the_picture_names_the_cells(x, y, border, below, title):
    figure = draw_patch(x, y, border, FACE)
    assert [axis.get_xlabel() for axis in figure.axes] == below
    assert figure.axes[1].get_title().startswith(f"{title}\n")
    outline = 2 * title.endswith("a cell off")
    assert [len(axis.patches) for axis in figure.axes] == [36, 36 + outline]


def test_a_mirrored_patch_that_is_a_cell_off_is_outlined_where_it_should_be():
    taken, outline = patch(99.75, 60).columns, draw_patch(99.75, 60).axes[1].patches[-1]
    assert (outline.get_x() + 0.5) / 8 == 27 - taken[-1]
    assert ((outline.get_y() + 0.5) / 8, outline.get_width()) == (5, 48)


def test_the_mirrored_side_shows_the_mirrored_face():
    face = FACE.copy()
    face[:, :10] = 255
    left, right = (axis.images[0].get_array() for axis in draw_patch(face=face).axes)
    assert np.array_equal(left[:, ::-1], right)
    assert draw_patch().axes[0].images[0].get_array().min() > 0


# The drawings


def test_the_26_landmarks_are_those_that_the_paper_lists():
    printed = [18, 19, 20, 37, 38, 39, 41, 42, 22, 23, 25, 26, 27]
    printed += [44, 45, 46, 48, 47, 28, 30, 49, 51, 59, 53, 55, 57]
    assert list(SELECTED) == sorted(printed)


def test_fig_3_counts_and_numbers_what_it_draws():
    figure = draw_points(FACE, LANDMARKS)
    titles = [axis.get_title() for axis in figure.axes]
    assert titles == [
        "(a) 68 landmarks",
        "(b) 26 of them",
        "(c) 6 pairs, 2 corners",
        "(d) 6 midpoints, 2 at the mouth",
        "(e) 24 points",
        "(f) 24 patches",
    ]
    assert texts(figure, 1) == list(map(str, SELECTED))
    assert texts(figure, 4) == [str(number) for number in range(1, 25)]
    assert [text.get_position() for text in figure.axes[4].texts] == [tuple(p) for p in landmarks_24(LANDMARKS)]


@pytest.mark.parametrize("mouth_right", ["mirror", "literal"])
def test_the_patches_of_fig_3_are_those_of_the_network(mouth_right):
    boxes = draw_points(FACE, LANDMARKS, mouth_right).axes[5].patches
    points = torch.from_numpy(landmarks_24(LANDMARKS, mouth_right=mouth_right))
    starts = patch_starts(points, 224, 28).tolist()
    assert [((x + 0.5) / 8, (y + 0.5) / 8) for x, y in (b.get_xy() for b in boxes)] == [tuple(s) for s in starts]
    assert {(b.get_width(), b.get_height()) for b in boxes} == {(48, 48)}


def test_a_point_outside_the_crop_has_its_patch_at_the_border():
    assert len(draw_points(FACE, LANDMARKS - 150).axes[5].patches) == 24


def test_the_key_has_all_points_at_their_places_and_the_patches_that_it_is_asked_for():
    figure = draw_key(FACE, LANDMARKS, outlined=(4, 23))
    points = landmarks_24(LANDMARKS)
    assert [text.get_text() for text in figure.axes[0].texts] == [str(number) for number in range(1, 25)]
    assert [text.get_position() for text in figure.axes[0].texts] == [tuple(p) for p in points]
    drawn = np.concatenate([np.stack(line.get_data(), 1) for line in figure.axes[0].lines])
    assert np.allclose(drawn, points)
    assert [len(line.get_xdata()) for line in figure.axes[0].lines] == [16, 4, 2, 2]
    starts = patch_starts(torch.from_numpy(points[[3, 22]]), 224, 28).tolist()
    assert [((x + 0.5) / 8, (y + 0.5) / 8) for x, y in (b.get_xy() for b in figure.axes[0].patches)] == [
        *map(tuple, starts)
    ]


def test_sizes_of_the_printed_network_are_the_paper_s():
    sizes = network_sizes(printed_network())
    assert sizes["body"] == ((3, 224, 224), (640, 28, 28))
    assert sizes["local"] == ((24, 640, 6, 6), (24, 64))
    assert sizes["convolutions"] == ((640, 14, 14), (512, 14, 14))
    assert sizes["global"][1] == (1, 512)
    assert sizes["head"] == ((2048,), (1,))
    assert sizes["first"] == ((150,), (64,))


@pytest.mark.parametrize(
    ("arguments", "shown", "hidden"),
    [
        (
            {},
            ["24×640×6×6", "24×64\n(137,467,416)", "640×28×28\n(3,910,784)", "1×512\n(51,847,937)", "2048", "150"],
            [],
        ),
        ({"global_": False}, ["1536", "150", "WSPP"], ["global\nattention"]),
        ({"local": False}, ["512", "150"], ["24 patches"]),
        ({"wspp": False}, ["2048", "FC 1024, ReLU,\nFC 1"], ["WSPP", "150"]),
        ({"cmp": False, "gal_convs": 2}, ["24×512×6×6", "max pool,\n2 conv"], ["24×640×6×6"]),
        ({"scale": Scale(1 / 8, input_size=80)}, ["3×80×80,\n24 points", "24×80×2×2", "150"], []),
    ],
)
def test_fig_5_shows_the_network_that_it_is_given(arguments, shown, hidden):
    found = texts(draw_pipeline(FACE, landmarks_24(LANDMARKS), printed_network(**arguments)))
    assert set(shown) <= set(found)
    assert not set(hidden) & set(found)


def test_fig_5_without_a_network_is_the_printed_one():
    found = texts(draw_pipeline(FACE, landmarks_24(LANDMARKS)))
    assert found == texts(draw_pipeline(FACE, landmarks_24(LANDMARKS), printed_network()))


def test_sizes_of_one_local_attention_module():
    sizes = module_sizes(local_attention(channels=640))
    assert sizes["first"] == sizes["second"] == ((640, 6, 6), (640, 6, 6))
    assert sizes["vector"] == ((1, 23040), (1, 64))
    assert sizes["conv"] == ((640, 3, 3), (128, 3, 3))
    assert (sizes["hidden"], sizes["logit"]) == (((1, 1152), (1, 64)), ((1, 64), (1, 1)))


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ({}, {"conv 3×3,\nReLU", "flatten, FC, ReLU", "1×23040 → 1×64", "128×3×3"}),
        ({"kernel": 1, "vector": "gap"}, {"conv 1×1,\nReLU", "means, FC, ReLU", "1×640 → 1×64"}),
    ],
)
def test_fig_2_shows_the_module_that_it_is_given(arguments, shown):
    assert shown <= set(texts(draw_module(local_attention(channels=640, **arguments))))


def test_fig_2_without_a_module_is_the_printed_one():
    assert texts(draw_module()) == texts(draw_module(local_attention(channels=640)))


@pytest.mark.parametrize("weights", dlga.LEVEL_WEIGHTS)
@pytest.mark.parametrize("features", [2048, 1536, 512, 90])
def test_levels_are_the_weights_and_windows_of_the_module(features, weights):
    found = levels(WeightedPyramidPooling(features, weights=weights))
    assert [weight for weight, _ in found] == list(dlga.LEVEL_WEIGHTS[weights])
    for (_, bins), (count, _) in zip(found, dlga.PYRAMID, strict=True):
        window = features // count
        assert bins == [Bin(window * number, window * (number + 1) - 1) for number in range(count)]


def test_levels_of_other_readings():
    assert [len(bins) for _, bins in levels(WeightedPyramidPooling(2048, "literal"))] == [81, 40, 20, 10]
    for _, bins in levels(WeightedPyramidPooling(2048, "adaptive")):
        assert (bins[0].first, bins[-1].last) == (0, 2047)


@pytest.mark.parametrize(
    ("bins", "shown"),
    [
        (
            "trim",
            ["80 of 25, × 1/2; 48 left out", "40 of 51, × 1/4; 8 left out", "10 of 204, × 1/8; 8 left out"],
        ),
        ("literal", ["81 of 25, × 1/2; 23 left out", "together 151"]),
        ("adaptive", ["80 of 26–27, × 1/2", "together 150"]),
    ],
)
def test_fig_6_shows_the_pyramid_that_it_is_given(bins, shown):
    figure = draw_pyramid(WeightedPyramidPooling(2048, bins))
    assert set(shown) <= set(texts(figure))
    assert figure.axes[0].patches[0].get_width() == 64


def test_fig_6_wants_parts_that_are_the_vector():
    assert len(draw_pyramid(WeightedPyramidPooling(1536), [64] * 24).axes[0].patches) > 24
    with pytest.raises(ValueError, match="1536 features together"):
        draw_pyramid(WeightedPyramidPooling(2048), [64] * 24)


def test_attention_is_drawn_at_each_point_in_one_colour_scale():
    rng = np.random.default_rng(0)
    points, weights = rng.uniform(0, 223, (2, 24, 2)), rng.uniform(0.2, 0.8, (2, 24))
    figure = draw_attention(np.stack([FACE, FACE]), points, weights, ["one", "two"])
    for axis, own, alpha, title in zip(figure.axes, points, weights, ("one", "two"), strict=False):
        (discs,) = axis.collections
        assert discs.get_offsets().tolist() == own.tolist()
        assert discs.get_array().tolist() == alpha.tolist()
        assert discs.get_clim() == (weights.min(), weights.max())
        assert np.array_equal(discs.get_sizes().argsort(), alpha.argsort())
        assert axis.get_title() == title
    assert texts(figure, 1) == [str(number) for number in range(1, 25)]


def test_attention_that_is_the_same_everywhere_can_be_drawn():
    figure = draw_attention(FACE[None], np.full((1, 24, 2), 9.0), np.full((1, 24), 0.5), [""])
    figure.draw_without_rendering()
    (discs,) = figure.axes[0].collections
    assert len(np.unique(discs.get_facecolors(), axis=0)) == 1


def test_attention_of_other_points_than_faces_is_refused():
    with pytest.raises(ValueError, match="as many of each"):
        draw_attention(FACE[None], np.zeros((1, 24, 2)), np.zeros((1, 25)), [""])
