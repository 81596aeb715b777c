"""Rows that are the same training are trained once; rows whose weights are not here are not asked for."""

from dataclasses import replace

import pytest

from depnb.experiments import execute, grid, plan
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.methods.registry import method
from depnb.nets.weights import registry
from tests.results_made import agreeing, result_of

ONE = Run("distribution", "expectation", "both", profile="smoke")
SAME = replace(ONE, row="expectation[loss=expectation]")
OTHER = replace(ONE, row="expectation[loss=euclidean]")


def made(run):
    return replace(agreeing(result_of(run)), facts=run.facts, digest=run.digest)


def untrained(*asked):
    raise AssertionError("trained again")


def test_the_same_training_is_found_under_another_name(tmp_path, monkeypatch):
    monkeypatch.setattr(execute, "_make", untrained)
    store = Store(tmp_path)
    store.save(made(ONE))
    found = execute.run(SAME, store)
    assert found.run == SAME
    assert found.metrics == store.load(ONE).metrics
    assert "the same training" in found.origin
    assert store.file(ONE).name in found.origin
    assert store.load(SAME).run == SAME
    assert {result.run for result in store.results()} == {ONE, SAME}


def test_another_training_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(execute, "_make", untrained)
    store = Store(tmp_path)
    store.save(made(ONE))
    assert store.twin(OTHER) is None
    with pytest.raises(AssertionError, match="trained again"):
        execute.run(OTHER, store)


def test_a_plan_counts_it_once():
    assert plan.gpu_hours([ONE, SAME]) == plan.gpu_hours([ONE]) > 0
    assert plan.gpu_hours([ONE, OTHER]) > plan.gpu_hours([ONE])
    (*_, (what, seconds, _)) = plan.estimate([ONE, SAME])
    assert (what, seconds) == ("1 trainings", plan.estimate([ONE])[-1][1])


def test_rows_of_weights_that_are_not_here_are_not_asked_for(tmp_path, monkeypatch):
    start = "vggface2-resnet50"
    monkeypatch.setattr(registry, "import_path", lambda name: tmp_path / name)

    def asked(profile):
        runs = grid.grid(profile, "all", seeds=(0,))
        return [
            run
            for run in runs
            if start in {method(run.paper).rows[p].start for p in grid.parts(method(run.paper), run.row)}
        ]

    assert not asked("paper")
    (tmp_path / start).touch()
    assert {run.paper for run in asked("paper")} >= {"distribution", "temporal_pooling", "depnet"}
    assert not asked("quick")
