"""Printed errors over the years, with the constant predictor, an interval, and what replications came to."""

from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any, Literal

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from depnb.evaluation.reported import reported_interval
from depnb.methods.registry import method
from depnb.reports.leaderboard import CONSTANT, CORPORA, FIRST_YEAR, PEOPLE, Row, replications, rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Metric = Literal["rmse", "mae"]
METRICS: tuple[Metric, ...] = ("rmse", "mae")
OFFSETS = ((-34, -27), (0, -35), (34, -24), (25, 3), (-14, 13))
"""Where the names of papers of this course stand from their points, in points of print and in the order of time."""
PRINTED, PAPER, REPEATED = "#0173b2", "black", "#d55e00"
BESIDE = 0.45
"""Years by which points that would lie on each other are moved apart, at most."""


def draw() -> "Figure":
    """A panel per corpus and error: printed video methods by year, replications above what they repeat."""
    figure, axes = plt.subplots(2, 2, figsize=(7.2, 5.6), sharex=True, sharey="row", layout="constrained")
    for line, metric in zip(axes, METRICS, strict=True):
        for axis, corpus in zip(line, CORPORA, strict=True):
            _panel(axis, corpus, metric)
        line[0].set_ylabel(f"{metric.upper()} on the test set (points)", fontsize=8)
    for axis, corpus in zip(axes[0], CORPORA, strict=True):
        axis.set_title(corpus, fontsize=9)
    for axis in axes[1]:
        axis.set_xlabel("year of publication", fontsize=8)
    figure.legend(handles=_legend(), loc="outside lower center", ncols=3, fontsize=7)
    return figure


def shown(corpus: str, metric: Metric) -> list[Row]:
    """The printed rows of a panel: methods that look at video, with a year and this error, in order of time.

    Of sources that print different numbers for one method, the authors' own count, else the first.
    """
    found: dict[str, Row] = {}
    for row in rows():
        fits = row.corpus == corpus and row.modality == "video" and row.printed and row.year is not None
        if not fits or getattr(row, metric) is None:
            continue
        before = found.setdefault(row.key, row)
        if row.reported_by == "authors" and before.reported_by != "authors":
            found[row.key] = row
    return sorted(found.values(), key=lambda row: (row.year, getattr(row, metric)))


def lowest(drawn: Sequence[Row], metric: Metric) -> list[tuple[int, float]]:
    """The lowest printed error up to and with each year."""
    by_year: dict[int, float] = {}
    for row in drawn:
        error, so_far = getattr(row, metric), min(by_year.values(), default=float("inf"))
        by_year[row.year or 0] = min(error, so_far)
    return list(by_year.items())


def _panel(axis: "Axes", corpus: str, metric: Metric) -> None:
    drawn = shown(corpus, metric)
    years, errors = zip(*lowest(drawn, metric), strict=True)
    ends = [reported_interval(error, PEOPLE, metric) for error in errors]
    begins = [year - 0.5 for year in (*years, years[-1] + 1)]
    low, high = ([*side, side[-1]] for side in zip(*ends, strict=True))
    axis.fill_between(begins, low, high, step="post", color="0.9", linewidth=0, zorder=0)
    axis.step(begins, [*errors, errors[-1]], where="post", color="0.6", linestyle="-", marker="", linewidth=1, zorder=1)
    constant = next(getattr(row, metric) for row in rows() if (row.key, row.corpus) == (CONSTANT, corpus))
    axis.axhline(constant, color="black", linestyle="--", marker="", linewidth=0.9)
    offsets = cycle(OFFSETS)
    for row, year in zip(drawn, _spread(drawn), strict=True):
        _point(axis, row, year, metric)
        if row.paper:
            _name(axis, method(row.paper).title, (year, getattr(row, metric)), next(offsets))
    axis.set_xlim(FIRST_YEAR - 0.6, max(row.year or 0 for row in rows()) + 0.6)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.tick_params(labelsize=8)


def _spread(drawn: Sequence[Row]) -> list[float]:
    """Where rows stand on the axis of time: those of one year beside each other, in the order given."""
    of_year: dict[int | None, list[Row]] = {}
    for row in drawn:
        of_year.setdefault(row.year, []).append(row)
    return [
        (row.year or 0) + 2 * BESIDE * ((own.index(row) + 0.5) / len(own) - 0.5)
        for row in drawn
        if (own := of_year[row.year])
    ]


def _point(axis: "Axes", row: Row, year: float, metric: Metric) -> None:
    error = getattr(row, metric)
    colour = PAPER if row.paper else PRINTED
    fill = colour if row.reported_by == "authors" else "white"
    marker = "s" if row.paper else "o"
    axis.plot(year, error, color=colour, linestyle="", marker=marker, markersize=4.5, markerfacecolor=fill, zorder=3)
    again = [(other, value) for other in replications(row) if (value := getattr(other, metric)) is not None]
    for other, value in again:
        axis.plot([year, year], [error, value], color=REPEATED, linestyle="-", marker="", linewidth=0.8, zorder=2)
        filled = REPEATED if other.attempt == "released weights" else "white"
        axis.plot(year, value, color=REPEATED, marker="D", markersize=6, markerfacecolor=filled, linestyle="", zorder=2)
    highest = max((value for _, value in again), default=error)
    if highest > error:
        axis.annotate(row.method, (year, highest), (5, 4), textcoords="offset points", fontsize=6)


def _name(axis: "Axes", name: str, point: tuple[float, float], offset: tuple[float, float]) -> None:
    leader: dict[str, Any] = {"arrowstyle": "-", "color": "0.3", "linewidth": 0.5, "shrinkA": 0, "shrinkB": 2}
    box = {"pad": 0.5, "facecolor": "none", "edgecolor": "none"}
    axis.annotate(
        name,
        point,
        offset,
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=6,
        arrowprops=leader,
        bbox=box,
    )


def _legend() -> list[Line2D | Patch]:
    point: dict[str, Any] = {"linestyle": "", "markersize": 5}
    return [
        Line2D([], [], color=PRINTED, marker="o", label="printed by the authors", **point),
        Line2D([], [], color=PRINTED, marker="o", markerfacecolor="white", label="copied by a third party", **point),
        Line2D([], [], color=PAPER, marker="s", label="papers of this course", **point),
        Line2D([], [], color=REPEATED, marker="D", label="others, with the released weights", **point),
        Line2D([], [], color=REPEATED, marker="D", markerfacecolor="white", label="others, trained again", **point),
        Line2D([], [], color="black", linestyle="--", linewidth=0.9, label="constant: mean of training labels"),
        Line2D([], [], color="0.6", linestyle="-", linewidth=1, label="lowest printed error so far"),
        Patch(facecolor="0.9", label=f"its 95 % interval at n = {PEOPLE}"),
    ]
