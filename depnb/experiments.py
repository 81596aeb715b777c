"""A row of a table as data: which runs there are, and how a run becomes a result."""

import hashlib
import logging
import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from depnb import __version__, explain, faces, networks, pretraining
from depnb.clips import Frames, Input, load
from depnb.corpus import Corpus, Recording
from depnb.corpus.records import video_session
from depnb.evaluation import (
    BANDS,
    FEWEST_PEOPLE,
    band,
    band_bias,
    ccc,
    clipped,
    mae,
    pcc,
    rmse,
    subject_bootstrap,
    subject_folds,
    video_scores,
)
from depnb.files import StorageError, cache_dir
from depnb.methods import Asked, Protocol, asked, baselines, method, one_of, papers, parts, protocols
from depnb.profiles import PROFILES, Profile
from depnb.results import Attention, Predictions, Result, Run, Store, opened
from depnb.training import Training, device_kind, laid_out, per_video, predict, train

__all__ = [
    "COMMITTED_SEEDS", "WHICH", "Run", "asked_rows", "bodies", "crops_needed", "grid", "rows", "run", "runs_for",
]  # fmt: skip

LIBRARIES = (
    "torch",
    "torchvision",
    "lightning-fabric",
    "numpy",
    "facenet-pytorch",
    "av",
    "opencv-python-headless",
    "captum",
    "scikit-learn",
)
DIGITS = 4
TOLD = ("trained_on", "unscored")
"""What a result of people who exist tells of each partition: how many were trained on, recordings without a score."""
COMMITTED_SEEDS = (0, 1, 2)
WHICH = ("headline", "all")

log = logging.getLogger("depnb")


def rows(paper: str, which: str = "all") -> tuple[tuple[str, str, str], ...]:
    """The (row, corpus, protocol) of a paper's tables.

    Args:
        paper: a method of ``depnb.methods``.
        which: ``headline`` (the paper's own model and its direct rivals) or ``all``.
    """
    lines = method(paper).GRID
    if which not in lines:
        raise KeyError(f"No rows {which!r}: choose from {', '.join(lines)}.")
    return tuple((*line, "honest") if len(line) == 2 else line for line in lines[which])


def grid(profile: str, which: str = "headline", seeds: Sequence[int] = COMMITTED_SEEDS) -> list[Run]:
    """All runs of all papers, seeds innermost."""
    return [
        Run(paper, row, corpus, protocol, profile=profile, seed=seed)
        for paper in papers()
        for row, corpus, protocol in rows(paper, which)
        for seed in seeds
    ]


def runs_for(
    profile: str, which: str, seeds: tuple[int, ...], corpus: str = "both", protocol: str = "honest"
) -> list[Run]:
    """The grid of runs as a notebook or a reproduction asks for it.

    On another corpus than ``both`` every row runs on that corpus alone; under another protocol than ``honest`` every
    row runs under that protocol, as far as its paper knows it. ``which`` may also be one row, ``PAPER/ROW``, whether
    the tables ask for it or not.

    Raises:
        ValueError: ``which`` or ``protocol`` is not one of the values it can have.
    """
    one_of("protocol", protocol, protocols())
    if "/" in which:
        paper, _, row = which.partition("/")
        one_of("row", row, tuple(method(paper).ROWS))
        return [Run(paper, row, corpus, protocol, profile, seed) for seed in seeds]
    one_of("rows", which, WHICH)
    runs = grid(profile, which, seeds=seeds)
    if corpus != "both":
        runs = list(dict.fromkeys(replace(run, corpus=corpus) for run in runs))
    if protocol != "honest":
        honest = [run for run in runs if run.protocol == "honest" and protocol in method(run.paper).PROTOCOLS]
        runs = [replace(run, protocol=protocol) for run in honest]
    return runs


