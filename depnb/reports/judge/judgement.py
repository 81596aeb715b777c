"""What came out for somebody's scores: numbers over people, and nothing on a single one."""

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from depnb.experiments.disclosure import COARSE_DIGITS
from depnb.reports.judge.checklist import Item
from depnb.reports.judge.scores import Finding

if TYPE_CHECKING:
    import numpy as np


class Difference(NamedTuple):
    """Error of the scores minus that of a rival on the same videos, BDI-II points; below 0 the scores are better.

    Of the constant and “identity only” for real people there is the word alone: numbers would tell of labels.

    Attributes:
        value, low, high: with the 95 % interval. p: two-sided, of “no difference”.
        seeds: whether other trainings are among what the interval is over, or other people alone.
        word: ``better``, ``worse`` or ``cannot tell``; the last too where nothing is known of other trainings.
    """

    value: float
    low: float
    high: float
    p: float
    seeds: bool
    word: str


@dataclass(frozen=True)
class Rival:
    """Another predictor on the same videos: its errors (``mae``, ``rmse``), and by error the difference to it.

    What may not be told of real people is not there.
    """

    title: str
    errors: dict[str, float]
    differences: dict[str, Difference] = field(default_factory=dict)


class Points(NamedTuple):
    """Of generated people, what a figure shows: labels [N], mean scores over the seeds [N], what the constant says."""

    labels: "np.ndarray"
    scores: "np.ndarray"
    constant: float | None


@dataclass(frozen=True)
class Part:
    """The numbers on one set of people.

    Attributes:
        title: who they are.
        metrics: by the names that results have (docs/results.md): videos, subjects, mae, rmse and the ends of their
            95 % intervals, pcc, ccc, rmse_clipped, means over the seeds; also mae_sd and rmse_sd over the seeds,
            ratio (RMSE/MAE), mean and sd of scores and labels (mean_scores, sd_scores, mean_labels, sd_labels,
            spread = sd_scores/sd_labels); by severity band videos_minimal, …, mae_minimal, …, bias_minimal, ….
        by_seed: mae and rmse of each seed; of generated people only.
        rivals: ``constant``, ``median``, ``identity_only`` and, where another file was given, ``against``.
        withheld: why nothing is told of these people; empty where it is.
        points: for the figure; None of real people.
    """

    title: str
    metrics: dict[str, float]
    by_seed: dict[str, dict[str, float]]
    rivals: dict[str, Rival]
    withheld: str = ""
    points: Points | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Judgement:
    """Somebody's scores, judged.

    Attributes:
        title: of the scores. corpus: its title. licensed: whether its people are real.
        unit: ``videos`` or ``sessions``. seeds: how many trainings.
        deterministic: whether another training would give the same scores.
        trained_on, selected_on: partitions, as the person who judges has said.
        parts: by ``test`` (or another partition) and ``unseen``.
        findings: what is wrong with the scores, and what a reader must know of them.
        checklist: what a paper should report, as far as it can be seen here.
    """

    title: str
    corpus: str
    licensed: bool
    unit: str
    seeds: int
    deterministic: bool
    trained_on: tuple[str, ...]
    selected_on: tuple[str, ...]
    parts: dict[str, Part]
    findings: tuple[Finding, ...]
    checklist: tuple[Item, ...]

    @property
    def digits(self) -> int:
        """Of errors and correlations in a text."""
        return COARSE_DIGITS if self.licensed else 2

    @property
    def wrong(self) -> bool:
        """Whether something is wrong with the scores, so that some were left out."""
        return any(finding.wrong for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Plain data; of real people without the names of their videos, and what is not defined is ``None``."""
        data = asdict(self)
        for part in data["parts"].values():
            del part["points"]
        for name, part in self.parts.items():
            for key, rival in part.rivals.items():
                told = {error: difference._asdict() for error, difference in rival.differences.items()}
                data["parts"][name]["rivals"][key]["differences"] = told
        data["findings"] = [
            {"kind": f.kind, "wrong": f.wrong, "text": f.text, "count": len(f.names)}
            | ({} if self.licensed else {"names": list(f.names)})
            for f in self.findings
        ]
        data["checklist"] = [item._asdict() for item in self.checklist]
        return _defined(data)


def _defined(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _defined(own) for key, own in value.items()}
    if isinstance(value, (list, tuple)):
        return [_defined(own) for own in value]
    return None if isinstance(value, float) and value - value != 0 else value
