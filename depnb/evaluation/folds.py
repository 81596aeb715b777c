"""Folds that never share a person."""

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from depnb.evaluation.bands import band


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
