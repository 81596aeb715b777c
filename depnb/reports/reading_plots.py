"""Figures of the errata: what each paper states, and what other readings cost."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from depnb.experiments.result import Result
from depnb.methods.errata import KINDS, scored
from depnb.methods.registry import method, papers
from depnb.reports.forest import mark
from depnb.reports.readings import Cost, costs, settings_by_kind
from depnb.reports.words import ROW_LOOKS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SETTINGS = {
    "printed": ("printed", "#0173b2"),
    "official code": ("in the authors' code", "#56b4e9"),
    "erratum": ("open or contradicted (errata)", "#de8f05"),
    "ours": ("not stated, ours", "0.75"),
}
"""Kinds of a setting's source: what the legend says, and the colour."""
ENTRIES = dict(zip(KINDS, ("0.75", "#de8f05", "black", "#cc78bc", "#ca9161", "#ece133"), strict=True))
DARK = frozenset({"#0173b2", "black"})
LINE = 0.2
"""Height of a line of the forest, inches."""


def scorecard() -> "Figure":
    """Each paper's settings by the kind of their source, and its entries by kind."""
    figure, axes = plt.subplots(2, 1, figsize=(7.0, 4.6), layout="constrained")
    names = {method(paper).title: paper for paper in papers()}
    settings = {title: settings_by_kind(paper) for title, paper in names.items()}
    _bars(axes[0], settings, {kind: colour for kind, (_, colour) in SETTINGS.items()})
    axes[0].set_xlabel("settings that decide a training of the paper's own model at printed size", fontsize=8)
    axes[0].legend([text for text, _ in SETTINGS.values()], loc="upper left", bbox_to_anchor=(1, 1), fontsize=7)
    _bars(axes[1], {title: scored(paper) for title, paper in names.items()}, ENTRIES)
    axes[1].set_xlabel("entries of the errata; those of several papers count for each", fontsize=8)
    axes[1].legend(list(KINDS), loc="upper left", bbox_to_anchor=(1, 1), fontsize=7)
    return figure


def _bars(axis: "Axes", counts: Mapping[str, Mapping[str, int]], colours: Mapping[str, str]) -> None:
    """A stacked bar for each name, a piece for each kind, with its number inside."""
    left = np.zeros(len(counts))
    for kind, colour in colours.items():
        numbers = np.array([of[kind] for of in counts.values()])
        bars = axis.barh(list(counts), numbers, left=left, color=colour, height=0.7)
        inside = "white" if colour in DARK else "black"
        texts = [str(number) if number else "" for number in numbers]
        axis.bar_label(bars, texts, label_type="center", fontsize=7, color=inside)
        left += numbers
    axis.invert_yaxis()
    axis.tick_params(labelsize=8)


def forest(results: Sequence[Result]) -> "Figure | None":
    """What the readings that were trained cost in error, a line each; None if none was."""
    found = [cost for cost in costs(results) if cost.difference]
    if not found:
        return None
    figure, axis = plt.subplots(figsize=(7.0, 0.75 + LINE * len(found)), layout="constrained")
    axis.axvline(0, color="black", linestyle="--", marker="", linewidth=0.8, zorder=0)
    for place, cost in enumerate(found):
        if cost.difference:
            d = cost.difference
            mark(axis, place, (d.value, d.low, d.high), ROW_LOOKS[cost.word])
    axis.set_yticks(range(len(found)), [_name(cost) for cost in found], fontsize=7)
    axis.set_ylim(len(found) - 0.5, -0.5)
    axis.set_xlabel("RMSE of the other reading minus that of the default (points)", fontsize=8)
    words = axis.secondary_yaxis("right")
    words.set_yticks(range(len(found)), [f"{cost.word} ({cost.profile})" for cost in found], fontsize=7)
    words.tick_params(length=0)
    return figure


def _name(cost: Cost) -> str:
    return f"{method(cost.entry.papers[0]).title}, {cost.entry.number}: {cost.reading.text}"
