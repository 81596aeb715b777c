"""What trained networks look at, over many people: maps, where they lie, and what covering a region changes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from depnb.evaluation import maps
from depnb.experiments import networks
from depnb.experiments.networks import Card
from depnb.experiments.predict import specified
from depnb.faces.regions import REGIONS, face_regions
from depnb.inputs import loading
from depnb.inputs.spec import InputSpec, LandmarkedClips
from depnb.inputs.videos import Frames
from depnb.methods.contract import Network
from depnb.methods.profiles import Profile
from depnb.methods.registry import TrainingSpec, method
from depnb.training.explain import cascade, signed_maps
from depnb.training.loop import to_memory_format

Explain = Callable[[Network, Any], tuple[np.ndarray, np.ndarray]]
"""Network and inputs [B, …] to scores [B] and maps [B, h, w] or [B, t, h, w]."""
INPUTS = 2
"""Of each video."""


@dataclass(frozen=True)
class Opened:
    """A kept network with all that is needed to use it."""

    card: Card
    network: Any
    profile: Profile
    of: TrainingSpec

    @property
    def input_spec(self) -> InputSpec:
        return self.of.input_spec

    def fresh(self, seed: int) -> Network:
        """The same network with weights that nobody has trained."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return method(self.card.run.paper).model(self.of.config, self.profile.scale).eval()

    def cascaded(self, stages: Sequence[str], seed: int) -> Iterator[tuple[str, Network]]:
        """The network with more and more untrained stages, from the score back to the pixels."""
        trained = {name: value.clone() for name, value in self.network.state_dict().items()}
        network: Any = self.fresh(seed)
        fresh = {name: value.clone() for name, value in network.state_dict().items()}
        for stage, state in cascade(trained, fresh, stages):
            network.load_state_dict(state)
            yield stage, network


def open_network(path: Path) -> Opened:
    """A file of ``networks``, ready to score.

    Raises:
        FileNotFoundError, UnusableNetwork: as ``networks.read``.
    """
    card, weights = networks.read(path)
    of = specified(card)
    profile = replace(of.profile, **card.computing)
    network = method(card.run.paper).model(of.config, profile.scale)
    network.load_state_dict(weights)
    return Opened(card, network.eval(), profile, of)


def frames_of(recordings: Sequence[Any], opened: Opened) -> Frames:
    """What the network is given of recordings whose crops are there, with landmarks."""
    size = opened.profile.scale.input_size
    return loading.load(recordings, replace(opened.input_spec, landmarks=True), opened.profile.frames, size)


