"""The control on shuffled labels fires if scores follow labels that nobody can know."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import sem, t, ttest_1samp
from statsmodels.stats.multitest import multipletests

from depnb.experiments.run import Run
from depnb.reports.null_control import controls, null_columns
from tests.results_made import agreeing, result_of

LEAKING, BY_CHANCE, OTHER = (0.31, 0.35, 0.33), (0.05, -0.11, 0.02), (-0.3, -0.31, -0.32)


def runs(row, correlations, corpus="null", learnt=True):
    found = [result_of(Run("distribution", row, corpus, seed=seed)) for seed in range(len(correlations))]
    return [
        replace(r, learnt=learnt, metrics={"unseen": r.metrics["unseen"] | ENDS | ({} if z is None else {"pcc": z})})
        for r, z in zip(found, correlations, strict=True)
    ]


ENDS = {"rmse_low": 8.0, "rmse_high": 10.0}


def words(*results):
    columns = null_columns([r for own in results for r in own]).by_heading
    return dict(zip(columns["row"], columns["control"], strict=True))


def test_only_correlations_above_zero_fire():
    made = runs("expectation", LEAKING), runs("euclidean", BY_CHANCE), runs("softmax", OTHER)
    expected = {"expectation": "fires", "euclidean": "does not fire", "softmax": "does not fire"}
    assert words(*made) == expected


def test_p_values_are_those_of_t_on_fishers_z_corrected_over_the_rows():
    own = {"expectation": LEAKING, "euclidean": BY_CHANCE, "softmax": OTHER}
    found = controls([r for row, z in own.items() for r in runs(row, z)])
    plain = [ttest_1samp(np.arctanh(z), 0, alternative="greater").pvalue for z in own.values()]
    assert [c.p for c in found] == pytest.approx(plain)
    columns = null_columns([r for row, z in own.items() for r in runs(row, z)]).by_heading
    corrected = multipletests(plain, method="holm")[1]
    assert columns["p, corrected (Holm)"] == ["< 0.001" if p < 0.001 else f"{p:.3f}" for p in corrected]


def test_each_permutation_is_a_run_of_the_row():
    corpora = ("null", "null1", "null2")
    made = [r for z, corpus in zip(LEAKING, corpora, strict=True) for r in runs("expectation", (z,), corpus)]
    off = [replace(r, predictions=agreeing(result_of(r.run, 8.0 + k)).predictions) for k, r in enumerate(made)]
    (line,) = zip(*null_columns(off).by_heading.values(), strict=True)
    columns = dict(zip(null_columns(off).by_heading, line, strict=True))
    assert (columns["permutations"], columns["runs"], columns["control"]) == ("3", "3", "fires")
    values = [8.0 - 10, 9.0 - 10, 10.0 - 10]
    low, high = t.interval(0.95, 2, np.mean(values), sem(values))
    assert columns["RMSE − constant"] == f"-1.00 [{low:+.2f}, {high:+.2f}]"
    assert columns["corpus"] == "generated “null” in 3 permutations"
    assert null_columns(off).corpora == ["generated “null” in 3 permutations"]


def test_rows_that_cannot_be_tested_say_why_and_leave_the_family():
    alone = null_columns(runs("expectation", LEAKING)).by_heading["p, corrected (Holm)"]
    more = [*runs("expectation", LEAKING), *runs("euclidean", LEAKING[:1]), *runs("softmax", LEAKING, learnt=False)]
    columns = null_columns(more).by_heading
    assert columns["p, corrected (Holm)"] == [*alone, "–", "–"]
    assert columns["control"] == ["fires", "not tested: one run", "not trained"]


def test_who_says_the_same_to_everybody_leaks_nothing():
    (found,) = controls(runs("expectation", (None, None, None)))
    assert (found.mean, found.p) == (0, 1)
    assert words(runs("expectation", (None, None, None))) == {"expectation": "does not fire"}


def test_only_networks_on_null_are_looked_at():
    rival = replace(
        result_of(Run("distribution", "expectation", "null")), run=Run("rivals", "frame_difference", "null")
    )
    assert controls([rival, *runs("expectation", LEAKING, corpus="both")]) == []
