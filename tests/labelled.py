"""Corpora of labels alone: no video of them exists."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from depnb.corpus.records import Corpus, Recording

PLACES = ("train", "development", "test", "unseen")


def recording(session: str, bdi: float | None, partition: str = "test", task: str | None = None) -> Recording:
    return Recording(session, task, partition, Path(f"{session}_{task}_video.mp4"), bdi)


def corpus_of(recordings: Iterable[Recording], generated: bool = True) -> Corpus:
    return Corpus("made", Path("made"), tuple(recordings), generated, {})


def people(count: int, partition: str = "test", first: int = 300, seed: int = 0) -> list[Recording]:
    """One video each, with labels spread as AVEC's are."""
    labels = np.clip(np.random.default_rng(seed).gamma(1.6, 9.5, count).round(), 0, 45)
    return [recording(f"{first + k}_1", float(label), partition) for k, label in enumerate(labels)]


def usual(generated: bool = True, test: int = 50) -> Corpus:
    """Fifty people of the training, and others of the test set."""
    return corpus_of([*people(50, "train", 200, seed=1), *people(test, "test")], generated)


def scores_for(recordings: Iterable[Recording], seed: int = 0, sd: float = 7.0) -> dict[str, list]:
    """Columns of scores that lie off their labels by as much as those of papers do."""
    recordings = list(recordings)
    off = np.random.default_rng(seed).normal(0, sd, len(recordings))
    scores = [float((r.bdi or 0) + error) for r, error in zip(recordings, off, strict=True)]
    return {"video": [r.name for r in recordings], "score": scores}
