"""The checkers of notebook 40 tell plausible wrong answers from right ones, and say why."""

import numpy as np
import torch

from depnb import course
from tests.notebooks import judged

SOLVED = course.exercises("40_depnet")


def names_swapped(u, w1, w2):
    z = u.mean((1, 2))
    s = np.maximum(w2 @ (1 / (1 + np.exp(-(w1 @ z)))), 0)
    return u * s[:, None, None]


def without_relu(u, w1, w2):
    s = 1 / (1 + np.exp(-w2 @ (w1 @ u.mean((1, 2)))))
    return u * s[:, None, None]


def in_place(u, w1, w2):
    u *= SOLVED.excite(u, w1, w2) / np.where(u, u, 1)
    return u


def largest(u, w1, w2):
    s = 1 / (1 + np.exp(-w2 @ np.maximum(w1 @ u.max((1, 2)), 0)))
    return u * s[:, None, None]


def without_zeros(signal, filters):
    found = [max(np.convolve(signal, f[::-1], "valid")) for f in filters]
    return [*found, signal.max(), signal.mean()]


WRONG = (
    ("excite", lambda u, w1, w2: SOLVED.excite(u, w1, w2)[:, 0, 0], "same shape"),
    ("excite", names_swapped, "with W2 = 0"),
    ("excite", without_relu, "the ReLU makes it 0"),
    ("excite", in_place, "return new ones"),
    ("excite", largest, "squeeze is the mean"),
    ("excite", lambda u, w1, w2: SOLVED.excite(u, w1, w2 / 2), "the sigmoid (0.731"),
    ("rows", lambda frames, kernel, zeros: frames + 2 * zeros - kernel, "as many rows as frames"),
    ("rows", lambda frames, kernel, zeros: (frames + 2 * zeros - kernel) // 2 + 1, "as many rows as frames"),
    ("rows", lambda frames, kernel, zeros: frames if zeros else 1, "in 3 places"),
    ("rows", lambda frames, kernel, zeros: frames, "five frames once"),
    ("rows", lambda frames, kernel, zeros: max(0, frames + 2 * zeros - kernel + 1), "−3"),
    ("rows", lambda frames, kernel, zeros: frames + zeros - kernel + 1, "as many rows as frames"),
    ("aggregate_place", lambda signal, filters: SOLVED.aggregate_place(signal, filters)[:3], "five numbers"),
    (
        "aggregate_place",
        lambda signal, filters: SOLVED.aggregate_place(signal, [f[::-1] for f in filters]),
        "do not flip",
    ),
    ("aggregate_place", without_zeros, "without zeros outside"),
    ("aggregate_place", lambda signal, filters: [*SOLVED.aggregate_place(signal, filters)[:-1], 0], "12, 15, 15"),
    ("aggregate_place", lambda signal, filters: SOLVED.aggregate_place(abs(signal), filters), "the largest is −3"),
    ("aggregate_place", lambda signal, filters: SOLVED.aggregate_place(signal, filters[:1]), "five numbers"),
)
RIGHT = {
    "excite": (
        lambda u, w1, w2: torch.tensor(SOLVED.excite(u, w1, w2)),
        lambda u, w1, w2: SOLVED.excite(u, w1, w2).astype(np.float32),
        lambda u, w1, w2: SOLVED.excite(u, w1, w2).tolist(),
        lambda u, w1, w2: np.einsum("chw,c->chw", u, 1 / (1 + np.exp(-w2 @ np.clip(w1 @ u.mean((1, 2)), 0, None)))),
    ),
    "rows": (
        lambda frames, kernel, zeros: np.int64(SOLVED.rows(frames, kernel, zeros)),
        lambda frames, kernel, zeros: torch.tensor(SOLVED.rows(frames, kernel, zeros)),
        lambda frames, kernel, zeros: float(SOLVED.rows(frames, kernel, zeros)),
        lambda frames, kernel, zeros: (frames + 2 * zeros - (kernel - 1) - 1) // 1 + 1,
    ),
    "aggregate_place": (
        lambda signal, filters: np.array(SOLVED.aggregate_place(signal, filters)),
        lambda signal, filters: torch.tensor(SOLVED.aggregate_place(signal, filters)),
        lambda signal, filters: np.float32(SOLVED.aggregate_place(signal, filters)),
        lambda signal, filters: [
            *(np.correlate(np.pad(signal, len(f) // 2), f, "valid").max() for f in filters),
            signal.max(),
            signal.mean(),
        ],
    ),
}

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
test_right_answers_in_other_forms_are_accepted = judged.accepted(SOLVED, RIGHT)
