"""What a reader must know of scores beside their errors: flags that cost nothing to look for."""

from collections.abc import Iterator, Sequence

import numpy as np

from depnb.evaluation.bands import BANDS
from depnb.reports.judge.judgement import Judgement, Part
from depnb.reports.judge.matching import Matched
from depnb.reports.judge.numbers import Judged
from depnb.reports.judge.scores import Finding
from depnb.reports.judge.told import LEAST_SPREAD
from depnb.reports.summaries import FEW_PEOPLE

LEAST_RATIO = 1.15
"""RMSE/MAE below it is suspicious."""
GAUSSIAN_RATIO = (np.pi / 2) ** 0.5
"""Of normal errors around 0: 1.253."""
TOP = BANDS[-1].high


def of_scores(matched: Matched, judged: Sequence[Judged]) -> Iterator[Finding]:
    """What can be seen from the scores alone."""
    of_units = {unit.name: scores for own in judged for unit, scores in zip(own.units, own.scores.T, strict=True)}
    everything = np.concatenate(list(of_units.values()))  # each once, also of who is in two sets of people
    if everything.min() >= 0 and everything.max() <= 1:
        yield _remark("shares", f"All scores lie between 0 and 1, and labels between 0 and {TOP}: give BDI-II points.")
    outside = int(((everything < 0) | (everything > TOP)).sum())
    if outside:
        text = f"{outside} of {len(everything)} scores lie outside of the scale, 0 to {TOP}; they count as they are."
        yield _remark("outside", text)
    seeds = list(matched.by_seed.items())
    same = [
        f"{seed} and {other}"
        for place, (seed, own) in enumerate(seeds)
        for other, theirs in seeds[place + 1 :]
        if own == theirs
    ]
    if same:
        text = "Seeds with the same scores; if nothing in the training is random, give one seed, as deterministic:"
        yield Finding("same seeds", text, tuple(same), wrong=False)
    if any(own.scores.std(1).min() < LEAST_SPREAD for own in judged if len(own.units) > 1):
        yield _remark("flat", "The scores hardly differ from one another: they are close to a constant.")
    for own in judged:
        if np.abs(own.scores - own.y).max() < LEAST_SPREAD / 2:
            yield _remark("labels", "Each score is its label to half a point: are they the labels themselves?")
            break


def of_judgement(made: Judgement) -> Iterator[Finding]:
    """What follows from the numbers, and from what was said of the training."""
    if not made.deterministic and made.seeds == 1:
        text = "One seed: the intervals are over people alone, and nothing is known of another training."
        yield _remark("one seed", text)
    for name in made.parts:
        for verb, partitions_of in (("trained", made.trained_on), ("selected", made.selected_on)):
            if name in partitions_of:
                yield _remark("selection", f"The {name} partition was {verb} on: the errors on it are too small.")
    if not any("constant" in part.rivals for part in made.parts.values()) and not made.licensed:
        partitions = " or ".join(made.trained_on) or "no partition"
        yield _remark("no constant", f"No constant: the corpus has no label of {partitions}.")
    for part in made.parts.values():
        yield from _of_part(part, made)


def _of_part(part: Part, made: Judgement) -> Iterator[Finding]:
    metrics, who = part.metrics, part.title
    if part.withheld:
        yield _remark("withheld", f"Nothing is told of the {who}: {part.withheld}.")
        return
    if metrics["subjects"] < FEW_PEOPLE:
        few = f"{who}: {metrics['subjects']:.0f}"
        yield _remark("few people", f"Of fewer than {FEW_PEOPLE} people intervals cover less than they claim ({few}).")
    ratio = metrics.get("ratio", np.inf)
    if ratio < LEAST_RATIO:
        yield _remark(
            "ratio",
            f"RMSE/MAE on the {who} is {ratio:.2f}, below {LEAST_RATIO}; of normal errors it is {GAUSSIAN_RATIO:.2f}. "
            "Errors are nearly all of one size: look at the scores.",
        )
    constant = part.rivals["constant"].differences.get("rmse") if "constant" in part.rivals else None
    if constant and constant.word == "worse":
        yield _remark("constant", f"On the {who} the scores have a larger RMSE than the mean of the training labels.")
    if metrics["trained_on"]:
        text = f"{metrics['trained_on']:.0f} of {metrics['subjects']:.0f} people of the {who} were trained on too."
        yield _remark("trained on", text)
    if made.licensed and "constant" not in part.rivals:
        text = f"No constant is told beside the scores on the {who} (docs/privacy.md)."
        yield _remark("no constant", text)


def _remark(kind: str, text: str) -> Finding:
    return Finding(kind, text, wrong=False)
