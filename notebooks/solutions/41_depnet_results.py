"""Exercises of notebook 41: solutions, and the checkers that judge them and the learner's answers."""

from itertools import product

import numpy as np


def draws_error(labels, scores):
    labels, scores = np.asarray(labels, dtype=float), np.asarray(scores, dtype=float)
    one = np.sqrt(((scores - labels[:, None]) ** 2).mean(0)).mean()
    together = np.sqrt(((scores.mean(1) - labels) ** 2).mean())
    return float(one), float(together)


def check_draws_error(answer):
    labels, scores = np.array([10.0, 20]), np.array([[12.0, 8], [20, 24]])
    given = answer(labels, scores)
    pair = hasattr(given, "__len__") and getattr(given, "shape", (2,)) == (2,) and len(given) == 2
    two = pair and [np.ndim(number) for number in given] == [0, 0]
    assert two, f"return two numbers: the RMSE of one draw on average, and that of the draws' mean; not {given!r}"
    assert not np.isclose(given[0], np.sqrt(6)), (
        "√6 is the root over all draws at once: take the RMSE of each draw (a column), then their mean"
    )
    assert np.isclose(given[0], (np.sqrt(2) + np.sqrt(10)) / 2), (
        f"the draws have errors (2, 0) and (−2, 4), RMSE √2 and √10, on average {(np.sqrt(2) + np.sqrt(10)) / 2:.3f}"
    )
    assert np.isclose(given[1], np.sqrt(2)), "the means are 10 and 22, with errors 0 and 2: RMSE √2"


def signed_ranks(first, second):
    differences = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    ranks = np.abs(differences).argsort().argsort() + 1
    return int(min(ranks[differences > 0].sum(), ranks[differences < 0].sum()))


def check_signed_ranks(answer):
    first, second = np.array([9, 6, 4, 5, 2]), np.array([1, 9, 5, 3, 12])
    assert answer(np.array([1, 2, 4]), np.array([2, 4, 8])) == 0, (
        "the first is smaller for everybody: no rank on the other side, 0"
    )
    given = answer(first, second)
    assert given != 9, "9 is the larger of the two sums of ranks: 1 + 3 + 5; take the smaller"
    assert given != 5, "5 adds the places in the list: rank the differences by their size first"
    assert given != 10, "10 adds the sizes of the differences: add their ranks, 1 for the smallest"
    assert given != 2, "count ranks, not people: two of the five differences are positive, with the ranks 4 and 2"
    assert given == 6, (
        f"differences 8, −3, −1, 2, −10 have the ranks 4, 3, 1, 2, 5; 4 + 2 = 6, and the rest is 9, not {given}"
    )
    assert answer(second, first) == 6, "which method is called first makes no difference"


def sign_flips(differences):
    d = np.asarray(differences, dtype=float)
    sums = np.array([np.dot(signs, np.abs(d)) for signs in product((-1, 1), repeat=len(d))])
    return float(np.mean(np.abs(sums) >= abs(d.sum()) - 1e-9))


def check_sign_flips(answer):
    given = np.asarray(answer(np.array([-1.0, -2, -4])), dtype=float)
    assert given.size == 1, f"return one number, the share of the patterns, not {given.tolist()}"
    given = given.item()
    assert not np.isclose(given, 0), "the observed pattern is one of them: p cannot be 0"
    assert not np.isclose(given, 1 / 8), "1/8 counts one side: the opposite pattern lies as far from 0"
    assert not np.isclose(given, 2), "2 is the number of patterns: divide by all of them, 2³"
    assert not np.isclose(given, 3 / 4), "3/4 counts those that lie nearer to 0: count those as far away, or farther"
    assert np.isclose(given, 2 / 8), f"three people on one side: 2 of 8 patterns, p = 0.25, not {given:.3g}"
    given = np.asarray(answer(np.array([1.0, -1])), dtype=float).item()
    assert np.isclose(given, 1), f"a sum of 0 is nothing: every pattern lies as far from 0, p = 1, not {given:.3g}"
    given = np.asarray(answer(np.array([3.0, 1, -1, 2])), dtype=float).item()
    assert not np.isclose(given, 4 / 16), "patterns that lie exactly as far count, too: at least as far"
    assert np.isclose(given, 6 / 16), f"of 3, 1, −1, 2 the sum is 5: 6 of 16 lie at least as far, not {given:.3g}"


HINTS = {
    "draws_error": (
        "scores - labels[:, None] are the errors of every draw, [N, draws].",
        "One draw: the root of the mean over people for each column, then the mean of these roots.",
        "All draws: first the mean of the scores of a person, then the error.",
    ),
    "signed_ranks": (
        "Rank the sizes of the differences: the smallest has rank 1.",
        "np.abs(d).argsort().argsort() + 1 are the ranks; add those of positive and of negative differences.",
    ),
    "sign_flips": (
        "itertools.product((-1, 1), repeat=n) gives all patterns of signs.",
        "Count those with |sum(sign · |d|)| >= |sum(d)|, on both sides, and divide by 2 ** n.",
    ),
}
