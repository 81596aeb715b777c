"""Same digest, same numbers: whichever run asks first for a pretrained body, and in whichever process."""

import shutil

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


def made(processes, folder, prepared=None):
    """What comes out of processes that make these runs side by side, without a body and from an empty store.

    Args:
        processes: the runs of each.
        folder: where they work.
        prepared: of another folder, where the faces of the generated people have been found already.
    """
    if prepared:
        trained = shutil.ignore_patterns("pretrained", "checkpoints")
        shutil.copytree(prepared / "cache", folder / "cache", ignore=trained)
    begun = [started(whole_run.make_in_turn, runs, folder / "results", cache=folder / "cache") for runs in processes]
    for process in begun:
        process.join()
    assert [process.exitcode for process in begun] == [0] * len(processes)
    bodies = sorted(path.name for path in (folder / "cache" / "pretrained").glob("*.safetensors"))
    return numbers(Store(folder / "results")), bodies


def test_both_orders_and_three_processes_end_with_the_same_bits(tmp_path):
    first = tmp_path / "forwards"
    expected, bodies = made([RUNS], first)
    assert (len(expected), len(bodies)) == (3, 2)
    assert made([RUNS[::-1]], tmp_path / "backwards", first) == (expected, bodies)
    assert made([[run] for run in RUNS], tmp_path / "apart", first) == (expected, bodies)
