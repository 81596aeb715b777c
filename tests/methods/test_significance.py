"""The five printed tests against SciPy and statsmodels, and what they do and do not notice."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st
from scipy import stats
from statsmodels.tsa.stattools import adfuller

from depnb.evaluation import mae
from depnb.methods import printed
from depnb.methods.depnet.significance import (
    Significance,
    anova,
    chi_squared,
    contingency,
    dickey_fuller,
    five_tests,
    mann_whitney,
    samples,
    shapiro_wilk,
    table,
    wilcoxon_of_errors,
)

RANDOM = np.random.default_rng(0)
Y = RANDOM.integers(0, 45, 30).astype(float)
CLOSE, FAR = Y + RANDOM.normal(0, 3, 30), Y + RANDOM.normal(0, 9, 30)
NAMES = [str(person) for person in range(30)]
LISTS = st.lists(st.floats(0, 63, width=16), min_size=8, max_size=40)


def test_each_test_is_the_library_s():
    assert shapiro_wilk(FAR).p == stats.shapiro(FAR).pvalue
    assert dickey_fuller(FAR).p == adfuller(FAR, result_object=True).pvalue
    assert anova(CLOSE, FAR).p == pytest.approx(stats.f_oneway(CLOSE, FAR).pvalue)
    assert mann_whitney(CLOSE, FAR).p == stats.mannwhitneyu(CLOSE, FAR).pvalue / 2
    crossed = contingency(CLOSE, FAR, "crossed")
    assert chi_squared(CLOSE, FAR, "crossed").p == stats.chi2_contingency(crossed).pvalue
    errors = np.abs(CLOSE - Y) - np.abs(FAR - Y)
    assert wilcoxon_of_errors(Y, CLOSE, FAR, NAMES).p == pytest.approx(stats.wilcoxon(errors).pvalue)


def test_order_and_number_are_the_printed_tables():
    words = ("Shapiro", "Dickey", "ANOVA", "squared", "Mann")
    found = [test.name for test in five_tests(CLOSE, FAR)]
    for source in ("Table 6", "Table 7"):
        titles = printed.printed("depnet", source)["method"].str.lower()
        assert all(w.lower() in p and w in name for w, p, name in zip(words, titles, found, strict=True))


def test_tables_by_hand():
    first, second = [3, 13.5, 14, 30, 70], [-2, 20, 25, 30, 12]
    assert contingency(first, second).tolist() == [[2, 1, 0, 2], [2, 0, 2, 1]]
    assert contingency(first, second, "scores").tolist() == [[3, 13.5, 14, 30, 63], [0, 20, 25, 30, 12]]
    assert contingency(first, second, "crossed").tolist() == [[1, 1], [1, 2]]
    assert contingency([1, 2, 3], [2, 3, 4]).shape == (2, 1)


@given(LISTS)
@settings(max_examples=50, deadline=None)
def test_a_list_does_not_differ_from_itself(scores):
    assume(np.ptp(scores) > 0.1)
    assert anova(scores, scores).p == pytest.approx(1)
    assert mann_whitney(scores, scores).p == pytest.approx(0.5)
    for by in ("scores", "bands"):
        p = chi_squared(scores, scores, by).p
        assert math.isnan(p) == (contingency(scores, scores, by).shape[1] == 1)
        assert math.isnan(p) or p == pytest.approx(1)


@given(st.permutations(range(30)))
@settings(max_examples=25, deadline=None)
def test_lists_do_not_notice_who_has_which_score(order):
    shuffled = FAR[list(order)]
    for compare in (anova, mann_whitney, chi_squared):
        assert compare(CLOSE, shuffled).p == compare(CLOSE, FAR).p
    assert shapiro_wilk(shuffled).p == pytest.approx(shapiro_wilk(FAR).p)


def test_dickey_fuller_notices_the_order_of_people_who_have_none():
    assert dickey_fuller(np.sort(FAR)).p > 0.05
    assert dickey_fuller(FAR).p < 0.01


@given(st.floats(1, 20))
@settings(max_examples=25, deadline=None)
def test_lists_may_differ_where_errors_do_not(offset):
    high, low = Y + offset, Y - offset
    assert wilcoxon_of_errors(Y, high, low, NAMES).p == 1
    assert anova(high, low).p < anova(Y, Y).p
    assert offset < 10 or mann_whitney(high, low).p < 0.001


def test_another_s_score_passes_all_lists_and_fails_the_pairs():
    shuffled = np.roll(CLOSE, 15)
    assert anova(CLOSE, shuffled).p == pytest.approx(1)
    assert mann_whitney(CLOSE, shuffled).p == pytest.approx(0.5)
    assert chi_squared(CLOSE, shuffled).p == pytest.approx(1)
    assert wilcoxon_of_errors(Y, CLOSE, shuffled, NAMES).p < 1e-4
    assert chi_squared(Y, CLOSE, "crossed").p < 1e-3 < chi_squared(Y, shuffled, "crossed").p


@given(st.permutations(range(30)), st.booleans())
@settings(max_examples=25, deadline=None)
def test_pairs_see_neither_the_order_of_people_nor_which_method_is_first(order, swap):
    order = list(order)
    sides = (FAR, CLOSE) if swap else (CLOSE, FAR)
    found = wilcoxon_of_errors(Y[order], *(side[order] for side in sides), NAMES)
    assert found.p == pytest.approx(wilcoxon_of_errors(Y, CLOSE, FAR, NAMES).p)


def test_a_person_counts_once_with_the_mean_of_videos_and_seeds():
    subjects = [name for name in NAMES[:10] for _ in range(3)]
    seeds = np.stack([FAR, FAR + 2])
    errors = []
    for person in range(10):
        own = slice(3 * person, 3 * person + 3)
        errors.append(mae(Y[own], CLOSE[own]) - np.mean([mae(Y[own], s[own]) for s in seeds]))
    assert wilcoxon_of_errors(Y, CLOSE, seeds, subjects).p == pytest.approx(stats.wilcoxon(errors).pvalue)


def test_signed_ranks_by_hand():
    y, first = np.zeros(5), np.array([1.0, 2, 3, 4, 5])
    second = first - np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    found = wilcoxon_of_errors(y, first, second, list("abcde"))
    assert (found.statistic, found.p) == (0, 2 / 2**5)


def test_a_constant_has_no_answer_and_says_so():
    flat = np.full(30, 12.0)
    undefined = [shapiro_wilk(flat), dickey_fuller(flat), anova(flat, flat), mann_whitney(flat, flat)]
    undefined += [chi_squared(flat, flat), chi_squared(flat, FAR, "crossed")]
    assert all(math.isnan(test.p) and test.says() == "not defined" for test in undefined)
    assert anova(flat, FAR).p < 1


def test_what_p_says():
    assert Significance("", "", "", 0, 0.004).says() == "speaks against it"
    assert Significance("", "", "", 0, 1.0).says() == "nothing seen against it"
    assert Significance("", "", "", 0, 0.04).says(level=0.01) == "nothing seen against it"


def test_table_has_a_line_a_test():
    found = table(five_tests(CLOSE, FAR))
    assert found["p"].tolist() == [test.p for test in five_tests(CLOSE, FAR)]
    assert found.columns.tolist() == ["test", "null hypothesis", "looks at", "p", "p says"]


def test_samples_are_people_each_once():
    chosen = samples(100)
    assert len(set(chosen.tolist())) == 30
    assert chosen.tolist() == sorted(chosen.tolist())
    assert samples(30).tolist() == list(range(30))
    assert samples(100).tolist() != samples(100, seed=1).tolist()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: samples(20), "30 of 20 people"),
        (lambda: samples(20, 0), "0 of 20 people"),
        (lambda: shapiro_wilk([1, 2]), "at least 3"),
        (lambda: anova(Y, [1, np.nan, 3]), "finite"),
        (lambda: mann_whitney(Y, [[1, 2, 3]]), "shape"),
        (lambda: contingency(Y, FAR, "people"), "bands, scores, crossed"),
        (lambda: contingency(Y, FAR[:9], "scores"), "30 and 9"),
        (lambda: contingency(Y, FAR[:9], "crossed"), "two of each person"),
        (lambda: wilcoxon_of_errors(Y, CLOSE, FAR, NAMES[:9]), "9 names"),
        (lambda: wilcoxon_of_errors(Y, CLOSE[:9], FAR, NAMES), "index|length"),
        (lambda: wilcoxon_of_errors(Y, CLOSE * np.nan, FAR, NAMES), "finite"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises((ValueError, IndexError), match=message):
        call()
