"""What few test people can show, and what picking the best epoch on the test set is worth (notebook 04)."""

from statistics import NormalDist
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NORMAL = NormalDist()
GAINS = (0.05, 0.5)
"""RMSE points by which a paper's own method mostly lies before the runner-up of its table."""
BAND = "gains that papers mostly print"
PEOPLE = (20, 30, 40, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 1500, 2000)
RMSES = (1.0, 14.0)
CORRELATIONS = (0.0, 0.5, 0.8, 0.95, 0.99)
"""What the axes of ``draw_smallest_difference`` hold: test sets, smallest and largest RMSE, curves."""
EPOCHS, JITTER = 400, 0.6
"""Most epochs and largest jitter that the axes of ``draw_best_of`` hold."""


def smallest_difference(rmse: float, n: int, rho: float, seen: float = 0.5) -> float:
    """True difference of two RMSEs on the same people that a 95 % interval shows in a share of test sets, points.

    Errors of both methods are Gaussian with mean 0 and the same size; then Var(RMSE) ≈ rmse²/(2n), the covariance of
    the two is ρ² times that, and the difference has the standard deviation rmse·√((1 − ρ²)/n). A difference that just
    clears the interval is seen in half of all test sets.

    Args:
        rmse: of both methods, points. n: independent people. rho: correlation of the two methods' errors, −1 … 1.
        seen: the share of test sets in which the interval is to lie on one side of 0, from 0.5 upwards.

    Raises:
        ValueError: an argument out of range.
    """
    if rmse <= 0 or n < 1 or not -1 <= rho <= 1 or not 0.5 <= seen < 1:
        raise ValueError(
            f"rmse={rmse}, n={n}, rho={rho}, seen={seen}: rmse and n are positive, rho lies in −1 … 1, seen in 0.5 … 1."
        )
    away = NORMAL.inv_cdf(0.975) + NORMAL.inv_cdf(seen)
    return float(away * rmse * np.sqrt((1 - rho**2) / n))


def draw_smallest_difference(n: int = 50, rho: float = 0.8, rmse: float = 7.9) -> "Figure":
    """``smallest_difference`` over the number of people for five correlations, and the point that was asked for.

    Size and axes are the same for all arguments within ``PEOPLE``, ``CORRELATIONS`` and ``RMSES``.
    """
    people = np.geomspace(PEOPLE[0], PEOPLE[-1], 60)
    figure, axis = plt.subplots(figsize=(6, 3.3), layout="constrained")
    figure.patch.set_in_layout(True)  # Jupyter crops to what is in the layout: always the whole figure
    axis.axhspan(*GAINS, color="0.9", linewidth=0, label=BAND)
    for r in CORRELATIONS:
        curve = [smallest_difference(rmse, count, r) for count in people]
        axis.plot(people, curve, marker="", label=f"ρ = {r:g}")
    least = smallest_difference(rmse, n, rho)
    axis.plot([n], [least], linestyle="", marker="o", color="black", markersize=7)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xticks([20, 50, 100, 200, 500, 1000, 2000], ["20", "50", "100", "200", "500", "1000", "2000"])
    ticks = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
    axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()
    least_of_all = smallest_difference(RMSES[0], PEOPLE[-1], CORRELATIONS[-1])
    axis.set_ylim(least_of_all / 1.4, 1.4 * smallest_difference(RMSES[1], PEOPLE[0], CORRELATIONS[0]))
    axis.set_xlabel("people in the test set")
    axis.set_ylabel("smallest difference (points)")
    axis.set_title(f"RMSE {rmse:.1f}, {n} people, ρ = {rho:.2f}: {least:.2f} points", fontsize=9)
    figure.legend(fontsize=7, ncols=len(CORRELATIONS) + 1, columnspacing=1.2, loc="outside lower center")
    return figure


def best_of(epochs: int, jitter: float, draws: int = 1000, seed: int = 0) -> np.ndarray:
    """What picking the best of the first k epochs on the test set takes off the RMSE, on average.

    Simulated for a network that has stopped learning: its test RMSE jitters about a fixed value, independently from
    epoch to epoch and as a Gaussian. Neighbouring epochs that resemble each other give less.

    Args:
        epochs: largest k. jitter: standard deviation of the test RMSE between epochs, points. draws: simulated runs.

    Returns:
        gain in points [epochs]; the first is near 0, and none is real.

    Raises:
        ValueError: no epoch, or a negative jitter.
    """
    if epochs < 1 or jitter < 0:
        raise ValueError(f"epochs={epochs}, jitter={jitter}: at least one epoch, and a jitter that is not negative.")
    lucky = np.random.default_rng(seed).normal(0, jitter, (draws, epochs))
    return np.maximum.accumulate(lucky, axis=1).mean(axis=0)


def draw_best_of(epochs: int = 200, jitter: float = 0.2) -> "Figure":
    """``best_of`` for three sizes of jitter and for the one that was asked for; of one epoch the exact value, 0.

    Size and axes are the same for all arguments up to ``EPOCHS`` and ``JITTER``.
    """
    figure, axis = plt.subplots(figsize=(6, 2.9), layout="constrained")
    figure.patch.set_in_layout(True)  # Jupyter crops to what is in the layout: always the whole figure
    axis.axhspan(*GAINS, color="0.9", linewidth=0, label=BAND)
    most = max(JITTER, jitter)
    gains = {sd: np.append(0.0, best_of(EPOCHS, sd)[1:]) for sd in {0.05, 0.2, 0.5, jitter, most}}
    for sd in dict.fromkeys((0.05, 0.2, 0.5, jitter)):
        axis.plot(np.arange(1, EPOCHS + 1), gains[sd], marker="", label=f"jitter {sd:g}")
    gain = 0.0 if epochs == 1 else best_of(epochs, jitter)[-1]
    axis.plot([epochs], [gain], linestyle="", marker="o", color="black", markersize=7)
    axis.set_xscale("log")
    axis.set_xticks([1, 3, 10, 30, 100, 200, 400], ["1", "3", "10", "30", "100", "200", "400"])
    axis.minorticks_off()
    top = 1.06 * gains[most][-1]
    axis.set_ylim(-0.06 * top, top)
    axis.set_xlabel("epochs to pick from")
    axis.set_ylabel("taken off the RMSE (points)")
    axis.set_title(
        f"best of {epochs} epoch{'s' * (epochs > 1)}, jitter {jitter:.2f}: {gain:.2f} points for nothing", fontsize=9
    )
    figure.legend(fontsize=7, ncols=5, columnspacing=1.2, loc="outside lower center")
    return figure
