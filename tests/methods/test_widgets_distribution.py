"""What widgets compute is what the text beside them says."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from depnb.methods.distribution.diagrams import draw_learnt
from depnb.methods.distribution.widget import draw_two_peaks, two_peaks


@given(st.floats(0, 63), st.integers(0, 80))
def test_two_peaks_keep_the_mean(mean, distance):
    p = two_peaks(mean, distance)
    assert p.shape == (64,)
    assert p.sum() == pytest.approx(1)
    assert (p >= 0).all()
    assert p @ np.arange(64) == pytest.approx(mean, abs=1e-9)


def test_peaks_twenty_apart_have_variance_one_hundred():
    p = two_peaks(10, 20)
    assert p[0] == p[20] == 0.5
    assert p @ (np.arange(64) - 10) ** 2 == 100


def test_blur_spreads_the_peaks():
    p = two_peaks(30, 20, blur=3.0)
    assert p.sum() == pytest.approx(1)
    assert (p > 1e-4).sum() > 20


@pytest.mark.parametrize("wrong", [(-1, 0, 0), (64, 0, 0), (10, -1, 0), (10, 0, -1)])
def test_impossible_peaks_are_refused(wrong):
    with pytest.raises(ValueError, match="mean lies in 0"):
        two_peaks(*wrong)


def test_the_picture_says_what_the_loss_does_not_see():
    title = draw_two_peaks(10, 20).axes[0].get_title()
    assert "expectation loss 0.00" in title
    assert "cross-entropy infinite" in title
    assert "variance 100" in title


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((0, 20), "peaks 0 apart (cut from 20 to fit the scale)"),
        ((45, 60), "peaks 48 apart (cut from 60 to fit the scale)"),
        ((10, 0), "cross-entropy 0.00"),
        ((10, 20, 0.1), "cross-entropy above 700"),
        ((10, 1), "peaks 2 apart"),
    ],
)
def test_the_picture_says_what_became_of_the_setting(arguments, said):
    title = draw_two_peaks(*arguments).axes[0].get_title()
    assert said in title
    assert ("cut" in said) == ("cut" in title)


def test_learnt_distributions_stand_beside_their_labels_and_those_of_the_training():
    p = np.zeros((2, 64))
    p[0, [10, 20]] = 0.5
    p[1, 30] = 1
    known = np.array([3.0, 3.0, 8.0])
    first, second, training = draw_learnt(p, [12, 31], known).axes
    assert [axis.get_title() for axis in (first, second)] == ["label 12, score 15 ± 5", "label 31, score 30 ± 0"]
    assert [[line.get_xdata()[0] for line in axis.lines] for axis in (first, second)] == [[15, 12], [30, 31]]
    np.testing.assert_array_equal([bar.get_height() for bar in second.patches], p[1])
    assert {k: bar.get_height() for k, bar in enumerate(training.patches) if bar.get_height()} == {3: 2, 8: 1}
