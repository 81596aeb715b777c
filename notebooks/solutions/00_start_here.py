"""Exercises of notebook 00: solutions, and the checkers that judge them and the learner's answers."""

import numpy as np

HINTS = {
    "total": (
        "Check first, add then: `len(answers)` says how many there are.",
        "`if any(answer not in (0, 1, 2, 3) for answer in answers): raise ValueError(…)`; the sum alone cannot tell.",
    ),
    "constant_rmse": (
        "The constant has never seen the test labels: which mean can it know?",
        "Subtract the mean of `train` from every label of `test`, square, average, take the root.",
    ),
    "reading": (
        "Where does 0 lie: left of the interval, right of it, or inside?",
        "All below 0 is “better”; all above 0 is “worse”; 0 inside or on the border is “cannot tell”.",
    ),
}


def total(answers):
    if len(answers) != 21 or any(answer not in (0, 1, 2, 3) for answer in answers):
        raise ValueError(f"The BDI-II has 21 answers of 0 to 3; found {list(answers)}.")
    return sum(answers)


def check_total(answer):
    given = answer([0] * 21)
    assert given == 0, f"21 times 0 is 0, not {given!r}"
    given = answer([1, 2, 3] * 7)
    assert given == 42, f"7 times 1 + 2 + 3 is 42, not {given!r}"
    for wrong, what in (
        ([1] * 20, "20 answers"),
        ([1] * 22, "22 answers"),
        ([0] * 20 + [4], "an answer of 4"),
    ):
        assert _refuses(answer, wrong), f"{what} must raise a ValueError"
    assert _refuses(answer, [0] * 19 + [-1, 1]), "an answer of −1 must raise a ValueError, even if the sum looks right"
    assert _refuses(answer, [0] * 20 + [1.5]), "an answer of 1.5 must raise a ValueError: it is not 0, 1, 2 or 3"


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
    given = float(answer([10, 20], [15, 15]))
    assert np.isclose(given, 0), f"training mean 15, test labels 15 and 15: no error, not {given:.2f}"
    given = float(answer([10, 20], [5, 29]))
    named = {
        12: "the spread around the test mean, or the mean absolute error: the constant knows only the training labels, "
        "and the errors are squared",
        148: "the mean of the squared errors: take its root",
        np.sqrt(296): "the root of the sum of the squared errors: divide by their number first",
        -2: "the mean error, in which 10 and −14 cancel",
        2: "the mean error, in which 10 and −14 cancel",
    }
    for value, what in named.items():
        assert not np.isclose(given, value), f"train 10, 20 and test 5, 29: {given:.2f} is {what}"
    assert np.isclose(given, np.sqrt(148)), f"errors 10 and −14 have RMSE √148 ≈ 12.17, not {given:.2f}"
    given = float(answer([0, 0, 30], [10]))
    assert np.isclose(given, 0), f"the mean of 0, 0, 30 is 10: no error, not {given:.2f}; a median would say 0"


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
