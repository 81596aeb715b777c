"""One figure of a judgement: scores over labels, of generated people; errors with their intervals."""

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt

from depnb.evaluation.bands import BANDS
from depnb.reports.judge.judgement import Judgement, Part, Points
from depnb.reports.judge.page import NAMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKS = {"constant": ("|", "constant (training mean)"), "identity_only": ("x", "identity only")}


def draw(made: Judgement) -> "Figure | None":
    """Errors of each set of people with 95 % intervals, beside those of rivals; of generated people also each score.

    A figure on real people shows nobody: it has the errors alone, with as many digits as the page. None where no error
    of anybody may be told.
    """
    told = {name: part for name, part in made.parts.items() if not part.withheld}
    if not told:
        return None
    shown = told.get("unseen", next(iter(told.values())))
    height = 1.5 + 0.45 * len(told) * len(NAMES)
    if shown.points is None:
        figure, errors = plt.subplots(figsize=(4.8, height))
    else:
        figure, (scatter, errors) = plt.subplots(1, 2, figsize=(7.2, max(3.3, height)), width_ratios=[1, 1.05])
        _scatter(scatter, shown.points, shown.title, made.seeds)
    _errors(errors, list(told.values()), made)
    return figure


def _scatter(axis: "Axes", points: Points, who: str, seeds: int) -> None:
    low, high = BANDS[0].low, BANDS[-1].high
    top = max(46.0, float(points.labels.max()) + 1, float(points.scores.max()) + 1)
    bottom = min(-1.0, float(points.scores.min()) - 1)
    for name, first, last in BANDS:
        if first > low:
            axis.axvline(first - 0.5, color="0.85", linestyle="-", marker="", linewidth=0.8, zorder=0)
        middle = (first + min(last, top)) / 2
        if first < top:
            axis.annotate(
                name, (middle, 1.01), xycoords=axis.get_xaxis_transform(), ha="center", fontsize=6.5, color="0.4"
            )
    axis.plot([low, high], [low, high], color="0.6", linestyle=":", marker="", label="score = label")
    if points.constant is not None:
        axis.axhline(points.constant, color="black", linestyle="--", marker="", label="constant (training mean)")
    axis.plot(points.labels, points.scores, color="C0", linestyle="", marker="o", markersize=3, alpha=0.6)
    axis.set(xlim=(-1, top), ylim=(bottom, top))
    axis.set_xlabel(f"BDI-II label, {who}", fontsize=8)
    axis.set_ylabel("score" if seeds == 1 else f"score, mean over {seeds} seeds", fontsize=8)
    axis.legend(fontsize=6.5, loc="upper left", handlelength=1.8)


def _errors(axis: "Axes", parts: list[Part], made: Judgement) -> None:
    ticks: list[float] = []
    labels: list[str] = []
    farthest = 0.0
    for part in parts:
        for error, name in NAMES.items():
            place = -float(len(ticks))
            ticks.append(place)
            labels.append(f"{name}, {part.title.removesuffix(' among them')}")
            farthest = max(farthest, _with_interval(axis, part.metrics, error, place, "C0", "o", made.title))
            for rival, (marker, title) in MARKS.items():
                if rival in part.rivals:
                    there = part.rivals[rival].errors[error]
                    size = 10 if marker == "|" else 6
                    axis.plot(there, place, color="black", linestyle="", marker=marker, markersize=size, label=title)
                    farthest = max(farthest, there)
            if other := part.rivals.get("against"):
                end = _with_interval(axis, other.errors, error, place - 0.25, "C1", "s", other.title)
                farthest = max(farthest, end)
    axis.set_yticks(ticks, labels, fontsize=7)
    axis.set(xlim=(0, farthest * 1.06), ylim=(ticks[-1] - 0.6, 0.6))
    over = "people and seeds" if made.seeds > 1 else "people"
    axis.set_xlabel(f"error (BDI-II points)\nand 95 % interval over {over}", fontsize=8)
    found = dict(zip(*reversed(axis.get_legend_handles_labels()), strict=True))
    axis.legend(
        found.values(), found, fontsize=6.5, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0), handlelength=1.4
    )


def _with_interval(
    axis: "Axes", errors: dict[str, float], error: str, place: float, colour: str, marker: str, title: str
) -> float:
    """Draw an error with its interval, if there is one; the end that lies farthest."""
    value = errors[error]
    ends = [errors.get(f"{error}_{end}", value) for end in ("low", "high")]
    axis.plot(ends, [place, place], color=colour, linestyle="-", marker="", linewidth=1.6)
    axis.plot(value, place, color=colour, linestyle="", marker=marker, label=title)
    return max(ends)
