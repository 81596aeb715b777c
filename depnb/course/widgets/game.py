"""Who is better? Pairs of made-up methods of which the truth is known, and rules that guess it (notebook 04)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import matplotlib.pyplot as plt
import numpy as np

from depnb.evaluation import compare, holm

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAIRS, EQUAL = 20, 10
PEOPLE, ERROR, CORRELATION = 50, 8.0, 0.9
GAINS = (0.6, 1.8)
"""By how much the better method of a pair that is not equal has the smaller true RMSE, points; in turn."""
ANSWERS = "A=B?"
LEVEL = 0.05


class Pair(NamedTuple):
    """Two made-up methods on the same made-up people.

    Attributes:
        truth: ``A`` or ``B``, which has the smaller true RMSE, or ``=``.
        gain: by how much, points.
        a, b: errors of the two, points [people].
    """

    truth: str
    gain: float
    a: np.ndarray
    b: np.ndarray

    @property
    def difference(self) -> float:
        """True RMSE of A minus that of B, points."""
        return {"A": -self.gain, "=": 0.0, "B": self.gain}[self.truth]

    @property
    def printed(self) -> tuple[float, float]:
        """The two RMSEs that a paper would print."""
        return float(np.sqrt(np.mean(self.a**2))), float(np.sqrt(np.mean(self.b**2)))


class Mistakes(NamedTuple):
    """How often the guesses about pairs are wrong.

    Attributes:
        false: equal pairs of which one side was called better.
        missed: pairs that differ, called equal. turned: pairs that differ, of which the worse side was called better.
        open: pairs without a guess.
    """

    false: int
    missed: int
    turned: int
    open: int


def pairs(seed: int = 0) -> list[Pair]:
    """``PAIRS`` pairs of which ``EQUAL`` are equal, in an order that says nothing."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(PAIRS):
        gain = 0.0 if number < EQUAL else GAINS[number % len(GAINS)]
        truth = "=" if not gain else "AB"[number // len(GAINS) % 2]
        a = rng.standard_normal(PEOPLE)  # [people]
        b = CORRELATION * a + np.sqrt(1 - CORRELATION**2) * rng.standard_normal(PEOPLE)
        sizes = ERROR - gain * (truth == "A"), ERROR - gain * (truth == "B")
        found.append(Pair(truth, gain, sizes[0] * a, sizes[1] * b))
    return [found[place] for place in rng.permutation(PAIRS)]


def smaller_number(of: list[Pair]) -> str:
    """The guesses of a table that prints the smaller RMSE in bold: it is the better method."""
    return "".join("A" if pair.printed[0] < pair.printed[1] else "B" for pair in of)


def paired_interval(of: list[Pair]) -> str:
    """The guesses by the paired 95 % interval of each difference."""
    return _decided(of, lambda p: p)


def corrected_interval(of: list[Pair]) -> str:
    """The guesses by the paired comparison after Holm's correction over all pairs."""
    return _decided(of, holm)


def _decided(of: list[Pair], correct: Callable[[list[float]], list[float]]) -> str:
    found = [comparison(pair) for pair in of]
    p_values = correct([p for *_, p in found])
    return "".join(
        "=" if p >= LEVEL else "A" if value < 0 else "B" for (value, *_), p in zip(found, p_values, strict=True)
    )


def comparison(pair: Pair) -> tuple[float, float, float, float]:
    """RMSE of A minus RMSE of B, its 95 % interval and p, on the same people."""
    return compare(np.zeros(PEOPLE), pair.a, pair.b, [str(number) for number in range(PEOPLE)])


def mistakes(guesses: str, of: list[Pair]) -> Mistakes:
    """What is wrong in guesses, one letter a pair: ``A`` or ``B`` is better, ``=`` they are equal, ``?`` no guess.

    Raises:
        ValueError: another number of letters, or another letter.
    """
    guesses = guesses.upper()
    if len(guesses) != len(of) or set(guesses) - set(ANSWERS):
        raise ValueError(f"Give {len(of)} letters, each one of A, B, = and ?; got {guesses!r}.")
    both = [(guess, pair.truth) for guess, pair in zip(guesses, of, strict=True)]
    named = [(guess, truth) for guess, truth in both if guess in "AB"]
    return Mistakes(
        sum(truth == "=" for _, truth in named),
        sum(guess == "=" and truth != "=" for guess, truth in both),
        sum(truth not in ("=", guess) for guess, truth in named),
        guesses.count("?"),
    )


def draw_pair(number: int = 1, seed: int = 0) -> "Figure":
    """Pair ``number``, from 1: what a paper prints of it, and the error of both methods for each person.

    Size and axes are the same for all pairs of a seed.
    """
    of = pairs(seed)
    pair = of[number - 1]
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.9), layout="constrained", width_ratios=(1, 1.3))
    figure.patch.set_in_layout(True)  # Jupyter crops to what is in the layout: always the whole figure
    left.bar(("A", "B"), pair.printed, 0.55, color=("C0", "C1"))
    for place, value in enumerate(pair.printed):
        left.text(place, value + 0.15, f"{value:.2f}", ha="center", fontsize=9)
    left.set_ylim(0, 1.12 * max(max(one.printed) for one in of))
    left.set_ylabel("RMSE (points)")
    largest = 1.05 * max(float(np.abs([one.a, one.b]).max()) for one in of)
    right.plot([0, largest], [0, largest], color="0.5", linestyle=":", marker="")
    right.plot(np.abs(pair.a), np.abs(pair.b), linestyle="", marker="o", color="C2", markersize=4, alpha=0.8)
    right.set_xlim(-0.5, largest)
    right.set_ylim(-0.5, largest)
    right.set_xlabel("absolute error of A (points)")
    right.set_ylabel("absolute error of B")
    right.set_title(f"pair {number}: a point is a person; above the line A is nearer", fontsize=8)
    return figure


def draw_pairs(seed: int = 0, answers: bool = False) -> "Figure":
    """All pairs at once: the difference that a paper would print; with ``answers`` also its interval and the truth."""
    of = pairs(seed)
    figure, axis = plt.subplots(figsize=(6.2, 4.2))
    axis.axvline(0, color="black", linestyle="-", marker="", linewidth=0.8)
    for line, pair in enumerate(of, start=1):
        value, low, high, _ = comparison(pair)
        decided = low > 0 or high < 0
        if answers:
            axis.plot([low, high], [line, line], color="C0" if decided else "0.6", linestyle="-", marker="")
            axis.plot([pair.difference], [line], linestyle="", marker="|", color="C3", markersize=11, markeredgewidth=2)
        axis.plot([value], [line], linestyle="", marker="o", color="C0" if decided or not answers else "0.4")
    axis.set_yticks(range(1, len(of) + 1), [str(line) for line in range(1, len(of) + 1)], fontsize=7)
    axis.set_ylim(len(of) + 0.7, 0.3)
    axis.set_xlim(-4, 4)
    axis.set_ylabel("pair")
    axis.set_xlabel("RMSE of A − RMSE of B (points; left of 0 the printed RMSE of A is smaller)")
    return figure
