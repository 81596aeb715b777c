"""What came out for the claims: the difference, the family of p-values, the words and the sentences."""

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from depnb.evaluation import compare
from depnb.experiments.result import Predictions
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.methods.contract import Claim
from depnb.methods.registry import method, papers
from depnb.reports import forest
from depnb.reports.claims import Difference, Outcome, claims_table, difference, outcomes
from depnb.reports.outcomes import counted, page, sentence, sentences
from depnb.reports.shown import results_of
from depnb.reports.words import p_text, signed
from depnb.system.repository import COMMITTED
from tests.results_made import agreeing, result_of

PEOPLE, SIZE = 40, 6.0


def runs(row, off=SIZE, seeds=3, corpus="both", protocol="honest", learnt=True, people=PEOPLE):
    """Seeds of a row of the distribution paper whose scores are off by so many points at random."""
    made = []
    for seed in range(seeds):
        rng = np.random.default_rng([len(row), seed])
        bdi = np.linspace(5, 40, people)
        columns = {name: tuple(bdi.mean() for _ in bdi) for name in ("median", "constant", "identity_only")}
        score = tuple((bdi + rng.normal(0, off, people)).tolist())
        names = tuple(f"{k}_1" for k in range(people)), tuple(map(str, range(people)))
        predictions = Predictions(*names, tuple(bdi.tolist()), score, **columns)
        result = result_of(Run("distribution", row, corpus, protocol, seed=seed))
        result = replace(result, learnt=learnt, predictions=dict.fromkeys(("test", "unseen"), predictions))
        made.append(agreeing(result))
    return made


def of(text, results):
    """What came out for the claim of the distribution paper with this text."""
    return next(o for o in outcomes("distribution", results) if text in o.claim.text)


def test_a_difference_is_that_of_the_scores_of_both_sides():
    results = [*runs("expectation", 4), *runs("euclidean", 8, seeds=2)]
    found = of("Euclidean loss", results).difference
    first = results[0].predictions["unseen"]
    sides = [
        [r.predictions["unseen"].score for r in results if r.run.row == row] for row in ("expectation", "euclidean")
    ]
    assert (found.value, found.low, found.high, found.p) == compare(first.bdi, *sides, first.subject)
    assert (found.people, found.seeds, found.learnt) == (PEOPLE, (3, 2), True)
    against = of("expectation network is better than the constant", results).difference
    assert against.seeds == (3,)
    assert against.value == compare(first.bdi, sides[0], first.constant, first.subject).value


@pytest.mark.parametrize("paper", papers())
def test_the_tested_claims_of_a_paper_are_one_family(paper):
    found = outcomes(paper, results_of(Store(COMMITTED), paper))
    tested = [o for o in found if o.corrected is not None]
    expected = multipletests([o.difference.p for o in tested], method="holm")[1]
    assert [o.corrected for o in tested] == pytest.approx(expected)
    assert {o.claim.printed for o in tested} == {True, False}
    assert all(o.reason for o in found if o.corrected is None)


def test_what_was_not_trained_is_outside_of_the_family():
    good = [*runs("expectation", 4), *runs("euclidean", 8)]
    bad = [*good, *runs("softmax", 9, learnt=False)]
    for text in ("Euclidean loss", "the expectation network is better than the constant"):
        assert of(text, bad).corrected == of(text, good).corrected


def test_a_claim_that_is_not_tested_says_why():
    one = [*runs("expectation"), *runs("euclidean", seeds=1), *runs("softmax", learnt=False)]
    assert of("Euclidean loss", one).reason == "one seed"
    assert of("softmax loss", one).reason == "softmax not trained"
    assert of("with its peak", one).reason == "softmax_argmax not run"
    assert of("where nothing can be learnt", one).reason == "expectation not run"
    assert (
        of("choosing the step", one).reason == "expectation under “test-selected” and expectation under “paper” not run"
    )
    bare = [replace(r, predictions={}) for r in one]
    assert of("Euclidean loss", bare).reason == "no scores per person are kept"
    assert difference(of("Euclidean loss", bare).claim, "distribution", bare) is None
    for outcome in outcomes("distribution", one):
        assert (outcome.word == "not tested here") is bool(outcome.reason)


