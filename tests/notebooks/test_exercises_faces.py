"""The checkers of notebook 02 tell plausible wrong answers from right ones, and say why."""

from itertools import groupby

import numpy as np

from depnb import course
from tests.notebooks import judged

SOLVED = course.exercises("02_faces")


def unclamped(a, b):
    shared = (min(a[2], b[2]) - max(a[0], b[0])) * (min(a[3], b[3]) - max(a[1], b[1]))
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def of_both_areas(a, b):
    share = SOLVED.overlap(a, b)
    return share / (1 + share)


def of_first_box(a, b):
    return 2 * of_both_areas(a, b)


def distances(found, known):
    return np.linalg.norm(found - known, axis=1)


def by_found_eyes(found, known):
    return distances(found, known)[17:].mean() / np.linalg.norm(found[36] - found[45])


def root_of_squares(found, known):
    return np.sqrt((distances(found, known)[17:] ** 2).mean()) / np.linalg.norm(known[36] - known[45])


def before_the_last_face(found):
    gaps = [len(list(run)) for seen, run in groupby(found) if not seen]
    return max(gaps[:-1] if len(found) and not found[-1] else gaps, default=0)


def not_turned(left, right):
    scale = 64 / np.hypot(right[0] - left[0], right[1] - left[1])
    return np.array([[scale, 0, 80 - scale * left[0]], [0, scale, 100 - scale * left[1]]])


def sheared(left, right):
    points = np.array([[*left, 1], [*right, 1]], dtype=float)
    return np.linalg.lstsq(points, np.array([[80.0, 100], [144, 100]]), rcond=None)[0].T


WRONG = (
    ("overlap", unclamped, "do not touch"),
    ("overlap", of_both_areas, "covers itself"),
    ("overlap", of_first_box, "50 shared of 150"),
    ("inner_error", lambda found, known: distances(found, known).mean() / 100, "the jaw"),
    ("inner_error", lambda found, known: distances(found, known)[17:].mean(), "at an eye distance of 100 px"),
    ("inner_error", root_of_squares, "no root of squares"),
    ("inner_error", by_found_eyes, "not by the found one"),
    ("longest_gap", lambda found: int((~found).sum()), "1001011 has a longest gap of 2, not 3"),
    ("longest_gap", lambda found: SOLVED.longest_gap(~found), "111 has a longest gap of 0, not 3"),
    ("longest_gap", before_the_last_face, "000 has a longest gap of 3, not 0"),
    ("from_eyes", lambda left, right: SOLVED.from_eyes(left, right)[:, :2], "the matrix is [2, 3]"),
    ("from_eyes", lambda left, right: SOLVED.from_eyes(right, left), "(80, 100) lands at"),
    ("from_eyes", not_turned, "(50, 90) lands at"),
    ("from_eyes", sheared, "no shear"),
)

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
