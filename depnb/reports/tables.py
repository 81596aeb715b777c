"""Tables of the papers' experiments: the printed numbers and ours side by side, never mixed.

Tables read results and nothing else. A row is a configuration × corpus; its seeds are averaged.
"""

import csv
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from depnb.experiments.disclosure import handed_on, rivals
from depnb.experiments.result import Result
from depnb.experiments.rivals import is_rival, lacking, not_run, titles
from depnb.experiments.store import Store
from depnb.methods.contract import lookup
from depnb.methods.registry import RIVALS, imported_weights, method, papers
from depnb.reports import fairness, leaderboard, shortcuts
from depnb.reports.claims import claims_columns
from depnb.reports.null_control import null_columns
from depnb.reports.permutations import by_permutation, corpus_name
from depnb.reports.remembered import keep
from depnb.reports.shown import results_of
from depnb.reports.summaries import (
    FEW_PEOPLE,
    PARTITION_TITLES,
    PREDICTORS,
    SESSION_COLUMNS,
    Columns,
    Summary,
    difference_text,
    on_one_corpus,
    summarise,
)
from depnb.system import style
from depnb.system.files import write_text
from depnb.system.repository import COMMITTED, demand_ignored
from depnb.system.text import to_csv, to_html, to_latex

if TYPE_CHECKING:
    import pandas as pd

AGAINST = "against the constant"
"""Heading of a row's word."""


def measured_table(
    results: Sequence[Result], partition: str = "unseen", how: Literal["mean", "median"] = "mean", clip: bool = False
) -> "pd.DataFrame":
    """Our numbers: networks first, then predictors that look at no face, simple rivals and the noise floor.

    These stand under each group of rows that were trained on the same recordings: corpus and protocol. Rivals are there
    if their results are among those given.
    ``attrs["corpora"]`` of the frame holds the titles of the corpora.
    """
    return _measured(results, partition, how, clip).frame()


def _measured(
    results: Sequence[Result], partition: str, how: Literal["mean", "median"] = "mean", clip: bool = False
) -> Columns:
    summaries = summarise([r for r in results if not is_rival(r.run)], partition, how, clip)
    simple = _by_row(summarise([r for r in results if is_rival(r.run)], partition, how, clip))
    lines = []
    for group in dict.fromkeys((s.corpus, s.protocol, s.profile) for s in summaries):
        own = [s for s in summaries if (s.corpus, s.protocol, s.profile) == group]
        lines += [_line(s) for s in own]
        runs = [r for r in results if (corpus_name(r.run), r.run.protocol, r.run.profile) == group]
        judged = by_permutation([r for r in runs if partition in r.metrics and not is_rival(r.run)])
        ones = [permuted[0] for permuted in judged]
        for name in rivals(ones[0], partition):
            rmse, mae = (float(np.mean([rivals(r, partition)[name][m] for r in ones])) for m in ("rmse", "mae"))
            lines.append(_plain_line(own[0], PREDICTORS[name], rmse, mae))
        beside = [s for s in simple if (s.corpus, s.protocol, s.profile) == group]
        lines += [_rival_line(s) for s in beside]
        lines += [_not_run_line(own[0], row) for row in lacking(s.row for s in beside)]
        if (floor := ones[0].noise_floor) is not None:
            lines.append(_plain_line(own[0], "noise floor", floor, None))
    if all(np.isnan(s.rmse_sessions) for s in summaries):
        lines = [{title: cell for title, cell in line.items() if title not in SESSION_COLUMNS} for line in lines]
    return Columns.of(lines, (s.title for s in summaries))


def _line(s: Summary) -> dict[str, str]:
    return {
        "corpus": s.title,
        "protocol": _habit(s),
        "partition": PARTITION_TITLES[s.partition],
        "people": _people(s),
        "predictor": s.row,
        "seeds": str(s.seeds),
        "RMSE": _with_sd(s.rmse, s.rmse_sd),
        "95 % interval": f"{s.rmse_low:.2f} – {s.rmse_high:.2f}",
        "MAE": _with_sd(s.mae, s.mae_sd),
        **{
            title: "–" if np.isnan(value := getattr(s, name)) else f"{value:.2f}"
            for title, name in SESSION_COLUMNS.items()
        },
        "RMSE − constant": difference_text(s),
        AGAINST: s.verdict,
    }


