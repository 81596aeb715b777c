"""Engines: hours of the paper's rows on several workers, what an engine adds to a unit, and a node that is killed.

1. *Hours*: the rows of the profile ``paper`` on 1 to 32 GPUs, by the expected seconds of bodies and runs and by the
   order in which ``experiments.filling`` begins them; busy is the share of the time in which a GPU works.
2. *Overhead*: seconds that each engine takes for a unit that does nothing, with and without its start.
3. *A killed node*: four smoke runs on two simulated nodes of a Ray cluster, of which one is killed without grace while
   it works. The results must be those of a sequential run, bit for bit.

    python -m benchmarks.engines          # minutes on two cores; writes benchmarks/engines.json
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from depnb.experiments import execute, plan
from depnb.experiments.engines.ray_cluster import RayCluster
from depnb.experiments.engines.slurm import Settings, Slurm
from depnb.experiments.filling import fill
from depnb.experiments.grid import grid
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.system.files import write_json
from depnb.system.repository import ROOT, commit
from depnb.system.workers import Engine, Worker, on, spread

WORKERS = (1, 2, 4, 8, 16, 32)
GRIDS = {"all": (100,), "headline": (100, 101, 102, 103, 104)}
UNITS = 20
RUNS = [Run("distribution", "expectation", profile="smoke", seed=seed) for seed in range(4)]
KILLED_AT = 2 + len(RUNS)
"""With so many units begun, bodies among them, a run is at work on the node that is killed."""
RESULT = Path(__file__).with_suffix(".json")


def hours() -> Iterator[dict[str, Any]]:
    """Of each grid, with and without bodies that are there: hours and the busy share by number of workers."""
    for which, seeds in GRIDS.items():
        units, after = plan.units_of(grid("paper", which, seeds), "cuda")
        for bodies_there in (True, False):
            each = {unit: seconds for unit, seconds in units.items() if not bodies_there or isinstance(unit, Run)}
            for workers in WORKERS:
                last = plan.makespan(each, workers, after)
                least = max(max(each.values()), sum(each.values()) / workers)
                yield {
                    "rows": which,
                    "seeds": len(seeds),
                    "bodies_there": bodies_there,
                    "units": len(each),
                    "workers": workers,
                    "hours": round(last / 3600, 2),
                    "busy": round(sum(each.values()) / workers / last, 3),
                    "of_the_least": round(least / last, 3),
                }


def nothing(unit: int, worker: Worker) -> int:
    """A unit that takes no time."""
    return unit


@contextmanager
def nodes(count: int) -> Iterator[Any]:
    """A simulated Ray cluster: a head without cores, and nodes of one core."""
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    cluster.ours = [cluster.add_node(num_cpus=1) for _ in range(count)]
    try:
        yield cluster
    finally:
        ray.shutdown()
        cluster.shutdown()


def overhead(name: str, engine: Engine | None) -> dict[str, Any]:
    """Seconds a unit of an engine that has started, and seconds of its first units."""
    seconds = []
    for _ in range(2):
        begun = time.monotonic()
        with on(engine), spread({str(unit): unit for unit in range(UNITS)}, nothing, workers=2) as outcomes:
            assert sorted(outcome.value for outcome in outcomes if outcome.error is None) == list(range(UNITS))
        seconds.append(time.monotonic() - begun)
    return {"engine": name, "units": UNITS, "first": round(seconds[0], 2), "a_unit": round(seconds[1] / UNITS, 3)}


def with_cache(folder: Path) -> None:
    os.environ["DEPNB_CACHE"] = str(folder)
    execute.open_for_profile.cache_clear()


def killed(folder: Path) -> dict[str, Any]:
    """Whether four runs, of which a killed node had one, are those of a sequential run."""
    with_cache(folder / "one")
    alone = [execute.run(run, Store(folder / "alone"), device="cpu") for run in RUNS]
    with_cache(folder / "two")
    begun_units: list[str] = []
    with nodes(2) as cluster:
        begun = time.monotonic()

        def say(line: str) -> None:
            if not line.startswith("["):
                return
            begun_units.append(line)
            if len(begun_units) == KILLED_AT:
                time.sleep(2)
                cluster.remove_node(cluster.ours[0], allow_graceful=False)

        problems: list[str] = []
        with on(RayCluster(cluster.address, folder / "logs")):
            fill(RUNS, Store(folder / "together"), "cpu", say, problems.append)
        seconds = time.monotonic() - begun
    together = [Store(folder / "together").load(run) for run in RUNS]
    same = [
        a.metrics == b.metrics and a.predictions == b.predictions and a.curves == b.curves
        for a, b in zip(alone, together, strict=True)
        if b is not None
    ]
    return {"runs": len(RUNS), "problems": problems, "bit_for_bit": sum(same), "seconds": round(seconds)}


def main() -> None:
    os.environ["PYTHONPATH"] = str(ROOT)
    measured: dict[str, Any] = {"hours": list(hours())}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        lines = [overhead("here", None), overhead("slurm", Slurm(Settings(cluster="local"), folder / "jobs"))]
        with nodes(2) as cluster:
            lines.append(overhead("ray", RayCluster(cluster.address, folder / "logs")))
        measured |= {"overhead": lines, "killed": killed(folder)}
    provenance = {"what": "Makespans, overhead of engines, a killed node.", "corpus": "both", "commit": commit()}
    write_json(RESULT, {"provenance": provenance, **measured})


if __name__ == "__main__":
    main()
