"""What runs will cost, and in which order they waste the least time: known before anything starts."""

from collections.abc import Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

import numpy as np
import torch

from depnb.corpus import Corpus
from depnb.experiments.corpora import open_for_profile
from depnb.experiments.execute import bodies
from depnb.experiments.rivals import is_rival
from depnb.experiments.run import Run
from depnb.experiments.split import crops_needed, resolve_rows, splits
from depnb.experiments.store import Store
from depnb.faces.crop_paths import Settings, stored_path
from depnb.faces.crops import bytes_of_a_crop
from depnb.faces.pictures import open_video
from depnb.faces.preparation import FRAMES_PER_SECOND
from depnb.faces.video import VideoError
from depnb.inputs.loading import bytes_of_a_frame
from depnb.inputs.spec import LANDMARKS, InputSpec, LandmarkedClips
from depnb.methods.profiles import ClipProfile, Profile
from depnb.methods.registry import TrainingSpec, method, parts
from depnb.methods.rivals import features
from depnb.nets.cost import gmac
from depnb.system.repository import COMMITTED
from depnb.system.workers import usable_cores
from depnb.training import face_recipe
from depnb.training.loop import device_kind, steps_of

FOLLOWING = 0.4
"""Share of that time in which the person is looked for in every eighth frame, however few crops are made; measured on
three generated videos of 240 frames (all crops 8.3 s, every 8th 3.9 s, every 100th 2.9 s and more)."""
Costs = dict[Hashable, tuple[float, float]]
"""Seconds and MB by what takes them."""
OPERATIONS = {"cpu": 1e11, "cuda": 2e13, "mps": 2e12}
"""Floating-point operations a second that training is taken to reach, on two CPU cores in float32 or on one GPU of a
server in bfloat16. Assumed, on the careful side."""


@dataclass(frozen=True)
class Cost:
    """On two CPU cores: seconds and MB of one generated video and of its crops; of networks on images and of
    networks on clips, seconds for each of many trainings, some side by side, and of one pretraining; MB of the
    people that pretraining needs, and their seconds where they are not among those of the pretraining. Trainings of the
    profile ``paper`` are estimated from their operations instead."""

    video_s: float
    video_mb: float
    crops_s: float
    crops_mb: float
    training_s: tuple[float, float]
    pretraining_s: tuple[float, float]
    pretraining_mb: float
    people_s: float = 0.0


# smoke and quick are measured (2 AVX2 cores); trainings of standard are estimated from quick by operations, videos
# and people of paper by frames and pixels.
COSTS = {
    "smoke": Cost(0.1, 0.05, 0.2, 0.6, training_s=(5, 8), pretraining_s=(10, 4), pretraining_mb=5),
    "quick": Cost(0.17, 0.11, 0.28, 1.7, training_s=(20, 45), pretraining_s=(60, 40), pretraining_mb=170),
    "standard": Cost(0.17, 0.11, 0.28, 1.7, training_s=(0, 0), pretraining_s=(60, 40), pretraining_mb=170),
    "paper": Cost(
        23, 2.5, 8, 8.5, training_s=(0, 0), pretraining_s=(0, 0), pretraining_mb=18e3, people_s=8000 * (23 + 8) / 5
    ),
}


def in_order(runs: Sequence[Run]) -> list[Run]:
    """These runs, and those of the networks that fused rows are made of, in the order that wastes the least time.

    The longest come first, so that no core is idle at the end; fused rows, which only average, come last. Of real
    people no scores are stored that could be averaged: there a fused row comes first, trains its parts, and leaves
    their results; the parts come last.
    """
    rows_of = {run: parts(method(run.paper), run.row) for run in runs}
    single = dict.fromkeys(replace(run, row=row) for run, rows in rows_of.items() for row in rows)
    ordered = sorted(single, key=partial(_seconds, kind="cpu"), reverse=True)
    fused = [run for run in runs if run not in single]
    training = [run for run in fused if open_for_profile(run.corpus, run.profile).licensed]
    of_those = {replace(run, row=row) for run in training for row in rows_of[run]}
    return [
        *training,
        *(run for run in ordered if run not in of_those),
        *(run for run in ordered if run in of_those),
        *(run for run in fused if run not in training),
    ]