def test_every_claim_is_a_line_of_the_table_and_none_where_none_was_run():
    results = [*runs("expectation", 4), *runs("euclidean", 8)]
    frame = claims_table("distribution", results)
    assert list(frame["claim"]) == [claim.text for claim in method("distribution").claims]
    line = frame.iloc[0]
    found = of("Euclidean loss", results)
    own = found.difference
    assert line["difference in RMSE, plain 95 % interval"] == f"{own.value:+.2f} [{own.low:+.2f}, {own.high:+.2f}]"
    assert (line["p, corrected (Holm)"], line["outcome"]) == (p_text(found.corrected), "supported")
    lacking = frame.iloc[1]
    assert lacking["outcome"] == "not tested here: softmax not run"
    assert lacking["p, corrected (Holm)"] == lacking["difference in RMSE, plain 95 % interval"] == "–"
    assert frame.attrs["corpora"] == ["generated “both”"]
    assert len(claims_table("distribution", [])) == 0
    assert len(claims_table("distribution", runs("softmax_argmax"))) == 0


CLAIM = Claim("nine frames are better than ten (Table 1)", "nine", "ten")


def outcome(value=-0.66, low=-1.4, high=0.1, corrected=0.2, people=100, seeds=(3,), claim=CLAIM):
    return Outcome(claim, Difference(value, low, high, 0.1, (), people, seeds), corrected, "", True)


def test_a_claim_is_one_sentence():
    assert sentence(outcome()) == (
        "The paper says that nine frames are better than ten (Table 1). On generated “both”, unseen people, the "
        "difference is −0.66 points [−1.40, +0.10] over 100 people and 3 seeds: undecided (corrected p = 0.200)."
    )
    ours = replace(CLAIM, text="nine helps", corpus="null", partition="test", printed=False)
    assert sentence(outcome(2, 1, 3, 1e-9, 25, (3, 5), ours)) == (
        "We ask whether nine helps. On generated “null”, test set, the difference is +2.00 points [+1.00, +3.00] over "
        "25 people (few) and 3 and 5 seeds: reversed (corrected p < 0.001)."
    )
    assert sentence(Outcome(CLAIM, None, None, "ten not run", False)) == (
        "The paper says that nine frames are better than ten (Table 1). This is not tested here: ten not run."
    )
    assert (p_text(0.0123), p_text(0.0001), signed(-1)) == ("0.012", "< 0.001", "−1.00")
    assert (p_text(0.0497, "p"), p_text(0.0502)) == ("p = 0.0497", "0.0502")


def test_the_page_has_each_sentence_once_and_counts_the_words():
    results = [*runs("expectation", 4), *runs("euclidean", 8)]
    found = outcomes("distribution", results)
    text = page({"distribution": found}, "made on: x")
    for said in sentences("distribution", results):
        assert text.count(f"* {said}") == 1
    printed = [o for o in found if o.claim.printed]
    assert counted(printed) == "1 supported, 1 not tested here"
    assert f"The paper's claims: {counted(printed)}." in text


def test_a_forest_has_a_line_for_each_claim_and_a_mark_for_each_that_was_tested():
    results = [*runs("expectation", 4), *runs("euclidean", 8)]
    figure = forest.of_paper("distribution", results)
    (axis,) = figure.axes
    texts = [" ".join(text.get_text().split()) for text in axis.texts]
    for o in outcomes("distribution", results):
        assert o.claim.text in texts
    tested = [o for o in outcomes("distribution", results) if o.corrected is not None]
    points = [line for line in axis.lines if line.get_marker() in ("o", "s")]
    assert [line.get_xdata()[0] for line in points] == [o.difference.value for o in tested]
    assert sum(text.startswith(("supported, p", "reversed, p", "undecided, p")) for text in texts) == len(tested)
    assert {"distribution, the paper's claims", "distribution, our claims"} <= set(texts)
    assert forest.of_paper("distribution", []) is None


def test_no_text_of_a_forest_lies_over_another_one():
    store = Store(COMMITTED)
    found = {paper: outcomes(paper, results_of(store, paper)) for paper in papers()}
    figure = forest.of_papers(found)
    assert figure.get_size_inches()[1] <= 11
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text()]
    height, width = figure.bbox.height, figure.bbox.width
    assert all(box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height for box in boxes)
    for place, box in enumerate(boxes):
        for other in boxes[place + 1 :]:
            beside = box.x1 <= other.x0 or other.x1 <= box.x0
            assert beside or min(box.y1, other.y1) - max(box.y0, other.y0) < 2  # pixels; descenders may touch
