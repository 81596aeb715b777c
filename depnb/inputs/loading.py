"""From the crops of recordings to ``Frames``, with a cache of what was reduced."""

import hashlib
import json
import logging
import os
import random
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from depnb import faces
from depnb.corpus.records import Recording
from depnb.corpus.tree import stamp
from depnb.faces.crop_paths import unusual
from depnb.inputs import VERSION
from depnb.inputs.pixels import luma, reduce
from depnb.inputs.spec import InputSpec
from depnb.inputs.videos import Frames, StoredVideo
from depnb.system.files import DamagedFile, cache_dir, read_sealed, remove_leftovers, sealed
from depnb.system.progress import progress

log = logging.getLogger("depnb")


Read = TypeVar("Read")


class FrameSelection(NamedTuple):
    """Which frames of a video are used.

    Attributes:
        of: numbers of the frames with a face to those that are used.
        facts: what decides them, JSON-able.
        settings: of the crops that are needed for it.
    """

    of: Callable[[np.ndarray], np.ndarray]
    facts: list
    settings: faces.Settings = faces.Settings()


def load(
    recordings: Sequence[Recording], input_spec: InputSpec, frames: int, size: int, labelled: bool = True
) -> Frames:
    """What a network is given of each recording: ``load_sequences`` or, for single frames, ``load_frames``."""
    if input_spec.step is None:
        found = load_frames(recordings, frames, size, input_spec.landmarks, labelled)
        return found.grey() if input_spec.grey else found
    return load_sequences(recordings, input_spec.step, size, input_spec.landmarks, labelled, input_spec.grey)


def bytes_of_a_frame(input_spec: InputSpec, size: int) -> int:
    """What ``load`` keeps on disk for each frame of a video that it uses, bytes; 0 where frames stay in the crops."""
    if input_spec.step is not None and _stay_in_crops(size, input_spec.landmarks, input_spec.grey):
        return 0
    return (1 if input_spec.grey else 3) * size**2


def numbers(recording: Recording, input_spec: InputSpec, frames: int) -> np.ndarray:
    """Which frames of its video ``load`` takes of a recording, in their order: numbers from 0, int [n].

    Raises:
        FileNotFoundError: ``faces.prepare`` has made no crops of it.
    """
    choice = _spreading(frames) if input_spec.step is None else _stepping(input_spec.step)
    taken = choice.of(faces.load(recording, [], choice.settings).found.nonzero()[0])  # [n]
    if not input_spec.landmarks:
        return taken
    return taken[np.isfinite(np.load(_cached_landmarks(recording, choice))).all((1, 2))]


def load_frames(
    recordings: Sequence[Recording], frames: int, size: int, landmarks: bool = False, labelled: bool = True
) -> Frames:
    """Evenly spaced face crops of each recording.

    The papers take every 10th (AVEC2014) or 100th (AVEC2013) frame; here the number is fixed and the spacing follows,
    so that long videos do not outweigh short ones. Videos with fewer faces than ``frames`` repeat some.
    A video is reduced once; the result is cached for all corpora that share its file.

    Args:
        recordings: whose crops ``faces.prepare`` has made.
        frames: n, frames of a video.
        size: S, side of the frames, px; reduced from the crop by area averaging.
        landmarks: load them too, and leave out frames where one is not known; videos may then differ in length.
        labelled: leave out recordings without a label.

    Returns:
        the frames; recordings without a label, without crops, without a single face or, where landmarks are asked for,
        without a frame that has them all are in ``skipped``, and of others how many frames lack landmarks.

    Raises:
        ValueError: nothing is left.
    """
    choice = _spreading(frames)
    if landmarks:
        return _landmarked(recordings, choice, size, labelled, mapped=False)
    kept, pixels, skipped = _each(recordings, lambda recording: np.load(_cached(recording, choice, size)), labelled)
    return Frames(torch.from_numpy(np.stack(pixels)), kept, skipped, labelled=labelled)


