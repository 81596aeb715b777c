"""Jobs of a SLURM cluster, through submitit."""

import json
import math
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from secrets import token_hex
from typing import Any

from depnb.experiments.engines.shared import Mark, last_words, look
from depnb.system.files import StorageError, appending, make_folder
from depnb.system.workers import Needs, Outcome, Worker, WorkerDied, in_turn, portable

SECONDS_BETWEEN_LOOKS = 1.0
SECONDS_OF_A_JOB = 900.0
"""Units that are shorter share a job, because a job waits in a queue."""
SAFETY = 3
"""A job's limit is so many times what its units are expected to take, within the cluster's limit."""
SECONDS_TO_SAVE = 120
"""Before its limit a job is told to stop; a training then leaves its last checkpoint, and the job is queued again."""
ALIKE = 3
"""Jobs of an array share one time limit, so the longest of them takes at most so many times as long as the shortest."""


@dataclass(frozen=True)
class Settings:
    """What a cluster asks for and allows; one line each in a TOML file.

    Attributes:
        partition, account, qos, constraint: as sbatch takes them.
        gpus: that a training gets: 1, or 0 on a cluster without.
        memory_gb: main memory of a job, whatever it does.
        hours: longest time limit of a job that the cluster allows.
        parallel: jobs of an array that run at the same time, at most.
        retries: how often a job that has reached its limit is queued again.
        python: what starts Python in a job, as ``apptainer exec --nv depnb.sif python``; else the one that submits.
        setup: shell lines before each job, as ``module load cuda`` and ``source .venv/bin/activate``.
        cluster: ``slurm``, or ``local`` for processes of this machine, to try a file out.
    """

    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    gpus: int = 1
    memory_gb: int = 16
    hours: float = 24.0
    parallel: int = 64
    retries: int = 20
    python: str | None = None
    setup: list[str] = field(default_factory=list)
    cluster: str = "slurm"


def read_settings(path: Path) -> Settings:
    """The settings of a TOML file.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is no TOML, or has a setting that there is not, or one of another kind.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path} is no TOML: {error}.") from error
    known = {one.name: one.type for one in fields(Settings)}
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"{path}: there is no setting {name!r}; there are {', '.join(known)}.")
        usual = getattr(Settings(), name)
        kind = (int, float) if isinstance(usual, float) else str if usual is None else type(usual)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ValueError(f"{path}: {name} is {value!r}, expected {known[name]}.")
    return Settings(**given)


@dataclass
class Slurm:
    """A SLURM cluster whose nodes have depnb and the same folders.

    Attributes:
        settings: what the cluster asks for. logs: folder for what jobs say and tell.
    """

    settings: Settings
    logs: Path
    _mark: Mark | None = None

    def __post_init__(self) -> None:
        try:
            import submitit  # noqa: F401  # of the extra `cluster`
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                "--on slurm needs submitit: run `pip install 'depnb[cluster]'`.", name="submitit"
            ) from error

    @property
    def name(self) -> str:
        """The same for every cluster."""
        return "SLURM"

    @property
    def gpus(self) -> int:
        """GPUs that jobs may have at the same time."""
        return self.settings.gpus * self.settings.parallel

    def room(self, needs: Needs) -> int:
        """Jobs of an array that run at the same time, if the cluster is free."""
        return self.settings.parallel

    def demand_shared(self, mark: Mark) -> list[str]:
        """Each job will look for the mark when it starts: a queue may be long."""
        self._mark = mark
        return []

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
        """As ``system.workers.spread``; the longest units are submitted first, short ones share a job.

        What units tell goes through a file of their job, as JSON.

        Raises:
            StorageError: of the first unit that finds a disk full or forbidden.
        """
        folder = self.logs / "slurm"
        make_folder(folder)
        expected = {name: seconds(unit) for name, unit in units.items()}
        jobs: dict[Any, Job] = {}

        def submit(arrays: list[list[list[str]]]) -> None:
            for bundles in arrays:
                longest = max(sum(expected[name] for name in names) for names in bundles)
                executor = self._executor(folder, needs, longest)
                batch = [
                    Job({name: units[name] for name in names}, work, start, self._mark, folder / f"{token_hex(8)}.told")
                    for names in bundles
                ]
                with executor.batch():
                    submitted = [executor.submit(job) for job in batch]
                jobs.update(zip(submitted, batch, strict=True))

        try:
            submit(by_duration(expected))
            yield self._outcomes(jobs, submit, hear)
        finally:
            for submitted, job in jobs.items():
                submitted.cancel()
                job.told.unlink(missing_ok=True)

    def _executor(self, folder: Path, needs: Needs, seconds: float) -> Any:
        """submitit's executor for jobs that are expected to take so many seconds."""
        import submitit  # of the extra `cluster`

        s = self.settings
        own: dict[str, Any] = {f"{s.cluster}_max_num_timeout": s.retries}
        if s.python:
            own[f"{s.cluster}_python"] = s.python
        executor = submitit.AutoExecutor(folder, s.cluster, **own)
        minutes = min(math.ceil(s.hours * 60), math.ceil(SAFETY * seconds / 60) + 10)
        of_slurm = {
            "partition": s.partition,
            "account": s.account,
            "qos": s.qos,
            "constraint": s.constraint,
            "setup": s.setup or None,
            "array_parallelism": s.parallel,
            "signal_delay_s": SECONDS_TO_SAVE,
        }
        executor.update_parameters(
            name="depnb",
            timeout_min=minutes,
            gpus_per_node=math.ceil(needs.gpus),
            cpus_per_task=math.ceil(needs.cores),
            mem_gb=s.memory_gb,
            **{f"slurm_{name}": value for name, value in of_slurm.items() if value is not None},
        )
        return executor

    def _outcomes(
        self, jobs: dict[Any, "Job"], submit: Callable[[list[list[list[str]]]], None], hear: Callable[[Any], None]
    ) -> Iterator[Outcome]:
        """What becomes of the units of all jobs, until none is left.

        Of a job that died with several units it is not known which one killed it: each then has a job of its own.
        """
        while jobs:
            ended = [submitted for submitted in jobs if submitted.done()]
            for told in [told for job in jobs.values() for told in job.news()]:
                hear(told)
            for submitted in ended:
                job = jobs.pop(submitted)
                job.told.unlink(missing_ok=True)
                if submitted.exception() is None:
                    for outcome in submitted.result():
                        if isinstance(outcome.error, StorageError):
                            raise outcome.error
                        yield outcome
                elif len(job.units) > 1:
                    submit([[[name] for name in job.units]])
                else:
                    (name,) = job.units
                    yield Outcome(name, error=_died(submitted))
            time.sleep(SECONDS_BETWEEN_LOOKS if jobs else 0)