def run(run: Run, store: Store, *, device: str = "auto") -> Result:
    """The result of a run: loaded from the store (HIT), or made and saved there (MISS).

    Interrupted, it continues from its last checkpoint. If another process is making it, this one waits for that result.

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
    return _stored(run, store, device)[0]


def _stored(run: Run, store: Store, device: str) -> tuple[Result, Mapping[str, Predictions]]:
    """The result and the scores per person, which a store has only of generated people, and who trains of all."""
    result, origin = store.load(run), store.explain(run)
    judged = result.predictions if result else {}
    if result is None:
        with store.claimed(run):
            result, origin = store.load(run), store.explain(run)
            judged = result.predictions if result else {}
            if result is None:
                place = hashlib.sha256(str(store.path.resolve()).encode()).hexdigest()[:8]
                checkpoints = cache_dir() / "checkpoints" / f"{run.digest[:24]}-{place}"
                result, judged = _make(run, store, device, checkpoints)
                store.save(result)
                shutil.rmtree(checkpoints, ignore_errors=True)  # with what a kill left of a half-written one
    log.info(origin)
    return replace(result, origin=origin), judged


def prepare(runs: Sequence[Run], device: str = "auto") -> None:
    """Make the videos and the face crops of ``runs`` and of their face pretrainings: then they need only be trained.

    ``device`` is that of the trainings. Of a run that cannot be prepared nothing is said: the run itself will say it.

    Raises:
        StorageError: the disk is full or must not be written.
    """
    needs: dict[tuple[str, str, Protocol], list[Run]] = {}
    for run in runs:
        needs.setdefault((run.corpus, run.profile, method(run.paper).PROTOCOLS[run.protocol]), []).append(run)
    for (name, profile, protocol), own in needs.items():
        with _others_go_on(name):
            corpus = opened(name, profile)
            for every in crops_needed(own, corpus):
                _prepare(corpus, list(splits(corpus, protocol)), every)
    for name in dict.fromkeys(run.profile for run in runs):
        with _others_go_on("the people of the face pretraining"):
            if any(
                not body.exists() for run in runs if run.profile == name for body in bodies(run, device_kind(device))
            ):
                pretraining.people(PROFILES[name])


@contextmanager
def _others_go_on(what: str) -> Iterator[None]:
    try:
        yield
    except StorageError:
        raise
    except Exception as error:  # the others are worth having
        log.warning("%s could not be prepared: %r", what, error)


def crops_needed(runs: Sequence[Run], corpus: Corpus) -> list[int]:
    """Crops of every how manieth frame runs on a corpus need: ``[1]`` is those of all frames, which serve for all."""
    steps = {_every(of.eats, corpus) for run in runs for of in asked_rows(run, corpus).values()}
    return [1] if 1 in steps else sorted(steps)


def asked_rows(run: Run, corpus: Corpus) -> dict[str, Asked]:
    """What a run trains, by row: of a fused one its parts."""
    module = method(run.paper)
    return {row: asked(module, row, run.profile, run.protocol, corpus) for row in parts(module, run.row)}


def _every(eats: Input, corpus: Corpus) -> int:
    """Crops of every how manieth frame are needed: of generated videos, which are short, of all."""
    return eats.step if corpus.licensed and eats.step else 1


def _prepare(corpus: Corpus, trainings: "Sequence[Split]", every: int) -> None:
    """Render, where it is generated, what trainings need of a corpus, and find the faces in every so manieth frame."""
    people = [part for s in trainings for part in (s.train, s.select or [], *s.judged.values())]
    needed = list(dict.fromkeys(recording for part in people for recording in part))
    corpus.ensure(needed)
    faces.prepare(needed, settings=faces.Settings(every=every))


def bodies(run: Run, kind: str) -> Iterator[Path]:
    """Where the pretrained bodies lie, or will lie, that a run starts from when it trains on a kind of device."""
    module = method(run.paper)
    for of in asked_rows(run, opened(run.corpus, run.profile)).values():
        if of.config.start == "identity":
            build = partial(_body, module, of.config, of.profile)
            yield pretraining.file(build, of.profile, of.eats, of.learning.faces, kind)


def _body(module: ModuleType, config: Any, profile: Profile) -> nn.Module:
    """The shapes of a row's body, without its numbers."""
    with torch.device("meta"):
        return module.model(config, profile.scale).body


@dataclass(frozen=True)
class Split:
    """Who one network is trained, selected and judged on.

    Attributes:
        train: recordings. select: recordings that choose the step, or None.
        judged: recordings by partition: ``test``, ``unseen`` or ``folds``.
    """

    train: list[Recording]
    select: list[Recording] | None
    judged: dict[str, list[Recording]]


