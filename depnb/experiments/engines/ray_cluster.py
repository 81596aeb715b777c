"""The nodes of a Ray cluster."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from depnb.experiments.engines.shared import Mark, file_name, last_words, look, remarks
from depnb.system.files import StorageError, appending
from depnb.system.workers import SECONDS_TO_STOP, Needs, Outcome, Taken, Worker, WorkerDied, portable

RETRIES = 3
"""How often a unit begins again after its process or its node has died."""
SECONDS_BETWEEN_LOOKS = 0.5

log = logging.getLogger("depnb")


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
        own = {name: value for name, value in os.environ.items() if name.startswith("DEPNB_")}
        ray.init(address=self.address, log_to_driver=False, logging_level=logging.ERROR, runtime_env={"env_vars": own})

    @cached_property
    def _ray(self) -> Any:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing about this work is sent to anybody
        try:
            import ray  # of the extra `cluster`; seconds to import
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError("--on ray needs Ray: run `pip install 'depnb[cluster]'`.", name="ray") from error
        return ray

    @property
    def name(self) -> str:
        """With the number of nodes that are there now."""
        return f"Ray, {len(self.nodes)} nodes"

    @property
    def nodes(self) -> list[dict[str, Any]]:
        """The nodes that are there now, as Ray describes them."""
        return [node for node in self._ray.nodes() if node["Alive"]]

    @property
    def gpus(self) -> int:
        """GPUs of all nodes."""
        return int(sum(node["Resources"].get("GPU", 0) for node in self.nodes))

    def room(self, needs: Needs) -> int:
        """How many units with these needs are done at the same time on the nodes that are there now.

        Raises:
            ValueError: no node has what a unit needs.
        """
        wanted = {"CPU": needs.cores, "GPU": needs.gpus, "memory": needs.memory_mb * 2**20}
        found = sum(
            min(int(node["Resources"].get(what, 0) / amount) for what, amount in wanted.items() if amount)
            for node in self.nodes
        )
        if not found:
            asked = f"{needs.cores:g} cores, {needs.gpus:g} GPUs and {needs.memory_mb} MB of memory"
            raise ValueError(f"No node of the Ray cluster has {asked}, which one unit of this work needs.")
        return found

    @contextmanager
    def spread(
        self,
        units: Mapping[str, Any],
        work: Callable[[Any, Worker], Any],
        *,
        needs: Needs,
        seconds: Callable[[Any], float],
        start: Callable[[int], None] | None,
        hear: Callable[[Any], None],
    ) -> Iterator[Iterator[Outcome]]:
        """As ``system.workers.spread``; units begin in their order as nodes have room for them.

        Raises:
            ValueError: no node has what a unit needs.
            StorageError: of the first unit that finds a disk full or forbidden.
        """
        self.room(needs)
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

        def begin(name: str, patient: bool) -> Any:
            return task.remote(units[name], work, start, patient, ear, self.logs / f"{file_name(name)}.log")

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
        why, said = next(iter(str(error).splitlines()), ""), last_words(self.logs / f"{file_name(name)}.log")
        return WorkerDied(f"its process or its node died {1 + RETRIES} times ({why}); last said: {said}")

    def _stop(self, waiting: Mapping[Any, str]) -> None:
        """End what is still at work: first as an interrupt does, so that half files are removed."""
        ray = self._ray
        for force in (False, True):
            for reference in waiting:
                ray.cancel(reference, force=force)
            if waiting:
                ray.wait(list(waiting), num_returns=len(waiting), timeout=SECONDS_TO_STOP)

    def demand_shared(self, mark: Mark) -> list[str]:
        """Demand that every node sees what this machine has marked, before work starts; gives remarks.

        Raises:
            ValueError: a node does not.
        """
        ray = self._ray
        pinned = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
        unlocked = []
        for node in self.nodes:
            there = ray.remote(look).options(num_cpus=0, scheduling_strategy=pinned(node["NodeID"], soft=False))
            try:
                unlocked += ray.get(there.remote(mark))
            except ray.exceptions.RayTaskError as error:
                raise error.cause from None
        return remarks(unlocked)


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
    import ray  # of the extra `cluster`

    def tell(told: Any) -> None:
        ray.get(ear.tell.remote(told))  # waited for, so that it is heard before the outcome

    with appending(said) as lines, redirect_stdout(lines), redirect_stderr(lines):
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
