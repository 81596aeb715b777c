"""Two predictors on the same people, against worked examples, scipy and statsmodels, and rows whose truth is known."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given, settings, strategies as st
from statsmodels.stats.multitest import multipletests

from depnb.evaluation import compare, holm, mae, null_correlation, pcc, rmse
from depnb.evaluation.comparison import over_permutations

METRICS = pytest.mark.parametrize("metric", [mae, rmse])
NUMBERS = st.integers(0, 10_000)


def names(people: int) -> list[str]:
    return [str(person) for person in range(people)]


def two_rows(seed: int, people: int = 12, seeds: tuple[int, int] = (3, 4)):
    """Labels, scores of two rows, and people of whom some have several videos."""
    rng = np.random.default_rng(seed)
    subjects = [str(person) for person in range(people) for _ in range(rng.integers(1, 4))]
    y = rng.uniform(0, 45, len(subjects))
    sides = [y + rng.normal(0, 8, (count, len(y))) + rng.normal(0, 2, (count, 1)) for count in seeds]
    return y, *sides, subjects


def test_a_worked_example_with_seeds():
    """Errors 1, 2, 3 and 3, 2, 7 of two seeds against 1, 1, 1.

    People: differences 1, 1, 4 with variance 3, so 1 of the mean. Seeds: means 2 and 4 with variance 2, so 1. What is
    left of the table is 0, 1, −1 and 0, −1, 1: interaction 4/2 = 2, so 1/3 of the mean of six.
    """
    ours, theirs = np.array([[1.0, 2, 3], [3, 2, 7]]), np.ones(3)
    found = compare(np.zeros(3), ours, theirs, names(3), mae)
    variance = 1 + 1 - 1 / 3
    freedom = variance**2 / (1**2 / 2 + 1**2 / 1)
    reach = scipy.stats.t.ppf(0.975, freedom) * math.sqrt(variance)
    p = 2 * scipy.stats.t.sf(2 / math.sqrt(variance), freedom)
    assert found == pytest.approx((2, 2 - reach, 2 + reach, p))


def test_a_worked_example_of_the_root():
    """Errors 3 and 4: mean square 12.5, and the tangent of its root in each person's square."""
    found = compare(np.zeros(2), np.array([3.0, 4]), np.zeros(2), names(2))
    error = math.sqrt(12.5)
    of_people = np.array([error - 3.5 / (2 * error), error + 3.5 / (2 * error)])
    wanted = scipy.stats.ttest_1samp(of_people, 0)
    interval = wanted.confidence_interval()
    assert found == pytest.approx((error, interval.low, interval.high, wanted.pvalue))


@given(NUMBERS, st.integers(2, 8), st.integers(2, 8))
@settings(deadline=None)
def test_where_all_people_are_alike_it_is_welchs_test_of_seeds(seed, first, second):
    rng = np.random.default_rng(seed)
    y, errors = rng.uniform(0, 45, 20), [rng.uniform(5, 9, count) for count in (first, second)]
    ours, theirs = (y + own[:, None] for own in errors)
    wanted = scipy.stats.ttest_ind(*errors, equal_var=False)
    interval = wanted.confidence_interval()
    for metric in (mae, rmse):
        found = compare(y, ours, theirs, names(20), metric)
        assert found[1:] == pytest.approx((interval.low, interval.high, wanted.pvalue), rel=1e-6, abs=1e-9)
        assert found.value == pytest.approx(errors[0].mean() - errors[1].mean())
    one_sample = scipy.stats.ttest_1samp(errors[0], 7)
    assert compare(y, ours, y + 7, names(20)).p == pytest.approx(one_sample.pvalue, rel=1e-6)


