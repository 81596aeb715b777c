import json
from contextlib import nullcontext
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from depnb import training
from depnb.experiments.result import Attention, DamagedResult, MissingResult, Predictions, Result
from depnb.experiments.run import Run
from depnb.experiments.store import NAMED_FACTS, Store
from depnb.methods import msn
from depnb.methods.contract import later, switches
from depnb.reports import tables
from depnb.system import repository
from tests.bright import open_everywhere


def result_of(run: Run) -> Result:
    columns = {"score": (10.5, 20.25), "median": (10.0, 20.0), "constant": (15.0, 15.0), "identity_only": (15.0, 12.0)}
    return Result(
        run=run,
        digest=run.digest,
        facts=run.facts,
        metrics={"test": {"mae": 6.5, "rmse": 8.25}},
        baselines={"test": {"constant": {"mae": 9.0, "rmse": 11.0}}},
        noise_floor=3.4,
        predictions={"test": Predictions(("203_1", "204_1"), ("203", "204"), (12.0, 3.0), **columns)},
        attention=(Attention("203_1", 1, 12.0, 11.5, ((0.0, 1.0), (0.25, 0.5))),),
        curves=(({"step": 0, "train_loss": 70.0}, {"step": 5, "train_loss": 60.0}),),
        selected_steps=(5,),
        learnt=True,
        skipped={"test": (("205_1", "no label"),)},
        seconds={"training": 4.0},
        peak_memory_mb=900.0,
        device="cpu",
        precision="32-true",
        memory_format="channels_last",
        threads=2,
        versions={"torch": "2.15.0"},
        commit=None,
    )


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def run():
    return Run("distribution", "expectation", profile="smoke")


def test_what_is_saved_is_loaded(tmp_path, run):
    store, result = Store(tmp_path), result_of(run)
    path = store.save(replace(result, origin="MISS"))
    assert path == tmp_path / "distribution" / f"expectation-both-honest-smoke-s0-{run.digest[:8]}.json"
    assert store.load(run) == result
    assert store.results("distribution") == store.results() == [result]
    assert store.results("msn") == []
    assert "origin" not in json.loads(path.read_text())


def test_hit_and_miss_say_why(tmp_path, run):
    store, other = Store(tmp_path), replace(run, seed=3)
    assert store.explain(run).startswith("MISS")
    assert "nothing stored" in store.explain(run)
    store.save(result_of(run))
    assert store.explain(run).startswith("HIT")
    assert store.load(other) is None
    assert "expectation-both-honest-smoke-s0; it differs in seed (0 there, 3 asked for)" in store.explain(other)
    assert store.missing([run, other]) == [other]
    row = store.explain(replace(run, row="softmax"))
    assert 'configuration.loss ("expectation" there, "softmax" asked for)' in row
    far = store.explain(replace(run, row="softmax", corpus="null", seed=3))
    assert far.endswith(" more facts")
    assert far.count(" asked for)") == NAMED_FACTS


def test_a_switch_that_came_later_is_a_fact_only_where_it_is_set():
    @dataclass(frozen=True)
    class Config:
        length: int = 9
        dead_zone: float = later(0)

    assert switches(Config()) == switches(Config(dead_zone=0)) == {"length": 9}
    assert switches(Config(dead_zone=8)) == {"length": 9, "dead_zone": 8}
    plain = Run("temporal_pooling", "temporal_9", profile="smoke")
    dead = replace(plain, row="temporal_9_dead")
    assert plain.digest != dead.digest
    assert dead.facts["configuration"] == plain.facts["configuration"] | {"dead_zone": 8}


def test_a_strict_store_demands_results(tmp_path, run):
    store = Store(tmp_path, strict=True)
    with pytest.raises(MissingResult, match="make results"):
        store.load(run)
    assert store.missing([run]) == [run]


