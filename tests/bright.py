"""A corpus in memory whose brightness is the label: what any network must learn, and nothing else is needed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from depnb.corpus.records import Recording
from depnb.experiments import execute, facts, plan, store
from depnb.inputs.videos import Frames
from depnb.reports import result_plots


def bright_recordings(partition: str, people: int, first: int = 200) -> list[Recording]:
    """Two sessions per person, labels 0–45."""
    rng = np.random.default_rng(first)
    return [
        Recording(f"{first + person}_{session}", None, partition, Path(f"{first + person}_{session}.mp4"), float(bdi))
        for person in range(people)
        for session, bdi in enumerate(rng.integers(0, 46, size=2), start=1)
    ]


def bright_frames(recordings: list[Recording], frames: int = 3, size: int = 32) -> Frames:
    """Noise whose mean grows with the label."""
    rng = np.random.default_rng(len(recordings))
    bdi = np.array([r.bdi for r in recordings])
    noise = rng.normal(0, 10, size=(len(recordings), frames, 3, size, size))
    pixels = (60 + 3 * bdi[:, None, None, None, None] + noise).clip(0, 255).astype(np.uint8)
    return Frames(torch.from_numpy(pixels), tuple(recordings))


def landmarked(frames: Frames) -> Frames:
    """The same frames with landmarks anywhere in them."""
    rng = np.random.default_rng(len(frames))
    most = frames.pixels[0].shape[-1] - 1
    drawn = [rng.uniform(0, most, (len(video), 68, 2)).astype(np.float32) for video in frames.pixels]
    return replace(frames, landmarks=tuple(map(torch.from_numpy, drawn)))


OPENERS = (store, execute, plan, result_plots)
"""Modules that open the corpus of a run."""


def open_everywhere(monkeypatch, opened) -> None:
    """Every stage that opens the corpus of a run calls ``opened(corpus, profile)`` instead."""
    for module in OPENERS:
        monkeypatch.setattr(module, "open_for_profile", opened)

    def identified(corpus, profile):
        found = opened(corpus, profile)
        return found.fingerprint, found.name if found.licensed else None

    monkeypatch.setattr(facts, "identified", identified)
