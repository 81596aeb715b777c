"""Errors by severity band of the label, with intervals over people: what a model card says. Needs no torch."""

from collections.abc import Iterable, Mapping

import numpy as np

from depnb.evaluation.bands import BANDS, band
from depnb.evaluation.error_intervals import error_interval
from depnb.evaluation.metrics import mae, rmse
from depnb.experiments.disclosure import COARSE_DIGITS, comparable, told_together, withheld
from depnb.experiments.network_cards import Judged
from depnb.experiments.result import DIGITS, Predictions

ALL = "all"
"""The group of all videos of a partition; the others have the names of the severity bands."""
ERRORS = ("rmse", "rmse_low", "rmse_high", "mae")


def by_band(evaluated: Mapping[str, Predictions]) -> Judged:
    """Errors of one training, by partition and group.

    Args:
        evaluated: labels and scores by partition.

    Returns:
        of each group that has somebody: ``people``, ``videos``, ``rmse`` with the ends ``rmse_low`` and ``rmse_high``
        of its 95 % interval over people (not of a single person), ``mae``, ``bias`` (mean of score − label) and
        ``constant`` (RMSE of the mean training label); points.
    """
    return {name: {group: _numbers(own) for group, own in _groups(own).items()} for name, own in evaluated.items()}


def disclosed(evaluated: Mapping[str, Predictions], metrics: Mapping[str, Mapping[str, float]], learnt: bool) -> Judged:
    """What may be handed on of ``by_band`` where people are real.

    Errors are coarse; there is no bias, and a constant only of all people of a partition, in whole points. A group is
    left out where people are few, or where it differs from another one by few (``disclosure.told_together``).

    Args:
        evaluated: labels and scores by partition.
        metrics: of a result, by partition, with what must be known of it (``disclosure.COUNTS``).
        learnt: whether the training did better than the constant.
    """
    told = {name: own for name, own in evaluated.items() if not withheld(metrics[name], learnt)}
    groups = {name: _groups(own) for name, own in told.items()}
    kept = told_together({name: {group: _videos(p) for group, p in own.items()} for name, own in groups.items()})
    digits = COARSE_DIGITS if learnt else 0
    found: Judged = {}
    for name, group in kept:
        numbers = _numbers(groups[name][group])
        own = {key: round(numbers[key], digits) for key in ERRORS if key in numbers}
        own |= {key: numbers[key] for key in ("people", "videos")}
        if group == ALL and "constant" in comparable(metrics[name]):
            own["constant"] = float(round(numbers["constant"]))
        found.setdefault(name, {})[group] = own
    return found


def _groups(predictions: Predictions) -> dict[str, Predictions]:
    """The videos of all, and of each band that has some."""
    names = [band(bdi) for bdi in predictions.bdi]
    chosen = {ALL: range(len(names))} | {
        one.name: [place for place, name in enumerate(names) if name == one.name] for one in BANDS
    }
    return {group: _only(predictions, places) for group, places in chosen.items() if places}


def _only(predictions: Predictions, places: Iterable[int]) -> Predictions:
    kept = list(places)
    columns = Predictions.__dataclass_fields__
    return Predictions(**{name: tuple(getattr(predictions, name)[place] for place in kept) for name in columns})


def _videos(predictions: Predictions) -> dict[str, str]:
    return dict(zip(predictions.video, predictions.subject, strict=True))


def _numbers(own: Predictions) -> dict[str, float]:
    people = len(set(own.subject))
    numbers = {"people": float(people), "videos": float(len(own.bdi))}
    numbers |= {"rmse": rmse(own.bdi, own.score), "mae": mae(own.bdi, own.score)}
    if people > 1:
        numbers["rmse_low"], numbers["rmse_high"] = error_interval(own.bdi, own.score, own.subject)
    numbers |= {"bias": float(np.mean(np.subtract(own.score, own.bdi))), "constant": rmse(own.bdi, own.constant)}
    return {name: round(value, DIGITS) for name, value in numbers.items() if np.isfinite(value)}
