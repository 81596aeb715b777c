"""Rows over their seeds: means, intervals over people and seeds, and the word of each against the constant."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from depnb.evaluation.comparison import Comparison, compare, over_permutations
from depnb.evaluation.error_intervals import error_interval
from depnb.evaluation.metrics import mae, rmse
from depnb.experiments.disclosure import rivals
from depnb.experiments.result import Result
from depnb.experiments.rivals import is_rival
from depnb.reports.permutations import by_permutation, corpus_name
from depnb.reports.remembered import remembered
from depnb.reports.words import NOT_TRAINED, answer, with_interval

if TYPE_CHECKING:
    import pandas as pd

PARTITION_TITLES = {
    "unseen": "unseen people",
    "test": "test set",
    "folds": "train, development and test people, by folds",
}
PREDICTORS = {"constant": "constant (training mean)", "identity_only": "identity only"}
SESSION_COLUMNS = {"RMSE of sessions": "rmse_sessions", "MAE of sessions": "mae_sessions"}
FEW_PEOPLE = 30
"""Of fewer people a table says so: their intervals cover less than they claim."""


class Columns(NamedTuple):
    """A table, and the titles of the corpora that it is about. pandas takes longer to import than tables to write."""

    by_heading: dict[str, list[Any]]
    corpora: list[str]

    @classmethod
    def of(cls, lines: Sequence[Mapping[str, Any]], corpora: Iterable[str]) -> "Columns":
        """From its lines, all with the same headings."""
        columns = {heading: [line[heading] for line in lines] for heading in (lines[0] if lines else ())}
        return cls(columns, list(dict.fromkeys(corpora)))

    def frame(self) -> "pd.DataFrame":
        import pandas as pd

        frame = pd.DataFrame(self.by_heading)
        frame.attrs["corpora"] = self.corpora
        return frame


@dataclass(frozen=True)
class Summary:
    """One row over its seeds, on one partition; all numbers in BDI-II points.

    Attributes:
        rmse, rmse_sd, mae, mae_sd: mean and sd over the seeds (sd is NaN for one seed).
        rmse_low, rmse_high: 95 % interval over people and seeds; of one seed over people. Of a licensed corpus no
            scores per person are kept: the mean over the seeds of their intervals over people.
        constant: RMSE of the training mean; NaN where it would tell of few real people.
        title: how the table names the corpus; a generated one says so. On several permutations of the labels of “null”
            numbers are means over these, and sd and intervals are between them.
        people: whom it was judged on; 0 where that was not kept.
        difference, low, high: RMSE minus the constant predictor's with its 95 % interval over people and seeds, which
            is infinite for one seed; NaN for a licensed corpus.
        learnt: whether every seed's training loss fell below the constant predictor's.
        rmse_sessions, mae_sessions: of the means over the videos of a session, as papers count that have 50 and not 100
            of them; NaN where a session is one video, and for generated corpora.
    """

    paper: str
    row: str
    corpus: str
    title: str
    protocol: str
    profile: str
    partition: str
    seeds: int
    people: int
    rmse: float
    rmse_sd: float
    mae: float
    mae_sd: float
    rmse_low: float
    rmse_high: float
    constant: float
    noise_floor: float | None
    difference: float
    low: float
    high: float
    learnt: bool
    rmse_sessions: float = float("nan")
    mae_sessions: float = float("nan")

    @property
    def gain(self) -> float:
        """Share by which the RMSE lies below the constant predictor's."""
        return 1 - self.rmse / self.constant

    @property
    def verdict(self) -> str:
        """The row against the constant, by the plain interval of the difference."""
        if not self.learnt:
            return NOT_TRAINED
        return "not compared" if np.isnan(self.difference) else answer(self.low, self.high)


def summarise(
    results: Sequence[Result],
    partition: str = "unseen",
    how: Literal["mean", "median"] = "mean",
    clip: bool = False,
) -> list[Summary]:
    """Rows over their seeds, in the order in which they first appear.

    Args:
        results: of any rows; those that were not evaluated on ``partition`` are left out.
        partition: ``unseen``, ``test`` or ``folds``.
        how: a video's score is the mean or the median of its frames'. clip: cut it to the scale, 0–63 (E107).

    Raises:
        ValueError: another habit than the plain mean is asked for, and no scores per person are kept.
    """
    results = [_scored_as(result, partition, how, clip) for result in results]
    groups: dict[tuple, list[Result]] = {}
    for result in results:
        if partition in result.metrics:
            run = result.run
            groups.setdefault((run.paper, run.row, corpus_name(run), run.protocol, run.profile), []).append(result)
    return [_over_permutations([_summary(g, partition) for g in by_permutation(own)]) for own in groups.values()]


