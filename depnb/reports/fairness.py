"""Errors by group of people: skin tone, age and glasses, which are known of generated people because they were drawn.

Of real people no such attribute is known or kept, so on a licensed corpus there is no such table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from depnb.corpus.records import video_session
from depnb.corpus.synthetic.attributes import attributes_of
from depnb.corpus.synthetic.people import AGE_MEAN, AGE_SD, TONE_POWER
from depnb.evaluation.comparison import Comparison, compare_groups
from depnb.evaluation.error_intervals import error_interval
from depnb.evaluation.metrics import mae, rmse
from depnb.experiments.result import Result
from depnb.experiments.rivals import is_rival, titles
from depnb.experiments.store import Store
from depnb.methods.registry import RIVALS, method, papers
from depnb.reports.families import corrected
from depnb.reports.remembered import remembered
from depnb.reports.shown import results_of
from depnb.reports.summaries import FEW_PEOPLE, PREDICTORS, Columns, corpus_title, over_people, scores_of
from depnb.reports.words import LEVEL, p_text, with_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PARTITION = "unseen"
CONSTANT = PREDICTORS["constant"]
UNDECIDED = "undecided"
LOOKS = (("#0173b2", "o"), ("0.45", "D"), ("#d55e00", "s"))
"""Colour and marker of a trait's first group, of one between, and of the last."""


class Trait(NamedTuple):
    """An attribute by which people are grouped.

    Attributes:
        attribute: of ``Attributes``. groups: from the lowest numbers to the highest; the last is compared with the
            first. edges: between them.
    """

    title: str
    attribute: str
    groups: tuple[str, ...]
    edges: tuple[float, ...]


_AGES = NormalDist(AGE_MEAN, AGE_SD)
TRAITS = (
    Trait("skin tone", "tone", ("lighter", "medium", "darker"), ((1 / 3) ** TONE_POWER, (2 / 3) ** TONE_POWER)),
    Trait("age", "age", ("younger", "middle", "older"), (_AGES.inv_cdf(1 / 3), _AGES.inv_cdf(2 / 3))),
    Trait("glasses", "glasses", ("without", "with"), (0.5,)),
)
"""Thirds of all people who could be drawn, not of those who were: a group has the same meaning on every corpus."""


@dataclass(frozen=True)
class Judged:
    """A predictor's scores of N videos, and the group of each.

    Attributes:
        title: how tables name it. corpus: title of its corpus.
        seeds: how many trainings; 0 where there is no luck of training.
        bdi: labels [N]. scores: [seeds, N], or [N]. subjects: N names.
        groups: by title of a trait, number of the group of each video [N].
    """

    title: str
    corpus: str
    seeds: int
    bdi: np.ndarray
    scores: np.ndarray
    subjects: np.ndarray
    groups: Mapping[str, np.ndarray]


class GroupError(NamedTuple):
    """Errors on one group, mean over the seeds, with 95 % intervals over people and seeds; BDI-II points."""

    title: str
    corpus: str
    seeds: int
    trait: str
    group: str
    people: int
    mae: float
    mae_low: float
    mae_high: float
    rmse: float
    rmse_low: float
    rmse_high: float


class GroupDifference(NamedTuple):
    """MAE on the last group of a trait minus that on the first.

    Attributes:
        compared: with its interval over people and seeds, and its p.
        corrected: p after Holm's correction over all networks and rivals and all traits that stand together; None for
            the constant, which only shows how the labels of the groups differ, and for one seed.
    """

    title: str
    corpus: str
    trait: str
    first: str
    last: str
    compared: Comparison
    corrected: float | None

    @property
    def word(self) -> str:
        """Which group has the larger error, by the corrected p; or *undecided*."""
        if self.corrected is None:
            return "not tested" if np.isfinite(self.compared.high) else "one seed"
        if self.corrected >= LEVEL:
            return UNDECIDED
        return f"larger error: {self.last if self.compared.value > 0 else self.first}"


def shown(store: Store, corpus: str = "both") -> dict[str, list[Result]]:
    """Results by title: each paper's own model under ``honest``, and the simple rivals on the most people."""
    rows = {}
    for paper in papers():
        own = method(paper)
        rows[own.title] = [r for r in _on(results_of(store, paper), corpus) if r.run.row == own.own]
    simple = _on(results_of(store, RIVALS), corpus)
    for row, title in titles().items():
        runs = [r for r in simple if r.run.row == row]
        rows[title] = [max(runs, key=lambda r: r.metrics[PARTITION]["subjects"])] if runs else []
    return {title: own for title, own in rows.items() if own}


