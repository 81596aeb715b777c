"""What lies in the cache, and how to get rid of it. Everything there can be made again, at the price of time.

Nothing is read, so that looking does not count as a use; no link is followed, and nothing outside is deleted.
"""

import errno
import logging
import os
import shutil
import stat
import sys
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from depnb.corpus.synthetic.layout import RECIPE
from depnb.faces.crop_paths import crop_path
from depnb.system.files import StorageError, cache_dir

KINDS = {
    "corpora": "videos and labels of generated corpora",
    "faces": "aligned face crops",
    "frames": "crops reduced to the size of networks' inputs, landmarks and numbers of faces",
    "checkpoints": "where interrupted trainings continue",
    "pretrained": "networks pretrained on generated people",
    "weights": "face weights, imported from your files",
    "intervals": "intervals of tables",
    "claims": "what is being made, or was when its process was killed",
}
UNKNOWN = "unknown"
OTHER_VIDEOS = "other videos, older versions"
LINK = "a link, not followed"
DAY = 86400.0

log = logging.getLogger("depnb")


@dataclass(frozen=True)
class Item:
    """What is deleted whole or not at all: a corpus, or a single file of another kind.

    Attributes:
        kind: a key of ``KINDS``, or ``UNKNOWN`` for what depnb did not put there.
        of: the corpus that it belongs to, where its place says so; the name of something unknown.
        path: inside the cache folder.
        files: how many; a link is one.
        bytes: their sizes.
        used: time of the last reading or writing, seconds since 1970; where the file system does not note readings,
            of the last writing.
    """

    kind: str
    of: str
    path: Path
    files: int
    bytes: int
    used: float


@dataclass(frozen=True)
class Removed:
    """What a deletion did.

    Attributes:
        files, bytes: what is gone.
        failures: (path, reason) of what is still there.
    """

    files: int
    bytes: int
    failures: tuple[tuple[Path, str], ...]


def items() -> list[Item]:
    """Everything in the cache folder, by kind; empty if there is no such folder. What cannot be listed is logged.

    Raises:
        StorageError: the cache folder itself cannot be listed.
    """
    root = cache_dir()
    if problem := _closed(root):
        raise StorageError(problem)
    found = []
    for kind in KINDS:
        folder = root / kind
        if folder.is_symlink():
            found.append(_item(kind, LINK, folder))
        elif problem := _closed(folder):
            log.warning(problem)
        elif kind == "corpora":
            found += [_item(kind, path.name, path) for path in _entries(folder)]
        else:
            owners = _owners(root / "corpora") if kind == "faces" else {}
            default = OTHER_VIDEOS if kind == "faces" else ""
            found += [_item(kind, owners.get(path, default), path) for path in sorted(map(Path, _files(folder)))]
    return found + [_item(UNKNOWN, path.name, path) for path in _entries(root) if path.name not in KINDS]


def grouped(found: Iterable[Item]) -> list[Item]:
    """Items of one kind and owner added up, in the order in which they first appear; ``path`` is the first one's."""
    groups: dict[tuple[str, str], list[Item]] = {}
    for item in found:
        groups.setdefault((item.kind, item.of), []).append(item)
    return [
        Item(
            kind,
            of,
            group[0].path,
            files=sum(item.files for item in group),
            bytes=sum(item.bytes for item in group),
            used=max(item.used for item in group),
        )
        for (kind, of), group in groups.items()
    ]


