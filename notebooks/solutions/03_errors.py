"""Exercises of notebook 03: solutions, and the checkers that judge them and the learner's answers."""

from collections.abc import Mapping

import numpy as np


def session_scores(names, scores):
    grouped = {}
    for name, score in zip(names, scores, strict=True):
        grouped.setdefault("_".join(name.split("_")[:2]), []).append(score)
    return {session: float(np.mean(values)) for session, values in grouped.items()}


def check_session_scores(answer):
    names = [
        "203_1_Freeform",
        "1003_1_Freeform",
        "203_1_Northwind",
        "203_2_Northwind",
        "203_1_Interview",
        "1003_2_Freeform",
    ]
    given = answer(names, np.array([10.0, 3.0, 20.0, 40.0, 60.0, 5.0]))
    is_dict = isinstance(given, Mapping) or hasattr(given, "to_dict")  # or a Series
    assert is_dict, f"return a dict from session to score, not {type(given).__name__}"
    given = {str(session): np.asarray(score, dtype=float) for session, score in dict(given).items()}
    assert "203" not in given, "203_1 and 203_2 are two sessions of one person with two labels: keep them apart"
    assert "1003_" not in given, "names differ in length: 1003_1_Freeform cut after 5 letters is 1003_; split at “_”"
    wanted = {"203_1": 30, "1003_1": 3, "203_2": 40, "1003_2": 5}
    assert set(given) == set(wanted), f"the sessions are {', '.join(wanted)}, not {', '.join(given)}"
    assert all(score.size == 1 for score in given.values()), "each session has one score: the mean of its tasks"
    found = given["203_1"].item()
    assert not np.isclose(found, 20), "20 is the median of the three tasks 10, 20, 60: take the mean"
    assert not np.isclose(found, 37.5), (
        "37.5 takes the mean of the mean so far and the next task: the last one counts half"
    )
    assert not np.isclose(found, 90), "90 is the sum of the three tasks: divide by their number"
    assert not np.isclose(found, 60), "60 is the last task alone: a later task must not replace the earlier ones"
    for session, score in wanted.items():
        assert np.isclose(given[session], score), f"{session} has the mean {score}, not {given[session].item():g}"


def best_factor(labels, scores):
    p = scores - scores.mean()
    return float((labels * p).sum() / (p**2).sum())


def check_best_factor(answer):
    labels, scores = np.array([10.0, 20, 30, 20]), np.array([8.0, 10, 20, 22])
    given = _number(answer(labels.copy(), scores.copy()), "the factor f")
    p, y = scores - scores.mean(), labels - labels.mean()
    slope, r = (p @ y) / (y @ y), (p @ y) / np.sqrt((p @ p) * (y @ y))
    assert not np.isclose(given, slope), (
        f"{slope:.3f} is the slope of scores over labels: divide the covariance by the variance of the *scores*"
    )
    assert not np.isclose(given, r), f"{r:.3f} is Pearson's correlation: one of its two standard deviations is too many"
    assert not np.isclose(given, r**2), f"{r**2:.3f} is PCC²: divide the covariance by the variance of the scores alone"
    both = np.sqrt((y @ y) / (p @ p))
    assert not np.isclose(given, both), (
        f"{both:.3f} makes the spreads equal, whatever the scores know: use the covariance"
    )
    whole = (scores @ labels) / (scores @ scores)
    assert not np.isclose(given, whole), f"{whole:.3f} multiplies the scores themselves: pull them towards *their mean*"
    mixed = (p @ y) / 3 / p.var()
    assert not np.isclose(given, mixed), (
        f"{mixed:.3f} mixes n − 1 (np.cov) and n (np.var): take both with the same, np.var(…, ddof=1)"
    )
    right = (p @ y) / (p @ p)
    assert np.isclose(given, right, atol=2e-3), (
        f"for labels {labels} and scores {scores} it is {right:.3f}, not {given:.3f}"
    )
    wide = _number(answer(np.array([0.0, 30, 60]), np.array([29.0, 30, 31])), "the factor f")
    assert not np.isclose(wide, 1, atol=2e-3), (
        "f may be above 1: the scores 29, 30, 31 of labels 0, 30, 60 are too flat"
    )
    assert np.isclose(wide, 30, atol=0.05), (
        f"scores 29, 30, 31 of labels 0, 30, 60 must be stretched 30 times, not {wide:g}"
    )


def pooled_rmse(rmses, sizes):
    rmses, sizes = np.asarray(rmses, dtype=float), np.asarray(sizes, dtype=float)
    return float(np.sqrt((sizes * rmses**2).sum() / sizes.sum()))


