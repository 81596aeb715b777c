"""The status of who fills a store: numbers, what others read of it, and what a kill leaves."""

import json
from dataclasses import asdict

import pytest
from typer.testing import CliRunner

from depnb.cli import app
from depnb.experiments import execute, status
from depnb.experiments.filling import fill
from depnb.experiments.run import Run
from depnb.experiments.status import FOLDER, Status
from depnb.experiments.store import Store
from tests.results_made import result_of

RUNS = [Run("distribution", "expectation", profile="smoke", seed=seed) for seed in range(3)]


@pytest.fixture
def clock(monkeypatch):
    """Seconds that a test moves on."""
    now = [1000.0]
    monkeypatch.setattr(status.time, "time", lambda: now[0])
    return now


def test_what_is_left_is_counted_in_what_was_expected(clock):
    made = Status("here", 2, {"long": 300.0, "short": 100.0, "other": 200.0, "bad": 50.0}, begun=clock[0])
    assert made.minutes_left is None
    made.begin("short")
    clock[0] += 200  # twice as slow as expected
    made.end("short")
    made.begin("bad")
    made.end("bad", "no landmarks")
    made.begin("long")
    clock[0] += 40
    assert made.minutes_left == pytest.approx(240 * 500 / 100 / 60)
    assert made.gpu_hours == pytest.approx(2 * 240 / 3600)
    assert list(made.lines()) == [
        "here, for 4 min: 1 of 4 done, 1 running, 1 failed, about 20 min left, 0.1 GPU-hours",
        "  … long, for 1 min",
        "  ✘ bad: no landmarks",
    ]


def test_others_read_it_until_the_process_ends_or_is_killed(tmp_path):
    assert status.read(tmp_path) == []
    with status.kept(tmp_path, "here", 0, {"a": 1.0}) as kept:
        kept.status.begin("a")
        kept.write()
        assert status.read(tmp_path) == [kept.status]
    assert status.read(tmp_path) == []
    left = tmp_path / FOLDER / "node-7.json"
    left.write_text(json.dumps(asdict(kept.status)))
    assert status.read(tmp_path) == []
    assert list(left.parent.iterdir()) == []


@pytest.mark.usefixtures("trainings_in_this_process", "own_cache")
def test_who_fills_a_store_says_how_far_it_is(tmp_path, monkeypatch):
    store, seen = Store(tmp_path / "results"), []

    def made_up(run, store, device):
        if run.seed == 1:
            raise ZeroDivisionError("odd input")
        seen.extend(status.read(store.path))
        store.save(result_of(run))

    monkeypatch.setattr(execute, "run", made_up)
    fill(RUNS, store, "cpu", print, print)
    last = seen[-1]
    assert [*last.done, *last.failed, *last.running] == list(last.expected)
    assert [name[-6:] for name in last.failed] == ["seed 1"]
    assert all(why.startswith("ZeroDivisionError: odd input") for why in last.failed.values())
    assert len(last.running) == 1
    assert "Nobody fills" in CliRunner().invoke(app, ["run", "--status", "--store", str(store.path)]).output
