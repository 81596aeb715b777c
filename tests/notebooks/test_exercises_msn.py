"""The checkers of notebook 30 tell plausible wrong answers from right ones, and say why."""

import numpy as np
import torch

from depnb import course
from tests.notebooks import judged

SOLVED = course.exercises("30_msn")


def along_width(clip, weights):
    return SOLVED.temporal(np.swapaxes(clip, 0, 2), weights).swapaxes(0, 2)


WRONG = (
    ("temporal", along_width, "time is the first axis"),
    ("temporal", lambda clip, weights: SOLVED.temporal(clip, weights[::-1]), "flipped"),
    ("temporal", lambda clip, weights: SOLVED.temporal(clip, weights)[1:-1], "pad time"),
    ("temporal", lambda clip, weights: SOLVED.temporal(clip, weights) * 2, "not [-2"),
    ("temporal", lambda clip, weights: SOLVED.temporal(clip, np.abs(weights)), "frame 1, row 1 is (−1, 0, 1)"),
    ("temporal", lambda clip, weights: np.roll(SOLVED.temporal(clip, weights), 1, 0), "frame 1, row 1 is (−1, 0, 1)"),
    ("influence", lambda depth: SOLVED.influence(depth) * 2, "a third for each"),
    ("influence", lambda depth: SOLVED.influence(min(depth, 2)) * (1 if depth < 3 else 2), "sum to 1"),
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
    ("clip_starts", lambda frames, length=16: [16 * n for n in range(max(1, frames // 16))], "another than 16"),
    ("clip_starts", lambda frames, length=16: list(range(max(1, frames // length))), "at 0, 16 and 32"),
    ("clip_starts", lambda frames, length=16: list(range(0, max(1, frames - length + 1))), "at 0, 16 and 32"),
    ("clip_starts", lambda frames, length=16: frames // length, "return a list"),
    ("clip_starts", lambda frames, length=16: list(range(0, frames, length)), "dropped"),
    ("clip_starts", lambda frames, length=16: list(range(0, frames - length + 1, length)), "too short"),
)

RIGHT = {
    "temporal": (
        lambda clip, weights: torch.tensor(SOLVED.temporal(clip, weights)),
        lambda clip, weights: SOLVED.temporal(clip, weights).astype(np.float32),
        lambda clip, weights: SOLVED.temporal(clip, weights).tolist(),
        lambda clip, weights: np.apply_along_axis(np.convolve, 0, clip, list(weights)[::-1], mode="same"),
    ),
    "influence": (
        lambda depth: SOLVED.influence(depth).tolist(),
        lambda depth: torch.tensor(SOLVED.influence(depth)),
        lambda depth: SOLVED.influence(depth).astype(np.float32),
        lambda depth: np.poly1d([1 / 3] * 3).__pow__(depth).coeffs,
    ),
    "conv_cost": (
        lambda i, o, kernel, shape: list(SOLVED.conv_cost(i, o, kernel, shape)),
        lambda i, o, kernel, shape: np.array(SOLVED.conv_cost(i, o, kernel, shape)),
        lambda i, o, kernel, shape: torch.tensor(SOLVED.conv_cost(i, o, kernel, shape)),
        lambda i, o, kernel, shape: tuple(map(float, SOLVED.conv_cost(i, o, kernel, shape))),
    ),
    "clip_starts": (
        lambda frames, length=16: np.array(SOLVED.clip_starts(frames, length)),
        lambda frames, length=16: torch.tensor(SOLVED.clip_starts(frames, length)),
        lambda frames, length=16: range(0, max(1, frames - length + 1), length),
        lambda frames, length=16: tuple(SOLVED.clip_starts(frames, length)),
    ),
}

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
test_right_answers_in_other_forms_are_accepted = judged.accepted(SOLVED, RIGHT)
