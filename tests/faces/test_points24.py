"""The 24 points that DLGA-CNN looks at, made from 68 landmarks."""

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from depnb.faces import CROP_SIZE, landmarks_24
from depnb.faces.points24 import DIRECT, MIDPOINTS, MIRRORED, MIRRORED_68

# each landmark is (k, 2k), counted from 1
NUMBERED = np.arange(1, 69)[:, None] * np.array([1.0, 2.0])
BY_HAND = [
    (19, 38), (37, 74), (39, 78), (22, 44), (23, 46), (26, 52), (44, 88), (46, 92),
    (28, 56), (30, 60), (49, 98), (51, 102), (59, 118), (53, 106), (55, 110), (57, 114),
    (29, 58), (41.5, 83), (35, 70), (47.5, 95), (38.5, 77), (42, 84), (33, 82), (71, 94),
]  # fmt: skip
SELECTED = (18, 19, 20, 37, 38, 39, 41, 42, 22, 23, 25, 26, 27, 44, 45, 46, 48, 47, 28, 30, 49, 51, 59, 53, 55, 57)
"""The landmarks that the paper says it uses."""


def mirrored(points: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    """Points of the picture that is flipped from left to right."""
    return np.array([CROP_SIZE - 1, 0]) + points[..., np.array(order) - 1, :] * np.array([-1, 1])


def faces(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, CROP_SIZE - 1, size=(3, 68, 2))


def test_points_of_numbered_landmarks():
    assert np.array_equal(landmarks_24(NUMBERED), BY_HAND)


def test_the_printed_right_corner_is_on_the_lips():
    assert np.array_equal(landmarks_24(NUMBERED, mouth_right="literal"), [*BY_HAND[:-1], (39, 94)])


def test_the_landmarks_are_those_that_the_paper_selects():
    used = [*DIRECT, *(landmark for pair in MIDPOINTS for landmark in pair)]
    assert set(used) == set(SELECTED)
    assert len(DIRECT) == 16


@given(seed=st.integers(0, 10_000))
def test_a_mirrored_face_has_mirrored_points(seed):
    points68 = faces(seed)
    assert np.allclose(landmarks_24(mirrored(points68, MIRRORED_68)), mirrored(landmarks_24(points68), MIRRORED))
    literal = landmarks_24(mirrored(points68, MIRRORED_68), mouth_right="literal")
    same = np.isclose(literal, mirrored(landmarks_24(points68, mouth_right="literal"), MIRRORED)).all((0, 2))
    assert same.tolist() == [True] * 22 + [False] * 2


def test_mirroring_twice_changes_nothing():
    for order, count in ((MIRRORED, 24), (MIRRORED_68, 68)):
        assert [order[place - 1] for place in order] == list(range(1, count + 1))


@given(seed=st.integers(0, 10_000), scale=st.floats(0.1, 4))
def test_points_of_a_smaller_crop_are_as_much_smaller(seed, scale):
    points68 = faces(seed)
    assert np.allclose(landmarks_24(scale * points68, scale * CROP_SIZE), scale * landmarks_24(points68))


@pytest.mark.parametrize(("landmark", "lost"), [(19, [1]), (18, [21]), (38, [17]), (49, [11, 23]), (1, [])])
def test_an_unknown_landmark_makes_its_points_unknown(landmark, lost):
    points68 = faces(0)
    points68[1, landmark - 1, 0] = np.nan
    points = landmarks_24(points68)
    unknown = np.argwhere(np.isnan(points)).tolist()
    assert unknown == [[1, point - 1, 0] for point in lost]
    kept = points[np.isfinite(points).all((-2, -1))]
    assert len(kept) == (2 if lost else 3)


def test_arrays_and_tensors_of_any_type():
    points68 = (NUMBERED * 1.5).astype(np.uint8)  # sums of two would not fit into a byte
    points = landmarks_24(points68)
    assert np.array_equal(points, landmarks_24(points68.astype(float)))
    assert np.array_equal(points, landmarks_24(torch.from_numpy(points68)).numpy())
    assert landmarks_24(NUMBERED.astype(np.float32)).dtype == np.float32


def test_the_landmarks_stay_as_they_are():
    points68 = NUMBERED.copy()
    landmarks_24(points68)
    assert np.array_equal(points68, NUMBERED)


@pytest.mark.parametrize(
    ("shape", "arguments", "message"),
    [
        ((24, 2), {}, r"\[\.\.\., 68, 2\], got \[24, 2\]"),
        ((68, 3), {}, r"\[\.\.\., 68, 2\]"),
        ((136,), {}, r"\[\.\.\., 68, 2\]"),
        ((68, 2), {"size": 0}, "more than 0"),
        ((68, 2), {"size": float("nan")}, "more than 0"),
        ((68, 2), {"mouth_right": "left"}, "choose from mirror, literal"),
    ],
)
def test_what_is_no_face_is_refused(shape, arguments, message):
    with pytest.raises(ValueError, match=message):
        landmarks_24(np.zeros(shape), **arguments)
