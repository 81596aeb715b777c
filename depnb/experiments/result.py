"""A result: the numbers of one run and what they came from; one JSON file each."""

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from operator import sub
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from depnb.evaluation.bands import BANDS
from depnb.experiments.facts import sha256
from depnb.experiments.run import SCHEMA, Run
from depnb.system.files import json_text

if TYPE_CHECKING:
    import numpy as np

LARGEST_ERROR = 1e6
"""No network is further off than this, BDI-II points."""
LIMITS = {
    **dict.fromkeys(("pcc", "ccc"), (-1 - 1e-9, 1 + 1e-9)),
    **{f"bias_{name}": (-LARGEST_ERROR, LARGEST_ERROR) for name, _, _ in BANDS},
}
"""Of metrics that are not errors or numbers of something, which lie between 0 and the largest error."""
RIVALS = ("constant", "identity_only")
_CHECKSUM = re.compile(rb'\n "sha256": "([0-9a-f]{64})",')
"""The line of a file with the SHA-256 of all other lines."""

Count = Annotated[int, Field(ge=0)]
Amount = Annotated[float, Field(ge=0)]
Score = Annotated[float, Field(ge=BANDS[0].low, le=BANDS[-1].high)]
Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, config=SCHEMA)
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
    bdi: tuple[Score, ...]
    score: tuple[float, ...]
    median: tuple[float, ...]
    constant: tuple[float, ...]
    identity_only: tuple[float, ...]

    def __post_init__(self):
        lengths = {name: len(getattr(self, name)) for name in self.__dataclass_fields__}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"Columns of different lengths: {lengths}.")

    def scores(self, how: Literal["mean", "median"] = "mean", clip: bool = False) -> "np.ndarray":
        """The network's video scores [N] by mean or median over the frames; with ``clip`` cut to 0–63 (E107)."""
        import numpy as np  # which listings do not need

        from depnb.evaluation.metrics import clipped

        chosen = np.array({"mean": self.score, "median": self.median}[how])
        return clipped(chosen) if clip else chosen


@dataclass(frozen=True, config=SCHEMA)
class Attention:
    """Where the score of one frame of a generated person comes from (Grad-CAM, ``explain``).

    Of real people it is the mean over many, and ``video`` says so.

    Attributes:
        video: name of the recording. frame: which of the frames of the video that the network is given. bdi: label.
        score: of the frame or clip that the network was given, BDI-II points.
        map: h rows of w values in 0–1, over the frame.
    """

    video: str
    frame: Count
    bdi: Score
    score: float
    map: tuple[tuple[Share, ...], ...]


@dataclass(frozen=True, config=SCHEMA)
class Result:
    """One run's numbers, and what they came from.

    Attributes:
        run: what was asked for. digest: of its facts. facts: everything that decided the numbers.
        metrics: by partition (``test``, ``unseen``, ``folds``): mae, rmse, the ends of their 95 % intervals over people
            (mae_low, mae_high, rmse_low, rmse_high), pcc, ccc, what other habits give (rmse_median: median over the
            frames; rmse_clipped: scores cut to the scale), bias_minimal … bias_severe (mean of score − label in the
            severity band), videos, subjects; for real people also mae_sessions, rmse_sessions and sessions where a
            session has several videos, trained_on (subjects whom the network was trained on), rest_of_test (subjects
            of the test set who are not among these, where these are a part of it) and unscored (recordings with a label
            and without a score). What is not defined (a correlation of a constant, an empty band) is left out, of
            real people also the bias in a band of few.
        baselines: by partition and predictor (``constant``, ``identity_only``): mae, rmse.
        noise_floor: RMSE that nobody can beat; None where it is not known.
        predictions: by partition; empty for a corpus that is not generated.
        attention: Grad-CAM maps of a frame, or of both ends of a clip, for one person a severity band; of a corpus
            that is not generated the mean over many people.
        curves: one training each (one per fold, or a part of a fused row): by check step, train_loss, rmse on the
            selecting partition, and what the method describes.
        selected_steps: of each training, the step whose weights were evaluated.
        learnt: whether the training loss fell below the constant predictor's; if not, this is no result of the method.
        face_accuracy: of each training whose body had learnt faces before, the share of frames of new sessions whose
            person it then named; empty where none had, and in results from before it was kept.
        skipped: by partition, (name, reason) of videos without a score, or of which some frames were not looked at.
        seconds: by stage.
        peak_memory_mb, device, precision, memory_format, threads, versions, commit: how it was computed.
        origin: HIT or MISS and why; not stored.
    """

    run: Run
    digest: str
    facts: dict[str, Any]
    metrics: dict[str, dict[str, float]]
    baselines: dict[str, dict[str, dict[str, float]]]
    noise_floor: Amount | None
    predictions: dict[str, Predictions]
    attention: tuple[Attention, ...]
    curves: tuple[tuple[dict[str, float | int], ...], ...]
    selected_steps: tuple[Count, ...]
    learnt: bool
    skipped: Annotated[dict[str, tuple[tuple[str, str], ...]], Field(alias="left_out")]  # its name in the stored files
    seconds: dict[str, Amount]
    peak_memory_mb: Amount
    device: str
    precision: str
    memory_format: str
    threads: Count
    versions: dict[str, str]
    commit: str | None
    face_accuracy: tuple[Share, ...] = ()
    origin: str = field(default="", compare=False)

    @property
    def licensed(self) -> bool:
        """Whether it is about real people."""
        return "generated" not in self.facts.get("corpus", {})

    def to_json(self) -> dict[str, Any]:
        """Plain data, without ``origin``."""
        data = _ADAPTER.dump_python(self, mode="json", by_alias=True)
        del data["origin"]
        return data if data["face_accuracy"] else {name: data[name] for name in data if name != "face_accuracy"}

    def to_bytes(self) -> bytes:
        """The content of its file: ``to_json`` and a checksum over all of it."""
        data = self.to_json()
        checksum = hashlib.sha256(json_text(data).encode()).hexdigest()
        return json_text(data | {"sha256": checksum}).encode()

    @classmethod
    def from_json(cls, text: bytes | str) -> "Result":
        """Read what ``to_bytes`` gave, or ``to_json`` as text, which has no checksum.

        Raises:
            DamagedResult: not all of it, something else, a number that is not finite or not in its range, a digest that
                is not that of the facts, or errors that are not those of the predictions.
        """
        content = text.encode() if isinstance(text, str) else text
        try:
            result = _ADAPTER.validate_json(_checked(content))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise DamagedResult(f"{place}: {first['msg']}" if place else first["msg"]) from error
        problem = next(_contradictions(result), None)
        if problem:
            raise DamagedResult(problem)
        return result