def check_pooled_rmse(answer):
    rmses, sizes = np.array([2.0, 10.0, 7.0]), np.array([4, 4, 1])
    given = _number(answer(rmses.copy(), sizes.copy()), "the RMSE over all videos")
    assert not np.isclose(given, 19 / 3), "6.333 is the mean of the three RMSEs, the mistake that is to be undone"
    assert not np.isclose(given, 55 / 9), "6.111 weighs the RMSEs themselves: weigh the *squared* RMSEs by the sizes"
    assert not np.isclose(given, np.sqrt(51)), (
        "7.141 takes all batches for equally large: weigh their squared RMSEs by the numbers of videos"
    )
    assert not np.isclose(given, 465 / 9), "51.67 is the mean squared error: its root is missing"
    assert not np.isclose(given, np.sqrt(155)), "12.45 divides by the number of batches: divide by that of videos"
    assert not np.isclose(given, np.sqrt(465)), (
        "21.56 is the root of the sum of squares: divide by the number of videos"
    )
    assert np.isclose(given, np.sqrt(465 / 9)), (
        f"squares 4, 100, 49 of 4, 4, 1 videos: √(465 / 9) = 7.188, not {given:.3f}"
    )
    given = _number(answer(np.array([1.0, 6.0]), np.array([4, 1])), "the RMSE over all videos")
    assert not np.isclose(given, 2), (
        "with batches of 4 and 1 videos, 2 weighs the RMSEs themselves: weigh their squares"
    )
    assert np.isclose(given, np.sqrt(8)), f"errors 1, 1, 1, 1 | 6 have RMSE √8 = 2.828, not {given:.3f}"


def chi2_interval(rmse, n):
    from scipy.stats import chi2

    high, low = chi2.ppf([0.025, 0.975], n)
    return rmse * np.sqrt(n / low), rmse * np.sqrt(n / high)


def check_chi2_interval(answer):
    given = np.asarray(answer(7.9, 50), dtype=float)
    assert given.shape == (2,), f"return two numbers, (low, high), not {given.tolist()}"
    low, high = given
    assert low <= high, f"return the lower end first: ({high:.2f}, {low:.2f})"
    assert not np.allclose(given, [5.531, 12.208], atol=0.01), "the root is missing: n / χ² is a ratio of variances"
    assert not np.allclose(given, [6.356, 9.441], atol=0.003), (
        "n / χ² is upside down: the *large* quantile of χ² belongs to the lower end, RMSE · √(n / χ²)"
    )
    assert not np.allclose(given, [6.352, 9.448], atol=0.003), (
        "this is the normal interval, as long below as above; take quantiles of χ²"
    )
    assert not np.allclose(given, [6.599, 9.844], atol=0.005), (
        "no mean was estimated from the errors: n degrees of freedom, not n − 1"
    )
    assert not np.allclose(given, [6.799, 9.474], atol=0.005), "this is a 90 % interval: quantiles 0.025 and 0.975"
    assert low < 7.9 < high, f"the interval (low, high) must contain 7.90, yours is ({low:.2f}, {high:.2f})"
    assert np.allclose(given, [6.610, 9.820], atol=0.005), (
        f"for 7.90 and n = 50 it is (6.61, 9.82), not ({low:.2f}, {high:.2f}): n·RMSE²/σ² is χ² distributed with n"
    )
    given = np.asarray(answer(1.0, 2), dtype=float)
    assert np.allclose(given, [0.521, 6.285], atol=0.005), (
        f"for RMSE 1 and n = 2 it is (0.52, 6.28), not {given.tolist()}"
    )


def _number(given, what):
    number = np.asarray(given, dtype=float)
    assert number.size == 1, f"return one number, {what}, not {number.size}"
    return number.item()


HINTS = {
    "session_scores": (
        'name.split("_") gives person, session and task; the first two are the session.',
        "Collect the scores of each session in a list, for instance with dict.setdefault(session, []).append(score).",
        "At the end take np.mean of each list.",
    ),
    "best_factor": (
        "With p = scores − their mean, you look for the f that makes the sum of (label − mean − f · p)² smallest.",
        "The derivative by f is 0 where f · sum(p²) = sum(label · p).",
        "So f is the covariance divided by the variance of the scores; above 1 the scores were too flat.",
    ),
    "pooled_rmse": (
        "A squared RMSE times the number of videos is the sum of squared errors of the batch.",
        "Add these sums, divide by the number of all videos, and take the root.",
    ),
    "chi2_interval": (
        "chi2.ppf([0.025, 0.975], n) are the two quantiles, the small one first.",
        "Divide n by each, take the root, and multiply with the RMSE: the large quantile gives the lower end.",
    ),
}
