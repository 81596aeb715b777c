"""Make the crop files of many videos, in several processes."""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import torch

from depnb.corpus.tree import stamp
from depnb.faces.crops import DEFAULT, DamagedCrops, Settings, check, crop_path, remove_leftovers, stored_path
from depnb.faces.detect import detector
from depnb.faces.pictures import open_video
from depnb.faces.process import make_crops
from depnb.faces.quality import Report, VideoReport
from depnb.faces.video import VideoError
from depnb.system.files import StorageError
from depnb.system.progress import progress
from depnb.system.workers import end_with_parent, usable_cores

if TYPE_CHECKING:
    from depnb.corpus.records import Recording

FEW_VIDEOS = 4
"""Fewer videos than this are done before worker processes would have started."""


SECONDS_BETWEEN_COUNTS = 1.0


class Stopped(Exception):
    """The user or a storage error ended the work before this video was finished."""


def devices(name: str) -> tuple[str, ...]:
    """Where detectors run: all GPUs for ``cuda``, the same for ``auto`` where there are some, else what is named."""
    count = torch.cuda.device_count()
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
    and does not stop the others. Any number of calls may work on the same cache at once. After an
    interruption the next call goes on with the videos that are not finished.

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

        for video, row in _make(todo, workers, devices, settings, shown):
            rows[video] = replace(row, origin=rows[video].origin)
            ready += 1
            failed += row.status == "failed"
        shown(0)


def _promised_frames(video: Path, settings: Settings) -> int:
    """Frames of which crops are to be made, as the file promises; 0 if it does not or cannot be read."""
    try:
        return -(-open_video(video).declared_frames // settings.frame_stride)
    except VideoError:
        return 0


def _from_cache(video: Path, settings: Settings) -> VideoReport:
    """The row of a video as the cache knows it; ``origin`` says whether it must be made."""
    try:
        path = stored_path(video, settings)
        return _row(_checked(path, *stamp(path)), path, "cached")
    except FileNotFoundError:
        return VideoReport("", "failed", origin="made")
    except DamagedCrops:
        return VideoReport("", "failed", origin="remade")


@cache
def _checked(path: Path, size: int, changed: int) -> dict[str, Any]:
    """``check``, once in a process for each state of a file: it reads all of it, for AVEC2013 184 GB."""
    return check(path)


def _row(facts: dict[str, Any], path: Path, origin: str) -> VideoReport:
    quality = {key: float("nan") if value is None else value for key, value in facts["quality"].items()}
    quality["warnings"] = tuple(quality["warnings"])
    frames = quality["frames"]
    empty = quality["without_face"] == frames
    error = f"No face in any of {frames} frames of {facts['source']['video']}." if empty else ""
    size = path.stat().st_size
    return VideoReport("", "failed" if empty else "ok", error, **quality, origin=origin, bytes=size)


def _one(video: Path, settings: Settings, device: str, proceed: Callable[[int], None]) -> VideoReport:
    """Make one crop file unless another process did so meanwhile."""
    try:
        target = crop_path(video, settings)
    except FileNotFoundError:
        return VideoReport("", "failed", f"No such video: {video}. Check the corpus folder.")
    cached = _from_cache(video, settings)
    if cached.origin == "cached":
        return cached
    if cached.origin == "remade":
        stored_path(video, settings).unlink(missing_ok=True)  # damaged crops of all frames would be taken before others
    try:
        facts = make_crops(video, target, settings, detector(device, settings.min_face), proceed)
        return _row(facts, target, "made")
    except VideoError as error:
        return VideoReport("", "failed", str(error))
    except (StorageError, Stopped):
        raise
    except Exception as error:
        return VideoReport("", "failed", f"{video}: {type(error).__name__}: {error}")


def _make(
    videos: list[Path], workers: int, devices: tuple[str, ...], settings: Settings, shown: Callable[[int], None]
) -> Iterator[tuple[Path, VideoReport]]:
    """Rows in the order in which they are finished; ``shown`` hears of so many more frames now and then."""
    if workers == 1:
        with _one_thread():
            for video in videos:
                yield video, _one(video, settings, devices[0], shown)
        return
    left = list(videos)
    while left:
        suspects: list[Path] = []
        for video, row in _in_pool(list(left), workers, devices, settings, shown):
            if row is None:
                suspects.append(video)
            else:
                left.remove(video)
                yield video, row
        while suspects:
            for video, row in _in_pool(list(suspects), 1, devices, settings, shown):
                suspects.remove(video)
                left.remove(video)
                yield video, row or VideoReport("", "failed", f"{video}: the process that worked on it died.")


def _in_pool(
    videos: list[Path], workers: int, devices: tuple[str, ...], settings: Settings, shown: Callable[[int], None]
) -> Iterator[tuple[Path, VideoReport | None]]:
    """Rows from worker processes; None for the videos at work when a process died, which ends the pool.

    A single worker has one video at a time, so that it is known whose fault it was.
    """
    context = multiprocessing.get_context("spawn")
    stop, counted, places = context.Event(), context.Value("q", 0), context.SimpleQueue()
    for place, _ in zip(cycle(devices), range(workers), strict=False):
        places.put(place)
    waiting = iter(videos)
    ahead = workers + 1 if workers > 1 else 1
    pool = ProcessPoolExecutor(workers, context, _start_worker, (stop, counted, settings, places))
    said = 0
    running: dict[Future, Path] = {}
    try:
        _check_workers_start(pool)
        while True:
            while len(running) < ahead and (video := next(waiting, None)) is not None:
                running[pool.submit(_work, video)] = video
            if not running:
                return
            done = wait(running, SECONDS_BETWEEN_COUNTS, FIRST_COMPLETED).done
            counts = counted.value
            shown(counts - said)
            said = counts
            for future in done:
                video = running.pop(future)
                yield video, future.result()
    except BrokenProcessPool:
        yield video, None
        for video in running.values():
            yield video, None
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _check_workers_start(pool: ProcessPoolExecutor) -> None:
    try:
        pool.submit(os.getpid).result()
    except BrokenProcessPool as error:
        raise RuntimeError(
            "Worker processes cannot start. A script must call prepare under `if __name__ == '__main__':`; "
            "workers=1 needs no processes."
        ) from error


def _start_worker(stop, counted, settings: Settings, places) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    global _task
    _task = (stop, counted, settings, places.get())
    end_with_parent()


def _work(video: Path) -> VideoReport:
    stop, counted, settings, device = _task

    def proceed(frames: int) -> None:
        if stop.is_set():
            raise Stopped
        with counted.get_lock():
            counted.value += frames

    proceed(0)
    return _one(video, settings, device, proceed)


class _one_thread:
    """The setting of a worker for as long as this process is the worker: the numbers do not depend on it."""

    def __enter__(self) -> None:
        self._before = torch.get_num_threads(), cv2.getNumThreads()
        torch.set_num_threads(1)
        cv2.setNumThreads(1)

    def __exit__(self, *failure) -> None:
        torch.set_num_threads(self._before[0])
        cv2.setNumThreads(self._before[1])
