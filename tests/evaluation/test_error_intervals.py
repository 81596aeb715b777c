"""The interval of one row's error, against plain references and on data whose truth is known."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings, strategies as st

from depnb.evaluation import ccc, error_interval, mae, rmse

METRICS = pytest.mark.parametrize("metric", [mae, rmse])


def names(people: int) -> list[str]:
    return [str(person) for person in range(people)]


def row(seed: int = 0, people: int = 40, seeds: int = 5):
    """Labels, scores of a row, and people of whom some have several videos."""
    rng = np.random.default_rng(seed)
    subjects = [str(person) for person in range(people) for _ in range(rng.integers(1, 4))]
    y = rng.uniform(0, 45, len(subjects))
    return y, 7 + 0.6 * y + rng.normal(0, 5, (seeds, len(y))) + rng.normal(0, 1, (seeds, 1)), subjects


def log_error(errors: np.ndarray, metric) -> tuple[float, float]:
    """Log of the error, and its standard error over people with one video each."""
    each, power = (errors**2, 0.5) if metric is rmse else (np.abs(errors), 1.0)
    relative = each.std(ddof=1) / math.sqrt(len(each)) / each.mean()
    return power * math.log(each.mean()), power * relative


@METRICS
def test_over_people_it_is_the_bootstrap_t_of_the_log(metric):
    errors = np.random.default_rng(0).gamma(2, 3, 60) - 4
    value, error = log_error(errors, metric)
    rng, t = np.random.default_rng(1), []
    for _ in range(20_000):
        again, its_error = log_error(errors[rng.integers(60, size=60)], metric)
        t.append((again - value) / its_error)
    wanted = np.exp(value - np.quantile(t, [0.975, 0.025]) * error)
    found = error_interval(np.zeros(60), errors, names(60), metric)
    assert found == pytest.approx(wanted, rel=0.015)
    symmetric = scipy.stats.t.interval(0.95, 59, value, error)
    assert found[1] > math.exp(symmetric[1]) * 1.02  # errors are skewed, so it reaches further up


@METRICS
@pytest.mark.parametrize(("seeds", "tolerance"), [(3, 0.05), (5, 0.02), (10, 0.01)])
def test_where_all_people_are_alike_it_is_students_t_of_the_log(metric, seeds, tolerance):
    of_seeds = np.random.default_rng(seeds).uniform(7, 9, seeds)
    y = np.linspace(0, 30, 20)
    error = of_seeds.std(ddof=1) / math.sqrt(seeds) / of_seeds.mean()
    wanted = np.exp(scipy.stats.t.interval(0.95, seeds - 1, math.log(of_seeds.mean()), error))
    assert error_interval(y, y + of_seeds[:, None], names(20), metric) == pytest.approx(wanted, rel=tolerance)


@METRICS
def test_seeds_that_say_the_same_add_nothing(metric):
    y, scores, subjects = row()
    alone = error_interval(y, scores[0], subjects, metric)
    assert error_interval(y, np.tile(scores[0], (4, 1)), subjects, metric) == pytest.approx(alone)
    low, high = error_interval(y, scores + 3 * np.arange(-2, 3)[:, None], subjects, metric)
    assert high - low > 1.5 * (alone[1] - alone[0])


@METRICS
@given(st.integers(0, 10_000), st.floats(0.1, 10), st.randoms())
@settings(deadline=None, max_examples=20)
def test_unit_and_order_do_not_matter(metric, seed, factor, order):
    y, scores, subjects = row(seed, people=15, seeds=3)
    low, high = found = error_interval(y, scores, subjects, metric)
    assert low < np.mean([metric(y, line) for line in scores]) < high
    scaled = error_interval(factor * y, factor * scores, subjects, metric)
    assert scaled == pytest.approx((factor * low, factor * high), rel=1e-6)
    videos = list(range(len(y)))
    order.shuffle(videos)
    moved = error_interval(y[videos], scores[::-1, videos], [subjects[video] for video in videos], metric)
    assert moved == pytest.approx(found, rel=1e-6)
    twice = error_interval(np.tile(y, 2), np.tile(scores, 2), subjects * 2, metric)
    assert twice == pytest.approx(found, rel=1e-6)  # videos of a person come and go together


@METRICS
def test_of_one_seed_or_one_person_nothing_is_known(metric):
    y, scores, subjects = row()
    assert error_interval(y, scores[:1], subjects, metric) == (0, math.inf)
    assert error_interval(y, scores, ["203"] * len(y), metric) == (0, math.inf)
    assert error_interval(y[:2], scores[0, :2], names(2), metric) == (0, math.inf)  # half of the draws are one person


@METRICS
def test_errors_without_chance(metric):
    y = np.arange(6.0)
    assert error_interval(y, y, names(6), metric) == (0, 0)
    assert error_interval(y, y + 3, names(6), metric) == pytest.approx((3, 3))
    low, high = error_interval(y, y + [0, 0, 0, 0, 0, 9], names(6), metric)  # many draws have no error at all
    assert (low > 0, high) == (True, math.inf)


def test_what_has_no_interval_is_refused():
    y = np.arange(4.0)
    with pytest.raises(ValueError, match="ccc: choose rmse or mae"):
        error_interval(y, y, names(4), ccc)
    with pytest.raises(ValueError, match="same length"):
        error_interval(y, y[:3], names(4))
    with pytest.raises(ValueError, match="4 videos, got 3 names"):
        error_interval(y, y, names(3))


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [1, 5])
@pytest.mark.parametrize("people", [25, 50, 100])
def test_it_covers_the_truth(people, seeds):
    """Labels with a tail, scores that are shrunk towards their mean: errors as skewed as those of real rows.

    The truth is known: the part of the labels has variance 0.4² · 4 · 6², the noise 5². Of 1,000 intervals of 93 %,
    between 91.4 % and 94.6 % hold it in 95 of 100 cases; these 1,000 are always the same.
    """
    rng = np.random.default_rng(people + seeds)
    truth = math.sqrt(0.4**2 * 4 * 6**2 + 5**2)
    held = []
    for _ in range(1000):
        y = rng.gamma(4, 6, people)
        noise = 4 * rng.standard_normal(people) + 3 * rng.standard_normal((seeds, people))
        errors = (0.4 * (24 - y) + noise) * (1 + 0.07 * (seeds > 1) * rng.standard_normal((seeds, 1)))
        low, high = error_interval(y, (y + errors)[0 if seeds == 1 else slice(None)], names(people))
        held.append(low <= truth <= high)
    assert np.mean(held) >= 0.92
