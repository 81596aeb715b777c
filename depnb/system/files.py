"""The one place that writes: every file appears whole or not at all, and what is read again is what was written."""

import errno
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO, TextIO

import platformdirs

from depnb.system.repository import cache_taken_by_git

UMASK = os.umask(0o077)
"""What the user has taken away from the rights of new files; it can only be read by setting it."""
os.umask(UMASK)
STORAGE = frozenset(
    {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOTDIR}
)
NO_LOCKS = frozenset({errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK})
"""How a file system says that it knows no locks."""
LEASE = 60.0
"""Seconds after which a claim without a sign of life is over, on a file system without locks."""
OPEN_FILES = 4096
LEFTOVER = 3600.0
"""Seconds after which nobody writes to a temporary file any more."""


class StorageError(OSError):
    """A file could not be written; the message names it and says what to do."""


class DamagedFile(ValueError):
    """A file that is not what was written; the message names it."""


def cache_dir() -> Path:
    """Folder for everything that can be made again: ``$DEPNB_CACHE``, else the user's cache folder.

    It is absolute, and the same for the processes that this one starts.

    Raises:
        StorageError: there is no such folder, or it lies in a repository that would take the faces in it.
    """
    named = os.environ.get("DEPNB_CACHE")
    try:
        path = Path(named or platformdirs.user_cache_dir("depnb")).expanduser().absolute()
    except RuntimeError as error:
        raise StorageError("There is no home folder for the cache: set DEPNB_CACHE to an absolute path.") from error
    if named and named != str(path):
        os.environ["DEPNB_CACHE"] = str(path)
    if reason := cache_taken_by_git(path):
        raise StorageError(
            f"The cache is to lie in {path}, and {reason}, with the faces and names in it: set DEPNB_CACHE to a folder "
            "outside of it, or let git ignore that one."
        )
    return path


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; move it there when the block ends well, else remove it.

    Readers see the old file or the complete new one, also after a kill. The temporary name keeps the
    suffix, so that writers which look at it (video, images) work unchanged.

    Raises:
        StorageError: the folder is read-only, not permitted, or the disk is full.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise _storage_error(error, path) from error
    temporary = Path(name)
    try:
        yield temporary
        _commit(temporary, path)
    except StorageError:
        raise
    except OSError as error:
        if error.errno not in STORAGE:
            raise
        raise _storage_error(error, path) from error
    finally:
        temporary.unlink(missing_ok=True)


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, where it is missing.

    Raises:
        StorageError: the place is read-only, not permitted, or the disk is full.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _storage_error(error, path) from error


def write_bytes(path: Path | str, data: bytes) -> None:
    """Write ``data`` atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_folder(path: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Make a folder that holds these files, by their names; it appears with all of them or not at all.

    Raises:
        StorageError: as ``atomic_path``, and where ``path`` is there and not empty.
    """
    make_folder(path.parent)
    try:
        with tempfile.TemporaryDirectory(
            prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent, ignore_cleanup_errors=True
        ) as name:
            inside = Path(name, path.name)
            inside.mkdir()
            for file, data in files:
                (inside / file).write_bytes(data)
            for written in inside.iterdir():  # by now most of it is on the disk
                _flush(written)
            os.replace(inside, path)
    except OSError as error:
        if error.errno not in STORAGE | {errno.ENOTEMPTY, errno.EEXIST}:
            raise
        raise _storage_error(error, path) from error


def write_text(path: Path | str, text: str) -> None:
    """Write ``text`` atomically as UTF-8."""
    write_bytes(path, text.encode())


def write_json(path: Path | str, value: Any) -> None:
    """Write ``value`` atomically as ``json_text``."""
    write_text(path, json_text(value))


@contextmanager
def appending(path: Path) -> Iterator[TextIO]:
    """A log, open at its end; it is the one kind of file that is not written whole."""
    make_folder(path.parent)
    with open(path, "a", encoding="utf-8") as handle:
        yield handle


