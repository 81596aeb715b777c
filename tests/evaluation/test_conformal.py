"""How far a score may lie off, from errors on other people."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

from depnb.evaluation import conformal_radius, people_needed

percent = st.integers(1, 99)
errors = st.lists(st.floats(0, 63), min_size=1, max_size=40)


@pytest.mark.parametrize(("people", "coverage", "radius"), [(9, 0.9, 9), (19, 0.9, 18), (19, 0.95, 19), (3, 0.5, 2)])
def test_with_one_video_a_person_it_is_an_order_statistic(people, coverage, radius):
    assert conformal_radius(range(1, people + 1), [1] * people, coverage) == radius


@given(errors, percent)
def test_it_is_the_smallest_error_that_enough_are_no_larger_than(found, of_hundred):
    rank = math.ceil((len(found) + 1) * Fraction(of_hundred, 100))
    expected = sorted(found)[rank - 1] if rank <= len(found) else math.inf
    assert conformal_radius(found, [1] * len(found), of_hundred / 100) == expected


@given(errors, percent, st.integers(2, 7))
def test_a_person_counts_once_however_often_they_were_filmed(found, of_hundred, times):
    once = conformal_radius(found, [1] * len(found), of_hundred / 100)
    assert conformal_radius(found * times, [times] * len(found) * times, of_hundred / 100) == once


def test_people_with_different_numbers_of_videos():
    """Three people, of whom one has two videos: half of the four is reached by one person and a video of another."""
    assert conformal_radius([1, 2, 3, 9], [1, 2, 2, 1], 0.5) == 3
    assert conformal_radius([1, 2, 3, 9], [1, 2, 2, 1], 0.37) == 2
    assert conformal_radius([1, 2, 3, 9], [1, 2, 2, 1], 0.76) == math.inf


@given(percent)
def test_how_many_people_are_needed(of_hundred):
    coverage = of_hundred / 100
    people = people_needed(coverage)
    assert conformal_radius([1.0] * people, [1] * people, coverage) == 1
    assert conformal_radius([1.0] * (people - 1), [1] * (people - 1), coverage) == math.inf


@pytest.mark.parametrize("coverage", [0, 1, 1.5, -0.1, math.nan])
def test_what_is_no_coverage_is_refused(coverage):
    with pytest.raises(ValueError, match="between 0 and 1"):
        conformal_radius([1.0], [1], coverage)
    with pytest.raises(ValueError, match="between 0 and 1"):
        people_needed(coverage)


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9])
def test_it_covers_as_many_new_people_as_it_says(coverage):
    """Errors are mostly the person's own, and one to four videos show a person."""
    rng = np.random.default_rng(0)
    people, trials, inside = 20, 4000, 0
    for _ in range(trials):
        videos = rng.integers(1, 5, people)
        own = np.repeat(rng.exponential(5, people), videos)
        found = own * rng.uniform(0.8, 1.2, len(own))
        new = rng.exponential(5) * rng.uniform(0.8, 1.2)
        inside += new <= conformal_radius(found, np.repeat(videos, videos), coverage)
    noise = 3 * math.sqrt(coverage * (1 - coverage) / trials)
    assert coverage - noise <= inside / trials <= coverage + 1 / (people + 1) + noise
