"""How many numbers of a correct reproduction lie outside what the committed seeds let expect; nominal 5 %.

1. Rows with variances drawn around a common one: the share outside by the interval that is used, by the same with d₀
   and s₀² estimated by moments and taken as known (Smyth 2004), and by one with a variance pooled over the rows.
2. Whole simulated reproductions with numbers that depend on each other: the share outside, and how many reproductions
   lie within the range that their report states.
3. The committed results, each seed in turn left out, beside one variance pooled over each paper and corpus. Seeds that
   share a pretrained body differ less than two reproductions do, so this share is a lower limit.
"""

import json
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from types import SimpleNamespace

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, polygamma, stdtrit

from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.reports.agreement import METRICS, agreement, leave_one_out
from depnb.reports.expectation import CONFIDENCE, half_widths
from depnb.system.repository import COMMITTED, commit

SEEDS, ROWS, FREEDOMS = (3, 5, 10), (1, 2, 3, 5, 10, 24), (2.0, 4.0, 10.0, math.inf)
SIMULATED = 4000
REPRODUCTIONS = 200
PAPERS, ROWS_OF_A_PAPER, COMMITTED_SEEDS = 5, 8, 3
SHARED = 0.05
"""Share of the variance that all rows of a paper and seed have together."""
LIKE = np.kron([[1, 0.7], [0.7, 1]], [[1, 0.95], [0.95, 1]])
"""Correlation of the numbers of a run: test and unseen people, MAE and RMSE."""


def moderated(rows: Sequence[Sequence[float]]) -> np.ndarray:
    """Half-widths with d₀ and s₀² by moments, taken as known; rows of the same number of seeds."""
    seeds, squares = len(rows[0]), np.var(rows, axis=1, ddof=1)
    d, all_freedom = seeds - 1, len(rows) * (seeds - 1)
    logs = np.log(squares) - digamma(d / 2) + math.log(d / 2)
    excess = logs.var(ddof=1) - polygamma(1, d / 2) if len(rows) > 1 else 0.0
    if excess < 1e-6:
        freedom, variance = all_freedom, np.full(len(rows), squares.mean())
    else:
        ends = 1 / excess, (1 + math.sqrt(1 + 4 * excess)) / (2 * excess)
        d0 = 2 * brentq(lambda b: polygamma(1, b) - excess, *ends)
        s0 = math.exp(logs.mean() + digamma(d0 / 2) - math.log(d0 / 2))
        freedom, variance = min(d0 + d, all_freedom), (d0 * s0 + d * squares) / (d0 + d)
    return stdtrit(freedom, (1 + CONFIDENCE) / 2) * np.sqrt(variance * (1 + 1 / seeds))


RULES: dict[str, Callable[[Sequence[Sequence[float]]], np.ndarray]] = {
    "used": half_widths,
    "moments": moderated,
    "pooled": lambda rows: half_widths(rows, freedoms=()),
}


def calibration() -> dict[str, dict[str, float]]:
    """Share outside by rule, for numbers of seeds, of rows, and true d₀."""
    rng, shares = np.random.default_rng(0), {}
    for seeds in SEEDS:
        for rows in ROWS:
            for freedom in FREEDOMS:
                outside = dict.fromkeys(RULES, 0)
                times = SIMULATED // rows
                for _ in range(times):
                    variances = np.ones(rows) if math.isinf(freedom) else freedom / rng.chisquare(freedom, rows)
                    *own, new = rng.normal(0, np.sqrt(variances), (seeds + 1, rows))
                    own = np.transpose(own)  # [rows, seeds]
                    for name, rule in RULES.items():
                        outside[name] += int(np.sum(np.abs(new - own.mean(1)) > rule(own.tolist())))
                line = {name: round(count / (times * rows), 3) for name, count in outside.items()}
                shares[f"{seeds} seeds, {rows} rows, d0 {freedom:g}"] = line
                print(f"{seeds} seeds, {rows} rows, d0 {freedom:g}: {line}", flush=True)
    return shares


def reproductions() -> dict[str, float]:
    """Simulated reproductions of all rows: share of their numbers outside, and how many lie in their own range."""
    rng, outside, compared, within, upper = np.random.default_rng(1), 0, 0, 0, []
    root = np.linalg.cholesky(LIKE)
    for _ in range(REPRODUCTIONS):
        shape = (COMMITTED_SEEDS + 1, PAPERS, ROWS_OF_A_PAPER, len(LIKE))
        together = rng.normal(size=(COMMITTED_SEEDS + 1, PAPERS, 1, len(LIKE))) @ root.T
        noise = math.sqrt(SHARED) * together + math.sqrt(1 - SHARED) * rng.normal(size=shape) @ root.T
        spread = np.sqrt(4 / rng.chisquare(4, (PAPERS, ROWS_OF_A_PAPER, 1)))
        results = [_result(place, 9 + noise[place] * spread[place[1:]]) for place in np.ndindex(shape[:3])]
        new = [result for result in results if result.run.seed == COMMITTED_SEEDS]
        found = agreement(new, [result for result in results if result.run.seed != COMMITTED_SEEDS])
        outside, compared = outside + found.counts["outside"], compared + found.compared
        within += found.low <= found.counts["outside"] <= found.high
        upper.append(found.high)
    return {
        "numbers_each": compared / REPRODUCTIONS,
        "outside": round(outside / compared, 3),
        "within_their_range": within / REPRODUCTIONS,
        "upper_end_mean": float(np.mean(upper)),
    }


def _result(place: tuple[int, ...], numbers: np.ndarray) -> SimpleNamespace:
    seed, paper, row = place
    test, unseen = (dict(zip(METRICS, map(float, pair), strict=True)) for pair in numbers.reshape(2, 2))
    run = Run(f"paper {paper}", f"row {row}", seed=seed)
    return SimpleNamespace(run=run, metrics={"test": test, "unseen": unseen}, learnt=True)


def committed() -> dict[str, dict[str, float]]:
    """Committed results with one seed left out: share outside by the interval that is used, and by a pooled one."""
    results = Store(COMMITTED).results()
    used = [comparison for seed in leave_one_out(results) for comparison in seed]
    pooled = []
    for seed in sorted({result.run.seed for result in results}):
        groups: dict[tuple, dict[str, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
        for result in results:
            run = result.run
            for partition, metrics in result.metrics.items():
                for metric in METRICS:
                    group = groups[run.paper, run.corpus, run.protocol, run.profile, partition, metric]
                    group[run.row][run.seed] = metrics[metric]
        for group in groups.values():
            enough = [numbers for numbers in group.values() if seed in numbers and len(numbers) > 2]
            rows = [(numbers.pop(seed), list(numbers.values())) for numbers in enough]
            if not rows:
                continue
            widths = half_widths([rest for _, rest in rows], freedoms=())
            pooled += [abs(new - np.mean(rest)) > width for (new, rest), width in zip(rows, widths, strict=True)]
    outside = [not comparison.inside for comparison in used]
    return {
        name: {"numbers": len(each), "outside": round(float(np.mean(each)), 3)}
        for name, each in (("used", outside), ("pooled, with rows that did not learn", pooled))
    }


def main() -> None:
    measured = {"committed": committed(), "reproductions": reproductions(), "calibration": calibration()}
    print(json.dumps({"commit": commit(), **measured}, indent=1))


if __name__ == "__main__":
    main()
