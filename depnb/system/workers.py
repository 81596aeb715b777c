"""The one place that spreads work over the cores: units with a name, worker processes, claims, outcomes.

A worker is a process that has one unit at a time, so it is known which one has killed it; a new worker goes on with the
rest. Processes that do not know of each other share their work by claims: what another one has claimed is tried again
at the end, when it is there, or free because that process has died.
"""

import hashlib
import logging
import logging.handlers
import math
import multiprocessing
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any, Generic, NamedTuple, NoReturn, Protocol, TypeVar

from depnb.system.files import StorageError, cache_dir, locked

CLAIMS = "claims"
"""Folder of the cache; a file there is claimed, or was when its process was killed."""
SECONDS_TO_STOP = 10.0
"""A worker that is told to stop removes its half files in this time, or is killed."""

Unit = TypeVar("Unit")
Value = TypeVar("Value")

log = logging.getLogger("depnb")


class Worker(NamedTuple):
    """What a unit's work knows of the worker that does it.

    Attributes:
        number: from 0; a worker that follows one that died has its number.
        patient: whether to wait for what another process has claimed, because nothing else is left.
        tell: gives something that JSON can hold to ``hear`` of ``spread``; tuples may arrive as lists.
    """

    number: int
    patient: bool
    tell: Callable[[Any], None]


@dataclass(frozen=True)
class Outcome(Generic[Value]):
    """What has become of a unit: a value, or an error that names what went wrong.

    Attributes:
        name: of the unit. value: what its work returned.
        error: what its work raised, ``WorkerDied`` where it killed its process; None if it went well.
    """

    name: str
    value: Value | None = None
    error: Exception | None = None


@dataclass(frozen=True)
class Needs:
    """What the work on one unit needs of a machine.

    Attributes:
        cores: CPU cores that it keeps busy.
        gpus: GPUs, or the share of one.
        memory_mb: memory that is to be free, MB.
    """

    cores: float = 1.0
    gpus: float = 0.0
    memory_mb: int = 0


class Engine(Protocol):
    """Machines that units can be given to, instead of the processes of this one."""

    @property
    def name(self) -> str:
        """What a reader is told of where the work is done."""

    @property
    def gpus(self) -> int:
        """GPUs of all machines."""

    def room(self, needs: Needs) -> int:
        """How many units with these needs are done at the same time.

        Raises:
            ValueError: not even one.
        """

    def spread(
        self,
        units: Mapping[str, Unit],
        work: Callable[[Unit, Worker], Value],
        *,
        needs: Needs,
        seconds: Callable[[Unit], float],
        start: Callable[[int], None] | None,
        hear: Callable[[Any], None],
    ) -> AbstractContextManager[Iterator[Outcome[Value]]]:
        """As ``spread`` of this module; each unit is alone with its worker, whose number is 0."""


ONE_CORE = Needs()
_GOLDEN = (math.sqrt(5) - 1) / 2
"""Its multiples modulo 1 lie far apart, however many there are."""
_engine: ContextVar[Engine | None] = ContextVar("engine", default=None)


@contextmanager
def on(engine: Engine | None) -> Iterator[None]:
    """Within the block ``spread`` gives its units to an engine; with None to processes of this machine."""
    before = _engine.set(engine)
    try:
        yield
    finally:
        _engine.reset(before)


def engine() -> Engine | None:
    """The engine that ``spread`` gives its units to; None is this machine."""
    return _engine.get()


class WorkerDied(RuntimeError):
    """The process that worked on a unit ended before the unit did: killed, out of memory, a fault of a library."""


class Taken(Exception):
    """Another process has claimed this; it is tried again when all else is done."""


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def claimed(product: Path, patient: bool) -> Iterator[None]:
    """Have what is to be made at ``product`` for oneself, among all processes with the same cache.

    The claim ends with the block, or with the process, however it ends. What lies there by then is looked up within.

    Raises:
        Taken: another process has it, and this one is not ``patient``.
        StorageError: the cache cannot be written.
    """
    path = cache_dir() / CLAIMS / f"{hashlib.sha256(os.fspath(product).encode()).hexdigest()[:24]}.lock"
    with locked(path, patient) as mine:
        if not mine:
            raise Taken(product)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)  # before the release; who waits for the file that is gone opens a new one