def splits(corpus: Corpus, protocol: Protocol) -> Iterator[Split]:
    """The trainings that a protocol asks for: one, or one a fold.

    ``unseen`` are people whom nothing was trained or selected on: those of the ``unseen`` partition or, where there are
    none, those of the test set. In ``folds`` every labelled video of the protocol's
    partitions is judged once, by a network that has met its person neither in training nor in selection.
    """
    if protocol.folds:
        everyone = [r for r in corpus.partition(*protocol.train) if r.bdi is not None]
        folds = subject_folds([r.subject for r in everyone], [r.bdi for r in everyone], protocol.folds)
        parts = [[everyone[index] for index in fold] for fold in folds]
        for number, part in enumerate(parts):
            select = parts[(number + 1) % len(parts)]
            train = [r for other in parts if other is not part and other is not select for r in other]
            yield Split(train, select, {"folds": part})
        return
    seen = (*protocol.train, protocol.select) if protocol.select else protocol.train
    unseen = corpus.unseen("unseen", seen) or corpus.unseen("test", seen)
    judged = {"test": corpus.partition("test"), "unseen": unseen}
    select = corpus.partition(protocol.select) if protocol.select else None
    yield Split(corpus.partition(*protocol.train), select, {name: part for name, part in judged.items() if part})


def _make(run: Run, store: Store, device: str, checkpoints: Path) -> tuple[Result, Mapping[str, Predictions]]:
    """A trained row, or a fused one from its parts: those that the store has with scores, the others trained."""
    rows = parts(method(run.paper), run.row)
    if rows == (run.row,):
        return _trained(run, device, checkpoints, store.networks)
    made = []
    for row in rows:
        part = replace(run, row=row)
        result, judged = _stored(part, store, device)
        if not judged:  # stored before, of a licensed corpus, of which no scores per person are kept
            result, judged = _trained(part, device, checkpoints / row, store.networks)
        made.append((result, judged))
    return _fused(run, made)


def _trained(
    run: Run, device: str, checkpoints: Path, keep: Path | None = None
) -> tuple[Result, dict[str, Predictions]]:
    """Corpus → faces → clips → training → evaluation; the scores per person also of a licensed corpus.

    The trained networks are kept in the folder ``keep``, if there is one.
    """
    start = time.monotonic()
    corpus = opened(run.corpus, run.profile)
    of = asked(method(run.paper), run.row, run.profile, run.protocol, corpus)
    trainings = list(splits(corpus, of.protocol))
    _prepare(corpus, trainings, _every(of.eats, corpus))
    prepared = time.monotonic()

    pieces = []
    for number, split in enumerate(trainings):
        fold = number if of.protocol.folds else None
        label = f"{run.paper} {run.name}" + (f" fold {number + 1} of {len(trainings)}" if of.protocol.folds else "")
        frames = {
            name: load(part, of.eats, of.profile.frames, of.profile.scale.input_size) for name, part in _parts(split)
        }
        training = _training(method(run.paper), of, frames, run.seed, device, label, checkpoints / f"{number}.pt")
        if keep:
            _keep(networks.file(keep, run, fold), run, fold, corpus, training, frames, of.eats)
        pieces.append(_judged(split, training, frames, of.eats, corpus))

    judged = {name: _joined([piece.judged[name] for piece in pieces]) for name in pieces[0].judged}
    told = {name: {key: sum(piece.told[name][key] for piece in pieces) for key in TOLD} for name in judged}
    done = [piece.training for piece in pieces]
    result = Result(
        run=run,
        digest=run.digest,
        facts=run.facts,
        **_evaluated(judged, told if corpus.licensed else None),
        noise_floor=corpus.noise_floor,
        predictions=judged if corpus.generated else {},
        attention=pieces[-1].attention,
        curves=tuple(training.curve for training in done),
        selected_steps=tuple(training.selected_step for training in done),
        learnt=all(training.learnt for training in done),
        left_out={
            name: tuple(sorted(dict(video for piece in pieces for video in piece.left_out[name]).items()))
            for name in pieces[0].left_out
        },
        seconds={
            "preparation": prepared - start,
            "training": sum(training.seconds for training in done),
            "whole": time.monotonic() - start,
        },
        peak_memory_mb=max(training.peak_memory_mb for training in done),
        device=done[0].device,
        **done[0].profile.computing(),
        versions={"depnb": __version__, **{name: version(name) for name in LIBRARIES}},
        commit=commit(),
    )
    return result, judged


