"""Runs and their results: frozen data, one JSON file each, in a store that says HIT or MISS and why.

A file is read only if all of it is there and of the right form; it is written whole or not at all, so any number of
processes may share a store.
"""

import glob
import hashlib
import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import filelock
import numpy as np
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from depnb.corpus import Corpus, open_corpus
from depnb.evaluation import clipped
from depnb.files import write_json

COMMITTED = Path(__file__).resolve().parent.parent / "results"
IGNORED = frozenset({"runs", "my"})
"""Folders of the repository that git ignores: results on a licensed corpus lie there, or outside of the repository."""
NAMED_FACTS = 3
"""Facts that a miss names where the nearest stored run is another one."""

_SCHEMA = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

log = logging.getLogger("depnb")


@dataclass(frozen=True, order=True, config=_SCHEMA)
class Run:
    """One training of one row: what is asked for.

    Attributes:
        paper: a method of ``depnb.methods``.
        row: one of its ``ROWS``, or of its fused rows.
        corpus: a generated corpus by name, in the profile's size unless the name has one (``both-tiny``), or a folder.
        protocol: ``honest`` (train, select on development, test opened once), or another one of the method.
        profile: a key of ``PROFILES``.
        seed: of weights, order and sampling.
    """

    paper: str
    row: str
    corpus: str = "both"
    protocol: str = "honest"
    profile: str = "quick"
    seed: int = 0

    @property
    def name(self) -> str:
        """File name without the digest."""
        return f"{self.row}-{self._corpus_name}-{self.protocol}-{self.profile}-s{self.seed}"

    @property
    def _corpus_name(self) -> str:
        """``both-quick`` is ``both`` at the profile quick."""
        from depnb.corpus.synthetic.recipe import NAMED
        from depnb.profiles import PROFILES

        base, _, size = self.corpus.partition("-")
        own = base in NAMED and self.profile in PROFILES and size == PROFILES[self.profile].corpus_size
        return base if own else Path(self.corpus).name

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Everything that decides the numbers, JSON-able. Precision, threads and device do not.

        Raises:
            KeyError: no such paper, row, protocol or profile; the message lists those that there are.
            FileNotFoundError: no such corpus.
        """
        from depnb import clips, evaluation, faces, pretraining, training
        from depnb.methods import OURS, asked, method, parts, switches

        module = method(self.paper)
        corpus = opened(self.corpus, self.profile)
        fingerprint = corpus.fingerprint if corpus.generated else {"sha256": _sha256(corpus.fingerprint)}
        trained = {row: asked(module, row, self.profile, self.protocol, corpus) for row in parts(module, self.row)}
        first = next(iter(trained.values()))
        starts = {
            row: pretraining.facts(of.config.start, of.profile, of.eats, of.learning.faces)
            for row, of in trained.items()
        }
        learnt = {row: of.learning.scores for row, of in trained.items()}
        special = {"learning": _only({row: switches(scores) for row, scores in learnt.items()}, self.row)}
        every = {"every": first.every} if first.every else {}
        facts = {
            **(special if set(learnt.values()) != {OURS} else {}),
            "configuration": _only({row: switches(of.config) for row, of in trained.items()}, self.row),
            "pretraining": _only(starts, self.row),
            "protocol": {"name": self.protocol, **first.protocol.facts, **every},
            "profile": first.profile.deciding(),
            "corpus": fingerprint,
            "seed": self.seed,
            "versions": {
                "faces": faces.VERSION,
                "clips": clips.VERSION,
                "training": training.VERSION,
                "evaluation": evaluation.VERSION,
                self.paper: module.VERSION,
            },
        }
        return json.loads(json.dumps(facts))

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the facts as canonical JSON."""
        return _sha256(self.facts)


