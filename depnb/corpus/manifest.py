"""A corpus of your own videos: a table in a CSV file, one line per video."""

import csv
import io
import os
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path, PurePosixPath, PureWindowsPath

from depnb.corpus.avec import PARTITION_OF_FOLDER, partition_of
from depnb.corpus.checks import check_people, check_recordings
from depnb.corpus.records import BDI_MAX, PARTITIONS, VIDEO_SUFFIXES, Corpus, Recording, natural_key
from depnb.corpus.tree import Problem, content_of, read_text
from depnb.system.text import plain

NAME = "manifest.csv"
LARGEST = 1 << 26
"""Bytes of a manifest."""
LONGEST = 80
"""Characters of a cell that a message shows."""
CONTROLS = frozenset(["Cc", "Zl", "Zp"])
"""Categories of characters (Unicode) that no name has."""
AROUND_A_PARTITION = frozenset(["", "set", "data", "partition", "split", "fold", "group"])
"""Words that may stand beside the name of a partition in a cell."""
SCORE = re.compile(r"[0-9]+([.,][0-9]+)?")
BEYOND = ""
"""Key of what stands in a line behind its last column."""
COLUMNS = ("video", "subject", "score", "partition")


def manifest_of(place: Path) -> Path | None:
    """The manifest that a place is, or that a folder holds; ``None`` where there is none."""
    if place.suffix.lower() == ".csv" and not place.is_dir():
        return place
    return place / NAME if os.path.isfile(place / NAME) else None


def open_manifest(path: Path, with_videos: bool = True) -> Corpus:
    """Open the videos of a manifest, or only its labels: then the videos need not be there.

    It has a header with the columns ``video`` (a file, or a folder of frames, named from the manifest's own folder),
    ``subject`` (any name of the person), ``score`` (BDI-II, 0–63; empty where it is not known) and ``partition``
    (train, development, test or unseen, whose people are in no other one); further columns are left alone. Commas,
    semicolons or tabs separate.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a column is missing, there is no line, a line is wrong, or a person or a video stands under two
            names in two partitions; the message names the lines.
    """
    recordings, problems = read_manifest(path, with_videos)
    fatal = [problem for problem in problems if problem.fatal]
    if fatal:
        more = f" And {len(fatal) - 1} more: `depnb doctor {path}` lists them." if fatal[1:] else ""
        raise ValueError(f"{fatal[0]}{more}")
    sizes = (content_of(r.video) if with_videos else 0 for r in recordings)
    facts = [[r.name, r.subject, r.partition, r.bdi, size] for r, size in zip(recordings, sizes, strict=True)]
    return Corpus(path.stem, path, tuple(recordings), generated=False, fingerprint={"manifest": facts})


def read_manifest(path: Path, with_videos: bool = True) -> tuple[list[Recording], list[Problem]]:
    """Recordings of the lines that are right, in natural order, and what is wrong with the others.

    Without their videos, nothing is looked for on the disk but the table.

    Raises:
        FileNotFoundError, ValueError: as ``open_manifest``, but not for wrong lines.
    """
    if not os.path.isfile(path):
        raise FileNotFoundError(f"No manifest {str(path)!r}: give a CSV file with the columns {', '.join(COLUMNS)}.")
    lines, names_in = lines_of(path), cache(_names) if with_videos else None
    recordings, problems = [], []
    for number, line in lines:
        try:
            recordings.append(_recording(line, path.parent, names_in))
        except ValueError as error:
            problems.append(Problem("manifest", path, f"line {number}: {error}", fatal=True))
    for name, count in Counter(recording.id for recording in recordings).items():
        if count > 1:
            text = f"{count} lines have the video {name}; one line per video was expected."
            problems.append(Problem("manifest", path, text, fatal=True))
    where = defaultdict(set)
    for recording in recordings:
        where[recording.subject].add(recording.partition)
    for subject, partitions in where.items():
        if "unseen" in partitions and len(partitions) > 1:
            others = ", ".join(sorted(partitions - {"unseen"}))
            text = f"{subject} is in the partition unseen and in {others}; who is unseen must be in no other."
            problems.append(Problem("manifest", path, text, fatal=True))
    once = list({recording.id: recording for recording in recordings}.values())
    problems += check_recordings(once, path, strict=True) if with_videos else check_people(once, path)
    return sorted(recordings, key=lambda recording: natural_key(recording.id)), problems


def table_of(text: str, strict: bool = False) -> "csv.DictReader[str]":
    """The lines of a table, by its columns in small letters; commas, semicolons or tabs separate, as in its header.

    Raises:
        csv.Error: quotation marks are wrong, if ``strict``; when the lines are read.
    """
    header = re.split(r"[\r\n]", text, maxsplit=1)[0]
    table = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count), restval="", strict=strict
    )
    table.fieldnames = [(name or "").strip().lower() for name in table.fieldnames or ()]
    return table


