"""Write a generated corpus: AVEC2014's tree of H.264 videos and label files, with the truth beside each video."""

import logging
import os
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np

from depnb.corpus.records import TASKS, Recording
from depnb.corpus.synthetic.attributes import seen
from depnb.corpus.synthetic.behaviour import behave
from depnb.corpus.synthetic.layout import (
    bytes_when_made,
    checksums_path,
    corpus_folder,
    is_whole,
    open_generated,
    planned,
    seal,
    truth_path,
)
from depnb.corpus.synthetic.recipe import Recipe, Session, sessions
from depnb.system.files import atomic_path
from depnb.system.progress import progress
from depnb.system.workers import Outcome, Worker, claimed, from_own_place, spread, usable_cores

log = logging.getLogger("depnb")

CONTAINERS = "mov,avi,matroska,asf,flv,mpeg,mpegts,ogg"
"""Formats (FFmpeg's names) in which a video is looked at; a playlist, which leads to other files, is none."""
LIKE = 12.0
"""Grey levels by which the first frame may differ on average from what is filmed; compression costs some 3."""


def make(
    recipe: Recipe,
    recordings: Sequence[Recording] | None = None,
    *,
    root: Path | None = None,
    workers: int | None = None,
) -> Path:
    """Make the videos that are missing or damaged, in several processes; what is whole is kept.

    Any number of calls may make the same videos at once: they share the work.

    Args:
        recipe: what to make.
        recordings: only these; all where ``None``.
        root: folder of the tree, by default under the cache.
        workers: processes; one per core where ``None``.

    Returns:
        The folder.

    Raises:
        StorageError: the folder cannot be written or the disk is full; finished videos stay.
        RuntimeError: some videos could not be made, and which; all others are there.
    """
    root = root or corpus_folder(recipe)
    make_missing(recipe, recordings or open_generated(recipe, root).recordings, workers)
    return root


def make_missing(recipe: Recipe, recordings: Sequence[Recording], workers: int | None = None) -> int:
    """Make those of these videos that are missing or damaged, as ``make``.

    Returns:
        How many were made here, and not by another process.
    """
    missing = [r for r in recordings if not is_whole(r.video)]
    if not missing:
        return 0
    jobs = from_own_place({str(r.video): _job(recipe, r) for r in missing})
    frames = recipe.form.frames
    made, failures = 0, []
    with (
        progress(f"corpus {recipe.name}-{recipe.size}", frames * len(jobs), "frames") as bar,
        spread(jobs, _make_one, workers=min(workers or usable_cores(), len(jobs)), start=_one_thread) as outcomes,
    ):
        for outcome in outcomes:
            bar.advance(frames)
            made += bool(outcome.value)
            if outcome.error:
                failures.append(outcome)
    _report(len(jobs), made, failures)
    return made


def _report(wanted: int, made: int, failures: Sequence[Outcome]) -> None:
    """Raises: RuntimeError, if there are failures; the first one is its cause."""
    if made + len(failures) < wanted:
        others = wanted - made - len(failures)
        log.info("%d videos were made here, %d were there by then", made, others)
    if failures:
        reasons = "; ".join(f"{one.name}: {type(one.error).__name__}: {one.error}" for one in failures[:3])
        raise RuntimeError(
            f"{len(failures)} of {wanted} videos could not be made. First reasons: {reasons}"
        ) from failures[0].error


