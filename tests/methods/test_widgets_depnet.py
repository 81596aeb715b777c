"""The taps are where the module lays them, and the drawings show the sizes that go through it."""

import numpy as np
import pytest
import torch
from torch import nn

from depnb.methods import depnet, printed
from depnb.methods.depnet import FeatureAggregation, diagrams, widget as widgets
from depnb.methods.depnet.diagrams import (
    aggregation_sizes,
    draw_aggregation,
    draw_challenge,
    draw_pipeline,
    draw_squeeze,
    printed_network,
    through,
)
from depnb.methods.depnet.widget import draw_taps, taps
from depnb.reports import figures


def texts(figure, axis=0) -> list[str]:
    return [text.get_text() for text in figure.axes[axis].texts]


def aggregation(**arguments) -> FeatureAggregation:
    with torch.device("meta"):
        return FeatureAggregation(**arguments)


def test_the_kernels_agree():
    assert widgets.KERNELS == depnet.KERNELS


@pytest.mark.parametrize("padding", depnet.SWITCHES["temporal_padding"])
@pytest.mark.parametrize("frames", [2, 5, 9, 11])
def test_taps_lie_where_the_module_lays_them(padding, frames):
    module = FeatureAggregation(8, frames=frames, temporal_padding=padding, fam_channels=1)
    for (convolution, _), kernel in zip(module.temporal, widgets.KERNELS, strict=True):
        count = convolution.kernel_size[0]
        with torch.no_grad():
            convolution.weight.copy_(torch.arange(1.0, count + 1)[:, None])
            convolution.bias.zero_()
        found = taps(kernel, frames, padding)
        there = (found.places >= 1) & (found.places <= frames)
        assert found.taps[:, there].tolist() == convolution(torch.eye(frames)[None, None])[0, 0].tolist()


def test_taps_by_hand():
    found = taps(9)
    assert found.places.tolist() == list(range(-3, 10))
    assert found.taps[0, 4:9].tolist() == [5, 6, 7, 8, 9]
    assert (found.taps > 0).sum(1).tolist() == [9] * 5
    assert [taps(kernel).on_frames(5) for kernel in (3, 5, 9)] == [13, 19, 25]
    assert taps(3, padding="none").taps.tolist() == [[1, 2, 3, 0, 0], [0, 1, 2, 3, 0], [0, 0, 1, 2, 3]]


def test_as_printed_nine_taps_do_not_fit_into_five_frames():
    assert len(taps(9, 5, "none").taps) == 0
    assert taps(9, 5, "clip").taps.tolist() == taps(5, 5, "none").taps.tolist() == [[1, 2, 3, 4, 5]]
    assert "does not fit" in texts(draw_taps(5, "none"), 2)
    with pytest.raises(RuntimeError, match="Kernel size"):
        nn.Conv2d(1, 1, (9, 1))(torch.zeros(1, 1, 5, 1))


@pytest.mark.parametrize("padding", widgets.PADDINGS)
@pytest.mark.parametrize("frames", [2, 5, 11])
def test_the_picture_numbers_each_tap_on_a_frame(padding, frames):
    figure = draw_taps(frames, padding)
    for place, kernel in enumerate(widgets.KERNELS):
        found = taps(kernel, frames, padding)
        there = (found.places >= 1) & (found.places <= frames)
        expected = sorted(str(tap) for tap in found.taps[:, there].flatten() if tap)
        assert sorted(text for text in texts(figure, place) if text.isdigit()) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((4,), "odd"), ((0,), "odd"), ((3, 0), "at least one frame"), ((3, 5, "wrap"), "none, same, clip")],
)
def test_impossible_taps_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        taps(*arguments)


def test_sizes_of_the_aggregation_are_the_paper_s_repaired():
    sizes = aggregation_sizes(aggregation())
    assert sizes["llf"] == (5, 2048, 7, 7)
    assert sizes["channel pool"] == (5, 256, 7, 7)
    assert sizes["stacked"] == (5, 12544)
    assert [sizes[f"conv {place}"] for place in (1, 2, 3)] == [(64, 5, 12544)] * 3
    assert [sizes[f"pool {place}"] for place in (1, 2, 3)] == [(64, 12544)] * 3
    assert (sizes["joined"], sizes["hlf"]) == ((194, 12544), (64, 12544))