def _training(
    module: ModuleType, of: Asked, frames: Mapping[str, Frames], seed: int, device: str, label: str, checkpoint: Path
) -> Training:
    return train(
        lambda: _network(module, of, device),
        frames["train"],
        frames.get("select"),
        of.profile,
        seed=seed,
        eats=of.eats,
        learning=of.learning.scores,
        device=device,
        label=label,
        checkpoint=checkpoint,
    )


class _Piece(NamedTuple):
    """A training, and what is known of those whom it is judged on.

    Attributes:
        judged: scores, by partition.
        told: by partition, how many people were trained on, and how many labelled recordings have no score.
        left_out: (name, reason) of videos, by partition, those of the training too.
        attention: maps, if the network has any.
    """

    training: Training
    judged: dict[str, Predictions]
    told: dict[str, dict[str, int]]
    left_out: dict[str, tuple[tuple[str, str], ...]]
    attention: tuple[Attention, ...]


def _judged(split: Split, training: Training, frames: Mapping[str, Frames], eats: Input, corpus: Corpus) -> _Piece:
    judged, told = {}, {}
    trained_on = set(frames["train"].subjects)
    for name, recordings in split.judged.items():
        scores = predict(training.model, frames[name], training.profile, eats)
        judged[name] = _predictions(frames["train"], frames[name], scores)
        labelled = sum(recording.bdi is not None for recording in recordings)
        told[name] = {
            "trained_on": len(trained_on.intersection(frames[name].subjects)),
            "unscored": labelled - len(frames[name]),
        }
    left_out = {name: part.left_out for name, part in frames.items()}
    looked_at, maps = ("test", _mean_attention) if corpus.licensed else ("unseen", _attention)
    there = looked_at in frames and training.model.module.attended is not None
    return _Piece(training, judged, told, left_out, maps(training, frames[looked_at], eats) if there else ())


def _fused(
    run: Run, made: Sequence[tuple[Result, Mapping[str, Predictions]]]
) -> tuple[Result, Mapping[str, Predictions]]:
    """The row whose video scores are the means of its parts' scores; what it cost is what they cost."""
    results = [result for result, _ in made]
    judged = {name: _averaged([predictions[name] for _, predictions in made]) for name in made[0][1]}
    told = None if results[0].predictions else results[0].metrics  # of people who exist no scores are kept
    fused = replace(
        results[0],
        run=run,
        digest=run.digest,
        facts=run.facts,
        **_evaluated(judged, told),
        predictions=judged if results[0].predictions else {},
        attention=(),
        curves=tuple(curve for result in results for curve in result.curves),
        selected_steps=tuple(step for result in results for step in result.selected_steps),
        learnt=all(result.learnt for result in results),
        left_out={n: tuple(sorted({v for r in results for v in r.left_out.get(n, ())})) for n in results[0].left_out},
        seconds={stage: sum(result.seconds[stage] for result in results) for stage in results[0].seconds},
        peak_memory_mb=max(result.peak_memory_mb for result in results),
        commit=commit(),
    )
    return fused, judged


def _averaged(sides: Sequence[Predictions]) -> Predictions:
    """The same videos scored by several rows: the mean of their scores; medians as means of medians.

    Raises:
        ValueError: a row left out a video that another one scored.
    """
    if len({side.video for side in sides}) > 1:
        odd = set.symmetric_difference(*(set(side.video) for side in sides[:2]))
        raise ValueError(f"Rows that are to be averaged scored different videos: {', '.join(sorted(odd))}.")
    score, median = (np.mean([getattr(side, name) for side in sides], axis=0) for name in ("score", "median"))
    return replace(sides[0], score=_rounded(score), median=_rounded(median))


def _network(module: ModuleType, of: Asked, device: str) -> nn.Module:
    """A row's network, its body as ``Config.start`` says."""
    network = module.model(of.config, of.profile.scale)
    build = lambda: module.model(of.config, of.profile.scale).body  # noqa: E731
    pretraining.begin(network.body, build, of.config.start, of.profile, of.eats, of.learning.faces, device)
    return network


