"""Tests: two predictors on the same people, one on two groups of people or on labels that it cannot know; families."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from depnb.evaluation.intervals import people_of
from depnb.evaluation.metrics import Metric, mae, rmse
from depnb.evaluation.shares import shares

CONFIDENCE = 0.95
ROUNDING = 1e-9
"""What is smaller is an error of floating point and none of a predictor, BDI-II points."""


class Comparison(NamedTuple):
    """Error of a predictor minus that of its rival, BDI-II points.

    Attributes:
        value: the difference; below 0 the first has the smaller error.
        low, high: its 95 % interval over people and seeds; infinite where a side has one seed, of whose luck nothing
            is known.
        p: two-sided, of "other people and other seeds would give no difference".
    """

    value: float
    low: float
    high: float
    p: float


def compare(
    y: ArrayLike, ours: ArrayLike, theirs: ArrayLike, subjects: Sequence[str], metric: Metric = rmse
) -> Comparison:
    """The difference in error of two predictors, with both sources of chance: other people, and other seeds.

    Each side is a table people × seeds. The variance of the difference is a part of the people, taken from the people's
    differences of their means over seeds, and a part of the seeds of each side. The interaction of people and seeds
    lies in both parts, so it is taken off once. Degrees of freedom as Satterthwaite (1946) estimates them. The root of
    the RMSE is replaced by its tangent, so that a person has a share in it (delta method). Equally good
    rows get p < 0.05 in at most 6 % of simulations with five seeds or more (``benchmarks/evidence.py``), and in up to
    8 % where all luck is that of three seeds of one side.

    Args:
        y: labels [N].
        ours: scores of the first, [seeds, N]; [N] where there is no luck of training.
        theirs: scores of its rival, in the same form; its number of seeds may differ.
        subjects: the person in each video, N names; at least two people.
        metric: ``rmse`` or ``mae``.

    Raises:
        ValueError: as ``mae``; another metric; fewer than two people.
    """
    person = people_of(subjects, len(np.asarray(y)))
    first, second = (shares(y, side, person, metric) for side in (ours, theirs))
    people = len(first.videos)
    if people < 2:
        raise ValueError("One person says nothing of others: give at least two people.")
    value = float(first.table.mean() - second.table.mean())
    value = value if abs(value) > ROUNDING else 0.0
    if any(np.ndim(side) == 2 and len(np.asarray(side)) == 1 for side in (ours, theirs)):
        return Comparison(value, -math.inf, math.inf, 1.0)
    of_people = first.table.mean(0) - second.table.mean(0)  # [people]
    people_part = float(of_people.var(ddof=1)) / people
    seeds_part, squares = 0.0, people_part**2 / (people - 1)
    for side in (first, second):
        if len(side.table) > 1:
            squares += side.seeds_part**2 / (len(side.table) - 1)
            seeds_part += side.seeds_part - side.interaction
    variance = people_part + max(seeds_part, 0.0)
    return Comparison(value, *_t_interval(value, variance, squares))


def compare_groups(
    y: ArrayLike, scores: ArrayLike, subjects: Sequence[str], chosen: ArrayLike, metric: Metric = mae
) -> Comparison:
    """The error of one predictor on some people minus its error on others, had there been other people and seeds.

    The people of the two groups are others, so the variances of their parts add up, as in Welch's test; the seeds are
    the same, so their part is that of the seeds' differences. The interaction of people and seeds lies in both parts
    and is taken off once, as in ``compare``. Groups without a difference get p < 0.05 in 3 to 7 % of simulations with
    28 against 72 people (``tests/evaluation/test_groups.py``).

    Args:
        y: labels [N].
        scores: of the predictor, [seeds, N]; [N] where there is no luck of training.
        subjects: the person in each video, N names.
        chosen: which videos are of the first group, bool [N]; the others are of the second.
        metric: ``mae`` or ``rmse``.

    Raises:
        ValueError: as ``mae``; another metric; a group of fewer than two people; a person in both.
    """
    y, lines, first = np.asarray(y, dtype=float), np.asarray(scores, dtype=float), np.asarray(chosen, dtype=bool)
    names = np.asarray(subjects)
    if not len(names) == len(y) == len(first):
        raise ValueError(f"Expected {len(y)} names and group members, got {len(names)} and {len(first)}.")
    if set(names[first]) & set(names[~first]):
        raise ValueError("A person is in both groups: give each person to one.")
    if min(len(set(names[first])), len(set(names[~first]))) < 2:
        raise ValueError("One person says nothing of others: give each group at least two people.")
    own, other = (
        shares(y[part], lines[..., part], people_of(names[part].tolist(), int(part.sum())), metric)
        for part in (first, ~first)
    )
    value = float(own.table.mean() - other.table.mean())
    value = value if abs(value) > ROUNDING else 0.0
    seeds = len(own.table)
    if lines.ndim == 2 and seeds == 1:
        return Comparison(value, -math.inf, math.inf, 1.0)
    parts = [float(side.table.mean(0).var(ddof=1)) / len(side.videos) for side in (own, other)]
    variance = sum(parts)
    squares = sum(part**2 / (len(side.videos) - 1) for part, side in zip(parts, (own, other), strict=True))
    if seeds > 1:
        between = float((own.table.mean(1) - other.table.mean(1)).var(ddof=1)) / seeds
        variance += max(between - own.interaction - other.interaction, 0.0)
        squares += between**2 / (seeds - 1)
    return Comparison(value, *_t_interval(value, variance, squares))


def _t_interval(value: float, variance: float, squares: float) -> tuple[float, float, float]:
    """Low, high and p; ``squares`` is the sum of the squared parts of the variance over their degrees of freedom."""
    from scipy.special import stdtr, stdtrit  # half a second, which a listing has no need of

    error = math.sqrt(variance)
    if error <= ROUNDING:
        return value, value, float(value == 0)
    freedom = variance**2 / squares
    reach = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * error
    return value - reach, value + reach, float(2 * stdtr(freedom, -abs(value) / error))


def over_permutations(differences: Sequence[float]) -> Comparison:
    """The difference in error of two predictors on permutations of the labels, over further permutations.

    The t interval of the mean of k differences, one a permutation, with k − 1 degrees of freedom.

    Args:
        differences: RMSE of the first minus that of its rival on the same permutation, BDI-II points.

    Raises:
        ValueError: fewer than two permutations.
    """
    values = np.asarray(differences, dtype=float)
    if len(values) < 2:
        raise ValueError("One permutation says nothing of others: give at least two differences.")
    value, variance = float(values.mean()), float(values.var(ddof=1)) / len(values)
    return Comparison(value, *_t_interval(value, variance, variance**2 / (len(values) - 1)))


def null_correlation(correlations: Sequence[float]) -> tuple[float, float]:
    """Whether a row predicts labels that it cannot know, from its correlations on k permutations of the labels.

    The t test of the mean of Fisher's z against 0, with k − 1 degrees of freedom. It is one-sided: what leaks makes
    correlations positive. A negative mean is no sign of a leak, so it does not fire the control.

    Args:
        correlations: of scores and labels, one a permutation, in (−1, 1); NaN, of a constant, counts as 0.

    Returns:
        mean z, and p of "the mean is not above 0"; p is 1 for one permutation, of whose luck nothing is known.

    Raises:
        ValueError: no correlation, or one of ±1 or beyond.
    """
    from scipy.special import stdtr  # as above

    r = np.nan_to_num(np.asarray(correlations, dtype=float))
    if not len(r) or not (np.abs(r) < 1).all():
        raise ValueError(f"Expected correlations between −1 and 1, got {list(correlations)}.")
    z = np.arctanh(r)
    mean = float(z.mean())
    error = float(z.std(ddof=1)) / math.sqrt(len(z)) if len(z) > 1 else math.inf
    if error <= ROUNDING:
        return mean, float(mean <= ROUNDING)
    return mean, float(stdtr(len(z) - 1, -mean / error)) if len(z) > 1 else 1.0


def holm(p: Sequence[float]) -> list[float]:
    """P-values of one family, corrected so that the chance of one false rejection in all stays below the level.

    Holm's step-down procedure (1979), in the order given; nothing for no p-value.
    """
    order = sorted(range(len(p)), key=lambda place: p[place])
    corrected, largest = [0.0] * len(p), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - rank) * p[place]))
        corrected[place] = largest
    return corrected
