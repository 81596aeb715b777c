"""Exercises of notebook 02: solutions, and the checkers that judge them and the learner's answers."""

import numpy as np

TEMPLATE = np.array([[79.5, 72], [143.5, 72], [111.5, 108], [85, 145], [138, 145]])
"""That of the crops (``depnb.faces``)."""
MIDDLE = 111.5
"""Of the 224 pixels 0 … 223."""


def overlap(a, b):
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    shared = width * height
    area = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return shared / (area - shared)  # both areas count the shared part


def _share(answer, a, b):
    """A learner's overlap of two boxes, which must be one number."""
    given = np.asarray(answer(np.array(a, dtype=float), np.array(b, dtype=float)), dtype=float)
    assert given.size == 1, f"return one number for the boxes {a} and {b}, not {given.tolist()}"
    return float(given.reshape(()))


def check_overlap(answer):
    box = (0, 0, 10, 10)
    given = _share(answer, box, box)
    assert not np.isclose(given, 100), f"divide by the area that both cover: 100/100 for {box} twice, not {given:g}"
    assert not np.isclose(given, 0.5), (
        f"a box covers itself: 1, not 0.5; the area that both cover counts the shared part once ({box} twice)"
    )
    assert np.isclose(given, 1), f"a box covers itself: 1, not {given:g} ({box} twice)"
    for other in ((20, 20, 30, 30), (20, 0, 30, 10), (0, 20, 10, 30), (-30, -30, -20, -20)):
        given = _share(answer, box, other)
        assert np.isclose(given, 0), f"boxes that do not touch: 0, not {given:.3g} ({box} and {other})"
    given = _share(answer, box, (5, 0, 15, 10))
    assert not np.isclose(given, 0.5), "50 shared of 150 covered is 1/3; 1/2 is the share of one box"
    assert np.isclose(given, 1 / 3), f"{box} and (5, 0, 15, 10): 50 shared of 150 covered is 1/3, not {given:.3f}"
    given = _share(answer, box, (2, 2, 4, 7))
    assert not np.isclose(given, 1), "a box inside another is not the same box: divide by what both cover, 100 here"
    assert np.isclose(given, 0.1), f"{box} and (2, 2, 4, 7): 10 shared of 100 covered is 0.1, not {given:.3f}"


def from_eyes(left, right):
    source = np.array(right, dtype=float) - left
    a = 64 * source[0] / (source @ source)
    b = -64 * source[1] / (source @ source)
    shift = np.array([80.0, 100.0]) - np.array([[a, -b], [b, a]]) @ np.array(left, dtype=float)
    return np.array([[a, -b, shift[0]], [b, a, shift[1]]])


EYES = (((80, 100), (144, 100)), ((10, 20), (42, 20)), ((50, 50), (50, 90)), ((3, 1), (40, -7)))


def check_from_eyes(answer):
    for left, right in EYES:
        eyes = f"eyes at {left} and {right}"
        try:
            given = answer(np.array(left, dtype=float), np.array(right, dtype=float))
        except ZeroDivisionError as error:
            raise AssertionError(
                f"{eyes}: your code divides by 0; the face may be turned, so divide by the squared distance of the eyes"
            ) from error
        matrix = np.asarray(given, dtype=float)
        assert matrix.shape == (2, 3), f"the matrix is [2, 3], not {list(matrix.shape)} ({eyes})"
        assert np.isfinite(matrix).all(), (
            f"{eyes}: your matrix is not finite; the face may be turned, so divide by the squared distance of the eyes"
        )
        landed = [matrix[:, :2] @ np.array(point, dtype=float) + matrix[:, 2] for point in (left, right)]
        crossed = np.allclose(landed[0], (144, 100)) and np.allclose(landed[1], (80, 100))
        assert not crossed, f"{eyes}: left and right are exchanged; the left one goes to (80, 100)"
        for point, place, goal in ((left, landed[0], (80, 100)), (right, landed[1], (144, 100))):
            assert np.allclose(place, goal, atol=1e-3), (
                f"{eyes}: {point} lands at {np.round(place, 2).tolist()}, not at {goal}"
            )
        same = np.isclose(matrix[0, 0], matrix[1, 1], atol=1e-5)
        assert same, f"{eyes}: no shear and no mirror: the diagonal has one value, a"
        opposite = np.isclose(matrix[0, 1], -matrix[1, 0], atol=1e-5)
        assert opposite, f"{eyes}: no shear and no mirror: off the diagonal stand −b and b"


def inner_error(found, known):
    unit = np.linalg.norm(known[36] - known[45])
    return float(np.mean(np.linalg.norm(found[17:] - known[17:], axis=1)) / unit)


def _mean_error(answer, found, known, what):
    given = np.asarray(answer(found.copy(), known.copy()), dtype=float)
    assert given.size == 1, f"return the mean over the points, one number, not {given.size} ({what})"
    return float(given.reshape(()))


def check_inner_error(answer):
    known = np.random.default_rng(0).uniform(0, 224, (68, 2))
    known[36], known[45] = (60.0, 100.0), (160.0, 100.0)
    given = _mean_error(answer, known, known, "found equal to known")
    assert np.isclose(given, 0), f"equal points must give 0, not {given:g}"
    moved = known.copy()
    moved[:17] += 50
    given = _mean_error(answer, moved, known, "only the jaw moved")
    assert np.isclose(given, 0), f"only the jaw (points 0–16) moved, which must not count: 0, not {given:.3f}"
    given = _mean_error(answer, known + np.array([3.0, 4.0]), known, "all points moved by (3, 4)")
    assert not np.isclose(given, 5), "5 pixels: divide by the distance of the outer eye corners, 100 px here"
    assert not np.isclose(given, 0.035), "the distance of a point is √(3² + 4²) = 5 px, no mean of x and y"
    assert not np.isclose(given, 0.07), "the distance of a point is √(3² + 4²) = 5 px, not 3 + 4"
    assert np.isclose(given, 0.05), f"all points off by 5 px at an eye distance of 100 px is 0.05, not {given:.4f}"
    moved = known.copy()
    moved[30] += (0.0, 51.0)
    given = _mean_error(answer, moved, known, "point 30 moved by 51 px")
    assert not np.isclose(given, 51 / 68 / 100), "51 points are inner ones: divide the sum by 51, not by 68"
    assert np.isclose(given, 0.01), (
        f"one point of 51 off by 51 px: the mean is 1 px, so 0.01, not {given:.4f}; no root of squares, no median"
    )
    other = known.copy()
    other[45] += (100.0, 0.0)
    given = _mean_error(answer, other, known, "point 45 moved by 100 px")
    assert not np.isclose(given, 100 / 51 / 200), "divide by the *known* distance, 100 px, not by the found one, 200 px"
    assert np.isclose(given, 100 / 51 / 100), f"one point of 51 off by a whole eye distance is 1/51, not {given:.4f}"


def closer(template, factor):
    return MIDDLE + factor * (np.asarray(template) - MIDDLE)


def check_closer(answer):
    given = np.asarray(answer(TEMPLATE.copy(), 1.4), dtype=float)
    assert given.shape == (5, 2), f"five points [5, 2], not {list(given.shape)}"
    changed = TEMPLATE.copy()
    answer(changed, 1.4)
    assert np.array_equal(changed, TEMPLATE), "you change the template that you are given: return a new one"
    right = closer(TEMPLATE, 1.4)
    assert not np.allclose(given, 1.4 * TEMPLATE), (
        "the factor 1.4 has to leave the middle of the crop where it is: you enlarge about its corner (0, 0)"
    )
    assert not np.allclose(given, closer(TEMPLATE, 1 / 1.4)), "the factor 1.4 makes the face larger, yours is smaller"
    assert not np.allclose(given, 112 + 1.4 * (TEMPLATE - 112)), (
        "the pixels are 0 … 223, so their middle is 111.5, not 112"
    )
    middle = TEMPLATE.mean(0)
    assert not np.allclose(given, middle + 1.4 * (TEMPLATE - middle)), (
        "you enlarge about the mean of the five points; the middle of the crop is (111.5, 111.5)"
    )
    assert not np.allclose(given, np.round(right)), "do not round: points may lie between pixels"
    assert np.allclose(given, right, atol=1e-3), (
        f"factor 1.4: the left eye lies (−32, −39.5) from the middle, so it goes to {right[0].round(2).tolist()}, "
        f"not to {given[0].round(2).tolist()}"
    )
    same = np.asarray(answer(TEMPLATE.copy(), 1), dtype=float)
    assert np.allclose(same, TEMPLATE), f"the factor 1 changes nothing; your left eye goes to {same[0].tolist()}"


HINTS = {
    "overlap": (
        "The shared box runs from the larger left to the smaller right edge; top and bottom likewise.",
        "Where boxes do not touch, its width or height would be negative: take max(0, …) of each.",
        "Both cover: area of a plus area of b minus the shared area, which was counted twice.",
    ),
    "from_eyes": (
        "Subtract the two equations (2.1) of one eye from those of the other: t_x and t_y are gone.",
        "With (dx, dy) = right − left: 64 = a·dx − b·dy and 0 = b·dx + a·dy.",
        "So a = 64·dx/(dx² + dy²) and b = −64·dy/(dx² + dy²); then t from the left eye.",
    ),
    "inner_error": (
        "Leave the jaw out: found[17:] and known[17:].",
        "np.linalg.norm(…, axis=1) is the distance of each point.",
        "Divide by np.linalg.norm(known[36] - known[45]).",
    ),
    "closer": (
        "Points as seen from the middle: template - 111.5.",
        "Multiply that by the factor, and go back: + 111.5.",
    ),
}
