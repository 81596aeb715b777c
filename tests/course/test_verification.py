"""Committed runs trained again, by trainings that take no time: where results go, failures, resumption, exit status."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from depnb import cli
from depnb.course import verification
from depnb.course.run_folders import alone_in
from depnb.course.verification import Settings, verify
from depnb.experiments import execute
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from tests.results_made import agreeing, result_of

pytestmark = pytest.mark.usefixtures("trainings_in_this_process", "own_cache")

ROWS = (Run("distribution", "expectation", profile="smoke"), Run("msn", "msn", profile="smoke"))
SETTINGS = Settings(sample=3, device="cpu")


@pytest.fixture
def committed(tmp_path, monkeypatch):
    """A committed store of four seeds of two rows."""
    store = Store(tmp_path / "committed")
    monkeypatch.setattr(verification, "COMMITTED", store.path)
    for run in ROWS:
        for seed in range(4):
            store.save(result_of(replace(run, seed=seed), 9.0 + seed / 10))
    return store


@pytest.fixture
def trained(monkeypatch):
    """Runs that were trained; each takes no time and ends with the same error."""
    trained = []

    def run(run, store, *, device):
        trained.append(run)
        store.save(result_of(run, 9.15))

    monkeypatch.setattr(execute, "run", run)
    return trained


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


def failing(monkeypatch, which):
    """The ``which``-th training fails."""
    working, begun = execute.run, []

    def run(run, store, *, device):
        begun.append(run)
        if len(begun) == which:
            raise ValueError("no such face")
        working(run, store, device=device)

    monkeypatch.setattr(execute, "run", run)
    return begun


def test_a_sample_is_trained_into_a_store_of_its_own(committed, trained, runs):
    before = {path: path.read_bytes() for path in committed.path.rglob("*.json")}
    said = []
    found = verify(SETTINGS, runs=runs, say=said.append)
    (folder,) = runs.iterdir()
    assert (
        sorted(trained)
        == [one.run for one in found.verdicts]
        == Store(folder / "results").missing([]) + sorted(trained)
    )
    assert len(set(trained)) == 3
    assert [one.inside for one in found.verdicts] == [True] * 3
    assert {path: path.read_bytes() for path in committed.path.rglob("*.json")} == before
    state = json.loads((folder / "verify.json").read_text())
    assert (state["finished"], state["problems"], state["outcome"]["outside"]) == (True, [], 0)
    assert (folder / "verify.md").read_text() == found.page()
    began = next(k for k, line in enumerate(said) if line.startswith("[1/"))
    assert any("3 of 8 committed runs, drawn with seed 0" in line for line in said[:began])
    assert any("min" in line and "trainings" in line for line in said[:began])


def test_the_sample_follows_from_its_seed(committed, trained, runs):
    drawn = {seed: [v.run for v in verify(replace(SETTINGS, seed=seed), runs=runs).verdicts] for seed in (0, 0, 1, 2)}
    assert drawn[0] == [v.run for v in verify(SETTINGS, runs=runs).verdicts]
    assert len({tuple(own) for own in drawn.values()}) > 1
    only = verify(replace(SETTINGS, paper="msn"), runs=runs)
    assert {one.run.paper for one in only.verdicts} == {"msn"}
    assert only.population == 4


def test_a_plan_trains_nothing_and_writes_nothing(committed, trained, runs):
    assert verify(SETTINGS, plan_only=True, runs=runs) is None
    assert trained == []
    assert not runs.exists()


def test_one_that_fails_is_named_and_the_rest_goes_on(committed, trained, runs, monkeypatch):
    begun = failing(monkeypatch, 1)
    found = verify(SETTINGS, runs=runs)
    assert len(found.verdicts) == 2
    ((name, why),) = found.failed.items()
    assert f"{begun[0].paper} {begun[0].row} on both" in name
    assert "no such face" in why


def test_what_failed_or_was_interrupted_is_gone_on_with(committed, trained, runs, monkeypatch):
    failing(monkeypatch, 2)
    assert verify(SETTINGS, runs=runs).failed
    first = list(trained)
    assert len(first) == 2
    said = []
    assert not verify(SETTINGS, runs=runs, say=said.append).failed
    assert len(trained) == 3
    assert len(set(trained)) == 3
    (folder,) = runs.iterdir()
    assert said[0].startswith(f"Continuing {folder}")
    assert verify(SETTINGS, runs=runs).verdicts  # one that came to a good end is not continued
    assert len(list(runs.iterdir())) == 2


def test_other_work_or_another_process_is_left_alone(committed, trained, runs):
    verify(SETTINGS, runs / "one", runs=runs)
    with pytest.raises(ValueError, match="holds a run with .*seed 0"):
        verify(replace(SETTINGS, seed=5), runs / "one", runs=runs)
    with alone_in(runs / "two"), pytest.raises(RuntimeError, match="Another process"):
        verify(SETTINGS, runs / "two", runs=runs)


def test_results_of_other_code_are_not_drawn(committed, trained, runs):
    old = committed.file(replace(ROWS[1], seed=0))
    facts = {**result_of(ROWS[1]).facts, "versions": {"msn": 0}}
    old.write_bytes(agreeing(replace(result_of(ROWS[1]), facts=facts)).to_bytes())
    found = verify(replace(SETTINGS, sample=2), runs=runs)
    assert found.population == 7
    assert found.left_out == {verification.OLD: 1}


def test_unknown_papers_and_samples_too_large_are_errors_before_anything_starts(committed, trained, runs):
    with pytest.raises(KeyError, match="No paper 'nobody': choose from distribution"):
        verify(replace(SETTINGS, paper="nobody"), runs=runs)
    with pytest.raises(ValueError, match="--sample 9: there are 8 committed runs"):
        verify(replace(SETTINGS, sample=9), runs=runs)
    assert not runs.exists()


@pytest.mark.parametrize(("error", "fails", "status"), [(9.15, 0, 0), (30.0, 0, 3), (9.15, 1, 1), (30.0, 1, 3)])
def test_the_exit_status_says_whether_something_lies_outside(committed, runs, monkeypatch, error, fails, status):
    monkeypatch.setattr(execute, "run", lambda run, store, *, device: store.save(result_of(run, error)))
    if fails:
        failing(monkeypatch, 1)
    done = CliRunner().invoke(cli.app, ["verify", "--sample", "3", "--device", "cpu", "--folder", str(runs / "one")])
    assert done.exit_code == status, done.output
    assert f"{(3 - fails) * (status == 3)} of {3 - fails} runs lie outside" in done.output


def test_as_json_it_prints_nothing_else_on_standard_output(committed, trained, runs):
    done = CliRunner().invoke(cli.app, ["verify", "--sample", "2", "--device", "cpu", "--json", "--folder", str(runs)])
    assert done.exit_code == 0
    assert [one["inside"] for one in json.loads(done.stdout)["verdicts"]] == [True, True]
