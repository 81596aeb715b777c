"""How a run becomes a result: corpus → faces → inputs → training → evaluation."""

import hashlib
import logging
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from depnb import __version__, faces
from depnb.corpus import Corpus, Recording
from depnb.experiments import networks, rivals
from depnb.experiments.band_errors import by_band, disclosed
from depnb.experiments.corpora import open_for_profile
from depnb.experiments.disclosure import kept_curve
from depnb.experiments.evaluation import COUNTS, Evaluation, evaluate, fuse, join, numbers_of, of_run
from depnb.experiments.footage import usual
from depnb.experiments.network_cards import Judged
from depnb.experiments.result import DIGITS, Predictions, Result
from depnb.experiments.run import Run
from depnb.experiments.split import Split, crop_stride, crops_needed, resolve_rows, splits
from depnb.experiments.store import Store
from depnb.inputs.loading import load
from depnb.inputs.spec import InputSpec
from depnb.inputs.videos import Frames
from depnb.methods.contract import Network, Paper
from depnb.methods.profiles import PROFILES, Profile
from depnb.methods.registry import TrainingSpec, method, parts, resolve
from depnb.system.files import StorageError, allow_open_files, cache_dir
from depnb.system.repository import commit
from depnb.training import pretraining
from depnb.training.loop import Training, device_kind, per_video, predict, train

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


log = logging.getLogger("depnb")


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
        StorageError: the disk is full, or the store or the cache must not be written.
    """
    allow_open_files()
    return _stored(run, store, device)[0]


def _stored(run: Run, store: Store, device: str) -> tuple[Result, Mapping[str, Predictions]]:
    """The result and the scores per person, which a store has only of generated people, and who trains of all."""
    result, origin = store.load(run), store.explain(run)
    evaluated: Mapping[str, Predictions] = result.predictions if result else {}
    if result is None:
        with store.claimed(run):
            result, origin = store.load(run), store.explain(run)
            evaluated = result.predictions if result else {}
            if result is None and (twin := store.twin(run)):
                result, evaluated = twin, twin.predictions
                origin = f"HIT of the same training under another name, {twin.origin}"
                store.save(result)
            elif result is None:
                place = hashlib.sha256(str(store.path.resolve()).encode()).hexdigest()[:8]
                checkpoints = cache_dir() / "checkpoints" / f"{run.digest[:24]}-{place}"
                result, evaluated = _make(run, store, device, checkpoints)
                store.save(result)
                shutil.rmtree(checkpoints, ignore_errors=True)  # with what a kill left of a half-written one
    log.info(origin)
    return replace(result, origin=origin), evaluated


def prepare(runs: Sequence[Run], device: str = "auto") -> None:
    """Make the videos and the face crops of ``runs`` and of their face pretrainings: then they need only be trained.

    ``device`` is that of the trainings. Of a run that cannot be prepared nothing is said: the run itself will say it.

    Raises:
        StorageError: the disk is full or must not be written.
    """
    needs: dict[tuple[str, str, str], list[Run]] = {}
    for run in runs:
        needs.setdefault((run.corpus, run.profile, run.protocol), []).append(run)
    for (name, profile, _), own in needs.items():
        with _others_go_on(name):
            corpus = open_for_profile(name, profile)
            protocols = dict.fromkeys(of.protocol for run in own for of in resolve_rows(run, corpus).values())
            trainings = [replace(split, apart=()) for protocol in protocols for split in splits(corpus, protocol)]
            for frame_stride in crops_needed(own, corpus):
                _prepare(corpus, trainings, frame_stride)
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


def _prepare(corpus: Corpus, trainings: "Sequence[Split]", frame_stride: int) -> None:
    """Render, where it is generated, what trainings need of a corpus, and find the faces at a stride of frames."""
    people = [part for s in trainings for part in (s.train, s.select or [], s.apart, *s.evaluated.values())]
    needed = list(dict.fromkeys(recording for part in people for recording in part))
    corpus.ensure(needed)
    faces.prepare(needed, settings=faces.Settings(frame_stride=frame_stride))


def bodies(run: Run, kind: str) -> Iterator[Path]:
    """Where the pretrained bodies lie, or will lie, that a run starts from when it trains on a kind of device."""
    for of in resolve_rows(run, open_for_profile(run.corpus, run.profile)).values():
        if of.config.start == "identity":
            build = partial(_body, run.paper, of.config, of.profile)
            yield pretraining.file(build, of.profile, of.input_spec, of.learning.faces, kind, of.seed(run.seed))


def pretrain(run: Run, device: str) -> None:
    """Train the bodies that a run starts from, and wait for those that another process trains."""
    paper = method(run.paper)
    for of in resolve_rows(run, open_for_profile(run.corpus, run.profile)).values():
        if of.config.start == "identity":
            build, faces_too = bodies_of(paper, of), of.learning.faces
            pretraining.identity(build, of.profile, of.input_spec, faces_too, device, of.seed(run.seed))


@cache
def _body(paper: str, config: Any, profile: Profile) -> nn.Module:
    """The shapes of a row's body, without its numbers."""
    with torch.device("meta"):
        return method(paper).model(config, profile.scale).body


