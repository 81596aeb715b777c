"""Videos that are not upright although nothing says so."""

import numpy as np
import pytest

from depnb import faces
from depnb.faces.detect import Faces, detector
from depnb.faces.orientation import DOUBTFUL, Turned, doubtful, upright
from depnb.faces.pictures import open_video
from depnb.faces.samples import talking_face_clip
from tests import bad_videos


def look(score):
    """A frame with one face of this score, or without a face."""
    count = 0 if score is None else 1
    points = np.zeros((count, 5, 2), np.float32)
    return Faces(np.ones((count, 4), np.float32), np.array([score] * count, np.float32), points)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0.999, 0.9999, None], False),
        ([DOUBTFUL + 0.001], False),
        ([0.94, 0.9, 0.999], True),
        ([0.999, None, None], True),
        ([None], True),
        ([], True),
    ],
)
def test_who_is_seen_seldom_or_not_surely_is_doubtful(scores, expected):
    assert doubtful([look(score) for score in scores]) is expected


def lying(folder, quarters, name="lying.mp4"):
    pictures = [np.ascontiguousarray(np.rot90(p, quarters)) for p in bad_videos.moving(8, 176, 176)]
    return bad_videos.encode(folder / name, pictures, pixels="yuv444p", options={"crf": "0"})


@pytest.mark.slow
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_video_on_its_side_or_head_is_turned_with_a_remark(quarters, tmp_path, recording):
    plain, turned = recording(lying(tmp_path, 0, "plain.mp4"), 1), recording(lying(tmp_path, quarters), 2)
    rows = faces.prepare([plain, turned]).rows
    assert [(row.status, row.without_face) for row in rows] == [("ok", 0)] * 2
    assert rows[0].warnings == ()
    assert [warning for warning in rows[1].warnings if "not upright" in warning]
    difference = faces.load(plain).frames.astype(int) - faces.load(turned).frames
    assert np.abs(difference).mean() < 2


@pytest.mark.slow
def test_what_is_upright_is_not_looked_at_again(tmp_path, recording, monkeypatch):
    def fails(*arguments):
        raise AssertionError("it was doubtful")

    monkeypatch.setattr("depnb.faces.process.upright", fails)
    videos = [talking_face_clip(), bad_videos.good(tmp_path), bad_videos.two_people(tmp_path)]
    report = faces.prepare([recording(video, k) for k, video in enumerate(videos)])
    assert not report.failures


@pytest.mark.slow
def test_nobody_and_a_face_now_and_then_are_left_as_they_are(tmp_path):
    for make in (bad_videos.nobody, bad_videos.mostly_away):
        video = open_video(make(tmp_path))
        list(video.frames())
        assert upright(video, detector()) is video


def test_a_turned_video_has_the_rest_of_the_video(tmp_path):
    video = open_video(bad_videos.good(tmp_path, count=2))
    turned = Turned(video, 1)
    for ours, theirs in zip(turned.frames(), video.frames(), strict=True):
        assert (ours.index, ours.time) == (theirs.index, theirs.time)
        assert np.array_equal(ours.rgb, np.rot90(theirs.rgb))
    assert turned.path == video.path
    assert turned.decoded_frames == 2
    assert turned.warnings == ["the picture is not upright and was turned by 90° counter-clockwise"]
