"""Against the known landmarks of the generated corpus."""

import os

import numpy as np
import pytest

from depnb import faces
from depnb.corpus import open_corpus
from depnb.faces import Settings, transform_points

pytestmark = pytest.mark.slow

VIDEOS = 6
LEFT_CORNER, RIGHT_CORNER = 36, 45
INNER = slice(17, 68)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """A few generated videos, each of another person."""
    before = os.environ.get("DEPNB_CACHE")
    os.environ["DEPNB_CACHE"] = str(tmp_path_factory.mktemp("corpus"))
    corpus = open_corpus("both-tiny")
    chosen = list({r.subject: r for r in corpus.recordings}.values())[:VIDEOS]
    corpus.ensure(chosen)
    yield chosen
    os.environ.pop("DEPNB_CACHE")
    if before is not None:
        os.environ["DEPNB_CACHE"] = before


def truth(recording):
    with np.load(recording.video.with_suffix(".truth.npz")) as archive:
        return archive["landmarks"], archive["visible"]


def errors(recording, settings):
    """Per visible frame and landmark, in units of the distance between the outer eye corners: ``[n, 68]``."""
    true, visible = truth(recording)
    crops = faces.load(recording, settings=settings)
    rows = []
    for index, found, matrix in zip(crops.index, crops.landmarks, crops.matrices, strict=True):
        if visible[index]:
            goal = transform_points(true[index], matrix)
            eyes = np.linalg.norm(goal[LEFT_CORNER] - goal[RIGHT_CORNER])
            rows.append(np.linalg.norm(found - goal, axis=1) / eyes)
    return np.array(rows)


def test_landmarks_with_detection_in_every_kth_frame_are_as_good(recordings):
    often, seldom = Settings(detect_every=1), Settings()
    assert seldom.detect_every > 1
    mean = {}
    for settings in (often, seldom):
        assert not faces.prepare(recordings, workers=1, settings=settings).failures
        mean[settings] = np.concatenate([errors(r, settings) for r in recordings])[:, INNER].mean()
    assert mean[often] < 0.06
    assert mean[seldom] - mean[often] <= 0.01


def test_visible_faces_are_found(recordings):
    faces.prepare(recordings, workers=1)
    found = np.concatenate([faces.load(r, []).found for r in recordings])
    visible = np.concatenate([truth(r)[1] for r in recordings])
    assert np.mean(found[visible]) >= 0.97


def test_the_jaw_is_inside_the_crop(recordings):
    faces.prepare(recordings, workers=1)
    for recording in recordings:
        true, _ = truth(recording)
        crops = faces.load(recording)
        for index, matrix in zip(crops.index, crops.matrices, strict=True):
            jaw = transform_points(true[index, :17], matrix)
            assert jaw.min() > 0
            assert jaw.max() < faces.CROP_SIZE - 1
