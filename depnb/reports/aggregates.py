"""Results to hand on: numbers over people and nothing on a single one, as a table of one line per row and partition.

Only what stands in ``COLUMNS`` is written. Recordings, people, their labels and scores, why a recording was left out,
maps and folders are not among it; nor is the bias in a severity band, in which there may be one person.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from depnb import __version__
from depnb.evaluation.metrics import FEWEST_PEOPLE
from depnb.experiments.corpora import open_for_profile
from depnb.experiments.result import Result
from depnb.system.files import write_json, write_text
from depnb.system.repository import demand_ignored

DIGITS = 3
PARTITIONS = ("test", "unseen", "folds")
ERRORS = ("mae", "rmse")
METRICS = ("mae_low", "mae_high", "rmse_low", "rmse_high", "pcc", "ccc", "rmse_median", "rmse_clipped")
PREDICTORS = ("constant", "identity_only")
COLUMNS = (
    "paper", "row", "corpus", "protocol", "profile", "partition", "people", "videos", "seeds", "learnt",
    "mae", "mae_sd", "rmse", "rmse_sd", *METRICS,
    *(f"{predictor}_{error}" for predictor in PREDICTORS for error in ERRORS),
    "noise_floor", "versions", "left_out",
)  # fmt: skip


def aggregates(results: Iterable[Result]) -> list[dict[str, Any]]:
    """One line per row, corpus, protocol, profile and partition, over the seeds.

    Errors are in BDI-II points, means over the seeds; ``_sd`` is their standard deviation, ``_low`` and ``_high`` the
    ends of the 95 % interval over people. What is not defined or not told is None.

    A partition of fewer than ``FEWEST_PEOPLE`` people has no numbers but says so in ``skipped``. Nor have, of real
    people, the unseen ones of a test set that has fewer than that besides them, and the predictor “identity only”
    where fewer than that were trained on: the difference to the whole test set, or to the constant, would tell of them.
    Where a recording of real people has no score, predictors have no numbers, nor has a row that has not learnt,
    which is one: beside a row that has scored all, they would tell the label that is lacking.
    """
    groups: dict[str, list[Result]] = {}
    for result in results:
        deciding = {name: value for name, value in result.facts.items() if name != "seed"}
        run = result.run
        key = json.dumps([run.paper, run.row, run.corpus, run.protocol, run.profile, deciding], sort_keys=True)
        groups.setdefault(key, []).append(result)
    return [
        _line(group, partition)
        for group in groups.values()
        for partition in PARTITIONS
        if all(partition in result.metrics for result in group)
    ]


def export(results: Sequence[Result], file: Path) -> list[dict[str, Any]]:
    """Write ``aggregates`` of the results, as CSV or as JSON by the suffix of the file.

    Returns:
        the lines.

    Raises:
        ValueError: another suffix; or something is about a licensed corpus, and git would take the file.
    """
    if file.suffix not in (".csv", ".json"):
        raise ValueError(f"{file}: give a file .csv or .json.")
    for result in results:
        if result.licensed:
            demand_ignored(file, _title(result))
    lines = aggregates(results)
    if file.suffix == ".json":
        write_json(file, {"depnb": __version__, "rows": lines})
    else:
        import pandas as pd

        write_text(file, pd.DataFrame(lines, columns=COLUMNS).to_csv(index=False))
    return lines


def _line(group: Sequence[Result], partition: str) -> dict[str, Any]:
    first = group[0]
    run, own = first.run, first.metrics[partition]
    line: dict[str, Any] = dict.fromkeys(COLUMNS)
    line |= {name: getattr(run, name) for name in ("paper", "row", "protocol", "profile")}
    line |= {"corpus": _title(first), "partition": partition, "seeds": len(group), "versions": _versions(group)}
    line["learnt"] = all(result.learnt for result in group)
    if first.licensed and not {"trained_on", "unscored", "rest_of_test"} <= own.keys():
        return line | {"left_out": "all numbers: an older depnb did not keep whom they are about; make the result anew"}
    if not own.get("subjects", 0) >= FEWEST_PEOPLE:
        return line | {"left_out": f"all numbers: fewer than {FEWEST_PEOPLE} people"}
    if first.licensed and _few(own["rest_of_test"]):
        return line | {"left_out": f"all numbers: fewer than {FEWEST_PEOPLE} others are in the test set"}
    unscored = round(own["unscored"]) if first.licensed else 0
    if unscored and not line["learnt"]:
        return line | {"left_out": f"all numbers: no score of {unscored} recordings, and nothing was learnt"}
    line |= {"people": round(own["subjects"]), "videos": round(own["videos"])}
    line["noise_floor"] = _mean([first.noise_floor])
    for name in (*ERRORS, *METRICS):
        line[name] = _mean([result.metrics[partition].get(name) for result in group])
    if len(group) > 1:
        for error in ERRORS:
            values = [result.metrics[partition][error] for result in group]
            line[f"{error}_sd"] = round(float(np.std(values, ddof=1)), DIGITS)
    if unscored:
        return line | {"left_out": f"{', '.join(PREDICTORS)}: no score of {unscored} recordings"}
    for predictor in PREDICTORS:
        if predictor == "identity_only" and first.licensed and _few(own["trained_on"]):
            line["left_out"] = f"identity_only: fewer than {FEWEST_PEOPLE} people were trained on"
            continue
        rival = first.baselines.get(partition, {}).get(predictor, {})
        line |= {f"{predictor}_{error}": _mean([rival.get(error)]) for error in ERRORS}
    return line


def _few(people: float) -> bool:
    """Some, but too few to tell of."""
    return 0 < people < FEWEST_PEOPLE


def _mean(values: Sequence[float | None]) -> float | None:
    """None where one of the values is not defined."""
    known = [value for value in values if value is not None]
    return round(float(np.mean(known)), DIGITS) if len(known) == len(values) else None


def _title(result: Result) -> str:
    """The corpus as tables name it, without the folder in which it lies."""
    if not result.licensed:
        return f"generated “{Path(result.run.corpus).name}”"
    try:
        return open_for_profile(result.run.corpus, result.run.profile).title
    except (FileNotFoundError, KeyError, ValueError):  # it lies on another machine
        return "a licensed corpus"


def _versions(group: Sequence[Result]) -> str:
    """depnb, the libraries and the stages by their versions; of seeds that differ, all."""
    found: dict[str, set[str]] = {}
    for result in group:
        for name, value in {**result.versions, **result.facts.get("versions", {})}.items():
            found.setdefault(name, set()).add(str(value))
    return ", ".join(f"{name} {'/'.join(sorted(values))}" for name, values in sorted(found.items()))
