"""The interval of one more seed: against plain computations, at both ends of shrinkage, and calibrated."""

import math
from statistics import StatisticsError, variance

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats
from scipy.optimize import brentq

from depnb.reports.expectation import FREEDOMS, half_widths

ROWS = [[8.0, 8.4, 9.1], [7.0, 7.1, 7.3], [9.0, 11.0, 10.5], [6.0, 6.6, 7.0]]


def own(seeds):
    return stats.t.ppf(0.975, len(seeds) - 1) * math.sqrt(variance(seeds) * (1 + 1 / len(seeds)))


def pooled(rows):
    freedom = sum(len(seeds) - 1 for seeds in rows)
    s = math.sqrt(sum(variance(seeds) * (len(seeds) - 1) for seeds in rows) / freedom)
    return [stats.t.ppf(0.975, freedom) * s * math.sqrt(1 + 1 / len(seeds)) for seeds in rows]


def by_a_dense_grid(rows):
    """All d₀ and log s₀² on a dense grid, each with scipy's F distribution; an infinite d₀ as a very large one."""
    d = np.array([len(seeds) - 1 for seeds in rows])
    s2 = np.array([variance(seeds) for seeds in rows])
    d0, log_s0 = (axis.ravel() for axis in np.meshgrid([*FREEDOMS, 1e7], np.arange(-12, 12, 0.02), indexing="ij"))
    s0 = np.exp(log_s0)
    fit = sum(stats.f.logpdf(v / s0, f, d0) - log_s0 for v, f in zip(s2, d, strict=True))
    weights = np.exp(fit - fit.max())
    d0, s0, weights = (column[weights > 1e-9] for column in (d0, s0, weights / weights.sum()))
    ends = []
    for v, f in zip(s2, d, strict=True):
        s = np.sqrt((d0 * s0 + f * v) / (d0 + f))
        beyond = lambda x, s=s, f=f: weights @ stats.t.sf(x / s, d0 + f) - 0.025 * weights.sum()  # noqa: E731
        ends.append(brentq(beyond, 1e-3, 1e3) * math.sqrt(1 + 1 / (f + 1)))
    return ends


@pytest.mark.parametrize("rows", [ROWS, ROWS[:2], [*ROWS, [5.0, 5.2, 5.1, 5.9, 5.5]]], ids=["four", "two", "unequal"])
def test_it_is_the_average_over_all_priors_by_their_fit(rows):
    assert half_widths(rows) == pytest.approx(by_a_dense_grid(rows), rel=2e-3)


def test_with_an_infinite_prior_freedom_s_is_pooled():
    assert half_widths(ROWS, freedoms=()) == pytest.approx(pooled(ROWS), rel=1e-5)
    assert half_widths(ROWS, freedoms=(1e6,)) == pytest.approx(pooled(ROWS), rel=1e-3)


def test_a_row_alone_has_its_own_variance():
    assert half_widths(ROWS[:1])[0] == pytest.approx(own(ROWS[0]), rel=2e-3)


def test_many_seeds_of_rows_that_differ_are_not_shrunk():
    rng = np.random.default_rng(0)
    rows = [rng.normal(9, sd, 60).tolist() for sd in (0.1, 0.5, 3.0)]
    assert half_widths(rows) == pytest.approx([own(seeds) for seeds in rows], rel=0.03)


def test_three_seeds_of_rows_that_are_alike_are_shrunk():
    rng = np.random.default_rng(0)
    rows = rng.normal(9, 0.5, (40, 3)).tolist()
    widths, own_widths = half_widths(rows), [own(seeds) for seeds in rows]
    assert max(widths) / min(widths) < 2.5
    assert max(own_widths) / min(own_widths) > 10


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.lists(st.integers(0, 1000), min_size=3, max_size=3, unique=True), min_size=2, max_size=6),
    st.floats(0.01, 100),
    st.floats(-50, 50),
)
def test_units_and_order_do_not_matter_and_more_spread_gives_a_wider_interval(rows, unit, shift):
    widths = half_widths(rows)
    assert half_widths([[unit * x + shift for x in seeds] for seeds in rows]) == pytest.approx(unit * widths, rel=1e-4)
    assert half_widths(rows[::-1]) == pytest.approx(widths[::-1], rel=1e-4)
    order = np.argsort([variance(seeds) for seeds in rows])
    assert (np.diff(widths[order]) > -1e-4 * widths.max()).all()


@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize("freedom", [4, math.inf])
def test_one_number_in_twenty_lies_outside(seeds, freedom):
    """Ten rows of one paper; for each interval, the exact share of further seeds outside of it."""
    rng, shares = np.random.default_rng(1), []
    for _ in range(60):
        sd = np.ones(10) if math.isinf(freedom) else np.sqrt(freedom / rng.chisquare(freedom, 10))
        rows = rng.normal(0, sd[:, None], (10, seeds))
        mean, half = rows.mean(1), half_widths(rows.tolist())
        shares.append(stats.norm.sf((mean + half) / sd) + stats.norm.cdf((mean - half) / sd))
    assert 0.04 <= np.mean(shares) <= 0.06


def test_rows_whose_seeds_are_equal_leave_the_others_alone():
    same = [10.98] * 3
    nearly = [10.98, 10.98, 10.9801]
    alone = half_widths(ROWS)
    widths = half_widths([*ROWS, same, nearly])
    assert widths[:4] == pytest.approx(alone)
    assert 0 < widths[4] <= widths[5] < alone.min()
    assert half_widths([same, [3.0, 3.0]]).tolist() == [0, 0]


def test_one_seed_has_no_spread():
    with pytest.raises(StatisticsError):
        half_widths([*ROWS, [8.0]])
