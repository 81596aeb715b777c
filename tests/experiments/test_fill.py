"""Several processes fill one store."""

import multiprocessing
import os
import signal
import time
from contextlib import contextmanager
from threading import Event, Thread
from types import SimpleNamespace

import psutil
import pytest
import torch

from depnb.experiments import execute, filling, plan
from depnb.experiments.filling import fill
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.system.repository import COMMITTED
from depnb.system.workers import Needs, claimed, on
from depnb.training import loop
from tests import bad_videos
from tests.corpus import trees
from tests.experiments import claim
from tests.pretended_engine import PretendedEngine
from tests.results_made import result_of

pytestmark = pytest.mark.usefixtures("trainings_in_this_process")

TRAIN, TODO = filling._train, filling._todo
RUNS = [Run("distribution", "expectation", profile="smoke", seed=seed) for seed in range(4)]


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(execute, "run", lambda run, store, device: store.save(result_of(run)))
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
            if "another process" in line:  # when all else is done
                other.kill()

        fill(RUNS, Store(store.path), "cpu", say, problems.append)
    assert problems == []
    assert store.missing(RUNS) == []
    assert "seed 1" in said[0]
    assert "another process is making it" in said[-2]
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


def train(store, devices, run, worker):
    """In a worker process: what is saved is made up, one run is at fault, one kills the process."""

    def made_up(run, store, device):
        if run.seed == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        if run.seed == 2:
            raise ZeroDivisionError("odd input")
        store.save(result_of(run))

    execute.run = made_up
    TRAIN(store, devices, run, worker)


@pytest.mark.slow
def test_a_run_that_kills_its_process_is_named_and_the_rest_goes_on(store, monkeypatch):
    monkeypatch.setattr(filling, "usable_cores", lambda: 2)
    monkeypatch.setattr(filling, "_train", train)
    said, problems = [], []
    fill(RUNS, store, "cpu", said.append, problems.append)
    killed, odd = sorted(problems, key=lambda line: "seed 2" in line)
    assert "seed 1: WorkerDied: the process that worked on it died (signal 9)" in killed
    assert "seed 2: ZeroDivisionError: odd input" in odd
    assert store.missing(RUNS) == RUNS[1:3]
    assert sum(line.startswith("[") for line in said) == len(RUNS)
    assert {line for line in said if line.startswith("✘")} == {f"✘ {line}" for line in problems}


def test_several_trainings_at_once_where_there_are_cores_and_memory(monkeypatch):
    memory = SimpleNamespace(available=3 * filling.PROCESS_MB * 2**20)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(filling, "usable_cores", lambda: 8)
    assert filling._room(RUNS) == 3
    assert filling._room(RUNS[:2]) == 2
    monkeypatch.setattr(filling, "usable_cores", lambda: 1)
    assert filling._room(RUNS) == 1
    memory.available = 0
    assert filling._room(RUNS) == 1


@pytest.mark.parametrize(
    ("kind", "device", "expected"),
    [
        ("cuda", "auto", ("cuda:0", "cuda:1", "cuda:2")),
        ("cuda", "cuda", ("cuda:0", "cuda:1", "cuda:2")),
        ("cuda", "cuda:1", ("cuda:1",)),
        ("mps", "mps", ("mps",)),
        ("cpu", "auto", ("auto", "auto")),
    ],
)
def test_every_gpu_that_is_seen_has_a_training_unless_one_is_named(monkeypatch, kind, device, expected):
    monkeypatch.setattr(loop, "device_kind", lambda device: kind)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    monkeypatch.setattr(filling, "_room", lambda runs: 2)
    assert filling._devices(RUNS, device) == expected
    assert filling._devices(RUNS[:1], device) == expected[: 1 if kind == "cuda" else None]


@pytest.mark.slow
def test_each_worker_trains_on_its_own_device(store, monkeypatch):
    monkeypatch.setattr(filling, "_devices", lambda runs, device: ("cuda:0", "cuda:1"))
    monkeypatch.setattr(filling, "_train", noted)
    problems = []
    fill(RUNS, store, "cpu", print, problems.append)
    assert problems == []
    used = [(store.path / f"{run.seed}.device").read_text() for run in RUNS]
    assert set(used) == {"cuda:0", "cuda:1"}


