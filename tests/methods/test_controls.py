"""Rows and protocols that control what a comparison shows: each takes away one thing and leaves the rest."""

import math

import pytest
import torch
from hypothesis import given, strategies as st

from depnb.experiments.run import Run
from depnb.inputs.order import shuffled
from depnb.methods.contract import FACE_EPOCHS
from depnb.methods.depnet import FeatureAggregation
from depnb.methods.registry import method, specification
from depnb.training import face_recipe


@given(st.integers(0, 1000), st.integers(2, 16))
def test_shuffled_frames_are_the_same_frames_in_an_order_of_their_own(seed, length):
    clips = torch.randint(0, 256, (3, length, 1, 16, 16), generator=torch.Generator().manual_seed(seed)).to(torch.uint8)
    found = shuffled(clips)
    for before, after in zip(clips, found, strict=True):
        assert sorted(frame.flatten().tolist() for frame in before) == sorted(
            frame.flatten().tolist() for frame in after
        )
    assert torch.equal(shuffled(clips.flip(1)), found)  # the order that was, is not used


def test_a_steady_movement_is_none_after_shuffling():
    clip = torch.arange(0, 160, 10)[None, :, None, None, None].expand(1, 16, 1, 8, 8).to(torch.uint8)
    steps = shuffled(clip)[0, :, 0, 0, 0].long().diff()
    assert steps.unique().numel() > 8
    assert (steps < 0).any()
    assert (steps > 0).any()


@pytest.mark.parametrize(("paper", "row"), [("temporal_pooling", "temporal_9"), ("msn", "msn"), ("msn", "c3d")])
def test_rows_of_shuffled_frames_differ_from_theirs_in_the_order_alone(paper, row):
    own, control = (method(paper).rows[name] for name in (row, f"{row}_shuffled"))
    assert {name for name in vars(own) if getattr(own, name) != getattr(control, name)} == {"order"}
    profile = method(paper).profiles["smoke"]
    inputs = [method(paper).inputs(config, profile) for config in (own, control)]
    clips = torch.randint(0, 256, (2, len(inputs[0].offsets), 1 if inputs[0].grey else 3, 24, 24)).to(torch.uint8)
    plain, mixed = (one.prepare(clips, False) for one in inputs)
    assert not torch.equal(plain, mixed)
    torch.testing.assert_close(inputs[0].prepare(shuffled(clips), False), mixed)


def test_the_mean_over_time_has_the_head_of_the_module():
    own, control = (
        method("depnet").model(method("depnet").rows[row], method("depnet").profiles["smoke"].scale)
        for row in ("depnet", "depnet_mean")
    )
    shapes = [[tuple(weight.shape) for weight in network.head.parameters()] for network in (own, control)]
    assert shapes[0] == shapes[1]
    module = FeatureAggregation(16, frames=3, temporal=False)
    maps = torch.randn(2, 16, 3, 2, 2)
    assert torch.allclose(module(maps), module(maps.flip(2)), atol=1e-6)
    joined = maps.unflatten(1, (-1, 8)).amax(2).mean(2).flatten(1)  # [2, D]
    weight, bias = module.join[0].weight[:, 0, 0], module.join[0].bias
    torch.testing.assert_close(module(maps), joined[:, None] * weight[:, None] + bias[:, None])


def test_a_mixed_vector_is_the_same_vector_in_one_fixed_order():
    rows, scale = method("dlga").rows, method("dlga").profiles["smoke"].scale
    network, other = (method("dlga").model(rows["dlga_mixed"], scale) for _ in range(2))
    order = network.head[0].order
    assert torch.equal(order, other.head[0].order)
    assert torch.equal(order.sort().values, torch.arange(len(order)))
    assert not torch.equal(order, torch.arange(len(order)))
    vector = torch.randn(3, len(order))
    assert torch.equal(network.head[0](vector), vector[:, order])


def test_a_second_training_of_a_row_draws_everything_anew():
    of = specification(method("temporal_pooling"), "appearance_again", "smoke", "honest", None)
    assert of.seed(3) == 1003
    first, second = (
        Run("temporal_pooling", row, profile="smoke", seed=3) for row in ("appearance", "appearance_again")
    )
    assert second.facts["pretraining"]["seed"] == 1003
    assert first.facts["pretraining"]["seed"] == 3
    assert first.digest != second.digest


@pytest.mark.parametrize(
    ("profile", "corpus", "select", "new_people"),
    [
        ("smoke", None, None, False),
        ("standard", None, None, False),
        ("paper", "AVEC2014", "development", True),
    ],
)
def test_the_honest_protocol_selects_where_no_length_is_known(profile, corpus, select, new_people):
    found = specification(method("distribution"), "expectation", profile, "honest", corpus).protocol
    assert (found.select, found.new_people, found.train) == (select, new_people, ("train",))
    for name, new in (("selected", False), ("selected-new", True)):
        control = specification(method("distribution"), "expectation", profile, name, corpus).protocol
        assert (control.select, control.new_people) == ("development", new)


@pytest.mark.parametrize(
    ("row", "profile", "start", "epochs"),
    [
        ("expectation", "smoke", "identity", None),
        ("expectation", "quick", "scratch", None),
        ("expectation", "standard", "scratch", None),
        ("expectation[start=identity]", "standard", "identity", None),
        ("expectation[face_epochs=20.0]", "standard", "identity", 20),
        ("expectation[face_epochs=20.0]", "quick", "identity", 20),
        ("expectation", "paper", "identity", FACE_EPOCHS),
        ("expectation[face_epochs=3.0]", "paper", "identity", 3),
    ],
)
def test_where_a_profile_learns_no_faces_only_rows_that_ask_for_them_do(row, profile, start, epochs):
    of = specification(method("distribution"), row, profile, "honest", None)
    assert (of.config.start, of.learning.faces.epochs) == (start, epochs)


@pytest.mark.parametrize("paper", ["temporal_pooling", "msn", "depnet", "distribution"])
def test_a_row_can_learn_faces_for_longer_than_its_profile_says(paper):
    paper = method(paper)
    row = next(iter(paper.rows))
    usual, longer = (
        specification(paper, name, "quick", "honest", None) for name in (row, f"{row}[face_epochs=20.0,start=identity]")
    )
    steps = [face_recipe.shorter(of.profile, of.learning.faces).steps for of in (usual, longer)]
    assert steps[1] == math.ceil(20 * face_recipe.pictures(longer.profile) / longer.profile.still(1).batch)
    assert steps[0] != steps[1]


@pytest.mark.parametrize(
    ("row", "profile", "pictures"),
    [("msn", "quick", True), ("msn", "standard", False), ("msn[pictures=True]", "standard", True)],
)
def test_a_profile_has_switches_for_rows_that_name_none(row, profile, pictures):
    of = specification(method("msn"), row, profile, "honest", None)
    assert of.config.pictures is pictures


def test_rivals_of_a_table_of_clips_learn_alike_at_standard():
    of = [specification(method("msn"), row, "standard", "honest", None) for row in ("msn", "c3d", "i3d", "depth_99")]
    assert {(one.learning.scores, one.profile, one.input_spec.pictures_first) for one in of} == {
        (of[0].learning.scores, of[0].profile, False)
    }
    assert of[0].learning.scores.longer == 1
