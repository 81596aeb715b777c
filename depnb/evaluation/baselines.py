"""Predictors that look at no face: what every network has to beat."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from depnb.corpus.records import Recording


def constant(
    train: Sequence[Recording], recordings: Sequence[Recording], how: Literal["mean", "median"] = "mean"
) -> np.ndarray:
    """The mean training label for everybody, or the median: of all constants, these have the least RMSE and MAE there.

    Args:
        train: labelled recordings.
        recordings: whom to predict; their labels are not looked at.
        how: ``mean`` or ``median``.

    Returns:
        float64 BDI-II points, shape [len(recordings)].
    """
    labels = np.array([r.bdi for r in train], dtype=float)
    return np.full(len(recordings), np.mean(labels) if how == "mean" else np.median(labels))


def identity_only(train: Sequence[Recording], recordings: Sequence[Recording]) -> np.ndarray:
    """The mean label of the same person's training sessions; the mean training label for people not in training.

    It measures what recognising a person is worth when people recur across partitions. A session counts once, also
    if it was recorded in two tasks. Arguments and result as for ``constant``.
    """
    sessions: dict[str, dict[str, float | None]] = {}
    for r in train:
        sessions.setdefault(r.subject, {})[r.id] = r.bdi
    scores = constant(train, recordings)
    for index, r in enumerate(recordings):
        if r.subject in sessions:
            scores[index] = np.mean(list(sessions[r.subject].values()))
    return scores
