"""``depnb results`` looks at stored results; ``depnb tables`` and ``depnb figures`` draw them."""

from pathlib import Path
from typing import Annotated

import typer

from depnb.cli import show
from depnb.cli.app import group as new_group
from depnb.cli.options import FiguresFolder, PaperName, Profile, StoreFolder, open_store

group = new_group("Look at stored results.")


@group.command("list")
def list_results(paper: PaperName = None, store: StoreFolder = None) -> None:
    """List the stored results with their errors.

    Example: `depnb results list distribution`
    """
    opened = open_store(store)
    stored = opened.results(paper)
    rows = []
    for result in stored:
        run, (partition, judged) = result.run, next(iter(result.metrics.items()))
        errors = (f"{judged['mae']:.2f}", f"{judged['rmse']:.2f}")
        rows.append((run.paper, run.row, run.corpus, run.protocol, run.profile, str(run.seed), partition, *errors))
    numbers = ("seed", "judged on", "MAE", "RMSE")
    headings = ("paper", "row", "corpus", "protocol", "profile", *numbers)
    show.table(headings, rows, title="Results (BDI-II points)", numbers=numbers)
    show.say(f"{len(stored)} results in {opened.path}")


@group.command("explain")
def explain(
    paper: str,
    row: str,
    corpus: Annotated[str, typer.Option(help="Corpus of the run.")] = "both",
    protocol: Annotated[str, typer.Option(help="Protocol of the run.")] = "honest",
    profile: Profile = "quick",
    seed: Annotated[int, typer.Option(min=0)] = 0,
    store: StoreFolder = None,
) -> None:
    """Say whether a run is stored, and if not, how it differs from the nearest one that is.

    Example: `depnb results explain distribution expectation --seed 1`
    """
    from depnb.experiments.run import Run

    asked = Run(paper=paper, row=row, corpus=corpus, protocol=protocol, profile=profile, seed=seed)
    show.say(open_store(store).explain(asked))


@group.command("groups")
def groups(
    paper: PaperName = None,
    corpus: Annotated[str, typer.Option(help="A generated corpus.")] = "both",
    store: StoreFolder = None,
) -> None:
    """Show errors on unseen people by skin tone, age and glasses, with intervals, and how far groups differ.

    They are known of generated people only. Without a paper it shows each paper's own model and the simple rivals.

    Example: `depnb results groups msn`
    """
    from depnb.reports import fairness, remembered

    opened = open_store(store)
    own = fairness.of_paper(opened, paper, corpus) if paper else fairness.shown(opened, corpus)
    rows = fairness.with_constant(own)
    for columns in (fairness.error_columns(rows), fairness.difference_columns(rows)):
        cells = {name: own for name, own in columns.by_heading.items() if name != "corpus"}
        show.table(list(cells), zip(*cells.values(), strict=True), title=", ".join(columns.corpora) or None)
    remembered.keep()
    show.say(f"{len(own)} rows on {corpus} in {opened.path}")


@group.command("export")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file .csv or .json.")],
    store: StoreFolder = None,
) -> None:
    """Write aggregates to hand on, one line per row and partition: no recordings, no people, no folders.

    Nothing is said of fewer than twenty people, nor what would tell of few by a difference; one protocol per corpus.

    Example: `depnb results export runs/mine/aggregates.csv --store runs/mine/results`
    """
    from depnb.reports import aggregates

    opened = open_store(store)
    lines = aggregates.export(opened.results(), file)
    for line in lines:
        if line["left_out"]:
            show.say(f"{line['paper']}/{line['row']}, {line['partition']}: left out {line['left_out']}")
    show.say(f"{len(lines)} lines of {opened.path} in {file}")


def tables(store: StoreFolder = None, out: FiguresFolder = None) -> None:
    """Write every table (CSV, LaTeX, HTML) from stored results, the printed numbers beside ours.

    Examples: `depnb tables`; `depnb tables --store runs/mine/results`
    """
    from depnb.reports.tables import make_all

    folder = _figures_folder(out, store)
    show.say(f"{len(make_all(open_store(store), folder))} files in {folder}")


def figures(store: StoreFolder = None, out: FiguresFolder = None) -> None:
    """Draw every figure (PDF and PNG) from stored results.

    Examples: `depnb figures`; `depnb figures --store runs/mine/results --out drawn`
    """
    from depnb.reports.figures import make_all

    folder = _figures_folder(out, store)
    show.say(f"{len(make_all(open_store(store), folder))} files in {folder}")


def _figures_folder(folder: Path | None, store: Path | None) -> Path:
    """Where tables and figures go: beside the results of a run, into a store of another name, else to ``figures/``."""
    from depnb.system.repository import ROOT

    if folder or not store:
        return folder or ROOT / "figures"
    return (store.parent if store.name == "results" else store) / "figures"
