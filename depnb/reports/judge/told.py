"""What a judgement may tell of real people: what is handed on of results (``depnb.experiments.disclosure``)."""

import math
from dataclasses import replace

from depnb.evaluation.bands import BANDS
from depnb.experiments.disclosure import (
    COARSE_DIGITS,
    ERRORS,
    FEWEST_APART,
    FEWEST_COMPARED,
    NO_ERRORS,
    comparable,
    withheld,
)  # fmt: skip
from depnb.reports.judge.judgement import Difference, Part, Rival

LEAST_SPREAD = 1.0
"""Standard deviation in points of scores that say nearly the same of everybody, as a predictor that looks at nobody:
their errors tell of labels alone."""
OF_THE_SCORES = (*ERRORS, "mae_sd", "rmse_sd", "pcc", "ccc", "rmse_clipped", "spread")


def coarse(part: Part, least_sd: float) -> Part:
    """A part as it may be told.

    Args:
        part: of real people, exact.
        least_sd: of the scores of the seed whose scores differ least.
    """
    metrics, looked = part.metrics, least_sd >= LEAST_SPREAD
    counts = {name: metrics[name] for name in NO_ERRORS if name in metrics}
    reason = withheld(metrics, looked)
    if reason:
        return Part(part.title, counts, {}, {}, withheld=reason)
    digits = COARSE_DIGITS if looked else 0
    bands = [name for band in _bands_of_many(metrics) for name in (f"mae_{band}", f"bias_{band}")]
    names = [*OF_THE_SCORES, *bands] if looked else ["mae", "rmse"]
    told = counts | {name: round(metrics[name], digits) for name in names if name in metrics}
    if looked and told["mae"]:
        told["ratio"] = round(told["rmse"] / told["mae"], 2)  # of what is told, so that it tells no more
    allowed = comparable(metrics)
    rivals = {
        name: _coarse_rival(name, rival, digits, metrics)
        for name, rival in part.rivals.items()
        if name == "against" or name in allowed
    }
    return Part(part.title, told, {}, {name: rival for name, rival in rivals.items() if rival})


def _bands_of_many(metrics: dict[str, float]) -> list[str]:
    """Severity bands whose numbers tell of nobody: of many people, with enough others outside.

    None where these people are a part of the test set, whose bands would differ by few of them.
    """
    if metrics["rest_of_test"]:
        return []
    people = {name: metrics.get(f"subjects_{name}", 0) for name, _, _ in BANDS}
    return [
        name
        for name, own in people.items()
        if own >= FEWEST_COMPARED and not 0 < metrics["subjects"] - own < FEWEST_APART
    ]


def _coarse_rival(name: str, rival: Rival, digits: int, metrics: dict[str, float]) -> Rival | None:
    if name != "against":
        errors = {error: round(value, 0) for error, value in rival.errors.items()}
        words = {
            error: Difference(math.nan, math.nan, math.nan, math.nan, found.seeds, found.word)
            for error, found in rival.differences.items()
        }
        return replace(rival, errors=errors, differences=words)
    if rival.errors["units"] != metrics["units"]:
        return None  # the difference of two sets of people would tell of few
    if not digits or rival.errors["least_sd"] < LEAST_SPREAD:
        return None
    errors = {name: round(value, digits) for name, value in rival.errors.items() if name in ERRORS}
    differences = {
        error: found._replace(
            **{name: round(getattr(found, name), digits) for name in ("value", "low", "high")}, p=round(found.p, 2)
        )
        for error, found in rival.differences.items()
    }
    return replace(rival, errors=errors, differences=differences)
