"""Killed at any moment, and with others on the same store: the numbers are those of an undisturbed run."""

import json
import multiprocessing
import random
import time
from contextlib import suppress
from dataclasses import replace

import pytest
import torch

from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.system.files import sealed
from depnb.training import loop
from tests.damage import forty
from tests.training import whole_run

pytestmark = pytest.mark.slow

RUN = Run("distribution", "expectation", profile="smoke", seed=4)
KILLS = 10


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))


def started(function, *arguments, cache):
    """A process of its own; forked from one that has imported everything and computed nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.training.whole_run"])
    process = context.Process(target=whole_run.with_cache, args=(cache, function, arguments))
    process.start()
    return process


def checkpoint(cache):
    """When the run's checkpoint was last written, if there is one."""
    with suppress(FileNotFoundError):
        return next((path.stat().st_mtime_ns for path in cache.glob("checkpoints/*/0.pt")), None)
    return None


def numbers(store: Store) -> dict:
    """All of the stored results but how long they took."""
    found = {}
    for path in sorted(store.path.glob("distribution/*.json")):
        result = json.loads(path.read_text())
        for volatile in ("seconds", "peak_memory_mb", "sha256"):
            del result[volatile]
        found[path.name] = result
    return found


def undisturbed(runs, tmp_path):
    folder = tmp_path / "undisturbed"
    process = started(whole_run.fill, runs, folder, tmp_path / "undisturbed.log", cache=tmp_path / "cache-undisturbed")
    process.join()
    assert process.exitcode == 0
    return numbers(Store(folder))


def test_killed_ten_times_a_run_ends_with_the_same_bits(tmp_path):
    expected = undisturbed([RUN], tmp_path)
    folder, cache = tmp_path / "killed", tmp_path / "cache"
    draw, kills = random.Random(7), []
    while len(kills) < KILLS:
        before = checkpoint(cache)
        process = started(whole_run.make, RUN, folder, 0.0, cache=cache)
        in_training = len(kills) % 2 == 0
        while in_training and process.is_alive() and checkpoint(cache) == before:
            time.sleep(0.01)
        time.sleep(draw.uniform(0, 0.3 if in_training else 1.5))
        process.kill()
        process.join()
        if process.exitcode == 0:  # it was faster than the kill: once more from the beginning
            for path in [*folder.glob("distribution/*.json")]:
                path.unlink()
        else:
            kills.append(checkpoint(cache))
    assert len({kill for kill in kills if kill is not None}) >= 3
    process = started(whole_run.make, RUN, folder, 60.0, cache=cache)
    process.join()
    assert process.exitcode == 0
    assert numbers(Store(folder)) == expected
    assert list(cache.glob("checkpoints/*")) == []


def test_two_processes_on_one_store_neither_lose_nor_mix(tmp_path):
    runs = [replace(RUN, row=row, seed=seed) for row in ("expectation", "euclidean") for seed in (0, 1)]
    expected = undisturbed(runs, tmp_path)
    folder, cache = tmp_path / "shared", tmp_path / "cache"
    logs = [tmp_path / "first.log", tmp_path / "second.log"]
    processes = [started(whole_run.fill, runs, folder, log, cache=cache) for log in logs]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert numbers(Store(folder)) == expected
    made = [line for log in logs for line in log.read_text().splitlines() if line.startswith("[")]
    assert len(expected) == len(runs)
    assert len({line.split("] ")[1].split(", about")[0] for line in made}) == len(made) == len(runs)
    assert all("[" in log.read_text() for log in logs)


def test_a_checkpoint_of_nonsense_is_not_used(tmp_path, caplog):
    path = tmp_path / "0.pt"
    path.write_bytes(b"half of something")
    assert loop._load(path, "cpu") is None
    assert "damaged" in caplog.text


def test_of_forty_damaged_checkpoints_none_is_used(tmp_path, caplog):
    path = tmp_path / "0.pt"
    save({"version": loop.VERSION, "device": "cpu", "state": {"step": 3}, "network": torch.rand(5000)}, path)
    whole = path.read_bytes()
    assert loop._load(path, "cpu")["state"] == {"step": 3}
    for content in forty(whole, seed=6):
        path.write_bytes(content)
        caplog.clear()
        assert loop._load(path, "cpu") is None
        assert [str(path) in record.getMessage() for record in caplog.records] == [True]


def save(content, path):
    with sealed(path) as handle:
        torch.save(content, handle)


def test_a_checkpoint_of_another_kind_of_device_is_not_used(tmp_path):
    path = tmp_path / "0.pt"
    saved = {"version": loop.VERSION, "device": "cuda", "state": {"step": 3}}
    save(saved, path)
    assert loop._load(path, "cuda") is None  # it does not say how dropout goes on
    saved["draws_on_device"] = torch.get_rng_state()
    save(saved, path)
    assert loop._load(path, "cpu") is None
    assert loop._load(path, "cuda")["state"] == saved["state"]
