"""The checkers of notebook 04 tell plausible wrong answers from right ones, and say why."""

import numpy as np
import pytest
import torch
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from depnb import course
from depnb.evaluation import holm, mae, paired_subject_bootstrap, rmse
from tests.notebooks import judged

SOLVED = course.exercises("04_comparing")


def mse(y, p):
    return np.mean((p - y) ** 2)


def drawing(
    y, first, second, people, n, seed, metric=rmse, level=95, drawn=None, once=False, apart=False, replace=True
):
    """The bootstrap, with each of the mistakes that are usually made to be switched on."""
    names, rng, found = np.unique(people), np.random.default_rng(seed), []
    rows_of = {name: np.flatnonzero(people == name) for name in names}
    for _ in range(n):
        rows = []
        for _ in range(2 if apart else 1):
            draw = rng.choice(names, drawn or len(names), replace=replace)
            one = np.flatnonzero(np.isin(people, draw)) if once else np.concatenate([rows_of[name] for name in draw])
            rows.append(one)
        a, b = rows[0], rows[-1]
        found.append(metric(y[a], first[a]) - metric(y[b], second[b]))
    return np.percentile(found, [50 - level / 2, 50 + level / 2])


def with_mistake(**mistake):
    return lambda *arguments: drawing(*arguments, **mistake)


def by_video(y, first, second, people, n, seed):
    return drawing(y, first, second, np.arange(len(y)).astype(str), n, seed)


def first_rows_only(y, first, second, people, n, seed):
    """Takes it that each person has as many videos as the first one, one after the other."""
    videos = int((people == people[0]).sum())
    rng, number, found = np.random.default_rng(seed), len(np.unique(people)), []
    for _ in range(n):
        rows = (rng.integers(number, size=number)[:, None] * videos + np.arange(videos)).ravel() % len(y)
        found.append(rmse(y[rows], first[rows]) - rmse(y[rows], second[rows]))
    return np.percentile(found, [2.5, 97.5])


def step_down(p, factors, running=np.maximum.accumulate, most=1.0):
    order = np.argsort(p)
    found = np.empty(len(p))
    found[order] = np.minimum(running(np.asarray(factors(len(p))) * p[order]), most)
    return found


def falling(m):
    return m - np.arange(m)


def needed(rmse, difference, rho, z=1.96):
    return int(np.ceil((z * rmse / difference) ** 2 * (1 - rho**2)))


