"""A row of a table as data: which runs there are, and how a run becomes a result."""

import logging
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from depnb import __version__, faces
from depnb.clips import Frames, load_frames
from depnb.corpus import Corpus, Recording
from depnb.evaluation import mae, rmse, subject_bootstrap
from depnb.faces.crops import crop_path
from depnb.methods import PAPERS, Protocol, baselines, method
from depnb.profiles import PROFILES
from depnb.results import Predictions, Result, Run, Store, opened
from depnb.training import per_video, predict, train

__all__ = ["Run", "estimate", "grid", "rows", "run"]

LIBRARIES = ("torch", "torchvision", "lightning-fabric", "numpy", "facenet-pytorch", "av", "opencv-python-headless")
DIGITS = 4

log = logging.getLogger("depnb")


def rows(paper: str, which: str = "all") -> tuple[tuple[str, str], ...]:
    """The (row, corpus) pairs of a paper's tables.

    Args:
        paper: a method of ``depnb.methods``.
        which: ``headline`` (the paper's own model) or ``all``.
    """
    pairs = method(paper).GRID
    if which not in pairs:
        raise KeyError(f"No rows {which!r}: choose from {', '.join(pairs)}.")
    return pairs[which]


def grid(profile: str, which: str = "headline", seeds: Sequence[int] = (0, 1, 2)) -> list[Run]:
    """All runs of all papers under the honest protocol, seeds innermost."""
    return [
        Run(paper, row, corpus, profile=profile, seed=seed)
        for paper in PAPERS
        for row, corpus in rows(paper, which)
        for seed in seeds
    ]


def run(run: Run, store: Store, *, device: str = "auto") -> Result:
    """The result of a run: loaded from the store (HIT), or made from nothing and saved there (MISS).

    Args:
        run: what is asked for.
        store: where to look and to save.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.

    Returns:
        the result; its ``origin`` says HIT or MISS and why.

    Raises:
        MissingResult: a MISS in a strict store.
        ValueError: no video of a partition can be used.
    """
    result = store.load(run)
    origin = store.explain(run)
    log.info(origin)
    if result is None:
        result = _make(run, device)
        store.save(result)
    return replace(result, origin=origin)


@dataclass(frozen=True)
class Cost:
    """On two CPU cores: seconds and MB of one video and of its crops, and seconds of one training."""

    video_s: float
    video_mb: float
    crops_s: float
    crops_mb: float
    training_s: float


# smoke and quick are measured (2 AVX2 cores); paper is reckoned from quick by frames, pixels and operations.
COSTS = {
    "smoke": Cost(video_s=0.1, video_mb=0.05, crops_s=0.2, crops_mb=0.6, training_s=5),
    "quick": Cost(video_s=0.17, video_mb=0.11, crops_s=0.28, crops_mb=1.7, training_s=28),
    "paper": Cost(video_s=23, video_mb=2.5, crops_s=8, crops_mb=8.5, training_s=20 * 3600),
}


def estimate(runs: Sequence[Run]) -> list[tuple[str, float, float]]:
    """What making these runs costs on two CPU cores: (what, seconds, MB of disk), for what is not there yet."""
    videos, crops = {}, {}
    for run in runs:
        corpus, cost = opened(run.corpus, run.profile), COSTS[run.profile]
        for video in {recording.video.resolve() for recording in corpus.recordings}:
            if not video.exists():
                videos[video] = cost
            if not video.exists() or not crop_path(video).exists():
                crops[video] = cost
    return [
        (f"{len(videos)} videos", sum(c.video_s for c in videos.values()), sum(c.video_mb for c in videos.values())),
        (f"{len(crops)} crops", sum(c.crops_s for c in crops.values()), sum(c.crops_mb for c in crops.values())),
        (f"{len(runs)} trainings", sum(COSTS[run.profile].training_s for run in runs), 0.1 * len(runs)),
    ]


