"""Errors of a row on people whom its training has met and on people whom it has not.

A network that recognises people gains on those of the test set who are in training too. On “null”, where no face says
anything about a score, it can gain nothing else.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from depnb.corpus.synthetic.recipe import Recipe, sessions
from depnb.evaluation.comparison import Comparison, compare, over_permutations
from depnb.evaluation.metrics import rmse
from depnb.experiments.result import Predictions, Result
from depnb.reports.permutations import by_permutation, corpus_name
from depnb.reports.remembered import remembered
from depnb.reports.summaries import scores_of
from depnb.reports.words import answer, signed_interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLES = {
    "seen": "test people who are in training",
    "new": "new people of the test set",
    "unseen": "unseen people",
}
"""The groups, in the order of tables; the first two are the test set."""
PERFECT = "identity only, on the first"
LOOKS = {"seen": ("#d55e00", "D"), "new": ("#0173b2", "o"), "unseen": ("black", "s")}


class Group(NamedTuple):
    """One row on one group of people; numbers in BDI-II points, on several permutations of the labels their means.

    Attributes:
        people: how many.
        rmse, constant, identity_only: of the row, and of the two predictors that see no face.
        difference: RMSE of the row minus the constant's; its interval is over people and seeds, or over permutations.
    """

    people: int
    rmse: float
    constant: float
    identity_only: float
    difference: Comparison

    @property
    def numbers(self) -> str:
        """The difference and its interval."""
        d = self.difference
        return signed_interval(d.value, d.low, d.high)

    @property
    def text(self) -> str:
        """The difference, its interval and its word, as a table's cell."""
        return f"{self.numbers} {answer(*self.difference[1:3])}"


def groups(results: Sequence[Result]) -> dict[str, Group]:
    """The groups of people of one row's seeds on a generated corpus, or on several permutations of its labels.

    Raises:
        ValueError: no results, or some without scores per person.
    """
    if not results or not all(r.predictions for r in results):
        raise ValueError("Give results that keep a score for each person: those of real people keep none.")
    each = [_of_one(own) for own in by_permutation(results)]
    return {name: _mean([one[name] for one in each]) for name in TITLES if name in each[0]}


def pick(results: Sequence[Result], row: str, corpus: str, profile: str) -> list[Result]:
    """The seeds of a row under the protocol ``honest``; of “null” those of all permutations."""
    wanted = (row, corpus, profile, "honest")
    return [r for r in results if (r.run.row, corpus_name(r.run), r.run.profile, r.run.protocol) == wanted]


def extra_gain(results: Sequence[Result]) -> tuple[float, float, float]:
    """What a row gains on people seen in training beyond what it gains on unseen ones, with a 95 % interval.

    The difference to the constant on the first minus that on the second, below 0 if the row gains more on people it has
    met. Over permutations it is a t interval; else the interval follows from those of the two groups, whose people are
    others (Zou & Donner, Statistics in Medicine 27, 2008).
    """
    each = [_of_one(own) for own in by_permutation(results)]
    pairs = [(one["seen"].difference, one["unseen"].difference) for one in each]
    if len(pairs) > 1:
        return over_permutations([seen.value - unseen.value for seen, unseen in pairs])[:3]
    ((seen, unseen),) = pairs
    value = seen.value - unseen.value
    below = math.hypot(seen.value - seen.low, unseen.high - unseen.value)
    above = math.hypot(seen.high - seen.value, unseen.value - unseen.low)
    return value, value - below, value + above


def sentence(title: str, results: Sequence[Result]) -> str:
    """What came out for a row: its word on each group, and whether it gains more on people whom it has met."""
    parts = [f"{answer(*g.difference[1:3])} on {TITLES[name]} ({g.numbers})" for name, g in groups(results).items()]
    value, low, high = extra_gain(results)
    words = {
        "better": "It gains more",
        "worse": "It gains less",
        "cannot tell": "One cannot tell whether it gains more",
    }
    more = f"{words[answer(low, high)]} on the first than on the last: {signed_interval(value, low, high)}."
    return f"{title} against the constant: {', '.join(parts)}. {more}"


def draw(panels: Mapping[str, Mapping[str, Sequence[Result]]]) -> "Figure":
    """The difference to the constant by group of people, with intervals; a cross is that of a perfect memory.

    Args:
        panels: title of a panel → title of a row → its results; a panel each, below each other.
    """
    import matplotlib.pyplot as plt

    heights = [len(rows) for rows in panels.values()]
    figure, axes = plt.subplots(
        len(panels), 1, figsize=(6.4, 0.75 + 0.62 * sum(heights)), height_ratios=heights, sharex=True, squeeze=False
    )
    for axis, (title, rows) in zip(axes[:, 0], panels.items(), strict=True):
        for place, results in enumerate(rows.values()):
            for number, (name, group) in enumerate(groups(results).items()):
                colour, marker = LOOKS[name]
                d, at = group.difference, place + 0.22 * (number - 1)
                axis.plot([d.low, d.high], [at, at], color=colour, linestyle="-", marker="", linewidth=1.4)
                label = TITLES[name] if place == 0 else None
                axis.plot(d.value, at, color=colour, linestyle="", marker=marker, markersize=6, label=label)
                if name == "seen":
                    memory, label = group.identity_only - group.constant, PERFECT if place == 0 else None
                    axis.plot(memory, at, color=colour, linestyle="", marker="x", markersize=7, label=label)
        axis.axvline(0, color="0.4", linestyle="--", marker="", linewidth=0.9, zorder=0)
        axis.set_yticks(range(len(rows)), list(rows))
        axis.set(ylim=(len(rows) - 0.5, -0.5))
        axis.set_title(title, fontsize=9, loc="left")
    axes[-1, 0].set_xlabel("RMSE minus the constant's (points); left of 0: better")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), fontsize=8, ncols=2, loc="outside upper center")
    return figure


def _of_one(results: Sequence[Result]) -> dict[str, Group]:
    """The groups of a row's seeds on one corpus."""
    first = results[0]
    met = _trained_on(first)
    found = {}
    for name in TITLES:
        partition = "unseen" if name == "unseen" else "test"
        predictions = first.predictions[partition]
        chosen = np.array([(subject in met) == (name == "seen") for subject in predictions.subject])
        if chosen.any():
            found[name] = _group(predictions, chosen, scores_of(results, partition)[..., chosen])
    return found


def _mean(each: Sequence[Group]) -> Group:
    """One group of people over the permutations of its labels."""
    if len(each) == 1:
        return each[0]
    rmse_, constant, identity_only = (
        float(np.mean(values)) for values in zip(*((g.rmse, g.constant, g.identity_only) for g in each), strict=True)
    )
    between = over_permutations([g.difference.value for g in each])
    return Group(each[0].people, rmse_, constant, identity_only, between)


def _group(predictions: Predictions, chosen: np.ndarray, scores: np.ndarray) -> Group:
    y, constant, identity = (
        np.array(column)[chosen] for column in (predictions.bdi, predictions.constant, predictions.identity_only)
    )
    people = [subject for subject, there in zip(predictions.subject, chosen, strict=True) if there]
    return Group(
        len(set(people)),
        float(np.mean([rmse(y, one) for one in np.atleast_2d(scores)])),
        rmse(y, constant),
        rmse(y, identity),
        Comparison(*remembered(compare, y, scores, constant, people)),
    )


def _trained_on(result: Result) -> set[str]:
    """The people of the partitions that a run on a generated corpus was trained on."""
    train = result.facts["protocol"]["train"]
    plan = sessions(Recipe.from_fingerprint(result.facts["corpus"]))
    return {str(session.subject) for session in plan if session.partition in train}
