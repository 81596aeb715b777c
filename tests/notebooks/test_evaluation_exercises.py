"""The checkers of notebook 03 refuse the mistakes that are usually made, and say which one it is."""

import numpy as np
from scipy.stats import chi2

from depnb import course
from depnb.evaluation import paired_subject_bootstrap, rmse, subject_bootstrap, video_scores
from tests.notebooks import judged

SOLVED = course.exercises("03_measuring")


def unpaired(y, first, second, people, n, seed):
    ours, theirs = (
        subject_bootstrap(y, scores, people, n=n, seed=seed + k) for k, scores in enumerate((first, second))
    )
    middle = rmse(y, first) - rmse(y, second)
    half = np.hypot(np.diff(ours), np.diff(theirs))[0] / 2
    return middle - half, middle + half


def by_video(y, first, second, people, n, seed):
    return paired_subject_bootstrap(y, first, second, [str(k) for k in range(len(y))], n=n, seed=seed)[1:]


def upside_down(y, first, second, people, n, seed):
    return paired_subject_bootstrap(y, second, first, people, n=n, seed=seed)[1:]


def one_degree_too_few(r, n):
    high, low = chi2.ppf([0.025, 0.975], n - 1)
    return r * np.sqrt((n - 1) / low), r * np.sqrt((n - 1) / high)


WRONG = (
    (
        "session_scores",
        lambda names, s: video_scores(s, [n.split("_")[0] for n in names]),
        "two sessions of one person",
    ),
    ("session_scores", lambda names, s: video_scores(s, names), "the sessions are"),
    ("session_scores", lambda names, s: list(s), "return a dict"),
    ("chi2_interval", lambda r, n: (r * (1 - 1.96 / (2 * n) ** 0.5), r * (1 + 1.96 / (2 * n) ** 0.5)), "the normal"),
    ("chi2_interval", one_degree_too_few, "n degrees of freedom"),
    ("people_needed", lambda r, d, rho: int(np.ceil((1.96 * r / d) ** 2)), "use ρ"),
    ("people_needed", lambda r, d, rho: int(np.ceil((1.96 * r / d) ** 2 * (1 - rho))), "not 1 − ρ"),
    ("people_needed", lambda r, d, rho: int((1.96 * r / d) ** 2 * (1 - rho**2)), "round up"),
    ("selection_gain", lambda d, t: t[:, d.mean(0).argmin()].mean() - t.min(1).mean(), "picks its own epoch"),
    ("selection_gain", lambda d, t: t.mean(0)[d.mean(0).argmin()] - t.mean(0).min(), "picks its own epoch"),
    ("selection_gain", lambda d, t: 0.0, "development"),
    ("paired_interval", unpaired, "too wide"),
    ("paired_interval", by_video, "too narrow"),
    ("paired_interval", upside_down, "negative"),
)

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
