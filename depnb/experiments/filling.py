"""Make the results that a store lacks, on this machine."""

import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.system.files import StorageError
from depnb.system.workers import end_with_parent, usable_cores

log = logging.getLogger("depnb")

PROCESS_MB = 2000
"""Memory that is to be free for another training process."""


def fill(
    runs: Sequence[Run],
    store: Store,
    device: str,
    say: Callable[[str], None],
    problem: Callable[[str], None],
) -> None:
    """Make the results of ``runs``; one that fails is reported, and the rest go on.

    On a CPU as many trainings run side by side as there are cores and memory for, each with the threads of its profile:
    two of one thread are nearly twice as fast as one of two. Any number of processes may fill one store: what another
    one is making is left for the end, and then its result is waited for (or made here, if that process has died).

    Args:
        runs: what to make.
        store: where to.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
        say: where lines for the reader go.
        problem: what is told of each run that failed.

    Raises:
        ValueError: a run is of a licensed corpus, and the store is where git would take its result; nothing is begun.
    """
    from depnb.experiments import execute
    from depnb.experiments.plan import in_order

    for run in runs:
        store.demand_place(run)
    runs = in_order(runs, device)
    execute.prepare(runs, device)
    with _helpers(runs, store, device, _room(runs, device) - 1):
        _fill(runs, store, device, say, problem)


def _fill(
    runs: list[Run],
    store: Store,
    device: str,
    say: Callable[[str], None],
    problem: Callable[[str], None],
) -> None:
    from depnb.experiments import execute

    begun = time.monotonic()
    waiting = [(run, False) for run in runs]
    while waiting:
        run, last_chance = waiting.pop(0)
        if last_chance and store.missing([run]):
            say(f"{describe(run)}: another process is making it")
        with store.claimed(run, wait=last_chance) as mine:
            if not mine:
                waiting.append((run, True))
                continue
            if not store.missing([run]):
                continue
            lacking = len(store.missing(runs))
            done = len(runs) - lacking
            left = f", about {(time.monotonic() - begun) / done * lacking / 60:.0f} min left" if done else ""
            say(f"[{done + 1}/{len(runs)}] {describe(run)}{left}")
            try:
                execute.run(run, store, device=device)
            except StorageError:
                raise
            except Exception as error:  # the other rows are worth having
                log.exception("%s", describe(run))
                problem(f"{describe(run)}: {type(error).__name__}: {error}")
                say(f"✘ {describe(run)}: {type(error).__name__}: {error}")


@contextmanager
def _helpers(runs: list[Run], store: Store, device: str, count: int) -> Iterator[None]:
    """``count`` processes that fill the same store without a word while the block runs."""
    context = get_context("spawn")
    helpers = [context.Process(target=_help, args=(runs, store.path, store.networks, device)) for _ in range(count)]
    for helper in helpers:
        helper.start()
    try:
        yield
    finally:
        for helper in helpers:
            helper.terminate()
            helper.join()


def _help(runs: list[Run], store: Path, networks: Path | None, device: str) -> None:
    """Fill a store until all is done or the process that began this has ended."""
    from depnb.experiments.store import Store

    end_with_parent()
    with open(os.devnull, "w") as nowhere:
        sys.stdout = sys.stderr = nowhere
        _fill(runs, Store(store, networks=networks), device, lambda line: None, lambda line: None)


def _room(runs: Sequence[Run], device: str) -> int:
    """How many trainings this machine has cores and memory for at the same time."""
    import psutil

    from depnb.methods.registry import method
    from depnb.training.loop import device_kind

    if len(runs) < 2 or device_kind(device) != "cpu":
        return 1
    threads = max(method(run.paper).profiles[run.profile].threads for run in runs)
    memory = int(psutil.virtual_memory().available / 2**20 / PROCESS_MB)
    return max(1, min(usable_cores() // threads, memory, len(runs)))


def shard(runs: Sequence[Run], part: str) -> list[Run]:
    """Every n-th run: ``2/4`` is the second of four shares, which together are all runs.

    Raises:
        ValueError: ``part`` is not of that form, or names a share that there is not.
    """
    form = re.fullmatch(r"(\d+)/(\d+)", part)
    number, shares = map(int, form.groups()) if form else (0, 0)
    if not 1 <= number <= shares:
        raise ValueError(f"--shard {part}: give NUMBER/SHARES with NUMBER from 1 to SHARES, as in 1/4.")
    return list(runs[number - 1 :: shares])


def describe(run: Run) -> str:
    """A run in words."""
    return f"{run.paper} {run.row} on {run.corpus}, {run.protocol}, {run.profile}, seed {run.seed}"
