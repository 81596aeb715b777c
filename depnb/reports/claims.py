"""What the papers claim, and what the results say to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from depnb.evaluation.intervals import paired_permutation_test, paired_subject_bootstrap
from depnb.experiments.result import Result
from depnb.methods.contract import Claim
from depnb.methods.registry import method
from depnb.reports.remembered import remembered
from depnb.reports.summaries import PARTITION_TITLES, PREDICTORS, Columns

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Difference:
    """RMSE of a row minus that of its rival on the same people, mean over seeds, BDI-II points.

    Attributes:
        value: the difference; below 0 the row is better.
        low, high: its 95 % interval over people (paired bootstrap).
        learnt: whether all trainings of both sides fell below the constant predictor's loss.
        sides: labels [N], scores of the row and of its rival [seeds, N], and the person in each video.
    """

    value: float
    low: float
    high: float
    learnt: bool
    sides: tuple[Sequence[float], np.ndarray, np.ndarray, Sequence[str]] = field(repr=False, compare=False)

    @cached_property
    def p(self) -> float:
        """Of “exchanging the two predictors' scores of a person makes no difference” (paired permutation test)."""
        return remembered(paired_permutation_test, *self.sides)

    @property
    def answer(self) -> str:
        """Whether “the row is better” is confirmed."""
        return answer(self.low, self.high) if self.learnt else "not trained"


def answer(low: float, high: float) -> str:
    """Whether “the first has the smaller error” is confirmed, from the 95 % interval of the difference."""
    return "confirmed" if high < 0 else "not confirmed" if low >= 0 else "too little data to tell"


def difference(claim: Claim, paper: str, results: Sequence[Result]) -> Difference | None:
    """The two sides of a claim, compared.

    Returns:
        ``None`` where one of them has no scores per person, or where they were run with different numbers of seeds.
    """
    ours = _scored(results, paper, claim.row, claim.corpus, claim.protocol, claim.partition)
    if not ours:
        return None
    first, learnt = ours[0].predictions[claim.partition], [r.learnt for r in ours]
    if claim.other in PREDICTORS:
        rival = np.array([getattr(first, claim.other)])  # [1, N]
    else:
        protocol = claim.other_protocol or claim.protocol
        theirs = _scored(results, paper, claim.other, claim.corpus, protocol, claim.partition)
        if not theirs:
            return None
        rival = np.array([r.predictions[claim.partition].score for r in theirs])  # [seeds, N]
        learnt += [r.learnt for r in theirs]
    score = np.array([r.predictions[claim.partition].score for r in ours])  # [seeds, N]
    if len(rival) not in (1, len(score)):
        return None
    sides = first.bdi, score, rival, first.subject
    return Difference(*remembered(paired_subject_bootstrap, *sides), all(learnt), sides)


def _scored(
    results: Sequence[Result], paper: str, row: str, corpus: str, protocol: str, partition: str
) -> list[Result]:
    wanted = (paper, row, corpus, protocol)
    own = [r for r in results if (r.run.paper, r.run.row, r.run.corpus, r.run.protocol) == wanted]
    return [r for r in own if partition in r.predictions]


def claims_table(paper: str, results: Sequence[Result]) -> "pd.DataFrame":
    """What the paper says of its rows, and what an honest evaluation demands, as inequalities with an answer.

    ``attrs["corpora"]`` of the frame holds the titles of the corpora.
    """
    return claims_columns(paper, results).frame()


def claims_columns(paper: str, results: Sequence[Result]) -> Columns:
    """``claims_table`` without pandas."""
    lines, corpora = [], []
    for claim in method(paper).claims:
        found = difference(claim, paper, results)
        if found is None:
            continue
        corpora.append(f"generated “{claim.corpus}”")
        lines.append(
            {
                "claim": claim.text,
                "whose": "the paper's" if claim.printed else "ours",
                "judged on": f"{corpora[-1]}, {PARTITION_TITLES[claim.partition]}",
                "difference in RMSE": f"{found.value:+.2f} [{found.low:+.2f}, {found.high:+.2f}]",
                "p": "< 0.001" if found.p < 0.001 else f"{found.p:.3f}",
                "answer": found.answer,
            }
        )
    return Columns.of(lines, corpora)
