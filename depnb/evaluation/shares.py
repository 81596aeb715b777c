"""The share of each person in the error of each seed, which errors' two sources of chance are estimated from."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from depnb.evaluation.metrics import Metric, as_pair, mae, rmse


class Shares(NamedTuple):
    """Of one row, from its people and seeds.

    Attributes:
        table: a person's share in the error of a seed [seeds, people], points; its mean over people is the seed's
            error. The root of the RMSE is replaced by its tangent, so that a person has a share in it (delta method).
        videos: how many each person has [people].
    """

    table: np.ndarray
    videos: np.ndarray

    @property
    def interaction(self) -> float:
        """Variance of the mean of the table that comes from the interaction of people and seeds; 0 for one seed."""
        table = self.table
        seeds, people = table.shape
        if seeds == 1:
            return 0.0
        rest = table - table.mean(0) - table.mean(1, keepdims=True) + table.mean()  # [seeds, people]
        return float((rest**2).sum()) / ((seeds - 1) * (people - 1)) / (seeds * people)

    @property
    def seeds_part(self) -> float:
        """Variance of the mean of the table between seeds, the interaction in it; 0 for one seed."""
        seeds = len(self.table)
        return float(self.table.mean(1).var(ddof=1)) / seeds if seeds > 1 else 0.0


def shares(y: ArrayLike, scores: ArrayLike, person: np.ndarray, metric: Metric) -> Shares:
    """From scores [seeds, N] or [N], and the number of the person in each video [N]; ``metric``: ``rmse`` or ``mae``.

    Raises:
        ValueError: as ``mae``; no seed; another metric.
    """
    if metric not in (rmse, mae):
        raise ValueError(f"No share of a person in {getattr(metric, '__name__', metric)}: choose rmse or mae.")
    lines = np.atleast_2d(np.asarray(scores, dtype=float))  # [seeds, N]
    if lines.ndim > 2 or not len(lines):
        raise ValueError(f"Expected scores [N] or [seeds, N], got shape {np.shape(scores)}.")
    y, _ = as_pair(y, lines[0])
    as_pair(np.tile(y, len(lines)), lines.ravel())
    videos = np.bincount(person)  # [people]
    seeds, people = len(lines), len(videos)
    off = np.square(lines - y) if metric is rmse else np.abs(lines - y)  # [seeds, N]
    places = person + people * np.arange(seeds)[:, None]  # [seeds, N]
    sums = np.bincount(places.ravel(), off.ravel(), seeds * people).reshape(seeds, people)
    means = sums.sum(1, keepdims=True) / len(y)  # [seeds, 1]
    errors, slopes = means, np.ones_like(means)
    if metric is rmse:
        errors = np.sqrt(means)
        slopes = np.divide(0.5, errors, out=np.zeros_like(errors), where=errors > 0)
    return Shares(errors + slopes * (sums - means * videos) / videos.mean(), videos)