def _people(s: Summary) -> str:
    """How many people it was judged on, and whether these are few."""
    if not s.people:
        return "–"
    return str(s.people) if s.people >= FEW_PEOPLE else f"{s.people} (few)"


def _habit(s: Summary) -> str:
    """The protocol; where it is not the honest one, with what it does."""
    return s.protocol if s.protocol == "honest" else f"{s.protocol}: {method(s.paper).protocols[s.protocol].title}"


def _by_row(simple: Sequence[Summary]) -> list[Summary]:
    order = list(titles())
    return sorted(simple, key=lambda s: order.index(s.row))


def _rival_line(s: Summary) -> dict[str, str]:
    return _line(s) | {"protocol": s.protocol, "predictor": titles()[s.row], "seeds": "–"}


def _not_run_line(like: Summary, row: str) -> dict[str, str]:
    """A rival whose frozen network had no weights."""
    return _plain_line(like, titles()[row], 0.0, None) | {"RMSE": "not run", AGAINST: not_run(row)}


def _plain_line(like: Summary, title: str, rmse_: float, mae_: float | None) -> dict[str, str]:
    dash = "–"
    return _line(like) | {
        "predictor": title,
        "protocol": like.protocol,
        "seeds": dash,
        "RMSE": f"{rmse_:.2f}",
        "95 % interval": dash,
        "MAE": dash if mae_ is None else f"{mae_:.2f}",
        **dict.fromkeys(SESSION_COLUMNS, dash),
        "RMSE − constant": dash,
        AGAINST: "",
    }


def _with_sd(mean: float, sd: float) -> str:
    return f"{mean:.2f}" if np.isnan(sd) else f"{mean:.2f} ± {sd:.2f}"


def printed_table(paper: str, source: str) -> "pd.DataFrame":
    """A table as the paper prints it: one line per method, one column per data set and metric.

    A method that the table has several times, as in an ablation, is named with its variant: "Temporal stream, l=9".
    """
    return Columns(_printed(paper, source), []).frame()


