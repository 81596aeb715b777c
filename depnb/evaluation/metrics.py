"""Errors and correlations of video scores.

A metric is computed once over all videos of a partition, never averaged over mini-batches: a root of means is not
the mean of roots, and at batch size 2 an RMSE of 9 would read 8.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from depnb.evaluation.bands import BANDS, band

Metric = Callable[[np.ndarray, np.ndarray], float]


def clipped(pred: ArrayLike) -> np.ndarray:
    """Scores limited to the scale, 0–63, any shape. No paper says whether it clips (E107); the default is not to."""
    return np.clip(np.asarray(pred, dtype=np.float64), BANDS[0].low, BANDS[-1].high)


def video_scores(
    scores: ArrayLike, videos: Sequence[Hashable], how: Literal["mean", "median"] = "mean"
) -> dict[Hashable, float]:
    """One score per video from the scores of its frames or clips.

    Args:
        scores: BDI-II points, shape [M].
        videos: the video that each score belongs to, M names; a video may have any number of scores.
        how: mean (all five papers, where they say) or median.

    Returns:
        score by video, in the order in which the videos first appear.

    Raises:
        ValueError: lengths differ, or ``how`` is unknown.
    """
    reduce = dict[str, Callable[..., Any]](mean=np.mean, median=np.median).get(how)
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
    y, pred = as_pair(y, pred)
    return float(np.abs(pred - y).mean())


def rmse(y: ArrayLike, pred: ArrayLike) -> float:
    """Root mean squared error of scores [N], in points; raises as ``mae``."""
    y, pred = as_pair(y, pred)
    return float(np.sqrt(np.square(pred - y).mean()))


def pcc(y: ArrayLike, pred: ArrayLike) -> float:
    """Pearson's correlation of scores [N]; NaN if either is constant. Raises as ``mae``."""
    y, pred = as_pair(y, pred)
    return float(np.corrcoef(y, pred)[0, 1]) if np.ptp(y) and np.ptp(pred) else float("nan")


def ccc(y: ArrayLike, pred: ArrayLike) -> float:
    """Lin's concordance correlation of scores [N]: agreement, so that bias and wrong spread cost; raises as ``mae``."""
    y, pred = as_pair(y, pred)
    covariance = np.mean((y - y.mean()) * (pred - pred.mean()))
    denominator = y.var() + pred.var() + (y.mean() - pred.mean()) ** 2
    return float(2 * covariance / denominator) if denominator else float("nan")


def band_bias(y: ArrayLike, pred: ArrayLike) -> dict[str, tuple[int, float]]:
    """How far scores lie off within each severity band of the labels; raises as ``mae`` and ``band``.

    Args:
        y: labels [N], 0–63. pred: scores [N].

    Returns:
        by band, from minimal to severe: number of videos, and mean of pred − y in points (NaN without a video).
        Positive is “scored too high”.
    """
    y, pred = as_pair(y, pred)
    names = np.array([band(score) for score in y])
    errors = {name: (pred - y)[names == name] for name, _, _ in BANDS}
    return {name: (len(e), float(e.mean()) if len(e) else float("nan")) for name, e in errors.items()}


def as_pair(y: ArrayLike, pred: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    y, pred = np.asarray(y, dtype=float), np.asarray(pred, dtype=float)
    if y.ndim != 1 or y.shape != pred.shape or not len(y):
        raise ValueError(f"Expected labels and scores of the same length, got shapes {y.shape} and {pred.shape}.")
    if not (np.isfinite(y).all() and np.isfinite(pred).all()):
        raise ValueError("A label or a score is not a finite number; leave recordings without a label out first.")
    return y, pred
