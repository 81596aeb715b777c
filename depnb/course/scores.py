"""Scores of single people, for the lessons on errors: from the committed results, and the same for every reader."""

from typing import NamedTuple

import numpy as np

from depnb.experiments.store import Store
from depnb.reports.shown import results_of
from depnb.system.repository import COMMITTED


class Scores(NamedTuple):
    """Labels of N videos, and what the networks of some rows say, one a seed.

    Attributes:
        labels: BDI-II [N]. people: the person in each video, N names. videos: N names.
        constant: what the mean of the training labels says [N].
        of: by row, scores [seeds, N].
        profile: of the runs.
    """

    labels: np.ndarray
    people: tuple[str, ...]
    videos: tuple[str, ...]
    constant: np.ndarray
    of: dict[str, np.ndarray]
    profile: str


def stored_scores(paper: str, rows: tuple[str, ...], corpus: str, partition: str) -> Scores:
    """What rows of a paper say of a generated corpus, under the protocol ``honest``, with all committed seeds.

    Raises:
        ValueError: the committed results do not have one of the rows there.
    """
    stored = results_of(Store(COMMITTED, strict=True), paper)
    found = {
        row: [
            result
            for result in stored
            if (result.run.row, result.run.corpus, result.run.protocol) == (row, corpus, "honest")
        ]
        for row in rows
    }
    for row, results in found.items():
        if not results:
            raise ValueError(f"The committed results have no row {row!r} of {paper} on {corpus} under honest.")
    first = found[rows[0]][0]
    seen = first.predictions[partition]
    return Scores(
        np.array(seen.bdi, dtype=float),
        tuple(seen.subject),
        tuple(seen.video),
        np.array(seen.constant, dtype=float),
        {row: np.array([r.predictions[partition].score for r in results]) for row, results in found.items()},
        first.run.profile,
    )