def evaluated(corpus: Corpus, protocol: Protocol) -> dict[str, list[Recording]]:
    """What a run is judged on: ``test``, and ``unseen``, people whom nothing was trained or selected on.

    A corpus without an ``unseen`` partition has the test recordings of such people there, if there are any.
    """
    seen = (*protocol.train, protocol.select) if protocol.select else protocol.train
    parts = {"test": corpus.partition("test"), "unseen": corpus.partition("unseen") or corpus.unseen("test", seen)}
    return {name: part for name, part in parts.items() if part}


def _make(run: Run, device: str) -> Result:
    """Corpus → faces → frames → training → evaluation."""
    start = time.monotonic()
    module, profile = method(run.paper), PROFILES[run.profile]
    config, protocol = module.ROWS[run.row], module.PROTOCOLS[run.protocol]
    corpus = opened(run.corpus, run.profile)
    partitions = {"train": corpus.partition(*protocol.train), **evaluated(corpus, protocol)}
    if protocol.select:
        partitions["select"] = corpus.partition(protocol.select)
    needed = list(dict.fromkeys(recording for part in partitions.values() for recording in part))
    corpus.ensure(needed)
    faces.prepare(needed)
    frames = {name: load_frames(part, profile.frames, profile.scale.input_size) for name, part in partitions.items()}
    prepared = time.monotonic()

    training = train(
        lambda: module.model(config, profile.scale),
        frames["train"],
        frames.get("select"),
        profile,
        seed=run.seed,
        vary=config.augment,
        device=device,
        label=f"{run.paper} {run.name}",
    )
    trained = time.monotonic()
    metrics, rivals, predictions = {}, {}, {}
    for name in evaluated(corpus, protocol):
        scores = per_video(predict(training.model, frames[name], profile), frames[name])
        predictions[name] = _predictions(frames["train"], frames[name], scores)
        metrics[name], rivals[name] = _metrics(predictions[name])
    return Result(
        run=run,
        digest=run.digest,
        facts=run.facts,
        metrics=metrics,
        baselines=rivals,
        noise_floor=corpus.noise_floor,
        predictions=predictions if corpus.generated else {},
        curve=training.curve,
        selected_step=training.selected_step,
        learnt=training.learnt,
        left_out={name: part.left_out for name, part in frames.items()},
        seconds={
            "preparation": prepared - start,
            "training": trained - prepared,
            "evaluation": time.monotonic() - trained,
        },
        peak_memory_mb=training.peak_memory_mb,
        device=training.device,
        precision=profile.precision,
        threads=profile.threads,
        versions={"depnb": __version__, **{name: version(name) for name in LIBRARIES}},
        commit=commit(),
    )


def _predictions(train: Frames, frames: Frames, scores: np.ndarray) -> Predictions:
    return Predictions(
        video=tuple(r.name for r in frames.recordings),
        subject=tuple(frames.subjects),
        bdi=tuple(float(r.bdi) for r in frames.recordings),
        score=_rounded(scores),
        constant=_rounded(baselines.constant(train.recordings, frames.recordings)),
        identity_only=_rounded(baselines.identity_only(train.recordings, frames.recordings)),
    )


def _metrics(predictions: Predictions) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Numbers of the network with their intervals, and of the predictors that look at no face."""
    bdi, subjects = predictions.bdi, predictions.subject
    numbers = {"videos": float(len(bdi)), "subjects": float(len(set(subjects)))}
    for metric in (mae, rmse):
        low, high = subject_bootstrap(bdi, predictions.score, subjects, metric)
        name = metric.__name__
        numbers |= {name: metric(bdi, predictions.score), f"{name}_low": low, f"{name}_high": high}
    rivals = {
        name: {metric.__name__: metric(bdi, getattr(predictions, name)) for metric in (mae, rmse)}
        for name in ("constant", "identity_only")
    }
    return numbers, rivals


def _rounded(scores: np.ndarray) -> tuple[float, ...]:
    """As they are stored; metrics are computed from these, so that the file and its numbers agree."""
    return tuple(np.round(scores, DIGITS).tolist())


def commit() -> str | None:
    """The commit of the repository, with ``+`` when files differ from it; ``None`` outside git or without it."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty=+", "--exclude=*"]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout.strip()
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None
