"""What ``evaluation.compare`` and ``evaluation.error_interval`` promise, on simulated rows whose truth is known.

1. *Same row*: how often ``compare`` says that two rows differ which are equally good. It should be 5 %, at most 6 %.
2. *Power*: how often it finds a difference that is there, with and without Holm's correction.
3. *Coverage*: how often the interval of one row's error holds the true error. It should be 95 %, at least 92 %.
4. *Splits*: the stored rows, half of their seeds against the other half. A row needs four seeds for that.

A simulated error is made of four parts: what makes a person hard for every row, for this row, and for this seed, and
how good the seed is. Their sizes are roughly those of the stored rows, which are printed beside them.

    python -m benchmarks.evidence

takes some minutes on one core, draws the same numbers each time, and writes ``benchmarks/evidence.json``.
"""

import math
import time
from collections.abc import Callable, Iterator
from itertools import combinations, product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import kurtosis, skew, t

from depnb.evaluation import compare, error_interval, mae, rmse
from depnb.experiments.result import Result
from depnb.experiments.store import Store
from depnb.system.files import write_json
from depnb.system.repository import COMMITTED, commit

TRIALS = 2000
LEVEL, FAMILY = 0.05, 10
"""Of p, and how many claims Holm corrects for: the hardest step asks for p < LEVEL / FAMILY."""
ERROR = 8.0
"""RMSE of a simulated row, points."""
COMMON, OWN, INTERACTION = 0.75, 0.17, 0.08
"""Parts of the variance of an error: of the person for all rows, for this row, and for this seed of it."""
SHAPE = 5.0
"""Of the gamma distribution of the first part, whose tail is people who are scored much too low."""
VIDEOS_ALIKE = 0.88
"""Correlation of the errors of two videos of one person."""
SEED_SDS = (0.2, 0.5, 0.8)
DIFFERENCES = (0.5, 1.0)
RESULT = Path(__file__).with_suffix(".json")


class Row(NamedTuple):
    """A stored row on people whom it was not trained on."""

    name: dict[str, str]
    bdi: np.ndarray
    scores: np.ndarray
    people: tuple[str, ...]
    learnt: bool

    @property
    def errors(self) -> np.ndarray:
        return self.scores - self.bdi  # [seeds, N]


def stored_rows(store: Path = COMMITTED) -> list[Row]:
    groups: dict[tuple[str, ...], list[Result]] = {}
    for result in Store(store).results():
        if "unseen" in result.predictions:
            run = result.run
            groups.setdefault((run.paper, run.row, run.corpus, run.protocol, run.profile), []).append(result)
    names = ("paper", "row", "corpus", "protocol", "profile")
    rows = []
    for key, results in groups.items():
        parts = [result.predictions["unseen"] for result in results]
        scores = np.array([part.score for part in parts])  # [seeds, N]
        learnt = all(result.learnt for result in results)
        rows.append(Row(dict(zip(names, key, strict=True)), np.array(parts[0].bdi), scores, parts[0].subject, learnt))
    return rows


def parts_of(rng: np.random.Generator, rows: int, seeds: int, n: int) -> np.ndarray:
    """Errors of equally good rows on the same n people, without the quality of a seed; variance 1 [rows, seeds, n]."""
    common = (SHAPE - rng.gamma(SHAPE, size=n)) / math.sqrt(SHAPE)
    own, rest = rng.standard_normal((rows, 1, n)), rng.standard_normal((rows, seeds, n))
    return math.sqrt(COMMON) * common + math.sqrt(OWN) * own + math.sqrt(INTERACTION) * rest


def simulated(
    rng: np.random.Generator, seed_sd: float, people: int, seeds: int, rows: int = 2, videos: int = 1
) -> np.ndarray:
    """Errors of rows whose true RMSE is ``ERROR``, its sd over seeds ``seed_sd`` [rows, seeds, people · videos]."""
    errors = parts_of(rng, rows, seeds, people)
    if videos > 1:
        of_videos = parts_of(rng, rows, seeds, people * videos)
        errors = math.sqrt(VIDEOS_ALIKE) * errors.repeat(videos, 2) + math.sqrt(1 - VIDEOS_ALIKE) * of_videos
    return (ERROR + seed_sd * rng.standard_normal((rows, seeds, 1))) * errors


def names_of(people: int, videos: int = 1) -> list[str]:
    return [str(person) for person in range(people) for _ in range(videos)]


def generator(*cell: float) -> np.random.Generator:
    """Random numbers of one line of a table, whatever lines were made before."""
    return np.random.default_rng([round(100 * number) for number in cell])


def two_rows(rng: np.random.Generator, *setting: Any) -> tuple[np.ndarray, np.ndarray]:
    first, second = simulated(rng, *setting)
    return first, second