def _make(run: Run, store: Store, device: str, checkpoints: Path) -> tuple[Result, Mapping[str, Predictions]]:
    """A trained row, or a fused one from its parts: those that the store has with scores, the others trained.

    A rival is a row without a network.
    """
    if rivals.is_rival(run):
        return _rival(run)
    rows = parts(method(run.paper), run.row)
    if rows == (run.row,):
        return _trained(run, device, checkpoints, store.networks)
    made = []
    for row in rows:
        part = replace(run, row=row)
        result, evaluated = _stored(part, store, device)
        if not evaluated:  # stored before, of a licensed corpus, of which no scores per person are kept
            result, evaluated = _trained(part, device, checkpoints / row, store.networks)
        made.append((result, evaluated))
    return fuse(run, made)


def _rival(run: Run) -> tuple[Result, Mapping[str, Predictions]]:
    """A rival on crops that are prepared as for a network."""
    start = time.monotonic()
    corpus = open_for_profile(run.corpus, run.profile)
    of = resolve(method(run.paper), run.row, run.profile, run.protocol, corpus)
    (split,) = splits(corpus, of.protocol)
    _prepare(corpus, [replace(split, select=None, apart=())], crop_stride(of.input_spec, corpus))
    return rivals.make(run, of, corpus, split, prepared_s=time.monotonic() - start)


