"""What rivals look at: numbers of a video, from its face crops and the landmarks found in them. Needs no torch.

What takes long, landmarks and descriptors of frames, is kept in the cache, for all corpora that share a video.
"""

import hashlib
import io
import json
import logging
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from depnb import faces
from depnb.corpus.records import Recording
from depnb.corpus.tree import stamp
from depnb.faces.crop_paths import unusual
from depnb.faces.samples import package_file
from depnb.methods.rivals import VERSION, flow, history, textures
from depnb.methods.rivals.rows import WEIGHTS, Features
from depnb.nets.weights import registry
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
CLIPS, CLIP = 3, registry.CLIP
"""Clips of a video that a frozen network gets, and the frames of each."""
DECODED_S, LANDMARKS_S, DESCRIBED_S = 0.001, 0.005, 0.11
"""Seconds of a core for each frame: to decode it, to find landmarks in it, to describe its face; measured (AVX2)."""
OWN_S = {"lbp_top": 0.003, "optical_flow": 0.006, "fdhh_lbp": 0.003}
"""The same for other numbers of frames."""
NETWORK_S = {
    "imagenet-resnet50": 0.1,
    "kinetics-r3d_18": 1.0,
    "kinetics-mvit_v2_s": 2.0,
    "kinetics-swin3d_t": 1.5,
    "timm-vit_small_patch16_224.dino": 0.1,
}
"""Seconds of a core that a frozen network takes for each frame or clip, from its operations and not measured."""

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
        float64 [k]; k is 1 to 10240.

    Raises:
        FileNotFoundError: there are no crops, or no weights of a frozen network.
        TooFewFrames: nothing can be computed of the frames with a face.
    """
    settings = faces.Settings(frame_stride=step)
    index = chosen(faces.stored(recording, [], settings).arrays["found"], step)
    if not len(index):
        raise TooFewFrames("no face in any of the frames that are used")
    look = partial(_kept, recording, kept_as(features, step, frames))
    if features == "face_descriptors":
        return look(lambda: _descriptors(recording, _few(index, frames), settings)).mean(0)
    if features == "frame_difference":
        pairs = followers(index, step)
        return frame_difference(look(lambda: _differences(recording, index, pairs, settings)))
    if features == "lbp_top":
        parts = stretches(index, step, 3)
        return look(lambda: textures.lbp_top(_apart(_greys(recording, index, settings), parts)))
    if features == "optical_flow":
        pairs = followers(index, step)
        return look(lambda: _flow(_greys(recording, index, settings), pairs))
    if features == "fdhh_lbp":
        parts = stretches(index, step, 2)
        return look(lambda: history.fdhh(_apart(textures.frame_histograms(_greys(recording, index, settings)), parts)))
    if features in WEIGHTS:
        return _frozen(recording, features, index, settings, frames, look)
    landmarks = normalised(look(lambda: faces.load(recording, index, settings).landmarks))
    if features == "fdhh_landmarks":
        return history.fdhh(_apart(landmarks.reshape(len(landmarks), -1), stretches(index, step, 2)))
    return moments(landmarks) if features == "landmarks_moments" else dynamics(landmarks, index, step)


def looked_at(features: Features) -> str:
    """What has to be found in a video for some features; that of several rivals is found once."""
    return "landmarks" if "landmarks" in features else features


def kept_as(features: Features, step: int, frames: int) -> list:
    """What decides numbers that are kept of a video, beside the video; arguments as of ``numbers``."""
    found = [looked_at(features), step]
    if features == "face_descriptors":
        return [*found, frames // SHARE]
    if features in WEIGHTS:
        count = {"clips": (CLIPS, CLIP), "all": (), "few": (frames // SHARE,)}[_takes(features)]
        return [*found, *count, registry.find(WEIGHTS[features]).sha256]
    if features == "fdhh_lbp":
        return [*found, history.LONGEST, history.THRESHOLD]
    return found


def is_kept(recording: Recording, features: Features, step: int, frames: int) -> bool:
    """Whether what takes long of the ``numbers`` of a video has been made."""
    try:
        return _cache_file(recording.video, kept_as(features, step, frames)).exists()
    except FileNotFoundError:
        return False


def demand_weights(features: Features) -> None:
    """Demand the weights that a rival needs.

    Raises:
        FileNotFoundError: they are not on this machine; the message says how to get them.
    """
    name = WEIGHTS.get(features)
    if name and not registry.find(name).path.exists():
        raise FileNotFoundError(
            f"The rival {features} needs the weights {name}, which are not on this machine: run `depnb weights get "
            f"{name}`. Without them it is not run."
        )


def seconds(length: float, features: Features, step: int, frames: int) -> float:
    """What it takes one core to make the ``numbers`` of a video of ``length`` frames, about; the rest as there."""
    if features == "face_descriptors":
        return DESCRIBED_S * (frames // SHARE)
    if features in WEIGHTS:
        looks = {"clips": CLIPS, "all": min(length / step, STRETCHES * LENGTH), "few": frames // SHARE}
        return NETWORK_S[WEIGHTS[features]] * looks[_takes(features)]
    each = {"frame_difference": DECODED_S, **OWN_S}.get(features, LANDMARKS_S)
    return min(length / step, STRETCHES * LENGTH) * each


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


def stretches(index: NDArray[np.int64], step: int, least: int) -> list[slice]:
    """Where in ``index`` frames follow each other without a gap, at least ``least`` of them.

    Raises:
        TooFewFrames: nowhere.
    """
    ends = [0, *((np.diff(index) != step).nonzero()[0] + 1), len(index)]
    found = [slice(int(begin), int(end)) for begin, end in pairwise(ends) if end - begin >= least]
    if not found:
        raise TooFewFrames(f"no {least} frames with a face that follow each other, {step} frames apart")
    return found


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


def _apart(numbers: NDArray, parts: Sequence[slice]) -> list[NDArray]:
    return [numbers[part] for part in parts]


def _few(index: NDArray[np.int64], frames: int) -> NDArray[np.int64]:
    """One in ``SHARE`` of the profile's frames, evenly spaced among those that are looked at."""
    count = frames // SHARE
    return index[((np.arange(count) + 0.5) * len(index) / count).astype(int)]


