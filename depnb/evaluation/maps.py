"""Where maps of attention lie: pointing game, energy by region, and how alike two maps are.

A region is a number per pixel, from 0; a pixel with −1 is not looked at.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

Numbers = NDArray[np.float64]


def area(regions: ArrayLike, count: int) -> Numbers:
    """The share of the pixels that each region has, [N, count]: what a map that knows nothing would give it.

    Args:
        regions: int [N, S, S]. count: of regions.
    """
    inside = _one_hot(regions, count)  # [N, count, P]
    return _shares(inside.sum(2))


def energy(maps: ArrayLike, regions: ArrayLike, count: int) -> Numbers:
    """The share of each map's energy that lies in each region (Wang et al., Score-CAM, CVPR workshops 2020, §4.3).

    Args:
        maps: [N, S, S], not negative. regions: int [N, S, S]. count: of regions.

    Returns:
        [N, count]; they add up to 1, and are NaN where a map is 0 in all regions.

    Raises:
        ValueError: maps and regions of different shapes, or a negative value.
    """
    values = _values(maps, regions)
    if (values < 0).any():
        raise ValueError("A map has a negative value: take its positive part or its absolute value first.")
    return _shares((_one_hot(regions, count) * values[:, None]).sum(2))


def pointing_game(maps: ArrayLike, regions: ArrayLike, count: int) -> Numbers:
    """Whether each map has its maximum in each region (Zhang et al., Top-down neural attention, ECCV 2016, §4.1).

    Chance is ``area``, not one half: a map that points anywhere hits a large region often.

    Args:
        maps: [N, S, S]. regions: int [N, S, S]. count: of regions.

    Returns:
        [N, count] of 1 and 0; a maximum that several pixels share counts in parts. NaN where a map is constant over
        the regions, and so points nowhere.

    Raises:
        ValueError: maps and regions of different shapes.
    """
    values = _values(maps, regions)
    inside = _one_hot(regions, count)  # [N, count, P]
    looked_at = inside.any(1)  # [N, P]
    highest = np.where(looked_at, values, -np.inf).max(1, keepdims=True)  # [N, 1]
    lowest = np.where(looked_at, values, np.inf).min(1, keepdims=True)
    hits = _shares((inside & (values == highest)[:, None]).sum(2))
    return np.where(highest > lowest, hits, np.nan)


def rank_correlation(maps: ArrayLike, others: ArrayLike) -> Numbers:
    """Spearman's correlation of each map with its other one, over cells (Adebayo et al., NeurIPS 2018, §3).

    Args:
        maps: [N, …]. others: of the same shape.

    Returns:
        [N], −1 to 1; NaN where one of the two is constant.

    Raises:
        ValueError: other shapes.
    """
    one, other = np.asarray(maps, np.float64), np.asarray(others, np.float64)
    if one.shape != other.shape or one.ndim < 2:
        raise ValueError(
            f"Expected two sets of maps [N, …] of one shape, got {list(one.shape)} and {list(other.shape)}."
        )
    ranks = [rankdata(each.reshape(len(each), -1), axis=1) for each in (one, other)]  # [N, P] each
    first, second = (each - each.mean(1, keepdims=True) for each in ranks)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (first * second).sum(1) / np.sqrt((first**2).sum(1) * (second**2).sum(1))


def _values(maps: ArrayLike, regions: ArrayLike) -> Numbers:
    """Maps as [N, P]."""
    values = np.asarray(maps, np.float64)
    if values.ndim != 3 or values.shape != np.shape(regions):
        raise ValueError(
            f"Expected maps and regions of one shape [N, S, S], got {list(values.shape)} and {list(np.shape(regions))}."
        )
    return values.reshape(len(values), -1)


def _one_hot(regions: ArrayLike, count: int) -> NDArray[np.bool_]:
    """Which pixels each region has, [N, count, P]."""
    flat = np.asarray(regions)
    return flat.reshape(len(flat), 1, -1) == np.arange(count)[:, None]


def _shares(amounts: NDArray) -> Numbers:
    """Amounts [N, count] over their sums; NaN where that is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return amounts / amounts.sum(1, keepdims=True)
