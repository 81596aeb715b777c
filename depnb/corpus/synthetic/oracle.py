"""What can be known without any picture: linear regression on the true trajectories, or on the nuisances alone."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from depnb.corpus.records import PARTITIONS
from depnb.corpus.synthetic.attributes import NUISANCES, attributes
from depnb.corpus.synthetic.behaviour import DYNAMIC
from depnb.corpus.synthetic.layout import tasks_of
from depnb.corpus.synthetic.make import trajectories
from depnb.corpus.synthetic.recipe import Recipe, Session, sessions

SHOWN = tuple(name for name in DYNAMIC if name != "frown")
"""Channels as they reach the picture: the frown is part of ``smile`` (negative)."""
FEATURES = ("moments", "autocorrelation")


@dataclass(frozen=True)
class Oracle:
    """RMSE in BDI points on the people of a partition, for a ridge regression and for the training mean."""

    features: str
    partition: str
    rmse: float
    constant: float


def oracle(recipe: Recipe, features: str) -> Oracle:
    """Fit on train and development, test on ``unseen``.

    Args:
        recipe: the corpus; its videos need not exist.
        features: ``moments`` (mean and variance of each channel over the video: all that single frames can add up
            to, linearly) or ``autocorrelation`` (of each channel, one frame apart).

    Raises:
        ValueError: for other features.
    """
    if features not in FEATURES:
        raise ValueError(f"features={features!r}: choose from {', '.join(FEATURES)}.")
    rows: dict[bool, list[np.ndarray]] = {True: [], False: []}
    scores: dict[bool, list[int]] = {True: [], False: []}
    shown = {s.id: s for s in sessions(recipe.videos())}
    for session in sessions(recipe):
        if session.partition == "test":
            continue
        unseen = session.partition == "unseen"
        for task in tasks_of(recipe, session):
            rows[unseen].append(_describe(_paths(recipe.videos(), shown[session.id], task), features))
            scores[unseen].append(session.bdi)
    train, test = np.array(scores[False]), np.array(scores[True])
    predicted = _ridge().fit(np.array(rows[False]), train).predict(np.array(rows[True]))
    return _judged(features, "unseen", predicted, train.mean(), test)


def nuisance_oracle(recipe: Recipe) -> dict[str, Oracle]:
    """What glasses and background alone say about the score, by partition: fitted on ``train``, no face needed.

    On ``train`` each person is scored by a regression on the others. There a shortcut looks like skill, and a
    cross-validation within the training set does not show it.

    Raises:
        ValueError: fewer than two people in ``train``.
    """
    known = attributes(recipe)
    x, y, people = {}, {}, {}
    for name in PARTITIONS:
        plan = [session for session in sessions(recipe) if session.partition == name]
        x[name] = np.array([[getattr(known[session.id], nuisance) for nuisance in NUISANCES] for session in plan])
        y[name] = np.array([session.bdi for session in plan], dtype=float)
        people[name] = [session.subject for session in plan]
    whole = _ridge().fit(x["train"], y["train"])
    scores = {name: whole.predict(own) for name, own in x.items() if len(own)}
    scores["train"] = cross_val_predict(_ridge(), x["train"], y["train"], groups=people["train"], cv=LeaveOneGroupOut())
    mean = y["train"].mean()
    return {name: _judged("nuisances", name, own, mean, y[name]) for name, own in scores.items()}


def _ridge() -> Pipeline:
    return make_pipeline(StandardScaler(), RidgeCV(np.logspace(-1, 4, 26)))


def _judged(features: str, partition: str, predicted: np.ndarray, mean: float, y: np.ndarray) -> Oracle:
    errors = (float(np.sqrt(np.mean((score - y) ** 2))) for score in (predicted, mean))
    return Oracle(features, partition, *errors)


@cache
def _paths(recipe: Recipe, session: Session, task: str) -> np.ndarray:
    """The shown channels of one video [channels, T]; both features, and corpora that share videos, ask for them."""
    movement = trajectories(recipe, session, task)
    return np.stack([movement[name] for name in SHOWN])  # [channels, T]


def _describe(paths: np.ndarray, features: str) -> np.ndarray:
    """Features of one video: [2·channels] or [channels]."""
    if features == "moments":
        return np.concatenate([paths.mean(axis=1), paths.var(axis=1)])
    centred = paths - paths.mean(axis=1, keepdims=True)
    return (centred[:, 1:] * centred[:, :-1]).sum(axis=1) / np.maximum((centred**2).sum(axis=1), 1e-12)
