"""Errors by group of people: joined by the recipe, right by hand, and refused for real people."""

from dataclasses import replace

import numpy as np
import pytest

from depnb.corpus.synthetic import named_recipe
from depnb.corpus.synthetic.attributes import attributes
from depnb.evaluation import compare_groups, error_interval, mae, rmse
from depnb.experiments.result import Predictions
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.reports import fairness
from depnb.reports.summaries import FEW_PEOPLE
from depnb.system.repository import COMMITTED
from tests.results_made import result_of

RUN = Run("distribution", "expectation", "both", profile="quick")
KNOWN = attributes(named_recipe("both"))
UNSEEN = sorted(id for id in KNOWN if int(id.split("_")[0]) >= 285)
"""Sessions of people who are in the partition unseen."""


def result(off, seed=0, corpus="both", row="expectation"):
    """A result whose scores are off by ``off(attributes of a session, its number)`` on 60 unseen people."""
    scores = tuple(20.0 + off(KNOWN[id], k) for k, id in enumerate(UNSEEN[:60]))
    videos, people = tuple(f"{id}_Freeform" for id in UNSEEN[:60]), tuple(id.split("_")[0] for id in UNSEEN[:60])
    column = tuple([20.0] * 60)
    own = Predictions(videos, people, column, scores, scores, (12.0,) * 60, column)
    return replace(result_of(replace(RUN, seed=seed, corpus=corpus, row=row)), predictions={"unseen": own})


def even(k):
    return 5.0 if k % 2 else -3.0


def test_groups_are_those_of_the_recipe():
    of = fairness.judged("row", [result(lambda a, k: even(k))])
    for number, (tone, glasses) in enumerate((KNOWN[id].tone, KNOWN[id].glasses) for id in UNSEEN[:60]):
        assert of.groups["glasses"][number] == glasses
        assert of.groups["skin tone"][number] == (tone > (1 / 3) ** 1.3) + (tone > (2 / 3) ** 1.3)


def test_a_third_of_those_who_could_be_drawn_is_in_each_group():
    everybody = [a for seed in range(3) for a in attributes(replace(named_recipe("both"), seed=seed)).values()]
    for trait in fairness.TRAITS[:2]:
        counts = np.bincount(np.searchsorted(trait.edges, [getattr(a, trait.attribute) for a in everybody]))
        assert np.abs(counts / len(everybody) - 1 / 3).max() < 0.08


def test_errors_by_group_are_those_of_its_people():
    results = [result(lambda a, k, s=seed: 4.0 * a.glasses + even(k) + s, seed) for seed in range(3)]
    of = fairness.judged("row", results)
    (with_glasses,) = [e for e in fairness.errors(of) if e.group == "with"]
    chosen = of.groups["glasses"] == 1
    y, scores, people = of.bdi[chosen], of.scores[:, chosen], of.subjects[chosen]
    assert with_glasses.people == len(set(people)) == chosen.sum()
    assert with_glasses.mae == pytest.approx(np.mean([mae(y, line) for line in scores]))
    assert with_glasses.rmse == pytest.approx(np.mean([rmse(y, line) for line in scores]))
    assert (with_glasses.mae_low, with_glasses.mae_high) == error_interval(y, scores, people, mae)
    assert sum(e.people for e in fairness.errors(of) if e.trait == "glasses") == 60


def test_a_group_with_larger_errors_is_named_and_the_rest_is_undecided():
    results = [result(lambda a, k, s=seed: 9.0 * a.glasses + abs(even(k)) + 0.1 * s, seed) for seed in range(3)]
    found = {d.trait: d for d in fairness.differences(fairness.with_constant({"row": results})) if d.title == "row"}
    assert found["glasses"].word == "larger error: with"
    assert found["glasses"].compared.value == pytest.approx(9, abs=1)
    assert found["skin tone"].word == found["age"].word == "undecided"
    assert found["glasses"].corrected == pytest.approx(min(1, 3 * found["glasses"].compared.p))
    less = [result(lambda a, k, s=seed: -9.0 * a.glasses + 9 + abs(even(k)) + s, seed) for seed in range(3)]
    found = fairness.differences([fairness.judged("row", less)])
    assert [d.word for d in found if d.trait == "glasses"] == ["larger error: without"]


def test_a_difference_is_the_last_group_against_the_first():
    of = fairness.judged("row", [result(lambda a, k, s=seed: 10 * a.tone + s, seed) for seed in range(2)])
    (tone,) = [d for d in fairness.differences([of]) if d.trait == "skin tone"]
    both = of.groups["skin tone"] != 1
    dark = of.groups["skin tone"][both] == 2
    expected = compare_groups(of.bdi[both], of.scores[:, both], of.subjects[both].tolist(), dark)
    assert (tone.first, tone.last) == ("lighter", "darker")
    assert tone.compared == pytest.approx(expected)


def test_the_constant_stands_last_and_is_not_in_the_family():
    rows = fairness.with_constant({"row": [result(lambda a, k, s=seed: even(k) + s, seed) for seed in range(2)]})
    assert [of.title for of in rows] == ["row", fairness.CONSTANT]
    assert {d.corrected for d in fairness.differences(rows) if d.title == fairness.CONSTANT} == {None}
    assert {e.mae for e in fairness.errors(rows[-1])} == {8.0}


def test_one_seed_is_not_compared_and_few_people_are_said_to_be_few():
    rows = fairness.with_constant({"row": [result(lambda a, k: even(k))]})
    assert {d.word for d in fairness.differences(rows) if d.title == "row"} == {"one seed"}
    people = fairness.error_columns(rows).by_heading["people"]
    assert all(("few" in cell) == (int(cell.split()[0]) < FEW_PEOPLE) for cell in people)
    assert any("few" in cell for cell in people)


def test_real_people_have_no_groups():
    made = result(lambda a, k: even(k))
    licensed = replace(made, run=replace(made.run, corpus="/data/AVEC2014"), facts={"corpus": {"sha256": "0"}})
    with pytest.raises(ValueError, match="AVEC2014 shows real people"):
        fairness.judged("row", [licensed])
    with pytest.raises(ValueError, match="No results of row"):
        fairness.judged("row", [])
    with pytest.raises(ValueError, match="partition folds"):
        fairness.judged("row", [made], "folds")
    others = replace(made.predictions["unseen"], video=("9_1", *made.predictions["unseen"].video[1:]))
    with pytest.raises(ValueError, match="scores of 9_1, who is not in both"):
        fairness.judged("row", [replace(made, predictions={"unseen": others})])


@pytest.mark.slow
def test_the_committed_results_have_groups_of_all_methods_and_frame_differences_fail_on_dark_skin():
    rows = fairness.with_constant(fairness.shown(Store(COMMITTED, strict=True)))
    assert len(rows) == 10
    decided = {(d.title, d.trait): d.word for d in fairness.differences(rows) if d.word.startswith("larger")}
    assert decided["mean frame difference", "skin tone"] == "larger error: darker"
    figure = fairness.draw(rows)
    assert [axis.get_legend().get_title().get_text() for axis in figure.axes] == ["skin tone", "age", "glasses"]
    assert fairness.draw([]) is None
