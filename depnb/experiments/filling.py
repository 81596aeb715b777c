"""Make the results that a store lacks."""

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from depnb.experiments import status
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.methods.registry import method
from depnb.system.errors import sentence
from depnb.system.files import allow_open_files
from depnb.system.workers import Engine, Needs, Taken, Worker, claimed, engine, spread, usable_cores

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

    Each GPU that PyTorch sees trains one run at a time. On a CPU as many trainings run side by side as there are cores
    and memory for, each with the threads of its profile: two of one thread are nearly twice as fast as one of two. Any
    number of processes may fill one store: what another one is making is left for the end, and then its result is
    waited for (or made here, if that process has died).

    Args:
        runs: what to make.
        store: where to.
        device: ``auto``, ``cpu``, ``cuda`` (all GPUs) or ``cuda:N``.
        say: where lines for the reader go.
        problem: what is told of each run that failed, or that its process died of.

    Raises:
        StorageError: the disk is full or must not be written.
        ValueError: a run is of a licensed corpus, and the store is where git would take its result; nothing is begun.
            Or a GPU is named, and the work is done on other machines.
    """
    from depnb.experiments import execute  # loads torch
    from depnb.experiments.plan import in_order, pretraining_seconds, seconds_of  # loads torch
    from depnb.training.loop import device_kind  # loads torch

    allow_open_files()
    for run in runs:
        store.demand_place(run)
    elsewhere = engine()
    if elsewhere:
        device = device_elsewhere(device, elsewhere)
    kind, runs = device_kind(device), in_order(runs)
    execute.prepare(runs, device)
    units = {_name(unit): unit for unit in _todo(runs, store, kind)}
    devices = (device,) if elsewhere else _devices(runs, device)
    needs = needs_of(runs, kind)
    work = partial(_train, store, devices)

    def seconds(unit: Body | Run) -> float:
        return pretraining_seconds(unit.run, kind) if isinstance(unit, Body) else seconds_of(unit, kind)

    expected = {name: seconds(unit) for name, unit in units.items()}
    with (
        status.kept(store.path, elsewhere.name if elsewhere else "here", needs.gpus, expected) as kept,
        spread(
            units, work, workers=len(devices), needs=needs, seconds=seconds, start=_quiet, hear=_Told(kept, say)
        ) as outcomes,
    ):
        for outcome in outcomes:
            failure = sentence(outcome.error) if outcome.error else None
            kept.status.end(outcome.name, failure)
            kept.write()
            if failure:  # the other rows are worth having
                log.error("%s", outcome.name, exc_info=outcome.error)
                problem(f"{outcome.name}: {failure}")
                say(f"✘ {outcome.name}: {failure}")
            elif elsewhere:
                say(f"✔ {outcome.name}")


@dataclass(frozen=True)
class Body:
    """The pretrained body that a run, and others perhaps, starts from: a unit of work of its own."""

    run: Run


def _todo(runs: Sequence[Run], store: Store, kind: str) -> "list[Body | Run]":
    """The bodies that are not there and that runs need which the store lacks, and then the runs."""
    from depnb.experiments.plan import lacking_bodies  # loads torch

    return [*map(Body, lacking_bodies(store.missing(runs), kind).values()), *runs]


def _name(unit: Body | Run) -> str:
    return f"the body of {describe(unit.run)}" if isinstance(unit, Body) else describe(unit)


def _train(store: Store, devices: Sequence[str], unit: Body | Run, worker: Worker) -> None:
    """Make one body or one result on the worker's device, unless it is there by then.

    A run whose body is not there is left for later.
    """
    from depnb.experiments import execute  # loads torch
    from depnb.training.loop import device_kind  # loads torch

    device = devices[worker.number]
    run = unit.run if isinstance(unit, Body) else unit
    lacking = [body for body in execute.bodies(run, device_kind(device)) if not body.exists()]
    if isinstance(unit, Body):
        for body in lacking:
            _pretrain(unit, body, device, worker)
        return
    if lacking and not worker.patient:
        raise Taken
    with store.claimed(unit, wait=False) as mine:
        if mine:
            _make(unit, store, device, worker)
            return
    if not worker.patient:
        raise Taken
    worker.tell((_name(unit), True))
    with store.claimed(unit):
        _make(unit, store, device, worker)


def _pretrain(unit: Body, body: Path, device: str, worker: Worker) -> None:
    from depnb.experiments import execute  # loads torch

    if worker.patient and not body.exists():
        worker.tell((_name(unit), True))
    with claimed(body, worker.patient):
        if not body.exists():
            worker.tell((_name(unit), False))
            execute.pretrain(unit.run, device)


def _make(run: Run, store: Store, device: str, worker: Worker) -> None:
    from depnb.experiments import execute  # loads torch

    if store.missing([run]):
        worker.tell((_name(run), False))
        execute.run(run, store, device=device)


def _quiet(number: int) -> None:
    """Only the first of several trainings shows its progress."""
    if number:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)


@dataclass
class _Told:
    """Says which run begins, or is waited for."""

    kept: status.Kept
    say: Callable[[str], None]

    def __call__(self, told: tuple[str, bool]) -> None:
        unit, by_another = told
        if by_another:
            self.say(f"{unit}: another process is making it")
            return
        now = self.kept.status
        now.begin(unit)
        self.kept.write()
        number = len(now.done) + len(now.failed) + len(now.running)
        left = "" if now.minutes_left is None else f", about {now.minutes_left:.0f} min left"
        self.say(f"[{number}/{len(now.expected)}] {unit}{left}")


def _devices(runs: Sequence[Run], device: str) -> tuple[str, ...]:
    """The device of each training that this machine can have at the same time."""
    from depnb.training.loop import device_kind  # loads torch

    kind = device_kind(device)
    if kind == "cpu":
        return (device,) * _room(runs)
    if kind == "cuda" and ":" not in device:
        import torch  # as above

        return tuple(f"cuda:{number}" for number in range(max(1, min(torch.cuda.device_count(), len(runs)))))
    return (device,)


def device_elsewhere(device: str, chosen: Engine) -> str:
    """What a training runs on that an engine begins: a GPU, which it chooses, or a CPU.

    Raises:
        ValueError: another name than ``auto``, ``cpu`` or ``cuda``.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise ValueError(f"--device {device} is a device of this machine: with --on, give auto, cpu or cuda.")
    return ("cuda" if chosen.gpus else "cpu") if device == "auto" else device


def needs_of(runs: Sequence[Run], kind: str) -> Needs:
    """What one training needs of a machine; of different ones, what the largest does."""
    return Needs(_threads(runs), float(kind == "cuda"), PROCESS_MB)


def _room(runs: Sequence[Run]) -> int:
    """How many trainings the cores and the memory of this machine have room for at the same time."""
    import psutil

    if len(runs) < 2:
        return 1
    memory = int(psutil.virtual_memory().available / 2**20 / PROCESS_MB)
    return max(1, min(usable_cores() // _threads(runs), memory, len(runs)))


def _threads(runs: Sequence[Run]) -> int:
    """CPU threads of the training that has most."""
    return max((method(run.paper).profiles[run.profile].threads for run in runs), default=1)


def describe(run: Run) -> str:
    """A run in words."""
    return f"{run.paper} {run.row} on {run.corpus}, {run.protocol}, {run.profile}, seed {run.seed}"
