"""The committed results are complete, and they show what the course says they show."""

import json

import pytest

from depnb.course import COMMITTED_SEEDS
from depnb.experiments import grid
from depnb.results import COMMITTED, Store
from depnb.tables import summarise


@pytest.fixture(scope="module")
def store():
    return Store(COMMITTED, strict=True)


@pytest.fixture(scope="module")
def unseen(store):
    return {(s.row, s.corpus): s for s in summarise(store.results("distribution"), "unseen")}


def test_every_row_has_every_seed(store):
    for run in grid("quick", "all", COMMITTED_SEEDS):
        assert store.load(run).run == run


def test_only_generated_corpora_enter(store):
    for result in store.results():
        assert "generated" in result.facts["corpus"]


def test_on_both_the_network_beats_the_constant_by_fifteen_percent(unseen):
    row = unseen["expectation", "both"]
    assert row.seeds == len(COMMITTED_SEEDS)
    assert row.learnt
    assert row.gain >= 0.15
    assert row.beats_constant
    assert row.rmse > row.noise_floor


def test_on_null_it_does_not(unseen):
    row = unseen["expectation", "null"]
    assert not row.beats_constant
    assert row.rmse >= row.constant


def test_faces_are_found_and_landmarks_lie_where_they_should():
    measured = json.loads((COMMITTED / "faces.json").read_text())
    assert measured["videos"] == 400
    assert measured["found_share"] >= 0.98
    assert measured["error"]["inner"]["mean"] <= 0.06


def test_a_reproduction_fits_a_coffee_break():
    measured = json.loads((COMMITTED / "reproduce.json").read_text())
    assert measured["profile"] == "quick"
    assert measured["minutes"] <= 8
    assert measured["again_slowest_notebook_seconds"] <= 15
    assert measured["memory_gb"] <= 6
