"""A corpus of your own videos: a table in a CSV file, one line per video."""

import csv
import re
from collections import Counter, defaultdict
from pathlib import Path, PurePosixPath, PureWindowsPath

from depnb.corpus.avec import partition_of
from depnb.corpus.records import BDI_MAX, PARTITIONS, Corpus, Recording, natural_key
from depnb.corpus.tree import Problem, content_of

NAME = "manifest.csv"
SCORE = re.compile(r"[0-9]+([.,][0-9]+)?")
BEYOND = ""
"""Key of what stands in a line behind its last column."""
COLUMNS = ("video", "subject", "score", "partition")


def manifest_of(place: Path) -> Path | None:
    """The manifest that a place is, or that a folder holds; ``None`` where there is none."""
    if place.suffix.lower() == ".csv" and not place.is_dir():
        return place
    return place / NAME if (place / NAME).is_file() else None


def open_manifest(path: Path) -> Corpus:
    """Open the videos of a manifest.

    It has a header with the columns ``video`` (a file, or a folder of frames, named from the manifest's own folder),
    ``subject`` (any name of the person), ``score`` (BDI-II, 0–63; empty where it is not known) and ``partition``
    (train, development, test or unseen, whose people are in no other one); further columns are left alone. Commas,
    semicolons or tabs separate.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a column is missing, there is no line, or a line is wrong; the message names the lines.
    """
    recordings, problems = read_manifest(path)
    if problems:
        more = f" And {len(problems) - 1} more: `depnb doctor {path}` lists them." if problems[1:] else ""
        raise ValueError(f"{problems[0]}{more}")
    facts = [[r.name, r.subject, r.partition, r.bdi, content_of(r.video)] for r in recordings]
    return Corpus(path.stem, path, tuple(recordings), generated=False, fingerprint={"manifest": facts})


def read_manifest(path: Path) -> tuple[list[Recording], list[Problem]]:
    """Recordings of the lines that are right, in natural order, and what is wrong with the others.

    Raises:
        FileNotFoundError, ValueError: as ``open_manifest``, but not for wrong lines.
    """
    if not path.is_file():
        raise FileNotFoundError(f"No manifest {str(path)!r}: give a CSV file with the columns {', '.join(COLUMNS)}.")
    lines = _lines(path)
    recordings, problems = [], []
    for number, line in lines:
        try:
            recordings.append(_recording(line, path.parent))
        except ValueError as error:
            problems.append(Problem("manifest", path, f"line {number}: {error}", fatal=True))
    for name, count in Counter(recording.id for recording in recordings).items():
        if count > 1:
            text = f"{count} lines have the video {name}; one line per video was expected."
            problems.append(Problem("manifest", path, text, fatal=True))
    files, where = defaultdict(set), defaultdict(set)
    for recording in recordings:
        files[recording.video.resolve()].add(recording.id)
        where[recording.subject].add(recording.partition)
    for names in files.values():
        if len(names) > 1:
            text = f"{' and '.join(sorted(names))} are one file; one line per video was expected."
            problems.append(Problem("manifest", path, text, fatal=True))
    for subject, partitions in where.items():
        if "unseen" in partitions and len(partitions) > 1:
            others = ", ".join(sorted(partitions - {"unseen"}))
            text = f"{subject} is in the partition unseen and in {others}; who is unseen must be in no other."
            problems.append(Problem("manifest", path, text, fatal=True))
    return sorted(recordings, key=lambda recording: natural_key(recording.id)), problems


def table_of(text: str, strict: bool = False) -> "csv.DictReader[str]":
    """The lines of a table, by its columns in small letters; commas, semicolons or tabs separate, as in its header.

    Raises:
        csv.Error: quotation marks are wrong, if ``strict``; when the lines are read.
    """
    header = text.partition("\n")[0]
    table = csv.DictReader(text.splitlines(), delimiter=max(",;\t", key=header.count), restval="", strict=strict)
    table.fieldnames = [(name or "").strip().lower() for name in table.fieldnames or ()]
    return table


def _lines(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text ({error}): save the table as CSV in UTF-8.") from error
    try:
        return _right_lines(path, table_of(text, strict=True))
    except csv.Error as error:
        raise ValueError(
            f"{path} is no table that could be read: {error}. Look for a quotation mark too many."
        ) from error


def _right_lines(path: Path, table: "csv.DictReader[str]") -> list[tuple[int, dict[str, str]]]:
    found = list(table.fieldnames or ())
    twice = [column for column in COLUMNS if found.count(column) > 1]
    if twice:
        raise ValueError(f"{path} has the column {twice[0]} twice; leave one.")
    missing = [column for column in COLUMNS if column not in found]
    if missing:
        raise ValueError(
            f"{path}: no column {', '.join(missing)}; found {', '.join(found) or 'none'}. The first line "
            f"must name the columns {', '.join(COLUMNS)}."
        )
    lines = []
    for line in table:
        beyond = "".join(line.get(None, ())).strip()
        lines.append((table.line_num, {column: line[column].strip() for column in COLUMNS} | {BEYOND: beyond}))
    lines = [(number, line) for number, line in lines if any(line.values())]
    if not lines:
        raise ValueError(f"{path}: no line below the header; one line per video was expected.")
    return lines


def _recording(line: dict[str, str], folder: Path) -> Recording:
    name, subject, score = line["video"], line["subject"], line["score"]
    if line[BEYOND]:
        raise ValueError("more cells than columns; put quotation marks around a cell that holds the separator.")
    if not name or not subject:
        raise ValueError("video and subject must be given.")
    windows = PureWindowsPath(name)
    if windows.is_absolute() or windows.drive or PurePosixPath(name).is_absolute() or ".." in windows.parts:
        raise ValueError(f"the video {name!r} lies outside the manifest's folder: put it, or a link to it, inside.")
    video = folder / PurePosixPath(windows.as_posix())
    try:
        there = video.exists()
    except OSError as error:
        raise ValueError(f"the video {name[:80]!r} cannot be looked for ({error.strerror}).") from error
    if not there:
        raise ValueError(f"no video {name!r} in {folder}.")
    partition = partition_of(line["partition"])
    if partition is None:
        raise ValueError(f"the partition {line['partition']!r} is none of {', '.join(PARTITIONS)}.")
    return Recording(PurePosixPath(windows.as_posix()).as_posix(), None, partition, video, _score(score), subject)


def _score(text: str) -> float | None:
    if not text:
        return None
    score = float(text.replace(",", ".")) if SCORE.fullmatch(text) else float("nan")
    if not 0 <= score <= BDI_MAX:
        raise ValueError(f"the score {text!r} is not a number from 0 to {BDI_MAX}.")
    return score
