"""The simple rivals as results: which runs they are, how a table names them, and how one is made. Needs no torch."""

import multiprocessing
import os
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from typing import NamedTuple

import numpy as np

from depnb import __version__
from depnb.corpus import Corpus, Recording
from depnb.evaluation import baselines
from depnb.experiments.result import Predictions, Result, rounded
from depnb.experiments.run import Run
from depnb.experiments.split import Split
from depnb.methods.registry import RIVALS, TrainingSpec
from depnb.methods.rivals.rows import OF_THE_FIELD, WEIGHTS, WORDS, Features, regression
from depnb.system.progress import progress
from depnb.system.workers import Worker, spread, usable_cores

LIBRARIES = ("numpy", "scikit-learn", "dlib-bin", "av", "opencv-python-headless")
OF_NETWORKS = ("torch", "torchvision")
"""Libraries of the rivals with a frozen network."""
FEW_VIDEOS = 16
"""Fewer videos than this are looked at before worker processes would have started."""


class Measured(NamedTuple):
    """Videos by the numbers that a regression gets.

    Attributes:
        recordings: the N videos. x: their numbers, float64 [N, k].
        skipped: (name, reason) of the other videos.
    """

    recordings: tuple[Recording, ...]
    x: np.ndarray
    skipped: tuple[tuple[str, str], ...]


def is_rival(run: Run) -> bool:
    """Whether a run is that of a simple rival and not of a paper's row."""
    return run.paper == RIVALS


def titles() -> dict[str, str]:
    """How a table names each rival, by row, in the order of a table."""
    return {row: words.title for row, words in WORDS.items()}


def descriptions() -> dict[str, str]:
    """One sentence on what each rival is, by row."""
    return {row: words.description for row, words in WORDS.items()}


def not_run(row: str) -> str:
    """Why a rival may have no result, and what to do; of those that need weights."""
    return f"not run: `depnb weights get {WEIGHTS[row]}`"


def lacking(rows: Iterable[str]) -> list[str]:
    """The rivals of frozen networks that a table lacks, which has some of these rows.

    There are none, where no baseline of the field has been run at all.
    """
    there = set(rows)
    return [row for row in WEIGHTS if row not in there] if there.intersection(OF_THE_FIELD) else []


def make(
    run: Run, of: TrainingSpec, corpus: Corpus, split: Split, prepared_s: float
) -> tuple[Result, Mapping[str, Predictions]]:
    """The result of a rival; its scores per person are returned of a licensed corpus too, and kept of none.

    Args:
        run: what is asked for. of: what it stands for.
        corpus: whose crops are prepared. split: who is trained and judged on.
        prepared_s: seconds that the preparation took.

    Raises:
        FileNotFoundError: the weights of a frozen network are not on this machine.
        ValueError: no video of a partition can be used, or there is one person to train on.
    """
    import psutil  # which listings do not need, nor the evaluation, which loads torch

    from depnb.experiments.evaluation import of_run
    from depnb.methods.rivals.features import demand_weights
    from depnb.methods.rivals.regression import fit

    start = time.monotonic()
    demand_weights(of.config.features)
    parts = {"train": split.train, **split.evaluated}
    _look(list(dict.fromkeys(recording for part in parts.values() for recording in part)), of)
    measured = {name: _measured(part, of) for name, part in parts.items()}
    train = measured["train"]
    known = {r.subject for r in train.recordings}
    model = fit(train.x, _labels(train), [r.subject for r in train.recordings], regression(of.config.features))
    evaluated = {name: _predictions(train, measured[name], model.predict(measured[name].x)) for name in split.evaluated}
    counts = {
        name: {
            "trained_on": len(known.intersection(own.subject)),
            "unscored": sum(r.bdi is not None for r in parts[name]) - len(own.bdi),
        }
        for name, own in evaluated.items()
    }
    trained_s = time.monotonic() - start
    result = Result(
        **of_run(run, corpus, evaluated, counts),
        attention=(),
        curves=(),
        selected_steps=(0,),
        learnt=model.learnt,
        skipped={name: tuple(sorted(part.skipped)) for name, part in measured.items()},
        seconds={"preparation": prepared_s, "training": trained_s, "whole": prepared_s + trained_s},
        peak_memory_mb=psutil.Process().memory_info().rss / 2**20,
        device="cpu",
        precision="64-true",
        memory_format="contiguous_format",
        threads=1,
        versions={"depnb": __version__, **{name: version(name) for name in _libraries(of)}},
    )
    return result, evaluated


