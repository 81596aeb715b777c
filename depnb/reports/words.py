"""The words for what came out: each has one meaning, in every table, figure and sentence.

A row against the constant: *better*, *worse* or *cannot tell*, by the plain 95 % interval of the difference in error,
and *not trained*. A claim: *supported*, *reversed* or *undecided*, by its p-value after Holm's correction over all
claims of the paper that were tested, and *not tested here*.
"""

from math import isfinite
from typing import NamedTuple

NOT_TRAINED = "not trained"
NOT_TESTED = "not tested here"
LEVEL = 0.05
"""A corrected p-value below it decides a claim."""


class Look(NamedTuple):
    """How a figure shows a claim's word: by colour, and by the marker for readers who see no colour."""

    colour: str
    marker: str
    filled: bool


LOOKS = {
    "supported": Look("#0173b2", "o", True),
    "reversed": Look("#d55e00", "s", True),
    "undecided": Look("0.25", "o", False),
    NOT_TESTED: Look("0.45", "", False),
}


ROW_LOOKS = {
    "better": LOOKS["supported"],
    "worse": LOOKS["reversed"],
    "cannot tell": LOOKS["undecided"],
    NOT_TRAINED: Look("0.6", "x", True),
}
"""The same for a row against the constant."""


def answer(low: float, high: float) -> str:
    """Whether the first of two has the smaller error, from the plain 95 % interval of first minus second."""
    return "better" if high < 0 else "worse" if low > 0 else "cannot tell"


def claim_word(difference: float, corrected: float) -> str:
    """What came out for “the first has the smaller error”, from first minus second and its corrected p-value."""
    if corrected >= LEVEL:
        return "undecided"
    return "supported" if difference < 0 else "reversed"


def p_text(p: float, name: str = "") -> str:
    """A p-value as text: ``0.012``, or ``< 0.001``; with the name of it ``p = 0.012``, ``p < 0.001``.

    One that three digits would round to the limit has a fourth.
    """
    if p < 0.001:
        return f"{name} < 0.001".strip()
    digits = f"{p:.4f}" if round(p, 3) == LEVEL else f"{p:.3f}"
    return f"{name} = {digits}" if name else digits


def with_interval(value: float, low: float, high: float) -> str:
    """A difference with its interval, as a table's cell; an infinite one is of one seed."""
    return f"{value:+.2f} [{low:+.2f}, {high:+.2f}]" if isfinite(high) else f"{value:+.2f} (one seed)"


def signed_interval(value: float, low: float, high: float) -> str:
    """A difference with its interval, for sentences and figures, as ``signed``."""
    return f"{signed(value)} [{signed(low)}, {signed(high)}]"


def signed(value: float, digits: int = 2) -> str:
    """A difference with its sign, the minus as printed; for sentences and figures, whose numbers nobody parses."""
    return f"{value:+.{digits}f}".replace("-", "−")
