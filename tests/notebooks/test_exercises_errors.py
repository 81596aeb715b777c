"""The checkers of notebook 03 tell plausible wrong answers from right ones, and say why."""

from collections import defaultdict

import numpy as np
import pandas as pd
import torch
from scipy import stats
from scipy.optimize import minimize_scalar

from depnb import course
from depnb.evaluation import video_scores
from tests.notebooks import judged

SOLVED = course.exercises("03_errors")


def by_session(names, scores, reduce):
    grouped = defaultdict(list)
    for name, score in zip(names, scores, strict=True):
        grouped["_".join(name.split("_")[:2])].append(score)
    return {session: reduce(values) for session, values in grouped.items()}


def running_halves(values):
    found = values[0]
    for value in values[1:]:
        found = (found + value) / 2
    return found


def mixed_degrees(labels, scores):
    return np.cov(labels, scores)[0, 1] / np.var(scores)


def chi2_with(r, n, quantiles=(0.025, 0.975), freedom=None, power=0.5):
    high, low = stats.chi2.ppf(quantiles, freedom or n)
    return r * ((freedom or n) / low) ** power, r * ((freedom or n) / high) ** power


def upside_down(r, n):
    return tuple(r * np.sqrt(stats.chi2.ppf([0.025, 0.975], n) / n))


def by_hand_mean(labels, scores):
    return minimize_scalar(
        lambda f: np.mean((scores.mean() + f * (scores - scores.mean()) - labels) ** 2), bounds=(-50, 50)
    ).x


WRONG = (
    (
        "session_scores",
        lambda names, s: video_scores(s, [n.split("_")[0] for n in names]),
        "two sessions of one person",
    ),
    ("session_scores", lambda names, s: video_scores(s, [n[:5] for n in names]), "split at"),
    ("session_scores", lambda names, s: video_scores(s, names), "the sessions are"),
    ("session_scores", lambda names, s: list(s), "return a dict"),
    ("session_scores", lambda names, s: by_session(names, s, np.median), "the median"),
    ("session_scores", lambda names, s: by_session(names, s, running_halves), "the last one counts half"),
    ("session_scores", lambda names, s: by_session(names, s, sum), "the sum of the three tasks"),
    ("session_scores", lambda names, s: by_session(names, s, lambda values: values[-1]), "the last task alone"),
    ("session_scores", lambda names, s: by_session(names, s, list), "each session has one score"),
    ("best_factor", lambda y, p: np.polyfit(y, p, 1)[0], "variance of the *scores*"),
    ("best_factor", lambda y, p: np.corrcoef(y, p)[0, 1], "Pearson's correlation"),
    ("best_factor", lambda y, p: np.corrcoef(y, p)[0, 1] ** 2, "PCC²"),
    ("best_factor", lambda y, p: y.std() / p.std(), "makes the spreads equal"),
    ("best_factor", lambda y, p: (y @ p) / (p @ p), "towards *their mean*"),
    ("best_factor", mixed_degrees, "np.cov"),
    ("best_factor", lambda y, p: min(SOLVED.best_factor(y, p), 1), "may be above 1"),
    ("best_factor", lambda y, p: p - p.mean(), "return one number"),
    ("pooled_rmse", lambda r, n: r.mean(), "that is to be undone"),
    ("pooled_rmse", lambda r, n: np.sqrt((r**2).mean()), "for equally large"),
    ("pooled_rmse", lambda r, n: (n * r**2).sum() / n.sum(), "its root is missing"),
    ("pooled_rmse", lambda r, n: np.sqrt((n * r**2).sum() / len(n)), "divide by that of videos"),
    ("pooled_rmse", lambda r, n: np.sqrt((n * r**2).sum()), "the root of the sum of squares"),
    ("pooled_rmse", lambda r, n: (n * r).sum() / n.sum(), "the *squared* RMSEs"),
    ("pooled_rmse", lambda r, n: n * r**2, "return one number"),
    ("chi2_interval", lambda r, n: (r * (1 - 1.96 / (2 * n) ** 0.5), r * (1 + 1.96 / (2 * n) ** 0.5)), "the normal"),
    ("chi2_interval", lambda r, n: chi2_with(r, n, freedom=n - 1), "n degrees of freedom"),
    ("chi2_interval", lambda r, n: chi2_with(r, n)[::-1], "the lower end first"),
    ("chi2_interval", lambda r, n: chi2_with(r, n, (0.05, 0.95)), "a 90 % interval"),
    ("chi2_interval", lambda r, n: chi2_with(r, n, power=1), "the root is missing"),
    ("chi2_interval", upside_down, "upside down"),
    ("chi2_interval", lambda r, n: chi2_with(1, n), "must contain 7.90"),
    ("chi2_interval", lambda r, n: chi2_with(r, n)[1], "return two numbers"),
)
RIGHT = {
    "session_scores": (
        lambda names, s: by_session(names, s, np.mean),
        lambda names, s: pd.Series(s, index=["_".join(n.split("_")[:2]) for n in names]).groupby(level=0).mean(),
        lambda names, s: by_session(names, torch.tensor(s), lambda values: torch.stack(values).mean()),
        lambda names, s: defaultdict(float, by_session(names, s.astype(np.float32), np.mean)),
    ),
    "best_factor": (
        lambda y, p: np.polyfit(p, y, 1)[0],
        lambda y, p: stats.linregress(p, y).slope,
        by_hand_mean,
        lambda y, p: np.cov(y, p)[0, 1] / np.var(p, ddof=1),
        lambda y, p: torch.tensor(SOLVED.best_factor(y, p)),
        lambda y, p: np.linalg.lstsq((p - p.mean())[:, None], y - y.mean())[0],
    ),
    "pooled_rmse": (
        lambda r, n: np.sqrt(np.average(r**2, weights=n)),
        lambda r, n: np.float32(SOLVED.pooled_rmse(r, n)),
        lambda r, n: torch.tensor(SOLVED.pooled_rmse(r, n)),
        lambda r, n: [sum(k * v * v for k, v in zip(n, r, strict=True)) ** 0.5 / sum(n) ** 0.5],
    ),
    "chi2_interval": (
        lambda r, n: list(chi2_with(r, n)),
        lambda r, n: np.array(chi2_with(r, n)),
        lambda r, n: torch.tensor(chi2_with(r, n)),
        lambda r, n: r * np.sqrt(n / stats.chi2.isf([0.025, 0.975], n)),
    ),
}

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
test_right_answers_in_other_forms_are_accepted = judged.accepted(SOLVED, RIGHT)
