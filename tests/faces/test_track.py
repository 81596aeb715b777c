"""Whom to follow, and where to look."""

import numpy as np

from depnb.faces.detect import Faces
from depnb.faces.track import survey


def faces(*boxes: tuple[float, float, float]) -> Faces:
    """Square boxes from (left, top, side)."""
    corners = np.array([(x, y, x + s, y + s) for x, y, s in boxes], np.float32).reshape(-1, 4)
    return Faces(corners, np.ones(len(boxes), np.float32), np.zeros((len(boxes), 5, 2), np.float32))


def test_the_longer_and_larger_track_is_followed_and_the_other_counted():
    looks = [(8 * k, faces((10 + k, 10, 50), (200 - k, 10, 40))) for k in range(6)]
    person = survey(looks, 8)
    assert [s.box[0] for s in person.sightings] == [10, 11, 12, 13, 14, 15]
    assert person.others == 1


def test_two_people_who_pass_each_other_are_kept_apart():
    looks = [(k, faces((10 * k, 10, 50), (200 - 10 * k, 90, 45))) for k in range(20)]
    assert [s.box[1] for s in survey(looks, 1).sightings] == [10] * 20


def test_who_comes_back_elsewhere_is_the_same_person():
    looks = [(k, faces((10, 10, 50))) for k in range(5)]
    looks += [(k, faces()) for k in range(5, 10)] + [(k, faces((300, 40, 55))) for k in range(10, 20)]
    person = survey(looks, 1)
    assert [s.index for s in person.sightings] == [*range(5), *range(10, 20)]
    assert person.others == 0


def test_a_much_smaller_face_in_the_absence_is_somebody_else():
    looks = [(k, faces((10, 10, 100))) for k in range(5)] + [(k, faces((300, 40, 30))) for k in range(5, 9)]
    person = survey(looks, 1)
    assert [s.index for s in person.sightings] == list(range(5))
    assert person.others == 1


def test_expected_place_lies_between_the_sightings():
    person = survey([(0, faces((10, 10, 50))), (8, faces((26, 10, 50)))], 8)
    assert person.expected(4).box.tolist() == [18, 10, 68, 60]
    assert person.expected(100).box.tolist() == [26, 10, 76, 60]
    assert person.seen(4) is None


def test_nobody():
    person = survey([(0, faces()), (8, faces())], 8)
    assert person.sightings == []
    assert person.expected(3) is None
