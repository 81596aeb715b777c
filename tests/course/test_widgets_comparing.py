"""What the widgets of notebook 04 compute is what happens when it is simulated."""

import numpy as np
import pytest

from depnb.course.widgets.comparing import best_of, draw_best_of, draw_smallest_difference, smallest_difference
from depnb.evaluation import rmse


def test_fifty_people_tell_differences_from_two_points_on():
    assert smallest_difference(7.9, 50, 0.0) == pytest.approx(2.2, abs=0.05)
    assert smallest_difference(7.9, 50, 0.95) == pytest.approx(0.7, abs=0.05)
    assert smallest_difference(7.9, 200, 0.5) == pytest.approx(smallest_difference(7.9, 50, 0.5) / 2)
    assert smallest_difference(7.9, 50, 1.0) == 0


@pytest.mark.parametrize("rho", [0.0, 0.7, 0.95])
def test_equal_methods_differ_by_more_in_one_test_set_of_twenty(rho):
    rng = np.random.default_rng(0)
    first = rng.normal(0, 8, (4000, 50))
    second = rho * first + np.sqrt(1 - rho**2) * rng.normal(0, 8, (4000, 50))
    difference = np.array([rmse(np.zeros(50), a) - rmse(np.zeros(50), b) for a, b in zip(first, second, strict=True)])
    assert np.mean(np.abs(difference) > smallest_difference(8, 50, rho)) == pytest.approx(0.05, abs=0.012)


@pytest.mark.parametrize("rho", [0.0, 0.8])
@pytest.mark.parametrize("seen", [0.5, 0.8])
def test_a_difference_of_that_size_is_seen_as_often_as_asked_for(rho, seen):
    rng, people = np.random.default_rng(1), 400
    gain = smallest_difference(8, people, rho, seen)
    first = rng.standard_normal((3000, people))
    second = rho * first + np.sqrt(1 - rho**2) * rng.standard_normal((3000, people))
    found = np.sqrt((64 * first**2).mean(1)) - np.sqrt(((8 - gain) ** 2 * second**2).mean(1))
    assert np.mean(found > smallest_difference(8, people, rho)) == pytest.approx(seen, abs=0.03)


@pytest.mark.parametrize("wrong", [(0, 50, 0), (8, 0, 0), (8, 50, 1.1), (8, 50, 0, 0.4), (8, 50, 0, 1)])
def test_impossible_test_sets_are_refused(wrong):
    with pytest.raises(ValueError, match="rho lies in"):
        smallest_difference(*wrong)


def test_best_of_two_and_three_are_known():
    gain = best_of(200, 1.0, draws=20000)
    assert gain[0] == pytest.approx(0, abs=0.03)
    assert gain[1] == pytest.approx(1 / np.sqrt(np.pi), abs=0.03)
    assert gain[2] == pytest.approx(1.5 / np.sqrt(np.pi), abs=0.03)
    assert gain[199] == pytest.approx(2.75, abs=0.03)
    assert (np.diff(gain) >= 0).all()
    assert best_of(10, 0.0).tolist() == [0] * 10
    for wrong in ((0, 1.0), (5, -1.0)):
        with pytest.raises(ValueError, match="at least one epoch"):
            best_of(*wrong)


def test_the_pictures_say_what_was_asked_for():
    assert draw_smallest_difference(50, 0.0, 7.9).axes[0].get_title() == "RMSE 7.9, 50 people, ρ = 0.00: 2.19 points"
    assert draw_best_of(200, 0.0).axes[0].get_title() == "best of 200 epochs, jitter 0.00: 0.00 points for nothing"
    title = draw_best_of(100, 0.2).axes[0].get_title()
    assert f"{best_of(100, 0.2)[-1]:.2f} points" in title


def test_one_epoch_leaves_nothing_to_pick():
    (axis,) = draw_best_of(1, 0.2).axes
    assert axis.get_title() == "best of 1 epoch, jitter 0.20: 0.00 points for nothing"
    assert [line.get_ydata()[0] for line in axis.lines] == [0] * len(axis.lines)


def test_more_epochs_or_jitter_than_the_sliders_have_are_drawn_too():
    (axis,) = draw_best_of(500, 1.0).axes
    gain = best_of(500, 1.0)[-1]
    assert axis.lines[-1].get_ydata() == [gain]
    assert axis.get_ylim()[1] > gain
    with pytest.raises(ValueError, match="at least one epoch"):
        draw_best_of(0, 0.2)
