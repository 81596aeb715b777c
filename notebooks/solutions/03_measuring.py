"""Exercises of notebook 03: solutions, and the checkers that judge them and the learner's answers."""

import numpy as np


def session_scores(names, scores):
    grouped = {}
    for name, score in zip(names, scores, strict=True):
        grouped.setdefault("_".join(name.split("_")[:2]), []).append(score)
    return {session: float(np.mean(values)) for session, values in grouped.items()}


def check_session_scores(answer):
    given = answer(["203_1_Freeform", "204_1_Freeform", "203_1_Northwind", "203_2_Northwind"], [10.0, 3.0, 20.0, 40.0])
    assert isinstance(given, dict), f"return a dict from session to score, not {type(given).__name__}"
    assert "203" not in given, "203_1 and 203_2 are two sessions of one person with two labels: keep them apart"
    assert set(given) == {"203_1", "204_1", "203_2"}, f"the sessions are 203_1, 204_1 and 203_2, not {sorted(given)}"
    assert np.isclose(given["203_1"], 15), f"the two tasks of 203_1 score 10 and 20: mean 15, not {given['203_1']}"
    assert np.isclose(given["203_2"], 40), "a session with one task keeps the score of that task"


def chi2_interval(rmse, n):
    from scipy.stats import chi2

    high, low = chi2.ppf([0.025, 0.975], n)
    return rmse * np.sqrt(n / low), rmse * np.sqrt(n / high)


def check_chi2_interval(answer):
    low, high = answer(7.9, 50)
    assert low < 7.9 < high, f"the interval (low, high) must contain 7.90, yours is ({low:.2f}, {high:.2f})"
    assert not np.allclose([low, high], [6.352, 9.448], atol=0.02), (
        "this is the normal interval, as long below as above; take quantiles of χ²"
    )
    assert not np.allclose([low, high], [6.599, 9.844], atol=0.005), (
        "no mean was estimated from the errors: n degrees of freedom, not n − 1"
    )
    assert np.allclose([low, high], [6.610, 9.820], atol=0.005), (
        f"for 7.90 and n = 50 it is [6.61, 9.82], not [{low:.2f}, {high:.2f}]: n·RMSE²/σ² is χ² distributed with n"
    )
    assert np.allclose(answer(1.0, 2), [0.521, 6.285], atol=0.005), "for RMSE 1 and n = 2 it is [0.52, 6.28]"


def people_needed(rmse, difference, rho):
    return int(np.ceil((1.96 * rmse / difference) ** 2 * (1 - rho**2)))


def check_people_needed(answer):
    given = answer(7.9, 0.3, 0.8)
    assert given != int(np.ceil((1.96 * 7.9 / 0.3) ** 2)), "methods whose errors correlate need fewer people: use ρ"
    assert given != int(np.ceil((1.96 * 7.9 / 0.3) ** 2 * 0.2)), "the factor is 1 − ρ², not 1 − ρ"
    assert given != 959, "round up: with 959 people the smallest difference is still a little above 0.3"
    assert given == 960, f"for RMSE 7.9, a difference of 0.3 and ρ = 0.8 it takes 960 people, not {given}"
    assert answer(7.9, 0.3, 0.0) == 2664, "with ρ = 0 it takes 2664 people"


def selection_gain(development, test):
    runs = np.arange(len(test))
    honest = test[runs, np.argmin(development, axis=1)]
    return float(np.mean(honest - test.min(axis=1)))


def check_selection_gain(answer):
    development = np.array([[9.0, 7.0, 8.0], [6.0, 9.0, 9.0]])
    test = np.array([[8.0, 9.0, 7.0], [8.0, 6.0, 9.0]])
    given = float(answer(development, test))
    assert not np.isclose(given, [0.5, 1.5]).any(), "each run picks its own epoch; do not average the curves first"
    assert not np.isclose(given, -2), "honest minus best on test: what looking at the test set seems to gain"
    assert not np.isclose(given, 0), "the honest epoch is the one with the smallest *development* RMSE"
    assert np.isclose(given, 2), f"run 1: 9 − 7 = 2, run 2: 8 − 6 = 2, so the mean is 2, not {given:.2f}"
    rng = np.random.default_rng(0)
    same = rng.uniform(6, 9, (5, 20))
    assert np.isclose(answer(same, same), 0), "where development and test agree, nothing is gained"


def paired_interval(y, first, second, people, n=1000, seed=0):
    names = sorted(set(people))
    rows_of = {name: [index for index, person in enumerate(people) if person == name] for name in names}
    rng = np.random.default_rng(seed)

    def rmse(rows, scores):
        return np.sqrt(np.mean((scores[rows] - y[rows]) ** 2))

    differences = []
    for draw in rng.integers(len(names), size=(n, len(names))):
        rows = np.concatenate([rows_of[names[index]] for index in draw])
        differences.append(rmse(rows, first) - rmse(rows, second))
    return np.percentile(differences, [2.5, 97.5])


def check_paired_interval(answer):
    from depnb.evaluation import paired_subject_bootstrap, subject_bootstrap

    rng = np.random.default_rng(0)
    people = [str(200 + k) for k in range(30) for _ in range(4)]
    y = rng.uniform(0, 45, 30).repeat(4)
    shared = rng.normal(0, 8, 30).repeat(4)
    first = y + shared + rng.normal(0, 3, 30).repeat(4)
    second = y + 1.5 * shared + rng.normal(0, 3, 30).repeat(4)
    low, high = answer(y, first, second, people, 1000, 0)
    _, wanted_low, wanted_high = paired_subject_bootstrap(y, first, second, people, n=1000)
    width, wanted = high - low, wanted_high - wanted_low
    assert low < high, "return the lower end first"
    assert low + high < 0, "it is RMSE(first) − RMSE(second): negative, for the first has the smaller errors here"
    unpaired = sum(np.diff(subject_bootstrap(y, scores, people, n=300))[0] ** 2 for scores in (first, second)) ** 0.5
    assert width < (wanted + unpaired) / 2, "too wide: score both methods on the *same* draw of people"
    assert width > 0.75 * wanted, "too narrow: draw people, with all of their videos, not videos"
    assert np.allclose([low, high], [wanted_low, wanted_high], atol=0.15 * wanted), (
        f"for the checker's data it is about [{wanted_low:.2f}, {wanted_high:.2f}], not [{low:.2f}, {high:.2f}]"
    )