def _keep(
    path: Path, run: Run, fold: int | None, corpus: Corpus, training: Training, frames: dict[str, Frames], eats: Input
) -> None:
    """Write a trained network, with the errors on those of the selecting partition whom it was not trained on."""
    train, select = frames["train"], frames.get("select")
    errors = []
    if select is not None:
        off = np.abs(per_video(predict(training.model, select, training.profile, eats), select) - select.bdi.numpy())
        known = set(train.subjects)
        errors = [(float(e), s) for e, s in zip(off, select.subjects, strict=True) if s not in known]
    of_person = Counter(subject for _, subject in errors)
    card = networks.Card(
        run=run,
        fold=fold,
        facts=run.facts,
        computing=training.profile.computing(),
        corpus=corpus.title,
        generated=corpus.generated,
        learnt=training.learnt,
        constant=round(float(train.bdi.mean()), DIGITS),
        errors=tuple(sorted((round(error, DIGITS), of_person[subject]) for error, subject in errors)),
        depnb=f"{__version__}, commit {commit()}",
    )
    networks.write(path, card, training.model.module)


def _parts(split: Split) -> Iterator[tuple[str, list[Recording]]]:
    yield "train", split.train
    if split.select is not None:
        yield "select", split.select
    yield from split.judged.items()


def _attention(training: Training, frames: Frames, eats: Input) -> tuple[Attention, ...]:
    """Maps for one person a severity band, whose label lies nearest to the middle of the band's labels."""
    found = []
    for _, members in _by_band(frames):
        middle = float(np.median([frames.recordings[i].bdi for i in members]))
        index = min(members, key=lambda i: (abs(frames.recordings[i].bdi - middle), i))
        recording = frames.recordings[index]
        score, maps = _looked_at(training, frames, eats, index)
        found += [_attended(recording.name, moment, recording.bdi, score, heat) for moment, heat in maps]
    return tuple(found)


def _mean_attention(training: Training, frames: Frames, eats: Input) -> tuple[Attention, ...]:
    """The mean over all videos of a severity band, for people who exist: nobody's own map is kept.

    A band of fewer than ``FEWEST_PEOPLE`` has none. ``frame`` only tells the ends of a clip apart.
    """
    found = []
    for name, members in _by_band(frames):
        people = len({frames.recordings[i].subject for i in members})
        if people < FEWEST_PEOPLE:
            continue
        scores, maps = zip(*(_looked_at(training, frames, eats, index) for index in members), strict=True)
        bdi = np.mean([frames.recordings[i].bdi for i in members])
        for place, of_videos in enumerate(zip(*maps, strict=True)):
            mean = np.mean([heat for _, heat in of_videos], axis=0)
            found.append(_attended(f"{name}: mean of {people} people", place, bdi, np.mean(scores), mean))
    return tuple(found)


def _by_band(frames: Frames) -> Iterator[tuple[str, list[int]]]:
    """Severity bands that occur, and the places of their videos."""
    for name, _, _ in BANDS:
        members = [place for place, recording in enumerate(frames.recordings) if band(recording.bdi) == name]
        if members:
            yield name, members


