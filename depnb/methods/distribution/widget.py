"""Two peaks that the expectation loss allows (notebook 10)."""

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEVELS = 64


def two_peaks(mean: float, distance: int, blur: float = 0.0) -> np.ndarray:
    """A distribution over the 64 BDI-II levels with two peaks around a mean: what the expectation loss allows.

    Args:
        mean: expected score, 0–63.
        distance: how far the two peaks lie apart, in levels; 0 is one peak. Cut so that both fit on the scale, and
            one more where that puts both on whole levels around the mean.
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
    low, high, share = _peaks(mean, distance)
    if not blur:
        p = np.zeros(LEVELS)
        p[low] += 1 - share
        p[high] += share
        return p
    levels = np.arange(LEVELS)
    peaks = (s * np.exp(-((levels - at) ** 2) / (2 * blur**2)) for s, at in ((1 - share, low), (share, high)))
    p = sum(peaks, np.zeros(LEVELS))
    return p / p.sum()


def _peaks(mean: float, distance: int) -> tuple[int, int, float]:
    """Levels of the two peaks, and the probability of the upper one."""
    low = int(max(0, np.floor(mean - distance / 2)))
    high = int(min(LEVELS - 1, max(low, np.ceil(mean + distance / 2))))
    return low, high, 0.0 if high == low else (mean - low) / (high - low)


def draw_two_peaks(mean: float = 10.0, distance: int = 20, blur: float = 0.0) -> "Figure":
    """The distribution of ``two_peaks`` with its mean, variance and two losses against the label ``mean``.

    The title says how far the peaks lie apart, and if the scale left less room than ``distance``.
    """
    low, high, share = _peaks(mean, distance)
    apart = high - low if 0 < share < 1 else 0
    p = two_peaks(mean, distance, blur)
    levels = np.arange(LEVELS)
    expected = float(p @ levels)
    variance = float(p @ (levels - expected) ** 2)
    probability = p[round(mean)]
    beyond = "above 700" if blur else "infinite"  # a blurred peak reaches everywhere, but float64 does not
    cross_entropy = f"{max(0.0, -np.log(probability)):.2f}" if probability > 0 else beyond
    figure, axis = plt.subplots(figsize=(6, 2.5), layout="constrained")
    figure.patch.set_in_layout(True)  # Jupyter crops to what is in the layout: always the whole figure
    axis.bar(levels, p, width=0.9)
    axis.axvline(expected, color="black", linestyle="--", marker="")
    cut = f" (cut from {distance} to fit the scale)" if apart < distance else ""
    axis.set_title(
        f"label {mean:.0f}: expectation loss {(expected - mean) ** 2 / 2:.2f}, cross-entropy {cross_entropy}\n"
        f"mean {expected:.1f} (dashed), variance {variance:.0f}, peaks {apart} apart{cut}",
        fontsize=9,
    )
    axis.set_xlabel("BDI-II level")
    axis.set_ylabel("probability")
    return figure
