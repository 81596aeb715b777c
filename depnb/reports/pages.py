"""The end of a reproduction: its numbers beside the committed ones, and one page that shows everything."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from depnb.system.files import write_text

if TYPE_CHECKING:
    from depnb.experiments.result import Result

CONFIDENCE = 0.95
METRICS = ("mae", "rmse")


@dataclass(frozen=True)
class Comparison:
    """One number of a new run beside the committed runs of the same row.

    Attributes:
        row: paper, row, corpus, protocol.
        partition: ``test``, ``unseen`` or ``folds``.
        metric: ``mae`` or ``rmse``.
        value: the new number, BDI-II points.
        mean: mean over the committed seeds; ``None`` if there are fewer than two.
        half_width: t·s·√(1 + 1/n), s pooled over the rows of the paper on this corpus.
        n: committed seeds.
    """

    row: tuple[str, str, str, str]
    partition: str
    metric: str
    value: float
    mean: float | None
    half_width: float | None
    n: int

    @property
    def inside(self) -> bool | None:
        """Whether the new number lies where one more seed is expected; ``None`` if nobody can say."""
        if self.mean is None or self.half_width is None:
            return None
        return abs(self.value - self.mean) <= self.half_width


def compare(new: Iterable["Result"], committed: Iterable["Result"]) -> list[Comparison]:
    """Set each number of ``new`` beside the prediction interval of the ``committed`` seeds of its row.

    Only committed results of the same profile count. s is pooled over the rows of one paper on one corpus, so
    that three seeds per row are enough for a usable t.
    """
    from scipy.stats import t

    seeds: dict[tuple, dict[tuple, list[float]]] = defaultdict(lambda: defaultdict(list))
    for result in committed:
        for partition, metric, value in _numbers(result):
            seeds[(*_pool(result), partition, metric)][_row(result)].append(value)
    comparisons = []
    for result in new:
        for partition, metric, value in _numbers(result):
            pool = seeds.get((*_pool(result), partition, metric), {})
            own = pool.get(_row(result), [])
            mean = half_width = None
            if len(own) >= 2:
                freedom = sum(len(values) - 1 for values in pool.values())
                s = math.sqrt(sum(_squares(values) for values in pool.values()) / freedom)
                mean = sum(own) / len(own)
                half_width = float(t.ppf((1 + CONFIDENCE) / 2, freedom)) * s * math.sqrt(1 + 1 / len(own))
            comparisons.append(Comparison(_row(result), partition, metric, value, mean, half_width, len(own)))
    return sorted(comparisons, key=lambda c: (c.row, c.partition, c.metric))


def write_html(notebook: Path) -> Path:
    """Render an executed notebook beside itself; the HTML file, which opens without a network."""
    from depnb.reports.notebook_pages import exporter  # nbconvert takes a second to import

    body, _ = exporter().from_filename(str(notebook))
    page = notebook.with_suffix(".html")
    write_text(page, body)
    return page


def write_report(folder: Path, state: dict[str, Any], comparisons: list[Comparison]) -> Path:
    """Write ``report.html``, which needs nothing but itself and the folder's notebooks and figures.

    Args:
        folder: the run folder.
        state: contents of ``run.json``.
        comparisons: what :func:`compare` found.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("depnb.reports"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    figures = sorted(p.relative_to(folder).as_posix() for p in (folder / "figures").rglob("*.png"))
    page = environment.get_template("report.html").render(
        state=state, comparisons=comparisons, counts=count(comparisons), figures=figures
    )
    path = folder / "report.html"
    write_text(path, page)
    return path


def count(comparisons: Iterable[Comparison]) -> dict[str, int]:
    """How many numbers lie inside, outside, or have no committed seeds to lie beside."""
    counts = {"inside": 0, "outside": 0, "alone": 0}
    for comparison in comparisons:
        counts[{True: "inside", False: "outside", None: "alone"}[comparison.inside]] += 1
    return counts


def _numbers(result: "Result") -> Iterable[tuple[str, str, float]]:
    for partition, metrics in sorted(result.metrics.items()):
        for metric in METRICS:
            yield partition, metric, metrics[metric]


def _row(result: "Result") -> tuple[str, str, str, str]:
    run = result.run
    return run.paper, run.row, run.corpus, run.protocol


def _pool(result: "Result") -> tuple[str, str, str, str]:
    run = result.run
    return run.paper, run.corpus, run.protocol, run.profile


def _squares(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values)