@given(NUMBERS, st.integers(2, 40))
@settings(deadline=None)
def test_without_seeds_it_is_the_paired_t_test_of_people(seed, people):
    rng = np.random.default_rng(seed)
    y = rng.uniform(0, 45, people)
    ours, theirs = y + rng.normal(0, 6, people), y + rng.normal(0, 8, people)
    wanted = scipy.stats.ttest_rel(np.abs(ours - y), np.abs(theirs - y))
    interval = wanted.confidence_interval()
    found = compare(y, ours, theirs, names(people), mae)
    assert found[1:] == pytest.approx((interval.low, interval.high, wanted.pvalue))
    assert found.value == pytest.approx(mae(y, ours) - mae(y, theirs))


@METRICS
def test_the_share_of_a_person_is_what_the_jackknife_finds(metric):
    """Leave each person out, with all of their videos: the same standard error up to the curvature of the root."""
    y, ours, theirs, subjects = two_rows(0, people=150)
    ours, theirs = ours[0], theirs[0]
    found = compare(y, ours, theirs, subjects, metric)
    keep = [np.array(subjects) != person for person in names(150)]
    left = np.array([metric(y[k], ours[k]) - metric(y[k], theirs[k]) for k in keep])
    error = math.sqrt(149 / 150 * np.square(left - left.mean()).sum())
    assert (found.high - found.low) / 2 == pytest.approx(scipy.stats.t.ppf(0.975, 149) * error, rel=0.03)


@METRICS
@given(NUMBERS, st.randoms())
@settings(deadline=None, max_examples=30)
def test_sides_seeds_and_videos_may_change_places(metric, seed, order):
    y, ours, theirs, subjects = two_rows(seed)
    found = compare(y, ours, theirs, subjects, metric)
    value, low, high, p = compare(y, theirs, ours, subjects, metric)
    assert (-value, -high, -low, p) == pytest.approx(found)
    seeds, videos = list(range(3)), list(range(len(y)))
    order.shuffle(seeds)
    order.shuffle(videos)
    moved = [side[:, videos] for side in (ours[seeds], theirs)]
    assert compare(y[videos], *moved, [subjects[video] for video in videos], metric) == pytest.approx(found)
    twice = [np.tile(side, 2) for side in (ours, theirs)]
    assert compare(np.tile(y, 2), *twice, subjects * 2, metric) == pytest.approx(found)


@METRICS
def test_of_one_seed_nothing_is_known(metric):
    y, ours, theirs, subjects = two_rows(0)
    for sides in ((ours[:1], theirs), (ours, theirs[:1]), (ours[:1].tolist(), theirs[0])):
        value, low, high, p = compare(y, *sides, subjects, metric)
        wanted = [np.mean([metric(y, line) for line in np.atleast_2d(side)]) for side in sides]
        assert value == pytest.approx(wanted[0] - wanted[1])
        assert (low, high, p) == (-math.inf, math.inf, 1)


@METRICS
def test_a_row_does_not_differ_from_itself(metric):
    y, ours, _, subjects = two_rows(0)
    assert compare(y, ours[0], ours[0], subjects, metric) == (0, 0, 0, 1)
    ours = ours + 3 * np.arange(3)[:, None]
    value, low, high, p = compare(y, ours, ours[::-1], subjects, metric)
    assert (value, p) == (0, 1)
    assert low == -high < 0


@METRICS
@given(NUMBERS, st.integers(2, 11), st.integers(2, 11))
@settings(deadline=None, max_examples=30)
def test_rounding_is_no_difference(metric, seed, first, second):
    """Seeds that all end at the constant, against the constant and against another number of them."""
    y, ours, _, subjects = two_rows(seed)
    same = [np.tile(ours[0], (count, 1)) for count in (first, second)]
    assert compare(y, *same, subjects, metric) == (0, 0, 0, 1)
    assert compare(y, same[0], ours[0], subjects, metric) == (0, 0, 0, 1)


def test_a_difference_without_any_chance_is_certain():
    y = np.arange(5.0)
    assert compare(y, y + 3, y + 1, names(5)) == pytest.approx((2, 2, 2, 0))


