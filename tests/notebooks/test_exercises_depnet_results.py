"""The checkers of notebook 41 tell plausible wrong answers from right ones, and say why."""

from itertools import product

import numpy as np
import torch
from scipy.stats import permutation_test, wilcoxon

from depnb import course
from tests.notebooks import judged

SOLVED = course.exercises("41_depnet_results")


def over_all_draws(labels, scores):
    errors = np.asarray(scores) - np.asarray(labels)[:, None]
    return np.sqrt((errors**2).mean()), SOLVED.draws_error(labels, scores)[1]


def other_sum(first, second):
    differences = np.subtract(first, second)
    ranks = np.abs(differences).argsort().argsort() + 1
    return max(ranks[differences > 0].sum(), ranks[differences < 0].sum()) * (differences > 0).any()


def places(differences):
    return (np.flatnonzero(differences > 0) + 1).sum()


def sizes(differences):
    return differences[differences > 0].sum()


def farther(d):
    """Only patterns that lie farther than the observed one, which itself is counted."""
    sums = [abs(np.dot(signs, np.abs(d))) for signs in product((-1, 1), repeat=len(d))]
    beyond = np.mean(np.array(sums) > abs(d.sum()) + 1e-9)
    return SOLVED.sign_flips(d) if len(d) < 4 else beyond + 2 / 2 ** len(d)


WRONG = (
    ("draws_error", lambda labels, scores: SOLVED.draws_error(labels, scores)[::-1], "on average"),
    ("draws_error", lambda labels, scores: tuple(np.square(SOLVED.draws_error(labels, scores))), "on average"),
    ("draws_error", lambda labels, scores: scores - labels[:, None], "two numbers"),
    ("draws_error", over_all_draws, "over all draws at once"),
    ("draws_error", lambda labels, scores: SOLVED.draws_error(labels, scores)[1], "two numbers"),
    ("draws_error", lambda labels, scores: (SOLVED.draws_error(labels, scores)[0], 0.0), "errors 0 and 2"),
    ("signed_ranks", other_sum, "the larger of the two"),
    ("signed_ranks", lambda first, second: min(places(first - second), places(second - first)), "places in the list"),
    (
        "signed_ranks",
        lambda first, second: min(sizes(first - second), sizes(second - first)),
        "sizes of the differences",
    ),
    ("signed_ranks", lambda first, second: SOLVED.signed_ranks(first, second) + 1, "no rank on the other side"),
    ("signed_ranks", lambda first, second: 15 if (first > second).any() else 0, "the ranks 4, 3, 1, 2, 5"),
    ("signed_ranks", lambda first, second: int((np.subtract(first, second) > 0).sum()), "count ranks"),
    ("sign_flips", lambda d: SOLVED.sign_flips(d) / 2, "counts one side"),
    ("sign_flips", lambda d: SOLVED.sign_flips(d) * 2 ** len(d), "the number of patterns"),
    ("sign_flips", lambda d: 1 - SOLVED.sign_flips(d), "lie nearer to 0"),
    ("sign_flips", lambda d: 0.0, "cannot be 0"),
    ("sign_flips", lambda d: 2 / 2 ** len(d), "p = 1"),
    ("sign_flips", farther, "at least as far"),
    ("sign_flips", lambda d: wilcoxon(d).statistic, "cannot be 0"),
    ("sign_flips", lambda d: d, "return one number"),
)
RIGHT = {
    "draws_error": (
        lambda labels, scores: np.array(SOLVED.draws_error(labels, scores)),
        lambda labels, scores: list(SOLVED.draws_error(labels, scores)),
        lambda labels, scores: torch.tensor(SOLVED.draws_error(labels, scores)),
        lambda labels, scores: tuple(map(np.float32, SOLVED.draws_error(labels, scores))),
    ),
    "signed_ranks": (
        lambda first, second: wilcoxon(first, second).statistic,
        lambda first, second: torch.tensor(SOLVED.signed_ranks(first, second)),
        lambda first, second: float(SOLVED.signed_ranks(first, second)),
        lambda first, second: np.int64(SOLVED.signed_ranks(first, second)),
    ),
    "sign_flips": (
        lambda d: np.float32(SOLVED.sign_flips(d)),
        lambda d: torch.tensor(SOLVED.sign_flips(d)),
        lambda d: np.array([SOLVED.sign_flips(d)]),
        lambda d: permutation_test((d,), np.sum, permutation_type="samples").pvalue,
    ),
}

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
test_right_answers_in_other_forms_are_accepted = judged.accepted(SOLVED, RIGHT)
