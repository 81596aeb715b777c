"""Which rows fall for a shortcut: trained on “shortcut” against trained on “both”.

The two corpora have the same people, labels and unseen videos; they differ in the glasses and walls of the training
sessions. So the same row is judged on the same unseen people twice, and the difference is what the shortcut costs.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from depnb.corpus.records import video_session
from depnb.corpus.synthetic.attributes import NUISANCES, attributes_of
from depnb.evaluation.comparison import Comparison, compare
from depnb.evaluation.metrics import rmse
from depnb.experiments.result import Result
from depnb.reports.families import corrected
from depnb.reports.remembered import remembered
from depnb.reports.summaries import Columns, corpus_title, scores_of
from depnb.reports.words import LEVEL, p_text, with_interval

PARTITION = "unseen"
PAIR = ("both", "shortcut")
"""Without and with the shortcut."""
FALLS, GAINS, UNDECIDED = "falls for it", "gains by it", "undecided"


class Fall(NamedTuple):
    """One row with and without the shortcut in training, on unseen people; BDI-II points.

    Attributes:
        rmse: mean over the seeds, trained on “both” and on “shortcut”.
        compared: the second minus the first, with its interval over people and seeds.
        follows: by nuisance, correlation of the mean error (score − label) of the row trained on “shortcut” with it;
            NaN where either is constant.
        corrected: p after Holm's correction over all rows; None where a side has one seed.
    """

    row: str
    corpora: tuple[str, ...]
    rmse: tuple[float, float]
    compared: Comparison
    follows: dict[str, float]
    corrected: float | None

    @property
    def word(self) -> str:
        """What came out, by the corrected p."""
        if self.corrected is None:
            return "one seed"
        if self.corrected >= LEVEL:
            return UNDECIDED
        return FALLS if self.compared.value > 0 else GAINS


def falls(results: Sequence[Result]) -> list[Fall]:
    """The rows that were run on both corpora, at the same profile and protocol.

    Raises:
        ValueError: the two corpora of a row have other unseen people.
    """
    groups: dict[tuple[str, ...], dict[str, list[Result]]] = {}
    for r in results:
        if r.run.corpus in PAIR and PARTITION in r.predictions:
            key = (f"{r.run.paper}/{r.run.row}", r.run.protocol, r.run.profile)
            groups.setdefault(key, {}).setdefault(r.run.corpus, []).append(r)
    found = [_fall(key[0], *(own[name] for name in PAIR)) for key, own in groups.items() if len(own) == len(PAIR)]
    p = corrected([one.compared.p if np.isfinite(one.compared.high) else None for one in found])
    return [one._replace(corrected=own) for one, own in zip(found, p, strict=True)]


def _fall(row: str, without: Sequence[Result], with_it: Sequence[Result]) -> Fall:
    first, second = without[0].predictions[PARTITION], with_it[0].predictions[PARTITION]
    if (first.video, first.bdi) != (second.video, second.bdi):
        raise ValueError(f"{row} was judged on other people on {PAIR[0]} than on {PAIR[1]}: run both at one profile.")
    plain, cut = scores_of(without, PARTITION), scores_of(with_it, PARTITION)
    compared = Comparison(*remembered(compare, first.bdi, cut, plain, first.subject))
    known = attributes_of(with_it[0].run.corpus, with_it[0].facts["corpus"])
    error = np.atleast_2d(cut).mean(0) - np.array(second.bdi)  # [N]
    follows = {}
    for name in NUISANCES:
        values = np.array([getattr(known[video_session(video)], name) for video in second.video])  # [N]
        varies = np.ptp(values) > 0 and np.ptp(error) > 0
        follows[name] = float(np.corrcoef(error, values)[0, 1]) if varies else float("nan")
    errors = [float(np.mean([rmse(first.bdi, line) for line in np.atleast_2d(side)])) for side in (plain, cut)]
    corpora = tuple(corpus_title(own[0]) for own in (without, with_it))
    return Fall(row, corpora, (errors[0], errors[1]), compared, follows, None)


def columns(results: Sequence[Result]) -> Columns:
    """The table ``shortcut``; empty where no row was run on both corpora."""
    found = falls(results)
    lines = [
        {
            "predictor": one.row,
            "RMSE, trained on “both”": f"{one.rmse[0]:.2f}",
            "RMSE, trained on “shortcut”": f"{one.rmse[1]:.2f}",
            "difference, plain 95 % interval": with_interval(*one.compared[:3]),
            "p, corrected (Holm)": "–" if one.corrected is None else p_text(one.corrected),
            **{f"error follows {name} (r)": f"{r:+.2f}" for name, r in one.follows.items()},
            "outcome": one.word,
        }
        for one in found
    ]
    return Columns.of(lines, (title for one in found for title in one.corpora))
