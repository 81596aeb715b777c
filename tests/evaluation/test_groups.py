"""The error on one group of people against that on another: right by hand, by scipy, and in its false alarms."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.stats import ttest_ind

from depnb.evaluation import compare_groups
from depnb.evaluation.metrics import mae, rmse

FIRST = np.arange(12) < 5
PEOPLE = [str(k) for k in range(12)]


@given(st.integers(0, 1000))
def test_without_seeds_it_is_welchs_test_of_the_absolute_errors(seed):
    rng = np.random.default_rng(seed)
    y, scores = rng.uniform(0, 45, (2, 12))
    found = compare_groups(y, scores, PEOPLE, FIRST)
    errors = np.abs(scores - y)
    expected = ttest_ind(errors[FIRST], errors[~FIRST], equal_var=False)
    assert found.value == pytest.approx(errors[FIRST].mean() - errors[~FIRST].mean())
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval(0.95)))


@pytest.mark.parametrize("metric", [mae, rmse])
def test_the_other_way_round_it_has_the_other_sign(metric):
    rng = np.random.default_rng(1)
    y, scores = rng.uniform(0, 45, 12), rng.uniform(0, 45, (4, 12))
    one, other = (compare_groups(y, scores, PEOPLE, chosen, metric) for chosen in (FIRST, ~FIRST))
    assert (one.value, one.low, one.high) == pytest.approx((-other.value, -other.high, -other.low))
    expected = np.mean([metric(y[FIRST], s[FIRST]) - metric(y[~FIRST], s[~FIRST]) for s in scores])
    assert one.value == pytest.approx(expected)


def test_a_seed_that_moves_both_groups_alike_widens_nothing():
    rng = np.random.default_rng(2)
    y, errors = np.zeros(12), rng.uniform(5, 9, 12)
    luck = np.array([-2.0, 0.0, 1.0, 3.0])[:, None]
    together = compare_groups(y, errors + luck, PEOPLE, FIRST)
    alone = compare_groups(y, errors, PEOPLE, FIRST)
    assert together.value == pytest.approx(alone.value)
    assert (together.low, together.high) == pytest.approx((alone.low, alone.high))
    apart = compare_groups(y, errors + luck * FIRST, PEOPLE, FIRST)
    assert apart.high - apart.low > 1.3 * (alone.high - alone.low)


def test_videos_of_one_person_come_and_go_together():
    rng = np.random.default_rng(3)
    y, scores = rng.uniform(0, 45, (2, 12))
    once = compare_groups(y, scores, PEOPLE, FIRST)
    twice = compare_groups(np.repeat(y, 2), np.repeat(scores, 2), np.repeat(PEOPLE, 2), np.repeat(FIRST, 2))
    assert twice == pytest.approx(once)


def test_of_one_seed_nothing_is_known():
    y, scores = np.zeros(12), np.arange(12.0)[None]
    assert compare_groups(y, scores, PEOPLE, FIRST)[1:] == (-np.inf, np.inf, 1.0)


@pytest.mark.parametrize(
    ("people", "chosen", "message"),
    [
        (["0", *PEOPLE[1:11], "0"], FIRST, "in both groups"),
        (PEOPLE, np.arange(12) < 1, "at least two people"),
        (PEOPLE[:11], FIRST, "11"),
    ],
)
def test_groups_that_say_nothing_are_refused(people, chosen, message):
    with pytest.raises(ValueError, match=message):
        compare_groups(np.zeros(12), np.ones(12), people, chosen)


@pytest.mark.parametrize("seeds", [3, 10])
def test_groups_without_a_difference_are_seldom_said_to_differ(seeds):
    """Errors of people, of seeds (each group its own luck) and of both together; 28 people against 72."""
    rng, trials = np.random.default_rng(4), 600
    people, first = [str(k) for k in range(100)], np.arange(100) < 28
    luck = np.where(first, *rng.normal(0, 0.4, (2, trials, seeds, 1)))  # [trials, seeds, N]
    errors = 8 + rng.normal(0, 4, (trials, 1, 100)) + luck + rng.normal(0, 2, (trials, seeds, 100))
    wrong = sum(compare_groups(np.full(100, 100.0), 100 + np.abs(e), people, first).p < 0.05 for e in errors)
    assert 0.025 * trials < wrong < 0.075 * trials
