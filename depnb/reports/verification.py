"""A few committed runs that were trained again: does each lie where the other seeds of its row let expect it?

One number decides of each run: the RMSE on unseen people, or on people by folds. It is compared with the other
committed seeds of the row, as a reproduction's numbers are (:mod:`depnb.reports.agreement`); its own committed number
is not among them. So a correct run lies outside with 5 %, and how many of several do is binomial.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from depnb.experiments.result import Result
from depnb.experiments.rivals import is_rival
from depnb.experiments.run import Run
from depnb.reports.agreement import FINEST, compare, usual_outside
from depnb.reports.expectation import CONFIDENCE
from depnb.reports.permutations import corpus_name
from depnb.reports.summaries import PARTITION_TITLES

METRIC = "rmse"
PARTITIONS = ("unseen", "folds", "test")
"""On whom a run is judged: the first of these that it has."""
FEWEST_OTHERS = 2
"""Committed seeds of a row, beside the run itself, without which nothing is expected of it."""
TOO_FEW = f"their rows have fewer than {FEWEST_OTHERS + 1} committed seeds"
UNTRAINED = "a committed seed of their rows did not learn"


@dataclass(frozen=True)
class Population:
    """The committed runs of which a sample is drawn.

    Attributes:
        runs: in their order. left_out: by reason, how many others there are, of which nothing can be expected.
    """

    runs: tuple[Run, ...]
    left_out: Mapping[str, int]


@dataclass(frozen=True)
class Verdict:
    """A committed run beside its second training; errors in BDI-II points.

    Attributes:
        run: which. partition: on whom it is judged.
        committed, again: its RMSE as committed, and as trained again.
        expected: the mean over the n other committed seeds; of a rival, about which nothing is drawn, its own number.
        half_width: of the interval around it in which 95 % of further seeds lie; of a rival, the rounding.
        n: other seeds; 0 for a rival.
    """

    run: Run
    partition: str
    committed: float
    again: float
    expected: float
    half_width: float
    n: int

    @property
    def inside(self) -> bool:
        """Whether the second training lies in the interval."""
        return abs(self.again - self.expected) <= self.half_width


@dataclass(frozen=True)
class Verification:
    """What came out for a sample.

    Attributes:
        sample, seed, paper: what was asked for; an empty paper is any.
        population: how many runs could have been drawn. left_out: as in ``Population``.
        verdicts: of the runs that were trained.
        failed: of the others, what went wrong, by the name of the run.
        provenance: version and commit that trained them.
    """

    sample: int
    seed: int
    paper: str
    population: int
    left_out: Mapping[str, int]
    verdicts: tuple[Verdict, ...]
    failed: Mapping[str, str] = field(default_factory=dict)
    provenance: str = ""

    @property
    def outside(self) -> tuple[Verdict, ...]:
        """The verdicts of runs that lie outside."""
        return tuple(verdict for verdict in self.verdicts if not verdict.inside)

    @property
    def by_chance(self) -> int:
        """How many runs can lie outside by chance: those of networks."""
        return sum(verdict.n > 0 for verdict in self.verdicts)

    @property
    def usual(self) -> tuple[int, int]:
        """With 95 %, so many lie outside if all is right."""
        return usual_outside(self.by_chance)

    @property
    def sentences(self) -> list[str]:
        """What came out, and how much of it chance explains."""
        lines = [f"{len(self.outside)} of {len(self.verdicts)} runs lie outside what their seeds let expect."]
        if self.by_chance:
            mean, none = (1 - CONFIDENCE) * self.by_chance, CONFIDENCE**self.by_chance
            low, high = self.usual
            lines.append(
                f"If all is right, each of {self.by_chance} runs of networks lies outside with {1 - CONFIDENCE:.0%}: "
                f"{mean:.2f} on average, none with {none:.0%}, and {low} to {high} in {CONFIDENCE:.0%} of all samples."
            )
        if len(self.verdicts) > self.by_chance:
            lines.append("Nothing about a rival is drawn: it has its committed number again, or it lies outside.")
        if self.failed:
            lines.append(f"{len(self.failed)} runs failed, and nothing can be said of them.")
        return lines

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        low, high = self.usual
        return asdict(self) | {
            "verdicts": [
                asdict(verdict) | {"inside": verdict.inside, "difference": verdict.again - verdict.committed}
                for verdict in self.verdicts
            ],
            "outside": len(self.outside),
            "expected_outside": {"of": self.by_chance, "mean": (1 - CONFIDENCE) * self.by_chance, "range": [low, high]},
        }

    def lines(self) -> list[tuple[str, ...]]:
        """A line of a table for each run, under ``HEADINGS``."""
        return [
            (
                f"{verdict.run.paper}/{verdict.run.row}, {verdict.run.corpus}, {verdict.run.protocol}, "
                f"{verdict.run.profile}, seed {verdict.run.seed}",
                PARTITION_TITLES[verdict.partition],
                f"{verdict.committed:.2f}",
                f"{verdict.again:.2f}",
                f"{verdict.expected:.2f} ± {verdict.half_width:.2f}" if verdict.n else f"{verdict.expected:.2f}",
                str(verdict.n) if verdict.n else "–",
                "inside" if verdict.inside else "outside",
            )
            for verdict in self.verdicts
        ]

    def page(self) -> str:
        """All of it as Markdown."""
        of = f" of {self.paper}" if self.paper else ""
        left_out = [f"* {count} are left out: {reason}." for reason, count in self.left_out.items()]
        table = ["| " + " | ".join(line) + " |" for line in (HEADINGS, ("---",) * len(HEADINGS), *self.lines())]
        parts = [
            f"# {self.sample} committed runs, trained again",
            f"Drawn with seed {self.seed} from {self.population} committed runs{of} of which something can be "
            f"expected. {self.provenance}",
            *(["\n".join(left_out)] if left_out else []),
            f"**{self.sentences[0]}** " + " ".join(self.sentences[1:]),
            "\n".join(table),
            *(["\n".join(f"* ✘ {name}: {why}" for name, why in self.failed.items())] if self.failed else []),
            ABOUT,
        ]
        return "\n\n".join(parts) + "\n"


HEADINGS = ("run", "judged on", "committed RMSE", "again", "expected", "other seeds", "")
ABOUT = f"""All in BDI-II points, on generated people. *Expected* is the interval around the mean of the other committed
seeds in which {CONFIDENCE:.0%} of further seeds lie; the run's own committed number is not among them. The variance of
a row is shrunk towards that of its paper's rows. On the machine and with the requirements that made the committed
results, *again* is *committed*; elsewhere it is the same experiment with other rounding, and differs as another seed
does.

