"""Same digest, same numbers: whichever run asks first for a pretrained body, and in whichever process."""

import pytest

from depnb.experiments.run import Run
from depnb.experiments.store import Store
from tests.training import whole_run
from tests.training.test_resume import numbers, started

pytestmark = pytest.mark.slow

RUNS = [
    Run("distribution", row, profile="smoke", seed=seed)
    for row, seed in (("expectation", 0), ("euclidean", 0), ("expectation", 1))
]
"""The first two begin with one body, the last with another."""


def made(processes, folder):
    """What comes out of processes that make these runs side by side, from an empty cache and an empty store."""
    begun = [started(whole_run.make_in_turn, runs, folder / "results", cache=folder / "cache") for runs in processes]
    for process in begun:
        process.join()
    assert [process.exitcode for process in begun] == [0] * len(processes)
    bodies = sorted(path.name for path in (folder / "cache" / "pretrained").glob("*.safetensors"))
    return numbers(Store(folder / "results")), bodies


def test_both_orders_and_three_processes_end_with_the_same_bits(tmp_path):
    expected, bodies = made([RUNS], tmp_path / "forwards")
    assert (len(expected), len(bodies)) == (3, 2)
    assert made([RUNS[::-1]], tmp_path / "backwards") == (expected, bodies)
    assert made([[run] for run in RUNS], tmp_path / "apart") == (expected, bodies)