def estimate(runs: Sequence[Run], device: str = "cpu") -> list[tuple[str, float, float]]:
    """What making these runs takes: (what, seconds, MB of disk), for what is not there yet.

    Args:
        runs: what is missing.
        device: of the trainings; videos and crops are made on two CPU cores.
    """
    kind = device_kind(device)
    by_corpus: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        by_corpus.setdefault((run.corpus, run.profile), []).append(run)
    lines: dict[str, Costs] = {"videos": {}, "crops": {}, "videos reduced for networks": {}}
    for (name, profile), own in by_corpus.items():
        corpus = open_for_profile(name, profile)
        for what, found in (_of_people if corpus.licensed else _generated)(corpus, COSTS[profile], own).items():
            lines[what] |= found
    rivals = [run for run in runs if is_rival(run)]
    of_papers = [run for run in runs if not is_rival(run)]
    starts = lacking_bodies(runs, kind)
    trainings: dict[str, tuple[float, int]] = {}  # by digest: rows that are the same training are trained once
    people = max((COSTS[run.profile].people_s for run in starts.values()), default=0.0)
    for run in of_papers:
        paper = method(run.paper)
        for row in parts(paper, run.row):
            folds = max(1, paper.protocols[run.protocol].folds)
            one = replace(run, row=row)
            trainings.setdefault(one.digest, (_seconds(one, kind), folds))
    return [
        *(
            (f"{len(found)} {what}", sum(cost[0] for cost in found.values()), sum(cost[1] for cost in found.values()))
            for what, found in lines.items()
        ),
        *([(f"{len(rivals)} simple rivals", _rival_seconds(rivals), 0.1 * len(rivals))] if rivals else []),
        (
            f"{len(starts)} face pretrainings",
            people + sum(pretraining_seconds(run, kind) for run in starts.values()),
            max((COSTS[run.profile].pretraining_mb for run in starts.values()), default=0.0),
        ),
        (
            f"{sum(folds for _, folds in trainings.values())} trainings",
            sum(seconds for seconds, _ in trainings.values()),
            0.1 * len(of_papers),
        ),
    ]


def gpu_hours(runs: Sequence[Run]) -> float:
    """Hours of one GPU that the trainings of these runs take, estimated from their operations (``OPERATIONS``)."""
    trained = [replace(run, row=row) for run in runs if not is_rival(run) for row in parts(method(run.paper), run.row)]
    different = {run.digest: run for run in trained}
    return sum(operations(run) for run in different.values()) / OPERATIONS["cuda"] / 3600


def core_seconds(run: Run) -> float:
    """Seconds of one CPU core that the trainings of a run take, about."""
    rows = parts(method(run.paper), run.row)
    return 2 * sum(_seconds(replace(run, row=row), "cpu") for row in rows)


def face_hours(runs: Sequence[Run]) -> float:
    """Hours of one GPU that the face pretrainings take from which these runs begin, each once."""
    return sum(pretraining_seconds(run, "cuda") for run in _beginnings(runs, "cuda").values()) / 3600


def lacking_bodies(runs: Sequence[Run], kind: str) -> dict[Path, Run]:
    """The pretrained bodies that are not there and that runs begin with, and of each a row that does; longest first."""
    found = {body: run for body, run in _beginnings(runs, kind).items() if not body.exists()}
    return dict(sorted(found.items(), key=lambda of: pretraining_seconds(of[1], kind), reverse=True))


def _beginnings(runs: Sequence[Run], kind: str) -> dict[Path, Run]:
    """The pretrained bodies that runs begin with on a kind of device, and of each a row that does."""
    rows = [replace(run, row=row) for run in runs for row in parts(method(run.paper), run.row)]
    return {body: one for one in reversed(rows) for body in bodies(one, kind)}


@cache
def operations(run: Run) -> float:
    """Floating-point operations of the trainings of a row and of the predictions for its checks and its evaluation.

    A multiplication with addition counts two; going back through a network costs twice the way forward. Of a training
    with patience it is what all its steps would take.
    """
    corpus = open_for_profile(run.corpus, run.profile)
    ((_, of),) = resolve_rows(run, corpus).items()
    forward = _forward(run)
    steps = sum(inputs * frames for inputs, frames in steps_of(of.profile, of.input_spec, of.learning.scores.longer))
    length = len(of.input_spec.offsets)
    total = 0.0
    for split in splits(corpus, of.protocol):
        checked, evaluated = len(split.select or ()) + len(split.watch or ()), sum(map(len, split.evaluated.values()))
        predictions = (checked * of.profile.checks + evaluated) * _inputs_of_a_video(of, corpus)
        total += forward * (3 * steps / length + predictions)
    return total