How many lie outside is binomial if the runs have nothing in common. Runs of one row, and runs that start from one
pretrained body, have something in common: then the number varies more."""


def population(committed: Iterable[Result], paper: str = "") -> Population:
    """The committed runs of which something can be expected, of one paper or of all.

    Args:
        committed: results that the code as it is now would make again.
        paper: a paper, or the rivals; empty: all.
    """
    rows: dict[tuple[str, ...], list[Result]] = defaultdict(list)
    for result in committed:
        if paper in ("", result.run.paper):
            rows[_row(result.run)].append(result)
    runs: list[Run] = []
    left_out: Counter[str] = Counter()
    for own in rows.values():
        if is_rival(own[0].run) or (len(own) > FEWEST_OTHERS and all(result.learnt for result in own)):
            runs += [result.run for result in own]
        else:
            left_out[TOO_FEW if len(own) <= FEWEST_OTHERS else UNTRAINED] += len(own)
    return Population(tuple(sorted(runs)), dict(left_out))


def draw_sample(found: Population, sample: int, seed: int) -> list[Run]:
    """So many runs of a population, each as likely as any other; the same for the same seed.

    Raises:
        ValueError: there are not as many.
    """
    if sample > len(found.runs):
        raise ValueError(f"--sample {sample}: there are {len(found.runs)} committed runs to draw from, not more.")
    return sorted(random.Random(seed).sample(found.runs, sample))


def judge(again: Result, committed: Sequence[Result]) -> Verdict:
    """A second training beside the committed results, of which its own is left out.

    Raises:
        LookupError: the committed results have not this run, or too few other seeds.
    """
    run = again.run
    own = next((result for result in committed if result.run == run), None)
    if own is None:
        raise LookupError(f"The committed results have no {run.paper}/{run.name}.")
    partition = next(name for name in PARTITIONS if name in own.metrics)
    numbers = own.metrics[partition][METRIC], again.metrics[partition][METRIC]
    if is_rival(run):
        return Verdict(run, partition, *numbers, own.metrics[partition][METRIC], FINEST, 0)
    others = [result for result in committed if result.run != run and result.run.paper == run.paper]
    (found,) = (c for c in compare([again], others) if (c.partition, c.metric) == (partition, METRIC))
    if found.mean is None or found.half_width is None:
        raise LookupError(f"Too few committed seeds of {run.paper}/{run.name}: nothing is expected of it.")
    return Verdict(run, partition, *numbers, found.mean, found.half_width, found.n)


def _row(run: Run) -> tuple[str, ...]:
    return run.paper, run.row, corpus_name(run), run.protocol, run.profile