def select(kinds: Collection[str], older_than: float | None = None) -> list[Item]:
    """The items of some kinds.

    Args:
        kinds: keys of ``KINDS``.
        older_than: only what was not used for this many days.

    Raises:
        ValueError: for something that is not a kind.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise ValueError(
                f"No kind {kind!r}: choose from {', '.join(KINDS)}. Anything else in {cache_dir()} was not put there "
                "by depnb; delete it by hand."
            )
    before = float("inf") if older_than is None else time.time() - older_than * DAY
    return [item for item in items() if item.kind in kinds and item.used < before]


def remove(chosen: Iterable[Item]) -> Removed:
    """Delete items and the folders that this leaves empty; what cannot be deleted is reported, and the rest goes on.

    What somebody else deletes meanwhile is not a failure. A link goes, what it leads to stays; a link in the place of a
    kind's folder stays as well.
    """
    files = freed = 0
    failures: list[tuple[Path, str]] = []
    kinds = set()
    for item in chosen:
        kinds.add(item.kind)
        before = _measure(item.path)
        _delete(item.path, failures)
        after = _measure(item.path)
        files += before[0] - after[0]
        freed += before[1] - after[1]
    for kind in kinds:
        _prune(cache_dir() / kind)
    return Removed(files, freed, tuple(failures))


def _delete(path: Path, failures: list[tuple[Path, str]]) -> None:
    problem = _refused(path)
    if problem:
        failures.append((path, problem))
        return
    try:
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
            return

        # Without its recipe a corpus is laid out anew, so a half-deleted one is never taken for whole.
        (path / RECIPE).unlink(missing_ok=True)
    except OSError as error:
        failures.append((path, str(error.strerror)))
        return

    def note(_, place: str, caught: Any) -> None:
        error = caught[1] if isinstance(caught, tuple) else caught
        if isinstance(error, FileNotFoundError):
            return
        follows = error.errno == errno.ENOTEMPTY and any(Path(place) in failed.parents for failed, _ in failures)
        if not follows:
            failures.append((Path(place), error.strerror))

    handler: dict[str, Any] = {"onexc" if sys.version_info >= (3, 12) else "onerror": note}
    shutil.rmtree(path, **handler)


def _refused(path: Path) -> str | None:
    """Why a path must not be deleted; ``None`` if it may."""
    root = cache_dir().resolve()
    parent = path.parent.resolve()
    if not parent.is_relative_to(root) or path.name == "..":
        return f"lies outside the cache folder {root}"
    if parent == root:
        return "is a link; what it leads to is yours to delete" if path.is_symlink() else "was not put there by depnb"
    return None


def _prune(folder: Path) -> None:
    """Delete a folder of the cache and those in it, as far as they are empty."""
    if folder.is_symlink():
        return
    for place, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):
            os.rmdir(place)


def _owners(corpora: Path) -> dict[Path, str]:
    """The crop files that belong to the videos of the generated corpora in the cache."""
    owners = {}
    for corpus in () if corpora.is_symlink() else _entries(corpora):
        for video in _files(corpus):
            if video.endswith(".mp4"):
                with suppress(FileNotFoundError):
                    owners[crop_path(video)] = corpus.name
    return owners


def _item(kind: str, of: str, path: Path) -> Item:
    return Item(kind, of, path, *_measure(path))


def _measure(path: Path) -> tuple[int, int, float]:
    """Files, bytes and last use of a file, a link or everything in a folder; what has vanished counts nothing."""
    files = size = 0
    used = 0.0
    for place in _files(path):
        with suppress(FileNotFoundError):
            status = os.lstat(place)
            files += 1
            size += status.st_size
            used = max(used, status.st_atime, status.st_mtime)
    return files, size, used


def _closed(folder: Path) -> str:
    """Why a folder cannot be listed; empty if it can, or if it is not there."""
    try:
        os.listdir(folder)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{folder} cannot be listed ({error.strerror}): change that, or set DEPNB_CACHE to another folder."
    return ""


def _entries(folder: Path) -> list[Path]:
    """What lies directly in a folder; nothing if it is no folder or cannot be listed."""
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []


def _files(path: Path) -> Iterator[str]:
    """The path itself, or the files and links in a folder at any depth; no link is followed."""
    try:
        is_folder = stat.S_ISDIR(path.lstat().st_mode)
    except FileNotFoundError:
        return
    if not is_folder:
        yield str(path)
        return
    for place, folders, names in os.walk(path):
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        yield from (os.path.join(place, name) for name in names + links)