@dataclass(frozen=True, config=_SCHEMA)
class Predictions:
    """Video scores of one partition, column by column, in the corpus's order; all of length N.

    Attributes:
        video: names. subject: people. bdi: labels.
        score: the network's, BDI-II points: mean over the frames or clips. median: the same by their median; of a fused
            row the mean of its parts' medians.
        constant: the constant predictor's. identity_only: that of ``baselines.identity_only``.
    """

    video: tuple[str, ...]
    subject: tuple[str, ...]
    bdi: tuple[float, ...]
    score: tuple[float, ...]
    median: tuple[float, ...]
    constant: tuple[float, ...]
    identity_only: tuple[float, ...]

    def __post_init__(self):
        lengths = {name: len(getattr(self, name)) for name in self.__dataclass_fields__}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"Columns of different lengths: {lengths}.")

    def scores(self, how: Literal["mean", "median"] = "mean", clip: bool = False) -> np.ndarray:
        """The network's video scores [N] by mean or median over the frames; with ``clip`` cut to 0–63 (E107)."""
        chosen = np.array({"mean": self.score, "median": self.median}[how])
        return clipped(chosen) if clip else chosen


@dataclass(frozen=True, config=_SCHEMA)
class Attention:
    """Where the score of one frame of a generated person comes from (Grad-CAM, ``explain``).

    Of people who exist it is the mean over many, and ``video`` says so.

    Attributes:
        video: name of the recording. frame: which of the frames of the video that the network eats. bdi: label.
        score: of the frame or clip that the network was given, BDI-II points.
        map: h rows of w values in 0–1, over the frame.
    """

    video: str
    frame: int
    bdi: float
    score: float
    map: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, config=_SCHEMA)
class Result:
    """One run's numbers, and what they came from.

    Attributes:
        run: what was asked for. digest: of its facts. facts: everything that decided the numbers.
        metrics: by partition (``test``, ``unseen``, ``folds``): mae, rmse, the ends of their 95 % intervals over people
            (mae_low, mae_high, rmse_low, rmse_high), pcc, ccc, what other habits give (rmse_median: median over the
            frames; rmse_clipped: scores cut to the scale), bias_minimal … bias_severe (mean of score − label in the
            severity band), videos, subjects; for people who exist also mae_sessions, rmse_sessions and sessions where a
            session has several videos, trained_on (subjects whom the network was trained on), rest_of_test (subjects
            of the test set who are not among these, where these are a part of it) and unscored (recordings with a label
            and without a score). What is not defined (a correlation of a constant, an empty band) is left out, of
            people who exist also the bias in a band of few.
        baselines: by partition and predictor (``constant``, ``identity_only``): mae, rmse.
        noise_floor: RMSE that nobody can beat; None where it is not known.
        predictions: by partition; empty for a corpus that is not generated.
        attention: Grad-CAM maps of a frame, or of both ends of a clip, for one person a severity band; of a corpus
            that is not generated the mean over many people.
        curves: one training each (one a fold, or a part of a fused row): by check step, train_loss, rmse on the
            selecting partition, and what the method describes.
        selected_steps: of each training, the step whose weights were evaluated.
        learnt: whether the training loss fell below the constant predictor's; if not, this is no result of the method.
        left_out: by partition, (name, reason) of videos without a score, or of which some frames were not looked at.
        seconds: by stage.
        peak_memory_mb, device, precision, memory_format, threads, versions, commit: how it was computed.
        origin: HIT or MISS and why; not stored.
    """

    run: Run
    digest: str
    facts: dict[str, Any]
    metrics: dict[str, dict[str, float]]
    baselines: dict[str, dict[str, dict[str, float]]]
    noise_floor: float | None
    predictions: dict[str, Predictions]
    attention: tuple[Attention, ...]
    curves: tuple[tuple[dict[str, float | int], ...], ...]
    selected_steps: tuple[int, ...]
    learnt: bool
    left_out: dict[str, tuple[tuple[str, str], ...]]
    seconds: dict[str, float]
    peak_memory_mb: float
    device: str
    precision: str
    memory_format: str
    threads: int
    versions: dict[str, str]
    commit: str | None
    origin: str = field(default="", compare=False)

    @property
    def licensed(self) -> bool:
        """Whether it is about people who exist."""
        return "generated" not in self.facts.get("corpus", {})

    def to_json(self) -> dict[str, Any]:
        """Plain data for a file, without ``origin``."""
        data = _ADAPTER.dump_python(self, mode="json")
        del data["origin"]
        return data

    @classmethod
    def from_json(cls, text: bytes | str) -> "Result":
        """Read what ``to_json`` gave.

        Raises:
            DamagedResult: not all of it, something else, or a number that is not finite.
        """
        try:
            return _ADAPTER.validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise DamagedResult(f"{place}: {first['msg']}" if place else first["msg"]) from error


