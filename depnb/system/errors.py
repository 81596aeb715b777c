"""An error as one sentence: what went wrong, where, and what to do."""

import errno
import linecache
import os
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from depnb.system.files import StorageError
from depnb.system.text import one_line, prepare_terminal

DEBUG = "DEPNB_DEBUG"
PACKAGE = Path(__file__).resolve().parents[1]
ON_PURPOSE = (OSError, ValueError, RuntimeError, LookupError)
"""The types of the errors that depnb raises with a message for its user."""

PLACES = "name another place (DEPNB_CACHE, --folder, --store, --out)"
FULL = f"The disk is full: free some space, or {PLACES}."
FORBIDDEN = f"The rights forbid it: change them, or {PLACES}."
LOCKLESS = f"This file system has no locks: {PLACES} on a local disk."
HANDLES = "Too many files are open: raise the limit, as in `ulimit -n 4096`."
MEMORY = "The memory does not suffice: close other programs, or take fewer workers or a smaller profile."
INCOMPLETE = "The installation is not complete: install the requirements again."
UNEXPECTED = f"depnb did not expect this: {DEBUG}=1 before the command shows where it happened."
ADVICE = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), FULL),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), FORBIDDEN),
    **dict.fromkeys((errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP), LOCKLESS),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), HANDLES),
    errno.ENOMEM: MEMORY,
}
"""What helps where the system refuses something, by the number of its error."""
SHORT = re.compile(r"allocate|failed to map segment|bad_alloc")
"""In the errors of libraries that get too little memory."""
UNIX = {"fcntl", "resource", "termios", "pwd"}
"""Modules that Windows does not have."""


def debugged() -> bool:
    """Whether the user asked for tracebacks."""
    return os.environ.get(DEBUG, "0") != "0"


def run(command: Callable[[], Any]) -> None:
    """Run a command; its error is one line on stderr and exit status 1, or a traceback where that is asked for."""
    prepare_terminal()
    try:
        command()
    except Exception as error:
        if debugged():
            raise
        print(sentence(error), file=sys.stderr)
        sys.exit(1)


def sentence(error: BaseException) -> str:
    """An error in one line; to what depnb did not raise on purpose it adds what helps, or how to see more."""
    told = one_line(f"{type(error).__name__}: {_message(error)}")
    advice = _advice(error)
    return f"{told.rstrip('.')}. {advice}" if advice else told


def _advice(error: BaseException) -> str | None:
    """What to do about an error whose message does not say it; ``None`` where it does."""
    if isinstance(error, StorageError):
        return None
    if isinstance(error, OSError) and error.errno in ADVICE:
        return ADVICE[error.errno]
    if isinstance(error, MemoryError) or (isinstance(error, (RuntimeError, ImportError)) and SHORT.search(str(error))):
        return MEMORY
    if isinstance(error, ImportError):
        return "This needs Linux or macOS: on Windows use WSL2." if error.name in UNIX else INCOMPLETE
    return None if _is_on_purpose(error) else UNEXPECTED


def _is_on_purpose(error: BaseException) -> bool:
    """Whether a line of depnb that begins with ``raise`` raised the error, so that its message says what to do.

    An error of another process has left its traceback there, and is taken for one.
    """
    if not isinstance(error, ON_PURPOSE):
        return False
    if error.__traceback__ is None:
        return True
    *_, (last, line) = traceback.walk_tb(error.__traceback__)
    file = last.f_code.co_filename
    return PACKAGE in Path(file).parents and linecache.getline(file, line).lstrip().startswith("raise")


def _message(error: BaseException) -> str:
    """The message; ``str`` of a LookupError would put it in quotes."""
    return str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error)
