"""Regions of a face against a slow way to find them, and what is painted where."""

import numpy as np
import pytest
from matplotlib.path import Path
from scipy.spatial import ConvexHull

from depnb.corpus.synthetic import named_recipe, sessions
from depnb.faces.planted import planted
from depnb.faces.regions import MARGIN, PLANTED, REGIONS, face_regions

RECIPE = named_recipe("both-tiny")
PERSON = sessions(RECIPE)[0]


@pytest.fixture(scope="module")
def points():
    """Landmarks of a painted face in a crop of 64 pixels."""
    from depnb.corpus.synthetic import film
    from depnb.faces import similarity, transform_points

    _, truth = film(RECIPE, PERSON, RECIPE.tasks[0], slice(0, 1))
    marks = truth["landmarks"][0]
    ends = marks[[36, 45, 30, 48, 54]]
    target = np.array([[14, 20], [48, 20], [31, 33], [22, 44], [40, 44]], np.float32)
    return transform_points(marks, similarity(ends, target))


def near(points, size, margin):
    """Pixels within ``margin`` of a hull, by its corners, its inside, and many points on its edges."""
    corners = points[ConvexHull(points).vertices]
    edge = np.concatenate([np.linspace(a, b, 400) for a, b in zip(corners, np.roll(corners, -1, 0), strict=True)])
    y, x = np.mgrid[:size, :size]
    pixels = np.stack([x.ravel(), y.ravel()], 1).astype(float)
    away = np.linalg.norm(pixels[:, None] - edge, axis=2).min(1)
    return ((away <= margin) | Path(corners).contains_points(pixels)).reshape(size, size), away.reshape(size, size)


def test_regions_are_hulls_with_a_margin(points):
    size, margin = 64, MARGIN * np.linalg.norm(points[36] - points[45])
    found = face_regions(points, size)
    mouth, away = near(points[48:68], size, margin)
    sure = np.abs(away - margin) > 0.05  # the slow way has edges of points
    assert np.array_equal((found == 0)[sure], mouth[sure])
    face, away = near(points, size, margin)
    sure = np.abs(away - margin) > 0.05
    assert np.array_equal((found >= 0)[sure], face[sure])
    assert set(np.unique(found)) == set(range(-1, len(REGIONS)))


def test_landmarks_lie_in_their_own_region(points):
    found = face_regions(points, 64)
    for name, landmark in (("mouth", 51), ("eyes", 37), ("eyes", 46), ("brows", 19), ("nose", 29)):
        x, y = points[landmark].round().astype(int)
        assert REGIONS[found[y, x]] == name


def test_a_mirrored_face_has_mirrored_regions(points):
    from depnb.faces.points24 import MIRRORED_68

    mirrored = points[np.array(MIRRORED_68) - 1].copy()
    mirrored[:, 0] = 63 - mirrored[:, 0]
    differ = face_regions(points, 64) != face_regions(mirrored, 64)[:, ::-1]
    assert differ.mean() < 0.002  # pixels on a border


def test_landmarks_that_are_not_known_are_refused(points):
    unknown = points.copy()
    unknown[3] = np.nan
    for wrong in (unknown, points[:67]):
        with pytest.raises(ValueError, match="68 known landmarks"):
            face_regions(wrong, 64)
    with pytest.raises(ValueError, match="size=0"):
        face_regions(points, 0)


def test_what_is_painted_differs_on_mouth_eyes_and_brows_and_alignment_spreads_it():
    painted, aligned = (planted(RECIPE, PERSON, RECIPE.tasks[0], 0, 64, aligned=moved) for moved in (False, True))
    inside = np.isin(painted.regions, [REGIONS.index(name) for name in PLANTED])
    assert painted.difference[inside].mean() > 4 * painted.difference[~inside].mean()
    assert aligned.difference[aligned.regions < 0].mean() > 4 * painted.difference[painted.regions < 0].mean()
    assert np.array_equal(painted.without, aligned.without)