@cache
def _numbers() -> list[dict[str, str]]:
    """What ``methods.printed.tables`` gives, as text and without pandas."""
    with files("depnb.methods").joinpath("printed", "paper_tables.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _printed(paper: str, source: str) -> dict[str, list[Any]]:
    own = [line for line in _numbers() if line["paper"] == paper]
    lookup({line["source"]: line for line in own}, source, f"table of {paper}")
    lines = [line for line in own if line["source"] == source]
    times = Counter((line["method"], line["dataset"], line["metric"]) for line in lines)
    values: dict[str, dict[str, float]] = {}
    for line in lines:
        cell = name, dataset, metric = line["method"], line["dataset"], line["metric"]
        name += f", {line['variant']}" if times[cell] > 1 else ""
        if line["value"]:
            values.setdefault(name, {})[f"{dataset} {metric} (printed)"] = float(line["value"])
    headings = dict.fromkeys(heading for own in values.values() for heading in own)
    return {"method": list(values)} | {
        heading: [own.get(heading, float("nan")) for own in values.values()] for heading in headings
    }


def beside_printed(paper: str, source: str, results: Sequence[Result]) -> "pd.DataFrame":
    """A paper's table with our columns beside the printed ones, RMSE and MAE; works of others have none.

    Our columns are of the corpus that most of its rows were run on (``on_one_corpus``); ``attrs["corpora"]`` of the
    frame holds its title. Rows that start from imported weights have columns of their own.
    """
    return _beside_printed(paper, source, results).frame()


def _beside_printed(paper: str, source: str, results: Sequence[Result]) -> Columns:
    columns, corpora = _printed(paper, source), []
    titles = method(paper).tables[source]
    own = on_one_corpus([r for r in results if r.run.paper == paper and r.run.row in titles])
    imported = {row: bool(imported_weights(method(paper), row)) for row in titles}
    for partition, start in product(("unseen", "test"), (False, True)):
        summaries = summarise([r for r in own if imported[r.run.row] == start], partition)
        if not summaries:
            continue
        by_title = {titles[s.row]: s for s in summaries}
        mine = {title for row, title in titles.items() if imported[row] == start}
        corpora = [summaries[0].title]
        place = f"{corpora[0]}, {PARTITION_TITLES[partition]}{_few(summaries)}"
        for metric in ("RMSE", "MAE"):
            cells = [_cell(by_title.get(name), metric) if name in mine else "–" for name in columns["method"]]
            columns[f"{metric}, {place}{', from imported weights' if start else ''}"] = cells
    return Columns(columns, corpora)


def _few(summaries: Sequence[Summary]) -> str:
    """How many people a column of a table is about, if they are few."""
    fewest = min(s.people for s in summaries)
    return f" (few: {fewest})" if 0 < fewest < FEW_PEOPLE else ""


def _cell(s: Summary | None, metric: str) -> str:
    if s is None:
        return "not run"
    if not s.learnt:
        return s.verdict
    return _with_sd(s.rmse, s.rmse_sd) if metric == "RMSE" else _with_sd(s.mae, s.mae_sd)


def check(store: Store, folder: Path) -> None:
    """Demand what must hold before tables or figures of a store are written into a folder.

    Raises:
        ValueError: results of several profiles lie in the store, and rows of networks of different sizes do not belong
            into one table (of the committed ones each paper shows one profile); or results on a licensed corpus do, and
            git would take the files.
    """
    results = store.results()
    for result in results:
        if result.licensed:
            demand_ignored(folder, result.run.corpus)
    profiles = sorted({result.run.profile for result in results})
    if len(profiles) > 1 and not store.committed:
        raise ValueError(
            f"{store.path} has results of the profiles {' and '.join(profiles)}, which one table or figure would mix: "
            "give each profile a store of its own."
        )


def make_all(store: Store, folder: Path) -> list[Path]:
    """Write every table that ``store`` has results for, as CSV, LaTeX and HTML.

    LaTeX and HTML carry their provenance in a comment. A CSV does not: it has no comments that every reader skips, and
    its cells or column names say the corpus already.

    Returns:
        The files written.

    Raises:
        ValueError: as ``check``.
    """
    check(store, folder)
    written: list[Path] = []
    for name, (columns, corpora) in _all(store, folder).items():
        if not columns:
            continue
        provenance = style.provenance(*corpora)
        texts = {
            folder / f"{name}.csv": to_csv(columns),
            folder / f"{name}.tex": f"% {provenance}\n{to_latex(columns)}",
            folder / f"{name}.html": f"<!-- {provenance} -->\n{to_html(columns)}",
        }
        for path, text in texts.items():
            if not path.exists() or path.read_text("utf-8") != text:
                write_text(path, text)
        written += texts
    keep()
    return written


def shown(store: Store, paper: str, folder: Path) -> list[Result]:
    """A paper's results as a folder may show them: outside of the repository, what may be handed on."""
    results = results_of(store, paper)
    return results if COMMITTED.parent in folder.resolve().parents else handed_on(results)


def _all(store: Store, folder: Path) -> dict[str, Columns]:
    """All tables by name; those that the store has nothing for are empty."""
    tables: dict[str, Columns] = {}
    everything: list[Result] = []
    simple = shown(store, RIVALS, folder)
    for paper in papers():
        results = shown(store, paper, folder)
        if not results:
            continue
        everything += results
        tables |= {f"{paper}_measured_{p}": _measured([*results, *simple], p) for p in PARTITION_TITLES}
        tables[f"{paper}_claims"] = claims_columns(paper, results)
        tables |= {
            f"{paper}_{source.lower().replace(' ', '')}": _beside_printed(paper, source, results)
            for source in method(paper).tables
        }
    groups = fairness.with_constant(fairness.shown(store))
    return tables | {
        "control_null": null_columns(everything),
        "leaderboard": Columns(leaderboard.table(leaderboard.ordered(leaderboard.rows())), []),
        "fairness_groups": fairness.error_columns(groups),
        "fairness_differences": fairness.difference_columns(groups),
        "shortcut": shortcuts.columns([*everything, *simple]),
    }
