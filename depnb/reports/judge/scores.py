"""Scores that somebody hands in: one line per video, or per video and seed, from a file or from columns in memory."""

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from depnb.corpus.manifest import BEYOND, lines_of
from depnb.corpus.records import BDI_MAX
from depnb.system.text import one_line

COLUMNS, SEED = ("video", "score"), "seed"
NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
FARTHEST = BDI_MAX
"""Points outside of the scale up to which a number passes for a score. What lies farther has another unit or is a
mistake; and beside one huge score, an error would tell of a single label."""
ALONE = ""
"""Name of the seed of scores that name none."""
LONGEST = 60
"""Characters of a cell that a message shows."""

Columns = Mapping[str, Iterable[Any]]
Handed = str | Path | Columns


class Finding(NamedTuple):
    """Something about the scores that a reader must know.

    Attributes:
        kind: one word for it.
        text: what it is, and what to do, without the names.
        names: of the lines or videos that it is about.
        wrong: whether something is wrong, and scores are left out for it.
    """

    kind: str
    text: str
    names: tuple[str, ...] = ()
    wrong: bool = True

    def __str__(self) -> str:
        return one_line(f"{self.text} {named(self.names)}" if self.names else self.text)


class Line(NamedTuple):
    """A score: where it stands, of which video by the name that it has there, of which seed."""

    place: str
    video: str
    seed: str
    score: float


class Scores(NamedTuple):
    """All scores of one predictor.

    Attributes:
        title: how a report calls it.
        lines: those that can be read.
        findings: what is wrong with the others.
    """

    title: str
    lines: list[Line]
    findings: list[Finding]


def named(names: Sequence[str], most: int = 20) -> str:
    """Names one after the other; of many, the first and how many more."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def read(handed: Handed | Sequence[Handed]) -> Scores:
    """Read the scores of one predictor.

    Args:
        handed: a CSV file with the columns ``video`` and ``score`` (BDI-II points), and ``seed`` where there are
            several trainings; or columns of these names in memory, such as a data frame; or several of these. Of
            several files without seeds, each is one seed.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a file cannot be read, lacks a column or has no line; or nothing was given.
    """
    sources = _sources(handed)
    if not sources:
        raise ValueError("No scores: give a CSV file with the columns video and score.")
    lines: list[Line] = []
    unread: dict[str, list[str]] = defaultdict(list)
    titles = [Path(one).name if isinstance(one, (str, Path)) else "scores" for one in sources]
    for source, title in zip(sources, _told_apart(titles), strict=True):
        cells = _cells_of_file(Path(source)) if isinstance(source, (str, Path)) else _cells_of_columns(source)
        seeded = any(str(cell.get(SEED, "")).strip() for _, cell in cells)
        of_source = title if len(sources) > 1 else ALONE
        before = f"{title}, " if len(sources) > 1 else ""
        for number, cell in cells:
            place = f"{before}line {number}"
            try:
                lines.append(_line(place, cell, of_source, seeded))
            except ValueError as error:
                unread[str(error)].append(place)
    findings = [Finding("line", text, tuple(places)) for text, places in unread.items()]
    return Scores(" and ".join(titles) if len(titles) < 3 else f"{len(titles)} files", lines, findings)


def _sources(handed: Handed | Sequence[Handed]) -> list[Handed]:
    if isinstance(handed, (str, Path, Mapping)):
        return [handed]
    return [cast(Columns, handed)] if hasattr(handed, "columns") else list(handed)  # a data frame is one, too


def _told_apart(titles: Sequence[str]) -> list[str]:
    return [title if titles.count(title) == 1 else f"{title} ({k})" for k, title in enumerate(titles, start=1)]


def _cells_of_file(path: Path) -> Sequence[tuple[int, Mapping[str, Any]]]:
    if not os.path.exists(path):
        raise FileNotFoundError(f"No file {str(path)!r}: give a CSV file with the columns {' and '.join(COLUMNS)}.")
    return lines_of(path, COLUMNS, (SEED,))


def _cells_of_columns(columns: Columns) -> Sequence[tuple[int, Mapping[str, Any]]]:
    there = [name for name in (*COLUMNS, SEED) if name in columns]
    if missing := [name for name in COLUMNS if name not in there]:
        raise ValueError(f"No column {', '.join(missing)} among the scores; needed are {' and '.join(COLUMNS)}.")
    values = {name: list(columns[name]) for name in there}
    lengths = {name: len(own) for name, own in values.items()}
    if len(set(lengths.values())) > 1 or not any(lengths.values()):
        raise ValueError(f"Expected columns of one length, and not empty ones; got {lengths}.")
    rows = zip(*values.values(), strict=True)
    return [(number, dict(zip(there, row, strict=True))) for number, row in enumerate(rows)]


def _line(place: str, cell: Mapping[str, Any], of_source: str, seeded: bool) -> Line:
    """Raises: ValueError, saying what is wrong with the line, in the same words for all such lines."""
    video, seed = (str(cell.get(column, "")).strip() for column in ("video", SEED))
    if cell.get(BEYOND):
        raise ValueError(
            "More cells than columns; put quotation marks around a number with a decimal comma, or separate by ;."
        )
    if not video:
        raise ValueError("No name of a video.")
    if any(unicodedata.category(char) == "Cc" for char in video + seed):
        raise ValueError("A line break or a control character in a name.")
    if seeded and not seed:
        raise ValueError("No seed, which other lines have.")
    return Line(place, video[: 4 * LONGEST], seed or of_source, _score(cell["score"]))


def _score(value: Any) -> float:
    if isinstance(value, str):
        text = value.replace("−", "-")
        if not text:
            raise ValueError("No score; leave the line out, or fill it in.")
        if text.lower().lstrip("+-") in ("nan", "inf", "infinity"):
            raise ValueError("The score is not a finite number.")
        if not NUMBER.fullmatch(text):
            raise ValueError("The score is not a number.")
        value = text.replace(",", ".")
    try:
        score = float(value)
    except (TypeError, ValueError) as error:
        raise ValueError("The score is not a number.") from error
    if not score - score == 0:
        raise ValueError("The score is not a finite number.")
    if not -FARTHEST <= score <= BDI_MAX + FARTHEST:
        raise ValueError(
            f"The score lies more than {FARTHEST} points outside of the scale, 0 to {BDI_MAX}: is it in BDI-II points?"
        )
    return score
