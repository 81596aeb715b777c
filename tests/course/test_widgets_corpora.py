"""The simulated identity-only predictor obeys the formula that stands beside it."""

import numpy as np
import pytest

from depnb.course.widgets.corpora import draw_identity_gain, expected_ratio, simulate


@pytest.mark.parametrize(("share", "correlation", "sessions"), [(0.4, 0.85, 1), (1.0, 0.3, 1), (0.7, 0.6, 3)])
def test_many_people_reach_the_formula(share, correlation, sessions):
    many = simulate(share, correlation, sessions, people=200_000)
    assert many.ratio == pytest.approx(expected_ratio(share, correlation, sessions), abs=0.01)
    assert many.label.std() == pytest.approx(1, abs=0.01)
    assert many.seen.mean() == pytest.approx(share)


def test_without_shared_people_it_is_the_constant():
    alone = simulate(0, 0.9)
    assert not alone.seen.any()
    assert not alone.remembered.any()
    assert alone.ratio == expected_ratio(0, 0.9) == 1


def test_one_session_pays_above_one_half():
    assert expected_ratio(1, 0.5) == pytest.approx(1)
    assert expected_ratio(1, 0.4) > 1 > expected_ratio(1, 0.6)
    assert expected_ratio(1, 1) == 0


def test_the_seed_decides():
    one, again, other = (simulate(0.5, 0.8, seed=seed).label for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("wrong", [(-0.1, 0.5, 1, 9), (0.5, 1.1, 1, 9), (0.5, 0.5, 0, 9), (0.5, 0.5, 1, 0)])
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ValueError, match="the first two lie in 0"):
        simulate(*wrong)


def test_the_picture_names_threshold_and_marks():
    figure = draw_identity_gain(0.5, 0.8, sessions=2, marks={"somewhere (published)": (0.4, 0.9)})
    left, right = figure.axes
    assert f"RMSE {simulate(0.5, 0.8, 2).ratio:.2f}" in left.get_title()
    assert "correlation > 0.33" in right.get_title()
    assert "somewhere (published)" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_no_setting_draws_a_point_above_the_axis():
    top = draw_identity_gain().axes[1].get_ylim()[1]
    steps = np.linspace(0, 1, 11)
    assert max(simulate(share, r, k).ratio for share in steps for r in steps for k in range(1, 5)) < top
    assert draw_identity_gain(marks={"high": (0.5, 3.0)}).axes[1].get_ylim()[1] > 3