@cache
def _forward(run: Run) -> float:
    """Floating-point operations of one pass of a row's network over one input."""
    ((_, of),) = resolve_rows(run, open_for_profile(run.corpus, run.profile)).items()
    return _forward_of(run.paper, of.config, of.profile)


@cache
def _forward_of(paper: str, config: Any, profile: Profile) -> float:
    with torch.device("meta"):
        network: Any = method(paper).model(config, profile.scale)
    return 2e9 * gmac(network, _one_input(method(paper).inputs(config, profile), profile))


def trains_clips(run: Run) -> bool:
    """Does the run's network take clips? Then it needs several times as long."""
    return isinstance(method(run.paper).profiles[run.profile], ClipProfile)


def seconds_of(run: Run, kind: str) -> float:
    """What a run takes on a kind of device, about, if crops and bodies are there.

    A fused row trains its parts on real people, and on generated ones it averages what is stored of them.
    """
    rows = parts(method(run.paper), run.row)
    if rows == (run.row,):
        return _seconds(run, kind)
    if not open_for_profile(run.corpus, run.profile).licensed:
        return 0.0
    return sum(_seconds(replace(run, row=row), kind) for row in rows)


def units_of(runs: Sequence[Run], kind: str) -> tuple[dict[Hashable, float], dict[Hashable, list[Path]]]:
    """What filling a store with runs is made of, in the order in which it begins.

    Returns:
        the seconds of each body that is not there, by its file, and of each run; and the bodies that each run
        begins with.
    """
    ordered = in_order(runs)
    seconds: dict[Hashable, float] = {
        body: pretraining_seconds(run, kind) for body, run in lacking_bodies(ordered, kind).items()
    }
    return seconds | {run: seconds_of(run, kind) for run in ordered}, {run: list(bodies(run, kind)) for run in ordered}


def makespan(seconds: Mapping[Hashable, float], workers: int, after: Mapping[Hashable, Sequence[Hashable]]) -> float:
    """When the last of these units has ended, if a worker that is free begins the first one that can begin.

    Args:
        seconds: that each takes, in the order in which they are tried.
        workers: how many there are.
        after: the units that must have ended before a unit can begin; those that are not among ``seconds`` have.
    """
    waiting, left, now = list(seconds), set(seconds), 0.0
    at_work: list[tuple[float, int, Hashable]] = []  # the number decides where two end at the same time
    while waiting or at_work:
        able = next((unit for unit in waiting if not left.intersection(after.get(unit, ()))), None)
        if able is not None and len(at_work) < workers:
            waiting.remove(able)
            heappush(at_work, (now + seconds[able], len(waiting), able))
        else:
            now, _, ended = heappop(at_work)
            left.discard(ended)
    return now


def _seconds(run: Run, kind: str) -> float:
    """What the trainings of a run take, about: of two side by side, each its half.

    Rows that have committed results at quick take as long as those did; at smoke in proportion, at standard in the
    proportion of their operations, and at paper as their operations.
    """
    if is_rival(run):
        return _rival_seconds([run])
    if run.profile == "paper":
        return operations(run) / OPERATIONS[kind]
    if run.profile == "standard":
        one = replace(run, corpus="both", seed=0)
        quick = replace(one, profile="quick")
        return operations(one) / operations(quick) * _seconds(quick, kind)
    folds, clips = max(1, method(run.paper).protocols[run.protocol].folds), trains_clips(run)
    usual, usual_quick = (COSTS[name].training_s[clips] for name in (run.profile, "quick"))
    return folds * usual / usual_quick * _measured(run.paper).get(run.row, usual_quick)


def _rival_seconds(runs: Sequence[Run]) -> float:
    """What rivals take to look at videos, on two cores; at what several look is found once."""
    found: dict[Hashable, float] = {}
    for run in runs:
        corpus = open_for_profile(run.corpus, run.profile)
        ((_, of),) = resolve_rows(run, corpus).items()
        (split,) = splits(corpus, of.protocol)
        name, step = of.config.features, of.input_spec.step or 1
        lengths = _frames(corpus)
        for recording in [*split.train, *(r for part in split.evaluated.values() for r in part)]:
            seconds = features.seconds(lengths.get(recording.video, 0), name, step, of.profile.frames)
            found[recording.video.resolve(), features.looked_at(name), step] = seconds / 2
    return sum(found.values())


