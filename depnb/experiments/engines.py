"""Where the units of long work are done, besides the processes of this machine: the nodes of a Ray cluster.

A unit is a video to make or to prepare, or a run. Each can be repeated: what is there is not made again, and what was
interrupted goes on. So a node may join and leave at any time, and a unit that was on it begins again on another one.
"""

import logging
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from secrets import token_hex
from typing import Any

from depnb.system.files import StorageError, cache_dir, locked, make_folder, write_text
from depnb.system.workers import SECONDS_TO_STOP, Engine, Needs, Outcome, Taken, Worker, WorkerDied, on, portable

RETRIES = 3
"""How often a unit begins again after its process or its node has died."""
SECONDS_BETWEEN_LOOKS = 0.5
LAST_LINES = 3
"""Of a unit's log, which stand behind what it failed of."""

log = logging.getLogger("depnb")


def engine(name: str, logs: Path) -> Engine | None:
    """What ``--on`` names: ``here``, ``ray`` or ``ray:ADDRESS``.

    Args:
        name: of the engine.
        logs: folder for what each unit says, which all machines see.

    Returns:
        None for ``here``.

    Raises:
        ValueError: another name.
        ModuleNotFoundError: Ray is not installed.
        ConnectionError: there is no cluster at the address.
    """
    kind, _, address = name.partition(":")
    if name == "here":
        return None
    if kind != "ray":
        raise ValueError(f"--on {name}: give here, ray or ray:ADDRESS, as in ray:10.0.0.1:6379.")
    return RayCluster(address or None, logs)


@contextmanager
def working_on(name: str, logs: Path, folders: Sequence[Path], say: Callable[[str], None]) -> Iterator[None]:
    """Give the work within the block to what ``--on`` names, if all machines see the cache and these folders.

    Args:
        name, logs: as ``engine``. folders: that the work is written to.
        say: what is told of folders that are not shared as they should be.

    Raises:
        ValueError: a machine does not see one of the folders; and as ``engine``, with its other errors.
    """
    chosen = engine(name, logs)
    for remark in chosen.demand_shared([cache_dir(), *folders]) if chosen else ():
        say(f"⚠ {remark}")
    with on(chosen):
        yield