_ADAPTER = TypeAdapter(Result)


class DamagedResult(ValueError):
    """A file that is not a whole result."""


class MissingResult(LookupError):
    """A strict store lacks a result."""


class Store:
    """A folder of results, ``<paper>/<row>-<corpus>-<protocol>-<profile>-s<seed>-<digest>.json``.

    Args:
        path: the folder; made when the first result is saved.
        strict: a MISS or a damaged file is an error instead of a reason to train.
        networks: folder in which what is trained for this store is kept too (``networks``); None: nowhere.
    """

    def __init__(self, path: Path | str, strict: bool = False, networks: Path | str | None = None):
        self.path = Path(path)
        self.strict = strict
        self.networks = networks and Path(networks)
        self._held: set[str] = set()

    def file(self, run: Run) -> Path:
        """Where the result of a run lies."""
        return self.path / run.paper / f"{run.name}-{run.digest[:8]}.json"

    def load(self, run: Run) -> Result | None:
        """The result of a run; ``None`` on a MISS.

        Raises:
            MissingResult: a MISS in a strict store.
        """
        result = self._read(run)
        if result is None and self.strict:
            raise MissingResult(f"{self.explain(run)}. Run `make results`.")
        return result

    @contextmanager
    def claimed(self, run: Run, wait: bool = True) -> Iterator[bool]:
        """Have a run for oneself, among all processes that work on this store.

        The claim ends with the block, or with the process, however it ends. Within the block it may be claimed again.

        Args:
            run: what is going to be made.
            wait: for whoever has it now; else yield False at once.

        Raises:
            ValueError: it would be a result on a licensed corpus in a folder that git does not ignore.
        """
        self.demand_place(run)
        if run.digest in self._held:
            yield True
            return
        self._claims.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(self._claims / f"{run.digest[:24]}.lock", timeout=-1 if wait else 0)
        try:
            lock.acquire()
        except filelock.Timeout:
            yield False
            return
        self._held.add(run.digest)
        try:
            yield True
        finally:
            self._held.discard(run.digest)
            lock.release()

    def demand_place(self, run: Run) -> None:
        """Refuse a run whose result may not lie here.

        Raises:
            ValueError: it would be a result on a licensed corpus in a folder that git does not ignore.
        """
        if opened(run.corpus, run.profile).licensed:
            demand_ignored(self.path, run.corpus)
            if self.networks:
                demand_ignored(self.networks, run.corpus)

    @property
    def _claims(self) -> Path:
        return self.path / ".claims"

    def save(self, result: Result) -> Path:
        """Write a result; it replaces what the same run had when other facts decided it.

        Raises:
            ValueError: a result on a licensed corpus in a folder that git does not ignore.
        """
        if result.licensed:
            demand_ignored(self.path, result.run.corpus)
        path = self.file(result.run)
        write_json(path, result.to_json())
        for old in path.parent.glob(f"{glob.escape(result.run.name)}-????????.json"):
            if old != path and self._is_of(old, result.run):
                old.unlink(missing_ok=True)
        return path

    @staticmethod
    def _is_of(path: Path, run: Run) -> bool:
        try:
            return Result.from_json(path.read_bytes()).run == run
        except (FileNotFoundError, DamagedResult):
            return False

    def missing(self, runs: Iterable[Run]) -> list[Run]:
        """The runs that have no result here."""
        return [run for run in runs if self._read(run) is None]

    def results(self, paper: str | None = None) -> list[Result]:
        """Everything stored, of one paper or of all, ordered by run.

        Raises:
            DamagedResult: a file is not a whole result, in a strict store; else it is logged and left out.
        """
        found = []
        for path in self.path.glob(f"{paper or '[!.]*'}/*.json"):
            try:
                found.append(Result.from_json(path.read_bytes()))
            except FileNotFoundError:  # another process has put a newer one in its place
                continue
            except DamagedResult as error:
                if self.strict:
                    raise DamagedResult(f"{path} is not a whole result: {error}. Delete it.") from error
                log.warning("Left out %s, not a whole result: %s", path, error)
        return sorted(found, key=lambda result: result.run)

    def current(self, paper: str | None = None) -> list[Result]:
        """Those of ``results`` that the code as it is now would make again; the others are logged and left out."""
        found = []
        for result in self.results(paper):
            try:
                same = replace(result.run).digest == result.digest
            except (KeyError, FileNotFoundError, ValueError):  # a row or a corpus that there is no more
                same = False
            if same:
                found.append(result)
            else:
                log.warning("Left out %s/%s: other code or data made it", result.run.paper, result.run.name)
        return found

    def explain(self, run: Run) -> str:
        """HIT, or MISS with the nearest stored run and the facts in which it differs, of another row's some of them."""
        path = self.file(run)
        if self._read(run) is not None:
            return f"HIT {path}"
        miss = f"MISS {run.paper}/{run.name}"
        if path.exists():
            return f"{miss}: {path} is not a whole result"
        stored = [result for result in Store(self.path).results(run.paper) if result.facts != run.facts]
        if not stored:
            return f"{miss}: nothing stored for {run.paper} under {self.path}"
        differing = {result.run.name: differences(run.facts, result.facts) for result in stored}
        nearest = min(differing, key=lambda name: (len(differing[name]), name != run.name, name))
        facts = differing[nearest]
        if nearest != run.name and len(facts) > NAMED_FACTS:
            facts = [*facts[:NAMED_FACTS], f"{len(facts) - NAMED_FACTS} more facts"]
        return f"{miss}: the nearest stored run is {nearest}; it differs in {'; '.join(facts)}"

    def _read(self, run: Run) -> Result | None:
        path = self.file(run)  # outside: a corpus or weights that a run lacks are no missing result
        try:
            result = Result.from_json(path.read_bytes())
        except (FileNotFoundError, DamagedResult):
            return None
        return result if result.digest == run.digest else None


