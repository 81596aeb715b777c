"""Everything below a folder, whatever it looks like: files, folders, and what could not be looked into."""

import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

APPLE, APPLE_FILE = "__MACOSX", "._"
"""What macOS adds to an archive: a folder, and beginnings of file names."""


@dataclass(frozen=True)
class Problem:
    """Something that is wrong in a corpus.

    Attributes:
        kind: ``folder``, ``label``, ``partition``, ``copy`` or ``manifest``.
        path: file or folder.
        text: what is wrong and what was expected.
        fatal: whether the corpus must not be used as it is, because numbers would be wrong; else it is only told.
    """

    kind: str
    path: Path
    text: str
    fatal: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"


@dataclass
class Tree:
    """What lies below a folder.

    Attributes:
        files: all files, in no order.
        folders: folders that ``whole`` chose: they are given whole and not looked into.
        problems: folders that cannot be read, and links that lead back into the tree or to nothing.
    """

    files: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def walk(root: Path, whole: Callable[[str], bool] = lambda name: False) -> Tree:
    """Look through a folder and all below it; links to folders are followed, but never round in a circle.

    Args:
        root: the folder.
        whole: says by its name whether a folder counts as one thing.
    """
    found = Tree()
    _look(root, {_identity(root)}, whole, found)
    return found


def stamp(video: Path) -> tuple[int, int]:
    """What tells that a video file, or a folder of its frames, is still the same: bytes, and newest change in ns."""
    if not video.is_dir():
        status = video.stat()
        return status.st_size, status.st_mtime_ns
    with os.scandir(video) as entries:
        found = [entry.stat() for entry in entries if entry.is_file()]
    return sum(one.st_size for one in found), max((one.st_mtime_ns for one in found), default=0)


def content_of(video: Path) -> int | tuple[int, int]:
    """What two copies of a video have in common, wherever they lie: bytes.

    Of a folder of frames also the CRC-32 of its middle file: all pictures of a format may be of the same length.
    """
    size, _ = stamp(video)
    if not video.is_dir():
        return size
    files = sorted(path for path in video.iterdir() if path.is_file())
    return size, zlib.crc32(files[len(files) // 2].read_bytes()) if files else 0


def _look(folder: Path, above: set[tuple[int, int]], whole: Callable[[str], bool], found: Tree) -> None:
    for entry in _entries(folder, found):
        path = Path(entry.path)
        try:
            is_folder = entry.is_dir()
        except OSError as error:  # a link to itself
            found.problems.append(Problem("folder", path, f"leads nowhere ({error.strerror}); not followed."))
            continue
        if entry.name == APPLE or entry.name.startswith(APPLE_FILE):
            continue
        if not is_folder and entry.is_symlink() and not path.exists():
            found.problems.append(Problem("folder", path, "a link to nothing; what it stands for is missing here."))
        elif not is_folder:
            found.files.append(path)
        elif whole(entry.name):
            found.folders.append(_innermost(path))
        elif (place := _identity(path)) in above:
            found.problems.append(Problem("folder", path, "a link that leads back to a folder above it; not followed."))
        else:
            _look(path, above | {place}, whole, found)


def _innermost(folder: Path) -> Path:
    """An archive that was unpacked into a folder of its own name lies one deeper."""
    inner = folder / folder.name
    try:
        return _innermost(inner) if inner.is_dir() and not inner.is_symlink() else folder
    except PermissionError:  # opening it reports the error
        return folder


def _entries(folder: Path, found: Tree) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError as error:
        text = f"cannot be looked into ({error.strerror}); what lies below is missing here."
        found.problems.append(Problem("folder", folder, text))


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino
