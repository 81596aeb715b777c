"""What a trained network says of a few people (notebook 10)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_learnt(p: NDArray[np.floating], labels: Sequence[float], known: NDArray[np.floating]) -> "Figure":
    """Distributions of some people with their means and labels, and beside them those of the training videos.

    Args:
        p: probabilities over the levels, [people, K].
        labels: of these people, BDI-II points.
        known: labels of the training videos, BDI-II points [N].
    """
    levels = np.arange(p.shape[1])
    figure, axes = plt.subplots(1, len(p) + 1, figsize=(1.9 * (len(p) + 1), 2.1), sharex=True)
    for axis, own, label in zip(axes, p, labels, strict=False):
        mean = float(own @ levels)
        spread = float(np.sqrt(own @ (levels - mean) ** 2))
        axis.bar(levels, own, width=0.9)
        axis.axvline(mean, color="black", linestyle="--", marker="", linewidth=1)
        axis.axvline(label, color="C1", linestyle="-", marker="", linewidth=1)
        axis.set_title(f"label {label:.0f}, score {mean:.0f} ± {spread:.0f}", fontsize=8)
        axis.set(ylim=(0, 1.05 * p.max()))
    axes[-1].bar(levels, np.bincount(known.round().astype(int), minlength=len(levels)), width=0.9, color="0.5")
    axes[-1].set_title("training labels", fontsize=8)
    axes[0].set_ylabel("probability")
    axes[-1].set_ylabel("videos")
    figure.supxlabel("BDI-II level", fontsize=8)
    return figure
