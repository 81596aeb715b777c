"""``depnb faces``: the face crops of a corpus, with a report on every video."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from depnb.cli import show
from depnb.cli.options import CorpusName, On, Workers, demand_device, demand_writable

if TYPE_CHECKING:
    from depnb.corpus import Corpus
    from depnb.faces import Report


def faces(
    corpus: CorpusName,
    csv: Annotated[Path | None, typer.Option(help="Also write the whole report there.")] = None,
    accuracy: Annotated[
        Path | None, typer.Option(help="Generated corpora: compare with the known landmarks, write JSON there.")
    ] = None,
    workers: Workers = None,
    on: On = "here",
    device: Annotated[
        str, typer.Option(help="cpu, cuda (all GPUs, shared out among the processes), cuda:N, or auto.")
    ] = "cpu",
    frame_stride: Annotated[
        int,
        typer.Option(
            "--frame-stride",
            "--every",
            min=1,
            help="Stride between the frames whose crops are stored; by default 1, all frames, for all methods.",
        ),
    ] = 1,
    paper: Annotated[
        str | None, typer.Option(help="Only the frames that this method needs at the profile paper, as in msn.")
    ] = None,
    protocol: Annotated[str, typer.Option(help="Of the method, with --paper: honest, paper or another one.")] = "paper",
    min_face: Annotated[
        float,
        typer.Option(
            envvar="DEPNB_MIN_FACE",
            min=0.005,
            max=1,
            help="Side of the smallest face looked for, as a share of the frame's shorter side.",
        ),
    ] = 1 / 8,
    fps: Annotated[
        float | None,
        typer.Option(envvar="DEPNB_FPS", min=0.1, max=240, help="Resample the videos to so many frames per second."),
    ] = None,
) -> None:
    """Find, align and store the faces of a corpus, and report on every video; those that are not perfect are listed.

    Crops are stored without loss under `$DEPNB_CACHE`, about 64 kB each. Crops of all frames serve every method; with
    a stride they are the same but for rounding, and need as much less disk. Interrupted, it goes on with the
    unfinished videos. Trainings use the crops of other `--min-face` and `--fps` where the environment says the same as
    DEPNB_MIN_FACE and DEPNB_FPS.

    Examples: `depnb faces /data/AVEC2014 --csv faces.csv`; `depnb faces /data/AVEC2013 --paper distribution`;
    `depnb faces /data/AVEC2013 --frame-stride 8 --device cuda`; `depnb faces manifest.csv --min-face 0.05 --fps 30`.
    """
    from depnb import faces as stage
    from depnb.corpus import open_corpus
    from depnb.experiments.engines import working_on
    from depnb.faces.quality import rate_remarks
    from depnb.system.files import cache_dir, write_text
    from depnb.system.repository import demand_ignored
    from depnb.system.text import to_csv

    if on == "here":
        demand_device(device)
    if paper is not None and frame_stride != 1:
        raise ValueError(
            f"--paper {paper} says itself which frames are needed: leave --frame-stride {frame_stride} out."
        )
    opened = open_corpus(corpus)
    for file in filter(None, (csv, accuracy)):
        if opened.licensed:
            demand_ignored(file, opened.title)
        demand_writable(file.parent)
    with working_on(on, cache_dir() / "logs", [], show.say):
        opened.ensure(opened.recordings)
        if paper is not None:
            frame_stride = _stride_of(paper, protocol, corpus, opened)
            frames = f"one frame in {frame_stride}" if frame_stride > 1 else "all frames"
            show.say(f"{paper}, protocol {protocol}: crops of {frames}")
        settings = stage.Settings(min_face=min_face, frame_stride=frame_stride, fps=fps)
        report = stage.prepare(opened.recordings, workers=workers, device=stage.devices(device), settings=settings)
    if csv is not None:
        write_text(csv, to_csv(report.table()))
    _print(report)
    partitions = {recording.name: recording.partition for recording in opened.recordings}
    for remark in rate_remarks({row.name: row.frame_rate for row in report.rows}, partitions):
        show.say(f"⚠ {remark}")
    if accuracy is not None:
        _write_accuracy(accuracy, opened, report)
    for failure in report.failures:
        show.say(f"✘ {failure.name}: {failure.error}", err=True)
    if report.failures:
        raise typer.Exit(1)


def _stride_of(paper: str, protocol: str, name: str, corpus: "Corpus") -> int:
    """The stride between the frames that all rows of a paper together need."""
    from depnb.experiments.run import Run
    from depnb.experiments.split import crops_needed
    from depnb.methods.registry import method

    runs = [Run(paper, row, name, protocol, "paper") for row in method(paper).rows]
    (frame_stride,) = crops_needed(runs, corpus)
    return frame_stride


def _print(report: "Report") -> None:
    """The videos that are not perfect, and the summary."""
    table = report.table()
    flaws = table[["without_face", "jumps", "other_faces"]].gt(0).any(axis=1)
    remarkable = table[flaws | (table.status != "ok") | (table.warnings != "")]
    if len(remarkable):
        show.frame(remarkable[["name", "status", "frames", "without_face", "jumps", "other_faces"]])
    for row in report.rows:
        for warning in row.warnings:
            show.say(f"⚠ {row.name}: {warning}")
    show.say(f"{len(table) - len(remarkable)} of {len(table)} videos: one face in every frame that was looked at")
    for key, value in report.summary().items():
        show.say(f"{key}: {value}")


def _write_accuracy(file: Path, corpus: "Corpus", report: "Report") -> None:
    """Compare the landmarks of the videos that have crops with the known ones."""
    from depnb.faces import VERSION
    from depnb.faces.accuracy import accuracy
    from depnb.system.files import write_json

    failed = {row.name for row in report.failures}
    measured = accuracy([r for r in corpus.recordings if r.name not in failed])
    write_json(file, {"corpus": corpus.fingerprint, "faces": VERSION, **measured})