def test_sizes_follow_the_module():
    sizes = aggregation_sizes(aggregation(cmp_kernel=4, temporal_padding="clip", fam_channels=8))
    assert sizes["channel pool"] == (5, 512, 7, 7)
    assert sizes["stacked"] == (5, 25088)
    assert [sizes[f"conv {place}"][1] for place in (1, 2, 3)] == [3, 1, 1]
    assert sizes["joined"] == (26, 25088)
    assert aggregation_sizes(aggregation(cmp_kernel=4, llf_channels=1024), 2)["channel pool"] == (5, 256, 2, 2)


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ({}, ["conv 3×1", "conv 5×1", "conv 9×1", "5×256×7×7", "64×5×12544", "average pool 5×1"]),
        ({"temporal_padding": "clip"}, ["max pool 3×1", "max pool 1×1", "64×3×12544"]),
        ({"cmp_kernel": 4}, ["5×512×7×7", "64×25088"]),
    ],
)
def test_fig_6_shows_the_module_that_it_is_given(arguments, shown):
    found = texts(draw_aggregation(aggregation(**arguments)))
    assert set(shown) <= set(found)
    sizes = aggregation_sizes(aggregation(**arguments))
    assert {"×".join(map(str, size)) for size in sizes.values()} <= set(found)


def test_two_maxima_are_drawn_as_two():
    found = texts(draw_aggregation(aggregation(stat_pools="max_max")))
    assert "average pool 5×1" not in found
    assert found.count("max pool 5×1") == 5


def test_fig_1_shows_frames_sizes_and_parameters():
    frames = np.zeros((5, 8, 8, 3), np.uint8)
    figure = draw_pipeline(frames)
    assert len(figure.axes[0].images) == 5
    joined = " ".join(texts(figure))
    for shown in ("5 × 3×224×224", "5 × 2048×7×7", "64×12544", "26,039,024", "13,760", "102,760,705", "frozen"):
        assert shown in joined
    trained = texts(draw_pipeline(frames, printed_network(se_ratio=None, frozen=False)))
    assert "ResNet-50\ntrained" in trained


def test_fig_2_shows_the_sizes_of_its_block():
    assert {"$z$  2048", "128", "$s$  2048", "$\\tilde X$  2048×7×7"} <= set(texts(draw_squeeze()))
    first = printed_network().body.layer1[0].bn3.se
    assert {"$z$  256", "16", "$s$  256"} <= set(texts(draw_squeeze(first, 56)))


def test_what_goes_through_a_part_is_seen_once_and_then_no_more():
    module = nn.Sequential(nn.Linear(3, 4, device="meta"), nn.Linear(4, 5, device="meta"))
    assert through(module, (3,), last=module[1]) == {"last": ((4,), (5,))}
    assert not module[1]._forward_hooks


@pytest.mark.parametrize("source", ["Figure 7", "Figure 8"])
def test_comparisons_have_a_bar_for_each_printed_number(source):
    figure = draw_challenge(source)
    numbers = printed.printed("depnet", source)
    for axis, metric in zip(figure.axes, ("RMSE", "MAE"), strict=True):
        own = numbers[numbers["metric"] == metric]["value"]
        assert [bar.get_width() for bar in axis.patches] == own.dropna().tolist()
        assert [text.get_text() for text in axis.texts].count("not printed") == own.isna().sum()
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(names) == numbers["method"].nunique()
    assert sum("DepNet" in name for name in names) == 1


def test_the_diagrams_are_in_the_index_and_say_what_they_are_drawn_from():
    entries = figures.entries()
    data = {name: entries[f"depnet_{name}"].data for name in diagrams.FIGURES}
    printed = "printed numbers, `depnb/papers/paper_tables.csv`"
    assert data == {
        "fig1": "a clip of the corpus",
        "fig2": "the method",
        "fig6": "the method",
        "fig7": printed,
        "fig8": printed,
    }
    assert entries["depnet_fig1"].corpora(None) == ["generated “both”"]
    assert entries["depnet_fig7"].corpora(None) == []
