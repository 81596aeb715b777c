"""Exercises of notebook 04: solutions, and the checkers that judge them and the learner's answers."""

import numpy as np


def paired_interval(y, first, second, people, n=4000, seed=0):
    people = np.asarray(people)
    rows_of = [np.flatnonzero(people == name) for name in np.unique(people)]
    rng = np.random.default_rng(seed)

    def rmse(rows, scores):
        return np.sqrt(np.mean((scores[rows] - y[rows]) ** 2))

    differences = []
    for draw in rng.integers(len(rows_of), size=(n, len(rows_of))):
        rows = np.concatenate([rows_of[index] for index in draw])
        differences.append(rmse(rows, first) - rmse(rows, second))
    return np.percentile(differences, [2.5, 97.5])


def check_paired_interval(answer):
    y, first, second, people = _people(np.random.default_rng(0), np.full(30, 4))
    given = _ends(answer(y, first, second, people, 4000, 0))
    assert given[0] < given[1], (
        "return (low, high), the lower end first; if both are equal, you draw without replacement"
    )
    times = _times(people, 30)
    right = _percentiles(times, y, first, second)
    assert given.sum() * right.sum() > 0, (
        "it is RMSE(first) − RMSE(second): negative, for the first has the smaller errors here"
    )
    width = np.diff(right).item()
    mistakes = _mistakes(times, y, first, second, people)
    nearest, likeliest = min((np.abs(given - ends).max() / np.ptp(ends), title) for title, ends in mistakes)
    off = np.abs(given - right).max() / width
    assert off < 0.06 or nearest > min(off, 0.1), likeliest
    assert off < 0.06, (
        f"for 30 people with four videos each it is about [{right[0]:.2f}, {right[1]:.2f}], not "
        f"[{given[0]:.2f}, {given[1]:.2f}]: draw 30 people, score both methods on the same draw, keep the middle 95 %"
    )
    y, first, second, people = _people(np.random.default_rng(1), np.array([1, 1, 2, 2, 3, 4, 5, 6, 7, 9, 9, 9]))
    mixed = np.random.default_rng(2).permutation(len(y))
    y, first, second, people = y[mixed], first[mixed], second[mixed], people[mixed]
    given, right = _ends(answer(y, first, second, people, 4000, 0)), _percentiles(_times(people, 12), y, first, second)
    assert np.abs(given - right).max() < 0.09 * np.diff(right), (
        f"for 12 people with 1 to 9 videos, in mixed order, it is about [{right[0]:.2f}, {right[1]:.2f}], not "
        f"[{given[0]:.2f}, {given[1]:.2f}]: draw as many people as there are, each with all of his or her videos"
    )


TOO_WIDE = (
    "too wide: draw as many people as there are, 30 here and not 20, and keep the middle 95 %, "
    "from the percentile 2.5 to 97.5, not the 99 % interval"
)


def _ends(given):
    ends = np.asarray(given, dtype=float)
    assert ends.shape == (2,), f"return two numbers, (low, high), not an answer of shape {ends.shape}"
    return ends


def _people(rng, videos):
    """Labels, scores of two methods, and names; the first method is better, and hard people are hard for both."""
    number = len(videos)
    y = rng.integers(0, 45, number).repeat(videos).astype(float)
    shared = rng.normal(0, 8, number).repeat(videos)
    first = y + shared + rng.normal(0, 3, len(y))
    second = y + 1.5 * shared + rng.normal(0, 3, len(y))
    return y, first, second, np.array([str(200 + k) for k in range(number)]).repeat(videos)


def _times(people, drawn, n=8000):
    """How often each video is in a draw of so many people [n, videos]."""
    names, person = np.unique(people, return_inverse=True)
    draws = np.random.default_rng(9).integers(len(names), size=(n, drawn))
    return np.stack([np.bincount(draw, minlength=len(names)) for draw in draws])[:, person]


def _drawn(times, squares):
    return np.sqrt(times @ squares / times.sum(1))


def _percentiles(times, y, first, second, level=95):
    difference = _drawn(times, (first - y) ** 2) - _drawn(times, (second - y) ** 2)
    return np.percentile(difference, [50 - level / 2, 50 + level / 2])


