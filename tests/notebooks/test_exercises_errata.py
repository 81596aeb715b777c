"""The checkers of notebook 80 tell plausible wrong answers from right ones, and say why."""

import math

import numpy as np
import torch

from depnb import course
from tests.notebooks import judged

SOLVED = course.exercises("80_errata")


def with_word(place, word):
    return lambda gaps: [word if at == place else right for at, right in enumerate(SOLVED.sorted_gaps(gaps))]


def layer_by_layer(size):
    """The positions that are left, by another formula for one layer."""

    def answer(n, layers):
        for layer in layers:
            n = size(n, *layer)
        return n

    return answer


def first_layer(n, layers):
    return SOLVED.left_over(n, layers[:1])


def only(how):
    return lambda printed, counts: sorted(name for name, number in counts.items() if how(number) == printed)


def rounded(number):
    return round(number / 1e6, 1)


def cut(number):
    return math.floor(number / 1e5) / 10


WRONG = (
    ("sorted_gaps", with_word(0, "contradiction"), "not stated"),
    ("sorted_gaps", with_word(1, "impossible"), "both can be built"),
    ("sorted_gaps", with_word(1, "slip"), "both can be built"),
    ("sorted_gaps", with_word(2, "contradiction"), "is negative"),
    ("sorted_gaps", with_word(3, "slip"), "bear the conclusion"),
    ("sorted_gaps", with_word(4, "contradiction"), "only a reference"),
    ("sorted_gaps", with_word(4, "typo"), "none of the five words"),
    ("sorted_gaps", lambda gaps: ["slip"], "a word for each"),
    ("left_over", layer_by_layer(lambda n, k, s, p: math.ceil((n + 2 * p - k) / s) + 1 + (n == 7)), "rounds up"),
    ("left_over", layer_by_layer(lambda n, k, s, p: (n + 2 * p - k) // s), "add 1"),
    ("left_over", layer_by_layer(lambda n, k, s, p: (n + p - k) // s + 1), "both sides"),
    ("left_over", layer_by_layer(lambda n, k, s, p: (n - k) // s + 1), "padding is missing"),
    ("left_over", layer_by_layer(lambda n, k, s, p: (n + 2 * p - k) // s + 1), "no size"),
    ("left_over", first_layer, "go on with the second"),
    ("left_over", lambda n, layers: n, "so 3 are left"),
    ("fitting", only(rounded), "when it is cut"),
    ("fitting", only(cut), "when it is rounded"),
    ("fitting", lambda printed, counts: SOLVED.fitting(printed, counts)[::-1], "sorted"),
    ("fitting", lambda printed, counts: list(counts), "neither rounded nor cut"),
    ("fitting", lambda printed, counts: [], "['a', 'b']"),
    ("fitting", lambda printed, counts: SOLVED.fitting(printed, counts) or ["none"], "an empty list"),
)
RIGHT = {
    "sorted_gaps": (
        lambda gaps: tuple(SOLVED.sorted_gaps(gaps)),
        lambda gaps: np.array(SOLVED.sorted_gaps(gaps)),
        lambda gaps: [word.capitalize() for word in SOLVED.sorted_gaps(gaps)],
        lambda gaps: (word for word in SOLVED.sorted_gaps(gaps)),
    ),
    "left_over": (
        lambda n, layers: None if (found := SOLVED.left_over(n, layers)) is None else float(found),
        lambda n, layers: None if (found := SOLVED.left_over(n, layers)) is None else np.int64(found),
        lambda n, layers: None if (found := SOLVED.left_over(n, layers)) is None else torch.tensor(found),
        lambda n, layers: None if (found := SOLVED.left_over(n, layers)) is None else np.array([found]).squeeze(),
    ),
    "fitting": (
        lambda printed, counts: tuple(SOLVED.fitting(printed, counts)),
        lambda printed, counts: np.array(SOLVED.fitting(printed, counts), dtype=str),
        lambda printed, counts: sorted({n for n, c in counts.items() if printed in (rounded(c), cut(c))}),
        lambda printed, counts: iter(SOLVED.fitting(printed, counts)),
    ),
}

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_right_answers_in_other_forms_are_accepted = judged.accepted(SOLVED, RIGHT)
test_every_exercise_has_wrong_answers_and_a_solution = judged.complete(SOLVED, WRONG)