_ADAPTER = TypeAdapter(Result)


class DamagedResult(ValueError):
    """A file that is not a whole result, or not as it was written."""


class MissingResult(LookupError):
    """A strict store lacks a result."""


DIGITS = 4


def rounded(scores: "np.ndarray") -> tuple[float, ...]:
    """As they are stored; metrics are computed from these, so that the file and its numbers agree."""
    return tuple(scores.round(DIGITS).tolist())


def _checked(content: bytes) -> bytes:
    """The content of a file without its checksum; a file that has none says nothing twice.

    Raises:
        DamagedResult: it is not what was written.
    """
    content = content.replace(b"\r\n", b"\n")
    found = _CHECKSUM.search(content)
    if not found:
        _demand_once(content)
        return content
    rest = content[: found.start()] + content[found.end() :]
    if hashlib.sha256(rest).hexdigest().encode() != found[1]:
        raise DamagedResult("its content is not that of its checksum")
    return rest


def _demand_once(content: bytes) -> None:
    def once(pairs: list[tuple[str, Any]]) -> None:
        if len({name for name, _ in pairs}) != len(pairs):
            raise DamagedResult("something is said twice")

    try:
        json.loads(content, object_pairs_hook=once)
    except DamagedResult:
        raise
    except (ValueError, RecursionError) as error:
        raise DamagedResult(f"no JSON: {error}") from error


def _contradictions(result: Result) -> Iterator[str]:
    """What a result says that cannot be so."""
    try:
        digest = sha256(result.facts)
    except ValueError as error:
        digest = str(error)
    if digest != result.digest:
        yield "its digest is not that of its facts"
    if not isinstance(result.facts.get("corpus"), dict) or result.facts.get("seed") != result.run.seed:
        yield "its facts are not those of its run"
    if not result.metrics:
        yield "it has no metrics"
    for name, numbers in result.metrics.items():
        yield from _not_errors(f"metrics.{name}", numbers)
        for rival, errors in result.baselines.get(name, {}).items():
            yield from _not_errors(f"baselines.{name}.{rival}", errors)
    if result.licensed:
        return
    for name in result.metrics:
        if name not in result.predictions:
            yield f"predictions.{name} are missing"
            return
        yield from _not_computed(name, result)


def _not_errors(place: str, numbers: Mapping[str, float]) -> Iterator[str]:
    if not {"mae", "rmse"} <= numbers.keys():
        yield f"{place}: no mae or no rmse"
    for name, value in numbers.items():
        low, high = LIMITS.get(name, (0.0, LARGEST_ERROR))
        if not low <= value <= high:
            yield f"{place}.{name}: {value} is not between {low:g} and {high:g}"


def _not_computed(name: str, result: Result) -> Iterator[str]:
    """Errors of a partition that are not those of its predictions."""
    own, metrics, baselines = result.predictions[name], result.metrics[name], result.baselines.get(name, {})
    if not own.bdi or not set(RIVALS) <= baselines.keys():
        yield f"predictions.{name} or baselines.{name} are missing"
        return
    low, high = BANDS[0].low, BANDS[-1].high
    clipped = [low if score < low else high if score > high else score for score in own.score]
    habits = {"rmse_median": own.median, "rmse_clipped": clipped}
    pairs = [(metrics.get(habit), _rmse(scores, own.bdi)) for habit, scores in habits.items()]
    for numbers, scores in ((metrics, own.score), *((baselines[rival], getattr(own, rival)) for rival in RIVALS)):
        mae = sum(map(abs, map(sub, scores, own.bdi))) / len(own.bdi)
        pairs += [(numbers["mae"], mae), (numbers["rmse"], _rmse(scores, own.bdi))]
    if not all(a is None or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) for a, b in pairs):
        yield f"the errors of {name} are not those of its predictions"


def _rmse(scores: Sequence[float], labels: Sequence[float]) -> float:
    return math.dist(scores, labels) / math.sqrt(len(labels))
