"""What rivals look at: numbers of a video, from its face crops and the landmarks found in them. Needs no torch.

What takes long, landmarks and descriptors of frames, is kept in the cache, for all corpora that share a video.
"""

import hashlib
import io
import json
import logging
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from depnb import faces
from depnb.corpus.records import Recording
from depnb.corpus.tree import stamp
from depnb.faces.crop_paths import unusual
from depnb.faces.samples import package_file
from depnb.methods.rivals import VERSION
from depnb.methods.rivals.rows import Features
from depnb.system.files import DamagedFile, cache_dir, read_sealed, sealed

STRETCHES, LENGTH = 8, 128
"""Of a video of more than STRETCHES × LENGTH frames, so many stretches of so many frames are looked at."""
LAGS = (1, 2, 3)
"""Of the autocorrelations, in frames that are looked at."""
MIDDLE = slice(faces.CROP_SIZE // 4, 3 * faces.CROP_SIZE // 4)
"""The half of a crop, in both directions, that shows eyes, nose and mouth and nothing of the background."""
LEAST = 0.01
"""Smallest mean frame difference, grey levels: the logarithm of a frozen picture's has to be finite."""
SHARE = 3
"""One in so many of the frames that a profile has of a video has its face described."""
LEFT_EYE, RIGHT_EYE = slice(36, 42), slice(42, 48)
"""Landmarks of the eyes that lie left and right in the picture."""
CHIP_SIZE = 150
"""Side of the pictures that dlib's network was trained on, px."""
DECODED_S, LANDMARKS_S, DESCRIBED_S = 0.001, 0.005, 0.11
"""Seconds of a core for each frame: to decode it, to find landmarks in it, to describe its face; measured (AVX2)."""

log = logging.getLogger("depnb")


class TooFewFrames(ValueError):
    """A video of which there are no frames, or none that follow each other, with a face."""


def numbers(recording: Recording, features: Features, step: int, frames: int) -> NDArray[np.float64]:
    """The numbers of one video that a regression gets.

    Args:
        recording: whose crops ``faces.prepare`` has made, at least at this stride.
        features: which numbers.
        step: stride between the frames that are looked at.
        frames: that the profile has of a video; the faces of one in ``SHARE`` of them are described.

    Returns:
        float64 [k]; k is 1, 272, 476 or 128.

    Raises:
        FileNotFoundError: there are no crops.
        TooFewFrames: nothing can be computed of the frames with a face.
    """
    settings = faces.Settings(frame_stride=step)
    index = chosen(faces.stored(recording, [], settings).arrays["found"], step)
    if not len(index):
        raise TooFewFrames("no face in any of the frames that are used")
    if features == "face_descriptors":
        count = frames // SHARE
        few = index[((np.arange(count) + 0.5) * len(index) / count).astype(int)]
        return _kept(recording, [features, step, count], lambda: _descriptors(recording, few, settings)).mean(0)
    if features == "frame_difference":
        pairs = followers(index, step)
        return frame_difference(
            _kept(recording, [features, step], lambda: _differences(recording, index, pairs, settings))
        )
    found = _kept(recording, [looked_at(features), step], lambda: faces.load(recording, index, settings).landmarks)
    landmarks = normalised(found)
    return moments(landmarks) if features == "landmarks_moments" else dynamics(landmarks, index, step)


def looked_at(features: Features) -> str:
    """What has to be found in a video for some features; that of several rivals is found once."""
    return "landmarks" if features.startswith("landmarks") else features


def seconds(length: float, features: Features, step: int, frames: int) -> float:
    """What it takes one core to make the ``numbers`` of a video of ``length`` frames, about; the rest as there."""
    if features == "face_descriptors":
        return DESCRIBED_S * (frames // SHARE)
    return min(length / step, STRETCHES * LENGTH) * (DECODED_S if features == "frame_difference" else LANDMARKS_S)


def chosen(found: NDArray[np.bool_], step: int) -> NDArray[np.int64]:
    """Which frames are looked at: every ``step``-th one, if it shows a face; of a long video stretches.

    Args:
        found: [T], whether a frame of the video shows a face.
        step: stride between the frames.

    Returns:
        their numbers in the video, ascending, int64 [n]; n is at most STRETCHES × LENGTH.
    """
    index = found.nonzero()[0]
    index = index[index % step == 0]
    if len(index) <= STRETCHES * LENGTH:
        return index
    starts = np.linspace(0, len(index) - LENGTH, STRETCHES).astype(int)  # [STRETCHES]
    return index[(starts[:, None] + np.arange(LENGTH)).ravel()]


def followers(index: NDArray[np.int64], step: int, lag: int = 1) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places in ``index`` of all pairs of frames that are ``lag`` strides apart; a frame without a face has none.

    Raises:
        TooFewFrames: there is no pair.
    """
    second = np.searchsorted(index, index + lag * step)  # [n]
    there = (second < len(index)) & (index[np.minimum(second, len(index) - 1)] == index + lag * step)
    if not there.any():
        raise TooFewFrames(f"no two frames with a face that are {lag * step} frames apart")
    return there.nonzero()[0], second[there]


def frame_difference(differences: NDArray[np.floating]) -> NDArray[np.float64]:
    """The logarithm of the mean of some differences of frames [pairs], grey levels; [1]."""
    return np.log([max(float(np.mean(differences)), LEAST)])


def normalised(landmarks: NDArray[np.float32]) -> NDArray[np.float64]:
    """Landmarks [n, 68, 2] around the middle between the eyes of their frame, in eye distances of the video.

    The eye distance is the mean over the frames, so that a nod changes the landmarks and not the unit.
    """
    points = landmarks.astype(np.float64)
    left, right = points[:, LEFT_EYE].mean(1), points[:, RIGHT_EYE].mean(1)  # [n, 2]
    distance = np.linalg.norm(right - left, axis=1).mean()
    return (points - ((left + right) / 2)[:, None]) / distance


def moments(landmarks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means and standard deviations over the frames of each coordinate of landmarks [n, 68, 2]; [272]."""
    return np.concatenate([landmarks.mean(0).ravel(), landmarks.std(0).ravel()])


def dynamics(landmarks: NDArray[np.float64], index: NDArray[np.int64], step: int) -> NDArray[np.float64]:
    """The mean speed of each landmark, and the autocorrelations of its coordinates at ``LAGS``; [476].

    Args:
        landmarks: ``normalised``, [n, 68, 2].
        index: numbers of their frames, ascending [n]; pairs across a gap are left out.
        step: stride between frames that follow each other.

    Returns:
        speeds in eye distances per stride [68], then the autocorrelations lag by lag [3 × 136]; that of a coordinate
        that never changes is 0.

    Raises:
        TooFewFrames: there is no pair of frames at one of the lags.
    """
    first, second = followers(index, step)
    speeds = np.linalg.norm(landmarks[second] - landmarks[first], axis=2).mean(0)  # [68]
    centred = (landmarks - landmarks.mean(0)).reshape(len(landmarks), -1)  # [n, 136]
    variance = np.square(centred).mean(0)  # [136]
    found = [speeds]
    for lag in LAGS:
        first, second = followers(index, step, lag)
        products = (centred[first] * centred[second]).mean(0)  # [136]
        found.append(np.divide(products, variance, out=np.zeros_like(products), where=variance > 0))
    return np.concatenate(found)


def _differences(recording: Recording, index: NDArray, pairs: Any, settings: faces.Settings) -> NDArray[np.float64]:
    """Mean absolute difference of the frames of each pair in the ``MIDDLE`` of the crop, grey levels; [pairs]."""
    stored = faces.stored(recording, index, settings)
    parts = np.array_split(np.arange(len(index)), -(-len(index) // LENGTH))
    grey = np.concatenate([stored.decode(places)[:, MIDDLE, MIDDLE].mean(3, dtype=np.float32) for places in parts])
    return np.array([np.abs(grey[second] - grey[first]).mean() for first, second in zip(*pairs, strict=True)])


def _descriptors(recording: Recording, index: NDArray, settings: faces.Settings) -> NDArray[np.float64]:
    """The 128 descriptors of the face in each of some frames; [n, 128]."""
    import dlib  # takes a while to load, and stored descriptors need none

    crops = faces.load(recording, index, settings)
    rectangle = dlib.rectangle(0, 0, faces.CROP_SIZE - 1, faces.CROP_SIZE - 1)
    chips = []
    for crop, landmarks in zip(crops.frames, crops.landmarks, strict=True):
        points = dlib.points([dlib.point(int(x), int(y)) for x, y in landmarks])
        chips.append(dlib.get_face_chip(crop, dlib.full_object_detection(rectangle, points), size=CHIP_SIZE))
    return np.array(_recogniser().compute_face_descriptor(chips), np.float64)  # [n, 128]


@lru_cache(maxsize=1)
def _recogniser() -> Any:
    """dlib's face recognition network, loaded once (22 MB)."""
    import dlib  # as above

    path = package_file("face-recognition-models", "dlib_face_recognition_resnet_model_v1.dat")
    return dlib.face_recognition_model_v1(str(path))


def _kept(recording: Recording, facts: list, make: Callable[[], NDArray]) -> NDArray:
    """What was made of a video, from the cache; made if it is missing or damaged."""
    path = _cache_file(recording.video, facts)
    try:
        return np.load(io.BytesIO(read_sealed(path)))
    except FileNotFoundError:
        pass
    except DamagedFile as error:
        log.warning("%s; it is made again", error)
    made = make()
    with sealed(path) as handle:
        np.save(handle, made)
    return made


def _cache_file(video: Path, facts: list) -> Path:
    """Named after everything that decides the numbers; beside what networks are given of the same videos."""
    video = video.resolve()
    deciding = ["rivals", str(video), *stamp(video), *facts, STRETCHES, LENGTH, VERSION, faces.VERSION, unusual()]
    key = hashlib.sha256(json.dumps(deciding).encode()).hexdigest()[:24]
    return cache_dir() / "frames" / f"{key}.npy"
