"""The interval of one row's error, over people and over seeds."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from depnb.evaluation.comparison import CONFIDENCE, ROUNDING
from depnb.evaluation.intervals import people_of
from depnb.evaluation.metrics import Metric, rmse
from depnb.evaluation.shares import shares

DRAWS = 2000


def error_interval(
    y: ArrayLike, scores: ArrayLike, subjects: Sequence[str], metric: Metric = rmse
) -> tuple[float, float]:
    """95 % interval of the mean error of one row, had there been other people and other seeds.

    The bootstrap-t on the log scale: people are drawn again, all videos of one together, and the log of the error is
    divided by its standard error in each draw (Efron & Tibshirani, An introduction to the bootstrap, 1993, 12.5). A few
    seeds cannot be drawn again; their part of each draw is normal, and its variance is estimated from as many seeds as
    there are, as in Student's t. ``benchmarks/evidence.py`` simulates how often it holds the truth: in 92 to 95 % of
    samples of 25 to 400 people.

    Args:
        y: labels [N].
        scores: of one predictor [N]: the interval is over people alone; or [seeds, N]: over people and seeds.
        subjects: the person in each video, N names.
        metric: ``rmse`` or ``mae``.

    Returns:
        low, high in points. Of one seed, given as [1, N], and of one person nothing is known: 0 and infinity.

    Raises:
        ValueError: as ``mae``; another metric.
    """
    side = shares(y, scores, people_of(subjects, len(np.asarray(y))), metric)
    table, seeds, people = side.table, len(side.table), len(side.videos)
    if people < 2 or (seeds == 1 and np.ndim(scores) == 2):
        return 0.0, np.inf
    error = float(table.mean())
    if error <= ROUNDING:
        return error, error
    power = 0.5 if metric is rmse else 1.0  # the error is a mean of the people's to this power
    away = (table.mean(0) / error - 1) / power  # [people], over the mean
    weights = side.videos / side.videos.mean()  # [people]
    of_people = power**2 * float(away.var(ddof=1)) / people
    of_seeds = max(side.seeds_part - side.interaction, 0.0) / error**2
    whole = np.sqrt(of_people + of_seeds)
    if whole * error <= ROUNDING:
        return error, error

    columns = np.stack([away, weights, away**2, away * weights, weights**2], axis=1)  # [people, 5]
    total, weight, *squares = (_times(people) @ columns).T  # [draws] each
    shift = total / weight
    spread = np.maximum(squares[0] - 2 * shift * squares[1] + shift**2 * squares[2], 0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        variance = (power / (1 + shift) / weight) ** 2 * spread * people / (people - 1)
        moved = power * np.log(np.where(1 + shift > ROUNDING, 1 + shift, 0))
        if of_seeds:
            normal, chi_square = _luck(seeds)
            moved, variance = moved + np.sqrt(of_seeds) * normal, variance + of_seeds * chi_square
        t = np.where(np.abs(moved) > ROUNDING, moved / np.sqrt(variance), 0.0)
        t[np.isneginf(moved)] = -np.inf  # nobody who was drawn has an error
        tail = (1 - CONFIDENCE) / 2
        lowest, highest = np.quantile(t, [tail, 1 - tail], method="inverted_cdf")
        return float(error * np.exp(-highest * whole)), float(error * np.exp(-lowest * whole))


@lru_cache(maxsize=8)
def _times(people: int) -> np.ndarray:
    """How often each of so many people is drawn, with replacement [draws, people]; the same draws in every call."""
    picks = np.random.default_rng(people).integers(people, size=(DRAWS, people))
    places = picks + people * np.arange(DRAWS)[:, None]
    return np.bincount(places.ravel(), minlength=DRAWS * people).reshape(DRAWS, people).astype(float)


@lru_cache(maxsize=8)
def _luck(seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """Of a normal sample of so many: its standardised mean, and its variance over the true one [draws] each."""
    rng = np.random.default_rng(seeds)
    return rng.standard_normal(DRAWS), rng.chisquare(seeds - 1, DRAWS) / (seeds - 1)
