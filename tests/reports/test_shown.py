"""Of the committed results each paper shows one profile; any other store must have one."""

from dataclasses import replace

import pytest

from depnb.experiments import grid, store as stores
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.reports import tables
from depnb.reports.shown import profiles, results_of
from tests.results_made import result_of

QUICK, STANDARD = (Run("distribution", "expectation", profile=profile) for profile in ("quick", "standard"))
ENDS = {"rmse_low": 8.0, "rmse_high": 10.0}
OF_RIVALS = [Run("rivals", "frame_difference", profile=profile) for profile in ("quick", "standard")]


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "results")
    for run in (QUICK, STANDARD, *OF_RIVALS):
        store.save(result_of(run))
    return store


@pytest.fixture
def committed(store, monkeypatch):
    monkeypatch.setattr(stores, "COMMITTED", store.path)
    return store


@pytest.mark.parametrize(("made", "expected"), [((), QUICK), (("distribution",), STANDARD), (("msn",), QUICK)])
def test_a_paper_shows_the_profile_that_was_made_for_it(committed, monkeypatch, made, expected):
    monkeypatch.setattr(grid, "AT_STANDARD", frozenset(made))
    assert [result.run for result in results_of(committed, "distribution")] == [expected]
    assert [result.run for result in results_of(committed, "rivals")] == OF_RIVALS


def test_a_table_has_the_rivals_of_its_networks_only(committed, monkeypatch):
    monkeypatch.setattr(grid, "AT_STANDARD", frozenset({"distribution"}))
    results = [*results_of(committed, "distribution"), *results_of(committed, "rivals")]
    table = tables.measured_table([replace(r, metrics={"unseen": r.metrics["unseen"] | ENDS}) for r in results])
    assert list(table["predictor"]).count("mean frame difference") == 1


def test_another_store_with_two_profiles_is_refused(store, tmp_path):
    with pytest.raises(ValueError, match="quick and standard"):
        tables.check(store, tmp_path / "figures")


def test_the_committed_store_may_have_two(committed, tmp_path):
    tables.check(committed, tmp_path / "figures")


def test_profiles_in_words():
    one, other = result_of(QUICK), replace(result_of(QUICK), run=STANDARD)
    assert profiles([one]) == "profile quick"
    assert profiles([other, one, one]) == "profiles quick and standard"
