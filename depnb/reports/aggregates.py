"""Results to hand on: numbers over people and nothing on a single one, as a table of one line per row and partition.

Only what stands in ``COLUMNS`` is written. Recordings, people, their labels and scores, why a recording was left out,
maps and folders are not among it; nor is the bias in a severity band, in which there may be one person. Errors of real
people are coarse, and those of few people are not written (``depnb.experiments.disclosure``).
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from depnb import __version__
from depnb.experiments.corpora import open_for_profile
from depnb.experiments.disclosure import FEWEST_APART, RIVALS, digits as coarse_digits, one_setting, rivals, withheld
from depnb.experiments.result import Result
from depnb.system.files import write_json, write_text
from depnb.system.repository import demand_ignored
from depnb.system.text import to_csv

DIGITS = 3
PARTITIONS = ("test", "unseen", "folds")
ERRORS = ("mae", "rmse")
METRICS = ("mae_low", "mae_high", "rmse_low", "rmse_high", "pcc", "ccc", "rmse_median", "rmse_clipped")
COLUMNS = (
    "paper", "row", "corpus", "protocol", "profile", "partition", "people", "videos", "seeds", "learnt",
    "mae", "mae_sd", "rmse", "rmse_sd", *METRICS,
    *(f"{predictor}_{error}" for predictor in RIVALS for error in ERRORS),
    "noise_floor", "versions", "left_out",
)  # fmt: skip


def aggregates(results: Iterable[Result]) -> list[dict[str, Any]]:
    """One line per row, corpus, protocol, profile and partition, over the seeds.

    Errors are in BDI-II points, means over the seeds; ``_sd`` is their standard deviation, ``_low`` and ``_high`` the
    ends of the 95 % interval over people. What is not defined or not told is None.

    What may be said of real people is said in ``disclosure``: whatever is not has no numbers, and why is in
    ``left_out``. Their errors have one digit, those of
    predictors that look at nobody none. Of each licensed corpus there are numbers under one protocol only.
    """
    results = list(results)
    told = one_setting(results)
    groups: dict[str, list[Result]] = {}
    for result in results:
        deciding = {name: value for name, value in result.facts.items() if name != "seed"}
        run = result.run
        key = json.dumps([run.paper, run.row, run.corpus, run.protocol, run.profile, deciding], sort_keys=True)
        groups.setdefault(key, []).append(result)
    return [
        _line(group, partition, told(group[0]))
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

        write_text(file, to_csv(pd.DataFrame(lines, columns=COLUMNS)))
    return lines


def _line(group: Sequence[Result], partition: str, told: bool) -> dict[str, Any]:
    first = group[0]
    run, own = first.run, first.metrics[partition]
    line: dict[str, Any] = dict.fromkeys(COLUMNS)
    line |= {name: getattr(run, name) for name in ("paper", "row", "protocol", "profile")}
    line |= {"corpus": _title(first), "partition": partition, "seeds": len(group), "versions": _versions(group)}
    line["learnt"] = all(result.learnt for result in group)
    digits = min(map(coarse_digits, group)) if first.licensed else DIGITS
    if not told:
        return line | {"left_out": "all numbers: another protocol or state of this corpus is in this export"}
    reasons = [withheld(result.metrics[partition], result.learnt) for result in group if result.licensed]
    if any(reasons):
        return line | {"left_out": f"all numbers: {max(reasons)}"}
    line |= {"people": round(own["subjects"]), "videos": round(own["videos"])}
    line["noise_floor"] = _mean([first.noise_floor], digits)
    for name in (*ERRORS, *METRICS):
        line[name] = _mean([result.metrics[partition].get(name) for result in group], digits)
    if len(group) > 1:
        for error in ERRORS:
            values = [result.metrics[partition][error] for result in group]
            line[f"{error}_sd"] = round(float(np.std(values, ddof=1)), digits)
    there = rivals(first, partition)
    for predictor in RIVALS:
        numbers, own_digits = there.get(predictor, {}), 0 if first.licensed else DIGITS
        line |= {f"{predictor}_{error}": _mean([numbers.get(error)], own_digits) for error in ERRORS}
    lacking = [predictor for predictor in RIVALS if first.licensed and predictor not in there]
    if lacking:
        few = f"fewer than {FEWEST_APART} people were trained on"
        reason = f"no score of {own['unscored']:.0f} recordings" if own["unscored"] else few
        line["left_out"] = f"{', '.join(lacking)}: {reason}"
    return line


def _mean(values: Sequence[float | None], digits: int) -> float | None:
    """None where one of the values is not defined."""
    known = [value for value in values if value is not None]
    return round(float(np.mean(known)), digits) if len(known) == len(values) else None


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
