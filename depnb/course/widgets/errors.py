"""What four numbers say of scores that are too flat, too high or noisy (notebook 03)."""

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from depnb.evaluation import ccc, mae, pcc, rmse

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PEOPLE = 80
SLOPES, SHIFTS, NOISES = (0.0, 1.2), (-8.0, 8.0), (0.0, 10.0)
"""What the axes of ``draw_four`` hold."""
MOST_POINTS = 24.0


def made_up(slope: float = 0.5, shift: float = 0.0, noise: float = 4.0) -> tuple[np.ndarray, np.ndarray]:
    """Labels of made-up people, always the same ones, and scores of a made-up predictor.

    Args:
        slope: of the scores over the labels; 1 keeps their spread, 0 gives everybody the mean.
        shift: added to each score, points. noise: standard deviation of what is added by chance, points.

    Returns:
        labels [N], scores [N].
    """
    rng = np.random.default_rng(3)
    labels = np.sort(rng.gamma(1.4, 11.0, PEOPLE)).clip(0, 45).round()  # [N]
    chance = rng.standard_normal(PEOPLE).clip(-2, 2)  # [N]
    return labels, labels.mean() + slope * (labels - labels.mean()) + shift + noise * chance


def draw_four(slope: float = 0.5, shift: float = 0.0, noise: float = 4.0) -> "Figure":
    """Scores of ``made_up`` over their labels, and MAE, RMSE and the two correlations beside them.

    Size and axes are the same for all arguments within ``SLOPES``, ``SHIFTS`` and ``NOISES``.
    """
    labels, scores = made_up(slope, shift, noise)
    figure = plt.figure(figsize=(6.6, 3.1), layout="constrained")
    figure.patch.set_in_layout(True)  # Jupyter crops to what is in the layout: always the whole figure
    grid = figure.add_gridspec(2, 2, width_ratios=(1.15, 1))
    people = figure.add_subplot(grid[:, 0])
    people.plot([0, 45], [0, 45], color="0.5", linestyle=":", marker="")
    people.plot(labels, scores, linestyle="", marker="o", color="C0", markersize=3.5, alpha=0.7)
    ends = [made_up(SLOPES[1], to, NOISES[1])[1] for to in SHIFTS]
    people.set_xlim(-2, 47)
    people.set_ylim(min(map(np.min, ends)) - 6, max(map(np.max, ends)) + 4)
    people.set_xlabel("label")
    people.set_title(f"slope {slope:.1f}, shift {round(shift):d}, noise {round(noise):d} points", fontsize=8)
    people.set_ylabel("score (dotted: score = label)")
    numbers = {"MAE": mae(labels, scores), "RMSE": rmse(labels, scores)}
    shares = {"Pearson": pcc(labels, scores), "concordance": ccc(labels, scores)}
    for place, (found, limits) in enumerate(((numbers, (0, MOST_POINTS)), (shares, (-0.35, 1.35)))):
        axis = figure.add_subplot(grid[place, 1])
        heights = [0.0 if np.isnan(value) else value for value in found.values()]
        axis.barh(list(found), heights, 0.6, color=("C0", "C1"))
        for line, value in enumerate(found.values()):
            text = "none" if np.isnan(value) else f"{round(value, 2) + 0.0:.2f}"
            axis.text(max(heights[line], 0) + (limits[1] - limits[0]) * 0.02, line, text, va="center", fontsize=8)
        axis.set_xlim(*limits)
        axis.axvline(0, color="black", linestyle="-", marker="", linewidth=0.8)
        axis.invert_yaxis()
        axis.set_title("errors (points)" if place == 0 else "correlations", fontsize=8)
    return figure
