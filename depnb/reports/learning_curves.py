"""Learning curves: a small panel for each row of a paper, with the step that was kept."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np

from depnb.experiments.result import Result
from depnb.methods.registry import method

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 4
LARGEST_SHARE, LARGEST_ERROR = 1.3, 20.0
"""Of a loss, as a share of the constant's, and of an error, points; what lies above is cut off."""


class Look(NamedTuple):
    """How a kind of curve is drawn, and what it is."""

    colour: str
    line: str
    label: str


LOOKS = {
    "train_loss": Look("#0173b2", "-", "training loss (share of the constant's)"),
    "rmse": Look("#d55e00", "--", "RMSE, selecting partition"),
    "unseen": Look("#029e73", ":", "RMSE, unseen people"),
}
"""By the key of a curve's checks; the loss belongs to the left axis, errors to the right one."""


def shown(paper: str, results: Iterable[Result]) -> list[Result]:
    """The results whose curves are drawn: of each row on its main corpus, ``both`` or else its first, ``honest``.

    A row that averages others is left out, because its curves are theirs.
    """
    by_row: dict[str, list[Result]] = {}
    for r in results:
        if r.run.paper == paper and r.run.row not in method(paper).fused and any(map(len, r.curves)):
            by_row.setdefault(r.run.row, []).append(r)
    order = list(method(paper).rows)
    named = sorted(by_row, key=lambda row: (row not in order, order.index(row) if row in order else 0))
    return [r for row in named for r in _main(by_row[row])]


def _main(own: Sequence[Result]) -> list[Result]:
    ranked = sorted(own, key=lambda r: (r.run.protocol != "honest", r.run.corpus != "both"))
    first = ranked[0].run
    return [r for r in own if (r.run.corpus, r.run.protocol) == (first.corpus, first.protocol)]


def draw(paper: str, results: Sequence[Result]) -> "Figure | None":
    """Loss and errors of each row by step: seeds thin, their mean thick, dots at the steps that were kept."""
    by_row: dict[str, list[Result]] = {}
    for r in shown(paper, results):
        by_row.setdefault(r.run.row, []).append(r)
    if not by_row:
        return None
    columns = min(COLUMNS, len(by_row))
    rows = -(-len(by_row) // columns)
    size = (0.6 + 1.7 * columns, 0.9 + 1.35 * rows)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, sharey=True, layout="constrained")
    panels = {row: (axis, axis.twinx()) for axis, row in zip(axes.flat, by_row, strict=False)}
    for place, (row, (left, right)) in enumerate(panels.items()):
        _panel(left, right, by_row[row])
        right.tick_params(labelright=place % columns == columns - 1 or place == len(by_row) - 1)
        left.set(ylim=(0, LARGEST_SHARE), yticks=(0, 0.5, 1))
        right.set(ylim=(0, LARGEST_ERROR), yticks=(0, 5, 10, 15, 20))
        right.spines["right"].set_visible(True)
    for axis in axes.flat[len(by_row) :]:
        axis.set_axis_off()
    figure.supxlabel("step", fontsize=8)
    figure.supylabel("training loss, share of the constant's", fontsize=8)
    figure.text(0.999, 0.5, "RMSE (points)", rotation=270, ha="right", va="center", fontsize=8)
    figure.get_layout_engine().set(rect=(0, 0, 0.975, 1))  # type: ignore[union-attr,call-arg]  # as it is constrained
    figure.legend(*_legend(by_row), loc="outside upper center", ncols=4, fontsize=7)
    return figure


def _panel(left: "Axes", right: "Axes", own: Sequence[Result]) -> None:
    """One row: its trainings are those of its seeds, and within a seed those of its folds."""
    trainings = [(curve, step) for r in own for curve, step in zip(r.curves, r.selected_steps, strict=True)]
    last = max(curve[-1]["step"] for curve, _ in trainings)
    for key, look in LOOKS.items():
        axis = left if key == "train_loss" else right
        drawn = [by_step for curve, _ in trainings if (by_step := _curve(curve, key))]
        for by_step in drawn:
            axis.plot(*zip(*by_step.items(), strict=True), **_style(look), linewidth=0.5, alpha=0.6)
        steps = [step for step in (drawn[0] if drawn else ()) if all(step in by_step for by_step in drawn)]
        means = [np.mean([by_step[step] for by_step in drawn]) for step in steps]
        axis.plot(steps, means, **_style(look), linewidth=1.6)
    for curve, step in trainings:
        key = "rmse" if "rmse" in curve[-1] else "train_loss"
        axis, value = right if key == "rmse" else left, _curve(curve, key).get(step, np.nan)
        axis.plot(step, value, "o", color="black", markersize=2.5, zorder=5)
    run = own[0].run
    untrained = "" if all(r.learnt for r in own) else ", not trained"
    left.set_title(f"{run.row}{untrained}", fontsize=7, parse_math=False, pad=3)
    left.text(0.97, 0.96, f"“{run.corpus}”", transform=left.transAxes, ha="right", va="top", fontsize=6)
    left.set_xticks([0, last])
    for axis in (left, right):
        axis.tick_params(labelsize=6, length=2, pad=2)


def _curve(curve: Sequence[Any], key: str) -> dict[float, float]:
    """Values by step, where the training has them; a loss as share of the first check's, the constant's."""
    first = curve[0]["train_loss"] if key == "train_loss" else 1.0
    return {check["step"]: check[key] / first for check in curve if key in check}


def _style(look: Look) -> dict[str, Any]:
    return {"color": look.colour, "linestyle": look.line, "marker": ""}


def _legend(by_row: dict[str, list[Result]]) -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D

    keys = {key for own in by_row.values() for r in own for curve in r.curves for check in curve for key in check}
    drawn = [look for key, look in LOOKS.items() if key in keys]
    lines = [Line2D([], [], **_style(look), linewidth=1.6) for look in drawn]
    dot = Line2D([], [], color="black", linestyle="", marker="o", markersize=2.5)
    return [*lines, dot], [*(look.label for look in drawn), "kept step, of each training"]
