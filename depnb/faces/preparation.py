"""Make the crop files of many videos, in several processes."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import torch

from depnb.corpus.tree import stamp
from depnb.faces.crop_paths import DEFAULT, Settings, crop_path, stored_path
from depnb.faces.crops import DamagedCrops, check, remove_leftovers
from depnb.faces.detect import SMALLEST_FACE_PX, detector
from depnb.faces.pictures import open_video
from depnb.faces.process import make_crops
from depnb.faces.quality import Report, VideoReport
from depnb.faces.video import VideoError
from depnb.system.progress import progress
from depnb.system.workers import (
    Needs,
    Outcome,
    Worker,
    WorkerDied,
    claimed,
    engine,
    from_own_place,
    spread,
    usable_cores,
)

if TYPE_CHECKING:
    from depnb.corpus.records import Recording

FEW_VIDEOS = 4
"""Fewer videos than this are done before worker processes would have started."""
FRAMES_PER_SECOND = 70.0
"""Frames of 640×480 from which one CPU core makes crops, measured by ``benchmarks/faces.py`` (AVX2)."""
SHARE_OF_A_GPU = 0.25
"""That a detector keeps busy, where an engine shares GPUs out."""


def devices(name: str) -> tuple[str, ...]:
    """Where detectors run: all GPUs for ``cuda``, the same for ``auto`` where there are some, else what is named.

    An engine finds a GPU for each unit, which then is the only one there.
    """
    elsewhere = engine()
    count = elsewhere.gpus if elsewhere else torch.cuda.device_count()
    if elsewhere and (name == "cuda" or (name == "auto" and count)):
        return ("cuda",)
    if name == "cuda" or (name == "auto" and count):
        return tuple(f"cuda:{number}" for number in range(max(1, count)))
    return ("cpu",) if name == "auto" else (name,)


def prepare(
    recordings: Sequence["Recording"],
    workers: int | None = None,
    device: str | Sequence[str] = "cpu",
    settings: Settings = DEFAULT,
) -> Report:
    """Make the missing crop files of the recordings' videos.

    Files that are there are kept, damaged ones made again. A video that cannot be used is listed as failed
    and does not stop the others. Any number of calls may work on the same cache at once: they share the work,
    and what another one made counts as cached. After an interruption the next call goes on with the videos
    that are not finished.

    Args:
        recordings: whose videos; two that share a file cost one.
        workers: number of processes; None for one per usable core (and none beside this one for few videos).
        device: where the detector runs, ``cpu``, ``cuda`` or ``cuda:N``; several, which the workers share out.
        settings: how to detect, and which frames.

    Raises:
        StorageError: the cache cannot be written or is full; what was finished before is kept.
    """
    began = time.monotonic()
    real = {recording.name: Path(recording.video).resolve() for recording in recordings}
    remove_leftovers()
    cores = usable_cores()
    with ThreadPoolExecutor(cores) as threads:
        videos = list(dict.fromkeys(real.values()))
        rows = dict(zip(videos, threads.map(lambda video: _from_cache(video, settings), videos), strict=True))
    todo = [video for video, row in rows.items() if row.origin != "cached"]
    if workers is None:
        workers = min(cores, len(todo)) if len(todo) >= FEW_VIDEOS else 1
    if todo:
        _fill(rows, todo, workers, (device,) if isinstance(device, str) else tuple(device), settings)
    return Report([replace(rows[real[r.name]], name=r.name) for r in recordings], time.monotonic() - began)


def _fill(
    rows: dict[Path, VideoReport], todo: list[Path], workers: int, devices: tuple[str, ...], settings: Settings
) -> None:
    """Replace the rows of the videos that must be made."""
    ready = failed = 0
    with progress("faces", sum(_promised_frames(video, settings) for video in todo), "frames") as bar:

        def shown(frames: int) -> None:
            bar.advance(frames, f"{ready} of {len(todo)} videos, {failed} failed")

        units = from_own_place({str(video): video for video in todo})
        work = partial(_work, settings, devices)
        seconds = partial(_seconds, settings)
        needs = Needs(gpus=SHARE_OF_A_GPU if devices[0].startswith("cuda") else 0)
        with (
            _one_thread(),
            spread(
                units, work, workers=workers, needs=needs, seconds=seconds, start=_start_worker, hear=shown
            ) as outcomes,
        ):
            for outcome in outcomes:
                video, row = units[outcome.name], _row_of(outcome)
                remade = rows[video].origin == "remade" and row.origin == "made"
                rows[video] = replace(row, origin="remade") if remade else row
                ready += 1
                failed += row.status == "failed"
                shown(0)
        shown(0)


def _seconds(settings: Settings, video: Path) -> float:
    return _promised_frames(video, settings) / FRAMES_PER_SECOND


def _row_of(outcome: Outcome[VideoReport]) -> VideoReport:
    if outcome.value:
        return outcome.value
    named = isinstance(outcome.error, WorkerDied)
    what = outcome.error if named else f"{type(outcome.error).__name__}: {outcome.error}"
    return VideoReport("", "failed", f"{outcome.name}: {what}")


def _promised_frames(video: Path, settings: Settings) -> int:
    """Frames of which crops are to be made, as the file promises; 0 if it does not or cannot be read."""
    try:
        return -(-open_video(video, settings.fps).declared_frames // settings.frame_stride)
    except VideoError:
        return 0


def _from_cache(video: Path, settings: Settings) -> VideoReport:
    """The row of a video as the cache knows it; ``origin`` says whether it must be made."""
    try:
        path = stored_path(video, settings)
        return _row(_checked(path, *stamp(path)), path, settings, "cached")
    except FileNotFoundError:
        return VideoReport("", "failed", origin="made")
    except DamagedCrops:
        return VideoReport("", "failed", origin="remade")


@cache
def _checked(path: Path, size: int, changed: int) -> dict[str, Any]:
    """``check``, once in a process for each state of a file: it reads all of it, for AVEC2013 184 GB."""
    return check(path)


def _row(facts: dict[str, Any], path: Path, settings: Settings, origin: str) -> VideoReport:
    quality: dict[str, Any] = {key: float("nan") if value is None else value for key, value in facts["quality"].items()}
    frames, source = quality["frames"], facts["source"]
    found = frames - quality["without_face"]
    smallest = max(SMALLEST_FACE_PX, round(settings.min_face * min(source["height"], source["width"])))
    limit = (
        f"faces below {smallest} px ({settings.min_face:.3g} of the shorter side) are not looked for, see --min-face"
    )
    few = [f"a face in only {found} of {frames} frames: {limit}"] if found < frames / 2 else []
    quality["warnings"] = (*quality["warnings"], *few)
    error = "" if found else f"No face in any of {frames} frames of {source['video']}: {limit}."
    return VideoReport("", "ok" if found else "failed", error, **quality, origin=origin, bytes=path.stat().st_size)


def _work(settings: Settings, devices: Sequence[str], video: Path, worker: Worker) -> VideoReport:
    """Make one crop file unless another process did so meanwhile; tell as many frames as the video promises."""
    left = _promised_frames(video, settings)

    def proceed(frames: int) -> None:
        nonlocal left
        told = min(frames, left)
        left -= told
        worker.tell(told)

    row = _made(settings, devices[worker.number % len(devices)], video, worker.patient, proceed)
    proceed(left)
    return row


def _made(settings: Settings, device: str, video: Path, patient: bool, proceed: Callable[[int], None]) -> VideoReport:
    try:
        target = crop_path(video, settings)
    except FileNotFoundError:
        return VideoReport("", "failed", f"No such video: {video}. Check the corpus folder.")
    with claimed(target, patient):
        cached = _from_cache(video, settings)
        if cached.origin == "cached":
            return cached
        if cached.origin == "remade":  # damaged crops of all frames would be taken before others
            stored_path(video, settings).unlink(missing_ok=True)
        try:
            facts = make_crops(video, target, settings, detector(device, settings.min_face), proceed)
            return _row(facts, target, settings, "made")
        except VideoError as error:
            return VideoReport("", "failed", str(error))


def _start_worker(number: int) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)


@contextmanager
def _one_thread() -> Iterator[None]:
    """The setting of a worker for as long as this process is the worker: the numbers do not depend on it."""
    before = torch.get_num_threads(), cv2.getNumThreads()
    _start_worker(0)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])
