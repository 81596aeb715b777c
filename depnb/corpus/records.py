"""Recordings, partitions and subjects: what every later stage knows about a corpus."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PARTITIONS = ("train", "development", "test", "unseen")
TASKS = ("Freeform", "Northwind")
BDI_MAX = 63
VIDEO_SUFFIXES = frozenset([
    ".3g2", ".3gp", ".asf", ".avi", ".dv", ".flv", ".h264", ".h265", ".hevc", ".m2ts", ".m2v", ".m4v", ".mjpeg",
    ".mjpg", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".ogg", ".ogv", ".ts", ".vob", ".webm", ".wmv",
    ".264", ".265", ".y4m",
])  # fmt: skip
"""Endings of files that are opened as videos; a playlist, which leads to other files, is none."""


@dataclass(frozen=True, order=True)
class Recording:
    """One video and its label.

    Attributes:
        id: session identifier, ``203_1`` (subject, session); the two tasks of one session share it. In a manifest it is
            the name of the video.
        task: ``Freeform``, ``Northwind`` or ``None`` (AVEC2013 has one task).
        partition: one of ``PARTITIONS``.
        video: path of the video file.
        bdi: BDI-II score, 0–63, or ``None`` where the label is not known.
        person: name of the person where the identifier does not begin with it.
    """

    id: str
    task: str | None
    partition: str
    video: Path = field(compare=False)
    bdi: float | None = field(compare=False)
    person: str | None = field(default=None, compare=False)

    @property
    def subject(self) -> str:
        """The person: the number before the first underscore (``203``), not the recording id."""
        return self.person or self.id.split("_")[0]

    @property
    def name(self) -> str:
        """Unique name within a corpus: ``203_1_Freeform``, or ``203_1`` without a task."""
        return f"{self.id}_{self.task}" if self.task else self.id


@dataclass(frozen=True)
class Corpus:
    """Recordings in natural order, and what identifies the corpus in a result.

    Attributes:
        name: what tables call it, ``both`` or ``AVEC2014``.
        root: folder of the tree, or the file of a manifest.
        generated: True for a corpus of procedural faces with a planted signal.
        fingerprint: JSON-able facts that decide an experiment (recipe, or ids with labels and sizes).
        noise_floor: RMSE in BDI points that no predictor can beat (generated corpora only).
        ensure: makes the videos of the given recordings if they are not there yet, with ``workers`` processes; how many
            it made.
    """

    name: str
    root: Path
    recordings: tuple[Recording, ...]
    generated: bool
    fingerprint: dict[str, Any]
    noise_floor: float | None = None
    ensure: Callable[..., int] = field(default=lambda recordings, workers=None: 0, repr=False)

    @property
    def licensed(self) -> bool:
        """Whether it shows real people: none of their faces, labels or scores may be published."""
        return not self.generated

    @property
    def title(self) -> str:
        """How captions name it; a generated corpus always says so."""
        return f"generated corpus “{self.name}”" if self.generated else self.name

    def partition(self, *names: str) -> list[Recording]:
        """Recordings of the named partitions.

        Raises:
            ValueError: for a name that is not in ``PARTITIONS``.
        """
        for name in names:
            if name not in PARTITIONS:
                raise ValueError(f"No partition {name!r}: choose from {', '.join(PARTITIONS)}.")
        return [r for r in self.recordings if r.partition in names]

    def subjects(self, *partitions: str) -> set[str]:
        """People who occur in the named partitions (in all of them together)."""
        return {r.subject for r in self.partition(*partitions)}

    def unseen(self, partition: str, seen: Sequence[str] = ("train", "development")) -> list[Recording]:
        """Recordings of ``partition`` whose person occurs in none of the ``seen`` partitions."""
        known = self.subjects(*seen)
        return [r for r in self.partition(partition) if r.subject not in known]


def video_session(name: str) -> str:
    """The session of a video by its name: ``203_1`` of ``203_1_Freeform``; without a task they are the same."""
    session, _, task = name.rpartition("_")
    return session if task in TASKS else name


def natural_key(text: str) -> list[int | str]:
    """Sort key under which ``f10`` comes after ``f9``."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d{1,1000})", text)]
