"""How rivals get from the numbers of a video to a score. Needs no torch."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from depnb.evaluation.folds import subject_folds
from depnb.methods.rivals.rows import Regression

PENALTIES = np.logspace(5, -1, 13)
"""Of the ridge, on numbers of variance 1. At the first everybody gets nearly the same score; it wins a draw."""
COSTS = np.logspace(-7, -1, 13)
"""C of the support vector regression, on numbers of variance 1; of the first the same holds."""
COMPONENTS = (1, 2, 3, 4, 6, 8, 12, 16)
"""Of the partial least squares, beside none at all, which is the mean label and wins a draw."""
FOLDS = 5


class Fitted(NamedTuple):
    """A regression.

    Attributes:
        predict: numbers of videos [M, k] → scores [M], BDI-II points.
        learnt: whether there is more in it than the mean label: not where the first candidate is the best.
    """

    predict: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    learnt: bool


def fit(x: NDArray[np.float64], y: ArrayLike, subjects: Sequence[str], how: Regression = "ridge") -> Fitted:
    """A regression of labels on the numbers of videos.

    One number has a linear regression. Several, brought to variance 1, have the regression that is named. How much it
    trusts them is the one of ``PENALTIES``, ``COSTS`` or ``COMPONENTS`` with the smallest squared error in a
    cross-validation whose folds share no person.

    Args:
        x: numbers of the training videos [N, k]. y: their labels [N], BDI-II points.
        subjects: the person in each, N names.
        how: ``ridge``, ``svr`` (linear support vector regression) or ``pls`` (partial least squares).

    Raises:
        ValueError: there are several numbers and only one person.
    """
    from sklearn.linear_model import LinearRegression  # takes a second to import
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    if x.shape[1] == 1:
        return Fitted(LinearRegression().fit(x, y).predict, learnt=True)
    people = len(set(subjects))
    if people < 2:
        raise ValueError("The penalty of a regression is chosen across people: it needs two people to train on.")
    parts = subject_folds(subjects, y, min(FOLDS, people))
    everyone = np.arange(len(x))
    folds = [(np.setdiff1d(everyone, part), part) for part in parts]
    most = min(_rank(x[rest]) for rest, _ in folds) if how == "pls" else 0
    search = GridSearchCV(
        Pipeline([("scale", StandardScaler()), ("regression", None)]),
        {"regression": _candidates(how, most)},
        cv=folds,
        scoring="neg_mean_squared_error",
    )
    search.fit(x, y)
    return Fitted(lambda new: search.predict(new).ravel(), learnt=bool(search.best_index_ > 0))


def _rank(x: NDArray[np.float64]) -> int:
    """Of the numbers of videos [N, k] about their means: so many components can be told apart."""
    centred = x - x.mean(0)
    return int(np.linalg.matrix_rank(centred @ centred.T, hermitian=True)) if centred.any() else 0


def _candidates(how: Regression, most: int) -> list[Any]:
    """Regressions from the one that trusts its numbers least; ``most`` is the largest number of components."""
    from sklearn.cross_decomposition import PLSRegression  # as above
    from sklearn.dummy import DummyRegressor
    from sklearn.linear_model import Ridge
    from sklearn.svm import SVR

    if how == "ridge":
        return [Ridge(alpha=penalty) for penalty in PENALTIES]
    if how == "svr":
        return [SVR(kernel="linear", C=cost) for cost in COSTS]
    return [DummyRegressor(), *(PLSRegression(count, scale=False) for count in COMPONENTS if count <= most)]
