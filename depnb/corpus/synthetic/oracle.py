"""Where the planted signal is: linear regression on the true trajectories, without any picture."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from depnb.corpus.synthetic.behaviour import DYNAMIC
from depnb.corpus.synthetic.layout import tasks_of
from depnb.corpus.synthetic.make import trajectories
from depnb.corpus.synthetic.recipe import Recipe, Session, sessions

SHOWN = tuple(name for name in DYNAMIC if name != "frown")
"""Channels as they reach the picture: the frown is part of ``smile`` (negative)."""
FEATURES = ("moments", "autocorrelation")


@dataclass(frozen=True)
class Oracle:
    """RMSE in BDI points on the people of ``unseen``, for a ridge regression and for the training mean."""

    features: str
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
    model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-1, 4, 26))).fit(np.array(rows[False]), train)
    return Oracle(
        features,
        rmse=float(np.sqrt(np.mean((model.predict(np.array(rows[True])) - test) ** 2))),
        constant=float(np.sqrt(np.mean((train.mean() - test) ** 2))),
    )


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
