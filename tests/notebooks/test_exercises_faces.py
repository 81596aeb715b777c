"""The checkers of notebook 02 tell plausible wrong answers from right ones, and say why."""

import cv2
import numpy as np
import torch

from depnb import course, faces
from tests.notebooks import judged

SOLVED = course.exercises("02_faces")


def unclamped(a, b):
    shared = (min(a[2], b[2]) - max(a[0], b[0])) * (min(a[3], b[3]) - max(a[1], b[1]))
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def shared(a, b):
    return np.prod(np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None))


def area(box):
    return np.prod(box[2:] - box[:2])


def by_counting(a, b):
    """Of whole pixels."""
    y, x = np.mgrid[-40:40, -40:40]
    inside = [(x >= k[0]) & (x < k[2]) & (y >= k[1]) & (y < k[3]) for k in (a, b)]
    return (inside[0] & inside[1]).sum() / (inside[0] | inside[1]).sum()


def distances(found, known):
    return np.linalg.norm(found - known, axis=1)


def by_found_eyes(found, known):
    return distances(found, known)[17:].mean() / np.linalg.norm(found[36] - found[45])


def root_of_squares(found, known):
    return np.sqrt((distances(found, known)[17:] ** 2).mean()) / np.linalg.norm(known[36] - known[45])


def of_all_68(found, known):
    return distances(found, known)[17:].sum() / 68 / np.linalg.norm(known[36] - known[45])


def not_turned(left, right):
    scale = 64 / np.hypot(right[0] - left[0], right[1] - left[1])
    return np.array([[scale, 0, 80 - scale * left[0]], [0, scale, 100 - scale * left[1]]])


def by_width(left, right):
    scale = 64 / float(right[0] - left[0]) if right[0] != left[0] else 1 / 0
    return np.array([[scale, 0, 80 - scale * left[0]], [0, scale, 100 - scale * left[1]]])


def by_infinite_width(left, right):
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.float64(64) / (right[0] - left[0])
        return np.array([[scale, 0, 80 - scale * left[0]], [0, scale, 100 - scale * left[1]]])


def sheared(left, right):
    points = np.array([[*left, 1], [*right, 1]], dtype=float)
    return np.linalg.lstsq(points, np.array([[80.0, 100], [144, 100]]), rcond=None)[0].T


def mirrored(left, right):
    """Exact for both eyes, and upside down."""
    matrix = SOLVED.from_eyes(left, right)
    flip = np.array([[1, 0, 0], [0, -1, 200.0], [0, 0, 1]])
    return (flip @ np.vstack([matrix, [0, 0, 1]]))[:2]


def by_complex(left, right):
    p, q = complex(*left), complex(*right)
    factor = 64 / (q - p)
    shift = complex(80, 100) - factor * p
    return [[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]]


def by_opencv(left, right):
    return cv2.estimateAffinePartial2D(np.array([left, right]), np.array([[80.0, 100], [144, 100]]))[0]


def in_place(template, factor):
    template -= 111.5
    template *= factor
    template += 111.5
    return template


MIDDLE = SOLVED.MIDDLE
WRONG = (
    ("overlap", unclamped, "do not touch"),
    ("overlap", lambda a, b: shared(a, b) / (area(a) + area(b)), "covers itself"),
    ("overlap", lambda a, b: shared(a, b) / area(a), "50 shared of 150"),
    ("overlap", lambda a, b: shared(a, b) / min(area(a), area(b)), "50 shared of 150"),
    ("overlap", shared, "divide by the area that both cover"),
    ("overlap", lambda a, b: np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None), "one number"),
    ("overlap", lambda a, b: max(0, min(a[2], b[2]) - max(a[0], b[0])) / 10, "do not touch"),
    ("inner_error", lambda found, known: distances(found, known).mean() / 100, "the jaw"),
    ("inner_error", lambda found, known: distances(found, known)[17:].mean(), "5 pixels: divide by"),
    ("inner_error", root_of_squares, "no root of squares"),
    ("inner_error", by_found_eyes, "not by the found one"),
    ("inner_error", lambda found, known: distances(found, known)[17:] / 100, "one number, not 51"),
    ("inner_error", lambda found, known: np.abs(found - known)[17:].mean() / 100, "no mean of x and y"),
    ("inner_error", lambda found, known: np.abs(found - known)[17:].sum(1).mean() / 100, "not 3 + 4"),
    ("inner_error", of_all_68, "is 0.05, not 0.0375"),
    ("inner_error", lambda found, known: np.median(distances(found, known)[17:]) / 100, "no median"),
    ("from_eyes", lambda left, right: SOLVED.from_eyes(left, right)[:, :2], "the matrix is [2, 3]"),
    ("from_eyes", lambda left, right: SOLVED.from_eyes(right, left), "left and right are exchanged"),
    ("from_eyes", not_turned, "(50, 90) lands at"),
    ("from_eyes", by_width, "your code divides by 0"),
    ("from_eyes", by_infinite_width, "not finite"),
    ("from_eyes", sheared, "no shear"),
    ("from_eyes", mirrored, "no mirror"),
    ("closer", lambda template, factor: factor * template, "about its corner"),
    ("closer", lambda template, factor: MIDDLE + (template - MIDDLE) / factor, "yours is smaller"),
    ("closer", lambda template, factor: 112 + factor * (template - 112), "not 112"),
    (
        "closer",
        lambda template, factor: template.mean(0) + factor * (template - template.mean(0)),
        "about the mean of the five points",
    ),
    ("closer", in_place, "return a new one"),
    ("closer", lambda template, factor: np.round(SOLVED.closer(template, factor)), "do not round"),
    ("closer", lambda template, factor: SOLVED.closer(template, factor)[:2], "five points [5, 2]"),
    ("closer", lambda template, factor: MIDDLE + 1.4 * (template - MIDDLE), "changes nothing"),
    ("closer", lambda template, factor: factor * (template - MIDDLE), "not to [-44.8, -55.3]"),
)
RIGHT = {
    "overlap": (
        by_counting,
        lambda a, b: torch.tensor(SOLVED.overlap(a, b)),
        lambda a, b: np.float32(SOLVED.overlap(a, b)),
        lambda a, b: [shared(a, b) / (area(a) + area(b) - shared(a, b))],
    ),
    "inner_error": (
        lambda found, known: torch.tensor(SOLVED.inner_error(found, known)),
        lambda found, known: np.float32(SOLVED.inner_error(found, known)),
        lambda found, known: distances(found, known)[17:].sum() / 51 / np.hypot(*(known[36] - known[45])),
        lambda found, known: [SOLVED.inner_error(found, known)],
    ),
    "from_eyes": (
        by_complex,
        by_opencv,
        lambda left, right: torch.tensor(SOLVED.from_eyes(left, right)),
        lambda left, right: SOLVED.from_eyes(left, right).astype(np.float32),
        lambda left, right: faces.similarity(np.array([left, right]), np.array([[80.0, 100], [144, 100]])),
    ),
    "closer": (
        lambda template, factor: SOLVED.closer(template, factor).tolist(),
        lambda template, factor: torch.tensor(SOLVED.closer(template, factor)),
        lambda template, factor: SOLVED.closer(template, factor).astype(np.float32),
        lambda template, factor: factor * template + (1 - factor) * MIDDLE,
    ),
}


def test_the_template_is_that_of_the_crops():
    np.testing.assert_array_equal(SOLVED.TEMPLATE, faces.TEMPLATE)


test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
test_right_answers_in_other_forms_are_accepted = judged.accepted(SOLVED, RIGHT)
