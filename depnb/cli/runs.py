"""The commands that train or use what was trained: ``run``, ``predict``, ``reproduce``."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from depnb.cli import show
from depnb.cli.options import (
    AsJson,
    Device,
    GridCorpus,
    On,
    Profile,
    Protocol,
    Rows,
    StoreFolder,
    demand_device,
    demand_writable,
    open_store,
)

if TYPE_CHECKING:
    from depnb.experiments.run import Run
    from depnb.experiments.store import Store


def run(
    missing: Annotated[
        bool, typer.Option("--missing", help="Make what the store lacks; without it only list what that is.")
    ] = False,
    profile: Profile = "quick",
    rows: Rows = "all",
    corpus: GridCorpus = "both",
    protocol: Protocol = "honest",
    paper: Annotated[str | None, typer.Option(help="Only the rows of this paper.")] = None,
    seed: Annotated[
        list[int] | None, typer.Option(help="Give it several times for several; by default as the committed results.")
    ] = None,
    store: StoreFolder = None,
    device: Device = "auto",
    on: On = "here",
    plan: Annotated[
        bool, typer.Option("--plan", help="Only say what that takes, and how long on several workers and on --on.")
    ] = False,
    status: Annotated[bool, typer.Option("--status", help="Say how far those are who fill the store now.")] = False,
    networks: Annotated[
        Path | None,
        typer.Option(
            help="Keep the trained networks in this folder too; `depnb predict VIDEO --weights NETWORK` uses one."
        ),
    ] = None,
) -> None:
    """Train the runs of the tables that a store lacks, one at a time on each GPU, or on a CPU as many as fit.

    Whatever was interrupted goes on from its last checkpoint. Any number of processes may fill the same store; no two
    make the same run at the same time.

    Examples: `depnb run --rows headline --seed 7` lists what is missing;
    `depnb run --missing --profile quick --rows headline --seed 0 --seed 1 --store results`;
    `depnb run --missing --profile paper --device cuda --store runs/paper` on all GPUs; with `cuda:2` on the third one;
    `depnb run --missing --profile paper --on ray --store runs/paper` on all nodes of a Ray cluster;
    `depnb run --status --store runs/paper` says from another terminal how far it is.
    """
    from depnb.experiments.filling import describe
    from depnb.experiments.grid import runs_for
    from depnb.methods.registry import method

    if status:
        _say_status(store)
        return
    if on == "here":
        demand_device(device, plan)
    wanted = runs_for(profile, rows, seed, corpus, protocol)
    if paper is not None:
        method(paper)  # an unknown name is an error, and not an empty list
        wanted = [run for run in wanted if run.paper == paper]
    if networks is not None and not missing:
        raise ValueError("--networks keeps what is trained: give --missing too.")
    opened = open_store(store, networks)
    if missing:
        _demand_place(wanted, opened)
    lacking = opened.missing(wanted)
    show.say(f"{len(wanted)} runs, {len(lacking)} missing in {opened.path}")
    if plan:
        _say_plan(lacking, device, on, opened.path / "logs")
        return
    if missing:
        _make(lacking, wanted, opened, device, on)
        return
    for one in lacking:
        show.say(f"  {describe(one)}")


WORKERS = (1, 2, 4, 8, 16, 32)


def _say_plan(runs: Sequence["Run"], device: str, on: str, logs: Path) -> None:
    """Say what making runs takes, and when the last has ended on so many GPUs, or cores, and on an engine."""
    from depnb.experiments.engines import engine
    from depnb.experiments.filling import device_elsewhere, needs_of
    from depnb.experiments.plan import estimate, makespan, units_of
    from depnb.training.loop import device_kind

    chosen = engine(on, logs)
    if chosen:
        device = device_elsewhere(device, chosen)
    kind = device_kind(device)
    for what, seconds, megabytes in estimate(runs, device):
        show.say(f"  about {seconds / 60:.0f} min, {megabytes:.0f} MB: {what}")
    each, after = units_of(runs, kind)
    if kind == "cpu":  # the numbers are of two cores
        each = {unit: 2 * seconds for unit, seconds in each.items()}
    worker = "core" if kind == "cpu" else "GPU"
    whole, longest = sum(each.values()), max(each.values(), default=0.0)
    hours = f"{whole / 3600:.1f} {worker}-hours, the longest {longest / 3600:.1f} h"
    show.say(f"  trainings, of bodies too: {hours}, when crops are there")
    places = {f"{n:3} {worker}{'s' if n > 1 else ' '}": n for n in WORKERS[: 1 + sum(w < len(each) for w in WORKERS)]}
    if chosen:
        needs = needs_of(runs, kind)
        number = int(chosen.room(needs) * (needs.cores if kind == "cpu" else 1))
        places[f"{chosen.name}, {number} {worker}s"] = number
    for place, workers in places.items():
        last = makespan(each, workers, after)
        busy = whole / workers / last if last else 1.0
        show.say(f"    {place}: {last / 3600:6.1f} h, busy {busy:.0%} of it")


def _say_status(folder: Path | None) -> None:
    """Say what each process does that fills a store now."""
    from depnb.experiments import status

    store = open_store(folder)
    found = status.read(store.path)
    for line in [line for one in found for line in one.lines()] or [f"Nobody fills {store.path} now."]:
        show.say(line)


def _make(lacking: Sequence["Run"], wanted: Sequence["Run"], store: "Store", device: str, on: str) -> None:
    """Make the runs that a store lacks; ends with status 1 if one of them fails."""
    from depnb.experiments.engines import working_on
    from depnb.experiments.filling import fill
    from depnb.experiments.plan import estimate

    for folder in (store.path, store.networks):
        if lacking and folder is not None:
            demand_writable(folder)
    for what, seconds, megabytes in estimate(lacking, device):
        show.say(f"  about {seconds / 60:.0f} min, {megabytes:.0f} MB: {what}")
    problems: list[str] = []
    with working_on(on, store.path / "logs", [store.path, *filter(None, [store.networks])], show.say):
        fill(lacking, store, device, show.say, problems.append)
    if store.networks is not None:
        _say_not_kept(wanted, store, store.networks)
    if problems:
        show.say(f"{len(problems)} of {len(lacking)} runs failed:", err=True)
        for problem in problems:
            show.say(f"✘ {problem}", err=True)
        raise typer.Exit(1)


def _demand_place(runs: Sequence["Run"], store: "Store") -> None:
    """Only what tables and pages quote enters the repository's own results."""
    from depnb.experiments.corpora import open_for_profile
    from depnb.experiments.grid import COMMITTED_PROFILES

    if not store.committed:
        return
    kept = COMMITTED_PROFILES
    other = [run for run in runs if run.profile not in kept or not open_for_profile(run.corpus, run.profile).generated]
    if other:
        raise ValueError(
            f"results/ holds the profiles {' and '.join(kept)} on generated corpora only, not {other[0].profile} on "
            f"{other[0].corpus}: name another store, as in --store runs/mine."
        )


