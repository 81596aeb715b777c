"""From frame scores to video scores, and from video scores to numbers with intervals; knows no network and no torch."""

from depnb.evaluation.folds import subject_folds
from depnb.evaluation.intervals import (
    conformal_radius,
    paired_permutation_test,
    paired_subject_bootstrap,
    people_needed,
    subject_bootstrap,
)
from depnb.evaluation.metrics import (
    BANDS,
    FEWEST_PEOPLE,
    band,
    band_bias,
    ccc,
    clipped,
    mae,
    pcc,
    rmse,
    video_scores,
)

__all__ = [
    "BANDS",
    "FEWEST_PEOPLE",
    "VERSION",
    "band",
    "band_bias",
    "ccc",
    "clipped",
    "conformal_radius",
    "mae",
    "paired_permutation_test",
    "paired_subject_bootstrap",
    "pcc",
    "people_needed",
    "rmse",
    "subject_bootstrap",
    "subject_folds",
    "video_scores",
]

VERSION = 1
"""Raised when the numbers of the same scores change."""
