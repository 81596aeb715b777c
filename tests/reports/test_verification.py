"""Committed runs beside their second trainings: what can be drawn, what is expected, what chance explains."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st
from scipy import stats

from depnb.experiments.run import Run
from depnb.reports.agreement import FINEST, compare
from depnb.reports.verification import (
    TOO_FEW,
    UNTRAINED,
    Population,
    Verdict,
    Verification,
    draw_sample,
    judge,
    population,
)
from tests.results_made import result_of

RUN = Run("distribution", "expectation", profile="smoke")
RIVAL = Run("rivals", "face_descriptors", profile="smoke")
ERRORS = {RUN: (8.0, 8.4, 9.1), replace(RUN, row="euclidean"): (7.0, 7.1, 7.3)}


@pytest.fixture
def committed():
    """Three seeds of two rows, one of a rival."""
    own = [result_of(replace(run, seed=seed), error) for run in ERRORS for seed, error in enumerate(ERRORS[run])]
    return [*own, result_of(RIVAL, 9.5)]


def verdict(inside=True, n=2, seed=0):
    return Verdict(replace(RUN, seed=seed), "unseen", 8.0, 8.0 if inside else 12.0, 8.0, 1.0, n)


def verification(*verdicts, **changes):
    return replace(Verification(len(verdicts), 0, "", 40, {}, verdicts), **changes)


def test_runs_of_which_nothing_can_be_expected_are_left_out_and_counted(committed):
    two = [result_of(Run("msn", "msn", profile="smoke", seed=seed)) for seed in range(2)]
    untrained = [
        replace(result_of(Run("msn", "depth_27", profile="smoke", seed=seed)), learnt=seed > 0) for seed in range(3)
    ]
    found = population([*committed, *two, *untrained])
    assert found.runs == tuple(sorted(result.run for result in committed))
    assert found.left_out == {TOO_FEW: 2, UNTRAINED: 3}
    assert population([*committed, *two], "msn") == Population((), {TOO_FEW: 2})


@given(st.integers(0, 30), st.integers(0, 2**32))
def test_a_sample_is_that_of_its_seed_and_has_no_run_twice(size, seed):
    runs = tuple(replace(RUN, seed=k) for k in range(30))
    sample = draw_sample(Population(runs, {}), size, seed)
    assert sample == draw_sample(Population(runs, {}), size, seed)
    assert len(set(sample)) == len(sample) == size
    assert set(sample) <= set(runs)


def test_every_run_is_as_likely_as_any_other():
    runs = Population(tuple(replace(RUN, seed=k) for k in range(10)), {})
    times = [sum(run in draw_sample(runs, 3, seed) for seed in range(400)) for run in runs.runs]
    assert stats.chisquare(times).pvalue > 1e-3


def test_more_than_there_are_is_an_error():
    with pytest.raises(ValueError, match="--sample 2: there are 1 committed runs"):
        draw_sample(Population((RUN,), {}), 2, 0)


def test_what_is_expected_comes_from_the_other_seeds(committed):
    found = judge(result_of(replace(RUN, seed=1), 8.4), committed)
    others = [result for result in committed if result.run != found.run and result.run.paper == RUN.paper]
    (same,) = (c for c in compare([result_of(found.run)], others) if (c.partition, c.metric) == ("unseen", "rmse"))
    assert (found.expected, found.n) == (pytest.approx((8.0 + 9.1) / 2), 2)
    assert (found.expected, found.half_width, found.n) == (same.mean, same.half_width, same.n)
    assert (found.committed, found.again, found.inside) == (8.4, 8.4, True)
    far = found.expected + found.half_width
    assert judge(result_of(replace(RUN, seed=1), far - 1e-6), committed).inside
    assert not judge(result_of(replace(RUN, seed=1), far + 1e-6), committed).inside


def test_its_own_committed_number_does_not_help_a_run(committed):
    odd = [result for result in committed if result.run != RUN] + [result_of(RUN, 30.0)]
    assert not judge(result_of(RUN, 30.0), odd).inside


def test_a_rival_has_its_number_again(committed):
    assert judge(result_of(RIVAL, 9.5 + 0.9 * FINEST), committed).inside
    assert not judge(result_of(RIVAL, 9.5 + 1.1 * FINEST), committed).inside


def test_what_is_not_committed_is_not_judged(committed):
    with pytest.raises(LookupError, match="have no msn/msn"):
        judge(result_of(Run("msn", "msn", profile="smoke")), committed)
    with pytest.raises(LookupError, match="Too few committed seeds"):
        judge(result_of(RUN), [result_of(RUN)])


def test_people_by_folds_are_judged_where_there_are_no_unseen_ones(committed):
    def folded(result):
        return replace(result, metrics={"folds": result.metrics["test"]}, baselines={}, predictions={})

    found = judge(folded(result_of(RUN, 8.0)), [folded(result) for result in committed])
    assert found.partition == "folds"


@pytest.mark.parametrize(("n", "low", "high"), [(1, 0, 1), (5, 0, 1), (20, 0, 3), (100, 1, 10)])
def test_how_many_are_expected_outside_is_binomial(n, low, high):
    found = verification(*[verdict(seed=seed) for seed in range(n)])
    assert found.usual == (low, high)
    assert found.usual == tuple(stats.binom(n, 0.05).ppf([0.025, 0.975]))
    assert f"{0.05 * n:.2f} on average, none with {stats.binom(n, 0.05).pmf(0):.0%}" in found.page()
    assert found.to_json()["expected_outside"] == {"of": n, "mean": pytest.approx(0.05 * n), "range": [low, high]}


def test_rivals_and_failures_are_not_among_what_chance_explains():
    found = verification(verdict(), verdict(n=0), failed={"msn msn, seed 3": "no such face"})
    assert found.by_chance == 1
    text = found.page()
    assert "Nothing about a rival is drawn" in text
    assert "1 runs failed" in text
    assert "✘ msn msn, seed 3: no such face" in text


def test_the_page_and_the_json_name_each_run_with_its_verdict():
    found = verification(verdict(seed=3), verdict(inside=False, seed=4), left_out={UNTRAINED: 15}, paper="distribution")
    lines = [line for line in found.page().splitlines() if line.startswith("| distribution/expectation")]
    assert [(line.split("|")[1].split()[-1], line.split("|")[-2].strip()) for line in lines] == [
        ("3", "inside"),
        ("4", "outside"),
    ]
    assert f"* 15 are left out: {UNTRAINED}." in found.page()
    assert "of distribution" in found.page()
    data = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert [one["inside"] for one in data["verdicts"]] == [True, False]
    assert data["outside"] == 1
    assert data["verdicts"][1]["difference"] == pytest.approx(4.0)
