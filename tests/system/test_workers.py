"""Units of work on several processes: outcomes, deaths, claims, interrupts."""

import errno
import logging
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import psutil
import pytest
from hypothesis import given, strategies as st

from depnb.system import workers
from depnb.system.files import StorageError, atomic_path
from depnb.system.workers import Outcome, Taken, WorkerDied, claimed, from_own_place, spread

pytestmark = pytest.mark.slow

SIX = {name: number for number, name in enumerate("abcdef")}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def all_of(units, work, count, **more) -> dict[str, Outcome]:
    with spread(units, work, workers=count, **more) as outcomes:
        return {outcome.name: outcome for outcome in outcomes}


class Unpicklable(Exception):
    def __init__(self, first, second):
        super().__init__("only one argument")


def square(number, worker):
    worker.tell(number)
    return number**2


def fail(number, worker):
    if number == 1:
        raise Unpicklable(1, 2)
    if number == 2:
        raise KeyError("no such frame")
    return number


def kill(number, worker):
    if number in (1, 2):
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 3:
        sys.exit(7)
    return number


def fill_the_disk(number, worker):
    if number == 1:
        raise StorageError(errno.ENOSPC, "the disk is full", "a video")


def say(number, worker):
    logging.getLogger("depnb").warning("unit %d", number)


@pytest.mark.parametrize("count", [1, 2])
def test_worked_example(count):
    heard = []
    outcomes = all_of(SIX, square, count, hear=heard.append)
    assert {name: outcome.value for name, outcome in outcomes.items()} == {
        name: number**2 for name, number in SIX.items()
    }
    assert not any(outcome.error for outcome in outcomes.values())
    assert sorted(heard) == list(range(6))
    assert all_of({}, square, count) == {}


@pytest.mark.parametrize("count", [1, 2])
def test_an_exception_names_its_unit_and_the_rest_is_done(count):
    outcomes = all_of(SIX, fail, count)
    assert {name: outcome.value for name, outcome in outcomes.items()} == {**SIX, "b": None, "c": None}
    assert "only one argument" in str(outcomes["b"].error)
    assert isinstance(outcomes["c"].error, KeyError)
    if count == 2:
        assert "in fail" in outcomes["c"].error.__notes__[0]


def test_a_unit_that_kills_its_worker_is_named_and_the_rest_is_done():
    outcomes = all_of(SIX, kill, 2)
    assert {name: outcome.value for name, outcome in outcomes.items()} == {**SIX, "b": None, "c": None, "d": None}
    assert all(isinstance(outcomes[name].error, WorkerDied) for name in "bcd")
    assert "signal 9" in str(outcomes["b"].error)
    assert "exit status 7" in str(outcomes["d"].error)


@pytest.mark.parametrize("count", [1, 2])
def test_a_full_disk_ends_everything(count):
    with pytest.raises(StorageError, match="the disk is full"):
        all_of(SIX, fill_the_disk, count)


def test_what_workers_log_is_logged_here(caplog):
    all_of(SIX, say, 2)
    assert sorted(record.getMessage() for record in caplog.records) == [f"unit {k}" for k in range(6)]


def started(folder, number):
    (folder / f"{number}").touch()


def test_every_worker_starts_once_with_its_number(tmp_path):
    all_of(SIX, square, 2, start=partial(started, tmp_path))
    assert sorted(path.name for path in tmp_path.glob("[0-9]")) == ["0", "1"]


def make(product, worker, seconds=0.1):
    with claimed(product, worker.patient):
        if product.exists():
            return False
        with atomic_path(product) as temporary:
            temporary.write_text(str(os.getpid()))
            time.sleep(seconds)
        return True


SCRIPT = """
import sys
from functools import partial
from pathlib import Path
from depnb.system.workers import spread
from tests.system.test_workers import make

if __name__ == "__main__":
    folder, count, seconds = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    units = {str(k): folder / f"{k}.txt" for k in range(24)}
    with spread(units, partial(make, seconds=seconds), workers=count) as outcomes:
        print(sum(outcome.value for outcome in outcomes))
"""


FROM_HERE = {"PYTHONPATH": str(Path(workers.__file__).parents[2])}
"""A script that lies elsewhere finds the package and its tests."""