def json_text(value: Any) -> str:
    """``value`` as indented JSON with sorted keys.

    Raises:
        ValueError: a number is not finite.
    """
    return json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n"


@contextmanager
def sealed(path: Path | str) -> Iterator[IO[bytes]]:
    """Write a file atomically, its SHA-256 behind what the block writes: ``read_sealed`` knows whether it has changed.

    Raises:
        StorageError: as ``atomic_path``.
    """
    with atomic_path(path) as temporary, open(temporary, "wb") as handle:
        writer: Any = Sealing(handle)
        try:
            yield writer
        except Exception as error:
            if writer.problem:
                raise writer.problem from error
            raise
        handle.write(writer.sha256.digest())


class Sealing:
    """What ``numpy.save`` and ``torch.save`` write to as to a file.

    Attributes:
        sha256: of what was written so far.
        problem: why something could not be written; torch tells of it as something else.
    """

    def __init__(self, handle: BinaryIO):
        self._handle = handle
        self.sha256 = hashlib.sha256()
        self.problem: OSError | None = None

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        try:
            return self._handle.write(data)
        except OSError as error:
            self.problem = error
            raise

    def flush(self) -> None:
        self._handle.flush()


def read_sealed(path: Path | str) -> bytes:
    """What was written to a file of ``sealed``.

    Raises:
        FileNotFoundError: there is none.
        DamagedFile: it is another one than was written, or cannot be read.
    """
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DamagedFile(f"{path} cannot be read ({error.strerror})") from error
    size = hashlib.sha256().digest_size
    if hashlib.sha256(content[:-size]).digest() != content[-size:]:
        raise DamagedFile(f"{path} is damaged: its SHA-256 is another one")
    return content[:-size]


def allow_open_files() -> None:
    """Let this process have as many files open as it may, up to ``OPEN_FILES``: some systems begin with 256."""
    try:
        import resource  # native Windows has none, and no such limit
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def remove_leftovers(folder: Path) -> None:
    """Delete the temporary files in a folder that killed processes have left: those untouched for an hour."""
    for path in folder.glob(".*-????????.*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > LEFTOVER:
                path.unlink()


@contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[bool]:
    """Have for oneself what the file ``path`` stands for, among all processes: yields whether it is so.

    It ends with the block, or with the process, however it ends. Where the file system knows no locks, a process that
    gives no sign of life for a minute has lost it.

    Args:
        path: of the lock; its folder is made.
        wait: for the process that has it now; else yield False at once.

    Raises:
        StorageError: the file cannot be made.
    """
    import filelock  # what only reads locks nothing

    timeout = -1 if wait else 0
    lock: filelock.BaseFileLock = filelock.FileLock(path, timeout=timeout, fallback_to_soft=False)
    mine = True
    make_folder(path.parent)
    try:
        try:
            lock.acquire()
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
            lease = path.with_suffix(".lease")
            with suppress(FileNotFoundError):  # one that a kill left before its owner stood in it
                if not (status := lease.stat()).st_size and time.time() - status.st_mtime > LEASE:
                    lease.unlink()
            lock = filelock.SoftFileLease(lease, timeout=timeout, lease_duration=LEASE)
            lock.acquire()
    except filelock.Timeout:
        mine = False
    except OSError as error:
        raise _storage_error(error, path) from error
    try:
        yield mine
    finally:
        if mine:
            lock.release()


def _commit(temporary: Path, path: Path) -> None:
    """Flush ``temporary`` to the disk and give it its final name, and the rights of any new file."""
    _flush(temporary)
    os.chmod(temporary, 0o666 & ~UMASK)
    os.replace(temporary, path)


def _flush(path: Path) -> None:
    with open(path, "rb") as handle:
        os.fsync(handle.fileno())


def _storage_error(error: OSError, path: Path) -> StorageError:
    advice = (
        f"{error.strerror}; needed to write it whole. Free some space or point DEPNB_CACHE "
        "(or the output folder) to a place that can be written"
    )
    return StorageError(error.errno, advice, str(path))
