"""Whether a video is like those that a network was trained on; what a score does not mean where it is not."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from depnb import faces
from depnb.corpus import Recording
from depnb.faces.quality import frame_rate
from depnb.inputs import loading
from depnb.methods.registry import TrainingSpec

FEWEST_FRAMES = 2
"""With a face; what has fewer is no video."""
SAME_RATE, SAME_LENGTH = 0.1, 0.5
"""Frame rates that differ by a larger share are others; a video that lasts a smaller share of the usual is short."""
LOOKED_AT, SIDE = 64, 28
"""Crops of a video that are compared, and the side to which they are reduced for that, px."""
STILL = 0.7
"""Grey levels by which crops of a photograph differ from their mean, at most; those of a person differ by 5 or more."""
EXCHANGED, EXCHANGED_SHARE = 15.0, 2.2
"""Two means are of different people if they differ by so many grey levels, and by so many times as much as the crops
on either side differ from theirs: so do 99 of 100 videos of two generated people, and none of 100 of one."""


class Footage(NamedTuple):
    """Frames per second and seconds of a video, or of several their medians."""

    frame_rate: float
    seconds: float


def usual(recordings: Sequence[Recording]) -> Footage | None:
    """What the videos of a training are like, whose crops are made; None where none has two frames with a face."""
    found = [own for recording in recordings if (own := _footage(faces.load(recording, []).times))]
    return Footage(*np.median(found, axis=0).round(3).tolist()) if found else None


def demand_video(recording: Recording) -> None:
    """Raises: ValueError, if there is only one frame with a face."""
    frames = int(faces.load(recording, []).found.sum())
    if frames < FEWEST_FRAMES:
        raise ValueError(
            f"{recording.video} has {frames} frame with a face, and a photograph is no video: give one of some seconds."
        )


def remarks(recording: Recording, of: TrainingSpec, trained: Footage | None) -> list[str]:
    """In what a video is not like those of the training, a sentence each.

    Args:
        recording: its crops are made. of: what was trained. trained: what its videos were like, if that is known.
    """
    crops = faces.load(recording, [])
    own = _footage(crops.times)
    return [
        *_too_few(len(np.unique(loading.numbers(recording, of.input_spec, of.profile.frames))), of),
        *(_unlike(own, trained) if own and trained else ()),
        *_of_the_face(_small(recording, crops.found)),
    ]


def _footage(times: NDArray[np.float64]) -> Footage | None:
    rate = frame_rate(times)
    known = times[np.isfinite(times)]
    return Footage(rate, float(known[-1] - known[0]) + 1 / rate) if rate else None


def _too_few(frames: int, of: TrainingSpec) -> list[str]:
    single = of.input_spec.step is None and of.input_spec.sample is None
    needed = of.profile.frames if single else max(of.input_spec.offsets) + 1
    if frames >= needed:
        return []
    what = "that the network looks at" if single else "of one input of the network"
    return [
        f"The video has {frames} frames with a face that can be used, fewer than the {needed} {what}: some are given "
        "to it several times, and there is no movement between these."
    ]


def _unlike(own: Footage, trained: Footage) -> list[str]:
    found = []
    if abs(own.frame_rate / trained.frame_rate - 1) > SAME_RATE:
        found.append(
            f"The video has {own.frame_rate:.4g} frames per second, and those of the training had "
            f"{trained.frame_rate:.4g}: what moves looks slower or faster to the network than it is."
        )
    if own.seconds < SAME_LENGTH * trained.seconds:
        found.append(
            f"The video lasts {own.seconds:.1f} seconds, and those of the training lasted {trained.seconds:.1f}: a "
            "score of so little is less certain than the interval says."
        )
    return found


def _small(recording: Recording, seen: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Evenly spaced crops, reduced: [n, SIDE, SIDE, 3]."""
    places = np.flatnonzero(seen)  # [T]
    chosen = places[np.unique(np.linspace(0, len(places) - 1, LOOKED_AT).round().astype(int))]  # [n]
    frames = faces.load(recording, chosen).frames  # [n, 224, 224, 3]
    return np.stack([cv2.resize(frame, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for frame in frames]).astype("f4")


def _of_the_face(crops: NDArray[np.float32]) -> list[str]:
    if np.abs(crops - crops.mean(0)).mean() < STILL:
        return ["The face does not move: this may be a photograph, of which the score of a video says nothing."]
    if _exchanged(crops):
        return [
            "The face looks like another one from some moment on: if a second person takes the place of the first, the "
            "score is of neither. Cut the video there."
        ]
    return []


def _exchanged(crops: NDArray[np.float32]) -> bool:
    """Whether the crops [n, S, S, 3] on two sides of a moment are of different people."""
    fewest = max(2, len(crops) // 8)
    for place in range(fewest, len(crops) - fewest + 1):
        sides = crops[:place], crops[place:]
        apart = np.abs(sides[0].mean(0) - sides[1].mean(0)).mean()
        within = sum(np.abs(side - side.mean(0)).mean() * len(side) for side in sides) / len(crops)
        if apart > EXCHANGED and apart > EXCHANGED_SHARE * within:
            return True
    return False
