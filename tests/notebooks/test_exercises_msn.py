"""The checkers of notebook 30 tell plausible wrong answers from right ones, and say why."""

import numpy as np

from depnb import course
from tests.notebooks import judged

SOLVED = course.exercises("30_msn")


def along_width(clip, weights):
    return SOLVED.temporal(np.swapaxes(clip, 0, 2), weights).swapaxes(0, 2)


WRONG = (
    ("temporal", along_width, "time is the first axis"),
    ("temporal", lambda clip, weights: SOLVED.temporal(clip, weights[::-1]), "flipped"),
    ("temporal", lambda clip, weights: SOLVED.temporal(clip, weights)[1:-1], "pad time"),
    ("layers", lambda blocks: 3 * sum(blocks), "blocks only"),
    ("layers", lambda blocks: 3 * sum(blocks) + 4, "last unit"),
    ("influence", lambda depth: np.full(2 * depth + 1, 1 / (2 * depth + 1)), "three ways"),
    ("influence", lambda depth: np.full(3, 1 / 3), "two layers see 5"),
    ("influence", lambda depth: np.full(2 * depth - 1, 1), "one layer sees 3"),
    ("influence", lambda depth: 2 * depth + 1, "one layer sees 3"),
    ("conv_cost", lambda i, o, kernel, shape: (i * o * kernel[0] ** 3, 2 * i * o * 27 * np.prod(shape)), "counts once"),
    ("conv_cost", lambda i, o, kernel, shape: (i * o * 27 + o, 0), "5184 weights"),
    ("conv_cost", lambda i, o, kernel, shape: i * o * np.prod(kernel), "return two numbers"),
    ("conv_cost", lambda i, o, kernel, shape: None, "is `return` missing"),
    ("conv_cost", lambda i, o, kernel, shape: (i * o * 27, np.array(shape)), "return two numbers"),
    ("conv_cost", lambda i, o, kernel, shape: (i * o * kernel**3, 0), "kernel=(3, 3, 3), shape=(16, 112, 112)"),
    (
        "conv_cost",
        lambda i, o, kernel, shape: (i * o * kernel[0] ** 3, i * o * kernel[0] ** 3 * np.prod(shape)),
        "has three weights",
    ),
    ("clip_starts", lambda frames, length=16: frames // length, "return a list"),
    ("clip_starts", lambda frames, length=16: list(range(0, frames, length)), "dropped"),
    ("clip_starts", lambda frames, length=16: list(range(0, frames - length + 1, length)), "too short"),
)

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
