"""What came out for a paper in a few sentences: each number is that of the results, and nothing is said without one."""

from dataclasses import replace

import pytest

from depnb.experiments.run import Run
from depnb.methods.registry import RIVALS
from depnb.reports.claims import outcomes
from depnb.reports.in_short import sentences
from depnb.reports.summaries import summarise
from tests.reports import test_claims
from tests.results_made import result_of

ENDS = {"rmse_low": 1.0, "rmse_high": 99.0, "subjects": 40}
"""What is stored of an interval over people, and how many these are."""


def runs(*row, **parts):
    """Seeds of a row, as a training stores them."""
    made = test_claims.runs(*row, **parts)
    return [replace(r, metrics={name: numbers | ENDS for name, numbers in r.metrics.items()}) for r in made]


def rival(row, rmse, people):
    """A result of a simple rival on as many people as those of ``runs``."""
    result = result_of(Run(RIVALS, row, profile="quick"), rmse)
    numbers = result.metrics["unseen"] | ENDS | {"subjects": people}
    return replace(result, metrics={"unseen": numbers}, predictions={})


def test_the_papers_own_model_comes_first_with_its_interval_and_its_word():
    results = runs("expectation", 3)
    (s,) = summarise(results)
    (said,) = [line for line in sentences("distribution", results) if "has an RMSE" in line]
    assert said.startswith("On unseen people of generated “both”, `expectation`")
    assert f"RMSE of {s.rmse:.2f} [{s.rmse_low:.2f}, {s.rmse_high:.2f}]" in said
    difference, low, high = (f"{value:+.2f}".replace("-", "−") for value in (s.difference, s.low, s.high))
    assert said.endswith(f"the constant ({s.constant:.2f}) is {difference} [{low}, {high}], {s.verdict}.")


def test_other_corpora_follow_with_their_differences():
    results = [*runs("expectation", 3), *runs("expectation", 30, corpus="null")]
    null = next(s for s in summarise(results) if s.corpus == "null")
    (said,) = [line for line in sentences("distribution", results) if "elsewhere" in line]
    assert f"generated “null”: {null.difference:+.2f}".replace("-", "−") in said
    assert said.endswith(f"{null.verdict}.")
    assert "both" not in said


def test_claims_of_the_paper_are_counted_by_their_words_and_ours_are_not():
    results = [*runs("expectation", 2), *runs("euclidean", 20), *runs("softmax", 2, seeds=1)]
    printed = [o for o in outcomes("distribution", results) if o.claim.printed]
    said = [line for line in sentences("distribution", results) if "claims that are" in line]
    assert said == [
        f"The paper's claims that are {o.word} (1 of {len(printed)}): {o.claim.text}."
        for o in sorted(printed, key=lambda o: o.word == "not tested here")
    ]


def test_the_best_rival_is_one_that_was_judged_on_the_same_people():
    results = runs("expectation", 3, people=40)
    rivals = [
        rival("frame_difference", 9.5, 40),
        rival("landmarks_moments", 7.25, 40),
        rival("landmarks_dynamics", 1, 7),
    ]
    (said,) = [line for line in sentences("distribution", results, rivals) if "rival" in line]
    assert said.endswith("ridge on landmark moments: 7.25.")


@pytest.mark.parametrize("results", [[], runs("euclidean")])
def test_without_the_papers_own_model_only_that_is_said(results):
    assert sentences("distribution", results) == ["The paper's own model, `expectation`, was not run here."]


def test_other_protocols_are_named_only_if_there_is_no_honest_one():
    honest, other = runs("expectation", 3), runs("expectation", 9, protocol="paper")
    assert sentences("distribution", [*other, *honest])[0] == sentences("distribution", honest)[0]
    assert sentences("distribution", other)[0] != sentences("distribution", honest)[0]