def grad_cam(network: Any, inputs: Any, layer: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """``signed_maps`` at the layer of that name, or at the one that the network names itself."""
    return signed_maps(network, inputs, network.get_submodule(layer) if layer else None)


@dataclass(frozen=True)
class Looks:
    """What one network looks at. A look is one moment of one input; an input of a still network has one moment.

    Attributes:
        bdi, scores: of the N people, points; scores [N] are means over their inputs.
        cells: maps as they came, [N, looks, h, w].
        regions: ``face_regions`` of the frame in the middle of each look, int8 [N, looks, S, S].
        points: landmarks of that frame, [N, looks, 68, 2].
        moments: looks of an input.
    """

    bdi: np.ndarray
    scores: np.ndarray
    cells: np.ndarray
    regions: np.ndarray
    points: np.ndarray
    moments: int

    @cached_property
    def maps(self) -> np.ndarray:
        """Without their sign, where a change of the features would change the score, up or down: in the size of the
        frames [N, looks, S, S]."""
        flat = torch.from_numpy(np.abs(self.cells)).flatten(0, 1)[:, None]  # [N·looks, 1, h, w]
        large = functional.interpolate(flat, self.regions.shape[2:], mode="bilinear", align_corners=False)
        return large.numpy().reshape(self.regions.shape)

    @property
    def empty(self) -> float:
        """Share of the looks whose Grad-CAM is empty, because no stronger feature would raise the score."""
        return float((self.cells.max((2, 3)) <= 0).mean())

    def over_people(self, measure: Callable[[np.ndarray, np.ndarray, int], np.ndarray]) -> np.ndarray:
        """``maps.energy`` or ``maps.pointing_game`` of each person, means over looks that have a map [N, regions]."""
        people, looks = self.maps.shape[:2]
        flat = measure(self.maps.reshape(-1, *self.maps.shape[2:]), self._flat_regions(), len(REGIONS))
        return _known_mean(flat.reshape(people, looks, -1))

    def area(self) -> np.ndarray:
        """Share of the face that each region has, means over looks [N, regions]."""
        people, looks = self.maps.shape[:2]
        return maps.area(self._flat_regions(), len(REGIONS)).reshape(people, looks, -1).mean(1)

    def outside(self) -> tuple[np.ndarray, np.ndarray]:
        """Share of a map's energy outside the face, [N], and the share of the crop that lies there, [N]."""
        away = self.regions < 0  # [N, looks, S, S]
        whole = self.maps.sum((2, 3))  # [N, looks]
        with np.errstate(invalid="ignore"):
            energy = (self.maps * away).sum((2, 3)) / whole
        return _known_mean(energy[..., None])[:, 0], away.mean((1, 2, 3))

    def mean_map(self, side: int) -> np.ndarray:
        """Mean over people and inputs of maps that each add up to 1, reduced, [moments, side, side]; chance is 1."""
        whole = self.maps.sum((2, 3), keepdims=True)
        with np.errstate(invalid="ignore"):
            each = np.where(whole > 0, self.maps / whole, np.nan) * self.maps[0, 0].size
        by_moment = each.reshape(-1, self.moments, *each.shape[2:])  # [N·inputs, moments, S, S]
        mean = torch.from_numpy(np.nanmean(by_moment, axis=0))[:, None]
        return functional.adaptive_avg_pool2d(mean, side)[:, 0].numpy()

    def _flat_regions(self) -> np.ndarray:
        return self.regions.reshape(-1, *self.regions.shape[2:])


def look(opened: Opened, network: Any, frames: Frames, explain: Explain = grad_cam, inputs: int = INPUTS) -> Looks:
    """Maps of ``inputs`` evenly spaced inputs of each video; all networks look at the same ones."""
    spec, size = opened.input_spec, opened.profile.scale.input_size
    found: dict[str, list[Any]] = {"scores": [], "cells": [], "regions": [], "points": []}
    moments = 1
    for chosen in _chosen(frames, spec, inputs):
        scores, cells = explain(network, _prepared(frames.clips(chosen, spec), opened))
        cells = cells.reshape(len(cells), -1, *cells.shape[-2:])  # [k, moments, h, w]
        moments = cells.shape[1]
        marks = _middles(frames, chosen, spec, moments).reshape(-1, 68, 2)  # [looks, 68, 2]
        found["scores"].append(scores.mean())
        found["cells"].append(cells.reshape(-1, *cells.shape[2:]))
        found["regions"].append(np.stack([_regions(points.tobytes(), size) for points in marks]))
        found["points"].append(marks)
    return Looks(np.array(frames.labels), **{name: np.stack(part) for name, part in found.items()}, moments=moments)


def covered(opened: Opened, frames: Frames, inputs: int = INPUTS) -> np.ndarray:
    """Absolute change of each person's score when a region is painted over with the mean colour of the face.

    It asks the network directly, with pictures unlike those that it was trained on.

    Returns:
        [N, regions + 1], points; the last column is of all that lies outside the face.
    """
    spec, found = opened.input_spec, []
    for chosen in _chosen(frames, spec, inputs):
        clips = frames.clips(chosen, spec)
        pixels = clips.pixels if isinstance(clips, LandmarkedClips) else clips  # [k, l, 3, S, S]
        marks = _marks(frames, chosen, spec)  # [k, l, 68, 2]
        regions = torch.from_numpy(
            np.stack([_regions(points.tobytes(), pixels.shape[-1]) for points in marks.reshape(-1, 68, 2)])
        ).unflatten(0, marks.shape[:2])  # [k, l, S, S]
        changed = [pixels, *(_painted(pixels, regions, number) for number in (*range(len(REGIONS)), -1))]
        whole = [p if not isinstance(clips, LandmarkedClips) else clips._replace(pixels=p) for p in changed]
        with torch.no_grad():
            scores = [opened.network.score(opened.network(_prepared(each, opened))).double().mean() for each in whole]
        found.append([abs(float(score - scores[0])) for score in scores[1:]])
    return np.array(found)


@lru_cache(maxsize=4000)
def _regions(points: bytes, size: int) -> np.ndarray:
    """``face_regions`` of float32 landmarks; several maps are made of the same frame."""
    return face_regions(np.frombuffer(points, np.float32).reshape(68, 2), size)


def _painted(pixels: Tensor, regions: Tensor, number: int) -> Tensor:
    """Clips [k, l, 3, S, S] whose region [k, l, S, S] has the mean colour of the face."""
    face = (regions >= 0)[:, :, None]  # [k, l, 1, S, S]
    colour = (pixels * face).sum((3, 4), keepdim=True) / face.sum((3, 4), keepdim=True).clamp_min(1)
    return torch.where((regions == number)[:, :, None], colour.round().to(pixels.dtype), pixels)


def _prepared(clips: Any, opened: Opened) -> Any:
    return to_memory_format(opened.input_spec.prepare(clips, False), opened.profile)


def _chosen(frames: Frames, spec: InputSpec, inputs: int) -> Iterator[list[tuple[int, int]]]:
    """Of each video so many inputs, evenly spaced among those that it is judged by."""
    by_video: dict[int, list[tuple[int, int]]] = {}
    for one in frames.inputs(spec):
        by_video.setdefault(one[0], []).append(one)
    for own in by_video.values():
        yield [own[int((place + 0.5) * len(own) / inputs)] for place in range(inputs)]


def _marks(frames: Frames, chosen: Sequence[tuple[int, int]], spec: InputSpec) -> np.ndarray:
    """Landmarks of the frames of inputs [k, l, 68, 2]."""
    return frames.clips(chosen, replace(spec, landmarks=True)).landmarks.numpy()  # type: ignore[union-attr]


def _middles(frames: Frames, chosen: Sequence[tuple[int, int]], spec: InputSpec, moments: int) -> np.ndarray:
    """Landmarks of the frame in the middle of each moment of an input [k, moments, 68, 2]."""
    marks = _marks(frames, chosen, spec)
    return marks[:, [int((moment + 0.5) * marks.shape[1] / moments) for moment in range(moments)]]


def _known_mean(values: np.ndarray) -> np.ndarray:
    """Mean over looks [N, looks, R] of those that are known; NaN where none is."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.where(known, values, 0).sum(1) / known.sum(1)
