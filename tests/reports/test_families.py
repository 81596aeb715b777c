"""P-values that are corrected together, with gaps; intervals as text."""

import math

from hypothesis import given, strategies as st
from statsmodels.stats.multitest import multipletests

from depnb.reports.families import corrected
from depnb.reports.words import signed_interval, with_interval


@given(st.lists(st.none() | st.floats(0, 1), min_size=1, max_size=12))
def test_only_what_was_tested_is_in_the_family(p):
    tested = [one for one in p if one is not None]
    expected = iter(multipletests(tested, method="holm")[1] if tested else [])
    for one, found in zip(p, corrected(p), strict=True):
        assert (found is None) == (one is None)
        if found is not None:
            assert math.isclose(found, next(expected), abs_tol=1e-12)


def test_intervals_as_text():
    assert with_interval(-1.234, -2.0, 0.5) == "-1.23 [-2.00, +0.50]"
    assert with_interval(-1.234, -math.inf, math.inf) == "-1.23 (one seed)"
    assert signed_interval(-1.234, -2.0, 0.5) == "−1.23 [−2.00, +0.50]"
