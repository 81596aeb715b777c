"""The checkers of notebook 50 tell plausible wrong answers from right ones, and say why."""

import numpy as np

from depnb import course
from tests.notebooks import judged

SOLVED = course.exercises("50_dlga")


def counted_from_one(landmarks, size):
    return SOLVED.beside_mouth(np.roll(landmarks, -1, axis=0), size)


def literal(landmarks, size):
    away = 16 * size / 224
    return np.stack([landmarks[48], landmarks[54]]) - away


def transposed(features, x, y):
    return SOLVED.cut_patch(features, y, x)


def unclamped(features, x, y):
    column, row = (int(np.floor(place / 8 + 0.5)) - 3 for place in (x, y))
    return features[:, row : row + 6, column : column + 6]


def softmax(phi, logits):
    weights = np.exp(logits) / np.exp(logits).sum()
    return (weights[:, None] * phi).ravel()


def all_that_fit(x, counts, weights):
    bins = []
    for count, weight in zip(counts, weights, strict=True):
        window = len(x) // count
        bins += [weight * x[i * window : (i + 1) * window].max() for i in range(len(x) // window)]
    return np.array(bins)


def coarse_first(x, counts, weights):
    return SOLVED.pool_list(x, counts[::-1], weights[::-1])


def from_zero(x, counts, weights):
    return np.maximum(SOLVED.pool_list(x, counts, weights), 0)


def patch_borders_only(sizes, window, count):
    return [1 + (window - 1) // sizes[0]] * count


WRONG = (
    ("beside_mouth", lambda landmarks, size: SOLVED.beside_mouth(landmarks, size)[0], "two points"),
    ("beside_mouth", counted_from_one, "counts from 1"),
    ("beside_mouth", literal, "mirrored it moves to the right"),
    ("beside_mouth", lambda landmarks, size: SOLVED.beside_mouth(landmarks, 224), "16/224 of its size"),
    ("cut_patch", lambda features, x, y: SOLVED.cut_patch(features, x, y)[0], "two channels"),
    ("cut_patch", transposed, "rows belong to y"),
    ("cut_patch", lambda features, x, y: SOLVED.cut_patch(features, x - 4, y), "columns 10 … 15"),
    ("cut_patch", unclamped, "clamp its start"),
    ("weigh", lambda phi, logits: SOLVED.weigh(phi, logits).reshape(24, 64), "(1536,)"),
    ("weigh", softmax, "no softmax"),
    ("weigh", lambda phi, logits: np.asarray(phi).ravel(), "half of φ"),
    ("pool_list", all_that_fit, "only four count"),
    ("pool_list", coarse_first, "the fine one first"),
    ("pool_list", lambda x, counts, weights: SOLVED.pool_list(x, counts, [1] * len(counts)), "weight of its level"),
    ("pool_list", from_zero, "nearest to 0"),
    ("mixed_parts", lambda sizes, window, count: SOLVED.mixed_parts(sizes, window, count)[:2], "each of 3 windows"),
    ("mixed_parts", lambda sizes, window, count: [len(sizes)] * count, "mix nothing"),
    ("mixed_parts", patch_borders_only, "touch 1, 2, 2 and 1"),
)

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
