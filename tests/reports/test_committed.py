"""The committed results are complete, and they show what the course says they show."""

import json

import numpy as np
import pytest

from depnb.evaluation import compare
from depnb.experiments.grid import SEEDS, committed
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.methods import dlga, msn, temporal_pooling
from depnb.methods.contract import Claim
from depnb.methods.registry import papers
from depnb.reports.claims import difference, outcomes
from depnb.reports.null_control import controls, null_columns
from depnb.reports.shown import results_of
from depnb.reports.summaries import summarise
from depnb.system.repository import COMMITTED

NOT_BETTER = {"worse", "cannot tell"}


@pytest.fixture(scope="module")
def store():
    return Store(COMMITTED, strict=True)


@pytest.fixture(scope="module")
def unseen(store):
    summaries = summarise(results_of(store, "distribution"), "unseen")
    return {(s.row, s.corpus): s for s in summaries if s.protocol == "honest"}


def shown(store):
    return [result for paper in papers() for result in results_of(store, paper)]


def test_every_row_has_every_seed(store):
    for run in committed():
        assert store.load(run).run == run


def test_only_generated_corpora_enter(store):
    found = store.results()
    assert found
    for result in found:
        assert "generated" in result.facts["corpus"]


@pytest.mark.parametrize("row", ["expectation", "euclidean"])
def test_on_both_the_network_is_better_than_the_constant_by_twenty_percent(unseen, row):
    found = unseen[row, "both"]
    assert found.seeds == max(SEEDS["standard"])
    assert found.learnt
    assert found.gain >= 0.20
    assert found.verdict == "better"
    assert found.rmse > found.noise_floor


@pytest.mark.parametrize("row", ["expectation", "euclidean"])
def test_on_null_it_does_not(unseen, row):
    found = unseen[row, "null"]
    assert found.seeds == min(SEEDS["standard"])
    assert found.verdict in NOT_BETTER
    assert found.rmse >= found.constant


def test_knowing_the_people_gains_on_those_who_were_seen(store):
    """On AVEC's design, with train and development known; where people do not recur, it is worth exactly nothing."""
    result = store.load(Run("distribution", "expectation", protocol="paper", profile="standard"))
    predictions = result.predictions["test"]
    seen = np.array(predictions.identity_only) != np.array(predictions.constant)
    bdi, identity, constant = (np.array(getattr(predictions, c))[seen] for c in ("bdi", "identity_only", "constant"))
    people = np.array(predictions.subject)[seen]
    assert len(set(people)) >= 10
    assert compare(bdi, identity, constant, people).high < 0
    assert result.predictions["unseen"].identity_only == result.predictions["unseen"].constant


@pytest.fixture(scope="module")
def streams(store):
    summaries = summarise(results_of(store, "temporal_pooling"), "unseen")
    return {(s.row, s.corpus): s for s in summaries if s.protocol == "honest"}


def better(store, row: str, other: str, corpus: str) -> bool:
    """Whether a row of temporal pooling is better than another one: the whole plain interval lies below 0."""
    claim = Claim("", row, other, corpus)
    return difference(claim, "temporal_pooling", results_of(store, "temporal_pooling")).high < 0


def test_where_only_movement_tells_the_code_image_with_a_dead_zone_reads_it_and_the_still_image_cannot(store, streams):
    assert streams["appearance", "dynamics"].verdict in NOT_BETTER
    assert streams["temporal_9_dead", "dynamics"].verdict == "better"
    for row in ("temporal_9", "temporal_9_dead"):
        assert better(store, row, "appearance", "dynamics")
    assert better(store, "temporal_9_dead", "temporal_9", "dynamics")


@pytest.mark.parametrize("fused", [row for row in temporal_pooling.FUSED if row in temporal_pooling.STREAMS])
def test_on_both_neither_stream_is_better_than_the_two_together(store, streams, fused):
    assert streams[fused, "both"].verdict == "better"
    for row in temporal_pooling.FUSED[fused]:
        assert not better(store, row, fused, "both")


@pytest.mark.parametrize("row", temporal_pooling.STREAMS)
def test_on_null_no_stream_is_better_than_the_constant(streams, row):
    found = streams[row, "null"]
    assert found.seeds == 3
    assert found.verdict in NOT_BETTER


@pytest.fixture(scope="module")
def clip_networks(store):
    return {(s.row, s.corpus): s for s in summarise(results_of(store, "msn"), "unseen") if s.protocol == "honest"}


@pytest.mark.parametrize(
    ("row", "corpus"),
    [(row, "both") for row in msn.NETWORKS] + [(row, "dynamics") for row in (*msn.DEPTHS, *msn.KERNEL_ROWS)],
)
def test_networks_of_clips_are_better_than_the_constant(clip_networks, row, corpus):
    found = clip_networks[row, corpus]
    assert found.seeds == 3
    assert found.learnt
    assert found.difference < 0
    assert (found.verdict == "better") is ((row, corpus) != ("i3d", "both"))  # three seeds that differ by two points


def test_on_null_i3d_does_not(clip_networks):
    found = clip_networks["i3d", "null"]
    assert found.seeds == 3
    assert found.verdict in NOT_BETTER


@pytest.mark.parametrize("paper", ["depnet", "dlga"])
def test_the_papers_own_row_is_better_than_the_constant_on_both_and_not_on_null(store, paper):
    found = {(s.row, s.corpus): s for s in summarise(results_of(store, paper), "unseen") if s.protocol == "honest"}
    both, null = found[paper, "both"], found[paper, "null"]
    assert both.seeds == null.seeds == 3
    assert both.learnt
    assert both.verdict == "better"
    assert null.verdict in NOT_BETTER


def test_on_null_no_score_follows_the_shuffled_labels(store):
    found = controls(shown(store))
    assert {control.summary.paper for control in found} == set(papers())
    assert set(null_columns(shown(store)).by_heading["control"]) == {"does not fire"}


@pytest.mark.parametrize("paper", papers())
def test_every_claim_is_tested_but_for_rates_at_which_nothing_is_learnt(store, paper):
    for outcome in outcomes(paper, results_of(store, paper)):
        if outcome.reason:
            assert outcome.reason.endswith("not trained")
            assert swept(outcome.claim)


def swept(claim: Claim) -> bool:
    """Whether it is about a printed learning rate, which may be too small to learn in so few steps, or too large."""
    return bool({claim.row, claim.other} & set(dlga.SWEEP))


def test_faces_are_found_and_landmarks_lie_where_they_should():
    measured = json.loads((COMMITTED / "faces.json").read_text())
    assert measured["videos"] == 400
    assert measured["found_share"] >= 0.98
    assert measured["error"]["inner"]["mean"] <= 0.06


def test_a_reproduction_fits_a_coffee_break():
    measured = json.loads((COMMITTED / "reproduce.json").read_text())
    assert measured["profile"] == "quick"
    assert measured["minutes"] <= 18
    assert measured["again_slowest_notebook_seconds"] <= 20
    assert measured["memory_gb"] <= 6