WRONG = (
    ("paired_interval", with_mistake(once=True), "who is drawn twice"),
    ("paired_interval", with_mistake(level=90), "a 90 % interval"),
    ("paired_interval", with_mistake(level=99), "the 99 % interval"),
    ("paired_interval", with_mistake(metric=mae), "difference of MAEs"),
    ("paired_interval", with_mistake(metric=mse), "mean squared errors"),
    ("paired_interval", with_mistake(drawn=20), "not 20"),
    ("paired_interval", with_mistake(apart=True), "*same* draw"),
    ("paired_interval", with_mistake(replace=False), "without replacement"),
    ("paired_interval", by_video, "not videos"),
    ("paired_interval", lambda y, a, b, people, n, seed: drawing(y, b, a, people, n, seed), "negative"),
    ("paired_interval", lambda *arguments: drawing(*arguments)[::-1], "the lower end first"),
    ("paired_interval", lambda *arguments: drawing(*arguments)[0], "return two numbers"),
    ("paired_interval", first_rows_only, "12 people with 1 to 9 videos"),
    ("selection_gain", lambda d, t: -SOLVED.selection_gain(d, t), "seems to gain"),
    ("selection_gain", lambda d, t: t[:, d.mean(0).argmin()].mean() - t.min(1).mean(), "picks its own epoch"),
    ("selection_gain", lambda d, t: t.mean(0)[d.mean(0).argmin()] - t.mean(0).min(), "picks its own epoch"),
    ("selection_gain", lambda d, t: 0.0, "development"),
    ("selection_gain", lambda d, t: (t[:, -1] - t.min(1)).mean(), "the last epoch"),
    ("selection_gain", lambda d, t: (d.min(1) - t.min(1)).mean(), "prints the *test* RMSE"),
    ("selection_gain", lambda d, t: t[np.arange(len(t)), d.argmin(1)].mean() - t.min(), "each run has its own"),
    ("selection_gain", lambda d, t: (t[np.arange(len(t)), d.argmin(1)] - t.min(1)).sum(), "the sum over the two"),
    ("selection_gain", lambda d, t: t[np.arange(len(t)), d.argmin(1)] - t.min(1), "return one number"),
    ("holm", lambda p: np.minimum(len(p) * p, 1), "Bonferroni"),
    ("holm", lambda p: len(p) * p, "Bonferroni"),
    ("holm", lambda p: np.sort(SOLVED.holm(p)), "in the order of `p`"),
    ("holm", lambda p: multipletests(p, method="fdr_bh")[1], "Benjamini"),
    ("holm", lambda p: step_down(p, lambda m: np.arange(m) + 1), "the *smallest* p"),
    ("holm", lambda p: step_down(p, falling, lambda values: values), "smaller than the one before"),
    ("holm", lambda p: step_down(p, falling, lambda v: np.minimum.accumulate(v[::-1])[::-1]), "the *larger* corrected"),
    ("holm", lambda p: step_down(p, falling, most=2.0), "never above 1"),
    ("holm", lambda p: p.min() * len(p), "four corrected values"),
    ("people_needed", lambda r, d, rho: needed(r, d, 0), "use ρ"),
    ("people_needed", lambda r, d, rho: int(np.ceil((1.96 * r / d) ** 2 * (1 - rho))), "not 1 − ρ"),
    ("people_needed", lambda r, d, rho: int(np.ceil((1.96 * r / d) ** 2 * np.sqrt(1 - rho**2))), "n holds 1 − ρ²"),
    ("people_needed", lambda r, d, rho: int((1.96 * r / d) ** 2 * (1 - rho**2)), "round up"),
    ("people_needed", lambda r, d, rho: (1.96 * r / d) ** 2 * (1 - rho**2), "people come whole"),
    ("people_needed", lambda r, d, rho: int(np.ceil(1.96 * r / d * np.sqrt(1 - rho**2))), "square the whole"),
    ("people_needed", lambda r, d, rho: needed(r, d, rho, 1.645), "one-sided"),
    ("people_needed", lambda r, d, rho: needed(r, d, rho, 1.96 + norm.ppf(0.8)), "80 %"),
    ("people_needed", lambda r, d, rho: needed(8, d, 0.8) if d == 0.5 else 61, "60 people"),
)
RIGHT = {
    "paired_interval": (
        drawing,
        lambda y, a, b, people, n, seed: paired_subject_bootstrap(y, a, b, list(people), n=n, seed=seed)[1:],
        lambda *arguments: list(drawing(*arguments)),
        lambda *arguments: torch.tensor(drawing(*arguments)),
        lambda *arguments: tuple(np.float32(SOLVED.paired_interval(*arguments))),
    ),
    "selection_gain": (
        lambda d, t: (np.take_along_axis(t, d.argmin(1)[:, None], 1)[:, 0] - t.min(1)).mean(),
        lambda d, t: np.float32(SOLVED.selection_gain(d, t)),
        lambda d, t: torch.tensor(SOLVED.selection_gain(d, t)),
        lambda d, t: sum(run[k] - min(run) for run, k in zip(t, d.argmin(1), strict=True)) / len(t),
    ),
    "holm": (
        lambda p: multipletests(p, method="holm")[1],
        lambda p: holm(list(p)),
        lambda p: torch.tensor(SOLVED.holm(p)),
        lambda p: tuple(SOLVED.holm(p).astype(np.float32)),
    ),
    "people_needed": (
        needed,
        lambda r, d, rho: np.ceil((norm.ppf(0.975) * r / d) ** 2 * (1 - rho**2)),
        lambda r, d, rho: torch.tensor(needed(r, d, rho)),
        lambda r, d, rho: next(n for n in range(1, 9999) if 1.96 * r * ((1 - rho**2) / n) ** 0.5 <= d),
    ),
}

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
test_right_answers_in_other_forms_are_accepted = judged.accepted(SOLVED, RIGHT)


@pytest.mark.parametrize("seed", range(1, 4))
def test_a_right_interval_from_other_draws_is_accepted(seed):
    def other(y, first, second, people, n, _):
        return drawing(y, first, second, people, n, seed)

    assert course.judge(SOLVED, "paired_interval", other) is None


@pytest.mark.parametrize("seed", range(1, 4))
@pytest.mark.parametrize(
    "mistake",
    [{"once": True}, {"level": 90}, {"level": 99}, {"metric": mae}, {"drawn": 20}],
    ids=["once", "90 %", "99 %", "mae", "20 people"],
)
def test_no_mistake_slips_through_by_luck(mistake, seed):
    def wrong(y, first, second, people, n, _):
        return drawing(y, first, second, people, n, seed, **mistake)

    assert course.judge(SOLVED, "paired_interval", wrong) is not None
