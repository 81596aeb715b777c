"""What was tried on other corpora before lengths were settled: errors by length of training and of face pretraining.

The numbers are those of ``benchmarks/lengths.py``.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np

from depnb.experiments.store import Store
from depnb.system.repository import ROOT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TRIED = ROOT / "benchmarks" / "lengths.json"
Tried = Sequence[Mapping[str, Any]]
COLUMNS = 4


def tried(store: Store) -> Tried:
    """Every trial: row, corpus and its seed, seed, steps, epochs of faces, error on unseen people.

    They belong to the committed results; beside another store there are none.
    """
    return json.loads(TRIED.read_text(encoding="utf-8"))["tried"] if store.committed and TRIED.exists() else ()


def corpora(trials: Tried) -> list[str]:
    """Titles of the corpora of trials, each in several draws that no result is of."""
    return [f"generated “{name}”" for name in dict.fromkeys(trial["corpus"] for trial in trials)]


def of_lengths(trials: Tried) -> list[Mapping[str, Any]]:
    """Those about the length of a training, with the usual face pretraining."""
    return [trial for trial in trials if trial["epochs"] is None]


def of_faces(trials: Tried) -> list[Mapping[str, Any]]:
    """Those about the length of the face pretraining."""
    return [trial for trial in trials if trial["epochs"] is not None]


def lengths(trials: Tried) -> "Figure | None":
    """A panel a row and corpus: error on unseen people by length, a line a corpus seed and seed, thick their mean."""
    panels = _grouped(of_lengths(trials), "steps")
    if not panels:
        return None
    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    size = (0.5 + 1.75 * columns, 0.6 + 1.6 * rows)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
    for axis, ((row, corpus), by_steps) in zip(axes.flat, panels.items(), strict=False):
        _errors(axis, by_steps)
        axis.set_xscale("log", base=2)
        axis.set_xticks(list(by_steps), [f"{value:,}" for value in by_steps])
        axis.minorticks_off()
        axis.set_title(_title(row, corpus), fontsize=7)
    for axis in axes.flat[len(panels) :]:
        axis.set_axis_off()
    figure.supxlabel("steps", fontsize=8)
    figure.supylabel("RMSE on unseen people (points)", fontsize=8)
    return figure


def face_pretraining(trials: Tried) -> "Figure | None":
    """Left how many faces a body names after so many epochs, right the error of the rows that begin with it."""
    by_row = _grouped(of_faces(trials), "epochs")
    if not by_row:
        return None
    figure, axes = plt.subplots(1, 1 + len(by_row), figsize=(2.4 * (1 + len(by_row)) + 0.6, 2.7), layout="constrained")
    _accuracies(axes[0], of_faces(trials))
    for axis, ((row, corpus), by_epochs) in zip(axes[1:], by_row.items(), strict=True):
        _errors(axis, by_epochs)
        long = {trial["steps"] for trial in of_faces(trials) if (trial["row"], trial["corpus"]) == (row, corpus)}
        without = [
            trial["unseen"]
            for trial in trials
            if (trial["row"], trial["corpus"]) == (f"{row}_scratch", corpus) and trial["steps"] in long
        ]
        if without:
            look = {"color": "black", "linestyle": "--", "marker": "", "linewidth": 1}
            axis.axhline(float(np.mean(without)), label="no pretraining", **look)
            axis.legend(fontsize=7)
        axis.set_title(_title(row, corpus), fontsize=7)
        axis.set_ylabel("RMSE on unseen people (points)")
    epochs = sorted({trial["epochs"] for trial in of_faces(trials)})
    for axis in axes:
        axis.set_xscale("log")
        axis.set_xticks(epochs, [f"{value:g}" for value in epochs])
        axis.minorticks_off()
        axis.set_xlabel("epochs of the face pretraining")
    return figure


def _title(row: str, corpus: str) -> str:
    paper, _, name = row.partition("/")
    return f"{paper}, “{corpus}”\n{name}"


def _accuracies(axis: "Axes", trials: Tried) -> None:
    """A line a row, whose bodies differ from those of others, and a point a seed."""
    known: dict[str, dict[float, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    for trial in trials:
        for accuracy in trial["face_accuracy"]:
            known[trial["row"]][trial["epochs"]][trial["seed"]] = 100 * accuracy
    for number, (row, by_epochs) in enumerate(known.items()):
        own, colour = dict(sorted(by_epochs.items())), f"C{number}"
        means = [np.mean(list(seeds.values())) for seeds in own.values()]
        axis.plot(list(own), means, color=colour, linestyle="-", marker="", label=f"body of {row}")
        for epochs, seeds in own.items():
            axis.plot([epochs] * len(seeds), list(seeds.values()), "o", color=colour, markersize=3)
    axis.set(ylabel="frames of new sessions named (%)", ylim=(0, 100))
    axis.legend(fontsize=6)


def _grouped(trials: Sequence[Mapping[str, Any]], by: str) -> dict[tuple[str, str], dict[float, list[float]]]:
    """Errors by row and corpus, and by length in ascending order.

    A length that was not tried on all corpora and seeds is left out, because some of these are easier than others.
    """
    found: dict[tuple[str, str], dict[float, dict[tuple[int, int], float]]] = defaultdict(lambda: defaultdict(dict))
    for trial in trials:
        found[trial["row"], trial["corpus"]][trial[by]][trial["corpus_seed"], trial["seed"]] = trial["unseen"]
    grouped = {}
    for key, own in sorted(found.items()):
        most = max(own.values(), key=len)
        whole = {length: errors for length, errors in sorted(own.items()) if errors.keys() == most.keys()}
        if len(whole) > 1:
            grouped[key] = {length: [errors[draw] for draw in sorted(most)] for length, errors in whole.items()}
    return grouped


def _errors(axis: "Axes", by_length: Mapping[float, Sequence[float]]) -> None:
    for of_draw in zip(*by_length.values(), strict=True):
        axis.plot(list(by_length), of_draw, color="0.7", linestyle="-", linewidth=0.7, marker="")
    means = [np.mean(own) for own in by_length.values()]
    errors = [np.std(own, ddof=1) / np.sqrt(len(own)) if len(own) > 1 else 0.0 for own in by_length.values()]
    look: dict[str, Any] = {
        "color": "C0",
        "linestyle": "-",
        "marker": "o",
        "markersize": 3.5,
        "linewidth": 1.5,
        "capsize": 2,
    }
    axis.errorbar(list(by_length), means, errors, **look)
