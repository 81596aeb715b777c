"""Grad-CAM maps that a result keeps."""

from collections.abc import Iterator

import numpy as np

from depnb.evaluation.bands import BANDS, FEWEST_PEOPLE, band
from depnb.experiments.result import DIGITS, Attention, rounded
from depnb.inputs.spec import InputSpec
from depnb.inputs.videos import Frames
from depnb.training import explain
from depnb.training.loop import Training, to_memory_format


def attention_maps(training: Training, frames: Frames, input_spec: InputSpec) -> tuple[Attention, ...]:
    """Maps for one person a severity band, whose label lies nearest to the middle of the band's labels."""
    found, labels = [], frames.labels
    for _, members in _by_band(frames):
        middle = float(np.median([labels[i] for i in members]))
        index = min(members, key=lambda i: (abs(labels[i] - middle), i))
        score, maps = _looked_at(training, frames, input_spec, index)
        name = frames.recordings[index].name
        found += [_attended(name, moment, labels[index], score, heat) for moment, heat in maps]
    return tuple(found)


def mean_attention_maps(training: Training, frames: Frames, input_spec: InputSpec) -> tuple[Attention, ...]:
    """The mean over all videos of a severity band, for real people: nobody's own map is kept.

    A band of fewer than ``FEWEST_PEOPLE`` has none. ``frame`` only tells the ends of a clip apart.
    """
    found = []
    for name, members in _by_band(frames):
        people = len({frames.recordings[i].subject for i in members})
        if people < FEWEST_PEOPLE:
            continue
        scores, maps = zip(*(_looked_at(training, frames, input_spec, index) for index in members), strict=True)
        bdi = float(np.mean([frames.labels[i] for i in members]))
        for place, of_videos in enumerate(zip(*maps, strict=True)):
            mean = np.mean([heat for _, heat in of_videos], axis=0)
            found.append(_attended(f"{name}: mean of {people} people", place, bdi, float(np.mean(scores)), mean))
    return tuple(found)


def _by_band(frames: Frames) -> Iterator[tuple[str, list[int]]]:
    """Severity bands that occur, and the places of their videos."""
    for name, _, _ in BANDS:
        members = [place for place, bdi in enumerate(frames.labels) if band(bdi) == name]
        if members:
            yield name, members


def _looked_at(
    training: Training, frames: Frames, input_spec: InputSpec, index: int
) -> tuple[float, list[tuple[int, np.ndarray]]]:
    """Score and maps of the middle one of the inputs that a video is judged by.

    One map [h, w] with its frame, or of a clip whose maps have several moments those of its two ends.
    """
    own = [(video, start) for video, start in frames.inputs(input_spec) if video == index]
    chosen = own[len(own) // 2]
    clip = input_spec.prepare(frames.clips([chosen], input_spec), False)  # [1, …]
    (score,), (heat,) = explain.grad_cam(training.model.module, to_memory_format(clip, training.profile))
    moments = frames.frame_indices(*chosen, input_spec)
    if heat.ndim == 3 and len(heat) > 1:
        return float(score), [(moments[0], heat[0]), (moments[-1], heat[-1])]
    return float(score), [(moments[len(moments) // 2], heat.reshape(heat.shape[-2:]))]


def _attended(name: str, moment: int, bdi: float, score: float, heat: np.ndarray) -> Attention:
    values = tuple(rounded(line) for line in heat)
    return Attention(name, moment, round(float(bdi), DIGITS), round(float(score), DIGITS), values)