def pretraining_seconds(run: Run, kind: str) -> float:
    """What learning faces takes before a run's training: at paper as its operations, nearly all of them the body's."""
    if run.profile != "paper":
        return COSTS[run.profile].pretraining_s[trains_clips(run)]
    ((_, of),) = resolve_rows(run, open_for_profile(run.corpus, run.profile)).items()
    profile = face_recipe.shorter(of.profile, of.learning.faces)
    return 3 * _forward(run) * profile.steps * profile.batch / OPERATIONS[kind]


@cache
def _measured(paper: str) -> dict[str, float]:
    """Half the core-seconds of a training of each row at quick, the median of the committed results."""
    seconds: dict[str, list[float]] = {}
    for result in Store(COMMITTED).results(paper):
        if result.run.profile == "quick" and not method(paper).protocols[result.run.protocol].folds:
            seconds.setdefault(result.run.row, []).append(result.seconds["training"] * result.threads)
    return {row: float(np.median(each)) / 2 for row, each in seconds.items()}


def _generated(corpus: Corpus, cost: Cost, runs: Sequence[Run]) -> dict[str, Costs]:
    """What each video and each crop file that a generated corpus lacks takes; corpora share videos by links."""
    videos = {recording.video.resolve() for recording in corpus.recordings}
    lacking = [video for video in videos if not video.exists()]
    uncut = [video for video in videos if not video.exists() or not stored_path(video).exists()]
    return {
        "videos": dict.fromkeys(lacking, (cost.video_s, cost.video_mb)),
        "crops": dict.fromkeys(uncut, (cost.crops_s, cost.crops_mb)),
    }


def _of_people(corpus: Corpus, cost: Cost, runs: Sequence[Run]) -> dict[str, Costs]:
    """What the crops take that a corpus of videos lacks, and the frames that networks are given."""
    frames = frames_of(corpus)
    crops: Costs = {}
    for frame_stride in crops_needed(runs, corpus):
        for video, count in frames.items():
            if not stored_path(video, Settings(frame_stride=frame_stride)).exists():
                seconds = count * (FOLLOWING + (1 - FOLLOWING) / frame_stride) / FRAMES_PER_SECOND / 2
                crops[video, frame_stride] = seconds, count / frame_stride * bytes_of_a_crop() / 1e6
    kinds = {
        (of.input_spec.step, of.profile.frames, bytes_of_a_frame(of.input_spec, of.profile.scale.input_size))
        for run in runs
        if not is_rival(run)
        for of in resolve_rows(run, corpus).values()
    }
    reduced: Costs = {
        (video, step, evenly, each): (0.0, (count / step if step else evenly) * each / 1e6)
        for step, evenly, each in kinds
        if each
        for video, count in frames.items()
    }
    return {"crops": crops, "videos reduced for networks": reduced}


@cache
def _counted(videos: tuple[Any, ...]) -> dict[Any, int]:
    with ThreadPoolExecutor(usable_cores()) as threads:
        return dict(zip(videos, threads.map(_declared, videos), strict=True))


def frames_of(corpus: Corpus) -> dict[Any, int]:
    """Frames of each video that is there, as the files declare them."""
    return _counted(tuple(recording.video for recording in corpus.recordings if recording.video.exists()))


def _frames(corpus: Corpus) -> dict[Any, int]:
    """Frames of each video of a corpus, of real people those that are there."""
    if corpus.generated:
        return dict.fromkeys((r.video for r in corpus.recordings), corpus.fingerprint["form"]["frames"])
    return frames_of(corpus)


def _declared(video: Any) -> int:
    try:
        return open_video(video, Settings().fps).declared_frames
    except VideoError:
        return 0


def _inputs_of_a_video(of: TrainingSpec, corpus: Corpus) -> float:
    """How many inputs a video is judged by, on average."""
    if of.input_spec.sample:
        return of.input_spec.sample.draws
    if of.input_spec.step is None:
        return of.profile.frames
    frames = float(np.mean(list(_frames(corpus).values()) or [0]))
    return max(1.0, frames / of.input_spec.step / of.input_spec.span)


def _one_input(input_spec: InputSpec, profile: Profile) -> Any:
    """The shape of what the network is given for one clip; of several tensors the tensors."""
    size = profile.scale.input_size
    pixels = torch.zeros(1, len(input_spec.offsets), 1 if input_spec.grey else 3, size, size, dtype=torch.uint8)
    if input_spec.landmarks:
        return input_spec.prepare(LandmarkedClips(pixels, torch.zeros(1, len(input_spec.offsets), LANDMARKS, 2)), False)
    return tuple(input_spec.prepare(pixels, False).shape)
