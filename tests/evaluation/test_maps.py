"""Maps against regions: worked examples, and the same in plain loops."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr

from depnb.evaluation.maps import area, energy, pointing_game, rank_correlation

REGIONS = np.array([[[0, 0, 1], [1, 1, -1]]])  # two regions, one pixel outside
MAP = np.array([[[1.0, 0.0, 3.0], [0.0, 4.0, 9.0]]])


def test_a_map_by_hand():
    assert area(REGIONS, 2).tolist() == [[0.4, 0.6]]
    assert energy(MAP, REGIONS, 2).tolist() == [[1 / 8, 7 / 8]]  # the 9 lies outside
    assert pointing_game(MAP, REGIONS, 2).tolist() == [[0, 1]]


def test_a_shared_maximum_counts_in_parts():
    shared = np.array([[[4.0, 0.0, 4.0], [0.0, 4.0, 0.0]]])
    assert np.allclose(pointing_game(shared, REGIONS, 2), [[1 / 3, 2 / 3]])


def test_an_empty_map_points_nowhere_and_has_no_energy():
    nothing = np.zeros((1, 2, 3))
    assert np.isnan(energy(nothing, REGIONS, 2)).all()
    assert np.isnan(pointing_game(nothing, REGIONS, 2)).all()
    assert np.isnan(pointing_game(nothing + 2, REGIONS, 2)).all()


def test_a_map_that_knows_nothing_gives_each_region_its_area():
    assert np.allclose(energy(np.ones((1, 2, 3)), REGIONS, 2), area(REGIONS, 2))


maps_ = arrays(np.float64, (4, 5, 6), elements=st.floats(0, 3).map(lambda value: round(value, 1)))
regions_ = arrays(np.int8, (4, 5, 6), elements=st.integers(-1, 2))


@settings(max_examples=40, deadline=None)
@given(maps_, regions_)
def test_as_plain_loops_say(maps, regions):
    amounts, hits = energy(maps, regions, 3), pointing_game(maps, regions, 3)
    for k in range(4):
        pixels = [(maps[k, y, x], regions[k, y, x]) for y in range(5) for x in range(6) if regions[k, y, x] >= 0]
        whole = sum(value for value, _ in pixels)
        highest = max((value for value, _ in pixels), default=0)
        best = [region for value, region in pixels if value == highest]
        for region in range(3):
            own = sum(value for value, r in pixels if r == region)
            if whole > 0:
                assert amounts[k, region] == pytest.approx(own / whole)
            if len(best) < len(pixels):
                assert hits[k, region] == pytest.approx(best.count(region) / len(best))
            else:
                assert np.isnan(hits[k, region])


@settings(max_examples=30, deadline=None)
@given(maps_, maps_)
def test_the_rank_correlation_is_scipys(one, other):
    found = rank_correlation(one, other)
    for k in range(4):
        if np.ptp(one[k]) and np.ptp(other[k]):
            assert found[k] == pytest.approx(spearmanr(one[k].ravel(), other[k].ravel()).statistic, abs=1e-9)
        else:
            assert np.isnan(found[k])


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="one shape"):
        energy(MAP, REGIONS[:, :1], 2)
    with pytest.raises(ValueError, match="negative"):
        energy(-MAP, REGIONS, 2)
    with pytest.raises(ValueError, match="one shape"):
        rank_correlation(MAP, MAP[:, :1])
