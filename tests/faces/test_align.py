"""The similarity transform and the template."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from skimage.transform import SimilarityTransform

from depnb.faces import CROP_SIZE, TEMPLATE, detect_frames, landmarks68, similarity, transform_points, warp
from depnb.faces.align import transform_box
from depnb.faces.samples import astronaut


@given(
    scale=st.floats(0.05, 20),
    angle=st.floats(-np.pi, np.pi),
    x=st.floats(-1e3, 1e3),
    y=st.floats(-1e3, 1e3),
)
def test_exact_similarities_are_undone(scale, angle, x, y):
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = similarity(TEMPLATE @ turn.T + [x, y])
    assert np.allclose(transform_points(TEMPLATE @ turn.T + [x, y], matrix), TEMPLATE, atol=1e-2)


@given(seed=st.integers(0, 10_000))
def test_least_squares_agrees_with_scikit_image(seed):
    points = np.random.default_rng(seed).normal(size=(5, 2)) * 40 + TEMPLATE
    assert np.allclose(similarity(points), SimilarityTransform.from_estimate(points, TEMPLATE).params[:2], atol=1e-6)


def test_a_mirrored_face_is_not_reflected():
    matrix = similarity(TEMPLATE * [-1, 1])
    assert np.linalg.det(matrix[:, :2]) > 0


@pytest.mark.parametrize("points", [np.ones((5, 2)), np.full((5, 2), np.nan)])
def test_degenerate_points_are_refused(points):
    with pytest.raises(ValueError, match="finite and distinct"):
        similarity(points)


def test_template_is_symmetric_and_read_only():
    mirrored = (CROP_SIZE - 1) - TEMPLATE[[1, 0, 2, 4, 3], 0]
    assert np.allclose(mirrored, TEMPLATE[:, 0])
    with pytest.raises(ValueError, match="read-only"):
        TEMPLATE[0, 0] = 0


def test_turned_astronaut_gives_the_same_crop_with_the_whole_jaw():
    import cv2

    picture = astronaut()
    turn = cv2.getRotationMatrix2D((224, 120), 25, 1.0)
    crops, marks = [], []
    for image in (picture, cv2.warpAffine(picture, turn, (512, 512))):
        (faces,) = detect_frames(image)
        matrix = similarity(faces.points[0])
        crops.append(warp(image, matrix))
        marks.append(landmarks68(crops[-1], transform_box(faces.boxes[0], matrix)))
    assert crops[0].shape == (CROP_SIZE, CROP_SIZE, 3)
    assert np.abs(marks[0] - marks[1]).mean() < 6
    jaw = marks[0][:17]
    assert jaw.min() > 5
    assert jaw.max() < CROP_SIZE - 10
    assert np.abs(marks[0][36:42].mean(0) - TEMPLATE[0]).max() < 8
    assert np.abs(marks[0][48] - TEMPLATE[3]).max() < 10
