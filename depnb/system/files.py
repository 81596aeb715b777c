"""The one place that writes: every file appears whole or not at all."""

import errno
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs

UMASK = os.umask(0o077)
"""What the user has taken away from the rights of new files; it can only be read by setting it."""
os.umask(UMASK)
STORAGE = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT})


class StorageError(OSError):
    """A file could not be written; the message names it and says what to do."""


def cache_dir() -> Path:
    """Folder for everything that can be made again: ``$DEPNB_CACHE``, else the user's cache folder."""
    return Path(os.environ.get("DEPNB_CACHE") or platformdirs.user_cache_dir("depnb"))


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


def write_bytes(path: Path | str, data: bytes) -> None:
    """Write ``data`` atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path | str, text: str) -> None:
    """Write ``text`` atomically as UTF-8."""
    write_bytes(path, text.encode())


def write_json(path: Path | str, value: Any) -> None:
    """Write ``value`` atomically as indented JSON with sorted keys."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n")


def _commit(temporary: Path, path: Path) -> None:
    """Flush ``temporary`` to the disk and give it its final name, and the rights of any new file."""
    with open(temporary, "rb") as handle:
        os.fsync(handle.fileno())
    os.chmod(temporary, 0o666 & ~UMASK)
    os.replace(temporary, path)


def _storage_error(error: OSError, path: Path) -> StorageError:
    advice = (
        f"{error.strerror}; needed to write it whole. Free some space or point DEPNB_CACHE "
        "(or the output folder) to a place that can be written"
    )
    return StorageError(error.errno, advice, str(path))
