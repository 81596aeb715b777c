"""From frame scores to video scores, and from video scores to numbers with intervals.

A metric is computed once over all videos of a partition, never averaged over mini-batches: a root of means is not
the mean of roots, and at batch size 2 an RMSE of 9 would read 8.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

VERSION = 1

Metric = Callable[[np.ndarray, np.ndarray], float]


def video_scores(
    scores: ArrayLike, videos: Sequence[Hashable], how: Literal["mean", "median"] = "mean"
) -> dict[Hashable, float]:
    """One score a video from the scores of its frames or clips.

    Args:
        scores: BDI-II points, shape [M].
        videos: the video that each score belongs to, M names; a video may have any number of scores.
        how: mean (all five papers, where they say) or median.

    Returns:
        score by video, in the order in which the videos first appear.

    Raises:
        ValueError: lengths differ, or ``how`` is unknown.
    """
    reduce = {"mean": np.mean, "median": np.median}.get(how)
    if reduce is None:
        raise ValueError(f"No way {how!r} to score a video: choose mean or median.")
    scores = np.asarray(scores, dtype=float)
    if scores.shape != (len(videos),):
        raise ValueError(f"Expected one score for each of {len(videos)} video names, got shape {scores.shape}.")
    grouped: dict[Hashable, list[float]] = {}
    for score, video in zip(scores, videos, strict=True):
        grouped.setdefault(video, []).append(score)
    return {video: float(reduce(values)) for video, values in grouped.items()}


def mae(y: ArrayLike, pred: ArrayLike) -> float:
    """Mean absolute error of scores [N], in points.

    Raises:
        ValueError: shapes differ, nothing to compare, or a value that is not finite.
    """
    y, pred = _pair(y, pred)
    return float(np.abs(pred - y).mean())


def rmse(y: ArrayLike, pred: ArrayLike) -> float:
    """Root mean squared error of scores [N], in points; raises as ``mae``."""
    y, pred = _pair(y, pred)
    return float(np.sqrt(np.square(pred - y).mean()))


def pcc(y: ArrayLike, pred: ArrayLike) -> float:
    """Pearson's correlation of scores [N]; NaN if either is constant. Raises as ``mae``."""
    y, pred = _pair(y, pred)
    spread = y.std() * pred.std()
    return float(np.mean((y - y.mean()) * (pred - pred.mean())) / spread) if spread else float("nan")


def ccc(y: ArrayLike, pred: ArrayLike) -> float:
    """Lin's concordance correlation of scores [N]: agreement, so that bias and wrong spread cost; raises as ``mae``."""
    y, pred = _pair(y, pred)
    covariance = np.mean((y - y.mean()) * (pred - pred.mean()))
    denominator = y.var() + pred.var() + (y.mean() - pred.mean()) ** 2
    return float(2 * covariance / denominator) if denominator else float("nan")


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
    y, pred = _pair(y, pred)
    values = [metric(y[rows], pred[rows]) for rows in _draws(subjects, len(y), n, seed)]
    low, high = np.percentile(values, [2.5, 97.5])
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
    sides = [[_pair(y, scores)[1] for scores in np.atleast_2d(side)] for side in (pred, other)]

    def difference(rows: np.ndarray) -> float:
        ours, theirs = (np.mean([metric(y[rows], scores[rows]) for scores in side]) for side in sides)
        return float(ours - theirs)

    values = [difference(rows) for rows in _draws(subjects, len(y), n, seed)]
    low, high = np.percentile(values, [2.5, 97.5])
    return difference(np.arange(len(y))), float(low), float(high)


def beats(
    y: ArrayLike, pred: ArrayLike, other: ArrayLike, subjects: Sequence[str], n: int = 2000, seed: int = 0
) -> bool:
    """Is the method better than the rival: the upper 95 % bound of RMSE(pred) − RMSE(other) lies below 0.

    Arguments as for ``paired_subject_bootstrap``.
    """
    return paired_subject_bootstrap(y, pred, other, subjects, rmse, n, seed)[2] < 0


def _pair(y: ArrayLike, pred: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    y, pred = np.asarray(y, dtype=float), np.asarray(pred, dtype=float)
    if y.ndim != 1 or y.shape != pred.shape or not len(y):
        raise ValueError(f"Expected labels and scores of the same length, got shapes {y.shape} and {pred.shape}.")
    if not (np.isfinite(y).all() and np.isfinite(pred).all()):
        raise ValueError("A label or a score is not a finite number; leave recordings without a label out first.")
    return y, pred


def _draws(subjects: Sequence[str], videos: int, n: int, seed: int) -> list[np.ndarray]:
    """Video indices of ``n`` draws of as many people as there are, with replacement."""
    if len(subjects) != videos:
        raise ValueError(f"Expected the person of each of {videos} videos, got {len(subjects)} names.")
    _, person = np.unique(np.asarray(subjects), return_inverse=True)
    of_person = [np.flatnonzero(person == index) for index in range(person.max() + 1)]
    rng = np.random.default_rng(seed)
    picks = rng.integers(len(of_person), size=(n, len(of_person)))
    return [np.concatenate([of_person[index] for index in row]) for row in picks]
