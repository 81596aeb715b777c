"""Intervals over people, tests of two predictors on the same people, and the interval of one prediction."""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from depnb.evaluation.metrics import Metric, as_pair, mae, rmse


def subject_bootstrap(
    y: ArrayLike,
    pred: ArrayLike,
    subjects: Sequence[str],
    metric: Metric = rmse,
    n: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """95 % percentile interval of a metric when *people* are drawn again.

    The videos of one person share face and label, so they come and go together; drawing videos one by one would give
    an interval that is too narrow.

    Args:
        y: labels [N]. pred: scores [N]. subjects: the person in each video, N names.
        metric: function of (labels, scores). n: draws. seed: of the draws.

    Returns:
        low, high, in the unit of the metric.
    """
    y, pred = as_pair(y, pred)
    low, high = np.percentile(_drawn(metric, y, pred, subjects, n, seed), [2.5, 97.5])
    return float(low), float(high)


def paired_subject_bootstrap(
    y: ArrayLike,
    pred: ArrayLike,
    other: ArrayLike,
    subjects: Sequence[str],
    metric: Metric = rmse,
    n: int = 2000,
    seed: int = 0,
) -> tuple[float, float, float]:
    """Difference metric(pred) − metric(other), and its 95 % interval over people.

    Both sides are scored on the same draws of people, so what makes a person hard for both cancels. With several seeds
    the metric of each is taken and then averaged: it is the difference of single networks, not of ensembles.

    Args:
        y: labels [N].
        pred: scores of the method, [N] or [seeds, N].
        other: scores of the rival, [N] or [seeds, N]; its number of seeds may differ.
        subjects: the person in each video, N names.

    Returns:
        difference, low, high; negative where the method is better.
    """
    y = np.asarray(y, dtype=float)
    sides = [[as_pair(y, scores)[1] for scores in np.atleast_2d(side)] for side in (pred, other)]

    ours, theirs = (np.mean([metric(y, scores) for scores in side]) for side in sides)
    drawn = [np.mean([_drawn(metric, y, scores, subjects, n, seed) for scores in side], axis=0) for side in sides]
    low, high = np.percentile(drawn[0] - drawn[1], [2.5, 97.5])
    return float(ours - theirs), float(low), float(high)


def paired_permutation_test(
    y: ArrayLike,
    pred: ArrayLike,
    other: ArrayLike,
    subjects: Sequence[str],
    metric: Metric = rmse,
    n: int = 2000,
    seed: int = 0,
) -> float:
    """Two-sided p of “it makes no difference which of the two methods scored a person”.

    If that is so, the two methods' scores may be exchanged, person by person and all videos of a person together,
    without changing how large metric(pred) − metric(other) tends to be. p is the share of exchanges that give a
    difference at least as large (``scipy.stats.permutation_test``): exact over all 2^people exchanges if there are
    at most ``n`` of them, else from ``n`` random ones. It has no interval; ``paired_subject_bootstrap`` has.

    Args:
        y: labels [N].
        pred, other: scores of the two methods, [N] or [seeds, N]. With seeds, those of one person are exchanged
            together, and the metric is averaged over seeds; a side without seeds counts as the same in each.
        subjects: the person in each video, N names; at least two people.
        metric: function of (labels, scores). n: exchanges. seed: of the exchanges.

    Raises:
        ValueError: as ``mae``; the sides have different numbers of seeds; fewer than two people.
    """
    from scipy.stats import permutation_test

    y = np.asarray(y, dtype=float)
    sides = [np.stack([as_pair(y, scores)[1] for scores in np.atleast_2d(side)]) for side in (pred, other)]
    if len({len(side) for side in sides} - {1}) > 1:
        raise ValueError(f"{len(sides[0])} seeds against {len(sides[1])}: give the same number, or one on a side.")
    ours, theirs = np.broadcast_arrays(*sides)
    person = people_of(subjects, len(y))
    people = person.max() + 1
    if people < 2:
        raise ValueError("One person's scores can only be exchanged as a whole: give at least two people.")

    def difference(first: np.ndarray, second: np.ndarray) -> float:
        as_given = first[person] < second[person]  # [N]
        a, b = np.where(as_given, ours, theirs), np.where(as_given, theirs, ours)  # [seeds, N]
        return float(_of_each(metric, y, a).mean() - _of_each(metric, y, b).mean())

    labels = np.zeros(people), np.ones(people)  # scipy exchanges these, person by person
    test = permutation_test(
        labels, difference, permutation_type="samples", vectorized=False, n_resamples=n, rng=np.random.default_rng(seed)
    )
    return float(test.pvalue)


def conformal_radius(errors: Iterable[float], videos: Sequence[int], coverage: float = 0.9) -> float:
    """How far a score may lie off, so that it does not lie further off for ``coverage`` of the videos of new people.

    Split conformal prediction. With one video per person it is the ⌈(n + 1)·coverage⌉-th smallest of n errors; several
    videos of one person resemble each other and count together as one, those of the new person as infinite (Lee, Barber
    & Willett, Distribution-free inference with hierarchical data, 2023). It holds on average over new people who are
    exchangeable with these, of whom the network must not have been trained on anyone.

    Args:
        errors: |score − label| of V videos, points.
        videos: of each, how many of the V videos show its person.
        coverage: between 0 and 1.

    Returns:
        points; infinite where there are too few people (``people_needed``).

    Raises:
        ValueError: ``coverage`` does not lie between 0 and 1.
    """
    _demand_share(coverage)
    one = math.lcm(*videos)  # what a person weighs: whole numbers, so that no rounding decides
    weights = [one // count for count in videos]  # [V]
    quantile = np.quantile([*errors, np.inf], coverage, weights=[*weights, one], method="inverted_cdf")
    return float(quantile)


def people_needed(coverage: float) -> int:
    """The fewest people whose errors give a finite ``conformal_radius``; raises as that."""
    _demand_share(coverage)
    return math.ceil(round(coverage / (1 - coverage), 9))


def _demand_share(coverage: float) -> None:
    if not 0 < coverage < 1:
        raise ValueError(f"A coverage lies between 0 and 1, as 0.9 does; got {coverage:g}.")


def _of_each(metric: Metric, y: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """The metric of each line of scores [seeds, N] that ``as_pair`` has seen; the two errors of all lines at once."""
    if metric is rmse:
        return np.asarray(np.sqrt(np.square(scores - y).mean(1)))  # [seeds]
    if metric is mae:
        return np.asarray(np.abs(scores - y).mean(1))  # [seeds]
    return np.array([metric(y, line) for line in scores])  # [seeds]


def _drawn(metric: Metric, y: np.ndarray, pred: np.ndarray, subjects: Sequence[str], n: int, seed: int) -> np.ndarray:
    """The metric on each of ``n`` draws of people, [n]; the two errors at once from how often each video is drawn."""
    rows, times = _draws(tuple(subjects), len(y), n, seed)
    if metric is rmse:
        return np.asarray(np.sqrt(times @ (pred - y) ** 2 / times.sum(1)))
    if metric is mae:
        return np.asarray(times @ np.abs(pred - y) / times.sum(1))
    return np.array([metric(y[draw], pred[draw]) for draw in rows])


@lru_cache(maxsize=8)
def _draws(subjects: tuple[str, ...], videos: int, n: int, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """``n`` draws of as many people as there are, with replacement: video indices, and how often each occurs [n, N]."""
    person = people_of(subjects, videos)
    of_person = [np.flatnonzero(person == index) for index in range(person.max() + 1)]
    rng = np.random.default_rng(seed)
    picks = rng.integers(len(of_person), size=(n, len(of_person)))
    rows = [np.concatenate([of_person[index] for index in row]) for row in picks]
    return rows, np.stack([np.bincount(draw, minlength=videos) for draw in rows]).astype(float)


def people_of(subjects: Sequence[str], videos: int) -> np.ndarray:
    """Number of the person in each video, [N] from 0."""
    if len(subjects) != videos:
        raise ValueError(f"Expected the person of each of {videos} videos, got {len(subjects)} names.")
    return np.unique(np.asarray(subjects), return_inverse=True)[1]
