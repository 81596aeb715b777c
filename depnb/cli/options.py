"""The arguments and options that several commands have, each declared once, and the store that ``--store`` names."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from depnb.experiments.store import Store

CorpusName = Annotated[
    str,
    typer.Argument(
        metavar="PATH_OR_NAME",
        help="both, appearance, dynamics, null (also with -tiny, -quick, -full); the folder of AVEC2013 or AVEC2014; "
        "or a manifest of your own videos (.csv).",
    ),
]
PaperName = Annotated[str | None, typer.Argument(help="Only this paper, as in “msn”.")]
WeightsName = Annotated[str, typer.Argument(help="A name of `depnb weights list`.")]

Profile = Annotated[str, typer.Option(help="smoke (minutes), quick (a laptop) or paper (a GPU).")]
Rows = Annotated[
    str,
    typer.Option(help="headline: each paper's own model and its direct rivals; all; or one row, PAPER/ROW."),
]
Protocol = Annotated[
    str, typer.Option(help="honest: every row as the grid says; another one of the methods: all rows under that one.")
]
GridCorpus = Annotated[
    str,
    typer.Option(help="both stands for every row of the grid; another name or folder runs all rows on it."),
]
Device = Annotated[str, typer.Option(help="auto, cpu, mps, cuda or cuda:N.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; by default one per core.")]
StoreFolder = Annotated[Path | None, typer.Option(help="Folder with results; by default the committed results/.")]
FiguresFolder = Annotated[
    Path | None,
    typer.Option(help="By default figures/; with --store figures/ in it, or beside it if it is called results."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print it all as JSON.")]


def open_store(folder: Path | None, networks: Path | None = None) -> "Store":
    """The store of ``--store``, by default that of the committed results."""
    from depnb.experiments.store import Store
    from depnb.system.repository import COMMITTED

    return Store(folder or COMMITTED, networks=networks)
