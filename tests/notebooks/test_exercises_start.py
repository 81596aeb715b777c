"""The checkers of notebook 00 tell plausible wrong answers from right ones, and say why."""

import numpy as np
import torch

from depnb import course
from tests.notebooks import judged

SOLVED = course.exercises("00_start_here")


def refusing(problem):
    """The sum of the answers; a ``ValueError`` where there is this problem, and with no other."""

    def total(answers):
        if problem(answers):
            raise ValueError
        return sum(answers)

    return total


def by_asserting(answers):
    assert len(answers) == 21
    return SOLVED.total(answers)


def predicted(constant, error):
    return lambda train, test: error(constant(train, test) - np.asarray(test))


def root_mean_square(errors):
    return np.sqrt((errors**2).mean())


def of_train(train, test):
    return np.mean(train)


def by_middle(low, high):
    return "better" if low + high < 0 else "worse"


WRONG = (
    ("total", sum, "20 answers must raise a ValueError"),
    ("total", refusing(lambda answers: len(answers) < 21), "22 answers must raise a ValueError"),
    ("total", refusing(lambda answers: len(answers) != 21), "an answer of 4 must raise"),
    ("total", refusing(lambda answers: len(answers) != 21 or max(answers) > 3), "−1 must raise"),
    ("total", by_asserting, "20 answers must raise a ValueError"),
    ("total", lambda answers: len(answers), "21 times 0 is 0, not 21"),
    ("total", refusing(lambda answers: len(answers) != 21 or not 0 <= min(answers) <= max(answers) <= 3), "1.5"),
    ("constant_rmse", predicted(lambda train, test: np.mean(test), root_mean_square), "only the training labels"),
    ("constant_rmse", predicted(of_train, lambda errors: np.abs(errors).mean()), "the errors are squared"),
    ("constant_rmse", predicted(of_train, lambda errors: (errors**2).mean()), "take its root"),
    ("constant_rmse", predicted(of_train, lambda errors: (errors**2).sum() ** 0.5), "divide by their number"),
    ("constant_rmse", predicted(of_train, np.mean), "cancel"),
    ("constant_rmse", lambda train, test: np.std([*train, *test]), "no error, not"),
    ("constant_rmse", lambda train, test: None, "is `return` missing?"),
    ("constant_rmse", predicted(lambda train, test: np.median(train), root_mean_square), "a median would say 0"),
    ("reading", by_middle, "0 lies inside"),
    ("reading", lambda low, high: "better" if low > 0 else "worse" if high < 0 else "cannot tell", "error is smaller"),
    ("reading", lambda low, high: "better" if high <= 0 else SOLVED.reading(low, high), "0 itself"),
    ("reading", lambda low, high: "better" if low < 0 else "worse", "0 lies inside"),
    ("reading", lambda low, high: "cannot tell", "error is smaller"),
    ("reading", lambda low, high: SOLVED.reading(low, high).title(), "not 'Better'"),
)

RIGHT = {
    "total": (
        refusing(lambda answers: len(answers) != 21 or not set(answers) <= {0, 1, 2, 3}),
        lambda answers: np.int64(SOLVED.total(answers)),
        lambda answers: float(SOLVED.total(answers)),
        lambda answers: np.array(SOLVED.total(answers)),
    ),
    "constant_rmse": (
        predicted(of_train, root_mean_square),
        lambda train, test: np.float32(SOLVED.constant_rmse(train, test)),
        lambda train, test: (sum((sum(train) / len(train) - y) ** 2 for y in test) / len(test)) ** 0.5,
        lambda train, test: torch.tensor(SOLVED.constant_rmse(train, test)),
    ),
    "reading": (
        lambda low, high: "better" if high < 0 else "worse" if low > 0 else "cannot tell",
        lambda low, high: "cannot tell" if low <= 0 <= high else "better" if low < 0 else "worse",
        lambda low, high: (
            ("better", "cannot tell", "worse")[int(np.sign(low) + np.sign(high)) // 2 + 1]
            if low * high > 0
            else "cannot tell"
        ),
        lambda low, high: str(np.select([high < 0, low > 0], ["better", "worse"], "cannot tell")),
    ),
}

test_right_answers_in_other_forms = judged.accepted(SOLVED, RIGHT)
test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
