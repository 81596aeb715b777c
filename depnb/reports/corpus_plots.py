"""Figures of the generated corpora."""

from dataclasses import replace
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from depnb.corpus.synthetic import film, named_recipe, sessions
from depnb.experiments.store import Store
from depnb.reports.result_plots import picture_grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ORACLE = ("both", "appearance", "dynamics", "null")


def contact_sheet(store: Store, rows: int = 5, columns: int = 10) -> "Figure":
    """One frame of each of 50 people of the partition ``unseen``."""
    recipe = named_recipe("both")
    people = [s for s in sessions(recipe) if s.partition == "unseen"][: rows * columns]
    shots = []
    for person in people:
        task = recipe.tasks[person.subject % len(recipe.tasks)]
        picture, truth = film(recipe, person, task, slice(10, 40, 10))
        shots.append(picture[int(np.argmax(truth["visible"]))])
    figure, axes = picture_grid(rows, columns, width=7.0)
    for axis, shot in zip(axes.flat, shots, strict=True):
        axis.imshow(shot)
    return figure


def same_person(store: Store, scores: tuple[int, int] = (0, 40), shots: int = 7) -> "Figure":
    """One person and one session, acted twice with the same random numbers: at BDI-II 0 and at 40."""
    recipe = replace(named_recipe("both"), label_noise=0.0)
    person = next(s for s in sessions(recipe) if s.partition == "unseen" and s.id == "287_1")
    figure, axes = picture_grid(len(scores), shots, width=7.0, titles=True)
    for line, score in zip(axes, scores, strict=True):
        acted = replace(person, bdi=score, severity=score / 45)
        pictures, truth = film(recipe, acted, recipe.tasks[0], slice(0, 3 * shots, 3))
        for axis, picture in zip(line, pictures, strict=True):
            axis.imshow(picture)
        line[0].set_ylabel(f"BDI-II {score}", fontsize=8)
    return figure


def oracle_errors(store: Store) -> "Figure":
    """What linear regression reads from the true trajectories of each corpus."""
    from depnb.corpus.synthetic.oracle import FEATURES, oracle  # loads scikit-learn

    names = ORACLE
    figure, axis = plt.subplots(figsize=(5.5, 2.6))
    labels = {"moments": "mean and variance (single frames)", "autocorrelation": "lag-1 autocorrelation (time)"}
    for offset, features in zip((-0.17, 0.17), FEATURES, strict=True):
        found = [oracle(named_recipe(name), features) for name in names]
        hatch = "" if features == "moments" else "///"
        place = np.arange(len(names)) + offset
        axis.bar(place, [o.rmse for o in found], 0.32, label=labels[features], hatch=hatch, edgecolor="white")
    axis.axhline(found[0].constant, color="black", linestyle="--", marker="", label="constant predictor")
    axis.set_xticks(range(len(names)), names)
    axis.set_ylabel("RMSE on unseen people (BDI-II)")
    axis.set_ylim(0, 16)
    axis.legend(fontsize=7, loc="upper left", ncols=2)
    return figure
