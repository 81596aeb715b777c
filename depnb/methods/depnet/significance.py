"""Significance tests that papers print beside their errors: what each of them asks, and one that asks what is meant.

Five of them stand in Tables 6–7 of the DepNet paper, made from "30 samples" of each algorithm, and are read there as
superiority (E53). None of them looks at labels, and four do not notice when the people of a list change places. "Is A
better than B" is asked by ``wilcoxon_of_errors`` here, and with an interval by ``evaluation.compare``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from depnb.evaluation.metrics import BANDS, clipped, mae

if TYPE_CHECKING:
    import pandas as pd

SAMPLES = 30
LEVEL = 0.05
DIGITS = 9
CONTINGENCIES = ("bands", "scores", "crossed")


@dataclass(frozen=True)
class Significance:
    """A significance test and what came out.

    Attributes:
        name: as statisticians call it.
        null: the null hypothesis.
        looks_at: what the test is given: one list of scores, two, or pairs.
        statistic: of the test; NaN where it is not defined.
        p: chance of data at least this far from the null hypothesis if that is true, 0–1; NaN where the statistic is.
    """

    name: str
    null: str
    looks_at: str
    statistic: float
    p: float

    def says(self, level: float = LEVEL) -> str:
        """What p says of the null hypothesis; a large one says nothing for it."""
        if np.isnan(self.p):
            return "not defined"
        return "speaks against it" if self.p < level else "nothing seen against it"


def samples(people: int, size: int = SAMPLES, seed: int = 0) -> NDArray[np.int_]:
    """Which people are looked at: ``size`` different ones at random, in the order of the list.

    How the paper came to 30 of its 50 or 100 test videos it does not tell (E53); ours are the same for every row, so
    that lists can be compared person by person.

    Returns:
        indices below ``people``, rising, int [size].

    Raises:
        ValueError: more than there are.
    """
    if not 0 < size <= people:
        raise ValueError(f"{size} of {people} people: give a size from 1 to the number of people.")
    return np.sort(np.random.default_rng(seed).permutation(people)[:size])


def shapiro_wilk(scores: ArrayLike) -> Significance:
    """Are scores [n] a Gaussian sample? Not defined for a constant. Raises as ``five_tests``."""
    x = _list(scores)
    statistic, p = stats.shapiro(x) if np.ptp(x) else (np.nan, np.nan)
    return _found("Shapiro–Wilk", "the scores are Gaussian", "one list", statistic, p)


def dickey_fuller(scores: ArrayLike) -> Significance:
    """Does a series [n] wander, x_t = x_{t−1} + what stays bounded? Augmented by lags that Akaike's criterion chooses.

    It is made for series in time. Scores of different people have no order, and p changes with the one they are given.
    Not defined for a constant. Raises as ``five_tests``.
    """
    from statsmodels.tsa.stattools import adfuller  # takes a second to import

    x = _list(scores)
    statistic = p = np.nan
    if np.ptp(x):
        test = adfuller(x, result_object=True)
        statistic, p = test.statistic, test.pvalue
    return _found("Dickey–Fuller, augmented", "the series has a unit root", "one list, in its order", statistic, p)


def anova(first: ArrayLike, second: ArrayLike) -> Significance:
    """Do two lists [n] and [m] have equal means? One-way analysis of variance; not defined for two constants.

    Raises as ``five_tests``.
    """
    a, b = np.sort(_list(first)), np.sort(_list(second))  # order is nothing to it, rounding aside
    statistic, p = stats.f_oneway(a, b) if np.ptp(a) or np.ptp(b) else (np.nan, np.nan)
    if statistic < 0:  # equal means, by rounding
        statistic, p = 0.0, 1.0
    return _found("ANOVA, one way", "the lists have equal means", "two lists", statistic, p)


def contingency(
    first: ArrayLike, second: ArrayLike, by: Literal["bands", "scores", "crossed"] = "bands"
) -> NDArray[np.float64]:
    """The table that a chi-squared test takes, made of two lists of scores; the paper does not tell how (E53).

    Args:
        first, second: scores [n] each; those outside 0–63 count as 0 or 63.
        by: ``bands``: how many people each list has in each of the four severity bands, a line a list. ``scores``: the
            lists themselves as the two lines, as if scores were counts, which they are not. ``crossed``: people by
            whether the first list puts them above the band minimal (lines: no, yes) and whether the second does
            (columns); the only table that sees which scores belong together.

    Returns:
        [2, columns], columns without a count left out; of ``crossed`` lines too.

    Raises:
        ValueError: another ``by``, or as ``five_tests``; for ``scores`` and ``crossed`` also different lengths.
    """
    if by not in CONTINGENCIES:
        raise ValueError(f"No table {by!r}: choose from {', '.join(CONTINGENCIES)}.")
    lists = clipped(_list(first)), clipped(_list(second))
    if by != "bands" and len(lists[0]) != len(lists[1]):
        raise ValueError(f"{len(lists[0])} and {len(lists[1])} scores: {by!r} needs two of each person.")
    if by == "bands":
        edges = [*(band.low for band in BANDS), BANDS[-1].high + 1]
        table = np.stack([np.histogram(x, edges)[0] for x in lists]).astype(float)  # [2, 4]
    elif by == "scores":
        table = np.stack(lists)  # [2, n]
    else:
        first_above, second_above = (x >= BANDS[1].low for x in lists)
        table = np.histogram2d(first_above, second_above, bins=[[0, 1, 2]] * 2)[0]  # [2, 2]
    return table[table.any(1)][:, table.any(0)]


def chi_squared(
    first: ArrayLike, second: ArrayLike, by: Literal["bands", "scores", "crossed"] = "bands"
) -> Significance:
    """Are lines and columns of ``contingency`` independent? Yates' correction for 2×2; arguments and errors as there.

    Not defined where the table has only one line or column.
    """
    table = contingency(first, second, by)
    statistic = p = np.nan
    if min(table.shape) > 1:
        statistic, p, *_ = stats.chi2_contingency(table)
    name = {"bands": "people per band", "scores": "scores as counts", "crossed": "people, crossed"}[by]
    pairs = "two lists" if by == "bands" else "pairs of scores"
    return _found(f"chi-squared, {name}", "lines and columns are independent", pairs, statistic, p)


def mann_whitney(first: ArrayLike, second: ArrayLike) -> Significance:
    """Does neither of two lists [n] and [m] tend to be larger? One-sided: half of the two-sided p, at most ½.

    The printed 0.499 and 0.498 look like that. Not defined where all scores are equal. Raises as ``five_tests``.
    """
    a, b = _list(first), _list(second)
    statistic = p = np.nan
    if np.ptp(np.concatenate([a, b])):
        statistic, p = stats.mannwhitneyu(a, b)
    return _found("Mann–Whitney, one-sided", "neither list tends to be larger", "two lists", statistic, p / 2)


def five_tests(
    first: ArrayLike, second: ArrayLike, by: Literal["bands", "scores", "crossed"] = "bands"
) -> tuple[Significance, ...]:
    """The five tests of Tables 6–7 in the paper's order: the first two on ``first``, three on both lists.

    Args:
        first, second: scores of two algorithms, BDI-II points, [n] each.
        by: as in ``contingency``.

    Raises:
        ValueError: no list of at least three finite numbers; for Dickey–Fuller, too few to estimate it.
    """
    return (
        shapiro_wilk(first),
        dickey_fuller(first),
        anova(first, second),
        chi_squared(first, second, by),
        mann_whitney(first, second),
    )


def wilcoxon_of_errors(y: ArrayLike, first: ArrayLike, second: ArrayLike, subjects: Sequence[str]) -> Significance:
    """Is neither of two methods closer to the labels of the same people? Wilcoxon's signed-rank test, two-sided.

    Of each person the mean absolute errors of both methods are taken (over videos and seeds), and their differences
    ranked by size. p is small where the larger differences mostly favour one method; which one, the sign of
    ``evaluation.compare`` says, and by how much.

    Args:
        y: labels [N].
        first, second: scores of the two methods, [N] or [seeds, N].
        subjects: the person in each video, N names.

    Returns:
        p is 1 where no person's errors differ.

    Raises:
        ValueError: shapes that do not fit, or a value that is not finite.
    """
    y, people = np.asarray(y, dtype=float), np.asarray(subjects)
    if people.shape != y.shape:
        raise ValueError(f"Expected the person of each of {len(y)} videos, got {len(people)} names.")
    sides = [np.atleast_2d(np.asarray(side, dtype=float)) for side in (first, second)]
    differences = np.array([_error(y, sides[0], own) - _error(y, sides[1], own) for own in _videos(people)])
    differences = differences.round(DIGITS)  # or rounding errors are ranked
    statistic, p = stats.wilcoxon(differences) if differences.any() else (0.0, 1.0)
    return _found(
        "Wilcoxon, absolute errors", "neither method's errors tend to be larger", "pairs of errors", statistic, p
    )


def table(tests: Sequence[Significance], level: float = LEVEL) -> "pd.DataFrame":
    """Tests as lines: test, null hypothesis, what it looks at, p, and what p says."""
    import pandas as pd

    return pd.DataFrame(
        {"test": t.name, "null hypothesis": t.null, "looks at": t.looks_at, "p": t.p, "p says": t.says(level)}
        for t in tests
    )


def _found(name: str, null: str, looks_at: str, statistic: float, p: float) -> Significance:
    return Significance(name, null, looks_at, float(statistic), float(p))


def _list(scores: ArrayLike) -> NDArray[np.float64]:
    x = np.asarray(scores, dtype=float)
    if x.ndim != 1 or len(x) < 3 or not np.isfinite(x).all():
        raise ValueError(f"Expected a list of at least 3 finite scores, got the shape {x.shape}.")
    return x


def _videos(people: NDArray) -> list[NDArray[np.int_]]:
    """Of each person the indices of the videos."""
    return [np.flatnonzero(people == person) for person in np.unique(people)]


def _error(y: NDArray, scores: NDArray, own: NDArray) -> float:
    """Mean absolute error over seeds of scores [seeds, N] on the videos ``own``."""
    return float(np.mean([mae(y[own], of_seed[own]) for of_seed in scores]))
