"""Two peaks that the expectation loss allows (notebook 10)."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEVELS = 64


def two_peaks(mean: float, distance: int, blur: float = 0.0) -> np.ndarray:
    """A distribution over the 64 BDI-II levels with two peaks around a mean: what the expectation loss allows.

    Args:
        mean: expected score, 0–63.
        distance: how far the two peaks lie apart, in levels; 0 is one peak. Cut so that both fit on the scale.
        blur: standard deviation of each peak in levels; 0 gives single levels.

    Returns:
        float64 [64], sums to 1; without blur the mean is exactly ``mean``.

    Raises:
        ValueError: ``mean`` or ``distance`` out of range.
    """
    if not 0 <= mean <= LEVELS - 1 or distance < 0 or blur < 0:
        raise ValueError(
            f"mean={mean}, distance={distance}, blur={blur}: mean lies in 0 … 63, the others are not negative."
        )
    low = int(max(0, np.floor(mean - distance / 2)))
    high = int(min(LEVELS - 1, max(low, np.ceil(mean + distance / 2))))
    share = 0.0 if high == low else (mean - low) / (high - low)
    if not blur:
        p = np.zeros(LEVELS)
        p[low] += 1 - share
        p[high] += share
        return p
    levels = np.arange(LEVELS)
    p = sum(s * np.exp(-((levels - at) ** 2) / (2 * blur**2)) for s, at in ((1 - share, low), (share, high)))
    return p / p.sum()


def draw_two_peaks(mean: float = 10.0, distance: int = 20, blur: float = 0.0) -> "Figure":
    """The distribution of ``two_peaks`` with its mean, variance and two losses against the label ``mean``."""
    import matplotlib.pyplot as plt

    p = two_peaks(mean, distance, blur)
    levels = np.arange(LEVELS)
    expected = float(p @ levels)
    variance = float(p @ (levels - expected) ** 2)
    probability = p[round(mean)]
    cross_entropy = f"{-np.log(probability):.2f}" if probability > 0 else "∞"
    figure, axis = plt.subplots(figsize=(6, 2.2))
    axis.bar(levels, p, width=0.9)
    axis.axvline(expected, color="black", linestyle="--", marker="", label=f"mean {expected:.1f}")
    axis.set_title(
        f"label {mean:.0f}: expectation loss {(expected - mean) ** 2 / 2:.2f}, cross-entropy {cross_entropy}, "
        f"variance {variance:.0f}",
        fontsize=9,
    )
    axis.set_xlabel("BDI-II level")
    axis.set_ylabel("probability")
    axis.legend(fontsize=8)
    return figure
