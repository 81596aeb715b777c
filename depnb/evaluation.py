"""From frame scores to video scores, and from video scores to numbers with intervals.

A metric is computed once over all videos of a partition, never averaged over mini-batches: a root of means is not
the mean of roots, and at batch size 2 an RMSE of 9 would read 8.
"""

import math
import warnings
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

VERSION = 1

Metric = Callable[[np.ndarray, np.ndarray], float]


class Band(NamedTuple):
    """A severity band of the BDI-II, both ends included."""

    name: str
    low: int
    high: int


BANDS = (Band("minimal", 0, 13), Band("mild", 14, 19), Band("moderate", 20, 28), Band("severe", 29, 63))
"""Severity bands of the BDI-II manual (Beck, Steer & Brown, 1996)."""


FEWEST_PEOPLE = 5
"""Of fewer people who exist nothing is said, since their mean could tell of one of them."""


def band(bdi: float) -> str:
    """Name of the severity band of a score; one between two bands (13.5) belongs to the lower one.

    Raises:
        ValueError: the score lies outside 0–63.
    """
    if not BANDS[0].low <= bdi <= BANDS[-1].high:
        raise ValueError(f"The BDI-II runs from {BANDS[0].low} to {BANDS[-1].high}, got {bdi}: clip predictions first.")
    return next(name for name, low, _ in reversed(BANDS) if bdi >= low)


def clipped(pred: ArrayLike) -> np.ndarray:
    """Scores limited to the scale, 0–63, any shape. No paper says whether it clips (E107); the default is not to."""
    return np.clip(np.asarray(pred, dtype=float), BANDS[0].low, BANDS[-1].high)


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
    return float(np.corrcoef(y, pred)[0, 1]) if np.ptp(y) and np.ptp(pred) else float("nan")


def ccc(y: ArrayLike, pred: ArrayLike) -> float:
    """Lin's concordance correlation of scores [N]: agreement, so that bias and wrong spread cost; raises as ``mae``."""
    y, pred = _pair(y, pred)
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
    y, pred = _pair(y, pred)
    names = np.array([band(score) for score in y])
    errors = {name: (pred - y)[names == name] for name, _, _ in BANDS}
    return {name: (len(e), float(e.mean()) if len(e) else float("nan")) for name, e in errors.items()}


def subject_folds(subjects: Sequence[str], y: ArrayLike, k: int = 5, seed: int = 0) -> list[np.ndarray]:
    """Parts for cross-validation that share no person and are alike in severity (``StratifiedGroupKFold``).

    Args:
        subjects: the person in each video, N names. y: labels [N], 0–63. k: number of parts, from 2.
        seed: of the order in which people are dealt out.

    Returns:
        k sorted arrays of video indices, none empty; every video is in exactly one. Bands are spread as evenly as
        people allow; with so few people that a part would stay empty they are not looked at.

    Raises:
        ValueError: lengths differ, k is below 2, or there are fewer people than parts.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    y = np.asarray(y, dtype=float)
    people = len(set(subjects))
    if y.shape != (len(subjects),):
        raise ValueError(f"Expected one label for each of {len(subjects)} videos, got shape {y.shape}.")
    if not 2 <= k <= people:
        raise ValueError(f"{k} folds of {people} people: give a number of folds from 2 to the number of people.")
    bands = [band(score) for score in y]
    splitter = StratifiedGroupKFold(k, shuffle=True, random_state=seed)
    for strata in (bands, [""] * len(y)):
        if max(map(strata.count, set(strata))) < k:
            continue
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The least populated class")  # severe people are few everywhere
            folds = [fold for _, fold in splitter.split(y, strata, np.asarray(subjects))]
        if all(map(len, folds)):
            break
    return folds


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
    sides = [[_pair(y, scores)[1] for scores in np.atleast_2d(side)] for side in (pred, other)]

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
    sides = [np.stack([_pair(y, scores)[1] for scores in np.atleast_2d(side)]) for side in (pred, other)]
    if len({len(side) for side in sides} - {1}) > 1:
        raise ValueError(f"{len(sides[0])} seeds against {len(sides[1])}: give the same number, or one on a side.")
    ours, theirs = np.broadcast_arrays(*sides)
    person = _people(subjects, len(y))
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


def conformal_radius(errors: ArrayLike, videos: Sequence[int], coverage: float = 0.9) -> float:
    """How far a score may lie off, so that it does not lie further off for ``coverage`` of the videos of new people.

    Split conformal prediction. With one video a person it is the ⌈(n + 1)·coverage⌉-th smallest of n errors; several
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
    """The metric of each line of scores [seeds, N] that ``_pair`` has seen; the two errors of all lines at once."""
    if metric is rmse:
        return np.sqrt(np.square(scores - y).mean(1))  # [seeds]
    if metric is mae:
        return np.abs(scores - y).mean(1)  # [seeds]
    return np.array([metric(y, line) for line in scores])  # [seeds]


def _pair(y: ArrayLike, pred: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    y, pred = np.asarray(y, dtype=float), np.asarray(pred, dtype=float)
    if y.ndim != 1 or y.shape != pred.shape or not len(y):
        raise ValueError(f"Expected labels and scores of the same length, got shapes {y.shape} and {pred.shape}.")
    if not (np.isfinite(y).all() and np.isfinite(pred).all()):
        raise ValueError("A label or a score is not a finite number; leave recordings without a label out first.")
    return y, pred


def _drawn(metric: Metric, y: np.ndarray, pred: np.ndarray, subjects: Sequence[str], n: int, seed: int) -> np.ndarray:
    """The metric on each of ``n`` draws of people, [n]; the two errors at once from how often each video is drawn."""
    rows, times = _draws(tuple(subjects), len(y), n, seed)
    if metric is rmse:
        return np.sqrt(times @ (pred - y) ** 2 / times.sum(1))
    if metric is mae:
        return times @ np.abs(pred - y) / times.sum(1)
    return np.array([metric(y[draw], pred[draw]) for draw in rows])


@lru_cache(maxsize=8)
def _draws(subjects: tuple[str, ...], videos: int, n: int, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """``n`` draws of as many people as there are, with replacement: video indices, and how often each occurs [n, N]."""
    person = _people(subjects, videos)
    of_person = [np.flatnonzero(person == index) for index in range(person.max() + 1)]
    rng = np.random.default_rng(seed)
    picks = rng.integers(len(of_person), size=(n, len(of_person)))
    rows = [np.concatenate([of_person[index] for index in row]) for row in picks]
    return rows, np.stack([np.bincount(draw, minlength=videos) for draw in rows]).astype(float)


def _people(subjects: Sequence[str], videos: int) -> np.ndarray:
    """Number of the person in each video, [N] from 0."""
    if len(subjects) != videos:
        raise ValueError(f"Expected the person of each of {videos} videos, got {len(subjects)} names.")
    return np.unique(np.asarray(subjects), return_inverse=True)[1]