def load_sequences(
    recordings: Sequence[Recording],
    step: int,
    size: int,
    landmarks: bool = False,
    labelled: bool = True,
    grey: bool = False,
) -> Frames:
    """Every ``step``-th face crop of each recording, in the order of the video.

    Counted in the video. A frame without a face is passed over, so the frames on both sides of a gap become neighbours.
    What is smaller than the crops is reduced once; these files are mapped into memory and read when a clip is drawn.
    Frames of the crops' own size would fill half a terabyte for AVEC2013: they are taken out of the crops when a clip
    is drawn. Arguments, result and errors as for ``load_frames``.

    Args:
        grey: as ``Frames.grey``, whose files are a third as large; without landmarks.
    """
    choice = _stepping(step)
    if landmarks:
        found = _landmarked(recordings, choice, size, labelled, mapped=True)
        return found.grey() if grey else found

    def sequence(recording: Recording) -> Tensor | StoredVideo:
        if _stay_in_crops(size, landmarks, grey):
            return StoredVideo(faces.stored(recording, _used(recording, choice), choice.settings))
        return _mapped(_cached(recording, choice, size, grey))

    kept, pixels, skipped = _each(recordings, sequence, labelled)
    return Frames(tuple(pixels), kept, skipped, labelled=labelled)


def _stay_in_crops(size: int, landmarks: bool, grey: bool) -> bool:
    """Sequences that are the crops themselves have no files of their own."""
    return size == faces.CROP_SIZE and not landmarks and not grey


def _landmarked(
    recordings: Sequence[Recording], choice: FrameSelection, size: int, labelled: bool, mapped: bool
) -> Frames:
    """Frames and their landmarks, without those whose landmarks are not all known."""
    kept, found, skipped = _each(
        recordings, lambda recording: _with_landmarks(recording, choice, size, mapped), labelled
    )
    lacking = [(r.name, video.lacking) for r, video in zip(kept, found, strict=True)]
    some = tuple((name, f"{number} frames without known landmarks") for name, number in lacking if number)
    for name, reason in some:
        log.warning("Left out of %s: %s", name, reason)
    pixels, landmarks, _ = zip(*found, strict=True)
    return Frames(pixels, kept, skipped + some, landmarks, labelled)


class _Video(NamedTuple):
    """Frames uint8 [n, 3, S, S], their landmarks float32 [n, 68, 2], and how many more have none."""

    pixels: Tensor
    landmarks: Tensor
    lacking: int


def _with_landmarks(recording: Recording, choice: FrameSelection, size: int, mapped: bool) -> _Video:
    """Raises: NoFaceError, if no frame that is used has a face whose landmarks are all known."""
    path = _cached(recording, choice, size)
    pixels = _mapped(path) if mapped else torch.from_numpy(np.load(path))
    in_crop = np.load(_cached_landmarks(recording, choice))  # [n, 68, 2]
    known = np.isfinite(in_crop).all((1, 2))  # [n]
    if not known.any():
        raise NoFaceError("no frame that is used has all landmarks")
    reduced = ((in_crop[known] + 0.5) * (size / faces.CROP_SIZE) - 0.5).astype(np.float32)
    return _Video(pixels if known.all() else pixels[known], torch.from_numpy(reduced), int((~known).sum()))


def _each(
    recordings: Sequence[Recording], read: Callable[[Recording], Read], labelled: bool
) -> tuple[tuple[Recording, ...], list[Read], tuple[tuple[str, str], ...]]:
    """What can be read, and what cannot with its reason, both in the order of ``recordings``.

    They are read in an order of this process's own: several processes that need the same videos share their reduction.
    """
    remove_leftovers(cache_dir() / "frames")
    found: dict[int, Any] = {}
    places = list(range(len(recordings)))
    random.Random(os.getpid()).shuffle(places)
    with progress("frames", len(recordings), "videos") as bar:
        for place in places:
            if labelled and recordings[place].bdi is None:
                found[place] = "no label"
            else:
                try:
                    found[place] = read(recordings[place])
                except (FileNotFoundError, NoFaceError) as error:
                    found[place] = str(error)
            bar.advance()
    pairs = [(recording, found[place]) for place, recording in enumerate(recordings)]
    skipped = tuple((recording.name, reason) for recording, reason in pairs if isinstance(reason, str))
    kept = [(recording, video) for recording, video in pairs if not isinstance(video, str)]
    if not kept:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in skipped[:3])
        raise ValueError(f"No usable video among {len(recordings)} recordings. First reasons: {reasons}")
    return tuple(recording for recording, _ in kept), [video for _, video in kept], skipped


