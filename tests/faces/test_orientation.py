"""Videos that are not upright although nothing says so."""

import numpy as np
import pytest

from depnb import faces
from depnb.corpus.synthetic.make import film
from depnb.corpus.synthetic.recipe import Recipe, sessions
from depnb.faces.detect import Faces, detector
from depnb.faces.orientation import CROOKED, DOUBTFUL, UNCLEAR, UNKNOWN, Look, Turned, doubtful, look, upright
from depnb.faces.pictures import open_video
from depnb.faces.samples import astronaut, moved_portrait
from depnb.faces.video import Frame
from tests import bad_videos


def seen(hog, score=None):
    """A frame with one face of these scores, or without a face."""
    count = 0 if score is None else 1
    points = np.zeros((count, 5, 2), np.float32)
    return Look(0, Faces(np.ones((count, 4), np.float32), np.array([score] * count, np.float32), points), hog)


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ([seen(UNCLEAR + 0.1, 0.9)], False),
        ([seen(UNCLEAR - 0.1, DOUBTFUL + 0.001)], False),
        ([seen(UNCLEAR - 0.1, DOUBTFUL - 0.001)], True),
        ([seen(CROOKED - 0.1, 0.9999)], True),
        ([seen(1.0, 0.999), seen(1.0, 0.999), seen(0)], False),
        ([seen(0.6, 0.999), seen(0), seen(0)], True),
        ([seen(0)], True),
        ([], True),
    ],
)
def test_who_is_seldom_or_not_surely_upright_is_doubtful(looks, expected):
    assert doubtful(looks) is expected


def test_dlib_knows_upright_faces_alone():
    for quarters in range(4):
        picture = np.ascontiguousarray(np.rot90(bad_videos.with_heads([(30, 20)], height=176), quarters))
        (one,) = look([Frame(7, 0.0, picture)], detector())
        assert one.index == 7
        assert (one.hog > 1) is (quarters == 0)


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


class Shot:
    """Pictures in place of a video."""

    warnings = ()

    def __init__(self, pictures):
        self.decoded_frames = len(pictures)
        self._frames = [Frame(k, k / 8, picture) for k, picture in enumerate(pictures)]

    def frames(self, step=1):
        return iter(self._frames[::step])


@pytest.mark.slow
@pytest.mark.parametrize(("person", "quarters"), [("232_1", 2), ("233_1", 3), ("261_1", 1)])
def test_a_detector_that_is_sure_of_a_drawn_face_on_its_head_is_not_believed(person, quarters):
    recipe = Recipe("both", "quick", seed=101)
    session = next(session for session in sessions(recipe) if session.id == person)
    pictures, _ = film(recipe, session, "Freeform", slice(0, 48, 8))
    lying = Shot([np.ascontiguousarray(np.rot90(picture, quarters)) for picture in pictures])
    assert doubtful(look(list(lying.frames()), detector()))
    turned = upright(lying, detector())
    assert isinstance(turned, Turned)
    for frame, picture in zip(turned.frames(), pictures, strict=True):
        assert np.array_equal(frame.rgb, picture)


@pytest.mark.parametrize("quarters", [0, 1])
def test_a_face_that_is_nowhere_upright_beyond_doubt_gets_a_remark(quarters):
    picture = astronaut().copy()
    picture[140:200, 170:290] = 60  # nose and mouth are hidden
    hidden = Shot([np.ascontiguousarray(np.rot90(picture, quarters))])
    left = upright(hidden, detector())
    assert left.warnings == [UNKNOWN]
    assert np.array_equal(next(left.frames()).rgb, next(hidden.frames()).rgb)


@pytest.mark.slow
def test_what_is_upright_is_not_looked_at_again(tmp_path, recording, monkeypatch):
    def fails(*arguments):
        raise AssertionError("it was doubtful")

    monkeypatch.setattr("depnb.faces.process.upright", fails)
    videos = [moved_portrait(), bad_videos.good(tmp_path), bad_videos.two_people(tmp_path)]
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
