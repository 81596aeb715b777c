"""Detection on batches, and a real face from frame to frame."""

import numpy as np
import pytest

from depnb.faces import Video, detect_frames
from depnb.faces.detect import Detector
from depnb.faces.samples import astronaut, moved_portrait
from tests.bad_videos import background, with_heads


def test_zero_one_and_two_faces_in_one_batch():
    frames = np.stack(
        [
            background(width=240),
            with_heads([(10, 20)], width=240),
            with_heads([(5, 20), (130, 20)], width=240),
            background(width=240),
        ]
    )
    found = detect_frames(frames)
    assert [len(f) for f in found] == [0, 1, 2, 0]
    assert found[0].boxes.shape == (0, 4)
    assert found[0].points.shape == (0, 5, 2)
    assert found[2].points.shape == (2, 5, 2)


def test_batch_size_matters_less_than_rounding_to_pixels():
    frames = [with_heads([(10 + 5 * k, 20)], width=240) for k in range(5)]
    one, four = detect_frames(frames, batch=1), detect_frames(frames, batch=4)
    for a, b in zip(one, four, strict=True):
        assert np.allclose(a.boxes, b.boxes, atol=1.5)
        assert np.allclose(a.points, b.points, atol=1.0)


def test_astronaut_agrees_with_the_library():
    from facenet_pytorch import MTCNN

    picture = astronaut()
    (ours,) = detect_frames(picture)
    boxes, _, points = MTCNN().detect(picture, landmarks=True)
    assert len(ours) == len(boxes) == 1
    size = float(np.sqrt(np.prod(ours.boxes[0, 2:] - ours.boxes[0, :2])))
    assert np.abs(ours.boxes[0] - boxes[0].astype(float)).max() < 0.05 * size
    assert np.abs(ours.points[0] - points[0].astype(float)).mean() < 0.02 * size


def test_points_follow_a_shift_of_the_picture():
    a, b = detect_frames([with_heads([(20, 20)]), with_heads([(44, 30)])])
    assert np.allclose(b.points[0] - a.points[0], [24, 10], atol=1.5)


def test_verify_tells_a_face_from_none():
    (found,) = detect_frames(with_heads([(30, 20)]))
    seen = Detector().verify([with_heads([(30, 20)]), background()], np.repeat(found.boxes[:1], 2, 0))
    assert seen.scores[0] > 0.9 > 0.5 > seen.scores[1]
    assert np.abs(seen.points[0] - found.points[0]).mean() < 2


def test_tiny_pictures_have_no_face():
    assert [len(f) for f in detect_frames(np.zeros((2, 8, 9, 3), np.uint8))] == [0, 0]


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match="uint8 RGB"):
        detect_frames(np.zeros((1, 64, 64, 3), np.float32))
    with pytest.raises(ValueError, match="one size"):
        detect_frames([background(), background(100, 100)])


def test_a_moved_portrait_is_found_in_at_least_95_percent():
    frames = [f.rgb for f in Video(moved_portrait()).frames(3)]
    found = [len(f) > 0 for f in detect_frames(frames)]
    assert len(found) == 40
    assert np.mean(found) >= 0.95