def _mistakes(times, y, first, second, people):
    """What is said of each of the usual mistakes, and the interval that it gives."""
    videos = np.random.default_rng(8).multinomial(len(y), np.full(len(y), 1 / len(y)), size=4000)
    errors = np.abs(first - y), np.abs(second - y)
    absolute = (times @ errors[0] - times @ errors[1]) / times.sum(1)
    squared = (times @ errors[0] ** 2 - times @ errors[1] ** 2) / times.sum(1)
    apart = _drawn(times, errors[0] ** 2) - np.roll(_drawn(times, errors[1] ** 2), len(times) // 2)
    middle = [2.5, 97.5]
    return (
        (
            "too narrow: who is drawn twice must count twice (np.isin keeps each person once)",
            _percentiles(times > 0, y, first, second),
        ),
        ("too narrow: draw people, with all of their videos, not videos", _percentiles(videos, y, first, second)),
        (
            "too narrow: this is a 90 % interval; for 95 % take the percentiles 2.5 and 97.5",
            _percentiles(times, y, first, second, 90),
        ),
        (TOO_WIDE, _percentiles(times, y, first, second, 99)),
        (TOO_WIDE, _percentiles(_times(people, 20), y, first, second)),
        ("too wide: score both methods on the *same* draw of people", np.percentile(apart, middle)),
        ("this is the difference of MAEs: the RMSE was asked for", np.percentile(absolute, middle)),
        ("this is the difference of mean squared errors: take the root of each", np.percentile(squared, middle)),
    )


def selection_gain(development, test):
    development, test = np.asarray(development), np.asarray(test)
    runs = np.arange(len(test))
    honest = test[runs, np.argmin(development, axis=1)]
    return float(np.mean(honest - test.min(axis=1)))


def check_selection_gain(answer):
    development = np.array([[9.0, 7.2, 8.0], [6.4, 9.0, 9.0]])
    test = np.array([[8.0, 9.0, 7.0], [8.5, 6.0, 9.8]])
    given = _number(answer(development.copy(), test.copy()))
    assert not np.isclose(given, -2.25), "honest minus best on test: what looking at the test set seems to gain"
    assert not np.isclose(given, 4.5), "4.5 is the sum over the two runs: take their mean"
    assert not np.isclose(given, [0.75, 1.75]).any(), "each run picks its own epoch; do not average the curves first"
    assert not np.isclose(given, 0), "the honest epoch is the one with the smallest *development* RMSE"
    assert not np.isclose(given, 1.9), "1.9 compares with the last epoch: the honest lab takes the best on development"
    assert not np.isclose(given, 0.3), (
        "0.3 compares a development RMSE with a test RMSE: the honest lab, too, prints the *test* RMSE of its epoch"
    )
    assert not np.isclose(given, 2.75), "2.75 takes the smallest test RMSE of all runs: each run has its own"
    assert np.isclose(given, 2.25), f"run 1: 9 − 7 = 2, run 2: 8.5 − 6 = 2.5, so the mean is 2.25, not {given:.2f}"
    same = np.random.default_rng(0).uniform(6, 9, (5, 20))
    given = _number(answer(same.copy(), same.copy()))
    assert np.isclose(given, 0), f"where development and test agree, nothing is gained, and you return {given:.2f}"


def holm(p):
    p = np.asarray(p, dtype=float)
    order = np.argsort(p)
    factors = len(p) - np.arange(len(p))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(np.maximum.accumulate(factors * p[order]), 1)
    return corrected


def check_holm(answer):
    p = np.array([0.03, 0.01, 0.02, 0.6])
    given = np.asarray(answer(p.copy()), dtype=float)
    assert given.shape == (4,), f"return four corrected values for four p-values, not an answer of shape {given.shape}"
    right = np.array([0.06, 0.04, 0.06, 0.6])
    assert not np.allclose(given, np.sort(right)), "give the corrected values in the order of `p`, not sorted"
    assert not np.allclose(given, np.minimum(4 * p, 1)), (
        "this is Bonferroni's correction, every p times 4: Holm's factors are 4, 3, 2, 1, from the smallest p on"
    )
    assert not np.allclose(given, 4 * p), "every p times 4 is Bonferroni's correction, and a p-value is never above 1"
    assert not np.allclose(given, [0.04, 0.04, 0.04, 0.6]), (
        "this is Benjamini and Hochberg's correction, which allows a share of false findings: take the factors 4 to 1"
    )
    assert not np.isclose(given[1], 0.01), "the *smallest* p has the largest factor, 4; yours has 1"
    flipped = np.asarray(answer(np.array([0.04, 0.011])), dtype=float)
    assert np.allclose(flipped, [0.04, 0.022]), f"0.04, 0.011 become 0.04 and 2 · 0.011 = 0.022, not {flipped.tolist()}"
    given_two = np.asarray(answer(np.array([0.02, 0.03])), dtype=float)
    assert not np.allclose(given_two, [0.04, 0.03]), (
        "0.02, 0.03 become 0.04 and then not 0.03: no corrected value is smaller than the one before"
    )
    assert not np.allclose(given_two, [0.03, 0.03]), (
        "of 0.02, 0.03 the *larger* corrected value counts: both become 0.04 (the maximum from the smallest p on)"
    )
    assert np.allclose(given_two, [0.04, 0.04]), f"0.02, 0.03 become 0.04, 0.04, not {given_two.tolist()}"
    assert np.allclose(given, right), f"0.03, 0.01, 0.02, 0.6 become 0.06, 0.04, 0.06, 0.6, not {given.tolist()}"
    large = np.asarray(answer(np.array([0.9, 0.8])), dtype=float)
    assert (large <= 1).all(), f"a p-value is never above 1: 0.9, 0.8 become 1, 1, not {large.tolist()}"
    assert np.allclose(large, 1), f"0.9, 0.8 become 1, 1, not {large.tolist()}"


def people_needed(rmse, difference, rho):
    from scipy.stats import norm

    return int(np.ceil((norm.ppf(0.975) * rmse / difference) ** 2 * (1 - rho**2)))


def check_people_needed(answer):
    given = _number(answer(8.0, 0.5, 0.8))
    assert not np.isclose(given, 984, atol=0.5), "methods whose errors correlate need fewer people: use ρ"
    assert not np.isclose(given, 197, atol=0.5), "the factor is 1 − ρ², not 1 − ρ"
    assert not np.isclose(given, 591, atol=0.5), "591 takes √(1 − ρ²): n holds 1 − ρ² itself"
    assert not np.isclose(given, 19, atol=0.5), "square the whole of 1.96 · RMSE / difference"
    assert not np.isclose(given, 250, atol=0.5), "1.645 is for a one-sided test; the 95 % interval has 1.96"
    assert not np.isclose(given, 724, atol=0.5), (
        "724 people see it in 80 % of all test sets; asked is the number at which the interval just clears 0"
    )
    assert given != 354, "round up: with 354 people the smallest difference is still a little above 0.5"
    assert given == round(given), f"people come whole: round {given:.1f} up"
    assert given == 355, f"for RMSE 8, a difference of 0.5 and ρ = 0.8 it takes 355 people, not {given:g}"
    given = _number(answer(7.9, 2.0, 0.0))
    assert given == 60, f"for RMSE 7.9, a difference of 2 and ρ = 0 it takes 60 people, not {given:g}"


def _number(given):
    number = np.asarray(given, dtype=float)
    assert number.size == 1, f"return one number, not {number.size}"
    return number.item()


HINTS = {
    "paired_interval": (
        "First find the rows of each person: np.flatnonzero(people == name).",
        "rng.integers(len(names), size=len(names)) draws people; np.concatenate joins their rows, also twice.",
        "Take the RMSE of both on these rows and keep the difference; at the end np.percentile(…, [2.5, 97.5]).",
    ),
    "selection_gain": (
        "development.argmin(axis=1) is the honest epoch of each run.",
        "test[np.arange(len(test)), epochs] picks one number per run; subtract test.min(axis=1) and take the mean.",
    ),
    "holm": (
        "order = np.argsort(p) lists the p-values from the smallest on; multiply them by m, m − 1, …, 1.",
        "np.maximum.accumulate lets none become smaller than the one before; np.minimum(…, 1) ends at 1.",
        "corrected[order] = … puts them back where they came from.",
    ),
    "people_needed": (
        "Solve Δ = 1.96 · RMSE · √((1 − ρ²) / n) for n.",
        "n = (1.96 · RMSE / difference)² · (1 − ρ²), rounded up with np.ceil.",
    ),
}
