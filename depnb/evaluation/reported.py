"""The interval of an error of which a paper prints the number and no scores. Needs neither numpy nor scipy."""

import math
from statistics import NormalDist
from typing import Literal

RELATIVE_SD = {"rmse": math.sqrt(1 / 2), "mae": math.sqrt(math.pi / 2 - 1)}
"""Standard deviation of an error over its own size, times the root of n, for Gaussian single errors with mean 0."""


def reported_interval(
    error: float, n: int, metric: Literal["rmse", "mae"] = "rmse", confidence: float = 0.95
) -> tuple[float, float]:
    """The true errors with which a printed one is compatible, if single errors are independent and Gaussian.

    For large n the printed error is normal about the true one, with a standard deviation that is a known share of it:
    1/√(2n) for the RMSE, √((π/2 − 1)/n) for the MAE. This is solved for the true error. For the RMSE at n = 50 the ends
    differ by less than 0.2 % from those of the χ² distribution (notebook 03, equation 6). Where scores are known,
    ``error_interval`` is better: it needs no Gaussian errors and knows about people and seeds.

    Args:
        error: RMSE or MAE as printed, BDI-II points.
        n: independent test cases: people, or sessions where videos of one session share a label.
        metric: which of the two it is.
        confidence: of the interval.

    Returns:
        low, high in points.

    Raises:
        ValueError: the error is negative, or there are too few cases for this formula.
    """
    share = NormalDist().inv_cdf((1 + confidence) / 2) * RELATIVE_SD[metric] / math.sqrt(n) if n > 0 else math.inf
    if error < 0 or share >= 1:
        raise ValueError(f"An interval needs an error of at least 0 and more than a few cases: got {error}, n = {n}.")
    return error / (1 + share), error / (1 - share)