def from_own_place(units: Mapping[str, Unit]) -> dict[str, Unit]:
    """The same units in their order, but beginning at a place of this process's own.

    Processes that share work by claims then seldom want the same unit.
    """
    names = list(units)
    first = int(os.getpid() * _GOLDEN % 1 * len(names))
    return {name: units[name] for name in names[first:] + names[:first]}


@contextmanager
def spread(
    units: Mapping[str, Unit],
    work: Callable[[Unit, Worker], Value],
    *,
    workers: int,
    needs: Needs = ONE_CORE,
    seconds: Callable[[Unit], float] = lambda unit: 60.0,
    start: Callable[[int], None] | None = None,
    hear: Callable[[Any], None] = lambda told: None,
) -> Iterator[Iterator[Outcome[Value]]]:
    """Do the work of all units: ``with spread(units, work, workers=2) as outcomes: for outcome in outcomes: …``.

    At the end of the block, also by an interrupt, the workers have ended and left no half files.

    Args:
        units: what is to be done, by name, in the order in which it is begun.
        work: does one unit; raises ``Taken`` where another process has it. A worker gets it pickled.
        workers: processes; with 1 the work is done in this one, and what kills it kills all.
        needs: what a unit needs of a machine, where an engine is to find it (``on``) in place of these processes.
        seconds: that a unit takes, about; for an engine that must know.
        start: called once in each worker process, with its number.
        hear: gets, in this process, what the work tells.

    Yields:
        the outcomes, in the order in which units end.

    Raises:
        StorageError: of the first unit that finds the disk full or forbidden.
        RuntimeError: worker processes cannot start.
    """
    elsewhere = _engine.get()
    if elsewhere and units:
        with elsewhere.spread(units, work, needs=needs, seconds=seconds, start=start, hear=hear) as outcomes:
            yield outcomes
        return
    if workers == 1 or not units:
        yield in_turn(units, work, hear)
        return
    pool = _Pool(units, work, start, hear)
    try:
        for number in range(min(workers, len(units))):
            pool.start(number)
        yield pool.outcomes()
    finally:
        pool.stop()


def in_turn(units: Mapping[str, Unit], work: Callable, hear: Callable[[Any], None]) -> Iterator[Outcome]:
    """The work of all units in this process, one after the other; as ``spread`` with one worker."""
    queue = deque((name, False) for name in units)
    while queue:
        name, patient = queue.popleft()
        try:
            yield Outcome(name, work(units[name], Worker(0, patient, hear)))
        except Taken:
            queue.append((name, True))
        except StorageError:
            raise
        except Exception as error:
            yield Outcome(name, error=error)


@dataclass
class _Process:
    """A worker as its parent knows it; ``unit`` is the name of what it works on, None before it is ready."""

    number: int
    process: multiprocessing.process.BaseProcess
    unit: str | None = None