def test_what_cannot_be_compared_is_refused():
    y = np.arange(4.0)
    with pytest.raises(ValueError, match="pcc: choose rmse or mae"):
        compare(y, y, y, names(4), pcc)
    with pytest.raises(ValueError, match="at least two people"):
        compare(y, y, y, ["203"] * 4)
    with pytest.raises(ValueError, match="same length"):
        compare(y, np.zeros((3, 5)), y, names(4))
    with pytest.raises(ValueError, match="not a finite number"):
        compare(y, np.array([y, [0, 1, np.nan, 3]]), y, names(4))
    with pytest.raises(ValueError, match=r"\[N\] or \[seeds, N\]"):
        compare(y, np.zeros((0, 4)), y, names(4))


@pytest.mark.slow
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(deadline=None, max_examples=15)  # theirs collects garbage in every call
def test_holm_is_that_of_statsmodels(p):
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1].tolist())


def test_holm_by_hand():
    """The smallest times 3, the next times 2 or the one before, the largest no less than these."""
    assert holm([0.03, 0.01, 0.04]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([]) == []


@given(st.lists(st.floats(-0.99, 0.99), min_size=2, max_size=9))
def test_the_control_is_scipys_test_of_fishers_z(correlations):
    z = np.arctanh(correlations)
    assume(z.std() > 1e-6)
    wanted = scipy.stats.ttest_1samp(z, 0, alternative="greater")
    assert null_correlation(correlations) == pytest.approx((z.mean(), wanted.pvalue), rel=1e-6, abs=1e-12)


def test_the_control_fires_on_correlations_above_zero_only():
    leaking = [0.2, 0.25, 0.3, 0.15, 0.2]
    assert null_correlation(leaking)[1] < 0.01
    assert null_correlation([-r for r in leaking])[1] > 0.99
    assert null_correlation([math.nan] * 5) == (0, 1)
    assert null_correlation([*leaking, math.nan])[0] == pytest.approx(np.arctanh([*leaking, 0]).mean())
    assert null_correlation([0.5]) == (pytest.approx(np.arctanh(0.5)), 1)
    assert null_correlation([0.5, 0.5])[1] == 0
    for wrong in ([], [0.2, 1.0], [0.2, -1.5]):
        with pytest.raises(ValueError, match="between −1 and 1"):
            null_correlation(wrong)


def errors_of_rows(rng: np.random.Generator, people: int, seeds: int, seed_sd: float) -> np.ndarray:
    """Errors of two rows with a true RMSE of 8 [2, seeds, people]: parts of the person, of the row, of the seed."""
    parts = [rng.standard_normal(shape + (people,)) for shape in ((), (2, 1), (2, seeds))]
    errors = sum(math.sqrt(share) * part for share, part in zip((0.75, 0.17, 0.08), parts, strict=True))
    return (8 + seed_sd * rng.standard_normal((2, seeds, 1))) * errors


@pytest.mark.slow
def test_equally_good_rows_seldom_differ():
    """At most 6 % of 2,000: at a true rate of 5 % that holds for 98 of 100 draws; this draw is always the same.

    ``benchmarks/evidence.py`` has other sizes. Where one seed stands for a row, a third of the pairs "differ".
    """
    rng, y, p, of_one_seed = np.random.default_rng(0), np.zeros(100), [], []
    for trial in range(2000):
        ours, theirs = errors_of_rows(rng, 100, 5, 0.5)
        p.append(compare(y, ours, theirs, names(100)).p)
        if trial < 400:
            of_one_seed.append(compare(y, ours[0], theirs[0], names(100)).p)
    assert 0.04 <= np.mean(np.array(p) < 0.05) <= 0.06
    assert np.mean(np.array(of_one_seed) < 0.05) > 0.15


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=9).filter(lambda values: np.std(values) > 1e-3))
def test_over_permutations_it_is_the_t_test_of_their_mean(values):
    found = over_permutations(values)
    expected = scipy.stats.ttest_1samp(values, 0)
    assert found.value == pytest.approx(np.mean(values))
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert found.p == pytest.approx(expected.pvalue, abs=1e-9)


def test_one_permutation_says_nothing_of_others():
    with pytest.raises(ValueError, match="at least two"):
        over_permutations([0.3])
