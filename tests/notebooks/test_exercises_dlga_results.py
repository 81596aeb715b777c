"""The checkers of notebook 51 tell plausible wrong answers from right ones, and say why."""

import numpy as np
import torch

from depnb import course
from tests.notebooks import judged

SOLVED = course.exercises("51_dlga_results")


def without_biases(c):
    return 9 * c * c + c * c + 36 * c * 64 + 128 * c + 9 * 128 * 64 + 64


def step_of(gradients, rate, corrected=True, root=True):
    weight = mean = square = 0.0
    for step, gradient in enumerate(gradients, start=1):
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        first, second = (1 - 0.9**step, 1 - 0.999**step) if corrected else (1, 1)
        weight -= rate * (mean / first) / ((square / second) ** (0.5 if root else 1) + 1e-8)
    return weight


def signs(gradients, rate):
    """Without the averages, each step is as large as the rate."""
    return -rate * np.sign(gradients).sum()


WRONG = (
    ("module_weights", without_biases, "left out the biases"),
    ("module_weights", lambda c: 24 * SOLVED.module_weights(c), "count one of them"),
    ("module_weights", lambda c: SOLVED.module_weights(c) + 8 * 128 * c, "not one per cell"),
    ("module_weights", lambda c: SOLVED.module_weights(c) - 8 * c * c, "3×3 kernels"),
    ("module_weights", lambda c: SOLVED.module_weights(c) - 9 * c * c - c, "two convolutions"),
    ("module_weights", lambda c: SOLVED.module_weights(c) - 35 * c * 64, "flattened maps"),
    ("module_weights", lambda c: SOLVED.module_weights(c) + 27 * 128 * 64, "3×3 cells, not 6×6"),
    ("module_weights", lambda c: 10 * c * c + 2 * c + 36 * c * 64 + 64, "way of α is missing"),
    ("module_weights", lambda c: c, "has 5,727,809 weights"),
    ("module_weights", lambda c: 5_727_809, "without CMP"),
    ("adam", lambda gradients, rate: -SOLVED.adam(gradients, rate), "makes the weight smaller"),
    ("adam", lambda gradients, rate: -rate * sum(gradients), "plain gradient descent"),
    ("adam", lambda gradients, rate: step_of(gradients, rate, corrected=False), "begin at 0"),
    ("adam", lambda gradients, rate: step_of(gradients, rate, root=False), "not by the mean square"),
    ("adam", lambda gradients, rate: SOLVED.adam(gradients, rate) / len(gradients), "add the steps up"),
    ("adam", signs, "keep both averages"),
    ("adam", lambda gradients, rate: gradients * rate if len(gradients) > 1 else -rate, "return one number"),
    ("worth", lambda test, unseen: SOLVED.worth(test, unseen)[0], "two numbers"),
    ("worth", lambda test, unseen: tuple(-v for v in SOLVED.worth(test, unseen)), "chosen minus last"),
    ("worth", lambda test, unseen: (test.min() - test[0], unseen[test.argmin()] - unseen[0]), "−2 is against step 0"),
    ("worth", lambda test, unseen: (test.min(), unseen[test.argmin()]), "the error itself"),
    ("worth", lambda test, unseen: (test.min() - test[-1], unseen.min() - unseen[-1]), "nobody may choose on them"),
    ("worth", lambda test, unseen: (test.min() - test[-1], unseen[test.argmin()] - unseen[0]), "0.5 is against step 0"),
    ("worth", lambda test, unseen: (test.max() - test[-1], 0.0), "the smallest test error is 9"),
    ("worth", lambda test, unseen: (test.min() - test[-1], 0.0), "at the chosen check"),
    ("worth", lambda test, unseen: (test - test[-1], unseen - unseen[-1]), "two numbers"),
)
RIGHT = {
    "module_weights": (
        lambda c: np.int64(SOLVED.module_weights(c)),
        lambda c: float(SOLVED.module_weights(c)),
        lambda c: torch.tensor(SOLVED.module_weights(c)),
        lambda c: without_biases(c) + c + c + 64 + 128 + 64 + 1,
    ),
    "adam": (
        lambda gradients, rate: np.float32(SOLVED.adam(gradients, rate)),
        lambda gradients, rate: torch.tensor(SOLVED.adam(gradients, rate)),
        lambda gradients, rate: np.array([SOLVED.adam(gradients, rate)]),
        lambda gradients, rate: step_of(gradients.tolist(), rate),
    ),
    "worth": (
        lambda test, unseen: list(SOLVED.worth(test, unseen)),
        lambda test, unseen: np.array(SOLVED.worth(test, unseen)),
        lambda test, unseen: torch.tensor(SOLVED.worth(test, unseen)),
        lambda test, unseen: tuple(map(np.float32, SOLVED.worth(test, unseen))),
    ),
}

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
test_right_answers_in_other_forms_are_accepted = judged.accepted(SOLVED, RIGHT)
