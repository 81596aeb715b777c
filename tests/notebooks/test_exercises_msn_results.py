"""The checkers of notebook 31 tell plausible wrong answers from right ones, and say why."""

import numpy as np
import torch

from depnb import course
from tests.notebooks import judged

SOLVED = course.exercises("31_msn_results")


def bank(power, root=2):
    """The factor from another number of weights, or with another meaning of width."""
    return lambda kernels, single=3: (sum(k**power for k in kernels) / single**power) ** (1 / root)


def missing(severe=29, minimal=13, rounded=np.rint, among_severe=True):
    """Counts with other bounds, other rounding, or of all people."""

    def count(labels, scores):
        ill = np.asarray(labels) >= severe
        low = rounded(np.asarray(scores)) <= minimal
        return int(ill.sum()), int((low & ill).sum() if among_severe else low.sum())

    return count


def forgotten(*given):
    sum(map(np.sum, given))


WRONG = (
    ("width_factor", bank(3, 1), "four times as many"),
    ("width_factor", bank(2), "square kernels"),
    ("width_factor", bank(1), "adds the sides"),
    ("width_factor", bank(3, 3), "before and after"),
    ("width_factor", lambda kernels, single=3: len(kernels), "the number of kernels"),
    ("width_factor", lambda kernels, single=3: SOLVED.width_factor(kernels), "another side than 3"),
    ("width_factor", lambda kernels, single=3: 1 / SOLVED.width_factor(kernels, single), "4.28"),
    ("width_factor", forgotten, "is `return` missing"),
    ("layers", lambda blocks: 3 * sum(blocks), "blocks only"),
    ("layers", lambda blocks: 3 * sum(blocks) + 4, "last unit"),
    ("layers", lambda blocks: sum(blocks) + 3, "are 69"),
    ("layers", lambda blocks: 3 * len(blocks) + 3, "are 69"),
    ("layers", lambda blocks: 69, "has 39"),
    ("layers", lambda blocks: [3 * block + 3 for block in blocks], "return one number"),
    ("severe_missed", missing(severe=30), "29 and more"),
    ("severe_missed", missing(severe=28), "28 is not severe"),
    ("severe_missed", lambda labels, scores: missing()(labels, scores)[::-1], "first the number of severe"),
    ("severe_missed", missing(rounded=np.ceil), "13.4 rounds"),
    ("severe_missed", missing(rounded=np.floor), "13.6 rounds"),
    ("severe_missed", missing(among_severe=False), "of others"),
    ("severe_missed", lambda labels, scores: missing()(labels, scores)[1], "return two numbers"),
    ("severe_missed", forgotten, "is `return` missing"),
)
RIGHT = {
    "width_factor": (
        lambda kernels, single=3: np.float32(SOLVED.width_factor(kernels, single)),
        lambda kernels, single=3: torch.tensor(SOLVED.width_factor(kernels, single)),
        lambda kernels, single=3: np.array([SOLVED.width_factor(kernels, single)]),
        lambda kernels, single=3: np.linalg.norm([(k / single) ** 1.5 for k in kernels]),
    ),
    "layers": (
        lambda blocks: np.int64(SOLVED.layers(blocks)),
        lambda blocks: torch.tensor(SOLVED.layers(blocks)),
        lambda blocks: float(SOLVED.layers(blocks)),
        lambda blocks: 1 + sum(3 for block in blocks for _ in range(block)) + 2,
    ),
    "severe_missed": (
        lambda labels, scores: list(SOLVED.severe_missed(labels, scores)),
        lambda labels, scores: np.array(SOLVED.severe_missed(labels, scores)),
        lambda labels, scores: torch.tensor(SOLVED.severe_missed(labels, scores)),
        missing(),
    ),
}

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
test_right_answers_in_other_forms_are_accepted = judged.accepted(SOLVED, RIGHT)
