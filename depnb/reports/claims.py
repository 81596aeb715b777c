"""What the papers claim, and what the results say to it.

All claims of a paper that were tested are one family, the paper's own and ours alike: their p-values are corrected
together (Holm). A claim that could not be tested is outside of it, and is listed with the reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from depnb.evaluation.comparison import Comparison, compare, over_permutations
from depnb.experiments.result import Result
from depnb.methods.contract import Claim
from depnb.methods.registry import method
from depnb.reports.families import corrected
from depnb.reports.permutations import corpus_name
from depnb.reports.remembered import remembered
from depnb.reports.summaries import PARTITION_TITLES, PREDICTORS, Columns
from depnb.reports.words import NOT_TESTED, answer as answer, claim_word, p_text

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Difference:
    """RMSE of a row minus that of its rival on the same people, mean over the seeds of each, BDI-II points.

    Attributes:
        value: the difference; below 0 the row is better.
        low, high: its 95 % interval over people and seeds, infinite where a side has one seed; on several permutations
            of the labels over these.
        p: of “other people and other seeds would give no difference”, two-sided, not corrected.
        untrained: names of the rows of which a training did not fall below the constant predictor's loss.
        people: whom both were judged on.
        seeds: how many trainings each side has; a predictor that looks at no face is no side here.
    """

    value: float
    low: float
    high: float
    p: float
    untrained: tuple[str, ...]
    people: int
    seeds: tuple[int, ...]

    @property
    def learnt(self) -> bool:
        """Whether all trainings of both sides fell below the constant predictor's loss."""
        return not self.untrained


@dataclass(frozen=True)
class Outcome:
    """What came out for a claim.

    Attributes:
        claim: of the paper, or of ours.
        difference: None where it could not be computed.
        corrected: its p-value after Holm's correction over the paper's tested claims; None where it was not tested.
        reason: why it was not tested; else empty.
        was_run: whether its rows were, whatever came of it.
    """

    claim: Claim
    difference: Difference | None
    corrected: float | None
    reason: str
    was_run: bool

    @property
    def word(self) -> str:
        """*supported*, *reversed*, *undecided* or *not tested here*."""
        if self.difference is None or self.corrected is None:
            return NOT_TESTED
        return claim_word(self.difference.value, self.corrected)


def difference(claim: Claim, paper: str, results: Sequence[Result]) -> Difference | None:
    """The two sides of a claim, compared; ``None`` where one of them was not run or has no scores per person."""
    sides = [own for row, protocol in _sides(claim) if (own := _runs(claim, row, protocol, paper, results))]
    if len(sides) < len(_sides(claim)) or any(claim.partition not in r.predictions for own in sides for r in own):
        return None
    people = sides[0][0].predictions[claim.partition].subject
    found = [
        _compared(claim, [[r for r in own if r.run.corpus == corpus] for own in sides])
        for corpus in _common_corpora(sides)
    ]
    if not found:
        return None
    whole = found[0] if len(found) == 1 else over_permutations([one.value for one in found])
    untrained = tuple(dict.fromkeys(r.run.row for own in sides for r in own if not r.learnt))
    return Difference(*whole, untrained, len(set(people)), tuple(map(len, sides)))


def _common_corpora(sides: Sequence[Sequence[Result]]) -> list[str]:
    """The corpora that every side was run on: one, or permutations of its labels."""
    first, *others = (dict.fromkeys(r.run.corpus for r in own) for own in sides)
    return [corpus for corpus in first if all(corpus in other for other in others)]


def _compared(claim: Claim, sides: Sequence[Sequence[Result]]) -> Comparison:
    """The sides of a claim on one corpus: a row, and its rival unless that is a predictor that looks at no face."""
    first = sides[0][0].predictions[claim.partition]
    scores = [np.array([r.predictions[claim.partition].score for r in own]) for own in sides]  # [seeds, N] each
    rival = scores[1] if len(scores) > 1 else np.array(getattr(first, claim.other))  # [seeds, N], or [N]
    return Comparison(*remembered(compare, first.bdi, scores[0], rival, first.subject))


def outcomes(paper: str, results: Sequence[Result]) -> list[Outcome]:
    """What came out for each claim of a paper, in their order."""
    judged = []
    for claim in method(paper).claims:
        lacking, found = _lacking(claim, paper, results), difference(claim, paper, results)
        judged.append((claim, found, lacking or _obstacle(found), not lacking))
    p = corrected([found.p if found and not reason else None for _, found, reason, _ in judged])
    return [Outcome(claim, found, own, why, run) for (claim, found, why, run), own in zip(judged, p, strict=True)]


def _lacking(claim: Claim, paper: str, results: Sequence[Result]) -> str:
    """Which rows of a claim were not run; empty where all were."""
    rows = [
        row if protocol == "honest" else f"{row} under “{protocol}”"
        for row, protocol in _sides(claim)
        if not _runs(claim, row, protocol, paper, results)
    ]
    return f"{_and(rows)} not run" if rows else ""


def _obstacle(found: Difference | None) -> str:
    """Why a claim whose rows were run is not tested; empty where it is."""
    if found is None:
        return "no scores per person are kept"
    if found.untrained:
        return f"{_and(found.untrained)} not trained"
    return "one seed" if 1 in found.seeds else ""


def _and(names: Sequence[str]) -> str:
    return " and ".join(dict.fromkeys(names))


def _sides(claim: Claim) -> list[tuple[str, str]]:
    """(row, protocol) of the trained sides of a claim."""
    rival = [] if claim.other in PREDICTORS else [(claim.other, claim.other_protocol or claim.protocol)]
    return [(claim.row, claim.protocol), *rival]


def _runs(claim: Claim, row: str, protocol: str, paper: str, results: Sequence[Result]) -> list[Result]:
    wanted = (paper, row, claim.corpus, protocol)
    own = [r for r in results if (r.run.paper, r.run.row, corpus_name(r.run), r.run.protocol) == wanted]
    return [r for r in own if claim.partition in r.metrics]


def claims_table(paper: str, results: Sequence[Result]) -> "pd.DataFrame":
    """What the paper says of its rows, and what an honest evaluation demands, each with what came out.

    Empty where no claim has been run. ``attrs["corpora"]`` of the frame holds the titles of the corpora.
    """
    return claims_columns(paper, results).frame()


def claims_columns(paper: str, results: Sequence[Result]) -> Columns:
    """``claims_table`` without pandas."""
    found = outcomes(paper, results)
    if not any(o.was_run for o in found):
        return Columns({}, [])
    corpora = [corpus_of(o.claim) for o in found if o.difference]
    return Columns.of([_line(o) for o in found], corpora)


def corpus_of(claim: Claim) -> str:
    """The title of the corpus that a claim is judged on."""
    return f"generated “{claim.corpus}”"


def _line(outcome: Outcome) -> dict[str, str]:
    claim, found, corrected = outcome.claim, outcome.difference, outcome.corrected
    return {
        "claim": claim.text,
        "whose": "the paper's" if claim.printed else "ours",
        "judged on": f"{corpus_of(claim)}, {PARTITION_TITLES[claim.partition]}",
        "difference in RMSE, plain 95 % interval": "–" if found is None or corrected is None else _with_interval(found),
        "p, corrected (Holm)": "–" if corrected is None else p_text(corrected),
        "outcome": f"{outcome.word}: {outcome.reason}" if outcome.reason else outcome.word,
    }


def _with_interval(found: Difference) -> str:
    return f"{found.value:+.2f} [{found.low:+.2f}, {found.high:+.2f}]"
