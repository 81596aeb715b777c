"""What numbers may say of real people: the one place of these rules.

A predictor that looks at nobody has an error that depends on labels alone. Of few people its digits leave one set of
labels that fits, and two such numbers that differ by a few people leave the labels of these. So numbers about few
people are not given, and those that are handed on are coarse. Of generated people everything may be said.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from math import ceil

from depnb.evaluation.bands import FEWEST_PEOPLE
from depnb.experiments.result import Attention, Result

FEWEST_COMPARED = 20
"""Of fewer real people no error of a predictor that looks at nobody is given, and nothing is handed on."""
FEWEST_APART = 10
"""Two numbers that are both given are about the same real people, or differ by as many as this."""
KEPT_DIGITS, COARSE_DIGITS = 2, 1
"""Of errors of real people in a result, and in what is handed on; there, predictors that look at nobody have none."""
COUNTS = ("trained_on", "unscored", "rest_of_test")
"""What must be known of a partition of real people before a number of it is handed on."""
NO_ERRORS = ("videos", "subjects", "sessions", *COUNTS)
"""Metrics that count, and are not rounded."""
ERRORS = (
    *("mae", "mae_low", "mae_high", "mae_sessions"),
    *("rmse", "rmse_low", "rmse_high", "rmse_sessions"),
)
RIVALS = ("constant", "identity_only")

Numbers = Mapping[str, float]


def kept(metrics: Numbers) -> dict[str, float]:
    """Metrics of a partition of real people as a result keeps them, which stays where git ignores it.

    They have two digits. Of those who are ``withheld`` there are errors only, the coarser the fewer they are (in tens
    upwards at last), because a network that says the same to everybody is a predictor that looks at nobody.
    """
    if not withheld(metrics):
        return rounded(metrics, KEPT_DIGITS)
    people = metrics["subjects"]
    errors = {name: metrics[name] for name in metrics.keys() & {*NO_ERRORS, *ERRORS}}
    if people < FEWEST_PEOPLE:
        return {name: value if name in NO_ERRORS else 10.0 * ceil(value / 10) for name, value in errors.items()}
    return rounded(errors, COARSE_DIGITS if people >= FEWEST_COMPARED else 0)


def kept_curve(curve: Iterable[Mapping[str, float | int]], people: int) -> tuple[dict[str, float | int], ...]:
    """What a training was like at each check, with the errors on a selecting partition of so many real people.

    The first check of some rows is the constant predictor.
    """
    digits = KEPT_DIGITS if people >= FEWEST_COMPARED else 0
    return tuple(
        {name: value if name == "step" else round(value, digits) for name, value in check.items()} for check in curve
    )


def comparable(metrics: Numbers) -> tuple[str, ...]:
    """Which predictors that look at nobody may have errors beside these metrics of real people.

    None where a recording has no score: beside a row that has scored all, they would tell the label that is lacking.
    Not “identity only” where it differs from the constant for a few people.
    """
    if withheld(metrics) or metrics["unscored"]:
        return ()
    return RIVALS[:1] if 0 < metrics["trained_on"] < FEWEST_APART else RIVALS


def rivals(result: Result, partition: str) -> dict[str, dict[str, float]]:
    """The errors of the predictors that look at nobody, by predictor, as far as they may be given."""
    found = result.baselines.get(partition, {})
    if not result.licensed:
        return found
    told = comparable(result.metrics[partition])
    return {name: numbers for name, numbers in found.items() if name in told}


def withheld(metrics: Numbers, learnt: bool = True) -> str:
    """Why no number of these real people is handed on; empty where they may be.

    A network that has not ``learnt`` is a predictor that looks at nobody.
    """
    if not metrics.keys() >= set(COUNTS):
        return "an older depnb did not keep whom they are about; make the result anew"
    if metrics["subjects"] < FEWEST_COMPARED:
        return f"fewer than {FEWEST_COMPARED} people"
    if 0 < metrics["rest_of_test"] < FEWEST_APART:
        return f"fewer than {FEWEST_APART} others are in the test set"
    if metrics["unscored"] and not learnt:
        return f"no score of {metrics['unscored']:.0f} recordings, and nothing was learnt"
    return ""


def handed_on(results: Iterable[Result]) -> list[Result]:
    """Results as tables and exports outside of ignored folders may have them.

    Real people's partitions that are ``withheld`` are gone, and errors are coarse. Of each licensed corpus there is one
    set of people under one protocol (``honest`` if there is one), because two would differ by few of them.
    """
    results = list(results)
    told = one_setting(results)
    return [_coarse(result) if result.licensed else result for result in results if told(result)]


def one_setting(results: Sequence[Result]) -> Callable[[Result], bool]:
    """A test whether a result belongs to the one setting of its licensed corpus that is handed on."""
    chosen: dict[str, str] = {}
    for result in sorted(results, key=lambda result: result.run.protocol != "honest"):
        chosen.setdefault(_corpus(result), _setting(result))
    return lambda result: not result.licensed or chosen[_corpus(result)] == _setting(result)


def digits(result: Result) -> int:
    """Of the errors of a network on real people, where they are handed on."""
    return COARSE_DIGITS if result.learnt else 0


def coarse_errors(errors: Iterable[tuple[float, int]]) -> tuple[tuple[float, int], ...]:
    """Errors of real people, ascending, with how many videos show each person, as a kept network has them.

    Errors of at least ``FEWEST_PEOPLE`` neighbours become the largest of them, in whole points upwards: intervals made
    of them are a little too wide, never too narrow. Of fewer than ``FEWEST_COMPARED`` people there are none.
    """
    ordered = sorted(errors)
    group, weight, groups = 0, 0.0, []
    if sum(1 / videos for _, videos in ordered) < FEWEST_COMPARED - 1e-9:
        return ()
    for _, videos in ordered:
        groups.append(group)
        weight += 1 / videos
        if weight >= FEWEST_PEOPLE - 1e-9:
            group, weight = group + 1, 0.0
    last = max(group - 1, 0) if weight else group  # a rest of fewer people belongs to the group before it
    coarse = []
    for _, members in groupby(zip(groups, ordered, strict=True), key=lambda member: min(member[0], last)):
        own = [error for _, error in members]
        coarse += [(float(ceil(own[-1][0])), videos) for _, videos in own]
    return tuple(sorted(coarse))


def told_together(groups: Mapping[str, Mapping[str, Mapping[str, str]]]) -> list[tuple[str, str]]:
    """Which numbers about groups of real people may be handed on beside each other.

    A group has ``FEWEST_COMPARED`` people. It differs from every other one that is told by ``FEWEST_APART`` people or
    more, or not at all; so do the people of a partition whom no told group but that of all is about.

    Args:
        groups: by partition and name, the person in each video of the group; the first of a partition is of all.

    Returns:
        (partition, name), those of all people first, then the larger ones first.
    """
    told: dict[tuple[str, str], Mapping[str, str]] = {}
    firsts = {name: next(iter(own)) for name, own in groups.items()}
    rest: dict[str, Mapping[str, str]] = {name: groups[name][first] for name, first in firsts.items()}
    named = [(name, group) for name, own in groups.items() for group in own]
    named.sort(key=lambda key: (key[1] != firsts[key[0]], -len(groups[key[0]][key[1]])))
    for name, group in named:
        own = groups[name][group]
        left = rest[name] if group == firsts[name] else {v: s for v, s in rest[name].items() if v not in own}
        others = [_differing(own, other) for other in told.values()]
        if len(set(own.values())) >= FEWEST_COMPARED and all(map(_apart, [*others, set(left.values())])):
            told[name, group], rest[name] = own, left
    return list(told)


def _differing(one: Mapping[str, str], other: Mapping[str, str]) -> set[str]:
    """The people in the videos that only one of two groups has."""
    return {(one.get(video) or other[video]) for video in one.keys() ^ other.keys()}


def _apart(people: Collection[str]) -> bool:
    return not people or len(people) >= FEWEST_APART


def coarse_attention(found: Attention) -> Attention:
    """A mean map over real people with the mean label and score of these in whole points."""
    return replace(found, bdi=float(round(found.bdi)), score=float(round(found.score)))


def _coarse(result: Result) -> Result:
    metrics = {name: own for name, own in result.metrics.items() if not withheld(own, result.learnt)}
    return replace(
        result,
        metrics={name: rounded(own, digits(result)) for name, own in metrics.items()},
        baselines={name: {rival: rounded(own, 0) for rival, own in rivals(result, name).items()} for name in metrics},
    )


def rounded(numbers: Numbers, digits: int) -> dict[str, float]:
    """Numbers by name, with so many digits, but for those that count."""
    return {name: value if name in NO_ERRORS else round(value, digits) for name, value in numbers.items()}


def _corpus(result: Result) -> str:
    """The name of its folder: a copy of a corpus elsewhere holds the same people."""
    return result.run.corpus.rstrip("/").rpartition("/")[-1]


def _setting(result: Result) -> str:
    """Protocol and content of a corpus, which decide whom the numbers of a partition are about."""
    return json.dumps([result.run.protocol, result.facts.get("corpus")], sort_keys=True)