def _scored_as(result: Result, partition: str, how: Literal["mean", "median"], clip: bool) -> Result:
    """The result as it would be with other video scores."""
    if (how, clip) == ("mean", False) or partition not in result.metrics:
        return result
    if partition not in result.predictions:
        raise ValueError(f"{result.run.name} keeps no scores per person: it has the plain means only.")
    predictions = result.predictions[partition]
    scores = predictions.scores(how, clip)
    numbers = {**result.metrics[partition], **{m.__name__: m(predictions.bdi, scores) for m in (mae, rmse)}}
    return replace(
        result,
        metrics={**result.metrics, partition: numbers},
        predictions={**result.predictions, partition: replace(predictions, score=tuple(scores.tolist()))},
    )


def corpus_title(result: Result) -> str:
    """How tables name the corpus of a result: a generated one says so, a licensed one has the name of its folder."""
    name = result.run.corpus
    return f"generated “{name}”" if "generated" in result.facts["corpus"] else Path(name).name


def _summary(group: list[Result], partition: str) -> Summary:
    metrics = [result.metrics[partition] for result in group]
    rmse_low, rmse_high = (float(np.mean([m[f"rmse_{end}"] for m in metrics])) for end in ("low", "high"))
    people, compared = round(metrics[0].get("subjects", 0)), Comparison(*[float("nan")] * 4)
    if all(partition in result.predictions for result in group):
        first, scores = group[0].predictions[partition], scores_of(group, partition)
        people = len(set(first.subject))
        rmse_low, rmse_high = remembered(error_interval, first.bdi, over_people(scores), first.subject)
        compared = Comparison(*remembered(compare, first.bdi, scores, first.constant, first.subject))
    run = group[0].run
    return Summary(
        paper=run.paper,
        row=run.row,
        corpus=run.corpus,
        title=corpus_title(group[0]),
        protocol=run.protocol,
        profile=run.profile,
        partition=partition,
        seeds=len(group),
        people=people,
        rmse=float(np.mean([m["rmse"] for m in metrics])),
        rmse_sd=_sd([m["rmse"] for m in metrics]),
        mae=float(np.mean([m["mae"] for m in metrics])),
        mae_sd=_sd([m["mae"] for m in metrics]),
        rmse_low=rmse_low,
        rmse_high=rmse_high,
        constant=rivals(group[0], partition).get("constant", {}).get("rmse", float("nan")),
        noise_floor=group[0].noise_floor,
        difference=compared.value,
        low=compared.low,
        high=compared.high,
        learnt=is_rival(run) or all(result.learnt for result in group),  # one that is like the constant was fitted too
        **{name: float(np.mean([m.get(name, np.nan) for m in metrics])) for name in SESSION_COLUMNS.values()},
    )


def _over_permutations(summaries: Sequence[Summary]) -> Summary:
    """One summary of several permutations of the labels, whose intervals are over further permutations."""
    first, errors = summaries[0], [s.rmse for s in summaries]
    if len(summaries) == 1:
        return first
    compared, (rmse, low, high, _) = over_permutations([s.difference for s in summaries]), over_permutations(errors)
    return replace(
        first,
        corpus="null",
        title=f"generated “null” in {len(summaries)} permutations",
        seeds=sum(s.seeds for s in summaries),
        rmse=rmse,
        rmse_sd=_sd(errors),
        mae=float(np.mean([s.mae for s in summaries])),
        mae_sd=_sd([s.mae for s in summaries]),
        rmse_low=low,
        rmse_high=high,
        constant=float(np.mean([s.constant for s in summaries])),
        difference=compared.value,
        low=compared.low,
        high=compared.high,
        learnt=all(s.learnt for s in summaries),
    )


def difference_text(s: Summary) -> str:
    """RMSE minus the constant's with its plain interval, as a table's cell."""
    return "–" if np.isnan(s.difference) else with_interval(s.difference, s.low, s.high)


def scores_of(group: Sequence[Result], partition: str) -> np.ndarray:
    """Scores of the seeds of a row [seeds, N]; of a rival, whose one run has no luck of training, [N]."""
    scores = np.array([result.predictions[partition].score for result in group])
    return scores[0] if is_rival(group[0].run) else scores


def over_people(scores: np.ndarray) -> np.ndarray:
    """Scores as the interval of an error takes them: of one seed, of whose luck nothing is known, [N]."""
    return scores[0] if scores.ndim == 2 and len(scores) == 1 else scores


def _sd(values: list[float]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")


def on_one_corpus(results: Sequence[Result]) -> list[Result]:
    """Those of the protocol ``honest``, else of the first; of these, those of the corpus that most rows were run on.

    Of several such corpora it is ``both``, or the first.
    """
    protocols = [r.run.protocol for r in results]
    protocol = "honest" if "honest" in protocols else next(iter(protocols), None)
    rows: dict[str, set[str]] = {"both": set()}
    own = [r for r in results if r.run.protocol == protocol]
    for r in own:
        rows.setdefault(r.run.corpus, set()).add(r.run.row)
    fullest = max(rows, key=lambda corpus: len(rows[corpus]))
    return [r for r in own if r.run.corpus == fullest]
