"""The follower, the box of the landmarks and the mirror table do what geometry says."""

import numpy as np
import pytest

from depnb.faces.detect import Faces
from depnb.faces.landmarks import dlib_rectangle
from depnb.faces.points24 import MIRRORED_68
from depnb.faces.quality import jumps
from depnb.faces.track import Person, Sighting, _pick, locate, steady, survey


def sighting(index: int, left: float, size: float, score: float = 0.99) -> Sighting:
    box = np.array([left, 10, left + size, 10 + size], np.float32)
    return Sighting(index, box, np.zeros((5, 2), np.float32), score)


EXPECTED = sighting(4, 100, 50)


def test_the_nearest_face_is_taken_and_not_the_largest():
    near, nearer = sighting(4, 130, 60), sighting(4, 105, 50)
    assert _pick([near, nearer], EXPECTED, 0) is nearer
    assert _pick([near, nearer], EXPECTED, 3) is nearer


def test_a_face_elsewhere_is_the_person_only_where_nobody_else_is_about():
    elsewhere = sighting(4, 400, 55)
    assert _pick([elsewhere], EXPECTED, 0) is elsewhere
    assert _pick([elsewhere], EXPECTED, 1) is None


@pytest.mark.parametrize("size", [25, 100, 20, 150])
def test_a_face_of_twice_or_half_the_size_is_somebody_else(size):
    assert _pick([sighting(4, 400, size)], EXPECTED, 0) is None
    assert _pick([sighting(4, 125 - size / 2, size)], EXPECTED, 0) is None


def test_of_somebody_who_is_expected_nowhere_the_largest_face_is_taken():
    large, small = sighting(4, 300, 80), sighting(4, 10, 40)
    assert _pick([large, small], None, 1) is large
    assert _pick([], None, 0) is None
    assert _pick([], EXPECTED, 0) is None


class Detector:
    """Finds one face wherever it is told to, whatever the picture."""

    def __init__(self, left, score=0.99, elsewhere=()):
        self.left, self.score, self.elsewhere, self.looked = left, score, elsewhere, []

    def _faces(self, lefts, score):
        boxes = np.array([[x, 10, x + 50, 60] for x in lefts], np.float32).reshape(-1, 4)
        return Faces(boxes, np.full(len(boxes), score, np.float32), np.zeros((len(boxes), 5, 2), np.float32))

    def verify(self, frames, boxes):
        self.looked.append(np.array(boxes))
        return self._faces([self.left] * len(frames), self.score)

    def detect(self, frames):
        return [self._faces(self.elsewhere, 0.99) for _ in frames]


PICTURE = np.zeros((80, 500, 3), np.uint8)


def person(others=0):
    return Person([sighting(0, 100, 50), sighting(8, 116, 50)], others)


def test_between_two_looks_the_interpolated_box_is_looked_at():
    detector = Detector(106)
    (found,) = locate(detector, person(), [PICTURE], [2])
    assert detector.looked[0][0].tolist() == [104, 10, 154, 60]
    assert found.box[0] == 106


def test_a_look_that_is_unsure_or_far_off_is_followed_by_a_whole_search():
    for detector in (Detector(104, score=0.1, elsewhere=(110,)), Detector(300, elsewhere=(110,))):
        (found,) = locate(detector, person(), [PICTURE], [2])
        assert found.box[0] == 110


def test_a_search_takes_no_face_elsewhere_while_other_people_are_about():
    (found,) = locate(Detector(104, score=0.1, elsewhere=(300,)), person(others=1), [PICTURE], [2])
    assert found is None
    (found,) = locate(Detector(104, score=0.1, elsewhere=(300,)), person(others=0), [PICTURE], [2])
    assert found.box[0] == 300


def test_steady_looks_again_and_leaves_unseen_frames_alone():
    detector = Detector(102)
    found = steady(detector, [PICTURE, PICTURE], [sighting(0, 100, 50), None])
    assert found[1] is None
    assert found[0].box[0] == 102
    assert len(detector.looked) == 2
    assert steady(detector, [PICTURE], [None]) == [None]


def test_a_person_is_followed_over_looks_that_show_somebody_else():
    def looks(gap):
        boxes = [np.array([[10, 10, 10 + side, 10 + side]], np.float32) for side in (50, 20)]
        one, small = (Faces(box, np.ones(1, np.float32), np.zeros((1, 5, 2), np.float32)) for box in boxes)
        return [(0, one), (8, one), *((8 + 8 * k, small) for k in range(1, gap)), (8 + 8 * gap, one)]

    # the small face is nobody's: a track goes on over one look without it, and a later one is another track
    for gap in (2, 3):
        person = survey(looks(gap), 8)
        assert [s.index for s in person.sightings] == [0, 8, 8 + 8 * gap]
        assert person.others == 1


def test_a_jump_is_more_than_half_a_face_from_one_frame_to_the_next():
    def counted(step, index=(0, 1)):
        boxes = np.array([[0, 0, 100, 100], [step, 0, 100 + step, 100]], np.float32)
        return jumps(np.array(index), boxes)

    assert counted(50) == 0
    assert counted(51) == 1
    assert counted(51, (0, 2)) == 0


def test_the_box_of_the_landmarks_is_a_lower_square_of_nearly_the_same_size():
    box = dlib_rectangle(np.array([100, 200, 200, 340], np.float32))
    assert box.left() + box.right() == pytest.approx(300, abs=1)
    assert (box.top() + box.bottom()) / 2 == pytest.approx(270 + 0.08 * 140, abs=1)
    assert box.right() - box.left() == pytest.approx(0.95 * 120, abs=1)
    assert box.bottom() - box.top() == pytest.approx(0.95 * 120, abs=1)


def symmetrical_face() -> np.ndarray:
    """68 landmarks of a drawn face that is its own mirror image: x from the middle, y down; left as in the picture."""
    jaw = [(10 * (k - 8), 60 - (k - 8) ** 2) for k in range(17)]
    brows = [(x, -50 - (x % 3)) for x in (-70, -58, -46, -34, -22)]
    brows += [(-x, y) for x, y in reversed(brows)]
    nose = [(0, -40), (0, -25), (0, -10), (0, 5)] + [(-16, 12), (-8, 15), (0, 18), (8, 15), (16, 12)]
    left_eye = [(-60, -30), (-52, -36), (-40, -37), (-30, -29), (-40, -25), (-52, -24)]  # outer, above, inner, below
    right_eye = [(30, -29), (40, -37), (52, -36), (60, -30), (52, -24), (40, -25)]  # inner, above, outer, below
    outer = [(-36, 40), (-24, 33), (-10, 30), (0, 32), (10, 30), (24, 33), (36, 40)]
    outer += [(24, 50), (10, 55), (0, 56), (-10, 55), (-24, 50)]
    inner = [(-28, 41), (-12, 38), (0, 39), (12, 38), (28, 41), (12, 46), (0, 47), (-12, 46)]
    return np.array([*jaw, *brows, *nose, *left_eye, *right_eye, *outer, *inner], float)


def test_the_mirror_image_of_a_symmetrical_face_is_the_face_with_its_landmarks_exchanged():
    face = symmetrical_face()
    assert face.shape == (68, 2)
    assert np.array_equal(face[np.array(MIRRORED_68) - 1] * [-1, 1], face)
    assert [MIRRORED_68[place - 1] for place in MIRRORED_68] == list(range(1, 69))
