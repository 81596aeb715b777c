"""What is moved by a similarity comes to lie where it lay before; what is squeezed does not."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from depnb.course.widgets.faces import REGIONS, distance_to_template, draw_alignment, draw_landmarks, movement
from depnb.faces import TEMPLATE, similarity, transform_points, warp

FACE = np.array([[50, 52], [78, 50], [65, 66], [53, 84], [77, 82]], dtype=np.float32)
SIZE = (128, 128)


@given(st.floats(-180, 180), st.floats(0.3, 3), st.floats(-0.5, 0.5))
def test_a_similarity_changes_nothing_after_alignment(turn, zoom, shift):
    matrix = movement(SIZE, turn, zoom, shift)
    moved = transform_points(FACE, matrix)
    assert distance_to_template(moved) == pytest.approx(distance_to_template(FACE), abs=1e-2)
    landed, before = (transform_points(points, similarity(points)) for points in (moved, FACE))
    np.testing.assert_allclose(landed, before, atol=0.05)


def test_a_narrower_face_no_longer_fits():
    off = [distance_to_template(transform_points(FACE, movement(SIZE, narrow=n))) for n in (1.0, 0.8, 0.6, 0.4)]
    assert off == sorted(off)
    assert off[-1] > off[0] + 5


def test_the_template_itself_fits():
    assert distance_to_template(TEMPLATE) == pytest.approx(0, abs=1e-4)


def test_movements_by_hand():
    np.testing.assert_allclose(movement(SIZE), [[1, 0, 0], [0, 1, 0]], atol=1e-12)
    np.testing.assert_allclose(movement((4, 10), shift=0.5), [[1, 0, 5], [0, 1, 0]], atol=1e-12)
    centre, right = transform_points(np.array([[1.0, 1.0], [2.0, 1.0]]), movement((3, 3), turn=90, zoom=2))
    np.testing.assert_allclose([centre, right], [[1, 1], [1, 3]], atol=1e-6)  # clockwise: right becomes down


@pytest.mark.parametrize("wrong", [{"zoom": 0}, {"narrow": -1}])
def test_impossible_movements_are_refused(wrong):
    with pytest.raises(ValueError, match="must be above 0"):
        movement(SIZE, **wrong)


def test_the_picture_shows_both_crops_with_their_distance():
    picture = np.random.default_rng(0).integers(0, 255, (*SIZE, 3), dtype=np.uint8)
    axes = draw_alignment(picture, FACE, turn=30, narrow=0.6).axes
    titles = [axis.get_title() for axis in axes]
    squeezed = transform_points(FACE, movement(SIZE, 30, narrow=0.6))
    assert titles[1] == f"its crop: {distance_to_template(FACE):.1f} px off"
    assert titles[3] == f"its crop: {distance_to_template(squeezed):.1f} px off"
    np.testing.assert_array_equal(axes[1].images[0].get_array(), warp(picture, similarity(FACE)))


def test_every_landmark_has_its_number_once_or_twice():
    points = np.random.default_rng(0).uniform(20, 200, (68, 2))
    figure = draw_landmarks(np.zeros((224, 224, 3), np.uint8), points)
    whole, *enlarged = figure.axes
    numbers = [{text.get_text() for text in axis.texts} for axis in (whole, *enlarged)]
    assert set().union(*numbers) == {str(k) for k in range(68)}
    assert numbers[0] == {str(k) for k in range(31)}
    drawn = np.concatenate([line.get_xydata() for line in whole.lines])
    np.testing.assert_allclose(drawn, points)
    assert [len(which) for which, _ in REGIONS.values()] == [17, 10, 9, 12, 20]


def test_no_enlarged_part_is_squeezed():
    figure = draw_landmarks(np.zeros((224, 224, 3), np.uint8), np.random.default_rng(1).uniform(20, 200, (68, 2)))
    assert {axis.get_aspect() for axis in figure.axes} == {1.0}
