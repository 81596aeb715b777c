"""The whole reproduction: fill an empty store, execute every notebook on it, draw, compare, report.

A run folder holds everything: ``results/`` (one file per run), ``notebooks/`` (executed, and as HTML),
``figures/``, ``logs/``, ``run.json`` (settings, state, seconds) and ``report.html``. Whatever was interrupted
is continued: only results are trained that the folder lacks, and the notebooks, which take minutes, are executed anew.
"""

import logging
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from depnb import __version__
from depnb.course.notebooks import notebooks_in, quick_seconds
from depnb.course.reproduction_plan import Plan, notebooks_of, only
from depnb.course.run_folders import RUNS, alone_in, demand_same, new_folder, unfinished as unfinished_in
from depnb.experiments.corpora import open_for_profile
from depnb.experiments.engines import working_on
from depnb.experiments.filling import fill
from depnb.experiments.grid import WHICH, of_papers, runs_for
from depnb.experiments.store import Store
from depnb.system.files import StorageError, cache_dir, make_folder, write_json
from depnb.system.progress import progress
from depnb.system.repository import COMMITTED, NOTEBOOKS, commit

if TYPE_CHECKING:
    from depnb.reports.agreement import Agreement

STATE = "run.json"
FRESH_SEED = 100
CELL_TIMEOUT = 6 * 3600.0
FIGURES_S, FIGURES_MB = 40.0, 5.0
NOTEBOOK_MB = 2


log = logging.getLogger("depnb")


@dataclass(frozen=True)
class Settings:
    """What a reproduction is of; the same settings continue the same folder.

    Attributes:
        profile: a key of ``methods.profiles.PROFILES``.
        corpus: name of a generated corpus, or an absolute folder.
        protocol: ``honest``, ``paper`` or another one of a method.
        rows: ``headline``, ``all`` or ``everything``.
        seed: seed of every run.
        device: ``auto``, ``cpu``, ``mps``, ``cuda`` or ``cuda:N``.
        extra: further notebook parameters, name → text.
        papers: names of papers; of these alone with what they need, or of all without any.
    """

    profile: str = "quick"
    corpus: str = "both"
    protocol: str = "honest"
    rows: str = "headline"
    seed: int = FRESH_SEED
    device: str = "auto"
    extra: Mapping[str, str] = field(default_factory=dict)
    papers: tuple[str, ...] = ()