def _say_not_kept(wanted: Sequence["Run"], store: "Store", networks: Path) -> None:
    """Name the runs whose results a store had already: they were not trained, so there is no network of them."""
    from depnb.experiments.filling import describe
    from depnb.experiments.networks import files
    from depnb.experiments.rivals import is_rival

    lacking = set(store.missing(wanted))
    for run in wanted:
        kept = is_rival(run) or all(path.exists() for path in files(networks, run))
        if run not in lacking and not kept:
            show.say(
                f"No network of {describe(run)}: its result was in {store.path} already, and a network only comes from "
                "a training. Give a --store that lacks it."
            )


def predict(
    video: Annotated[Path, typer.Argument(help="A video file, or a folder of its frames.")],
    weights: Annotated[
        list[Path] | None,
        typer.Option(
            help="Network kept by `depnb run --missing --networks FOLDER`; of a fused row give it once for each part. "
            "By default the small one that comes with the repository."
        ),
    ] = None,
    method: Annotated[str | None, typer.Option(help="Paper that the network must be of; any without it.")] = None,
    coverage: Annotated[float, typer.Option(help="Of the interval, between 0 and 1.")] = 0.9,
    out: Annotated[Path | None, typer.Option(help="Folder for a plot (PDF, PNG) and all numbers (JSON).")] = None,
    as_json: AsJson = False,
    device: Device = "auto",
) -> None:
    """Score one video with a kept network: clip by clip, with an interval, and with what the number is not.

    Examples: `depnb predict me.mp4` with the network that comes with the repository;
    `depnb predict me.mp4 --method msn --weights NETWORK.safetensors --out runs/predicted`, after
    `depnb run --missing --rows msn/msn --seed 0 --store runs/mine --networks runs/mine/networks`.
    """
    from depnb.experiments import networks, predict as predicts

    demand_device(device)
    if out is not None:
        predicts.demand_place(video, out)
        demand_writable(out)
    chosen = weights or [networks.committed()]
    made = predicts.predict_video(video, chosen, paper=method, coverage=coverage, device=device)
    written = predicts.write(made, out) if out is not None else []
    if as_json:
        show.say(json.dumps(made.to_json(), indent=1, allow_nan=False))
        return
    show.prediction(made)
    for path in written:
        show.say(f"Written: {path}")


def reproduce(
    profile: Profile = "quick",
    corpus: GridCorpus = "both",
    protocol: Protocol = "honest",
    rows: Rows = "headline",
    papers: Annotated[
        str,
        typer.Option(metavar="NAMES", help="Only these papers with what they need, as in “msn” or “msn,dlga”."),
    ] = "",
    seed: Annotated[
        int | None, typer.Option(min=0, help="By default one that no committed result has (100 or later).")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="Run folder; by default an unfinished one with these settings, else runs/<time>."),
    ] = None,
    device: Device = "auto",
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="Further notebook parameter."),
    ] = None,
    on: On = "here",
    plan: Annotated[bool, typer.Option("--plan", help="Only say what would be done, and how long it takes.")] = False,
) -> None:
    """Run everything from an empty store: experiments, notebooks, figures, tables, and a report beside the
    committed results.

    Examples: `depnb reproduce --profile smoke` from nothing in minutes; `depnb reproduce --rows all --seed 7`;
    `depnb reproduce --papers msn` one paper with the shared notebooks and the rivals on its corpora;
    `depnb reproduce --corpus /data/AVEC2014 --profile paper --device cuda`.
    """
    from depnb.course import reproduction
    from depnb.methods.registry import named_papers
    from depnb.system.repository import demand_checkout

    demand_checkout()
    chosen = named_papers(papers)
    if on == "here":
        demand_device(device, plan)
    extra = dict(_named_value(text) for text in parameter or ())
    place = str(Path(corpus).resolve()) if Path(corpus).exists() else corpus
    seed = reproduction.fresh_seed(profile) if seed is None else seed
    settings = reproduction.Settings(profile, place, protocol, rows, seed, device, extra, chosen)
    if not reproduction.reproduce(settings, folder, plan, say=show.say, on=on):
        raise typer.Exit(1)


def _named_value(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise ValueError(f"-p {text}: write it as NAME=VALUE.")
    return name, value