class _Pool:
    """The worker processes of one ``spread``, by the connection to each."""

    def __init__(self, units: Mapping[str, Any], work: Callable, start: Callable | None, hear: Callable):
        self._units, self._task, self._hear = units, (work, start, log.getEffectiveLevel()), hear
        self._queue = deque((name, False) for name in units)
        self._running: dict[Connection, _Process] = {}
        self._finished: list[multiprocessing.process.BaseProcess] = []

    def start(self, number: int) -> None:
        """Start one worker."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        try:
            process = context.Process(target=_serve, args=(*self._task, number, theirs))
            process.start()
        finally:
            theirs.close()  # so that ours says when the worker has ended
        self._running[ours] = _Process(number, process)

    def outcomes(self) -> Iterator[Outcome]:
        """Give the workers units as they become free, until all units have ended."""
        while self._running:
            ready: Any = wait(list(self._running))
            for connection in ready:
                try:
                    kind, content = connection.recv()
                except (EOFError, ConnectionResetError):
                    yield self._died(connection)
                    continue
                if kind == "told":
                    self._hear(content)
                elif kind == "logged":
                    log.handle(content)
                elif isinstance(content, StorageError):
                    raise content
                else:
                    yield from self._ended(connection, kind, content)

    def _ended(self, connection: Connection, kind: str, content: Any) -> Iterator[Outcome]:
        """A worker is free again, or for the first time: ``kind`` is ``ready``, ``taken``, ``made`` or ``failed``."""
        name = self._running[connection].unit or ""
        if kind == "taken":
            self._queue.append((name, True))
        if self._queue:
            unit, patient = self._queue.popleft()
            self._running[connection].unit = unit
            with suppress(BrokenPipeError):  # it was killed just now, which the next message will say
                connection.send((self._units[unit], patient))
        else:  # a unit that another worker still has and finds taken is tried again by that one
            self._release(connection)
        if kind == "made":
            yield Outcome(name, content)
        elif kind == "failed":
            yield Outcome(name, error=content)

    def _died(self, connection: Connection) -> Outcome:
        worker = self._release(connection)
        worker.process.join()
        if worker.unit is None:
            ending = _ending(worker.process.exitcode)
            why = (
                "something has killed it, as a system does that runs out of memory"
                if ending.startswith("signal")
                else "a script must do its work under `if __name__ == '__main__':`"
            )
            raise RuntimeError(f"A worker process ended while it started ({ending}): {why}; workers=1 needs none.")
        if self._queue:
            self.start(worker.number)
        died = WorkerDied(f"the process that worked on it died ({_ending(worker.process.exitcode)})")
        return Outcome(worker.unit, error=died)

    def _release(self, connection: Connection) -> _Process:
        """Let a worker end, which it does when nothing more can come."""
        worker = self._running.pop(connection)
        self._finished.append(worker.process)
        connection.close()
        return worker

    def stop(self) -> None:
        """End all that are still there, whatever they work on."""
        for worker in self._running.values():
            worker.process.terminate()
        for process in [*self._finished, *(worker.process for worker in self._running.values())]:
            process.join(SECONDS_TO_STOP)
            if process.is_alive():
                process.kill()
                process.join()
        for connection in self._running:
            connection.close()


def _ending(code: int | None) -> str:
    return f"signal {-code}" if code and code < 0 else f"exit status {code}"


def _serve(work: Callable, start: Callable | None, level: int, number: int, connection: Connection) -> None:
    """The life of a worker process: one unit after the other, until no more can come."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted too, and stops its workers
    signal.signal(signal.SIGTERM, _stop)
    _end_with_parent()
    turn = threading.Lock()

    def send(kind: str, content: Any = None) -> None:
        with turn:
            connection.send((kind, content))

    _log_to(send, level)
    if start:
        start(number)
    send("ready")
    while True:
        try:
            unit, patient = connection.recv()
        except EOFError:
            return
        try:
            send("made", work(unit, Worker(number, patient, lambda told: send("told", told))))
        except Taken:
            send("taken")
        except Exception as error:
            send("failed", portable(error))


def _stop(*_) -> NoReturn:
    """End as an exception does, so that half files are removed."""
    raise SystemExit(1)


def _end_with_parent() -> None:
    """End this process when the one that started it ends, even by a kill."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _log_to(send: Callable[[str, Any], None], level: int) -> None:
    """What is logged here is logged by the parent, which knows where to."""
    handler: Any = logging.handlers.QueueHandler(None)  # type: ignore[arg-type]
    handler.enqueue = lambda record: send("logged", record)
    log.addHandler(handler)
    log.setLevel(level)
    log.propagate = False


def portable(error: Exception) -> Exception:
    """The error with the place where it happened, in a form that survives the way to the parent."""
    trace = "".join(traceback.format_exception(error))
    try:
        error = ForkingPickler.loads(ForkingPickler.dumps(error))
    except Exception:
        error = RuntimeError(f"{type(error).__name__}: {error}")
    error.add_note(trace)
    return error
