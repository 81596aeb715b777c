"""What is published about AVEC2013 and AVEC2014, to compare a copy with: aggregates only, never a label.

Counts and moments of AVEC2013's labels are those that its papers print; where two print different ones, both count.
AVEC2014 has two tasks a session and the same labels but for a few sessions.
"""

from dataclasses import dataclass

OFFICIAL = ("train", "development", "test")
SHARED_SESSIONS = 145
"""Sessions of AVEC2013's 150 that AVEC2014 has too, in the same partition and with the same label."""


@dataclass(frozen=True)
class Labels:
    """Labels of the sessions of one partition.

    Attributes:
        sessions: how many.
        mean: BDI-II points, as printed; several where papers disagree.
        sd: BDI-II points.
        low, high: smallest and largest.
        bands: sessions with minimal, mild, moderate and severe scores.
    """

    sessions: int
    mean: tuple[float, ...]
    sd: float
    low: int
    high: int
    bands: tuple[int, int, int, int]


@dataclass(frozen=True)
class Published:
    """A corpus as it is described.

    Attributes:
        videos: in each of the official partitions.
        frames: of all videos together, rounded.
        people: who occur in it; ``None`` where papers disagree.
        people_by_partition: as above.
        recurring: people who occur in both of two partitions.
        by_sessions: people by their number of sessions.
    """

    videos: int
    frames: int
    people: int | None = None
    people_by_partition: dict[str, int] | None = None
    recurring: dict[tuple[str, str], int] | None = None
    by_sessions: dict[int, int] | None = None


LABELS = {
    "train": Labels(50, (15.02, 15.1), 12.3, 0, 44, (26, 8, 7, 9)),
    "development": Labels(50, (15.58, 15.66, 14.8), 12.0, 0, 45, (26, 4, 11, 9)),
    "test": Labels(50, (14.50,), 11.6, 0, 43, (25, 10, 8, 7)),
}
CORPORA = {
    "AVEC2013": Published(
        videos=50,
        frames=2_900_000,
        people=82,
        people_by_partition={"train": 41, "development": 43, "test": 42},
        recurring={("train", "development"): 27, ("train", "test"): 10, ("development", "test"): 13},
        by_sessions={1: 34, 2: 29, 3: 18, 4: 1},
    ),
    "AVEC2014": Published(videos=100, frames=493_000),
}