@dataclass
class RayCluster:
    """The nodes of a Ray cluster, each with depnb installed and with the same folders.

    Attributes:
        address: of a running cluster; ``None`` is the one that RAY_ADDRESS names, or one of this machine alone.
        logs: folder for what each unit says; a file a unit.
    """

    address: str | None
    logs: Path

    def __post_init__(self) -> None:
        ray = self._ray
        if ray.is_initialized():
            return
        shared = {name: os.environ[name] for name in os.environ if name.startswith("DEPNB_")}
        ray.init(
            address=self.address,
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={"env_vars": {**shared, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}},
        )

    @cached_property
    def _ray(self) -> Any:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing about this work is sent to anybody
        try:
            import ray  # of the extra `cluster`; seconds to import
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError("--on ray needs Ray: run `pip install 'depnb[cluster]'`.", name="ray") from error
        return ray

    @property
    def nodes(self) -> list[dict[str, Any]]:
        """The nodes that are there now, as Ray describes them."""
        return [node for node in self._ray.nodes() if node["Alive"]]

    @property
    def gpus(self) -> int:
        """GPUs of all nodes."""
        return int(sum(node["Resources"].get("GPU", 0) for node in self.nodes))

    @contextmanager
    def spread(
        self,
        units: Mapping[str, Any],
        work: Callable[[Any, Worker], Any],
        *,
        needs: Needs,
        start: Callable[[int], None] | None,
        hear: Callable[[Any], None],
    ) -> Iterator[Iterator[Outcome]]:
        """As ``system.workers.spread``; units begin in their order as nodes have room for them.

        Raises:
            ValueError: no node has what a unit needs.
            StorageError: of the first unit that finds a disk full or forbidden.
        """
        self._demand_room(needs)
        ray = self._ray
        here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
            ray.get_runtime_context().get_node_id(), soft=False
        )
        ear = ray.remote(_Ear).options(num_cpus=0, scheduling_strategy=here).remote()
        task = ray.remote(_do).options(
            num_cpus=needs.cores,
            num_gpus=needs.gpus,
            memory=needs.memory_mb * 2**20 or None,
            max_retries=RETRIES,
        )
        make_folder(self.logs)

        def begin(name: str, patient: bool) -> Any:
            return task.remote(units[name], work, start, patient, ear, self.logs / f"{_file_name(name)}.log")

        waiting = {begin(name, False): name for name in units}
        try:
            yield self._outcomes(waiting, begin, ear, hear)
        finally:
            self._stop(waiting)
            ray.kill(ear)

    def _outcomes(self, waiting: dict[Any, str], begin: Callable, ear: Any, hear: Callable) -> Iterator[Outcome]:
        """What becomes of the units, until none waits."""
        ray = self._ray
        while waiting:
            ready, _ = ray.wait(list(waiting), timeout=SECONDS_BETWEEN_LOOKS)
            for told in ray.get(ear.take.remote()):
                hear(told)
            for reference in ready:
                name = waiting.pop(reference)
                try:
                    kind, content = ray.get(reference)
                except ray.exceptions.RayError as error:
                    yield Outcome(name, error=self._died(name, error))
                    continue
                if isinstance(content, StorageError):
                    raise content
                if kind == "taken":
                    waiting[begin(name, True)] = name
                else:
                    yield Outcome(name, error=content) if kind == "failed" else Outcome(name, content)

    def _died(self, name: str, error: Exception) -> WorkerDied:
        path = self.logs / f"{_file_name(name)}.log"
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
        said = " | ".join(line for line in lines[-LAST_LINES:] if line.strip())
        why = next(iter(str(error).splitlines()), "")
        return WorkerDied(f"its process or its node died {1 + RETRIES} times ({why}); last said: {said or 'nothing'}")

    def _demand_room(self, needs: Needs) -> None:
        wanted = {"CPU": needs.cores, "GPU": needs.gpus, "memory": needs.memory_mb * 2**20}
        if not any(all(node["Resources"].get(k, 0) >= v for k, v in wanted.items()) for node in self.nodes):
            asked = f"{needs.cores:g} cores, {needs.gpus:g} GPUs and {needs.memory_mb} MB of memory"
            raise ValueError(f"No node of the Ray cluster has {asked}, which one unit of this work needs.")

    def _stop(self, waiting: Mapping[Any, str]) -> None:
        """End what is still at work: first as an interrupt does, so that half files are removed."""
        ray = self._ray
        for force in (False, True):
            for reference in waiting:
                ray.cancel(reference, force=force)
            if waiting:
                ray.wait(list(waiting), num_returns=len(waiting), timeout=SECONDS_TO_STOP)

    def demand_shared(self, folders: Sequence[Path]) -> list[str]:
        """Demand that every node sees these folders of this machine, before work starts.

        Returns:
            sentences about folders whose locks hold on one node only: nothing is lost by that, but somebody who starts
            a command by hand on another node might make the same run twice.

        Raises:
            ValueError: a node does not see what is written here.
        """
        ray, token = self._ray, token_hex(8)
        pinned = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
        unlocked = set()
        with ExitStack() as stack:
            for folder in folders:
                write_text(folder / TOKEN, token)
                stack.callback((folder / TOKEN).unlink, missing_ok=True)
                stack.enter_context(locked(folder / LOCK))
            for node in self.nodes:
                look = ray.remote(_look).options(num_cpus=0, scheduling_strategy=pinned(node["NodeID"], soft=False))
                for folder, seen, free in ray.get(look.remote(folders)):
                    if seen != token:
                        raise ValueError(
                            f"Node {node['NodeManagerHostname']} does not see what is written to {folder} here: give "
                            "DEPNB_CACHE and --store folders that all nodes have in common."
                        )
                    unlocked |= {folder} if free else set()
        return [f"Locks in {folder} hold on one node only: start nothing by hand beside this." for folder in unlocked]


TOKEN, LOCK = ".depnb-token", ".depnb-token.lock"


def _look(folders: Sequence[Path]) -> list[tuple[Path, str, bool]]:
    """On a node: of each folder the token that lies there, and whether the lock that the other machine has is free."""
    found = []
    for folder in folders:
        path = folder / TOKEN
        if not path.exists():
            found.append((folder, "", False))
            continue
        with locked(folder / LOCK, wait=False) as free:
            found.append((folder, path.read_text(), free))
    return found


class _Ear:
    """Keeps what units tell until the process that spreads them asks for it."""

    def __init__(self) -> None:
        self._told: list[Any] = []

    def tell(self, told: Any) -> None:
        self._told.append(told)

    def take(self) -> list[Any]:
        told, self._told = self._told, []
        return told


def _do(
    unit: Any, work: Callable, start: Callable[[int], None] | None, patient: bool, ear: Any, said: Path
) -> tuple[str, Any]:
    """On a node: the work on one unit, and what has become of it: ``made``, ``taken`` or ``failed``."""
    import ray

    def tell(told: Any) -> None:
        ray.get(ear.tell.remote(told))  # waited for, so that it is heard before the outcome

    with open(said, "a", encoding="utf-8") as lines, redirect_stdout(lines), redirect_stderr(lines):
        handler = logging.StreamHandler(lines)
        log.addHandler(handler)
        try:
            if start:
                start(0)
            return "made", work(unit, Worker(0, patient, tell))
        except Taken:
            return "taken", None
        except Exception as error:
            return "failed", portable(error)
        finally:
            log.removeHandler(handler)


def _file_name(unit: str) -> str:
    return re.sub(r"[^\w.-]+", "-", unit)[-150:].strip("-")
