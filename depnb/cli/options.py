"""The arguments and options that several commands have, each declared once, and what they name: a store, a device."""

import os
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from depnb.cli import show

if TYPE_CHECKING:
    from depnb.experiments.store import Store

CorpusName = Annotated[
    str,
    typer.Argument(
        metavar="PATH_OR_NAME",
        help="both, appearance, dynamics, null, shortcut (both1 has other people; also with -tiny, -quick, -standard, "
        "-full); the folder of AVEC2013 or AVEC2014; or a manifest of your own videos (.csv).",
    ),
]
PaperName = Annotated[str | None, typer.Argument(help="Only this paper, as in “msn”.")]
WeightsName = Annotated[str, typer.Argument(help="A name of `depnb weights list`.")]

Profile = Annotated[str, typer.Option(help="smoke (minutes), quick (a laptop), standard (hours) or paper (a GPU).")]
Rows = Annotated[
    str,
    typer.Option(
        help=(
            "headline: each paper's own model and its direct rivals; all: its tables; everything: control rows too; "
            "committed: what the committed results are made of, at their own profiles; or one row, PAPER/ROW."
        )
    ),
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
On = Annotated[
    str,
    typer.Option(
        help="Where the work is done: here; ray or ray:ADDRESS, the nodes of a Ray cluster; slurm:FILE.toml, jobs of a "
        "SLURM cluster (docs/cluster.md)."
    ),
]
StoreFolder = Annotated[Path | None, typer.Option(help="Folder with results; by default the committed results/.")]
FiguresFolder = Annotated[
    Path | None,
    typer.Option(help="By default figures/; with --store figures/ in it, or beside it if it is called results."),
]
DEVICES = re.compile(r"auto|cpu|mps|cuda(:\d+)?")
AsJson = Annotated[bool, typer.Option("--json", help="Print it all as JSON.")]


def open_store(folder: Path | None, networks: Path | None = None) -> "Store":
    """The store of ``--store``, by default that of the committed results."""
    from depnb.experiments.store import Store
    from depnb.system.repository import COMMITTED, demand_checkout

    if folder is None:
        demand_checkout()
    return Store(folder or COMMITTED, networks=networks)


def demand_writable(folder: Path) -> None:
    """Demand, before hours of work, that a folder can be written; it need not be there yet.

    Raises:
        StorageError: it cannot.
    """
    from depnb.system.files import StorageError

    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        raise StorageError(f"{there} cannot be written, so there is no place for {folder}: name another folder.")


def demand_device(device: str, plan: bool = False) -> None:
    """Demand, before anything starts, that ``--device`` can be used here; of a plan it is only said.

    A plan may be for another machine.

    Raises:
        ValueError: there is no device of this name, or it cannot be used here.
    """
    if not DEVICES.fullmatch(device):
        raise ValueError(f"--device {device}: give auto, cpu, mps, cuda or cuda:N.")
    reason = _gpu_problem(device) if device not in ("auto", "cpu") else None
    if reason and not plan:
        raise ValueError(f"--device {device}: {reason}. Give --device cpu or auto, or mend that.")
    if reason:
        show.say(
            f"--device {device}: {reason}. Nothing could start on this machine; the plan is for another.", err=True
        )


def _gpu_problem(device: str) -> str | None:
    """Why PyTorch cannot compute on a GPU; ``None`` if it can."""
    import torch

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")  # an old driver is told in a warning
        there = torch.backends.mps.is_available() if device == "mps" else torch.cuda.is_available()
    if not there:
        kind = "Apple GPU" if device == "mps" else "NVIDIA GPU"
        return f"PyTorch finds no {kind} that it can use here" + (f" ({told[-1].message})" if told else "")
    try:
        _ = torch.zeros(1, device=device) + 1
    except RuntimeError as error:
        first = (str(error).splitlines() or ["no reason is given"])[0]
        return f"PyTorch cannot compute on it ({first}); it finds {torch.cuda.device_count()} CUDA devices"
    return None
