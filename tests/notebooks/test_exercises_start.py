"""The checkers of notebook 00 tell plausible wrong answers from right ones, and say why."""

import numpy as np

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
    ("total", lambda answers: len(answers), "21 times 0 is 0"),
    ("constant_rmse", predicted(lambda train, test: np.mean(test), root_mean_square), "only the training labels"),
    ("constant_rmse", predicted(of_train, lambda errors: np.abs(errors).mean()), "the errors are squared"),
    ("constant_rmse", predicted(of_train, lambda errors: (errors**2).mean()), "√148 ≈ 12.17, not 148.00"),
    ("constant_rmse", predicted(lambda train, test: np.median(train), root_mean_square), "a median would say 0"),
    ("reading", by_middle, "0 lies inside"),
    ("reading", lambda low, high: "better" if low > 0 else "worse" if high < 0 else "cannot tell", "error is smaller"),
    ("reading", lambda low, high: "better" if high <= 0 else SOLVED.reading(low, high), "0 itself"),
)

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