def _died(submitted: Any) -> Exception:
    said = last_words(Path(submitted.paths.stderr))
    return WorkerDied(f"job {submitted.job_id} died ({submitted.state}); last said: {said}")


def by_duration(seconds: Mapping[str, float]) -> list[list[list[str]]]:
    """Units, given with their expected seconds, as arrays of jobs of units: long ones first, alike in an array."""
    jobs: list[list[str]] = []
    room = 0.0
    for name in sorted(seconds, key=lambda name: -seconds[name]):
        if not jobs or room < seconds[name]:
            jobs.append([])
            room = max(SECONDS_OF_A_JOB, seconds[name])
        jobs[-1].append(name)
        room -= seconds[name]
    arrays: list[list[list[str]]] = []
    limit = 0.0
    for job in jobs:
        whole = sum(seconds[name] for name in job)
        if not arrays or whole * ALIKE < limit:
            arrays.append([])
            limit = whole
        arrays[-1].append(job)
    return arrays


@dataclass
class Job:
    """Units that one job does; queued again after its time limit, it goes on with those that are left.

    Attributes:
        units, work, start: as in ``system.workers.spread``.
        mark: that it looks for first.
        told: file of what its units tell, one line of JSON each.
        outcomes: of the units that have ended.
    """

    units: dict[str, Any]
    work: Callable[[Any, Worker], Any]
    start: Callable[[int], None] | None
    mark: Mark | None
    told: Path
    outcomes: list[Outcome] = field(default_factory=list)
    _heard: int = 0

    def __call__(self) -> list[Outcome]:
        """On a node: the work on all units that are left, and what has become of them all."""
        try:
            if self.mark:
                look(self.mark)
            if self.start:
                self.start(0)
            for outcome in in_turn(dict(self.units), self.work, self._tell):
                self.outcomes.append(replace(outcome, error=portable(outcome.error) if outcome.error else None))
                del self.units[outcome.name]
        except (ValueError, StorageError) as error:  # no folder in common, a full disk
            self.outcomes += [Outcome(name, error=portable(error)) for name in self.units]
        return self.outcomes

    def _tell(self, told: Any) -> None:
        with appending(self.told) as lines:
            lines.write(json.dumps(told) + "\n")

    def news(self) -> list[Any]:
        """What its units have told since this was asked for the last time."""
        if not self.told.exists():
            return []
        with open(self.told, "rb") as handle:
            handle.seek(self._heard)
            lines = [line for line in handle if line.endswith(b"\n")]
        self._heard += sum(map(len, lines))
        return [json.loads(line) for line in lines]

    def checkpoint(self) -> Any:
        """What submitit queues again when the time limit comes near."""
        from submitit.helpers import DelayedSubmission  # of the extra `cluster`

        return DelayedSubmission(self)
