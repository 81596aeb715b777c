"""Everything below a folder, whatever it looks like: files, folders, and what could not be looked into."""

import codecs
import hashlib
import os
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from depnb.system.text import plain

APPLE, APPLE_FILE = "__MACOSX", "._"
"""What macOS adds to an archive: a folder, and beginnings of file names."""
OF_THE_SYSTEM = frozenset([APPLE, "lost+found", "System Volume Information", "$RECYCLE.BIN"])
"""Folders that archives and systems add, where nothing of a corpus lies."""
MOST_ENTRIES = 300_000
"""Files and folders of a corpus, without the frames of its videos; of AVEC's archives there are some thousands."""
MOST_WAYS = 2
"""By how many paths a folder is looked into; two show that a recording lies in two partitions."""
BLOCK, BLOCKS = 1 << 17, 64
"""Bytes of a block, and how many of them, spread evenly, tell two large files apart."""


@dataclass(frozen=True)
class Problem:
    """Something that is wrong in a corpus.

    Attributes:
        kind: ``folder``, ``label``, ``name``, ``partition``, ``copy``, ``people``, ``attribute``, ``origin`` or
            ``manifest``.
        path: file or folder.
        text: what is wrong and what was expected.
        fatal: whether the corpus must not be used as it is, because numbers would be wrong; else it is only told.
    """

    kind: str
    path: Path
    text: str
    fatal: bool = False

    def __str__(self) -> str:
        return plain(f"{self.path}: {self.text}", kept="")


@dataclass
class Tree:
    """What lies below a folder.

    Attributes:
        files: all files, in no order.
        folders: folders that ``whole`` chose: they are given whole and not looked into.
        entered: all other folders.
        problems: folders that cannot be read, and links that lead back into the tree or to nothing.
    """

    files: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    entered: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def walk(root: Path, whole: Callable[[str], bool] = lambda name: False) -> Tree:
    """Look through a folder and all below it; links to folders are followed, but never round in a circle.

    Args:
        root: the folder.
        whole: says by its name whether a folder counts as one thing.

    Raises:
        ValueError: more lies there than in any corpus.
    """
    found, ways, count = Tree(), Counter[tuple[int, int]](), 0
    place = root.resolve()
    pending = [(root, frozenset(map(_identity, (place, *place.parents))))]
    while pending:
        folder, above = pending.pop()
        for entry in _entries(folder, found):
            count += 1
            if count > MOST_ENTRIES:
                raise ValueError(f"{root} holds more than {MOST_ENTRIES:,} files: give the folder of a single corpus.")
            path = Path(entry.path)
            try:
                inner = _sorted_in(entry, whole, found)
            except OSError as error:  # a link to itself, or into a folder that cannot be read
                found.problems.append(Problem("folder", path, f"leads nowhere ({error.strerror}); not followed."))
                continue
            if inner is None:
                continue
            ways[inner] += 1
            if inner in above:
                text = "a link that leads back to a folder above it; not followed."
            elif ways[inner] > MOST_WAYS:
                text = f"a folder that is linked here more than {MOST_WAYS} times; not looked into again."
            else:
                found.entered.append(path)
                pending.append((path, above | {inner}))
                continue
            found.problems.append(Problem("folder", path, text))
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
    """What two copies of a video have in common, wherever they lie: bytes; 0 of one that cannot be looked at.

    Of a folder of frames also the CRC-32 of its middle file: all pictures of a format may be of the same length.
    """
    try:
        size, _ = stamp(video)
        if not video.is_dir():
            return size
        files = sorted(path for path in video.iterdir() if path.is_file())
        return size, zlib.crc32(files[len(files) // 2].read_bytes()) if files else 0
    except OSError:
        return 0


def sampled(video: Path) -> bytes | None:
    """A digest of a video file or a folder of frames, from all sizes and at most 8 MB; None where it cannot be read."""
    try:
        files = [video] if video.is_file() else sorted(path for path in video.iterdir() if path.is_file())
        sizes = [path.stat().st_size for path in files]
        blocks = [(path, at) for path, size in zip(files, sizes, strict=True) for at in range(0, size, BLOCK)]
        digest = hashlib.sha256(repr(sizes).encode())
        for path, at in [*blocks[:: -(-len(blocks) // BLOCKS) or 1], *blocks[-1:]]:
            with open(path, "rb") as handle:
                handle.seek(at)
                digest.update(handle.read(BLOCK))
    except OSError:
        return None
    return digest.digest()


def read_text(path: Path, most: int) -> str:
    """The text of a small file in UTF-8, with or without a byte-order mark.

    Args:
        path: the file.
        most: bytes that it may have.

    Raises:
        ValueError: it is no such file; the message does not name it.
    """
    try:
        if not path.is_file():
            raise ValueError("cannot be read: it is no regular file.")
        with open(path, "rb", opener=_open_at_once) as handle:
            data = handle.read(most + 1) or b""
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror}).") from error
    if len(data) > most:
        raise ValueError(f"cannot be read: it is larger than {most:,} bytes.")
    if b"\0" in data or data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValueError("cannot be read: it is UTF-16 or no text. Save it as CSV in UTF-8.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"cannot be read: it is not UTF-8 text ({error}). Save it as CSV in UTF-8.") from error


def _open_at_once(path: str, flags: int) -> int:
    """Without waiting for what a special file of the system may tell."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _sorted_in(entry: os.DirEntry[str], whole: Callable[[str], bool], found: Tree) -> tuple[int, int] | None:
    """Put an entry where it belongs; of a folder that is to be looked into, its identity.

    Raises:
        OSError: it cannot be looked at.
    """
    path = Path(entry.path)
    if entry.name in OF_THE_SYSTEM or entry.name.startswith((APPLE_FILE, ".Trash")):
        return None
    if entry.is_dir():
        if not whole(entry.name):
            return _identity(path)
        found.folders.append(_innermost(path))
    elif entry.is_symlink() and not path.exists():
        found.problems.append(Problem("folder", path, "a link to nothing; what it stands for is missing here."))
    else:
        found.files.append(path)
    return None


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
        text = f"cannot be looked into ({error.strerror}); what lies below is missing here. Change its rights."
        found.problems.append(Problem("folder", folder, text, fatal=True))


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino
