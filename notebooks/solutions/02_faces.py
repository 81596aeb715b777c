"""Exercises of notebook 02: solutions, and the checkers that judge them and the learner's answers."""

import numpy as np


def overlap(a, b):
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    shared = width * height
    area = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return shared / (area - shared)


def check_overlap(answer):
    box = (0, 0, 10, 10)
    assert np.isclose(answer(box, box), 1), "a box covers itself: 1"
    assert np.isclose(answer(box, (20, 20, 30, 30)), 0), "boxes that do not touch: 0"
    assert np.isclose(answer(box, (20, 0, 30, 10)), 0), "apart in x only is apart, too"
    assert np.isclose(answer(box, (5, 0, 15, 10)), 1 / 3), "half shifted: 50 shared of 150 covered is 1/3"


def inner_error(found, known):
    unit = np.linalg.norm(known[36] - known[45])
    return float(np.mean(np.linalg.norm(found[17:] - known[17:], axis=1)) / unit)


def check_inner_error(answer):
    known = np.random.default_rng(0).uniform(0, 224, (68, 2))
    known[36], known[45] = (60.0, 100.0), (160.0, 100.0)
    assert np.isclose(answer(known, known), 0), "equal points must give 0"
    moved = known.copy()
    moved[:17] += 50
    assert np.isclose(answer(moved, known), 0), "the jaw (points 0–16) must not count"
    moved = known + np.array([3.0, 4.0])
    assert np.isclose(answer(moved, known), 0.05), "all points off by 5 px at an eye distance of 100 px is 0.05"
    moved = known.copy()
    moved[30] += (0.0, 51.0)
    assert np.isclose(answer(moved, known), 0.01), (
        "one point of 51 off by 51 px: the mean is 1 px, so 0.01; no root of squares"
    )
    other = known.copy()
    other[45] += (100.0, 0.0)
    given = answer(other, known)
    assert not np.isclose(given, 100 / 51 / 200), "divide by the *known* distance, 100 px, not by the found one, 200 px"
    assert np.isclose(given, 100 / 51 / 100), f"one point of 51 off by a whole eye distance is 1/51, not {given}"


def longest_gap(found):
    longest = current = 0
    for seen in found:
        current = 0 if seen else current + 1
        longest = max(longest, current)
    return longest


def check_longest_gap(answer):
    for pattern, gap in (("111", 0), ("000", 3), ("1001011", 2), ("0110001", 3), ("10000", 4)):
        found = np.array([mark == "1" for mark in pattern])
        given = answer(found)
        assert given == gap, f"found = {pattern} has a longest gap of {gap}, not {given}"


def from_eyes(left, right):
    source = np.array(right, dtype=float) - left
    a = 64 * source[0] / (source @ source)
    b = -64 * source[1] / (source @ source)
    shift = np.array([80.0, 100.0]) - np.array([[a, -b], [b, a]]) @ np.array(left, dtype=float)
    return np.array([[a, -b, shift[0]], [b, a, shift[1]]])


def check_from_eyes(answer):
    for left, right in (((80, 100), (144, 100)), ((10, 20), (42, 20)), ((50, 50), (50, 90)), ((3, 1), (40, -7))):
        matrix = np.asarray(answer(left, right), dtype=float)
        assert matrix.shape == (2, 3), f"the matrix is [2, 3], not {matrix.shape}"
        for point, goal in ((left, (80, 100)), (right, (144, 100))):
            landed = matrix[:, :2] @ np.array(point, dtype=float) + matrix[:, 2]
            assert np.allclose(landed, goal), f"{point} lands at {np.round(landed, 2)}, not at {goal}"
        assert np.isclose(matrix[0, 0], matrix[1, 1]), "no shear: the diagonal has one value, a"
        assert np.isclose(matrix[0, 1], -matrix[1, 0]), "no shear: off the diagonal stand −b and b"