@dataclass
class Reproduction:
    """A reproduction and its folder; :meth:`run` is the whole of it.

    Args:
        settings: what to reproduce.
        folder: the run folder, made when missing.
        source: folder of the notebooks.
        say: where lines for the reader go.
        cell_timeout: longest time of one cell, seconds.
        on: where runs are made, as ``experiments.engines.engine`` names it.
    """

    settings: Settings
    folder: Path
    source: Path = NOTEBOOKS
    say: Callable[[str], None] = print
    cell_timeout: float = CELL_TIMEOUT
    on: str = "here"
    stages: dict[str, float] = field(default_factory=dict)
    notebooks: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @cached_property
    def store(self) -> Store:
        """The folder's own store; a miss there is trained."""

        return Store(self.folder / "results")

    @cached_property
    def started(self) -> str:
        """When this invocation began, UTC."""
        return datetime.now(UTC).isoformat(timespec="seconds")

    def plan(self) -> Plan:
        """Look at everything before anything starts.

        Raises:
            ValueError: a setting or a notebook parameter that would not have the effect it seems to have.
            FileNotFoundError: no such corpus, or no notebook.
        """
        from depnb.course.headless import parameters_for  # takes a second to import
        from depnb.experiments.plan import estimate, gpu_hours  # takes a second to import

        s = self.settings
        if s.rows not in WHICH:
            raise ValueError(f"--rows {s.rows}: a reproduction is of {' or '.join(WHICH)} rows, not of one.")
        runs = of_papers(runs_for(s.profile, s.rows, (s.seed,), s.corpus, s.protocol), s.papers)
        open_for_profile(s.corpus, s.profile)
        notebooks = notebooks_of(s.papers, notebooks_in([self.source]))
        given = {name: getattr(s, name) for name in ("profile", "corpus", "protocol", "seed", "device")}
        given["store"] = str((self.folder / "results").resolve())
        parameters = parameters_for(notebooks, given, s.extra)
        missing = self.store.missing(runs)
        stages: list[tuple[str, str, float | None, float]] = [
            ("results", *stage) for stage in estimate(missing, s.device)
        ]
        hours = gpu_hours(missing) if s.profile == "paper" else None
        known = [quick_seconds(path) for path in notebooks]
        seconds = None if None in known else sum(filter(None, known))
        stages.append(("notebooks", f"{len(notebooks)} notebooks", seconds, NOTEBOOK_MB * len(notebooks)))
        stages.append(("figures", "figures and tables", FIGURES_S, FIGURES_MB))
        return Plan(runs, missing, notebooks, parameters, stages, hours)

    def run(self, plan_only: bool = False) -> bool:
        """Do what is left to do; True if everything went well.

        Raises:
            StorageError: the disk is too small for the plan, or the folder cannot be written.
            RuntimeError: another process works on the folder.
        """
        plan = self.plan()
        self._announce(plan)
        if plan_only:
            return True
        self._demand_disk(plan)
        with alone_in(self.folder), self._logging():
            self._save(finished=False)
            with self._stage("results", plan):
                self._fill(plan)
            with self._stage("notebooks", plan):
                self._execute(plan)
            with self._stage("figures", plan):
                self._draw()
            with self._stage("report", plan):
                self._render()
                agreement = self._compare(plan)
            from depnb.reports.pages import write_report  # takes a second to import

            self._save(finished=True)
            page = write_report(self.folder, self.state(finished=True), agreement)
            self._conclude(agreement, page)
        return not self.problems

    def state(self, finished: bool) -> dict[str, Any]:
        """What ``run.json`` holds."""

        corpus = open_for_profile(self.settings.corpus, self.settings.profile)
        return {
            **asdict(self.settings),
            "only": only(self.settings.papers),
            "corpus_title": corpus.title,
            "generated": corpus.generated,
            "version": __version__,
            "commit": commit() or "unknown",
            "started": self.started,
            "finished": finished,
            "stages": self.stages,
            "seconds": sum(self.stages.values()),
            "peak_memory_mb": peak_memory_mb(),
            "notebooks": self.notebooks,
            "problems": self.problems,
        }

    def _announce(self, plan: Plan) -> None:
        s = self.settings
        stored = len(plan.runs) - len(plan.missing)
        self.say(f"{s.corpus}, profile {s.profile}, rows {s.rows}, protocol {s.protocol}, seed {s.seed}")
        if s.papers:
            self.say(only(s.papers))
        self.say(f"{len(plan.runs)} runs ({stored} stored already), {len(plan.notebooks)} notebooks")
        for line in plan.lines():
            self.say(line)
        self.say(f"Everything goes to {self.folder}")

    def _demand_disk(self, plan: Plan) -> None:
        needs = {self.folder: 0.0, cache_dir(): 0.0}
        for stage, _, _, megabytes in plan.stages:
            needs[cache_dir() if stage == "results" else self.folder] += megabytes  # a result itself is some KB
        disks: dict[Any, list[Path]] = {}
        for place in needs:
            make_folder(place)
            disks.setdefault(_disk(place), []).append(place)
        for places in disks.values():
            needed, free = sum(needs[place] for place in places), shutil.disk_usage(places[0]).free / 1e6
            if free < needed:
                raise StorageError(
                    f"{needed:.0f} MB are needed and {free:.0f} MB are free at {' and '.join(map(str, places))}. Free "
                    "some space, or point --folder and DEPNB_CACHE to a larger disk."
                )

    def _fill(self, plan: Plan) -> None:
        with working_on(self.on, self.folder / "logs", [self.folder], self.say):
            fill(plan.missing, self.store, self.settings.device, self.say, self.problems.append)

    def _execute(self, plan: Plan) -> None:
        import nbformat

        from depnb.course.headless import execute, kernels  # takes a second to import

        cells = sum(len(nbformat.read(path, as_version=4).cells) for path in plan.notebooks)
        cells += len(plan.notebooks)  # papermill adds the cell with the injected parameters
        with progress("notebooks", cells, "cells") as bar, kernels(plan.notebooks) as in_turn:
            for path, kernel in zip(plan.notebooks, in_turn, strict=True):
                outcome = execute(
                    path,
                    self.folder / "notebooks" / path.name,
                    plan.parameters[path.stem],
                    log=self.folder / "logs" / f"{path.stem}.log",
                    cell_timeout=self.cell_timeout,
                    on_cell=partial(bar.advance, 1, path.stem),
                    kernel=kernel,
                )
                log.info("%s: %s", outcome.name, outcome.problem or f"finished in {outcome.seconds:.1f} s")
                if outcome.problem:
                    self.problems.append(f"{outcome.name}: {outcome.problem}")
                    self.say(f"✘ {self.problems[-1]}")
                self.notebooks.append(
                    {"name": outcome.name, "problem": outcome.problem, "seconds": outcome.seconds, "page": ""}
                )
                self._save(finished=False)

    def _draw(self) -> None:
        from depnb.reports import figures  # takes a second to import

        try:
            figures.make_all(self.store, self.folder / "figures", self.settings.papers)
        except Exception as error:  # the report must still be written
            log.exception("figures")
            self.problems.append(f"figures: {type(error).__name__}: {error}")

    def _render(self) -> None:
        from depnb.reports.pages import write_html  # takes a second to import

        for entry in self.notebooks:
            executed = self.folder / "notebooks" / f"{entry['name']}.ipynb"
            if executed.exists():
                entry["page"] = write_html(executed).relative_to(self.folder).as_posix()

    def _compare(self, plan: Plan) -> "Agreement":
        from depnb.reports.agreement import agreement  # takes a second to import

        new = [result for run in plan.runs if (result := self.store.load(run)) is not None]
        return agreement(new, Store(COMMITTED).results())

    def _conclude(self, agreement: "Agreement", page: Path) -> None:
        for stage, seconds in self.stages.items():
            self.say(f"  {stage:10} {seconds:8.1f} s")
        self.say(agreement.verdict)
        if agreement.not_compared:
            self.say(agreement.not_compared)
        for problem in self.problems:
            self.say(f"✘ {problem}")
        self.say(f"Report: {page}")

    def _save(self, finished: bool) -> None:
        write_json(self.folder / STATE, self.state(finished))

    @contextmanager
    def _stage(self, name: str, plan: Plan) -> Iterator[None]:
        begun = time.monotonic()
        self.say(f"{name}: about {plan.seconds_from(name) / 60:.1f} min left in all")
        try:
            yield
        finally:
            self.stages[name] = time.monotonic() - begun

    @contextmanager
    def _logging(self) -> Iterator[None]:
        path = self.folder / "logs" / "run.log"
        make_folder(path.parent)
        handler = logging.FileHandler(path, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        level = log.level
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        try:
            yield
        finally:
            log.removeHandler(handler)
            log.setLevel(level)
            handler.close()


def _disk(place: Path) -> Any:
    return place.stat().st_dev


def fresh_seed(profile: str) -> int:
    """The first seed from ``FRESH_SEED`` upwards that no committed result of the profile has."""
    taken = {result.run.seed for result in Store(COMMITTED).results() if result.run.profile == profile}
    seed = FRESH_SEED
    while seed in taken:
        seed += 1
    return seed


def unfinished(settings: Settings, runs: Path = RUNS) -> Path | None:
    """The newest folder of a reproduction with these settings that did not end well and that nobody works on."""
    return unfinished_in(asdict(settings), runs, STATE)


def reproduce(
    settings: Settings,
    folder: Path | None = None,
    plan_only: bool = False,
    *,
    runs: Path = RUNS,
    source: Path = NOTEBOOKS,
    say: Callable[[str], None] = print,
    on: str = "here",
) -> bool:
    """Reproduce everything; True if all of it went well.

    Args:
        settings: what to reproduce.
        folder: the run folder; by default an unfinished one with the same settings, else a new one.
        plan_only: only say what would be done, and how long it takes.
        runs: where run folders lie.
        source: folder of the notebooks.
        say: where lines for the reader go.
        on: where runs are made, as ``experiments.engines.engine`` names it.

    Raises:
        ValueError: ``folder`` holds a run with other settings.
    """
    if folder is None:
        folder = unfinished(settings, runs)
        if folder is not None:
            say(f"Continuing {folder}, which did not come to a good end (a new --folder starts anew)")
    else:
        demand_same(asdict(settings), folder, STATE)
    return Reproduction(settings, (folder or new_folder(runs)).absolute(), source, say, on=on).run(plan_only)


def peak_memory_mb() -> float:
    """The largest resident memory of this process or one of its kernels so far, MB."""
    unit = 1e6 if sys.platform == "darwin" else 1e6 / 1024
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(w).ru_maxrss for w in who) / unit
