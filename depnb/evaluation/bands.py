"""The severity bands of the BDI-II, and of how few people nothing is said. Needs no numpy."""

from typing import NamedTuple


class Band(NamedTuple):
    """A severity band of the BDI-II, both ends included."""

    name: str
    low: int
    high: int


BANDS = (Band("minimal", 0, 13), Band("mild", 14, 19), Band("moderate", 20, 28), Band("severe", 29, 63))
"""Severity bands of the BDI-II manual (Beck, Steer & Brown, 1996)."""
FEWEST_PEOPLE = 5
"""Of fewer real people nothing is said, since their mean could tell of one of them."""


def band(bdi: float) -> str:
    """Name of the severity band of a score; one between two bands (13.5) belongs to the lower one.

    Raises:
        ValueError: the score lies outside 0–63.
    """
    if not BANDS[0].low <= bdi <= BANDS[-1].high:
        raise ValueError(f"The BDI-II runs from {BANDS[0].low} to {BANDS[-1].high}, got {bdi}: clip predictions first.")
    return next(name for name, low, _ in reversed(BANDS) if bdi >= low)
