"""The checkers of notebook 40 tell plausible wrong answers from right ones, and say why."""

import numpy as np

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


def over_all_draws(labels, scores):
    errors = np.asarray(scores) - np.asarray(labels)[:, None]
    return np.sqrt((errors**2).mean()), SOLVED.draws_error(labels, scores)[1]


def other_sum(first, second):
    differences = np.subtract(first, second)
    ranks = np.abs(differences).argsort().argsort() + 1
    return max(ranks[differences > 0].sum(), 0)


WRONG = (
    ("excite", lambda u, w1, w2: SOLVED.excite(u, w1, w2)[:, 0, 0], "same shape"),
    ("excite", names_swapped, "with W2 = 0"),
    ("excite", without_relu, "the ReLU makes it 0"),
    ("rows", lambda frames, kernel, zeros: frames, "five frames once"),
    ("rows", lambda frames, kernel, zeros: max(0, frames + 2 * zeros - kernel + 1), "−3"),
    ("rows", lambda frames, kernel, zeros: frames + zeros - kernel + 1, "as many rows as frames"),
    ("aggregate_place", lambda signal, filters: SOLVED.aggregate_place(signal, filters)[:3], "five numbers"),
    (
        "aggregate_place",
        lambda signal, filters: SOLVED.aggregate_place(signal, [f[::-1] for f in filters]),
        "do not flip",
    ),
    ("draws_error", over_all_draws, "over all draws at once"),
    ("draws_error", lambda labels, scores: SOLVED.draws_error(labels, scores)[1], "two numbers"),
    ("draws_error", lambda labels, scores: (SOLVED.draws_error(labels, scores)[0], 0.0), "errors 0 and 2"),
    ("signed_ranks", other_sum, "6 is the sum"),
    ("signed_ranks", lambda first, second: int((np.subtract(first, second) > 0).sum()), "count ranks"),
)

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
