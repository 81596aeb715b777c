"""What few test people can tell, and what picking the best epoch on the test set is worth (notebook 03)."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Z95 = 1.96
GAINS = (0.05, 0.5)
"""RMSE points by which a paper's own method mostly lies before the runner-up of its table."""


def smallest_difference(rmse: float, n: int, rho: float) -> float:
    """Difference of two RMSEs on the same people that clears a 95 % interval, in BDI-II points.

    Errors of both methods are Gaussian with mean 0 and the same size; then Var(RMSE) ≈ rmse²/(2n), the covariance of
    the two is ρ² times that, and the difference has the standard deviation rmse·√((1 − ρ²)/n).

    Args:
        rmse: of both methods, points. n: independent people. rho: correlation of the two methods' errors, −1 … 1.

    Raises:
        ValueError: an argument out of range.
    """
    if rmse <= 0 or n < 1 or not -1 <= rho <= 1:
        raise ValueError(f"rmse={rmse}, n={n}, rho={rho}: rmse and n are positive, rho lies in −1 … 1.")
    return float(Z95 * rmse * np.sqrt((1 - rho**2) / n))


def draw_smallest_difference(n: int = 50, rho: float = 0.8, rmse: float = 7.9) -> "Figure":
    """``smallest_difference`` over the number of people for five correlations, and the point that was asked for."""
    import matplotlib.pyplot as plt

    people = np.geomspace(20, 2000, 60)
    figure, axis = plt.subplots(figsize=(6, 3.0))
    axis.axhspan(*GAINS, color="0.9", linewidth=0)
    axis.annotate("gains that papers mostly print", (21, GAINS[0] * 1.15), fontsize=7, color="0.3")
    for r in (0.0, 0.5, 0.8, 0.95, 0.99):
        curve = [smallest_difference(rmse, count, r) for count in people]
        axis.plot(people, curve, marker="", label=f"ρ = {r:g}")
    least = smallest_difference(rmse, n, rho)
    axis.plot([n], [least], linestyle="", marker="o", color="black", markersize=7)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xticks([20, 50, 100, 200, 500, 1000, 2000], ["20", "50", "100", "200", "500", "1000", "2000"])
    axis.set_yticks([0.05, 0.1, 0.2, 0.5, 1, 2, 5], ["0.05", "0.1", "0.2", "0.5", "1", "2", "5"])
    axis.minorticks_off()
    axis.set_ylim(0.04, 6)
    axis.set_xlabel("people in the test set")
    axis.set_ylabel("smallest difference (points)")
    axis.set_title(f"RMSE {rmse:.1f}, {n} people, ρ = {rho:.2f}: {least:.2f} points", fontsize=9)
    axis.legend(fontsize=7, ncols=5, loc="upper center")
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
    """``best_of`` for three sizes of jitter and for the one that was asked for."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(6, 2.6))
    axis.axhspan(*GAINS, color="0.9", linewidth=0)
    axis.annotate("gains that papers mostly print", (45, 0.24), fontsize=7, color="0.3")
    for sd in dict.fromkeys((0.05, 0.2, 0.5, jitter)):
        axis.plot(np.arange(1, 401), best_of(400, sd), marker="", label=f"jitter {sd:g}")
    gain = best_of(epochs, jitter)[-1]
    axis.plot([epochs], [gain], linestyle="", marker="o", color="black", markersize=7)
    axis.set_xscale("log")
    axis.set_xticks([1, 3, 10, 30, 100, 200, 400], ["1", "3", "10", "30", "100", "200", "400"])
    axis.minorticks_off()
    axis.set_ylim(-0.05, 1.6)
    axis.set_xlabel("epochs to pick from")
    axis.set_ylabel("taken off the RMSE (points)")
    axis.set_title(f"best of {epochs} epochs, jitter {jitter:.2f}: {gain:.2f} points for nothing", fontsize=9)
    axis.legend(fontsize=7, loc="upper left")
    return figure
