"""Numbers of a reproduction beside the committed ones, and how many lie outside by chance."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from depnb.experiments.run import Run
from depnb.reports.agreement import (
    FEWEST_RUNS,
    FINEST,
    Agreement,
    Comparison,
    _correlations,
    _inflation,
    agreement,
    compare,
    leave_one_out,
    usual_outside,
)
from depnb.reports.expectation import half_widths
from depnb.reports.pages import write_report
from tests.results_made import result_of

RUN = Run("distribution", "expectation", profile="smoke")
OTHER = replace(RUN, row="euclidean")
ERRORS = {RUN: (8.0, 8.4, 9.1), OTHER: (7.0, 7.1, 7.3)}


@pytest.fixture
def committed():
    """Three seeds of two rows."""
    return [result_of(replace(run, seed=seed), error) for run in ERRORS for seed, error in enumerate(ERRORS[run])]


def new(error, run=RUN, **changes):
    return replace(result_of(replace(run, seed=100), error), **changes)


def shifted(result, points):
    return {name: {metric: value + points for metric, value in own.items()} for name, own in result.metrics.items()}


def kinds(comparisons):
    return {comparison.kind for comparison in comparisons}


def test_a_number_may_lie_on_either_side_of_the_committed_mean():
    for value, inside in ((6.9, False), (7.0, True), (11.0, True), (11.1, False)):
        comparison = Comparison(("p", "r", "c", "h"), "test", "rmse", value, True, 3, 0, 9.0, 2.0)
        assert comparison.inside is inside
        assert comparison.kind == ("inside" if inside else "outside")


def test_a_number_is_compared_with_its_row_and_its_variance_shrunk_towards_its_papers(committed):
    mean, half = np.mean(ERRORS[RUN]), half_widths(list(ERRORS.values()))[0]
    for value, inside in ((mean + half - 1e-6, True), (mean + half + 1e-6, False), (mean - half + 1e-6, True)):
        by_number = {(c.partition, c.metric): c for c in compare([new(value)], committed)}
        assert list(by_number) == [("test", "mae"), ("test", "rmse"), ("unseen", "mae"), ("unseen", "rmse")]
        found = by_number["test", "rmse"]
        assert (found.mean, found.half_width) == (pytest.approx(mean), pytest.approx(half))
        assert found.inside is inside
    another_paper = [replace(one, run=replace(one.run, paper="msn", row="msn")) for one in committed[3:]]
    found = compare([new(9.0)], committed[:3] + another_paper)
    assert found[0].half_width == pytest.approx(half_widths([ERRORS[RUN]])[0])


def test_numbers_are_compared_within_one_profile_protocol_and_corpus(committed):
    changes = ({"profile": "quick"}, {"protocol": "paper"}, {"corpus": "null"}, {"row": "softmax"}, {"paper": "msn"})
    for change in changes:
        elsewhere = replace(RUN, **change) if "paper" not in change else replace(RUN, paper="msn", row="msn")
        assert kinds(compare([result_of(elsewhere)], committed)) == {"alone"}
    assert kinds(compare([new(8.5)], committed)) == {"inside"}
    assert kinds(compare([new(90.0)], committed)) == {"outside"}
    assert kinds(compare([new(8.0)], committed[:1])) == {"alone"}


def test_rows_that_did_not_learn_stay_apart(committed):
    before = {c.row: c.half_width for c in compare([new(8.5), new(7.1, OTHER)], committed)}
    failed = [replace(result_of(replace(RUN, row="softmax", seed=s), 12.0 + s), learnt=s == 0) for s in range(3)]
    third = replace(RUN, row="softmax")
    found = compare([new(8.5), new(7.1, OTHER), new(30.0, third), new(30.0, third, learnt=False)], committed + failed)
    assert {c.row: c.half_width for c in found if c.kind == "inside"} == before
    apart = [c for c in found if c.kind == "untrained"]
    assert {c.row[1] for c in apart} == {"softmax"}
    assert {c.training for c in apart} == {
        "this run learnt, 2 of 3 committed ones did not",
        "this run did not learn, 2 of 3 committed ones did not",
    }
    assert all(c.inside is None for c in apart)


def test_a_new_run_that_did_not_learn_counts_and_is_named(committed):
    found = compare([new(12.0, learnt=False)], committed)
    assert kinds(found) == {"outside"}
    assert {c.training for c in found} == {"this run did not learn"}
    assert {c.training for c in compare([new(8.5)], committed)} == {""}


def test_equal_seeds_expect_the_same_number_as_far_as_it_is_shown():
    same = [result_of(replace(RUN, seed=seed), 10.98) for seed in range(3)]
    for off, kind in ((0.0, "inside"), (0.99 * FINEST, "inside"), (1.01 * FINEST, "outside")):
        assert kinds(compare([new(10.98 + off)], same)) == {kind}


def test_a_run_is_not_compared_with_a_committed_result_of_its_own_seed(committed):
    found = agreement([replace(committed[0], metrics=new(8.6).metrics)], committed)
    assert {c.n for c in found.comparisons} == {2}
    assert {c.n for c in agreement([new(8.6)], committed).comparisons} == {3}


def test_each_committed_seed_is_left_out_once(committed):
    found = leave_one_out(committed)
    assert [{c.value for c in seed if c.metric == "rmse"} for seed in found] == [{8.0, 7.0}, {8.4, 7.1}, {9.1, 7.3}]
    assert {c.n for seed in found for c in seed} == {2}
    assert found[0] == compare([committed[0], committed[3]], [*committed[1:3], *committed[4:]])
    assert leave_one_out(committed[:1]) == [[]]


def comparisons(outside):
    """Of flags by paper, row and number."""
    return [
        Comparison((f"p{p}", f"r{r}", "both", "honest"), "test", f"{k}", 2.0 * flag, True, 3, 0, 0.0, 1.0)
        for p, rows in enumerate(outside)
        for r, numbers in enumerate(rows)
        for k, flag in enumerate(numbers)
    ]


def test_correlations_and_inflation_are_those_of_all_pairs():
    rng = np.random.default_rng(0)
    shapes = ((3, 1, 1), (3, 4, 1), (3, 4, 5))
    left_out = [comparisons(sum(rng.random(shape) for shape in shapes) < 0.8) for _ in range(3)]
    run, paper = [], []
    for seed in left_out:
        for one, other in permutations(seed, 2):
            pairs = run if one.row == other.row else paper if one.row[0] == other.row[0] else []
            pairs.append(((not one.inside) - 0.05) * ((not other.inside) - 0.05) / (0.05 * 0.95))
    assert 0 < np.mean(paper) < np.mean(run) < 1
    assert _correlations(left_out) == pytest.approx((np.mean(run), np.mean(paper)))
    covariance = np.array([
        [1 if a is b else 0.5 if a.row == b.row else 0.1 * (a.row[0] == b.row[0]) for a in left_out[0]]
        for b in left_out[0]
    ])  # fmt: skip
    assert _inflation(left_out[0], 0.5, 0.1) == pytest.approx(covariance.sum() / len(covariance))


def test_the_range_of_independent_numbers_is_binomial():
    for compared in (1, 60, 310):
        assert usual_outside(compared) == tuple(map(int, stats.binom(compared, 0.05).interval(0.95)))
    assert usual_outside(0) == (0, 0)


def test_the_range_of_numbers_that_rise_and_fall_together_covers_95_percent():
    """15 runs of four numbers, all inside or all outside."""
    low, high = usual_outside(60, 4.0)
    runs = stats.binom(15, 0.05)
    assert low == 0
    assert runs.cdf(high // 4) >= 0.95
    assert high <= 4 * runs.ppf(0.975)
    assert usual_outside(60, 1.0)[1] < usual_outside(60, 2.0)[1] < high
    assert usual_outside(4, 4.0) == (0, 4)


@pytest.mark.parametrize(
    ("outside", "said"),
    [(3, "3 of 60 numbers lie outside, as expected"), (10, "10 of 60 numbers lie outside, as expected"),
     (11, "11 of 60 numbers lie outside, more than expected"), (1, "1 of 60 numbers lie outside, fewer than expected")],
)  # fmt: skip
def test_one_sentence_says_whether_chance_explains_as_many(outside, said):
    numbers = comparisons([[[k < outside for k in range(60)]]])
    found = Agreement(tuple(numbers), low=2, high=10, inflation=3.0, measured=True)
    assert found.verdict == f"{said}: by chance 3.0 do on average, and 2 to 10 in 95 % of all reproductions."
    assert "these 60 vary like 20 independent ones" in found.dependence


def test_with_few_committed_results_the_numbers_of_a_run_count_as_one(committed):
    found = agreement([new(8.5), new(7.1, OTHER)], committed)
    assert not found.measured
    assert found.inflation == pytest.approx(4)
    assert "numbers of one run as one number" in found.dependence
    rng, rows = np.random.default_rng(0), [f"row {k}" for k in range(FEWEST_RUNS // 3 + 1)]
    of_rows = [[replace(one, run=replace(one.run, row=row)) for row in rows] for one in (*committed[:3], new(9.0))]
    of_rows = [[replace(one, metrics=shifted(one, rng.normal())) for one in seed] for seed in of_rows]
    found = agreement(of_rows[-1], sum(of_rows[:-1], []))
    assert found.measured
    assert found.inflation > 1
    assert found.low <= found.counts["outside"] <= found.high


def test_the_page_says_how_many_numbers_lie_outside_and_which_rows_did_not_learn(committed, tmp_path):
    third = replace(RUN, row="softmax")
    failed = [replace(result_of(replace(third, seed=s)), learnt=False) for s in range(3)]
    results = [new(90.0), new(7.1, OTHER, learnt=False), new(9.0, third), new(9.0, replace(RUN, corpus="null"))]
    found = agreement(results, committed + failed)
    names = ("corpus_title", "profile", "rows", "protocol", "seed", "device", "version", "commit", "started")
    state = {**dict.fromkeys(names, "x"), "generated": True, "seconds": 1.0, "peak_memory_mb": 1.0}
    state |= {"stages": {}, "problems": [], "notebooks": [], "only": ""}
    page = " ".join(write_report(tmp_path, state, found).read_text(encoding="utf-8").split())
    assert found.counts == {"inside": 4, "outside": 4, "alone": 4, "untrained": 4}
    assert f"<strong>{found.verdict}</strong>" in page
    assert found.dependence in page
    assert "4 numbers have fewer than two committed seeds and 4 numbers have a committed seed that did not" in page
    assert page.count('<span class="bad">outside</span></td>') == 4
    assert page.count("<td>inside; this run did not learn</td>") == 4
    assert page.count("<td>this run learnt, 3 of 3 committed ones did not</td>") == 4
    assert page.count("<td>–</td>") == 4
