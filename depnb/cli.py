"""The command ``depnb``. Everything heavy is imported inside the commands, so that help is there at once."""

import json
import logging
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from depnb.experiments.store import Store

DEBUG = "DEPNB_DEBUG"
PACKAGE = Path(__file__).resolve().parent

MANUAL = """A notebook course on video-based depression estimation, and an honest reproduction of five papers.

The way through it: a corpus (generated, or yours on your disk) → faces → training → results → tables
and figures → notebooks. Each command does the steps before it where they are missing, keeps what is there,
and can be interrupted and started again at any time.

**Examples**

* `depnb reproduce --plan` : what the whole reproduction would do, and how long it takes
* `depnb reproduce` : do it, with one seed that the committed results do not have
* `depnb doctor /data/AVEC2014` : is everything there that the papers need
* `depnb corpus make both` and then `depnb faces both --csv faces.csv` : a corpus and its faces, with a table
* `depnb run --missing --profile quick --seed 0 --seed 1 --seed 2` : fill the store `results/`
* `depnb results explain distribution expectation` : is this run stored, and if not, why

**Where files go**

* `$DEPNB_CACHE` (by default the user's cache folder): generated corpora, face crops, checkpoints. Everything
  there can be made again: `depnb cache ls` lists it, `depnb cache rm` deletes it
* `results/` : committed results, one JSON file a run, generated corpora only
* `figures/` : figures and tables drawn from `results/`
* `runs/<time>/` : one reproduction with its own results, notebooks, figures, logs and report.html

Nothing here diagnoses anybody.
"""

