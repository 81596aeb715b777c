"""A result: the numbers of one run and what they came from; one JSON file each."""

from dataclasses import field
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from depnb.evaluation.metrics import clipped
from depnb.experiments.run import SCHEMA, Run


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
    frame: int
    bdi: float
    score: float
    map: tuple[tuple[float, ...], ...]


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
    noise_floor: float | None
    predictions: dict[str, Predictions]
    attention: tuple[Attention, ...]
    curves: tuple[tuple[dict[str, float | int], ...], ...]
    selected_steps: tuple[int, ...]
    learnt: bool
    skipped: Annotated[dict[str, tuple[tuple[str, str], ...]], Field(alias="left_out")]  # its name in the stored files
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
        """Whether it is about real people."""
        return "generated" not in self.facts.get("corpus", {})

    def to_json(self) -> dict[str, Any]:
        """Plain data for a file, without ``origin``."""
        data = _ADAPTER.dump_python(self, mode="json", by_alias=True)
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


DIGITS = 4


def rounded(scores: np.ndarray) -> tuple[float, ...]:
    """As they are stored; metrics are computed from these, so that the file and its numbers agree."""
    return tuple(np.round(scores, DIGITS).tolist())
