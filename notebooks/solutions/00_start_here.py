"""Exercises of notebook 00: solutions, and the checkers that judge them and the learner's answers."""

import numpy as np


def total(answers):
    if len(answers) != 21 or any(answer not in (0, 1, 2, 3) for answer in answers):
        raise ValueError(f"The BDI-II has 21 answers of 0 to 3; found {list(answers)}.")
    return sum(answers)


def check_total(answer):
    assert answer([0] * 21) == 0, "21 times 0 is 0"
    assert answer([1, 2, 3] * 7) == 42, "7 times 1 + 2 + 3 is 42"
    for wrong, what in (([1] * 20, "20 answers"), ([1] * 22, "22 answers"), ([0] * 20 + [4], "an answer of 4")):
        assert _refuses(answer, wrong), f"{what} must raise a ValueError"
    assert _refuses(answer, [0] * 19 + [-1, 1]), "an answer of −1 must raise a ValueError, even if the sum looks right"


def _refuses(answer, answers):
    try:
        answer(answers)
    except ValueError:
        return True
    except AssertionError:
        pass
    return False


def constant_rmse(train, test):
    return float(np.sqrt(np.mean((np.mean(train) - np.asarray(test)) ** 2)))


def check_constant_rmse(answer):
    assert np.isclose(answer([10, 20], [15, 15]), 0), "training mean 15, test labels 15 and 15: no error"
    given = answer([10, 20], [5, 29])
    assert not np.isclose(given, 12), (
        "12 is the spread around the test mean, or the mean absolute error: the constant knows only the "
        "training labels, and the errors are squared"
    )
    assert np.isclose(given, np.sqrt(148)), f"errors 10 and −14 have RMSE √148 ≈ 12.17, not {given:.2f}"
    assert np.isclose(answer([0, 0, 30], [10]), 0), "the mean of 0, 0, 30 is 10; a median would say 0"


def reading(low, high):
    if high < 0:
        return "better"
    return "worse" if low > 0 else "cannot tell"


def check_reading(answer):
    for low, high, wanted, why in (
        (-3.0, -1.0, "better", "the whole interval says that the method's error is smaller"),
        (1.0, 4.0, "worse", "the whole interval says that the method's error is larger"),
        (-3.0, 0.5, "cannot tell", "0 lies inside, although most of the interval is below"),
        (-0.5, 3.0, "cannot tell", "0 lies inside, although most of the interval is above"),
        (-1.0, 0.0, "cannot tell", "0 itself, “no difference”, is not excluded"),
    ):
        given = answer(low, high)
        assert given == wanted, f"[{low:+.1f}, {high:+.1f}] is “{wanted}” ({why}), not {given!r}"