def noted(store, devices, run, worker):
    """In a worker process: its device is written down, and no run ends before both devices have one."""

    def made_up(run, store, device):
        (store.path / f"{run.seed}.device").write_text(device)
        while len({path.read_text() for path in store.path.glob("*.device")} - {""}) < 2:
            time.sleep(0.05)
        store.save(result_of(run))

    execute.run = made_up
    TRAIN(store, devices, run, worker)


@pytest.mark.parametrize(
    ("gpus", "device", "expected"), [(8, "auto", 1), (8, "cuda", 1), (8, "cpu", 0), (0, "auto", 0)]
)
def test_an_engine_is_asked_for_a_gpu_a_training_where_it_has_some(store, gpus, device, expected):
    pretended, problems = PretendedEngine(gpus), []
    with on(pretended):
        fill(RUNS, store, device, print, problems.append)
    assert problems == store.missing(RUNS) == []
    assert pretended.asked == [Needs(1, expected, filling.PROCESS_MB)]


def test_a_gpu_of_one_machine_is_no_place_for_an_engine(store):
    with on(PretendedEngine(8)), pytest.raises(ValueError, match="is a device of this machine"):
        fill(RUNS, store, "cuda:1", print, print)


def test_a_run_waits_for_its_body_while_others_go_on(store, monkeypatch, tmp_path):
    made, body = [], tmp_path / "body"
    monkeypatch.setattr(filling, "_todo", TODO)
    for module in (execute, plan):
        monkeypatch.setattr(module, "bodies", lambda run, kind: iter([body] if run.seed < 2 else []))
    monkeypatch.setattr(execute, "pretrain", lambda run, device: made.append(f"body of {run.seed}"))
    monkeypatch.setattr(execute, "run", lambda run, store, device: (made.append(run.seed), store.save(result_of(run))))
    fill(RUNS, store, "cpu", print, print)
    assert len(made) == 1 + len(RUNS)
    assert made[0] in ("body of 0", "body of 1")
    assert sorted(made[1:3]) == [2, 3]  # the body is nowhere, as if another process were still training it
    assert sorted(made[3:]) == [0, 1]
    body.touch()
    for path in store.path.glob("distribution/*.json"):
        path.unlink()
    made.clear()
    fill(RUNS, store, "cpu", print, print)
    assert len(made) == len(RUNS)
    assert not [one for one in made if isinstance(one, str)]


def test_a_body_that_another_process_trains_is_waited_for_at_the_end(store, monkeypatch, tmp_path):
    said, made, body = [], [], tmp_path / "body"
    monkeypatch.setattr(filling, "_todo", TODO)
    for module in (execute, plan):
        monkeypatch.setattr(module, "bodies", lambda run, kind: iter([body] if run.seed < 2 else []))
    monkeypatch.setattr(execute, "pretrain", lambda run, device: (made.append(run.seed), body.touch()))
    held, free = Event(), Event()

    def hold() -> None:
        with claimed(body, True):
            held.set()
            free.wait()

    def say(line: str) -> None:
        said.append(line)
        if "another process" in line:
            free.set()

    other = Thread(target=hold)
    other.start()
    held.wait()
    fill(RUNS, store, "cpu", say, say)
    other.join()
    assert len(made) == 1
    waited = next(place for place, line in enumerate(said) if "another process is making it" in line)
    assert "the body of" in said[waited]
    assert sorted(line.split("seed ")[1][0] for line in said[:waited]) == ["2", "3"]
    assert store.missing(RUNS) == []


def test_nothing_is_begun_for_a_store_where_git_would_take_results_of_people(tmp_path, monkeypatch):
    def begun(*_):
        raise AssertionError("faces were looked for")

    video = bad_videos.good(tmp_path, count=4)
    people = trees.avec2014(tmp_path / "AVEC2014", put=trees.copy_of(video))
    monkeypatch.setattr(execute, "prepare", begun)
    runs = [Run("distribution", "expectation", str(people), profile="smoke")]
    with pytest.raises(ValueError, match=r"git would take it into the repository .* Name a folder in runs/"):
        fill(runs, Store(COMMITTED), "cpu", print, print)
