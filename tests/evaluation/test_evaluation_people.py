"""Folds, intervals and tests over people do what they promise on data whose truth is known."""

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from depnb.evaluation import band, mae, paired_permutation_test, rmse, subject_bootstrap, subject_folds


@st.composite
def recordings(draw):
    people = draw(st.integers(2, 15))
    extra = draw(st.lists(st.integers(0, people - 1), max_size=25))
    subjects = [str(200 + k) for k in [*range(people), *extra]]
    y = draw(st.lists(st.integers(0, 63), min_size=len(subjects), max_size=len(subjects)))
    return subjects, y, draw(st.integers(2, people)), draw(st.integers(0, 5))


@given(recordings())
@settings(deadline=None)
def test_folds_share_no_person_and_hold_each_video_once(case):
    subjects, y, k, seed = case
    folds = subject_folds(subjects, y, k, seed)
    assert len(folds) == k
    assert all(len(fold) for fold in folds)
    assert sorted(np.concatenate(folds).tolist()) == list(range(len(y)))
    people = [{subjects[index] for index in fold} for fold in folds]
    assert sum(map(len, people)) == len(set(subjects))


def test_folds_are_alike_in_severity_and_follow_the_seed():
    rng = np.random.default_rng(0)
    subjects = [str(k) for k in range(100) for _ in range(2)]
    y = rng.choice([5, 16, 24, 40], p=[0.5, 0.2, 0.15, 0.15], size=100).repeat(2)
    folds = subject_folds(subjects, y)
    for name, count in Counter(map(band, y)).items():
        shares = [sum(band(y[index]) == name for index in fold) for fold in folds]
        assert max(shares) - min(shares) <= 2, (name, count, shares)
    again, other = subject_folds(subjects, y), subject_folds(subjects, y, seed=1)
    assert all(map(np.array_equal, folds, again))
    assert not all(map(np.array_equal, folds, other))


def test_folds_need_as_many_people():
    with pytest.raises(ValueError, match="5 folds of 2 people"):
        subject_folds(["203", "203", "204", "204", "203", "204"], [1] * 6)
    with pytest.raises(ValueError, match="1 folds of 2"):
        subject_folds(["203", "204"], [1, 2], k=1)
    with pytest.raises(ValueError, match="one label for each of 2"):
        subject_folds(["203", "204"], [1, 2, 3], k=2)


def test_intervals_over_people_cover_the_truth_and_those_over_videos_do_not():
    rng = np.random.default_rng(0)
    people, videos, y = 80, 3, np.zeros(240)
    truth = np.sqrt(8**2 + 2**2)
    subjects = [str(k // videos) for k in range(240)]
    recordings = [str(k) for k in range(240)]
    covered = {"people": 0, "videos": 0}
    for draw in range(150):
        pred = rng.normal(0, 8, people).repeat(videos) + rng.normal(0, 2, people * videos)
        for name, units in (("people", subjects), ("videos", recordings)):
            low, high = subject_bootstrap(y, pred, units, n=150, seed=draw)
            covered[name] += low <= truth <= high
    assert covered["people"] / 150 > 0.86  # percentile intervals are a little narrow
    assert covered["videos"] / 150 < 0.75


def test_the_permutation_test_is_exact_for_three_people():
    y, pred, other = np.zeros(3), np.array([1.0, 2.0, 3.0]), np.array([4.0, 6.0, 5.0])
    subjects = ["203", "204", "205"]
    assert paired_permutation_test(y, pred, other, subjects, mae) == pytest.approx(2 / 8)
    assert paired_permutation_test(y, other, pred, subjects, mae) == pytest.approx(2 / 8)
    # worse by 4 and 5, better by 3: the sum is 6; with other signs it is 12, 6, 4 or 2, each twice
    mixed = paired_permutation_test(y, np.array([5.0, 6, 1]), np.array([1.0, 1, 4]), subjects, mae)
    assert mixed == pytest.approx(4 / 8)
    assert paired_permutation_test(y, pred, pred, subjects) == 1


def test_videos_of_a_person_are_exchanged_together():
    rng = np.random.default_rng(0)
    y, pred, other = np.zeros(40), rng.normal(0, 1, 40), rng.normal(0, 9, 40)
    assert paired_permutation_test(y, pred, other, [str(k) for k in range(40)]) < 0.01
    two_people = paired_permutation_test(y, pred, other, ["203"] * 20 + ["204"] * 20)
    assert two_people == pytest.approx(2 / 4)


def test_random_exchanges_agree_with_all_of_them():
    rng = np.random.default_rng(3)
    y = rng.uniform(0, 45, 12)
    pred, other = y + rng.normal(0, 6, 12), y + rng.normal(0, 9, 12)
    subjects = [str(k) for k in range(12)]
    exact = paired_permutation_test(y, pred, other, subjects, n=2**12)
    drawn = paired_permutation_test(y, pred, other, subjects, n=1500)
    assert drawn == pytest.approx(exact, abs=0.05)
    assert drawn == paired_permutation_test(y, pred, other, subjects, n=1500)


@pytest.mark.parametrize("metric", [mae, rmse])
def test_p_is_uniform_if_there_is_no_difference(metric):
    rng = np.random.default_rng(0)
    people = ["a", "a", "b", "c", "d", "e", "f", "f"]
    p = []
    for _ in range(250):
        y = rng.uniform(0, 45, 8)
        p.append(paired_permutation_test(y, y + rng.normal(0, 8, 8), y + rng.normal(0, 8, 8), people, metric, n=64))
    for level in (0.0625, 0.25, 0.5):
        assert np.mean(np.array(p) <= level + 1e-9) == pytest.approx(level, abs=0.09)


def test_seeds_are_exchanged_together_and_their_numbers_must_fit():
    rng = np.random.default_rng(1)
    y, subjects = rng.uniform(0, 45, 20), [str(k) for k in range(20)]
    good, bad = y + rng.normal(0, 5, (3, 20)), y + rng.normal(0, 12, (3, 20))
    assert paired_permutation_test(y, good, bad, subjects, n=500) < 0.02
    assert paired_permutation_test(y, good, np.full(20, y.mean()), subjects, n=500) < 0.02
    one = paired_permutation_test(y, good[0], bad[0], subjects, n=500)
    thrice = paired_permutation_test(y, good[[0, 0, 0]], bad[[0, 0, 0]], subjects, n=500)
    assert one == thrice
    with pytest.raises(ValueError, match="3 seeds against 2"):
        paired_permutation_test(y, good, bad[:2], subjects)
    with pytest.raises(ValueError, match="at least two people"):
        paired_permutation_test(y, good, bad, ["203"] * 20)


def test_statistics_are_imported_only_when_they_are_needed():
    code = "import sys, depnb.evaluation; print({'scipy', 'sklearn', 'torch', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