def lines_of(
    path: Path, columns: Sequence[str] = COLUMNS, optional: Sequence[str] = ()
) -> list[tuple[int, dict[str, str]]]:
    """The lines of a table that are not empty, each with its number, cells by column, and ``BEYOND`` them the rest.

    Args:
        path: a CSV file; commas, semicolons or tabs separate.
        columns: that it must have. optional: that it may have; their cells are empty where it has not.

    Raises:
        ValueError: it cannot be read, a column is missing or there twice, or there is no line.
    """
    try:
        text = read_text(path, LARGEST)
    except ValueError as error:
        raise ValueError(f"{path} {error}") from error
    try:
        return _right_lines(path, table_of(text, strict=True), columns, optional)
    except csv.Error as error:
        raise ValueError(
            f"{path} is no table that could be read: {error}. Look for a quotation mark too many."
        ) from error


def _right_lines(
    path: Path, table: "csv.DictReader[str]", columns: Sequence[str], optional: Sequence[str]
) -> list[tuple[int, dict[str, str]]]:
    found = list(table.fieldnames or ())
    twice = [column for column in (*columns, *optional) if found.count(column) > 1]
    if twice:
        raise ValueError(f"{path} has the column {twice[0]} twice; leave one.")
    missing = [column for column in columns if column not in found]
    if missing:
        raise ValueError(
            f"{path}: no column {', '.join(missing)}; found {plain(', '.join(found), kept='')[:LONGEST] or 'none'}. "
            f"The first line must name the columns {', '.join(columns)}."
        )
    lines = []
    for line in table:
        beyond = "".join(line.get(None, ())).strip()
        cells = {column: line.get(column, "").strip() for column in (*columns, *optional)}
        lines.append((table.line_num, cells | {BEYOND: beyond}))
    lines = [(number, line) for number, line in lines if any(line.values())]
    if not lines:
        raise ValueError(f"{path}: no line below the header; one line per video was expected.")
    return lines


def _recording(line: dict[str, str], folder: Path, names_in: Callable[[Path], dict[str, str]] | None) -> Recording:
    """What a line says; ``names_in`` gives the names in a folder by ``_form``, None where the video is not looked for.

    Raises:
        ValueError: something in the line is wrong.
    """
    name, subject = line["video"], line["subject"]
    if line[BEYOND]:
        raise ValueError("more cells than columns; put quotation marks around a cell that holds the separator.")
    if not name or not subject:
        raise ValueError("video and subject must be given.")
    windows = PureWindowsPath(name)
    if windows.is_absolute() or windows.drive or PurePosixPath(name).is_absolute() or ".." in windows.parts:
        raise ValueError(f"the video {_short(name)} lies outside the manifest's folder: put it, or a link, inside.")
    if any(unicodedata.category(char) in CONTROLS for char in name + subject):
        raise ValueError(f"the video {_short(name)} of {_short(subject)}: a line break or a control character in it.")
    video = _there(folder, windows.as_posix(), names_in) if names_in else folder / windows.as_posix()
    return Recording(windows.as_posix(), None, _partition(line["partition"]), video, _score(line["score"]), subject)


def _there(folder: Path, name: str, names_in: Callable[[Path], dict[str, str]]) -> Path:
    """The video of this name, in whatever Unicode form the disk has it.

    Raises:
        ValueError: there is none.
    """
    video = folder
    try:
        for part in PurePosixPath(name).parts:
            there = (video / part).exists()
            video /= part if there else names_in(video).get(_form(part), part)
        if not video.exists():
            near = names_in(video.parent).get(_loose(video.name))
            raise ValueError(f"no video {_short(name)} in {folder}{f'; there is {near!r}' if near else ''}.")
        if not video.is_dir() and not video.is_file():
            raise ValueError(f"{_short(name)} is neither a file nor a folder of frames.")
        if video.is_dir() and video.samefile(folder):
            raise ValueError(f"the video {_short(name)} is the manifest's own folder; name a file or a folder in it.")
    except OSError as error:
        raise ValueError(f"the video {_short(name)} cannot be looked for ({error.strerror}).") from error
    if video.is_file() and video.suffix.lower() not in VIDEO_SUFFIXES:
        raise ValueError(f"{_short(name)} has not the ending of a video, such as .mp4, .mov, .avi, .mkv or .webm.")
    return video


def _names(folder: Path) -> dict[str, str]:
    """The names in a folder, by their Unicode form and by what nearly the same names have in common."""
    names = sorted(os.listdir(folder)) if folder.is_dir() else []
    return {_loose(name): name for name in reversed(names)} | {_form(name): name for name in names}


def _form(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _loose(name: str) -> str:
    """Without capitals, blanks and what copies of a file have in their names, such as ``(1)``."""
    text = re.sub(r"\(\d+\)|copy of|copy|kopie|[\s_-]", "", unicodedata.normalize("NFKC", name).casefold())
    return f"\0{text}"


def _partition(text: str) -> str:
    found = partition_of(text)
    words = set(re.split(r"[\W\d_]+", text.lower()))
    if found is None or words - AROUND_A_PARTITION - PARTITION_OF_FOLDER.keys():
        raise ValueError(f"the partition {_short(text)} is none of {', '.join(PARTITIONS)}.")
    return found


def _short(text: str) -> str:
    return repr(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")


def _score(text: str) -> float | None:
    if not text:
        return None
    score = float(text.replace(",", ".")) if SCORE.fullmatch(text) else float("nan")
    if not 0 <= score <= BDI_MAX:
        raise ValueError(f"the score {_short(text)} is not a number from 0 to {BDI_MAX}.")
    return score