class NoFaceError(ValueError):
    """A video in which no face was found."""


def evenly_spaced(count: int, n: int) -> np.ndarray:
    """``n`` indices spread over ``range(count)``: the middles of n equal parts, int [n]; some repeat if n > count."""
    return ((np.arange(n) + 0.5) * count / n).astype(int)


def _spreading(frames: int) -> FrameSelection:
    """That of ``load_frames``."""
    return FrameSelection(partial(_spread, frames), [frames])


def _stepping(step: int) -> FrameSelection:
    """That of ``load_sequences``."""
    return FrameSelection(partial(_every, step), ["every", step], faces.Settings(frame_stride=step))


def _spread(number: int, found: np.ndarray) -> np.ndarray:
    return found[evenly_spaced(len(found), number)]


def _every(step: int, found: np.ndarray) -> np.ndarray:
    return found[found % step == 0]


def _cached(recording: Recording, choice: FrameSelection, size: int, grey: bool = False) -> Path:
    """File of the reduced frames uint8 [n, 3 or 1, S, S] that are chosen of those with a face; made if missing."""
    path = _cache_file(recording.video, [*choice.facts, size, *(["grey"] if grey else [])])
    return _made(path, lambda: _reduced(recording, choice, size, grey))


def _reduced(recording: Recording, choice: FrameSelection, size: int, grey: bool) -> np.ndarray:
    frames = reduce(_chosen(recording, choice).frames, size)  # [n, 3, S, S]
    return luma(torch.from_numpy(frames))[:, None].numpy() if grey else frames


def _cached_landmarks(recording: Recording, choice: FrameSelection) -> Path:
    """File of their landmarks float32 [n, 68, 2] in pixels of the crops; made if missing."""
    path = _cache_file(recording.video, [*choice.facts, "landmarks"])
    return _made(path, lambda: _chosen(recording, choice).landmarks)


def _chosen(recording: Recording, choice: FrameSelection) -> faces.Crops:
    """Raises: NoFaceError, if there is none."""
    return faces.load(recording, _used(recording, choice), choice.settings)


def _used(recording: Recording, choice: FrameSelection) -> np.ndarray:
    """Numbers of the frames that are used. Raises: NoFaceError, if there is none."""
    index = faces.load(recording, [], choice.settings).found.nonzero()[0]
    chosen = choice.of(index) if len(index) else index
    if not len(chosen):
        raise NoFaceError("no face in any of the frames that are used" if len(index) else "no face in any frame")
    return chosen


def _made(path: Path, make: Callable[[], np.ndarray]) -> Path:
    if not _whole(path):
        array = make()
        with sealed(path) as handle:
            np.save(handle, array)
    return path


def _whole(path: Path) -> bool:
    try:
        status = path.stat()
        _read_once(path, status.st_mtime_ns, status.st_size, status.st_ino)
    except OSError:  # it is not there, or nothing can be there, which writing it will say
        return False
    except DamagedFile as error:
        log.warning("%s; it is made again", error)
        return False
    return True


@cache
def _read_once(path: Path, *changed: int) -> None:
    """Read a whole file once in each of its states. Raises: DamagedFile."""
    read_sealed(path)


def _mapped(path: Path) -> Tensor:
    """The frames of a file, read when they are used. Unlike numpy's maps it keeps no file open: systems allow 256."""
    stored = np.load(path, mmap_mode="r")
    content = torch.from_file(str(path), size=path.stat().st_size, dtype=torch.uint8)
    return content[stored.offset : stored.offset + stored.nbytes].view(stored.shape)


def _cache_file(video: Path, chosen: list) -> Path:
    """Named after everything that decides the pixels; ``null`` and ``both`` share the file behind a link."""
    video = video.resolve()
    facts = [str(video), *stamp(video), *chosen, VERSION, faces.VERSION, *([unusual()] if unusual() else [])]
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]
    return cache_dir() / "frames" / f"{key}.npy"
