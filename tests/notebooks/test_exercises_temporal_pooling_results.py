"""The checkers of notebook 21 tell plausible wrong answers from right ones, and say why."""

import numpy as np
import torch
from scipy.optimize import brentq
from scipy.stats import norm

from depnb import course
from tests.notebooks import judged

SOLVED = course.exercises("21_temporal_pooling_results")


def forgotten(*given):
    sum(map(np.sum, given))


def draws(k, sd):
    return np.random.default_rng(0).normal(0, sd, (200_000, k)).min(axis=1)


def order_statistic(k):
    """Mean of the smallest of k standard normal numbers."""
    z = np.linspace(-10, 10, 20_001)
    return np.trapezoid(z * k * norm.pdf(z) * norm.sf(z) ** (k - 1), z)


def rooted(square):
    return lambda a, t, rho: np.sqrt(square(a, t, rho))


def beating(goal):
    """The bound on ρ below which the mean of both has a smaller RMSE than ``goal`` of the two."""
    return lambda a, t: (4 * goal(a, t) ** 2 - a**2 - t**2) / (2 * a * t)


WRONG = (
    ("fused_rmse", lambda a, t, rho: (a + t) / 2, "the mean of the errors"),
    ("fused_rmse", lambda a, t, rho: SOLVED.fused_rmse(a, t, rho) ** 2, "take its root"),
    ("fused_rmse", lambda a, t, rho: 2 * SOLVED.fused_rmse(a, t, rho), "the mean has half of it"),
    ("fused_rmse", lambda a, t, rho: SOLVED.fused_rmse(a, t, -rho), "the mean adds the errors"),
    ("fused_rmse", lambda a, t, rho: SOLVED.fused_rmse(a, t, 0), "leaves ρ out"),
    ("fused_rmse", rooted(lambda a, t, rho: (a**2 + t**2) / 4 * (1 + rho)), "for 8, 12 and ρ = ½"),
    ("fused_rmse", forgotten, "is `return` missing"),
    ("helpful_below", beating(lambda a, t: a), "take the smaller RMSE"),
    ("helpful_below", beating(max), "the better one, 8"),
    ("helpful_below", beating(lambda a, t: (a + t) / 2), "the mean of their RMSE"),
    ("helpful_below", lambda a, t: -SOLVED.helpful_below(a, t), "two equally good streams"),
    ("helpful_below", lambda a, t: max(-1, SOLVED.helpful_below(a, t)), "keep it"),
    ("helpful_below", lambda a, t: abs(SOLVED.helpful_below(a, t)), "below −1"),
    ("helpful_below", forgotten, "is `return` missing"),
    ("flattered", lambda k, sd: sd, "with two the smaller one is nearer"),
    ("flattered", lambda k, sd: sd / np.sqrt(k), "the deviation of the mean"),
    ("flattered", lambda k, sd: -SOLVED.flattered(k, sd), "a positive number"),
    ("flattered", lambda k, sd: SOLVED.flattered(k, 1), "it grows with sd"),
    ("flattered", lambda k, sd: 2 * SOLVED.flattered(k, sd), "half of it below"),
    ("flattered", lambda k, sd: sd * np.sqrt(2 * np.log(k)), "very large k only"),
    ("flattered", lambda k, sd: sd / np.sqrt(np.pi), "for four rows"),
    ("flattered", lambda k, sd: SOLVED.flattered(max(k, 2), sd), "one row cannot be chosen"),
    ("flattered", lambda k, sd: draws(k, sd), "return one number"),
    ("flattered", forgotten, "is `return` missing"),
)

RIGHT = {
    "fused_rmse": (
        lambda a, t, rho: np.float32(SOLVED.fused_rmse(a, t, rho)),
        lambda a, t, rho: torch.tensor(SOLVED.fused_rmse(a, t, rho)),
        lambda a, t, rho: (((a + t) ** 2 - 2 * (1 - rho) * a * t) / 4) ** 0.5,
        lambda a, t, rho: np.array(SOLVED.fused_rmse(a, t, rho)),
    ),
    "helpful_below": (
        lambda a, t: np.float32(SOLVED.helpful_below(a, t)),
        lambda a, t: torch.tensor(SOLVED.helpful_below(a, t)),
        lambda a, t: 1.5 * min(a, t) / max(a, t) - 0.5 * max(a, t) / min(a, t),
        lambda a, t: brentq(lambda rho: a**2 + t**2 + 2 * rho * a * t - 4 * min(a, t) ** 2, -20, 20),
    ),
    "flattered": (
        lambda k, sd: -draws(k, sd).mean(),
        lambda k, sd: np.float32(SOLVED.flattered(k, sd)),
        lambda k, sd: torch.tensor(SOLVED.flattered(k, sd)),
        lambda k, sd: -sd * order_statistic(k),
    ),
}

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
test_right_answers_in_other_forms_are_accepted = judged.accepted(SOLVED, RIGHT)
