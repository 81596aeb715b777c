"""``depnb verify``: train a few committed runs again, and see whether they come out as expected."""

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from depnb.cli import show
from depnb.cli.options import AsJson, Device, demand_device

OUTSIDE = 3
"""Exit status if a run lies outside; 1 stands for what failed."""


def verify(
    sample: Annotated[int, typer.Option(min=1, help="How many committed runs are trained again.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of the draw of these runs.")] = 0,
    paper: Annotated[str, typer.Option(help="Only runs of this paper, as in “msn”, or of the “rivals”.")] = "",
    folder: Annotated[
        Path | None,
        typer.Option(help="Of the work; by default an unfinished one of this sample, else runs/<time>."),
    ] = None,
    device: Device = "auto",
    as_json: AsJson = False,
    plan: Annotated[bool, typer.Option("--plan", help="Only say which runs, and how long they take.")] = False,
) -> None:
    """Train some committed runs again and say whether each lies inside what the other seeds of its row let expect.

    One in twenty lies outside by chance; the page that is written says how many of so many runs do. Interrupted, the
    same command goes on. The exit status is 3 if a run lies outside, else 1 if one failed, else 0.

    Examples: `depnb verify --sample 5` trains five random ones; `depnb verify --sample 1 --paper rivals` takes minutes;
    `depnb verify --sample 3 --paper msn --seed 1 --plan` only says which, and how long they take.
    """
    from depnb.course import verification
    from depnb.system.repository import demand_checkout

    demand_checkout()
    demand_device(device, plan)
    settings = verification.Settings(sample, seed, paper, device)
    found = verification.verify(settings, folder, plan, say=partial(show.say, err=as_json))
    if found is None:
        return
    if as_json:
        show.say(json.dumps(found.to_json(), indent=1, allow_nan=False))
    else:
        from depnb.reports.verification import HEADINGS

        show.table(HEADINGS, found.lines(), numbers=HEADINGS[2:6])
        for name, why in found.failed.items():
            show.say(f"✘ {name}: {why}")
        for sentence in found.sentences:
            show.say(sentence)
    if found.outside or found.failed:
        raise typer.Exit(OUTSIDE if found.outside else 1)
