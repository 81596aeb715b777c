"""The interval of an error of which only the number is known."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.stats import chi2

from depnb.evaluation import reported_interval


@pytest.mark.parametrize("n", [50, 100])
def test_for_the_rmse_it_is_nearly_that_of_the_chi_square_distribution(n):
    high, low = chi2.ppf([0.025, 0.975], n)
    assert reported_interval(7.9, n) == pytest.approx((7.9 * np.sqrt(n / low), 7.9 * np.sqrt(n / high)), rel=0.002)
    assert reported_interval(7.9, 50) == pytest.approx((6.6, 9.8), abs=0.05)


@pytest.mark.parametrize("metric", ["rmse", "mae"])
def test_it_holds_the_true_error_of_gaussian_errors_in_95_percent_of_test_sets(metric):
    errors = np.random.default_rng(0).normal(0, 10, size=(8000, 50))
    found = np.sqrt((errors**2).mean(1)) if metric == "rmse" else np.abs(errors).mean(1)
    true = 10 if metric == "rmse" else 10 * np.sqrt(2 / np.pi)
    low, high = np.array([reported_interval(float(error), 50, metric) for error in found]).T
    assert 0.94 <= np.mean((low <= true) & (true <= high)) <= 0.96


@given(st.floats(0.1, 60), st.integers(10, 400), st.sampled_from(["rmse", "mae"]))
def test_it_contains_the_error_scales_with_it_and_shrinks_with_more_cases(error, n, metric):
    low, high = reported_interval(error, n, metric)
    assert low < error < high
    assert reported_interval(2 * error, n, metric) == pytest.approx((2 * low, 2 * high))
    closer = reported_interval(error, n + 1, metric)
    assert low < closer[0] < closer[1] < high


@pytest.mark.parametrize(("error", "n"), [(-1.0, 50), (8.0, 0), (8.0, 1)])
def test_a_negative_error_and_too_few_cases_are_refused(error, n):
    with pytest.raises(ValueError, match="more than a few cases"):
        reported_interval(error, n)
