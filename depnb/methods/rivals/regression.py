"""How rivals get from the numbers of a video to a score. Needs no torch."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from depnb.evaluation.folds import subject_folds

PENALTIES = np.logspace(5, -1, 13)
"""Of the ridge, on numbers of variance 1. At the first everybody gets nearly the same score; it wins a draw."""
FOLDS = 5


class Fitted(NamedTuple):
    """A regression.

    Attributes:
        predict: numbers of videos [M, k] → scores [M], BDI-II points.
        learnt: whether there is more in it than the mean label: not where the first penalty is the best.
    """

    predict: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    learnt: bool


def fit(x: NDArray[np.float64], y: ArrayLike, subjects: Sequence[str]) -> Fitted:
    """A regression of labels on the numbers of videos.

    One number has a linear regression. Several have a ridge regression on numbers of variance 1, whose penalty is the
    one of ``PENALTIES`` with the smallest squared error in a cross-validation whose folds share no person.

    Args:
        x: numbers of the training videos [N, k]. y: their labels [N], BDI-II points.
        subjects: the person in each, N names.

    Raises:
        ValueError: there are several numbers and only one person.
    """
    from sklearn.linear_model import LinearRegression, Ridge  # takes a second to import
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if x.shape[1] == 1:
        return Fitted(LinearRegression().fit(x, y).predict, learnt=True)
    people = len(set(subjects))
    if people < 2:
        raise ValueError("The penalty of a ridge regression is chosen across people: it needs two people to train on.")
    parts = subject_folds(subjects, y, min(FOLDS, people))
    everyone = np.arange(len(x))
    search = GridSearchCV(
        make_pipeline(StandardScaler(), Ridge()),
        {"ridge__alpha": PENALTIES},
        cv=[(np.setdiff1d(everyone, part), part) for part in parts],
        scoring="neg_mean_squared_error",
    )
    search.fit(x, y)
    return Fitted(search.predict, learnt=bool(search.best_params_["ridge__alpha"] < PENALTIES[0]))
