"""How far a store is filled: written down by the process that fills it, for another terminal or machine to read."""

import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from depnb.system.files import locked, write_json

FOLDER = ".status"
"""Of a store; a file for each process that fills it."""


@dataclass
class Status:
    """What one process has done for a store, and what it does.

    Attributes:
        place: engine and machine, in words.
        gpus: that a unit has.
        expected: seconds that each unit takes, about, by name.
        begun: when it began, seconds since 1970.
        done: the units that have ended well, with the seconds that each took; 0 where it was not heard when one
            began.
        running: the units at work, with the time when each began.
        failed: the units that failed, with the reason.
    """

    place: str
    gpus: float
    expected: dict[str, float]
    begun: float = field(default_factory=time.time)
    done: dict[str, float] = field(default_factory=dict)
    running: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def begin(self, unit: str) -> None:
        """A unit is at work."""
        self.running[unit] = time.time()

    def end(self, unit: str, failure: str | None = None) -> None:
        """A unit has ended, well or with a failure."""
        began = self.running.pop(unit, None)
        if failure is None:
            self.done[unit] = time.time() - began if began else 0.0
        else:
            self.failed[unit] = failure

    @property
    def minutes_left(self) -> float | None:
        """By what was expected of the units that are done and of the others; None before the first one."""
        done = sum(self.expected[name] for name in self.done)
        left = sum(seconds for name, seconds in self.expected.items() if name not in self.done | self.failed)
        return (time.time() - self.begun) * left / done / 60 if done else None

    @property
    def gpu_hours(self) -> float:
        """Used so far by units that are done or at work."""
        now = time.time()
        seconds = sum(self.done.values()) + sum(now - began for began in self.running.values())
        return self.gpus * seconds / 3600

    def lines(self) -> Iterator[str]:
        """In words, what runs and what failed in lines of their own."""
        counts = (
            f"{len(self.done)} of {len(self.expected)} done, {len(self.running)} running, {len(self.failed)} failed"
        )
        left = "" if self.minutes_left is None else f", about {self.minutes_left:.0f} min left"
        used = f", {self.gpu_hours:.1f} GPU-hours" if self.gpus else ""
        yield f"{self.place}, for {(time.time() - self.begun) / 60:.0f} min: {counts}{left}{used}"
        for unit, began in self.running.items():
            yield f"  … {unit}, for {(time.time() - began) / 60:.0f} min"
        for unit, why in self.failed.items():
            yield f"  ✘ {unit}: {why}"


@contextmanager
def kept(store: Path, place: str, gpus: float, expected: Mapping[str, float]) -> Iterator["Kept"]:
    """A status that others can read for as long as the block lasts.

    Args:
        store: folder of the store.
        place, gpus, expected: as in ``Status``.
    """
    here = socket.gethostname()
    path = store / FOLDER / f"{here}-{os.getpid()}.json"
    with locked(path.with_suffix(".lock")):
        made = Kept(Status(f"{place}, {here}", gpus, dict(expected)), path)
        made.write()
        try:
            yield made
        finally:
            path.unlink(missing_ok=True)
    path.with_suffix(".lock").unlink(missing_ok=True)


@dataclass
class Kept:
    """A status and its file."""

    status: Status
    path: Path

    def write(self) -> None:
        """Write the status down as it is now."""
        write_json(self.path, asdict(self.status))


def read(store: Path) -> list[Status]:
    """The status of each process that fills a store now; files of processes that were killed are removed."""
    found = []
    for path in sorted((store / FOLDER).glob("*.json")):
        with suppress(FileNotFoundError), locked(path.with_suffix(".lock"), wait=False) as nobody:
            if nobody:
                path.unlink()
                path.with_suffix(".lock").unlink()
            else:
                found.append(Status(**json.loads(path.read_text(encoding="utf-8"))))
    return found