def test_a_raised_version_replaces_the_old_result(tmp_path, run, monkeypatch):
    store = Store(tmp_path)
    store.save(result_of(run))
    monkeypatch.setattr(training, "VERSION", training.VERSION + 1)
    new = Run("distribution", "expectation", profile="smoke")
    assert store.load(new) is None
    assert "versions.training" in store.explain(new)
    store.save(result_of(new))
    assert [result.digest for result in store.results()] == [new.digest]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "not json",
        lambda text: "[]",
        lambda text: text.replace('"rmse": 8.25', '"rmse": NaN'),
        lambda text: text.replace('"rmse": 8.25', '"rmse": 1e999'),
        lambda text: text.replace('"rmse": 8.25', '"rmse": "8.25"'),
        lambda text: text.replace('"learnt": true', '"learnt": true, "extra": 1'),
        lambda text: text.replace('"learnt": true,', ""),
        lambda text: text.replace('"seed": 0', '"seed": null'),
        lambda text: text.replace("20.25", "20.25, 3"),
    ],
)
def test_half_a_file_or_garbage_is_never_read(tmp_path, run, damage, caplog):
    store = Store(tmp_path)
    path = store.save(result_of(run))
    text = path.read_text()
    assert damage(text) != text
    path.write_text(damage(text))
    assert store.load(run) is None
    assert "not a whole result" in store.explain(run)
    assert store.results() == []
    assert "not a whole result" in caplog.text
    with pytest.raises(MissingResult):
        Store(tmp_path, strict=True).load(run)
    with pytest.raises(DamagedResult, match="Delete it"):
        Store(tmp_path, strict=True).results()


def test_how_steps_are_taken_is_a_fact_where_it_is_not_ours(monkeypatch):
    asked = Run("msn", "i3d", "both-tiny", profile="smoke")
    plain = asked.facts
    monkeypatch.setitem(msn.ROWS, "i3d", replace(msn.ROWS["i3d"], learning="printed"))
    printed = replace(asked).facts
    assert "learning" not in plain
    assert printed["learning"] == {"optimiser": "adam", "schedule": "inverse", "rate": 1.0}


def test_numbers_that_are_not_finite_are_refused(run):
    with pytest.raises(ValueError, match="finite"):
        replace(result_of(run), metrics={"test": {"rmse": float("nan")}})


def test_a_file_under_the_wrong_name_is_no_hit(tmp_path, run):
    store, other = Store(tmp_path), replace(run, seed=1)
    store.file(other).parent.mkdir()
    store.file(other).write_bytes(store.save(result_of(run)).read_bytes())
    assert store.load(other) is None


def test_networks_of_real_people_do_not_go_where_git_would_take_them(tmp_path, monkeypatch):
    monkeypatch.setattr(repository, "COMMITTED", tmp_path / "results")
    open_everywhere(monkeypatch, lambda corpus, profile: SimpleNamespace(licensed=True))
    for networks, refused in ((tmp_path / "nets", True), (tmp_path / "runs" / "nets", False)):
        store = Store(tmp_path / "runs" / "mine", networks=networks)
        with pytest.raises(ValueError, match="git would take it") if refused else nullcontext():
            store.demand_place(Run("distribution", "expectation", profile="smoke"))


def test_figures_of_real_people_or_of_two_profiles_are_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(repository, "COMMITTED", tmp_path / "results")
    run = Run("distribution", "expectation", profile="smoke")
    store = Store(tmp_path / "runs" / "mine")
    store.save(result_of(run))
    tables.check(store, tmp_path / "figures")
    store.save(result_of(replace(run, profile="quick")))
    with pytest.raises(ValueError, match="profiles quick and smoke"):
        tables.check(store, tmp_path / "figures")
    people = Store(tmp_path / "runs" / "people")
    licensed = result_of(run)
    people.save(replace(licensed, facts=licensed.facts | {"corpus": {"sha256": "0"}}))
    with pytest.raises(ValueError, match="git would take it"):
        tables.check(people, tmp_path / "figures")
    tables.check(people, tmp_path / "runs" / "figures")