def script(tmp_path, folder, count, seconds=0.1):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return subprocess.Popen(
        [sys.executable, str(path), str(folder), str(count), str(seconds)],
        env={**os.environ, **FROM_HERE},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A job in the background has inherited that it ignores interrupts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


@pytest.mark.parametrize("count", [1, 2])
def test_two_processes_share_units_although_one_begins_later(tmp_path, cache, count):
    folder = tmp_path / "products"
    first = script(tmp_path, folder, count, seconds=0.3)
    until(lambda: list(folder.glob("[!.]*")))
    second = script(tmp_path, folder, count, seconds=0.3)
    made = [int(process.communicate(timeout=60)[0]) for process in (first, second)]
    assert sum(made) == len(list(folder.iterdir())) == 24
    assert list((cache / "claims").iterdir()) == []


def test_what_a_killed_process_had_claimed_is_free(tmp_path, cache):
    folder = tmp_path / "products"
    process = script(tmp_path, folder, 1, seconds=100)
    until(lambda: list(folder.glob(".*")))
    with pytest.raises(Taken), claimed(folder / "0.txt", patient=False):
        pass
    process.kill()
    process.communicate()
    with claimed(folder / "0.txt", patient=False), pytest.raises(Taken), claimed(folder / "0.txt", patient=False):
        pass
    assert list((cache / "claims").iterdir()) == []


def test_what_is_taken_comes_last_and_then_is_waited_for(tmp_path, cache):
    folder = tmp_path / "products"
    units = {name: folder / f"{name}.txt" for name in "abc"}
    with spread(units, partial(make, seconds=0), workers=1) as outcomes:
        held = claimed(units["a"], patient=False)
        held.__enter__()
        assert [next(outcomes).name for _ in "bc"] == ["b", "c"]
        held.__exit__(None, None, None)
        assert [(one.name, one.value) for one in outcomes] == [("a", True)]


def test_a_cache_that_cannot_be_written_is_said(cache):
    cache.write_text("a file")
    with pytest.raises(StorageError, match="DEPNB_CACHE"), claimed(cache / "x", patient=False):
        pass


def test_an_interrupt_leaves_no_process_and_no_half_file(tmp_path, cache):
    folder = tmp_path / "products"
    process = script(tmp_path, folder, 2, seconds=0.5)
    until(lambda: list(folder.glob("[!.]*")))
    workers = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode != 0
    assert errors.count("KeyboardInterrupt") == errors.count("Traceback") == 1
    _, left = psutil.wait_procs(workers, timeout=10)
    assert not left
    assert not list(folder.glob(".*"))
    assert list((cache / "claims").iterdir()) == []


def test_workers_end_with_a_process_that_is_killed(tmp_path):
    process = script(tmp_path, tmp_path / "products", 2, seconds=100)
    until(lambda: len(list((tmp_path / "products").glob(".*"))) == 2)
    workers = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    _, left = psutil.wait_procs(workers, timeout=30)
    assert not left


def killed(number):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_is_killed_while_it_starts_is_not_blamed_on_the_script():
    with pytest.raises(RuntimeError, match=r"ended while it started \(signal 9\): something has killed it"):
        all_of(SIX, square, 2, start=killed)


def test_a_script_that_starts_itself_again_and_again_is_told_what_to_do(tmp_path):
    path = tmp_path / "unguarded.py"
    path.write_text(SCRIPT.replace('if __name__ == "__main__"', "if True"))
    command = [sys.executable, path, tmp_path, "2", "0"]
    done = subprocess.run(command, env={**os.environ, **FROM_HERE}, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "under `if __name__ == '__main__':`" in done.stderr


@given(st.lists(st.text(), unique=True), st.integers(1, 2**22))
def test_each_process_begins_at_a_place_of_its_own(names, pid):
    units = {name: len(name) for name in names}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers.os, "getpid", lambda: pid)
        found = from_own_place(units)
    assert found == units
    order = list(found)
    assert order in [names[k:] + names[:k] for k in range(max(1, len(names)))]


def test_processes_one_after_the_other_begin_far_apart(monkeypatch):
    units, firsts = {str(n): n for n in range(600)}, []
    for pid in range(3000, 3008):
        monkeypatch.setattr(workers.os, "getpid", lambda pid=pid: pid)
        firsts.append(next(iter(from_own_place(units).values())))
    apart = sorted(firsts)
    assert min(b - a for a, b in zip(apart, apart[1:], strict=False)) >= 10
