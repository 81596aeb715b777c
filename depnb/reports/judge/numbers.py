"""The numbers on one set of people: errors with intervals, agreement, spread, bands, rivals."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from depnb.corpus import Recording
from depnb.evaluation import baselines
from depnb.evaluation.bands import BANDS, band
from depnb.evaluation.comparison import compare
from depnb.evaluation.error_intervals import error_interval
from depnb.evaluation.metrics import Metric, band_bias, ccc, clipped, mae, pcc, rmse
from depnb.experiments.result import rounded
from depnb.reports.judge.judgement import Difference, Rival
from depnb.reports.judge.matching import Matched, Unit
from depnb.reports.summaries import over_people
from depnb.reports.words import answer

ERRORS: tuple[Metric, ...] = (mae, rmse)
TITLES = {
    "constant": "constant (training mean)",
    "median": "constant (training median)",
    "identity_only": "identity only",
}


class Judged(NamedTuple):
    """Those of a set of people who have a score of each seed.

    Attributes:
        units: N videos or sessions. y: labels [N]. people: the person in each, N names. scores: [seeds, N].
    """

    units: list[Unit]
    y: np.ndarray
    people: list[str]
    scores: np.ndarray

    @classmethod
    def of(cls, units: Sequence[Unit], matched: Matched) -> "Judged":
        scores = matched.of(units)  # [seeds, all]
        there = np.isfinite(scores).all(0) & bool(len(scores))  # [all]
        own = [unit for unit, scored in zip(units, there, strict=True) if scored]
        labels = np.array([unit.bdi for unit in own], dtype=float)
        return cls(own, labels, [unit.subject for unit in own], scores[:, there])

    @property
    def alone(self) -> np.ndarray:
        """Scores as intervals take them: those of one seed [N], so that these are over people alone."""
        return over_people(self.scores)


def metrics(own: Judged, unit: str) -> dict[str, float]:
    """All numbers of the scores themselves, by name; means over the seeds. What is not defined is left out."""
    y, scores = own.y, own.scores
    found = {"videos": float(sum(len(one.recordings) for one in own.units)), "subjects": float(len(set(own.people)))}
    if unit == "sessions":
        found["sessions"] = float(len(own.units))
    found |= _errors(own)
    found["ratio"] = found["rmse"] / found["mae"] if found["mae"] else np.nan
    for name, agreement in (("pcc", pcc), ("ccc", ccc)):
        found[name] = float(np.mean([agreement(y, line) for line in scores]))
    found["rmse_clipped"] = float(np.mean([rmse(y, clipped(line)) for line in scores]))
    found |= {"mean_scores": float(scores.mean()), "sd_scores": float(scores.std(1).mean())}
    found |= {"mean_labels": float(y.mean()), "sd_labels": float(y.std())}
    found["spread"] = found["sd_scores"] / found["sd_labels"] if found["sd_labels"] else np.nan
    return {name: value for name, value in (found | _bands(own)).items() if np.isfinite(value)}


def _errors(own: Judged) -> dict[str, float]:
    """MAE and RMSE, means over the seeds, with their sd over these and their intervals over people and seeds."""
    found: dict[str, float] = {}
    for metric in ERRORS:
        name, of_seeds = metric.__name__, [metric(own.y, line) for line in own.scores]
        low, high = error_interval(own.y, own.alone, own.people, metric)
        found[name] = float(np.mean(of_seeds))
        if np.isfinite(high):  # of one person nothing is known
            found |= {f"{name}_low": low, f"{name}_high": high}
        if len(of_seeds) > 1:
            found[f"{name}_sd"] = float(np.std(of_seeds, ddof=1))
    return found


def _bands(own: Judged) -> dict[str, float]:
    """By severity band of the labels: how many units and people, how far scores lie off, and to which side."""
    of_seeds = [band_bias(own.y, line) for line in own.scores]
    names, people = np.array([band(label) for label in own.y]), np.array(own.people)
    found = {}
    for name, _, _ in BANDS:
        inside = names == name  # [N]
        if not inside.any():
            continue
        found[f"units_{name}"], found[f"subjects_{name}"] = float(inside.sum()), float(len(set(people[inside])))
        found[f"mae_{name}"] = float(np.abs(own.scores - own.y)[:, inside].mean())
        found[f"bias_{name}"] = float(np.mean([biases[name][1] for biases in of_seeds]))
    return found


def by_seed(own: Judged, seeds: Sequence[str]) -> dict[str, dict[str, float]]:
    """Both errors of each seed."""
    return {
        seed: {metric.__name__: metric(own.y, line) for metric in ERRORS}
        for seed, line in zip(seeds, own.scores, strict=True)
    }


def baseline_scores(own: Judged, train: Sequence[Recording]) -> dict[str, np.ndarray]:
    """What predictors say that look at nobody, by name [N] each; none where there is no training label."""
    if not train:
        return {}
    recordings = [unit.recordings[0] for unit in own.units]
    said = {
        "constant": baselines.constant(train, recordings),
        "median": baselines.constant(train, recordings, "median"),
        "identity_only": baselines.identity_only(train, recordings),
    }
    return {name: np.array(rounded(scores)) for name, scores in said.items()}  # as results have them


def rivals(own: Judged, train: Sequence[Recording], deterministic: bool) -> dict[str, Rival]:
    """The predictors that look at nobody, by name, with the difference of the scores to each."""
    known = deterministic or len(own.scores) > 1
    return {
        name: Rival(
            TITLES[name],
            {metric.__name__: metric(own.y, said) for metric in ERRORS},
            _differences(own, own.alone, said, known),
        )
        for name, said in baseline_scores(own, train).items()
    }


def against(own: Judged, title: str, matched: Matched, deterministic: bool) -> Rival | None:
    """Another predictor on those whom both have scored; None where there is nobody."""
    other = Judged.of(own.units, matched)
    if not other.units:
        return None
    places = {unit.name: place for place, unit in enumerate(own.units)}
    ours = own.scores[:, [places[unit.name] for unit in other.units]]  # [seeds, common]
    known = all(deterministic or len(side) > 1 for side in (ours, other.scores))
    errors = _errors(other)
    counted = {"units": float(len(other.units)), "least_sd": float(other.scores.std(1).min())}
    return Rival(title, errors | counted, _differences(other, over_people(ours), other.alone, known))


def _differences(own: Judged, ours: np.ndarray, theirs: np.ndarray, known: bool) -> dict[str, Difference]:
    """Paired differences by error; ``known`` is whether other trainings of both sides are among what chance does."""
    if len(set(own.people)) < 2:
        return {}
    found = {}
    for metric in ERRORS:
        value, low, high, p = compare(own.y, ours, theirs, own.people, metric)
        word = answer(low, high) if known else "cannot tell"
        found[metric.__name__] = Difference(value, low, high, p, known, word)
    return found