def _looked_at(
    training: Training, frames: Frames, eats: Input, index: int
) -> tuple[float, list[tuple[int, np.ndarray]]]:
    """Score and maps of the middle one of the inputs that a video is judged by.

    One map [h, w] with its frame, or of a clip whose maps have several moments those of its two ends.
    """
    own = [(video, start) for video, start in frames.inputs(eats) if video == index]
    chosen = own[len(own) // 2]
    clip = eats.prepare(frames.clips([chosen], eats), False)  # [1, …]
    (score,), (heat,) = explain.grad_cam(training.model.module, laid_out(clip, training.profile))
    moments = frames.places(*chosen, eats)
    if heat.ndim == 3 and len(heat) > 1:
        return float(score), [(moments[0], heat[0]), (moments[-1], heat[-1])]
    return float(score), [(moments[len(moments) // 2], heat.reshape(heat.shape[-2:]))]


def _attended(name: str, moment: int, bdi: float, score: float, heat: np.ndarray) -> Attention:
    values = tuple(_rounded(line) for line in heat)
    return Attention(name, moment, round(float(bdi), DIGITS), round(float(score), DIGITS), values)


def _predictions(train: Frames, frames: Frames, scores: np.ndarray) -> Predictions:
    """Video scores from frame or clip scores [N, n]."""
    return Predictions(
        video=tuple(r.name for r in frames.recordings),
        subject=tuple(frames.subjects),
        bdi=tuple(float(r.bdi) for r in frames.recordings),
        score=_rounded(per_video(scores, frames)),
        median=_rounded(per_video(scores, frames, "median")),
        constant=_rounded(baselines.constant(train.recordings, frames.recordings)),
        identity_only=_rounded(baselines.identity_only(train.recordings, frames.recordings)),
    )


def _joined(pieces: Sequence[Predictions]) -> Predictions:
    columns = Predictions.__dataclass_fields__
    return Predictions(**{name: tuple(v for piece in pieces for v in getattr(piece, name)) for name in columns})


def _evaluated(judged: Mapping[str, Predictions], told: Mapping[str, Mapping[str, float]] | None) -> dict[str, dict]:
    """Metrics and baselines of a result, by partition.

    Args:
        judged: scores, by partition.
        told: for people who exist, what it takes to see whether a number is about few of them: in each partition, how
            many were trained on, and how many recordings have no score. It is kept; a band of few people has no bias;
            and sessions of several tasks are judged too, as papers do that count people and not videos: the score of a
            session is the mean over its videos.
    """
    numbers = {name: _metrics(predictions) for name, predictions in judged.items()}
    if told is not None:
        test = set(judged["test"].subject) if "test" in judged else set()
        for name, predictions in judged.items():
            metrics, _ = numbers[name]
            rest = test.difference(predictions.subject) if test.issuperset(predictions.subject) else ()
            metrics |= {key: float(told[name][key]) for key in TOLD}
            metrics |= {"rest_of_test": float(len(rest))} | _session_metrics(predictions)
            for few in _bands_of_few(predictions):
                metrics.pop(f"bias_{few}", None)
    return {
        "metrics": {name: own for name, (own, _) in numbers.items()},
        "baselines": {name: rivals for name, (_, rivals) in numbers.items()},
    }


def _metrics(predictions: Predictions) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    bdi, subjects, score = predictions.bdi, predictions.subject, predictions.score
    numbers = {"videos": float(len(bdi)), "subjects": float(len(set(subjects)))}
    for metric in (mae, rmse):
        low, high = subject_bootstrap(bdi, score, subjects, metric)
        name = metric.__name__
        numbers |= {name: metric(bdi, score), f"{name}_low": low, f"{name}_high": high}
    numbers |= {"pcc": pcc(bdi, score), "ccc": ccc(bdi, score)}
    numbers |= {"rmse_median": rmse(bdi, predictions.median), "rmse_clipped": rmse(bdi, clipped(score))}
    numbers |= {f"bias_{band}": bias for band, (_, bias) in band_bias(bdi, score).items()}
    rivals = {
        name: {metric.__name__: metric(bdi, getattr(predictions, name)) for metric in (mae, rmse)}
        for name in ("constant", "identity_only")
    }
    return {name: value for name, value in numbers.items() if np.isfinite(value)}, rivals


def _bands_of_few(predictions: Predictions) -> list[str]:
    """Severity bands of fewer than ``FEWEST_PEOPLE`` people."""
    pairs = set(zip(map(band, predictions.bdi), predictions.subject, strict=True))
    people = Counter(name for name, _ in pairs)
    return [name for name, _, _ in BANDS if people[name] < FEWEST_PEOPLE]


def _session_metrics(predictions: Predictions) -> dict[str, float]:
    """Errors of sessions; none where a session is one video."""
    sessions = [video_session(name) for name in predictions.video]
    if len(set(sessions)) == len(sessions):
        return {}
    bdi, score = (
        np.array(list(video_scores(column, sessions).values())) for column in (predictions.bdi, predictions.score)
    )
    return {"sessions": float(len(bdi)), "mae_sessions": mae(bdi, score), "rmse_sessions": rmse(bdi, score)}


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
