"""Do the numbers of a reproduction agree with the committed ones, and how many lie outside by chance if they do?

Each number lies outside its interval with 5 %, but not each for itself: MAE and RMSE of a run, on test and on unseen
people, rise and fall together, and the runs of a paper share their data and their pretrained body. Therefore the number
outside varies more than a binomial one. How much more is measured on the committed results: each seed in turn is
left out and compared with the others.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING

from depnb.reports.expectation import CONFIDENCE, half_widths
from depnb.reports.permutations import corpus_name

if TYPE_CHECKING:
    from depnb.experiments.result import Result

METRICS = ("mae", "rmse")
FINEST = 0.005
"""Smallest half-width, BDI-II points: reports show two digits."""
FEWEST_RUNS = 100
"""Of fewer runs than these, too few numbers lie outside to tell how they depend on each other."""

Row = tuple[str, str, str, str]


@dataclass(frozen=True)
class Comparison:
    """One number of a new run beside the committed runs of the same row.

    Attributes:
        row: paper, row, corpus (whatever the permutation of its labels), protocol.
        partition: ``test``, ``unseen`` or ``folds``.
        metric: ``mae`` or ``rmse``.
        value: the new number, BDI-II points.
        learnt: whether the new run learnt (``Result.learnt``).
        n: committed seeds.
        untrained: how many of these did not learn.
        mean: mean over the committed seeds; ``None`` if there are fewer than two, or if one of them did not learn.
        half_width: of the interval around the mean (:func:`expectation.half_widths`); ``None`` as the mean.
    """

    row: Row
    partition: str
    metric: str
    value: float
    learnt: bool
    n: int
    untrained: int
    mean: float | None = None
    half_width: float | None = None

    @property
    def inside(self) -> bool | None:
        """Whether the new number lies where one more seed is expected; ``None`` if nobody can say."""
        if self.mean is None or self.half_width is None:
            return None
        return abs(self.value - self.mean) <= self.half_width

    @property
    def kind(self) -> str:
        """``inside``, ``outside``, ``alone`` (fewer than two committed seeds), ``untrained`` (one did not learn)."""
        if self.inside is not None:
            return "inside" if self.inside else "outside"
        return "untrained" if self.untrained and self.n >= 2 else "alone"

    @property
    def training(self) -> str:
        """What is to be said of trainings that did not learn; empty if all of them did."""
        this = "this run learnt" if self.learnt else "this run did not learn"
        if self.untrained:
            return f"{this}, {self.untrained} of {self.n} committed ones did not"
        return "" if self.learnt else this


@dataclass(frozen=True)
class Agreement:
    """All numbers of a reproduction, and how many of them lie outside by chance.

    Attributes:
        comparisons: ordered by row, partition and metric.
        low, high: with 95 %, so many numbers lie outside if only the seed is new.
        inflation: the variance of that number divided by that of a binomial one (design effect), at least 1.
        measured: whether the inflation was measured; else the numbers of one run count as one.
    """

    comparisons: tuple[Comparison, ...]
    low: int
    high: int
    inflation: float
    measured: bool

    @property
    def counts(self) -> dict[str, int]:
        """How many comparisons there are of each ``kind``."""
        kinds = [comparison.kind for comparison in self.comparisons]
        return {kind: kinds.count(kind) for kind in ("inside", "outside", "alone", "untrained")}

    @property
    def compared(self) -> int:
        """Numbers that lie inside or outside."""
        return self.counts["inside"] + self.counts["outside"]

    @property
    def expected(self) -> float:
        """How many of them lie outside by chance, on average."""
        return (1 - CONFIDENCE) * self.compared

    @property
    def verdict(self) -> str:
        """One sentence: how many numbers lie outside, and whether chance explains as many."""
        outside = self.counts["outside"]
        if not self.compared:
            return "No number is compared: none has two committed seeds that learnt."
        word = "more than" if outside > self.high else "fewer than" if outside < self.low else "as"
        return (
            f"{outside} of {self.compared} numbers lie outside, {word} expected: by chance {self.expected:.1f} do on "
            f"average, and {self.low} to {self.high} in {100 * CONFIDENCE:.0f} % of all reproductions."
        )

    @property
    def dependence(self) -> str:
        """One sentence: why the range is wider than that of independent numbers."""
        if not self.measured:
            return (
                "The range counts the numbers of one run as one number, because there are too few committed results to "
                "measure how they depend on each other."
            )
        return (
            f"The numbers of one run, and of one paper, depend on each other: these {self.compared} vary like "
            f"{self.compared / self.inflation:.0f} independent ones, as leaving out each committed seed in turn shows."
        )

    @property
    def not_compared(self) -> str:
        """One sentence on the numbers that lie neither inside nor outside; empty if there are none."""
        reasons = {
            "alone": "have fewer than two committed seeds",
            "untrained": "have a committed seed that did not learn",
        }
        told = [f"{self.counts[kind]} numbers {reason}" for kind, reason in reasons.items() if self.counts[kind]]
        return f"Not compared: {' and '.join(told)}." if told else ""


def agreement(new: Iterable["Result"], committed: Iterable["Result"]) -> Agreement:
    """Compare each number of ``new`` with the ``committed`` seeds of its row, and say how many lie outside by chance.

    Only committed results of the same profiles count. A run is not compared with a committed result of its own seed.
    """
    new = list(new)
    runs, profiles = {result.run for result in new}, {result.run.profile for result in new}
    committed = [result for result in committed if result.run.profile in profiles]
    comparisons = compare(new, [result for result in committed if result.run not in runs])
    left_out = leave_one_out(committed)
    measured = sum(len({comparison.row for comparison in seed}) for seed in left_out) >= FEWEST_RUNS
    inflation = _inflation(comparisons, *(_correlations(left_out) if measured else (1.0, 0.0)))
    compared = sum(comparison.inside is not None for comparison in comparisons)
    return Agreement(tuple(comparisons), *usual_outside(compared, inflation), inflation, measured)


def compare(new: Iterable["Result"], committed: Iterable["Result"]) -> list[Comparison]:
    """Set each number of ``new`` beside the prediction interval of the ``committed`` seeds of its row.

    Only committed results of the same profile count. A row's variance is shrunk towards that of all rows of its paper,
    whatever their corpus. Rows of which a committed seed did not learn stay apart: they have no interval, and they say
    nothing about the variance of others.
    """
    seeds: dict[tuple[str, Row], list[Result]] = defaultdict(list)
    for result in committed:
        seeds[result.run.profile, _row(result)].append(result)
    rows: dict[tuple[str, ...], dict[Row, list[float]]] = defaultdict(dict)
    for (profile, row), results in seeds.items():
        if len(results) >= 2 and all(result.learnt for result in results):
            for partition in set.intersection(*(set(result.metrics) for result in results)):
                for metric in METRICS:
                    numbers = [result.metrics[partition][metric] for result in results]
                    rows[profile, row[0], partition, metric][row] = numbers
    intervals = {
        (*pool, *row): (mean(numbers), max(float(half_width), FINEST))
        for pool, of_paper in rows.items()
        for (row, numbers), half_width in zip(of_paper.items(), half_widths(list(of_paper.values())), strict=True)
    }
    comparisons = []
    for result in new:
        profile, row = result.run.profile, _row(result)
        own = seeds.get((profile, row), [])
        untrained = sum(not one.learnt for one in own)
        for partition, metrics in result.metrics.items():
            for metric in METRICS:
                interval = intervals.get((profile, row[0], partition, metric, *row), (None, None))
                facts = (row, partition, metric, metrics[metric], result.learnt, len(own), untrained)
                comparisons.append(Comparison(*facts, *interval))
    return sorted(comparisons, key=lambda c: (c.row, c.partition, c.metric))


def leave_one_out(committed: Sequence["Result"]) -> list[list[Comparison]]:
    """Of each committed seed, its numbers beside the other seeds; those only that lie inside or outside.

    Seeds that share a pretrained body and a machine differ less from each other than a reproduction does from them.
    """
    by_seed = []
    for seed in sorted({result.run.seed for result in committed}):
        left_out = [result for result in committed if result.run.seed == seed]
        found = compare(left_out, [result for result in committed if result.run.seed != seed])
        by_seed.append([comparison for comparison in found if comparison.inside is not None])
    return by_seed


def usual_outside(compared: int, inflation: float = 1.0) -> tuple[int, int]:
    """The central 95 % range of how many of ``compared`` numbers lie outside by chance.

    A beta-binomial distribution with the variance of the binomial one times ``inflation``, 1 to ``compared``.
    """
    from scipy.stats import betabinom, binom  # takes a second to import

    outside = 1 - CONFIDENCE
    correlation = (inflation - 1) / max(compared - 1, 1)
    if correlation <= 0:
        distribution = binom(compared, outside)
    else:
        size = max(1 / correlation - 1, 1e-6)  # with a correlation of 1, all numbers lie on the same side
        distribution = betabinom(compared, outside * size, (1 - outside) * size)
    return int(distribution.ppf((1 - CONFIDENCE) / 2)), int(distribution.ppf((1 + CONFIDENCE) / 2))


def _correlations(left_out: Sequence[Sequence[Comparison]]) -> tuple[float, float]:
    """Of lying outside: between two numbers of one run, and of two runs of one paper with the same seed; 0 to 1."""
    papers = [paper for comparisons in left_out for paper in _papers(comparisons)]
    in_runs = sum(_products(run) for paper in papers for run in paper)
    in_papers = sum(_products([sum(run) for run in paper]) for paper in papers)
    variance = CONFIDENCE * (1 - CONFIDENCE)
    run, paper = (
        min(max(products / pairs / variance, 0.0), 1.0) if pairs else 0.0
        for products, pairs in zip((in_runs, in_papers), _pairs(papers), strict=True)
    )
    return run, paper


def _inflation(comparisons: Iterable[Comparison], run: float, paper: float) -> float:
    """Variance of how many lie outside, divided by the binomial one, from the correlations in runs and in papers."""
    papers = _papers(comparisons)
    in_runs, in_papers = _pairs(papers)
    compared = sum(len(run) for paper in papers for run in paper)
    return 1 + (run * in_runs + paper * in_papers) / max(compared, 1)


def _papers(comparisons: Iterable[Comparison]) -> list[list[list[float]]]:
    """By paper and run: each number that can be compared, 1 if outside and 0 if inside, less what is expected."""
    papers: dict[str, dict[Row, list[float]]] = defaultdict(lambda: defaultdict(list))
    for comparison in comparisons:
        if comparison.inside is not None:
            excess = (not comparison.inside) - (1 - CONFIDENCE)
            papers[comparison.row[0]][comparison.row].append(excess)
    return [list(runs.values()) for runs in papers.values()]


def _pairs(papers: Iterable[Sequence[Sequence[float]]]) -> tuple[float, float]:
    """Ordered pairs of numbers: of one run, and of two runs of one paper."""
    sizes = [[len(run) for run in paper] for paper in papers]
    return sum(_products([1] * size) for paper in sizes for size in paper), sum(map(_products, sizes))


def _products(values: Sequence[float]) -> float:
    """Sum of the products of all ordered pairs of values."""
    return sum(values) ** 2 - sum(value**2 for value in values)


def _row(result: "Result") -> Row:
    run = result.run
    return run.paper, run.row, corpus_name(run), run.protocol
