"""Runs on several permutations of the labels of “null” are one row of a table and one side of a claim."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import sem, t

from depnb.experiments.run import Run
from depnb.methods.contract import Claim
from depnb.reports.agreement import agreement
from depnb.reports.claims import difference
from depnb.reports.summaries import summarise
from depnb.reports.tables import measured_table
from tests.results_made import agreeing, result_of

CORPORA = ("null", "null1", "null2", "null3")
ERRORS = (9.0, 10.5, 11.0, 9.5)
CLAIM = Claim("a network learns nothing", "expectation", "constant", corpus="null", printed=False)


def permuted(row="expectation", errors=ERRORS, corpora=CORPORA):
    runs = [Run("distribution", row, corpus, seed=seed) for seed, corpus in enumerate(corpora)]
    return [with_ends(agreeing(result_of(run, error))) for run, error in zip(runs, errors, strict=True)]


def with_ends(result):
    metrics = {name: own | {"rmse_low": 8.0, "rmse_high": 12.0} for name, own in result.metrics.items()}
    return replace(result, metrics=metrics)


def rmse_minus_constant(results):
    return [r.metrics["unseen"]["rmse"] - r.baselines["unseen"]["constant"]["rmse"] for r in results]


def test_a_row_is_one_line_with_an_interval_between_permutations():
    results = permuted()
    (found,) = summarise(results)
    errors = [r.metrics["unseen"]["rmse"] for r in results]
    assert (found.corpus, found.seeds, found.title) == ("null", 4, "generated “null” in 4 permutations")
    assert (found.rmse, found.rmse_sd) == pytest.approx((np.mean(errors), np.std(errors, ddof=1)))
    assert (found.rmse_low, found.rmse_high) == pytest.approx(t.interval(0.95, 3, np.mean(errors), sem(errors)))
    gaps = rmse_minus_constant(results)
    assert found.difference == pytest.approx(np.mean(gaps))
    assert (found.low, found.high) == pytest.approx(t.interval(0.95, 3, np.mean(gaps), sem(gaps)))


def test_one_training_that_did_not_learn_is_told():
    results = permuted()
    (found,) = summarise([*results[:-1], replace(results[-1], learnt=False)])
    assert found.verdict == "not trained"


def test_one_permutation_is_what_it_was():
    (found,) = summarise(permuted(corpora=CORPORA[:1], errors=ERRORS[:1]))
    assert (found.corpus, found.title, found.seeds) == ("null", "generated “null”", 1)


def test_the_table_has_the_constant_once_as_mean_over_permutations():
    results = permuted()
    table = measured_table(results)
    (constant,) = table[table["predictor"] == "constant (training mean)"]["RMSE"]
    assert constant == f"{np.mean([r.baselines['unseen']['constant']['rmse'] for r in results]):.2f}"
    assert len(table[table["predictor"] == "expectation"]) == 1


def test_a_claim_about_the_constant_is_tested_over_permutations():
    results = permuted()
    found = difference(CLAIM, "distribution", results)
    gaps = rmse_minus_constant(results)
    assert found.value == pytest.approx(np.mean(gaps))
    assert (found.low, found.high) == pytest.approx(t.interval(0.95, 3, np.mean(gaps), sem(gaps)))
    assert found.seeds == (4,)


def test_two_rows_are_compared_where_both_were_run():
    results = [*permuted(), *permuted("euclidean", (12.0, 12.5, 12.0), CORPORA[:3])]
    found = difference(replace(CLAIM, other="euclidean"), "distribution", results)
    first, second = ([r.metrics["unseen"]["rmse"] for r in part][:3] for part in (results[:4], results[4:]))
    assert found.value == pytest.approx(np.mean(np.subtract(first, second)))


def test_a_further_permutation_is_compared_with_the_committed_ones():
    (new,) = permuted(corpora=("null100",), errors=(9.7,))
    found = agreement([new], permuted()).comparisons
    assert found
    assert {(one.row[2], one.n) for one in found} == {("null", 4)}
