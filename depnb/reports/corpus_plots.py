"""Figures of the generated corpora."""

from dataclasses import replace
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from depnb.corpus.synthetic import film, named_recipe, sessions
from depnb.corpus.synthetic.attributes import DEALT, attributes
from depnb.experiments.store import Store
from depnb.reports.result_plots import picture_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from depnb.corpus.synthetic.oracle import Oracle

ORACLE = ("both", "appearance", "dynamics", "null")
SHORTCUT = "shortcut"
WHERE = {DEALT: "training", "unseen": "unseen people"}
"""The partitions of a corpus with a shortcut that are compared."""


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


def shortcut_people(store: Store, columns: int = 9) -> "Figure":
    """People of “shortcut” by their scores, which stand in the corners: training above, unseen people below."""
    recipe = named_recipe(SHORTCUT)
    figure, axes = picture_grid(len(WHERE), columns, width=7.0, titles=True)
    for line, (partition, title) in zip(axes, WHERE.items(), strict=True):
        plan = sorted((s for s in sessions(recipe) if s.partition == partition), key=lambda s: (s.bdi, s.id))
        places = np.linspace(0, len(plan) - 1, columns).round().astype(int)
        for axis, place in zip(line, places, strict=True):
            pictures, truth = film(recipe, plan[place], recipe.tasks[plan[place].subject % 2], slice(10, 40, 10))
            axis.imshow(pictures[int(np.argmax(truth["visible"]))])
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
            axis.text(4, 122, plan[place].bdi, fontsize=7, bbox=box)
        line[0].set_ylabel(title, fontsize=7)
    return figure


def shortcut_association(store: Store) -> "Figure":
    """Score and nuisances of “shortcut”, session by session, and the error of a regression on the nuisances alone."""
    from depnb.corpus.synthetic.oracle import nuisance_oracle  # loads scikit-learn

    recipe = named_recipe(SHORTCUT)
    known = attributes(recipe)
    figure, axes = plt.subplots(1, 3, figsize=(7.2, 2.5), width_ratios=(1, 1, 0.95))
    for axis, (partition, title) in zip(axes, WHERE.items(), strict=False):
        plan = [s for s in sessions(recipe) if s.partition == partition]
        scores, walls = np.array([[s.bdi, known[s.id].background] for s in plan]).T
        worn = np.array([known[s.id].glasses > 0 for s in plan])
        for there, label, marker, fill in ((worn, "with glasses", "s", "C1"), (~worn, "without", "o", "none")):
            look = {"s": 14, "marker": marker, "facecolors": fill, "edgecolors": "C1" if there is worn else "C0"}
            axis.scatter(scores[there], walls[there], linewidths=0.8, label=label, **look)
        r, glasses = (float(np.corrcoef(scores, values)[0, 1]) for values in (walls, worn))
        axis.set_title(f"{title}\nr = {r:+.2f} (wall), {glasses:+.2f} (glasses)".replace("-", "−"), fontsize=8)
        axis.set(xlabel="BDI-II", ylim=(0.15, 1.12))
    axes[0].set_ylabel("brightness of the wall")
    axes[0].legend(fontsize=6.5, loc="upper right", handletextpad=0.1, borderpad=0)
    axes[1].tick_params(labelleft=False)
    _oracle_bars(axes[2], nuisance_oracle(recipe))
    return figure


def _oracle_bars(axis: "Axes", found: "dict[str, Oracle]") -> None:
    """RMSE by partition of what knows glasses and wall only, with the constant's as a line across each bar."""
    places = np.arange(len(found))
    colours = ["C1" if partition == DEALT else "0.65" for partition in found]
    axis.bar(places, [one.rmse for one in found.values()], 0.6, color=colours)
    constants = [one.constant for one in found.values()]
    axis.hlines(constants, places - 0.38, places + 0.38, colors="black", linestyles="--", label="constant")
    axis.set_xticks(places, ["training,\nleft-out", "devel-\nopment", "test", "unseen"], fontsize=7)
    axis.set_ylabel("RMSE (BDI-II points)")
    axis.set_title("regression on wall and glasses\n(no face)", fontsize=8)
    axis.set_ylim(0, 1.25 * max(max(one.rmse, one.constant) for one in found.values()))
    axis.legend(fontsize=6.5, loc="upper left")
