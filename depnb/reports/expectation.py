"""Where one more seed of a row is expected: a t prediction interval with a spread from its seeds and from its paper's.

Three seeds say little about the spread of a row, and rows differ, so one spread for all rows does not fit either.
**Empirical Bayes** (Smyth, Linear models and empirical Bayes methods for assessing differential expression, 2004) takes
the middle. The variances of a paper's rows scatter around a common s₀², as d₀·s₀²/χ² with d₀ degrees of freedom does.
The variance s² of a row with d degrees of freedom is **shrunk** to (d₀·s₀² + d·s²)/(d₀ + d), which has d₀ + d degrees
of freedom. A few rows of three seeds leave d₀ and s₀² uncertain. If both are estimated and then taken as known, 6 to
8 % of the numbers lie outside instead of 5 % (``benchmarks/reproductions.py``). Therefore the interval averages over
all d₀ and s₀², weighted by how well they fit.
"""

import math
from collections.abc import Sequence
from statistics import variance

import numpy as np

CONFIDENCE = 0.95
FREEDOMS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Finite values of d₀, from rows that differ a lot to rows that are nearly alike. Beforehand each is as likely as an
infinite d₀, with which all rows have the same variance."""
NEGLIGIBLE = 1e-4
"""Below this share of the median variance, a row says nothing about other rows: its seeds end at the same predictor,
such as the constant. Three seeds of an ordinary row come that close in one of 20,000 rows."""
GRID = np.arange(-6.0, 7.0)
"""Values of log s₀², in standard errors around its estimate by moments."""
LIGHT = 1e-6
"""Priors with a smaller share of the weight are left out."""
HALVINGS = 20


def half_widths(rows: Sequence[Sequence[float]], freedoms: Sequence[float] = FREEDOMS) -> np.ndarray:
    """Half the width of the interval around a row's mean in which 95 % of further seeds lie.

    The spread is that between the given seeds. If they share something that a new run makes anew, such as a pretrained
    body, then the spread is understated, and more than 5 % of correct numbers lie outside.

    Args:
        rows: R rows of one paper; of each, the same error of at least two seeds.
        freedoms: finite values of d₀. Without any, all rows have the pooled variance.

    Returns:
        half-widths [R], in the unit of the errors; 0 if no row varies.

    Raises:
        statistics.StatisticsError: a row has fewer than two seeds.
    """
    from scipy.special import stdtr, stdtrit  # scipy takes half a second to import

    squares = np.array([variance(seeds) for seeds in rows])  # [R]
    seeds = np.array([len(seeds) for seeds in rows])  # [R]
    usual = squares > NEGLIGIBLE * np.median(squares)
    if not usual.any():
        return np.zeros(len(rows))
    weights, prior_freedom, prior = _priors(squares[usual], seeds[usual] - 1, freedoms)  # [G] each
    freedom = prior_freedom + (seeds - 1)[:, None]  # [R, G]
    scale = np.sqrt((prior_freedom * prior + ((seeds - 1) * squares)[:, None]) / freedom)  # [R, G]
    freedom[:, -1], scale[:, -1] = sum(seeds[usual] - 1), math.sqrt(prior[-1])  # the variance that all rows have
    ends = stdtrit(freedom, (1 + CONFIDENCE) / 2) * scale  # [R, G]
    low, high = np.log(ends.min(1)), np.log(ends.max(1))  # [R], with the end of the averaged distribution in between
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        beyond = stdtr(freedom, -np.exp(middle)[:, None] / scale) @ weights  # [R]
        near = beyond > (1 - CONFIDENCE) / 2
        low, high = np.where(near, middle, low), np.where(near, high, middle)
    return np.exp(high) * np.sqrt(1 + 1 / seeds)


def _priors(squares: np.ndarray, freedom: np.ndarray, freedoms: Sequence[float]) -> tuple[np.ndarray, ...]:
    """Weight, d₀ and s₀² of each prior [G], by the likelihood of the variances s² [R]; log s₀² has a flat density.

    The last is the prior with an infinite d₀, over all s₀². It has the pooled s², and its d₀ is given as 0.
    """
    from scipy.special import digamma, gammaln, polygamma

    a = freedom / 2  # [R]
    moment = float(np.mean(np.log(squares) - digamma(a) + np.log(a)))
    priors = []
    for prior_freedom in freedoms:
        b = prior_freedom / 2
        error = math.sqrt(np.mean(polygamma(1, a) + polygamma(1, b)) / len(squares))
        prior = np.exp(moment + digamma(b) - math.log(b) + error * GRID)  # [grid]
        ratio = a / (b * prior[:, None])  # [grid, R]; s²/s₀² has an F distribution with d and d₀ degrees of freedom
        fit = gammaln(a + b) - gammaln(a) - gammaln(b) + a * np.log(ratio) - (a + b) * np.log1p(ratio * squares)
        spacing = error * (GRID[1] - GRID[0])
        priors.append((fit.sum(1) + math.log(spacing), np.full(len(GRID), prior_freedom), prior))
    pooled, whole = float(freedom @ squares / freedom.sum()), float(a.sum())
    alike = np.sum(a * np.log(a) - gammaln(a)) + gammaln(whole) - whole * math.log(whole * pooled)
    priors.append((np.array([alike]), np.zeros(1), np.array([pooled])))
    logs, prior_freedoms, prior = (np.concatenate(column) for column in zip(*priors, strict=True))
    weights = np.exp(logs - logs.max())
    kept = weights > LIGHT * weights.sum()
    kept[-1] = True
    return weights[kept] / weights[kept].sum(), prior_freedoms[kept], prior[kept]
