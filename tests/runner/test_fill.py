"""Several processes fill one store."""

import multiprocessing
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depnb import experiments
from depnb.results import Run, Store
from depnb.runner import fill, shard
from tests.results_made import result_of
from tests.runner import claim

RUNS = [Run("distribution", "expectation", profile="smoke", seed=seed) for seed in range(4)]


@given(st.integers(0, 20), st.integers(1, 8))
def test_the_shares_together_are_all_runs(count, shares):
    runs = list(range(count))
    parts = [shard(runs, f"{number}/{shares}") for number in range(1, shares + 1)]
    assert sorted(run for part in parts for run in part) == runs
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize("part", ["0/4", "5/4", "1/0", "1", "a/b", "-1/4", "1/4/2"])
def test_a_share_that_is_none_is_refused(part):
    with pytest.raises(ValueError, match="NUMBER/SHARES"):
        shard(RUNS, part)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(experiments, "run", lambda run, store, device: store.save(result_of(run)))
    return Store(tmp_path / "results")


@contextmanager
def elsewhere(store, run):
    """A process that claims a run and holds it until it is killed at the end of the block."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=claim.hold, args=(store.path, run, theirs))
    process.start()
    assert ours.recv() == "claimed"
    yield process
    process.kill()
    process.join()


def test_what_another_process_has_waits_until_that_has_died(store):
    said, problems = [], []
    with elsewhere(store, RUNS[0]) as other:

        def say(line):
            said.append(line)
            if "seed 3" in line:  # the last that is free
                other.kill()

        fill(RUNS, Store(store.path), "cpu", say, problems.append)
    assert problems == []
    assert store.missing(RUNS) == []
    assert "another process is making it" in said[0]
    assert "seed 0" in said[-1]


def test_what_is_stored_is_not_made_again(store):
    said = []
    store.save(result_of(RUNS[1]))
    fill(RUNS[1:2], store, "cpu", said.append, said.append)
    assert said == []


def test_a_claim_is_one_processs_and_may_be_repeated_in_it(store):
    with elsewhere(store, RUNS[0]), store.claimed(RUNS[0], wait=False) as mine, store.claimed(RUNS[1]) as other:
        assert not mine
        assert other
        with store.claimed(RUNS[1], wait=False) as again:
            assert again
    with store.claimed(RUNS[0], wait=False) as free:
        assert free