def demand_ignored(place: Path, corpus: str) -> None:
    """What is about people who exist must not come to lie where git would take it.

    Raises:
        ValueError: ``place`` is in this repository, in none of the folders ``IGNORED``.
    """
    repository, place = COMMITTED.parent, place.resolve()
    if place.is_relative_to(repository) and not IGNORED.intersection(place.relative_to(repository).parts):
        raise ValueError(
            f"{place} is no place for what is about the people of {corpus}, who exist: git would take it. Name a "
            "folder in runs/, as in runs/mine, or one outside of the repository."
        )


@cache
def opened(corpus: str, profile: str) -> Corpus:
    """The corpus of a run, a generated one in the profile's size."""
    from depnb.corpus.synthetic.recipe import NAMED
    from depnb.methods import pick
    from depnb.profiles import PROFILES

    size = pick(PROFILES, profile, "profile").corpus_size
    return open_corpus(f"{corpus}-{size}" if corpus in NAMED else corpus)


def _sha256(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _only(by_row: dict[str, Any], row: str) -> Any:
    """What belongs to a trained row; of a fused one all its parts by name."""
    return by_row.get(row, by_row)


def differences(ours: Any, theirs: Any, place: Sequence[str] = ()) -> list[str]:
    """Leaves in which two nested dicts differ, as text."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        keys = sorted(ours.keys() | theirs.keys())
        return [d for key in keys for d in differences(ours.get(key), theirs.get(key), (*place, key))]
    if json.dumps(ours) == json.dumps(theirs):
        return []
    return [f"{'.'.join(place)} ({json.dumps(theirs)[:60]} there, {json.dumps(ours)[:60]} asked for)"]