def of_paper(store: Store, paper: str, corpus: str = "both") -> dict[str, list[Result]]:
    """Results of all rows of a paper, or of the rivals, under ``honest``, by row."""
    rows: dict[str, list[Result]] = {}
    for result in _on(results_of(store, paper), corpus):
        rows.setdefault(f"{result.run.row} ({result.run.profile})" if paper == RIVALS else result.run.row, []).append(
            result
        )
    return rows


def _on(results: Sequence[Result], corpus: str) -> list[Result]:
    return [r for r in results if (r.run.corpus, r.run.protocol) == (corpus, "honest") and PARTITION in r.metrics]


def judged(title: str, results: Sequence[Result], partition: str = PARTITION) -> Judged:
    """The seeds of one row, with the groups of its people; no video is needed.

    Args:
        title: how tables name it. results: of one row on one corpus. partition: ``unseen``, ``test`` or ``folds``.

    Raises:
        ValueError: no results; the corpus was not generated; no scores are kept of the partition, or some are of people
            who are not in the corpus.
    """
    if not results:
        raise ValueError(f"No results of {title}: run it first.")
    first = results[0]
    known = attributes_of(first.run.corpus, first.facts["corpus"])
    if not all(partition in result.predictions for result in results):
        raise ValueError(f"{title} keeps no scores of the partition {partition}: take another one.")
    predictions = first.predictions[partition]
    sessions = [video_session(name) for name in predictions.video]
    if strange := set(sessions) - known.keys():
        raise ValueError(f"{title} has scores of {min(strange)}, who is not in {first.run.corpus}: run it again.")
    own = [known[session] for session in sessions]
    groups = {t.title: np.searchsorted(t.edges, [getattr(a, t.attribute) for a in own]) for t in TRAITS}
    seeds = 0 if is_rival(first.run) else len(results)
    scores = scores_of(results, partition)
    return Judged(
        title, corpus_title(first), seeds, np.array(predictions.bdi), scores, np.array(predictions.subject), groups
    )


def with_constant(rows: Mapping[str, Sequence[Result]], partition: str = PARTITION) -> list[Judged]:
    """Rows by title, and last the constant predictor of the row that was judged on most people."""
    found = [judged(title, results, partition) for title, results in rows.items()]
    if not found:
        return []
    most = max(range(len(found)), key=lambda place: len(set(found[place].subjects)))
    constant = np.array(list(rows.values())[most][0].predictions[partition].constant)
    like = found[most]
    return [*found, Judged(CONSTANT, like.corpus, 0, like.bdi, constant, like.subjects, like.groups)]


def errors(of: Judged) -> list[GroupError]:
    """The errors on each group that has people."""
    found = []
    for trait in TRAITS:
        for number, group in enumerate(trait.groups):
            chosen = of.groups[trait.title] == number
            people = of.subjects[chosen]
            if len(people):
                y, scores = of.bdi[chosen], of.scores[..., chosen]
                numbers: list[float] = []
                for metric in (mae, rmse):
                    value = float(np.mean([metric(y, line) for line in np.atleast_2d(scores)]))
                    numbers += [value, *remembered(error_interval, y, over_people(scores), people, metric=metric)]
                place = (of.title, of.corpus, of.seeds, trait.title, group, len(set(people)))
                found.append(GroupError(*place, *numbers))
    return found


def differences(rows: Sequence[Judged]) -> list[GroupDifference]:
    """Of each row and trait, the last group against the first; a group of fewer than two people is not compared."""
    found = []
    for of in rows:
        for trait in TRAITS:
            groups = of.groups[trait.title]
            last, first = groups == len(trait.groups) - 1, groups == 0
            if min(len(set(of.subjects[part])) for part in (last, first)) < 2:
                continue
            both = last | first
            data = (of.bdi[both], of.scores[..., both], of.subjects[both], last[both])
            compared = Comparison(*remembered(compare_groups, *data, metric=mae))
            place = (of.title, of.corpus, trait.title, trait.groups[0], trait.groups[-1])
            found.append(GroupDifference(*place, compared, None))
    tested = [one.title != CONSTANT and bool(np.isfinite(one.compared.high)) for one in found]
    p = corrected([one.compared.p if there else None for one, there in zip(found, tested, strict=True)])
    return [one._replace(corrected=own) for one, own in zip(found, p, strict=True)]