def _trained(
    run: Run, device: str, checkpoints: Path, keep: Path | None = None
) -> tuple[Result, dict[str, Predictions]]:
    """Corpus → faces → clips → training → evaluation; the scores per person also of a licensed corpus.

    The trained networks are kept in the folder ``keep``, if there is one.
    """
    start = time.monotonic()
    corpus = open_for_profile(run.corpus, run.profile)
    of = resolve(method(run.paper), run.row, run.profile, run.protocol, corpus)
    trainings = list(splits(corpus, of.protocol))
    needed = trainings if keep else [replace(split, apart=()) for split in trainings]
    _prepare(corpus, needed, crop_stride(of.input_spec, corpus))
    prepared = time.monotonic()

    evaluations = []
    for number, split in enumerate(trainings):
        fold = number if of.protocol.folds else None
        label = f"{run.paper} {run.name}" + (f" fold {number + 1} of {len(trainings)}" if of.protocol.folds else "")
        frames = {
            name: load(part, of.input_spec, of.profile.frames, of.profile.scale.input_size)
            for name, part in _parts(split)
        }
        training = train_network(
            method(run.paper), of, frames, of.seed(run.seed), device, label, checkpoints / f"{number}.pt"
        )
        evaluations.append(evaluate(split, training, frames, of.input_spec, corpus))
        if keep:
            if split.apart:
                frames["apart"] = load(split.apart, of.input_spec, of.profile.frames, of.profile.scale.input_size)
            _keep(networks.file(keep, run, fold), run, fold, corpus, evaluations[-1], frames, of.input_spec)

    evaluated = {name: join([one.evaluated[name] for one in evaluations]) for name in evaluations[0].evaluated}
    counts = {name: {key: sum(one.counts[name][key] for one in evaluations) for key in COUNTS} for name in evaluated}
    done = [one.training for one in evaluations]
    curves = tuple(training.curve for training in done)
    if corpus.licensed:
        selecting = min((len({r.subject for r in split.select}) for split in trainings if split.select), default=0)
        curves = tuple(kept_curve(curve, selecting) for curve in curves)
    result = Result(
        **of_run(run, corpus, evaluated, counts),
        attention=evaluations[-1].attention,
        curves=curves,
        selected_steps=tuple(training.selected_step for training in done),
        learnt=all(training.learnt for training in done),
        skipped={
            name: tuple(sorted(dict(video for one in evaluations for video in one.skipped[name]).items()))
            for name in evaluations[0].skipped
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
        face_accuracy=_face_accuracy(method(run.paper), of, device, of.seed(run.seed)) * len(done),
    )
    return result, evaluated


def _face_accuracy(paper: Paper, of: TrainingSpec, device: str, seed: int) -> tuple[float, ...]:
    """How well the body knew faces that a training began with; nothing where it began otherwise."""
    if of.config.start != "identity":
        return ()
    learning = of.learning.faces
    return (pretraining.identity(bodies_of(paper, of), of.profile, of.input_spec, learning, device, seed).accuracy,)


def train_network(
    paper: Paper,
    of: TrainingSpec,
    frames: Mapping[str, Frames],
    seed: int,
    device: str,
    label: str,
    checkpoint: Path,
) -> Training:
    """Train the network of a row on ``frames["train"]``.

    Args:
        paper, of: what the row is. frames: by ``train``, and ``select`` and ``watch`` where there are such.
        seed, device, label, checkpoint: as for ``loop.train``.
    """
    return train(
        lambda: _network(paper, of, device, seed),
        frames["train"],
        frames.get("select"),
        of.profile,
        seed=seed,
        input_spec=of.input_spec,
        learning=of.learning.scores,
        device=device,
        label=label,
        checkpoint=checkpoint,
        watch=frames.get("watch"),
    )


def _network(paper: Paper, of: TrainingSpec, device: str, seed: int) -> Network:
    """A row's network, its body as ``Config.start`` says."""
    network = paper.model(of.config, of.profile.scale)
    build, learning = bodies_of(paper, of), of.learning.faces
    pretraining.begin(network.body, build, of.config.start, of.profile, of.input_spec, learning, device, seed)
    return network


def bodies_of(paper: Paper, of: TrainingSpec) -> Callable[[], nn.Module]:
    """What makes further bodies like that of a row."""
    return lambda: paper.model(of.config, of.profile.scale).body


def _keep(
    path: Path,
    run: Run,
    fold: int | None,
    corpus: Corpus,
    evaluation: Evaluation,
    frames: dict[str, Frames],
    input_spec: InputSpec,
) -> None:
    """Write a trained network, with the errors on those of development, or of a fold, whom it was not trained on, and
    with those on whom it was judged on."""
    training = evaluation.training
    train, apart = frames["train"], frames.get("select", frames.get("apart"))
    errors = []
    if apart is not None:
        scores = per_video(predict(training.model, apart, training.profile, input_spec), apart)  # [N]
        off, known = np.abs(scores - apart.bdi.numpy()), set(train.subjects)
        errors = [(float(e), s) for e, s in zip(off, apart.subjects, strict=True) if s not in known]
    of_person = Counter(subject for _, subject in errors)
    card = networks.Card(
        run=run,
        fold=fold,
        facts=run.facts,
        computing=training.profile.computing(),
        corpus=corpus.title,
        generated=corpus.generated,
        learnt=training.learnt,
        footage=usual(train.recordings),
        constant=round(float(train.bdi.mean()), DIGITS),
        errors=tuple(sorted((round(error, DIGITS), of_person[subject]) for error, subject in errors)),
        depnb=f"{__version__}, commit {commit()}",
        judged=_judged(evaluation, corpus),
    )
    networks.write(path, card, training.model.module)


def _judged(evaluation: Evaluation, corpus: Corpus) -> Judged:
    """Errors by severity band, of real people what may be handed on of them."""
    if corpus.generated:
        return by_band(evaluation.evaluated)
    metrics = numbers_of(evaluation.evaluated, evaluation.counts)["metrics"]
    return disclosed(evaluation.evaluated, metrics, evaluation.training.learnt)


def _parts(split: Split) -> Iterator[tuple[str, list[Recording]]]:
    yield "train", split.train
    if split.select is not None:
        yield "select", split.select
    if split.watch is not None:
        yield "watch", split.watch
    yield from split.evaluated.items()