def two_videos(rng: np.random.Generator, *setting: Any) -> tuple[np.ndarray, np.ndarray]:
    first, second = simulated(rng, *setting, videos=2)
    return first, second


def without_seeds(rng: np.random.Generator, seed_sd: float, people: int, seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """A row and an equally good predictor that has no seeds, [seeds, N] and [N]."""
    first, second = parts_of(rng, 2, seeds, people)
    return (ERROR + seed_sd * rng.standard_normal((seeds, 1))) * first, ERROR * second[0]


def same_row() -> Iterator[dict[str, Any]]:
    """Rate of p < 0.05 between equally good rows."""
    cases: dict[str, tuple[Callable[..., Any], Any, int, tuple[int, ...], tuple[float, ...]]] = {
        "two rows": (two_rows, rmse, 1, (3, 5, 10), SEED_SDS),
        "two rows, MAE": (two_rows, mae, 1, (5,), SEED_SDS),
        "two rows, two videos of each": (two_videos, rmse, 2, (5, 10), SEED_SDS[::2]),
        "a row and a predictor without seeds": (without_seeds, rmse, 1, (3, 5, 10), SEED_SDS[::2]),
    }
    for number, (case, (draw, metric, videos, numbers, sds)) in enumerate(cases.items()):
        for people, seeds, seed_sd in product((100, 400), numbers, sds):
            rng = generator(1, number, people, seeds, seed_sd)
            names, labels = names_of(people, videos), np.zeros(people * videos)
            found = [
                compare(labels, *draw(rng, seed_sd, people, seeds), names, metric).p < LEVEL for _ in range(TRIALS)
            ]
            yield {"case": case, "people": people, "seeds": seeds, "seed_sd": seed_sd, "rate": float(np.mean(found))}


def power() -> Iterator[dict[str, Any]]:
    """Rate of p < 0.05, and of p < 0.005, between rows of which one is better."""
    for people, seeds, seed_sd, difference in product((100, 400), (5, 10), SEED_SDS, DIFFERENCES):
        rng = generator(2, people, seeds, seed_sd, difference)
        names, labels = names_of(people), np.zeros(people)
        found = []
        for _ in range(TRIALS):
            ours, theirs = simulated(rng, seed_sd, people, seeds)
            found.append(compare(labels, ours * (1 - difference / ERROR), theirs, names).p)
        yield {
            "people": people,
            "seeds": seeds,
            "seed_sd": seed_sd,
            "difference": difference,
            "plain": float(np.mean(np.array(found) < LEVEL)),
            "corrected": float(np.mean(np.array(found) < LEVEL / FAMILY)),
        }


def coverage(rows: list[Row]) -> Iterator[dict[str, Any]]:
    """How often the interval of a simulated row holds ``ERROR``.

    Of ``stored`` rows each trial takes one and draws people from it. With seeds, a person's errors are the row's means
    over its seeds, and the seeds are simulated around them.
    """
    pools = [row.errors for row in rows if row.learnt]  # [seeds, N] each

    def stored(rng: np.random.Generator, seed_sd: float, people: int, seeds: int) -> np.ndarray:
        pool = pools[rng.integers(len(pools))]
        pool = pool.mean(0) if seeds > 1 else pool[0]  # [N]
        noise = math.sqrt(INTERACTION) if seeds > 1 else 0.0
        drawn = rng.choice(pool / math.sqrt(np.square(pool).mean()), people) * math.sqrt(1 - noise**2)  # [people]
        quality = ERROR + seed_sd * rng.standard_normal((seeds, 1))
        return quality * (drawn + noise * rng.standard_normal((seeds, people)))  # [seeds, people]

    def model(*setting: Any) -> np.ndarray:
        return simulated(*setting, rows=1)[0]  # [seeds, people]

    for number, draw in enumerate((model, stored)):
        for people, (seeds, seed_sd) in product((25, 50, 100, 400), ((1, 0.0), (5, 0.5), (10, 0.5), (5, 0.8))):
            rng = generator(3, number, people, seeds, seed_sd)
            names, labels = names_of(people), np.zeros(people)
            intervals = []
            for _ in range(TRIALS):
                errors = draw(rng, seed_sd, people, seeds)
                intervals.append(error_interval(labels, errors if seeds > 1 else errors[0], names))
            low, high = np.transpose(intervals)  # [trials] each
            yield {
                "people_from": "the model" if draw is model else "stored rows",
                "people": people,
                "seeds": seeds if seeds > 1 else None,
                "seed_sd": seed_sd,
                "holds": float(np.mean((low <= ERROR) & (high >= ERROR))),
                "too_low": float(np.mean(high < ERROR)),
                "too_high": float(np.mean(low > ERROR)),
            }


def splits(rows: list[Row]) -> Iterator[dict[str, Any]]:
    """Of each row with at least four seeds, the share of its halves that ``compare`` says to differ."""
    for row in rows:
        seeds = len(row.scores)
        if seeds >= 4:
            halves = list(combinations(range(seeds), seeds // 2))
            if seeds % 2 == 0:  # each half is the other's rest
                halves = halves[: len(halves) // 2]
            found = []
            for half in halves:
                rest = [seed for seed in range(seeds) if seed not in half]
                found.append(compare(row.bdi, row.scores[list(half)], row.scores[rest], row.people).p < LEVEL)
            yield {**row.name, "seeds": seeds, "splits": len(halves), "rate": float(np.mean(found))}


def over_rows(found: list[dict[str, Any]]) -> dict[str, float]:
    """Mean rate of the rows and its 95 % interval; the splits of a row share its seeds, so a row counts once."""
    rates = np.array([row["rate"] for row in found])
    if len(rates) < 2:
        return {"rows": len(rates)}
    reach = float(t.ppf(0.975, len(rates) - 1) * rates.std(ddof=1) / math.sqrt(len(rates)))
    mean = float(rates.mean())
    return {"rows": len(rates), "rate": mean, "low": max(0.0, mean - reach), "high": min(1.0, mean + reach)}


def measured(rows: list[Row]) -> dict[str, float]:
    """Medians over stored rows that learnt, of what the simulation assumes."""
    rows = [row for row in rows if row.learnt]
    errors = [row.errors for row in rows]
    between = [
        np.corrcoef(one.errors[0], other.errors[0])[0, 1]
        for one, other in combinations(rows, 2)
        if one.name["corpus"] == other.name["corpus"] and one.people == other.people
    ]
    of_seeds = [np.corrcoef(each)[np.triu_indices(len(each), 1)].mean() for each in errors if len(each) > 1]
    sds = [np.sqrt(np.square(each).mean(1)).std(ddof=1) for each in errors if len(each) > 1]
    return {
        "rows": len(rows),
        "error": float(np.median([np.sqrt(np.square(each).mean(1)).mean() for each in errors])),
        "seed_sd": float(np.median(sds)),
        "seed_sd_of_a_tenth": float(np.quantile(sds, 0.9)),
        "correlation_of_rows": float(np.median(between)),
        "correlation_of_seeds": float(np.median(of_seeds)),
        "skewness": float(np.median([skew(each.ravel()) for each in errors])),
        "kurtosis": float(np.median([kurtosis(each.ravel(), fisher=False) for each in errors])),
    }


def assumed() -> dict[str, float]:
    """The same of the simulation, the correlations and the shape by formula or by one large draw."""
    errors = simulated(generator(4), 0.0, 200_000, 1, rows=1).ravel()
    return {
        "error": ERROR,
        "correlation_of_rows": COMMON,
        "correlation_of_seeds": COMMON + OWN,
        "correlation_of_videos": VIDEOS_ALIKE,
        "skewness": float(skew(errors)),
        "kurtosis": float(kurtosis(errors, fisher=False)),
    }


def table(title: str, lines: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """Print a table line by line, as it is made."""
    print(f"\n{title}")
    made = []
    for line in lines:
        if not made:
            print("  ".join(line))
        texts = (f"{value:.3f}" if isinstance(value, float) else str(value) for value in line.values())
        print("  ".join(texts), flush=True)
        made.append(line)
    return made


def main() -> None:
    begun = time.process_time()
    rows = stored_rows()
    on_both = [row for row in rows if row.name["corpus"] == "both" and row.name["protocol"] == "honest"]
    content: dict[str, Any] = {
        "provenance": {
            "what": "compare and error_interval on simulated rows, and stored rows against themselves.",
            "corpus": "both",
            "trials": TRIALS,
            "level": LEVEL,
            "family": FAMILY,
            "commit": commit(),
        },
        "stored": measured(on_both),
        "assumed": assumed(),
    }
    print(f"stored rows: {content['stored']}\nsimulation: {content['assumed']}")
    content["same_row"] = table("Rows that are equally good: share of p < 0.05", same_row())
    content["power"] = table("Rows that differ: share of p < 0.05, and of p < 0.05 / 10", power())
    content["coverage"] = table("Intervals of one row: share that holds the truth", coverage(on_both))
    content["splits"] = table("Halves of the seeds of stored rows: share of p < 0.05", splits(rows))
    content["over_rows"] = over_rows(content["splits"])
    print(f"over rows: {content['over_rows']}\n{time.process_time() - begun:.0f} seconds of one core")
    write_json(RESULT, content)


if __name__ == "__main__":
    main()