def film(
    recipe: Recipe, session: Session, task: str, frames: slice = slice(None)
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Render one video, or some of its frames, in memory.

    Returns:
        uint8 frames [T, H, W, 3] and the truth: ``landmarks`` float32 [T, 68, 2] in pixels (NaN where no face is
        to be seen), ``visible`` bool [T], and the trajectories [T] by channel.
    """
    behaviour = {name: path[frames] for name, path in trajectories(recipe, session, task).items()}
    pictures, points = paint(recipe, session, behaviour)
    visible = behaviour["hidden"] == 0
    points[~visible] = np.nan
    return pictures, {"landmarks": points, "visible": visible, **behaviour}


def paint(recipe: Recipe, session: Session, behaviour: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The person of a session, moving as ``behaviour`` says, arrays [T] by channel.

    Returns:
        uint8 frames [T, H, W, 3], and float32 landmarks [T, 68, 2] in their pixels.
    """
    # torch, which paints, takes seconds to import
    from depnb.corpus.synthetic import geometry
    from depnb.corpus.synthetic.render import render

    size = recipe.form
    person, scene = seen(recipe, session)
    pictures = render(behaviour, person, scene, (size.height, size.width)).numpy()
    pose = geometry.pose_of(behaviour, person, scene, dims=1)
    return pictures, geometry.landmarks(person, pose, (size.height, size.width)).numpy()


def trajectories(recipe: Recipe, session: Session, task: str) -> dict[str, np.ndarray]:
    """Movements of one video, arrays [T] by channel."""
    size = recipe.form
    number = int(session.id.split("_")[1])
    rng = np.random.default_rng([recipe.seed, 12, session.subject, number, TASKS.index(task)])
    strengths = {"appearance": recipe.appearance, "dynamics": recipe.dynamics}
    return behave(rng, session.severity, task, size.frames, size.fps, **strengths)


UNREADABLE = (OSError, ValueError, EOFError, LookupError, zipfile.BadZipFile, zlib.error, av.error.FFmpegError)
"""What damaged videos and arrays raise."""


class Job(NamedTuple):
    """One video that is to be made at ``path``."""

    recipe: Recipe
    session: Session
    task: str
    path: Path


def _job(recipe: Recipe, recording: Recording) -> Job:
    session = _by_id(recipe.videos())[recording.id]
    return Job(recipe.videos(), session, str(recording.task), recording.video.resolve())


@cache
def _by_id(recipe: Recipe) -> dict[str, Session]:
    return {session.id: session for session in sessions(recipe)}


def shows(recipe: Recipe, recording: Recording) -> bool | None:
    """Whether the first frame of a video is the one that the recipe films; ``None`` where none can be decoded."""
    return _shows(_job(recipe, recording))


def is_foreign(recipe: Recipe, recording: Recording) -> bool:
    """Whether a video in the place of a generated one is neither that one nor a damaged form of it."""
    return _is_foreign(_job(recipe, recording))


def _is_foreign(job: Job) -> bool:
    return job.path.is_file() and job.path.stat().st_size != bytes_when_made(job.path) and _shows(job) is False


def _shows(job: Job) -> bool | None:
    try:
        with (
            open(job.path, "rb") as handle,
            av.open(handle, mode="r", options={"format_whitelist": CONTAINERS}) as container,
        ):
            there = next(container.decode(video=0)).to_ndarray(format="rgb24")
    except (*UNREADABLE, StopIteration):
        return None
    frames, _ = film(job.recipe, job.session, job.task, slice(0, 1))
    return there.shape == frames[0].shape and bool(np.abs(there - frames[0].astype(float)).mean() < LIKE)


def _make_one(job: Job, worker: Worker) -> bool:
    """Make one video; False if another process has done so.

    Raises:
        ValueError: a video of other origin is in its place.
    """
    with claimed(job.path, worker.patient):
        if is_whole(job.path) or _adopted(job):
            return False
        if _is_foreign(job):
            raise ValueError(
                f"{job.path} shows something else than its recipe: move it to another folder if it is a video of "
                "yours, or delete it."
            )
        if job.path.exists():
            log.warning("%s or its known truth is damaged; both are made again", job.path)
        _make_video(*job)
        return True


def _adopted(job: Job) -> bool:
    """Give a video of an earlier version, which wrote no checksums, its own, if nothing can be found wrong with it."""
    if checksums_path(job.path).exists() or not _shows(job):
        return False
    try:
        _read(truth_path(job.path))
        with _opened(job.path) as container:
            container.streams.video[0].codec_context.options = {"err_detect": "explode"}
            frames = sum(1 for _ in container.decode(video=0))
    except UNREADABLE:
        return False
    if frames == job.recipe.form.frames:
        seal(job.path)
    return is_whole(job.path)


def _make_video(recipe: Recipe, session: Session, task: str, path: Path) -> None:
    frames, truth = film(recipe, session, task)
    with atomic_path(truth_path(path)) as temporary:
        np.savez_compressed(temporary, **truth)  # type: ignore[arg-type]  # numpy knows a flag there too
    with atomic_path(path) as temporary:
        _encode(frames, recipe.form.fps, temporary)
        if path.is_file() and path.read_bytes() == temporary.read_bytes():  # crops know the video by its time
            before = path.stat()
            os.utime(temporary, ns=(before.st_atime_ns, before.st_mtime_ns))
    seal(path)


def load_truth(recording: Recording) -> dict[str, np.ndarray]:
    """Known landmarks, visibility and trajectories of a generated recording; damaged ones are made again.

    Raises:
        FileNotFoundError: the recording was not generated, or its video has not been made.
        ValueError: they are damaged, and no recipe says how to make them.
    """
    path = truth_path(recording.video)
    if not path.exists():
        raise FileNotFoundError(
            f"No known truth beside {recording.video}: only generated videos have one (`depnb corpus make`)."
        )
    if not is_whole(recording.video) and (found := planned(recording.video)):
        make_missing(found[0], [found[1]], workers=1)
    try:
        return _read(path)
    except UNREADABLE as error:
        raise ValueError(f"{path} is damaged: make the corpus again with `depnb corpus make`.") from error


def _read(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files}


@contextmanager
def _opened(video: Path) -> Iterator[av.container.InputContainer]:
    with (
        open(video, "rb") as handle,
        av.open(handle, mode="r", options={"format_whitelist": CONTAINERS}) as container,
    ):
        yield container


def _encode(frames: np.ndarray, fps: float, path: Path) -> None:
    """H.264 at a webcam's quality, one thread, so that the bytes do not depend on the number of cores."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        stream.height, stream.width, stream.pix_fmt = frames.shape[1], frames.shape[2], "yuv420p"
        stream.options = {"crf": "20", "preset": "veryfast", "threads": "1"}
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format=stream.pix_fmt, threads=1)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def _one_thread(number: int) -> None:
    """The setting of a worker."""
    import torch

    torch.set_num_threads(1)
