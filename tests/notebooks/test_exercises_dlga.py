"""The checkers of notebook 50 tell plausible wrong answers from right ones, and say why."""

import numpy as np
import torch

from depnb import course
from tests.notebooks import judged

SOLVED = course.exercises("50_dlga")


def counted_from_one(landmarks, size):
    return SOLVED.beside_mouth(np.roll(landmarks, -1, axis=0), size)


def literal(landmarks, size):
    return np.stack([landmarks[48], landmarks[54]]) - 16 * size / 224


def downwards(landmarks, size):
    away = 16 * size / 224
    return np.stack([landmarks[48] + [-away, away], landmarks[54] + [away, away]])


def transposed(features, x, y):
    return SOLVED.cut_patch(features, y, x)


def unclamped(features, x, y):
    column, row = (int(np.floor(place / 8 + 0.5)) - 3 for place in (x, y))
    return features[:, row : row + 6, column : column + 6]


def rounded(features, x, y):
    column, row = (min(max(round(place / 8) - 3, 0), 22) for place in (x, y))
    return features[:, row : row + 6, column : column + 6]


def from_the_cell(features, x, y):
    column, row = (min(int(place / 8 + 0.5), 22) for place in (x, y))
    return features[:, row : row + 6, column : column + 6]


def clamped_to_the_last_cell(features, x, y):
    column, row = (min(max(int(np.floor(place / 8 + 0.5)) - 3, 0), 21) for place in (x, y))
    return features[:, row : row + 6, column : column + 6]


def of_equal_parts(sizes, window, count):
    part = np.arange(10_000) // sizes[0]
    return [len(set(part[i * window : (i + 1) * window])) for i in range(count)]


def one_too_long(sizes, window, count):
    part = np.repeat(np.arange(len(sizes) + 1), [*sizes, 10])
    wide = [len(set(part[i * window : (i + 1) * window + 1])) for i in range(count)]
    return [1, *wide[1:]] if window < sizes[0] else SOLVED.mixed_parts(sizes, window, count)


WRONG = (
    ("beside_mouth", lambda landmarks, size: SOLVED.beside_mouth(landmarks, size)[0], "two points"),
    ("beside_mouth", lambda landmarks, size: SOLVED.beside_mouth(landmarks, size)[::-1], "left point comes first"),
    ("beside_mouth", counted_from_one, "counts from 1"),
    ("beside_mouth", literal, "mirrored it moves to the right"),
    ("beside_mouth", downwards, "y grows downwards"),
    ("beside_mouth", lambda landmarks, size: SOLVED.beside_mouth(landmarks, 224), "16/224 of its size"),
    ("beside_mouth", lambda landmarks, size: landmarks[[48, 54]], "not [49.0, 98.0]"),
    ("cut_patch", lambda features, x, y: SOLVED.cut_patch(features, x, y)[0], "two channels"),
    ("cut_patch", transposed, "rows belong to y"),
    ("cut_patch", lambda features, x, y: SOLVED.cut_patch(features, x - 16, y), "columns 10 … 15"),
    ("cut_patch", unclamped, "clamp its start"),
    ("cut_patch", rounded, "as Python's round does"),
    ("cut_patch", from_the_cell, "13 is the cell of the landmark"),
    ("cut_patch", clamped_to_the_last_cell, "not at column 0 and row 21"),
    ("halve", lambda phi, logits: SOLVED.halve(phi, logits)[0], "two things"),
    ("halve", lambda phi, logits: SOLVED.halve(phi, logits)[::-1], "first phi, then logits"),
    ("halve", lambda phi, logits: (2 * phi, logits / 2), "σ(0) is ½"),
    ("halve", lambda phi, logits: (2 * phi, logits - np.log(2)), "it gives ⅓"),
    ("halve", lambda phi, logits: (2 * phi, 0.5 / (1 + np.exp(-logits))), "before the sigmoid"),
    ("halve", lambda phi, logits: (phi, SOLVED.halve(phi, logits)[1]), "φ has to make up"),
    ("halve", lambda phi, logits: (phi / 2, SOLVED.halve(phi, logits)[1]), "φ is halved, too"),
    ("halve", lambda phi, logits: (phi + 1, SOLVED.halve(phi, logits)[1]), "ρ = α·φ has changed"),
    ("halve", lambda phi, logits: (phi, logits), "should become ¼"),
    ("mixed_parts", lambda sizes, window, count: SOLVED.mixed_parts(sizes, window, count)[:2], "each of 3 windows"),
    ("mixed_parts", lambda sizes, window, count: [window] * count, "not its features"),
    ("mixed_parts", lambda sizes, window, count: [1] * count, "two of the next"),
    (
        "mixed_parts",
        lambda sizes, window, count: [n - (window < sizes[0]) for n in SOLVED.mixed_parts(sizes, window, count)],
        "count the borders",
    ),
    ("mixed_parts", lambda sizes, window, count: [len(sizes)] * count, "mix nothing"),
    ("mixed_parts", one_too_long, "9, 10 and 11"),
    ("mixed_parts", of_equal_parts, "parts differ in size"),
)
RIGHT = {
    "beside_mouth": (
        lambda landmarks, size: SOLVED.beside_mouth(landmarks, size).tolist(),
        lambda landmarks, size: torch.tensor(SOLVED.beside_mouth(landmarks, size)),
        lambda landmarks, size: SOLVED.beside_mouth(landmarks, size).astype(np.float32),
        lambda landmarks, size: tuple(SOLVED.beside_mouth(landmarks, size)),
    ),
    "cut_patch": (
        lambda features, x, y: SOLVED.cut_patch(features, x, y).tolist(),
        lambda features, x, y: torch.tensor(SOLVED.cut_patch(features, x, y)),
        lambda features, x, y: SOLVED.cut_patch(features, x, y).astype(np.float32),
        lambda features, x, y: [channel for channel in SOLVED.cut_patch(features, x, y)],
    ),
    "halve": (
        lambda phi, logits: list(SOLVED.halve(phi, logits)),
        lambda phi, logits: tuple(map(torch.tensor, SOLVED.halve(phi, logits))),
        lambda phi, logits: tuple(part.tolist() for part in SOLVED.halve(phi, logits)),
        lambda phi, logits: (2 * phi, -np.log(1 + 2 * np.exp(-logits))),
        lambda phi, logits: tuple(np.float32(part) for part in SOLVED.halve(phi, logits)),
    ),
    "mixed_parts": (
        lambda sizes, window, count: np.array(SOLVED.mixed_parts(sizes, window, count)),
        lambda sizes, window, count: torch.tensor(SOLVED.mixed_parts(sizes, window, count)),
        lambda sizes, window, count: np.float32(SOLVED.mixed_parts(sizes, window, count)),
        lambda sizes, window, count: tuple(SOLVED.mixed_parts(sizes.tolist(), window, count)),
    ),
}

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
test_right_answers_in_other_forms_are_accepted = judged.accepted(SOLVED, RIGHT)
