"""No face of a real person comes out: a neutral head, or a blur in which no face is found."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from depnb.corpus import Corpus
from depnb.corpus.synthetic import film, named_recipe, sessions
from depnb.experiments.result import Attention
from depnb.experiments.run import Run
from depnb.faces import TEMPLATE, Video, blurred, detect_frames, neutral, shown, similarity, warp
from depnb.faces.neutral_head import BACKGROUND, CELLS
from depnb.faces.samples import astronaut, moved_portrait
from depnb.reports import result_plots

pytestmark = pytest.mark.slow

GENERATED = Corpus("both", Path("both"), (), generated=True, fingerprint={})
LICENSED = Corpus("AVEC2014", Path("AVEC2014"), (), generated=False, fingerprint={})
LANDMARKS = np.random.default_rng(0).uniform(40, 180, (2, 68, 2)).astype(np.float32)


def noise(seed: int, count: int = 2, height: int = 224, width: int = 224) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), np.uint8)


@pytest.mark.parametrize("how", ["neutral", "blur"])
def test_people_who_do_not_exist_are_shown_as_they_are(how):
    pictures = noise(0)
    assert shown(GENERATED, pictures, LANDMARKS, how=how) is pictures
    np.testing.assert_array_equal(shown(GENERATED, pictures[0]), pictures[0])


@settings(max_examples=10, deadline=None)
@given(pictures=arrays(np.uint8, (2, 32, 32, 3)), with_landmarks=st.booleans())
def test_no_pixel_of_a_real_person_has_a_say(pictures, with_landmarks):
    landmarks = LANDMARKS * 32 / 224 if with_landmarks else None
    np.testing.assert_array_equal(shown(LICENSED, pictures, landmarks), neutral(2, 32, landmarks))


def test_nor_in_whole_frames_or_in_a_single_picture():
    frame, five = noise(1, 1, 120, 160), TEMPLATE[None] / 3 + 20
    expected = neutral(1, (120, 160), None, five)
    np.testing.assert_array_equal(shown(LICENSED, frame, points=five), expected)
    np.testing.assert_array_equal(shown(LICENSED, frame[0], points=five[0]), expected[0])
    np.testing.assert_array_equal(shown(LICENSED, noise(2)[0], LANDMARKS[0]), neutral(1, 224, LANDMARKS[:1])[0])


def test_neutral_is_the_default_and_a_blur_must_be_asked_for():
    pictures = noise(0)
    np.testing.assert_array_equal(shown(LICENSED, pictures), neutral(2))
    np.testing.assert_array_equal(shown(LICENSED, pictures, how="blur"), blurred(pictures))


def test_the_head_is_grey_the_same_for_all_and_lies_where_aligned_faces_lie():
    heads = neutral(3)
    assert heads.shape == (3, 224, 224, 3)
    assert (heads == heads[:1]).all()
    assert (heads == heads[..., :1]).all()
    (found,) = detect_frames(heads[0])
    assert len(found) == 1
    assert np.abs(found.points[0] - TEMPLATE).max() < 6


@pytest.mark.parametrize("size", [40, 64, 112, 448])
def test_the_head_has_the_same_place_at_every_size(size):
    small = cv2.resize(neutral(1)[0], (size, size), interpolation=cv2.INTER_AREA)
    assert np.abs(neutral(1, size)[0].astype(int) - small).mean() < 4


def test_in_a_whole_frame_the_head_is_where_the_points_are():
    five = TEMPLATE * 0.6 + [120, 30]
    (found,) = detect_frames(neutral(1, (240, 320), None, five[None])[0])
    assert np.abs(found.points[0] - five).max() < 5


def test_where_there_is_no_face_there_is_no_head():
    five = np.stack([TEMPLATE, np.full((5, 2), np.nan)])
    with_head, without = neutral(2, (240, 320), None, five)
    assert (without == BACKGROUND).all()
    assert (with_head != BACKGROUND).any()


def test_landmarks_are_drawn_where_they_are_and_only_those_that_are_known():
    places = np.full((1, 68, 2), np.nan, np.float32)
    plain = neutral(1)
    np.testing.assert_array_equal(neutral(1, 224, places), plain)
    places[0, 30] = 30, 200
    drawn = (neutral(1, 224, places) != plain).any(-1)[0]
    y, x = np.nonzero(drawn)
    assert 4 <= drawn.sum() <= 30
    assert abs(x.mean() - 30) < 0.5
    assert abs(y.mean() - 200) < 0.5
    places[0, 29] = 30, 100
    joined = (neutral(1, 224, places) != plain).any(-1)[0]
    assert joined[150, 28:33].any()


@given(places=arrays(np.float32, (1, 68, 2), elements=st.floats(width=32, allow_nan=True, allow_infinity=True)))
@settings(max_examples=20, deadline=None)
def test_any_landmarks_can_be_drawn(places):
    assert neutral(1, 64, places).shape == (1, 64, 64, 3)


@pytest.mark.parametrize(
    ("pictures", "named", "message"),
    [
        (noise(0), {"how": "none"}, "how='none'"),
        (noise(0)[..., 0], {}, "Expected pictures"),
        (noise(0).astype(np.float32), {}, "Expected pictures"),
        (noise(0), {"landmarks": LANDMARKS[:1]}, r"landmarks \[2, 68, 2\]"),
        (noise(0), {"points": TEMPLATE[None]}, r"points \[2, 5, 2\]"),
        (noise(0, height=100), {}, "no aligned crop"),
    ],
)
def test_what_does_not_fit_is_named(pictures, named, message):
    with pytest.raises(ValueError, match=message):
        shown(LICENSED, pictures, **named)


def generated_crops(count: int) -> list[np.ndarray]:
    """Aligned by their known landmarks, one frame of each person in which the face is seen."""
    recipe = named_recipe("both")
    found = []
    for person in [session for session in sessions(recipe) if session.partition == "unseen"][:count]:
        frames, truth = film(recipe, person, recipe.tasks[0], slice(0, 40, 13))
        seen = int(np.argmax(truth["visible"]))
        points = truth["landmarks"][seen]
        five = np.stack([points[36:42].mean(0), points[42:48].mean(0), points[30], points[48], points[54]])
        found.append(warp(frames[seen], similarity(five)))
    return found


def photographs() -> list[np.ndarray]:
    """Of a portrait turned, scaled, mirrored, darker and lighter, and of its film."""
    portrait = astronaut()
    aligned = np.vstack([similarity(detect_frames(portrait)[0].points[0]), [0, 0, 1]])
    found = []
    for scale in (0.6, 0.75, 1, 1.3):
        for angle in (-12, 0, 12):
            crop = warp(portrait, cv2.getRotationMatrix2D((112, 108), angle, scale) @ aligned)
            for light in (0.6, 1, 1.4):
                lit = np.clip(crop * light, 0, 255).astype(np.uint8)
                found += [lit, np.ascontiguousarray(lit[:, ::-1])]
    moved = [frame.rgb for frame in Video(moved_portrait()).frames(10)]
    return found + [warp(f, similarity(s.points[0])) for f, s in zip(moved, detect_frames(moved), strict=True)]


@pytest.fixture(scope="module")
def people() -> np.ndarray:
    return np.stack(generated_crops(40) + photographs())


def share_found(pictures, **how) -> float:
    return np.mean([len(found) > 0 for found in detect_frames(pictures, **how)])


def test_a_face_is_found_in_at_most_five_percent_of_the_blurs(people):
    from facenet_pytorch import MTCNN

    assert len(people) >= 100
    assert share_found(people) > 0.95
    blurs = blurred(people)
    assert share_found(blurs) <= 0.05
    assert share_found(blurs, min_face=20 / 224) <= 0.05
    framed = [cv2.copyMakeBorder(blur, 56, 56, 56, 56, cv2.BORDER_CONSTANT, value=(255,) * 3) for blur in blurs[::2]]
    assert share_found(framed) <= 0.05
    boxes, _ = MTCNN().detect(list(blurs[1::2]))
    assert np.mean([box is not None for box in boxes]) <= 0.05


def test_nothing_finer_than_a_cell_is_left(people):
    side = CELLS * 40
    crops = np.stack([cv2.resize(crop, (side, side)) for crop in people[::10]])
    coarse = np.stack([cv2.resize(crop, (CELLS, CELLS), interpolation=cv2.INTER_AREA) for crop in crops])
    blocks = coarse.repeat(40, axis=1).repeat(40, axis=2)  # each cell its mean colour
    assert np.abs(blurred(crops).astype(int) - blurred(blocks)).max() <= 1
    assert np.abs(crops.astype(int) - blocks).max() > 50


def test_maps_of_a_licensed_corpus_lie_over_the_neutral_head(monkeypatch):
    corpus = Corpus("AVEC2014", Path("AVEC2014"), (), generated=False, fingerprint={})
    monkeypatch.setattr(result_plots, "open_for_profile", lambda *asked: corpus)
    seen = Attention("mild: mean of 9 people", 0, 16.0, 11.0, ((0.0, 1.0), (0.5, 0.2)))
    picture = result_plots._seen(Run("distribution", "expectation", "AVEC2014", profile="smoke"), seen)
    np.testing.assert_array_equal(picture, neutral(1)[0])