app = typer.Typer(
    help=MANUAL,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
corpus_app = typer.Typer(help="Make and look at corpora.", no_args_is_help=True, rich_markup_mode="markdown")
results_app = typer.Typer(help="Look at stored results.", no_args_is_help=True, rich_markup_mode="markdown")
app.add_typer(corpus_app, name="corpus")
app.add_typer(results_app, name="results")
cache_app = typer.Typer(
    help="Look at `$DEPNB_CACHE` and empty it; everything there can be made again.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
app.add_typer(cache_app, name="cache")
weights_app = typer.Typer(
    help="Pretrained weights: which there are, download, import, check.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
app.add_typer(weights_app, name="weights")

CorpusName = Annotated[
    str,
    typer.Argument(
        metavar="PATH_OR_NAME",
        help="both, appearance, dynamics, null (also with -tiny, -quick, -full); the folder of AVEC2013 or AVEC2014; "
        "or a manifest of your own videos (.csv).",
    ),
]
Profile = Annotated[str, typer.Option(help="smoke (minutes), quick (a laptop) or paper (a GPU).")]
Rows = Annotated[
    str,
    typer.Option(help="headline: each paper's own model and its direct rivals; all; or one row, PAPER/ROW."),
]
Protocol = Annotated[
    str, typer.Option(help="honest: every row as the grid says; another one of the methods: all rows under that one.")
]
Device = Annotated[str, typer.Option(help="auto, cpu, mps, cuda or cuda:N.")]
StoreFolder = Annotated[Path | None, typer.Option(help="Folder with results; by default the committed results/.")]
WeightsName = Annotated[str, typer.Argument(help="A name of `depnb weights list`.")]
CorpusOption = Annotated[
    str,
    typer.Option(help="both stands for every row of the grid; another name or folder runs all rows on it."),
]


@app.callback()
def options(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error (also DEPNB_DEBUG=1).")
    ] = False,
) -> None:
    if debug:
        os.environ[DEBUG] = "1"
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("depnb").setLevel(logging.INFO)


@corpus_app.command("make")
def corpus_make(
    name: Annotated[str, typer.Argument(help="both, appearance, dynamics or null.")],
    size: Annotated[str, typer.Option(help="tiny, quick or full.")] = "quick",
    out: Annotated[Path | None, typer.Option(help="Folder of the corpus; by default in the cache.")] = None,
    seed: Annotated[int | None, typer.Option(help="Other people and other scores.")] = None,
    appearance: Annotated[float | None, typer.Option(help="Strength of what one frame shows (1).")] = None,
    dynamics: Annotated[float | None, typer.Option(help="Strength of what only time shows (1).")] = None,
    label_noise: Annotated[float | None, typer.Option(help="BDI-II points that no face shows, sd (3).")] = None,
    identity: Annotated[float | None, typer.Option(help="Correlation of a person's scores with age (0).")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; by default one per core.")] = None,
) -> None:
    """Make the videos of a generated corpus that are not there yet.

    With other knobs it is another corpus, in a folder of its own; name that folder wherever a corpus is asked for.

    Example: `depnb corpus make both --size tiny --appearance 0.5 --out weak`
    """
    from depnb.corpus.synthetic import named_recipe, open_generated

    knobs = {
        "seed": seed,
        "appearance": appearance,
        "dynamics": dynamics,
        "label_noise": label_noise,
        "identity": identity,
    }
    corpus = open_generated(named_recipe(f"{name}-{size}").varied(**knobs), out)
    missing = sum(not recording.video.exists() for recording in corpus.recordings)
    corpus.ensure(corpus.recordings, workers=workers)
    typer.echo(f"{corpus.title}: {missing} videos made, {len(corpus.recordings) - missing} kept, in {corpus.root}")


@corpus_app.command("show")
def corpus_show(corpus: CorpusName = "both") -> None:
    """Show who and what is in a corpus: people, recordings, labels and overlap between the partitions.

    Example: `depnb corpus show /data/AVEC2014`
    """
    from rich.table import Table

    from depnb.corpus import PARTITIONS, open_corpus

    opened = open_corpus(corpus)
    table = Table(title=opened.title)
    for heading in (
        "partition",
        "recordings",
        "with video",
        "with label",
        "people",
        "also in training",
        "BDI-II mean",
    ):
        table.add_column(heading, justify="left" if heading == "partition" else "right")
    train = opened.subjects("train")
    for partition in PARTITIONS:
        recordings = opened.partition(partition)
        if not recordings:
            continue
        people = {r.subject for r in recordings}
        labels = [r.bdi for r in recordings if r.bdi is not None]
        table.add_row(
            partition,
            str(len(recordings)),
            str(sum(r.video.exists() for r in recordings)),
            str(len(labels)),
            str(len(people)),
            "–" if partition == "train" else str(len(people & train)),
            f"{sum(labels) / len(labels):.1f}" if labels else "–",
        )
    _console().print(table)
    typer.echo(f"Place: {opened.root}")
    if opened.noise_floor is not None:
        typer.echo(f"No predictor can have an RMSE below {opened.noise_floor:.2f} BDI-II points on it.")


@app.command()
def doctor(
    places: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Folder of AVEC2013, AVEC2014 or both, or a manifest (.csv).")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print all facts as JSON.")] = False,
) -> None:
    """Look at corpora before hours are spent on them: what is there, what is missing or wrong, and whether the papers
    can be run. Ends with status 1 if they cannot.

    Examples: `depnb doctor /data/AVEC2014`; `depnb doctor /data/AVEC2013 /data/AVEC2014` also compares the two.
    """
    from depnb.experiments import doctor as looks

    checkups, shared = looks.examine(places)
    if as_json:
        typer.echo(json.dumps(looks.as_json(checkups, shared), indent=1))
    else:
        for checkup in checkups:
            typer.echo(f"{checkup.name} in {checkup.root}")
            _print_frame(looks.overview(checkup))
            for remark in looks.remarks(checkup):
                typer.echo(remark)
            typer.echo("")
        if shared:
            typer.echo(looks.warning(shared))
    if not all(checkup.ready for checkup in checkups):
        raise typer.Exit(1)


@app.command()
def faces(
    corpus: CorpusName,
    csv: Annotated[Path | None, typer.Option(help="Also write the whole report there.")] = None,
    accuracy: Annotated[
        Path | None, typer.Option(help="Generated corpora: compare with the known landmarks, write JSON there.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; by default one per core.")] = None,
    device: Annotated[
        str, typer.Option(help="cpu, cuda (all GPUs, shared out among the processes), cuda:N, or auto.")
    ] = "cpu",
    frame_stride: Annotated[
        int, typer.Option(min=1, help="Crops of every how manieth frame only; by default of all, for all methods.")
    ] = 1,
    paper: Annotated[
        str | None, typer.Option(help="Only the frames that this method needs at the profile paper, as in msn.")
    ] = None,
    protocol: Annotated[str, typer.Option(help="Of the method, with --paper: honest, paper or another one.")] = "paper",
) -> None:
    """Find, align and store the faces of a corpus, and report on every video; those that are not perfect are listed.

    Crops are stored without loss under `$DEPNB_CACHE`, about 64 kB each. Crops of all frames serve every method; of
    fewer frames they are the same but for rounding, and need as much less disk. Interrupted, it goes on with the
    unfinished videos.

    Examples: `depnb faces /data/AVEC2014 --csv faces.csv`; `depnb faces /data/AVEC2013 --paper distribution`;
    `depnb faces /data/AVEC2013 --every 8 --device cuda`.
    """
    from depnb import faces as faces_stage
    from depnb.corpus import open_corpus
    from depnb.system.files import write_json, write_text

    if paper is not None and frame_stride != 1:
        raise ValueError(f"--paper {paper} says itself which frames are needed: leave --every {frame_stride} out.")
    opened = open_corpus(corpus)
    opened.ensure(opened.recordings)
    if paper is not None:
        from depnb.experiments import Run
        from depnb.experiments.splits import crops_needed
        from depnb.methods.registry import method

        runs = [Run(paper, row, corpus, protocol, "paper") for row in method(paper).rows]
        (frame_stride,) = crops_needed(runs, opened)
        typer.echo(
            f"{paper}, protocol {protocol}: crops of {f'one frame in {frame_stride}' if every > 1 else 'all frames'}"
        )
    settings = faces_stage.Settings(frame_stride=frame_stride)
    devices = faces_stage.devices(device)
    report = faces_stage.prepare(opened.recordings, workers=workers, device=devices, settings=settings)
    table = report.table()
    if csv is not None:
        write_text(csv, table.to_csv(index=False))
    remarkable = table[(table.status != "ok") | (table.warnings != "") | (table.without_face > 0) | (table.jumps > 0)]
    if len(remarkable):
        _print_frame(remarkable[["name", "status", "frames", "without_face", "jumps", "warnings"]])
    typer.echo(f"{len(table) - len(remarkable)} of {len(table)} videos: a face in every frame that was looked at")
    for key, value in report.summary().items():
        typer.echo(f"{key}: {value}")
    if accuracy is not None:
        from depnb.faces.accuracy import accuracy as compare

        failed = {row.name for row in report.failures}
        measured = compare([r for r in opened.recordings if r.name not in failed])
        write_json(accuracy, {"corpus": opened.fingerprint, "faces": faces_stage.VERSION, **measured})
    for failure in report.failures:
        typer.echo(f"✘ {failure.name}: {failure.error}", err=True)
    if report.failures:
        raise typer.Exit(1)


@app.command()
def run(
    missing: Annotated[
        bool, typer.Option("--missing", help="Make what the store lacks; without it only list what that is.")
    ] = False,
    profile: Profile = "quick",
    rows: Rows = "all",
    corpus: CorpusOption = "both",
    protocol: Protocol = "honest",
    seed: Annotated[list[int] | None, typer.Option(help="Give it several times for several seeds.")] = None,
    store: StoreFolder = None,
    device: Device = "auto",
    share: Annotated[
        str | None,
        typer.Option("--shard", metavar="I/N", help="Only the I-th of N shares of the runs: one process a GPU."),
    ] = None,
    networks: Annotated[
        Path | None, typer.Option(help="Keep the trained networks in this folder too, for `depnb predict`.")
    ] = None,
) -> None:
    """Train the runs of the tables that a store lacks; any number of processes may fill the same store.

    Whatever was interrupted goes on from its last checkpoint. No two processes make the same run at the same time.

    Examples: `depnb run --missing --profile quick --rows headline --seed 0 --seed 1 --store results`;
    `depnb run --missing --profile paper --device cuda:2 --shard 3/4 --store runs/paper` on the third of four GPUs.
    """
    from depnb.experiments.fill import describe, fill, shard
    from depnb.experiments.grid import COMMITTED_SEEDS, runs_for
    from depnb.experiments.plan import estimate

    wanted = runs_for(profile, rows, tuple(seed or COMMITTED_SEEDS), corpus, protocol)
    if missing:
        _demand_place(wanted, store)
    if networks is not None and not missing:
        raise ValueError("--networks keeps what is trained: give --missing too.")
    opened = _store(store, networks)
    wanted = shard(wanted, share) if share else wanted
    lacking = opened.missing(wanted)
    typer.echo(f"{len(wanted)} runs, {len(lacking)} missing in {opened.path}")
    if not missing:
        for one in lacking:
            typer.echo(f"  {describe(one)}")
        return
    for what, seconds, megabytes in estimate(lacking, device):
        typer.echo(f"  about {seconds / 60:.0f} min, {megabytes:.0f} MB: {what}")
    problems: list[str] = []
    fill(lacking, opened, device, typer.echo, problems.append)
    if networks is not None:
        _say_not_kept(wanted, opened)
    if problems:
        typer.echo(f"{len(problems)} of {len(lacking)} runs failed:", err=True)
        for problem in problems:
            typer.echo(f"✘ {problem}", err=True)
        raise typer.Exit(1)


@app.command()
def predict(
    video: Annotated[Path, typer.Argument(help="A video file, or a folder of its frames.")],
    weights: Annotated[
        list[Path],
        typer.Option(help="Network kept by `depnb run --networks`; of a fused row give it once for each part."),
    ],
    method: Annotated[str | None, typer.Option(help="Paper that the network must be of; any without it.")] = None,
    coverage: Annotated[float, typer.Option(help="Of the interval, between 0 and 1.")] = 0.9,
    out: Annotated[Path | None, typer.Option(help="Folder for a plot (PDF, PNG) and all numbers (JSON).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all numbers as JSON.")] = False,
    device: Device = "auto",
) -> None:
    """Score one video with a kept network: clip by clip, with an interval, and with what the number is not.

    Example: `depnb predict me.mp4 --method msn --weights NETWORK.safetensors --out runs/predicted`, after
    `depnb run --missing --rows msn/msn --seed 0 --store runs/mine --networks runs/mine/networks`.
    """
    from depnb.experiments import predict as predicts

    if out is not None:
        predicts.demand_place(video, out)
    made = predicts.predict_video(video, weights, paper=method, coverage=coverage, device=device)
    written = predicts.write(made, out) if out is not None else []
    if as_json:
        typer.echo(json.dumps(made.to_json(), indent=1, allow_nan=False))
        return
    _print_prediction(made)
    for path in written:
        typer.echo(f"Written: {path}")


@app.command()
def protocols(
    paper: Annotated[str | None, typer.Argument(help="Only this paper, as in “msn”.")] = None,
) -> None:
    """List the protocols of each paper: who is trained on, and on real corpora also how.

    Example: `depnb protocols msn`
    """
    from depnb.methods.registry import method, papers

    for name in (paper,) if paper else papers():
        typer.echo(f"{name}")
        for title, protocol in method(name).protocols.items():
            typer.echo(f"  {title}: {protocol.title}")
            recipe = protocol.recipe
            for what, changed in (("switches", recipe.switches), ("profile paper", recipe.profile)):
                if changed:
                    typer.echo(f"    {what}: {', '.join(f'{key}={value}' for key, value in changed.items())}")
            for corpus, frame_stride in recipe.frame_stride.items():
                typer.echo(f"    {corpus}: one frame in {frame_stride}")
            for guess in recipe.guesses:
                typer.echo(f"    not stated by the paper, our choice: {guess}")


@app.command()
def reproduce(
    profile: Profile = "quick",
    corpus: CorpusOption = "both",
    protocol: Protocol = "honest",
    rows: Rows = "headline",
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
    plan: Annotated[bool, typer.Option("--plan", help="Only say what would be done, and how long it takes.")] = False,
) -> None:
    """Run everything from an empty store: experiments, notebooks, figures, tables, and a report beside the
    committed results.

    Examples: `depnb reproduce --profile smoke` from nothing in minutes; `depnb reproduce --rows all --seed 7`;
    `depnb reproduce --corpus /data/AVEC2014 --profile paper --device cuda`.
    """
    from depnb.course import reproduction

    extra = dict(_named_value(text) for text in parameter or ())
    place = str(Path(corpus).resolve()) if Path(corpus).exists() else corpus
    seed = reproduction.fresh_seed(profile) if seed is None else seed
    settings = reproduction.Settings(profile, place, protocol, rows, seed, device, extra)
    if not reproduction.reproduce(settings, folder, plan, say=typer.echo):
        raise typer.Exit(1)


@results_app.command("list")
def results_list(
    paper: Annotated[str | None, typer.Argument(help="Only this paper, as in “distribution”.")] = None,
    store: StoreFolder = None,
) -> None:
    """List the stored results with their errors.

    Example: `depnb results list distribution`
    """
    from rich.table import Table

    opened = _store(store)
    table = Table(title="Results (BDI-II points)")
    for heading in ("paper", "row", "corpus", "protocol", "profile"):
        table.add_column(heading)
    for heading in ("seed", "judged on", "MAE", "RMSE"):
        table.add_column(heading, justify="right")
    stored = opened.results(paper)
    for result in stored:
        one, (partition, judged) = result.run, next(iter(result.metrics.items()))
        numbers = (str(one.seed), partition, f"{judged['mae']:.2f}", f"{judged['rmse']:.2f}")
        table.add_row(one.paper, one.row, one.corpus, one.protocol, one.profile, *numbers)
    _console().print(table)
    typer.echo(f"{len(stored)} results in {opened.path}")


@results_app.command("explain")
def results_explain(
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
    from depnb.experiments import Run

    opened = _store(store)
    asked = Run(paper=paper, row=row, corpus=corpus, protocol=protocol, profile=profile, seed=seed)
    typer.echo(opened.explain(asked))


@results_app.command("export")
def results_export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file .csv or .json.")],
    store: StoreFolder = None,
) -> None:
    """Write aggregates to hand on, one line a row and partition: no recordings, no people, no folders.

    Nothing is said of fewer than five people, nor what would tell of them by a difference.

    Example: `depnb results export runs/mine/aggregates.csv --store runs/mine/results`
    """
    from depnb.reports import aggregates

    opened = _store(store)
    lines = aggregates.export(opened.results(), file)
    for line in lines:
        if line["left_out"]:
            typer.echo(f"{line['paper']}/{line['row']}, {line['partition']}: left out {line['left_out']}")
    typer.echo(f"{len(lines)} lines of {opened.path} in {file}")


@cache_app.command("ls")
def cache_ls() -> None:
    """List what lies in the cache, by kind and, where it can be told, by corpus.

    Everything that depnb put there can be made again.
    """
    from datetime import date

    from rich.table import Table

    from depnb.experiments import cache
    from depnb.system.files import cache_dir

    found = cache.items()
    table = Table(title="Cache")
    for heading in ("kind", "what", "files", "MB", "last used"):
        table.add_column(heading, justify="right" if heading in {"files", "MB"} else "left")
    for group in cache.grouped(found):
        what = group.of or cache.KINDS[group.kind]
        used = date.fromtimestamp(group.used).isoformat() if group.files else "–"
        table.add_row(group.kind, what, f"{group.files:,}", f"{group.bytes / 1e6:,.1f}", used)
    _console().print(table)
    total = sum(item.bytes for item in found) / 1e6
    typer.echo(f"{sum(item.files for item in found):,} files, {total:,.1f} MB in {cache_dir()}")
    if any(item.kind == cache.UNKNOWN for item in found):
        typer.echo("depnb did not put there what is unknown, and never deletes it.")


@cache_app.command("rm")
def cache_rm(
    kinds: Annotated[
        list[str] | None,
        typer.Argument(metavar="KIND", help="corpora, faces, frames, checkpoints, pretrained or weights."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All kinds.")] = False,
    older_than: Annotated[
        float | None, typer.Option(min=0, metavar="DAYS", help="Only what was not used for so many days.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")] = False,
) -> None:
    """Delete what lies in the cache, kind by kind. Everything of these kinds can be made again.

    A corpus goes as a whole. Links are never followed, and unknown things stay.

    Examples: `depnb cache rm faces frames`; `depnb cache rm --all --older-than 30`
    """
    from depnb.experiments import cache
    from depnb.system.files import cache_dir

    if bool(kinds) == everything:
        raise ValueError(f"Name what to delete ({', '.join(cache.KINDS)}), or give --all.")
    chosen = cache.select(kinds or list(cache.KINDS), older_than)
    if not chosen:
        typer.echo(f"Nothing to delete in {cache_dir()}")
        return
    for group in cache.grouped(chosen):
        typer.echo(f"  {group.kind} {group.of}: {group.files:,} files, {group.bytes / 1e6:,.1f} MB")
    if not yes:
        count = sum(item.files for item in chosen)
        typer.confirm(f"Delete these {count:,} files from {cache_dir()}?", abort=True)
    removed = cache.remove(chosen)
    typer.echo(f"{removed.files:,} files deleted, {removed.bytes / 1e6:,.1f} MB freed")
    for path, reason in removed.failures:
        typer.echo(f"✘ {path}: {reason}", err=True)
    if removed.failures:
        raise typer.Exit(1)


@weights_app.command("list")
def weights_list() -> None:
    """List the weights that depnb knows: of which network, whether they are here, their hash, their terms.

    `depnb weights get NAME` downloads, `depnb weights import FILE` takes a file that you have.
    """
    from rich.table import Table

    from depnb.nets.weights import registry

    table = Table(title="Weights")
    for heading in ("name", "network", "here", "MB", "SHA-256", "file"):
        table.add_column(heading, justify="right" if heading == "MB" else "left")
    terms: dict[str, list[str]] = {}
    for entry in registry.listed():
        size = f"{entry.megabytes:.1f}" if entry.megabytes else "–"
        here = ("yes" if entry.sha256 else "damaged") if entry.path.exists() else "no"
        digits = f"{entry.sha256[:8]}…" if entry.sha256 else "–"
        table.add_row(entry.name, entry.architecture, here, size, digits, entry.source)
        terms.setdefault(entry.licence, []).append(entry.name)
    _console().print(table)
    for licence, names in terms.items():
        typer.echo(f"Terms of {', '.join(names)}: {licence}.")


@weights_app.command("get")
def weights_get(name: WeightsName) -> None:
    """Download weights, and verify their hash; what is here is only verified.

    Example: `depnb weights get imagenet-resnet50`. Without network it says which file to put where.
    """
    from depnb.nets.weights import files

    entry = files.get(name)
    typer.echo(f"{entry.name}: {entry.path}")
    typer.echo(f"SHA-256 {entry.sha256} ({entry.known})")


@weights_app.command("import")
def weights_import(
    file: Annotated[Path, typer.Argument(help="resnet50_ft_weight.pkl, senet50_ft_weight.pkl, or their _dag.pth.")],
) -> None:
    """Convert a circulating VGGFace2 file to safetensors in the cache. Nothing in it is run, and the file stays.

    Example: `depnb weights import senet50_ft_weight.pkl`
    """
    from depnb.nets.weights import vggface2

    entry = vggface2.import_file(file)
    typer.echo(f"{entry.name}: {entry.architecture} from {file}, kept as {entry.path}")
    typer.echo(f"SHA-256 of {file.name}: {entry.sha256}")


@weights_app.command("check")
def weights_check(name: WeightsName) -> None:
    """Verify weights that are here: the hash, that they fit their network, and that it makes finite numbers.

    Example: `depnb weights check vggface2-senet50`
    """
    from depnb.nets.weights import files

    found = files.check(name)
    entry = found.entry
    typer.echo(f"{name} is whole: SHA-256 {entry.sha256} ({entry.known})")
    typer.echo(f"{entry.architecture}, {found.parameters:,} parameters; one input makes {list(found.output)}")
    typer.echo(f"Pictures: {entry.prepared}")


FiguresFolder = Annotated[
    Path | None,
    typer.Option(help="By default figures/; with --store figures/ in it, or beside it if it is called results."),
]


@app.command()
def tables(
    store: StoreFolder = None,
    out: Annotated[
        Path | None,
        typer.Option(help="By default figures/; with --store figures/ in it, or beside it if it is called results."),
    ] = None,
) -> None:
    """Write every table (CSV, LaTeX, PNG) from stored results, the printed numbers beside ours."""
    from depnb.reports import tables

    folder = _figures(out, store)
    typer.echo(f"{len(tables.make_all(_store(store), folder))} files in {folder}")


@app.command()
def figures(
    store: StoreFolder = None,
    out: Annotated[
        Path | None,
        typer.Option(help="By default figures/; with --store figures/ in it, or beside it if it is called results."),
    ] = None,
) -> None:
    """Draw every figure (PDF and PNG) from stored results."""
    from depnb.reports import figures

    folder = _figures(out, store)
    typer.echo(f"{len(figures.make_all(_store(store), folder))} files in {folder}")
    if store is None and out is None:
        from tools import update_readme

        update_readme.update()


def main() -> None:
    """Entry point: an error that depnb raises on purpose is one message and exit status 1, not a traceback."""
    try:
        app(prog_name="depnb")
    except (OSError, ValueError, RuntimeError, LookupError) as error:
        if os.environ.get(DEBUG, "0") != "0" or not _ours(error):
            raise
        typer.echo(f"{type(error).__name__}: {_message(error)}", err=True)
        sys.exit(1)


def _ours(error: Exception) -> bool:
    """Whether depnb itself raised the error, so that its message says what to do."""
    *_, (last, _) = traceback.walk_tb(error.__traceback__)
    return PACKAGE in Path(last.f_code.co_filename).parents


def _message(error: Exception) -> str:
    """The message; ``str`` of a LookupError would put it in quotes."""
    return str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error)


def _named_value(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise ValueError(f"-p {text}: write it as NAME=VALUE.")
    return name, value


def _demand_place(runs, store: Path | None) -> None:
    """Only the quick profile on generated corpora enters the repository's own results."""
    from depnb.experiments.corpora import open_for_profile
    from depnb.system.repository import COMMITTED

    if store is not None and store.resolve() != COMMITTED.resolve():
        return
    other = [run for run in runs if run.profile != "quick" or not open_for_profile(run.corpus, run.profile).generated]
    if other:
        raise ValueError(
            f"results/ holds the quick profile on generated corpora only, not {other[0].profile} on {other[0].corpus}: "
            "name another store, as in --store runs/mine."
        )


def _store(folder: Path | None, networks: Path | None = None) -> "Store":
    from depnb.experiments.store import Store
    from depnb.system.repository import COMMITTED

    return Store(folder or COMMITTED, networks=networks)


def _say_not_kept(wanted, store: "Store") -> None:
    """Name the runs whose results a store had already: they were not trained, so there is no network of them."""
    from depnb.experiments.fill import describe
    from depnb.experiments.networks import files

    lacking = set(store.missing(wanted))
    for run in wanted:
        if run not in lacking and not all(path.exists() for path in files(store.networks, run)):
            typer.echo(
                f"No network of {describe(run)}: its result was in {store.path} already, and a network only comes from "
                "a training. Give a --store that lacks it."
            )


def _figures(folder: Path | None, store: Path | None) -> Path:
    """Where tables and figures go: beside the results of a run, into a store of another name, else to ``figures/``."""
    from depnb.system.repository import ROOT

    if folder or not store:
        return folder or ROOT / "figures"
    return (store.parent if store.name == "results" else store) / "figures"


def _console():
    from rich.console import Console

    return Console()


def _print_prediction(made) -> None:
    from rich.table import Table

    of_clips = Table(title=f"{made.video.name}: {made.run.paper}/{made.run.row} (BDI-II points)")
    for heading in ("row", "seconds", "score"):
        of_clips.add_column(heading, justify="left" if heading == "row" else "right")
    for part in made.parts:
        for second, score in zip(part.seconds, part.scores, strict=True):
            of_clips.add_row(part.row, f"{second:.2f}", f"{score:.1f}")
        of_clips.add_section()
    within = made.interval
    of_video = Table(show_header=False)
    of_video.add_row("score of the video", f"{made.score:.1f}")
    if within:
        of_video.add_row(f"{100 * within.coverage:g} % interval", f"{within.low:.1f} to {within.high:.1f}")
    else:
        of_video.add_row("interval", "none")
    of_video.add_row("constant predictor", f"{made.constant:.1f}")
    of_video.add_row("trained on", f"{made.corpus}, {made.run.protocol}, {made.run.profile}, seed {made.run.seed}")
    of_video.add_row(
        "frames, without a face, jumps", f"{made.faces.frames}, {made.faces.without_face}, {made.faces.jumps}"
    )
    of_video.add_row("blur, face size", f"{made.faces.blur:.0f}, {made.faces.face_size_px:.0f} px")
    of_video.add_row("warnings", "; ".join(made.faces.warnings) or "none")
    console = _console()
    console.print(of_clips)
    console.print(of_video)
    for sentence in made.limits:
        console.print(sentence, highlight=False, markup=False)


def _print_frame(frame) -> None:
    from rich.table import Table

    table = Table()
    for column in frame.columns:
        table.add_column(str(column))
    for row in frame.itertuples(index=False):
        table.add_row(*(f"{value:.2f}" if isinstance(value, float) else str(value) for value in row))
    _console().print(table)
