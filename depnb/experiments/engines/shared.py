"""Do all machines see the same folders, and do locks in them hold on all?"""

import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from depnb.system.files import locked, write_text

TOKEN, LOCK = ".depnb-token", ".depnb-token.lock"


@dataclass(frozen=True)
class Mark:
    """What one machine has written into folders, for others to find.

    Attributes:
        folders: that all machines should have in common.
        token: what lies in each of them.
    """

    folders: tuple[Path, ...]
    token: str


def look(mark: Mark) -> list[Path]:
    """On another machine: the folders whose lock is free here, though the first machine has it.

    Raises:
        ValueError: a folder is not the one of the first machine.
    """
    unlocked = []
    for folder in mark.folders:
        path = folder / TOKEN
        if not path.exists() or path.read_text() != mark.token:
            raise ValueError(
                f"{socket.gethostname()} does not see what is written to {folder}: give DEPNB_CACHE and --store "
                "folders that all machines have in common."
            )
        with locked(folder / LOCK, wait=False) as free:
            unlocked += [folder] if free else []
    return unlocked


@contextmanager
def marked(folders: Sequence[Path]) -> Iterator[Mark]:
    """Mark folders of this machine, and hold a lock in each, for as long as the block lasts."""
    mark = Mark(tuple(folder.absolute() for folder in folders), token_hex(8))
    with ExitStack() as stack:
        for folder in mark.folders:
            write_text(folder / TOKEN, mark.token)
            stack.callback((folder / TOKEN).unlink, missing_ok=True)
            stack.enter_context(locked(folder / LOCK))
        yield mark


def remarks(unlocked: Sequence[Path]) -> list[str]:
    """Sentences about folders whose locks hold on one machine only.

    Nothing is lost by that, but somebody who starts a command by hand on another machine might make a run twice.
    """
    return [
        f"Locks in {folder} hold on one machine only: start nothing by hand beside this."
        for folder in dict.fromkeys(unlocked)
    ]


def file_name(unit: str) -> str:
    """The name of a unit as that of a file."""
    return re.sub(r"[^\w.-]+", "-", unit)[-150:].strip("-")


def last_words(path: Path, lines: int = 3) -> str:
    """The last lines of a log, or ``nothing``."""
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    return " | ".join([line for line in text.splitlines() if line.strip()][-lines:]) or "nothing"
