"""Severity moves time scales and offsets, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from depnb.corpus.synthetic.behaviour import APPEARANCE, CHANNELS, behave, correlation_time
from depnb.corpus.synthetic.oracle import oracle
from depnb.corpus.synthetic.recipe import named_recipe

TASKS = st.sampled_from(["Freeform", "Northwind"])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 1), TASKS, st.integers(2, 90))
def test_single_frames_do_not_depend_on_the_dynamics(seed, calm, slow, task, frames):
    videos = [behave(np.random.default_rng(seed), s, task, frames, 8.0, appearance=0.0) for s in (calm, slow)]
    for name in CHANNELS:
        if name in ("smile", "frown"):
            continue
        np.testing.assert_allclose(np.sort(videos[0][name]), np.sort(videos[1][name]), atol=1e-12)
    assert np.isclose(videos[0]["smile"].mean(), videos[1]["smile"].mean())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 1), TASKS)
def test_appearance_is_an_offset_of_every_frame(seed, severity, task):
    plain, offset = (
        behave(np.random.default_rng(seed), severity, task, 24, 8.0, appearance=a, dynamics=0.0) for a in (0.0, 1.0)
    )
    for name, unit in {
        "smile": APPEARANCE["mouth"],
        **{k: APPEARANCE[k] for k in ("brow", "gaze_y", "lid", "pitch")},
    }.items():
        np.testing.assert_allclose(offset[name] - plain[name], severity * unit, atol=1e-12)
    for name in ("yaw", "roll", "shift_x", "shift_y", "zoom", "open", "blink"):
        np.testing.assert_array_equal(offset[name], plain[name])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 1))
def test_without_dynamics_severity_moves_nothing(seed, a, b):
    first, second = (
        behave(np.random.default_rng(seed), s, "Freeform", 24, 8.0, appearance=0.0, dynamics=0.0) for s in (a, b)
    )
    for name, path in first.items():
        np.testing.assert_array_equal(path, second[name])


def test_what_alignment_removes_never_carries_the_signal():
    first, second = (behave(np.random.default_rng(5), s, "Freeform", 48, 8.0) for s in (0.0, 1.0))
    for name in ("roll", "shift_x", "shift_y", "zoom", "hidden"):
        np.testing.assert_array_equal(first[name], second[name])


def test_severity_slows_movement():
    assert correlation_time(0) < correlation_time(0.5) < correlation_time(1)

    def roughness(severity):
        paths = [behave(np.random.default_rng(k), severity, "Freeform", 48, 8.0)["yaw"] for k in range(20)]
        return np.mean([np.abs(np.diff(p)).mean() for p in paths])

    assert roughness(1.0) < 0.6 * roughness(0.0)


def test_faces_are_hidden_now_and_then():
    hidden = np.concatenate([behave(np.random.default_rng(k), 0.3, "Freeform", 48, 8.0)["hidden"] for k in range(400)])
    assert 0.005 < (hidden > 0).mean() < 0.03
    assert set(hidden) == {0, 1, 2}


@pytest.mark.parametrize("seed", [2014, 1, 2])
def test_oracle_finds_the_dynamics_only_in_time(seed):
    recipe = replace(named_recipe("dynamics"), seed=seed)
    moments, lags = oracle(recipe, "moments"), oracle(recipe, "autocorrelation")
    assert moments.rmse > 0.98 * moments.constant
    assert lags.rmse < 0.7 * lags.constant


def test_oracle_finds_appearance_in_single_frames_and_nothing_in_null():
    appearance = oracle(named_recipe("appearance"), "moments")
    assert appearance.rmse < 0.7 * appearance.constant
    assert oracle(named_recipe("appearance"), "autocorrelation").rmse > 0.98 * appearance.constant
    for features in ("moments", "autocorrelation"):
        null = oracle(named_recipe("null"), features)
        assert null.rmse > 0.97 * null.constant


def test_oracle_refuses_unknown_features():
    with pytest.raises(ValueError, match="moments, autocorrelation"):
        oracle(named_recipe("both-tiny"), "means")
