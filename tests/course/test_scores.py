"""The scores that the lessons on errors are made of."""

import numpy as np
import pytest

from depnb import course
from depnb.evaluation import rmse


@pytest.mark.parametrize(("partition", "videos"), [("unseen", 400), ("test", 100)])
def test_scores_belong_to_their_people(partition, videos):
    found = course.stored_scores("distribution", ("expectation", "euclidean"), "both", partition)
    assert found.profile == "standard"
    assert len(found.labels) == len(found.people) == len(found.videos) == len(found.constant) == videos
    assert {row: scores.shape for row, scores in found.of.items()} == dict.fromkeys(
        ("expectation", "euclidean"), (10, videos)
    )
    assert all(video.startswith(person) for video, person in zip(found.videos, found.people, strict=True))
    assert np.ptp(found.constant) == 0
    assert rmse(found.labels, found.of["euclidean"][0]) < rmse(found.labels, found.constant)


def test_a_row_without_committed_results_is_named():
    with pytest.raises(ValueError, match="no row 'nothing' of distribution on both"):
        course.stored_scores("distribution", ("nothing",), "both", "unseen")