def _greys(recording: Recording, index: NDArray, settings: faces.Settings) -> NDArray[np.uint8]:
    """Grey levels of some frames in the ``MIDDLE`` of the crop, [n, 112, 112]."""
    import cv2  # which listings do not need

    stored = faces.stored(recording, index, settings)
    parts = np.array_split(np.arange(len(index)), -(-len(index) // LENGTH))
    middle = np.concatenate([stored.decode(places)[:, MIDDLE, MIDDLE] for places in parts])
    return np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in middle])


def _flow(greys: NDArray[np.uint8], pairs: tuple[NDArray, NDArray]) -> NDArray[np.float64]:
    return flow.summary(np.stack([flow.optical_flow(greys[i], greys[j]) for i, j in zip(*pairs, strict=True)]))


def _frozen(
    recording: Recording, features: str, index: NDArray, settings: faces.Settings, frames: int, look: Callable
) -> NDArray[np.float64]:
    """Of what a frozen network says of frames or clips, means and standard deviations, or the FDHH."""

    def made(places: NDArray[np.int64]) -> NDArray[np.float32]:
        from depnb.nets import frozen  # loads torch

        different = np.unique(places)
        crops = faces.load(recording, different, settings).frames
        return frozen.features(WEIGHTS[features], crops[np.searchsorted(different, places)])

    if _takes(features) == "all":
        parts = stretches(index, settings.frame_stride, 2)
        found = look(lambda: made(index))  # [n, C]
        return history.fdhh(_apart(found / max(found.max(), LEAST), parts))
    places = _clips(index) if _takes(features) == "clips" else _few(index, frames)
    found = look(lambda: made(places)).astype(np.float64)  # [frames or CLIPS, C]
    return np.concatenate([found.mean(0), found.std(0)])


def _takes(features: str) -> Literal["clips", "all", "few"]:
    """What a frozen network is given of a video: clips, all frames that are looked at, or one in so many."""
    if WEIGHTS[features].startswith("kinetics"):
        return "clips"
    return "all" if features.startswith("fdhh") else "few"


def _clips(index: NDArray[np.int64]) -> NDArray[np.int64]:
    """The frames of the clips of a video, evenly spaced; [CLIPS, CLIP]."""
    if len(index) < CLIP:
        raise TooFewFrames(f"{len(index)} frames with a face, and a clip takes {CLIP}")
    starts = np.linspace(0, len(index) - CLIP, CLIPS).astype(int)  # [CLIPS]
    return index[starts[:, None] + np.arange(CLIP)]


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