def _libraries(of: TrainingSpec) -> tuple[str, ...]:
    return (*LIBRARIES, *OF_NETWORKS) if of.config.features in WEIGHTS else LIBRARIES


def _look(recordings: Sequence[Recording], of: TrainingSpec) -> None:
    """Make what takes long of the videos that lack it, on all cores; a worker process has one, and does it by itself.

    What goes wrong is said by ``_measured``, which comes to the same video.
    """
    from depnb.methods.rivals.features import is_kept  # as below

    asked = of.config.features, of.input_spec.step or 1, of.profile.frames
    todo = {r.name: r for r in recordings if r.bdi is not None and not is_kept(r, *asked)}
    if len(todo) < FEW_VIDEOS or multiprocessing.parent_process():
        return
    with (
        progress(of.config.features.replace("_", " "), len(todo), "videos") as bar,
        spread(todo, partial(_looked, *asked), workers=usable_cores(), start=_one_thread) as outcomes,
    ):
        for _ in outcomes:
            bar.advance()


def _looked(features: Features, step: int, frames: int, recording: Recording, worker: Worker) -> None:
    from depnb.methods.rivals.features import numbers  # as below

    numbers(recording, features, step, frames)


def _one_thread(number: int) -> None:
    import cv2  # which listings do not need

    cv2.setNumThreads(1)


def _measured(recordings: Sequence[Recording], of: TrainingSpec) -> Measured:
    """The numbers of all labelled recordings that have them, in their order.

    They are measured in an order of this process's own: rivals side by side share what they keep of each video.

    Raises:
        ValueError: nothing is left.
    """
    from depnb.methods.rivals.features import TooFewFrames, numbers  # loads a picture library

    found: dict[int, np.ndarray | str] = {}
    step, frames = of.input_spec.step or 1, of.profile.frames
    places = list(range(len(recordings)))
    random.Random(os.getpid()).shuffle(places)
    with progress(of.config.features.replace("_", " "), len(recordings), "videos") as bar:
        for place in places:
            try:
                known = recordings[place].bdi is not None
                found[place] = numbers(recordings[place], of.config.features, step, frames) if known else "no label"
            except (FileNotFoundError, TooFewFrames) as error:
                found[place] = str(error)
            bar.advance()
    pairs = [(recording, found[place]) for place, recording in enumerate(recordings)]
    kept = [(recording, x) for recording, x in pairs if not isinstance(x, str)]
    skipped = tuple((recording.name, x) for recording, x in pairs if isinstance(x, str))
    if not kept:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in skipped[:3])
        raise ValueError(f"No usable video among {len(recordings)} recordings. First reasons: {reasons}")
    return Measured(tuple(recording for recording, _ in kept), np.stack([x for _, x in kept]), skipped)


def _labels(videos: Measured) -> np.ndarray:
    return np.array([r.bdi for r in videos.recordings], dtype=float)  # [N]


def _predictions(train: Measured, videos: Measured, scores: np.ndarray) -> Predictions:
    """A rival gives one score per video, which is its median too."""
    return Predictions(
        video=tuple(r.name for r in videos.recordings),
        subject=tuple(r.subject for r in videos.recordings),
        bdi=tuple(map(float, _labels(videos))),
        score=rounded(scores),
        median=rounded(scores),
        constant=rounded(baselines.constant(train.recordings, videos.recordings)),
        identity_only=rounded(baselines.identity_only(train.recordings, videos.recordings)),
    )