def error_columns(rows: Sequence[Judged]) -> Columns:
    """The table of errors by group."""
    lines = [
        {
            "corpus": e.corpus,
            "predictor": e.title,
            "seeds": str(e.seeds or "–"),
            "attribute": e.trait,
            "group": e.group,
            "people": str(e.people) if e.people >= FEW_PEOPLE else f"{e.people} (few)",
            "MAE": f"{e.mae:.2f}",
            "95 % interval of the MAE": _ends(e.mae_low, e.mae_high),
            "RMSE": f"{e.rmse:.2f}",
            "95 % interval of the RMSE": _ends(e.rmse_low, e.rmse_high),
        }
        for of in rows
        for e in errors(of)
    ]
    return Columns.of(lines, (of.corpus for of in rows))


def difference_columns(rows: Sequence[Judged]) -> Columns:
    """The table of differences between groups."""
    lines = [
        {
            "corpus": d.corpus,
            "predictor": d.title,
            "attribute": d.trait,
            "groups": f"{d.last} − {d.first}",
            "difference in MAE, plain 95 % interval": with_interval(*d.compared[:3]),
            "p, corrected (Holm)": "–" if d.corrected is None else p_text(d.corrected),
            "outcome": d.word,
        }
        for d in differences(rows)
    ]
    return Columns.of(lines, (of.corpus for of in rows))


def _ends(low: float, high: float) -> str:
    """An interval as a cell; of one person there is none."""
    return f"{low:.2f} – {high:.2f}" if np.isfinite(high) else "–"


def draw(rows: Sequence[Judged]) -> "Figure | None":
    """A panel each attribute, a line each predictor, a marker each group: MAE with its interval; None without rows.

    A difference that is decided after the correction is named beside its line.
    """
    import matplotlib.pyplot as plt

    if not rows:
        return None
    decided = {(d.title, d.trait): d for d in differences(rows) if d.corrected is not None and d.corrected < LEVEL}
    size = (7.4, 0.95 + 0.36 * len(rows))
    figure, axes = plt.subplots(1, len(TRAITS), figsize=size, sharex=True, sharey=True, layout="constrained")
    for place, of in enumerate(rows):
        found = errors(of)
        for axis, trait in zip(axes, TRAITS, strict=True):
            own = [e for e in found if e.trait == trait.title]
            _draw_groups(axis, place, trait, own)
            if (of.title, trait.title) in decided:
                ends = max(e.mae_high for e in own)
                p = p_text(decided[of.title, trait.title].corrected or 0.0, "p")
                axis.annotate(p, (ends, place), (3, 0), textcoords="offset points", fontsize=6, va="center")
    for axis, trait in zip(axes, TRAITS, strict=True):
        axis.tick_params(labelsize=7)
        above = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "ncols": len(trait.groups)}
        axis.legend(title=trait.title, fontsize=7, title_fontsize=8, handletextpad=0.1, columnspacing=0.9, **above)
    axes[0].set_yticks(range(len(rows)), [of.title for of in rows])
    axes[0].set_ylim(len(rows) - 0.4, -0.6)
    axes[0].set_xlim(left=0)
    figure.supxlabel("MAE on unseen people (BDI-II points), with 95 % interval over people and seeds", fontsize=7.5)
    return figure


def _draw_groups(axis: "Axes", place: int, trait: Trait, found: Sequence[GroupError]) -> None:
    count = len(trait.groups)
    for number, group in enumerate(trait.groups):
        colour, marker = LOOKS[-1 if number == count - 1 else number]
        at = place + 0.24 * (number - (count - 1) / 2)
        for e in found:
            if e.group == group:
                if np.isfinite(e.mae_high):
                    axis.plot([e.mae_low, e.mae_high], [at, at], color=colour, linestyle="-", marker="", linewidth=1.1)
                label = group if place == 0 else None
                axis.plot(e.mae, at, color=colour, marker=marker, linestyle="", markersize=3.5, label=label)
