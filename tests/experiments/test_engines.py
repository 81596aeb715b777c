"""Engines: jobs of submitit, and units on the nodes of a simulated Ray cluster, one of which is killed.

The simulated cluster needs minutes on two busy cores, so its tests run alone; those marked ``whole`` are run by hand
before Ray's part is changed: ``python -m pytest -m "alone or whole" tests/experiments/test_engines.py``.
"""

import os
import re
import signal
import sys
import time
from threading import Thread

import pytest
from hypothesis import given, strategies as st

from depnb import faces
from depnb.corpus import open_corpus
from depnb.experiments.engines import engine, shared, slurm, working_on
from depnb.experiments.engines.ray_cluster import RayCluster
from depnb.experiments.engines.slurm import Settings, Slurm, by_duration, read_settings
from depnb.faces.crop_paths import DEFAULT, stored_path
from depnb.system.files import StorageError
from depnb.system.repository import ROOT
from depnb.system.workers import Needs, WorkerDied, on, spread
from tests.experiments import engine_work


def test_here_is_no_engine_and_other_names_are_refused(tmp_path):
    assert engine("here", tmp_path) is None
    for name in ("dask", "rays", "", "here:2", "ray:", "slurm", "slurm:"):
        with pytest.raises(ValueError, match="give here, ray, ray:ADDRESS"):
            engine(name, tmp_path)


def test_without_the_extra_a_sentence_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "a.toml").touch()
    for name, module in (("ray", "ray"), (f"slurm:{tmp_path / 'a.toml'}", "submitit")):
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(ModuleNotFoundError, match=r"pip install 'depnb\[cluster\]'"):
            engine(name, tmp_path)


def test_a_ray_cluster_has_room_on_each_node_for_whole_units(monkeypatch):
    large = {"Alive": True, "Resources": {"CPU": 16.0, "GPU": 8.0, "memory": 64.0 * 2**30}}
    small = {"Alive": True, "Resources": {"CPU": 3.0, "memory": 5.0 * 2**30}}
    monkeypatch.setattr(RayCluster, "nodes", [large, small])
    cluster = object.__new__(RayCluster)
    assert cluster.room(Needs(cores=2, gpus=1, memory_mb=2000)) == 8
    assert cluster.room(Needs(cores=2, memory_mb=2000)) == 8 + 1
    assert cluster.room(Needs(cores=1, memory_mb=2000)) == 16 + 2
    assert cluster.room(Needs(gpus=0.25)) == 16
    with pytest.raises(ValueError, match="No node of the Ray cluster has 32 cores, 0 GPUs and 0 MB"):
        cluster.room(Needs(cores=32))


SECONDS_TO_JOIN = 300
"""That a node may take on a machine that does much else."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A head without cores, and two nodes of one core each that begin with it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEPNB_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("PYTHONPATH", str(ROOT))  # where nodes find the work of these tests
        patch.setenv("RAY_raylet_start_wait_time_s", str(SECONDS_TO_JOIN))
        from ray.cluster_utils import Cluster

        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        made.one = made.add_node(wait=False, num_cpus=1)
        made.other = made.add_node(wait=False, num_cpus=1)
        made.wait_for_nodes(timeout=SECONDS_TO_JOIN)
        yield made
        import ray

        ray.shutdown()
        made.shutdown()


@pytest.fixture
def nodes(cluster, tmp_path):
    return engine(f"ray:{cluster.address}", tmp_path / "logs")


def all_of(units, work, nodes, **more):
    with on(nodes), spread(units, work, workers=1, **more) as outcomes:
        return {outcome.name: outcome for outcome in outcomes}


@pytest.mark.alone
def test_units_are_done_on_all_nodes_and_what_they_tell_is_heard(nodes, tmp_path):
    heard = []
    found = all_of({f"unit {n}": n for n in range(6)}, engine_work.square, nodes, hear=heard.append)
    assert {name: outcome.value[0] for name, outcome in found.items()} == {f"unit {n}": n**2 for n in range(6)}
    assert len({outcome.value[1] for outcome in found.values()}) == 2
    assert sorted(heard) == list(range(6))
    assert (tmp_path / "logs" / "unit-3.log").read_text() == "the square of 3\n"


@pytest.mark.whole
def test_a_unit_that_fails_or_kills_its_process_is_told_and_the_rest_goes_on(nodes):
    failed = all_of({"a": 0, "b": 1, "c": 2}, engine_work.fail, nodes)
    assert [failed[name].value for name in "ac"] == [0, 2]
    assert isinstance(failed["b"].error, KeyError)
    killed = all_of({"a": 0, "b": 1, "c": 2}, engine_work.kill, nodes)
    assert [killed[name].value for name in "ac"] == [0, 2]
    assert isinstance(killed["b"].error, WorkerDied)
    assert "memory is running out" in str(killed["b"].error)


@pytest.mark.whole
def test_what_no_node_has_is_said_before_anything_starts(nodes):
    with pytest.raises(ValueError, match="No node of the Ray cluster has 64 cores"):
        all_of({"a": 0}, engine_work.square, nodes, needs=Needs(cores=64))


@pytest.mark.whole
def test_folders_that_are_not_shared_are_refused(cluster, tmp_path, monkeypatch):
    said = []
    with working_on(f"ray:{cluster.address}", tmp_path / "logs", [tmp_path], said.append):
        assert said == []
    monkeypatch.setattr(shared, "write_text", write_of_another)
    with (
        pytest.raises(ValueError, match="does not see what is written"),
        working_on(f"ray:{cluster.address}", tmp_path / "logs", [tmp_path], said.append),
    ):
        raise AssertionError("work began")


@pytest.mark.alone
def test_units_of_a_node_that_is_killed_go_on_elsewhere(cluster, nodes, tmp_path):
    killed, told = [], []

    def hear(one):
        told.append(one)
        if len(told) == 2:
            time.sleep(1)
            killed.append(one)
            victim = next(node for node in (cluster.one, cluster.other) if node.node_id == one[2])
            cluster.remove_node(victim, allow_graceful=False)

    found = all_of({name: tmp_path / name for name in "abcd"}, engine_work.step_by_step, nodes, hear=hear)
    assert all(outcome.error is None for outcome in found.values())
    assert [(tmp_path / name / "step").read_text() for name in "abcd"] == ["10"] * 4
    begun_again = [begun for name, begun, _ in told if name == killed[0][0]]
    assert begun_again[0] == 0
    assert begun_again[-1] > 0


@pytest.mark.whole
def test_faces_are_found_on_two_nodes_of_which_one_is_killed(cluster, nodes):
    recordings = open_corpus("both-tiny").recordings[:6]
    open_corpus("both-tiny").ensure(recordings)
    victim = cluster.add_node(wait=False, num_cpus=1)
    cluster.wait_for_nodes(timeout=SECONDS_TO_JOIN)

    def kill() -> None:
        while not any(stored_path(recording.video, DEFAULT).exists() for recording in recordings):
            time.sleep(0.1)
        cluster.remove_node(victim, allow_graceful=False)

    killer = Thread(target=kill)
    killer.start()
    with on(nodes):
        report = faces.prepare(recordings)
    killer.join()
    assert {row.status for row in report.rows} == {"ok"}
    assert {row.origin for row in report.rows} <= {"made", "cached"}  # cached: made by the node before it was killed
    assert len(report.rows) == len(recordings)
    assert {row.origin for row in faces.prepare(recordings).rows} == {"cached"}


@given(st.dictionaries(st.text(max_size=3), st.integers(1, 10**5), max_size=40))
def test_every_unit_is_in_one_job_and_jobs_of_an_array_are_alike(seconds):
    arrays = by_duration(seconds)
    assert sorted(name for jobs in arrays for names in jobs for name in names) == sorted(seconds)
    for jobs in arrays:
        lengths = [sum(seconds[name] for name in names) for names in jobs]
        assert all(len(names) == 1 or sum(map(seconds.get, names)) <= slurm.SECONDS_OF_A_JOB for names in jobs)
        assert min(lengths) * slurm.ALIKE >= lengths[0]


def test_short_units_share_a_job_and_long_ones_come_first():
    seconds = {"a": 10.0, "b": 7200.0, "c": 3600.0, "d": 20.0, "e": 600.0}
    assert by_duration(seconds) == [[["b"], ["c"]], [["e", "d", "a"]]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("partition = gpu", "is no TOML"),
        ("queue = 'gpu'", "there is no setting 'queue'; there are partition, account"),
        ("hours = 'all'", "hours is 'all', expected"),
        ("gpus = true", "gpus is True, expected"),
        ("setup = 'module load cuda'", "setup is 'module load cuda', expected"),
    ],
)
def test_a_setting_that_cannot_be_is_named(tmp_path, text, said):
    path = tmp_path / "cluster.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=said):
        read_settings(path)


def test_the_example_files_can_be_read(tmp_path):
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert len(examples) == 4
    for text in examples:
        (tmp_path / "cluster.toml").write_text(text)
        assert read_settings(tmp_path / "cluster.toml") != Settings()


def test_settings_of_a_file(tmp_path):
    path = tmp_path / "cluster.toml"
    path.write_text("partition = 'gpu'\nhours = 8\nsetup = ['module load cuda']")
    assert read_settings(path) == Settings(partition="gpu", hours=8, setup=["module load cuda"])
    with pytest.raises(FileNotFoundError):
        read_settings(tmp_path / "none.toml")


def test_what_sbatch_is_asked_for(tmp_path):
    from submitit.slurm.test_slurm import mocked_slurm

    contained = "apptainer exec --nv a.sif python"
    asked = {"memory_gb": 12, "hours": 2, "python": contained, "setup": ["module load cuda"]}
    settings = Settings(partition="gpu", account="lab", **asked)
    units, durations = {f"run {n}": n for n in range(5)}, (7200.0, 6000.0, 3000.0, 200.0, 100.0)
    with mocked_slurm():
        of_slurm = Slurm(settings, tmp_path)
        working = of_slurm.spread(units, engine_work.square, needs=Needs(4, 1, 2000), seconds=durations.__getitem__,
                                  start=None, hear=print)  # fmt: skip
        with working:
            long, short = sorted(path.read_text() for path in (tmp_path / "slurm").glob("*_submission.sh"))
    for text in (long, short):
        for line in ("--partition=gpu", "--account=lab", "--gpus-per-node=1", "--cpus-per-task=4", "--mem=12GB"):
            assert f"#SBATCH {line}\n" in text
        assert "--signal=USR2@120" in text
        assert "module load cuda" in text
        assert f"{contained} -u -m submitit" in text
    limits = [[line for line in text.splitlines() if "--array" in line or "--time" in line] for text in (long, short)]
    assert sorted(limits) == [["#SBATCH --array=0-2%3", "#SBATCH --time=120"], ["#SBATCH --time=25"]]


@pytest.mark.slow
def test_a_job_at_its_limit_is_queued_again_and_goes_on(tmp_path):
    of_slurm = Slurm(Settings(cluster="local"), tmp_path / "logs")
    limit = Thread(target=reach_the_limit, args=(tmp_path / "b",))
    limit.start()
    told = []
    units = {name: tmp_path / name for name in "abc"}
    found = all_of(units, engine_work.step_by_step, of_slurm, hear=told.append)
    limit.join()
    assert sorted(name for name, *_ in told) == ["a", "b", "b", "c"]
    assert list((tmp_path / "logs").rglob("*.told")) == []
    assert {name: outcome.value for name, outcome in found.items()} == {"a": 0, "b": found["b"].value, "c": 0}
    assert 0 < found["b"].value < 10
    begun = [len((tmp_path / name / "begun").read_text().split()) for name in "abc"]
    assert begun == [1, 2, 1]


def reach_the_limit(folder):
    """Send what SLURM sends before the time limit, when the unit of a folder is at work."""
    while not (folder / "step").exists():
        time.sleep(0.1)
    os.kill(int((folder / "begun").read_text()), signal.SIGUSR2)


@pytest.mark.slow
def test_a_job_says_what_failed_and_what_killed_it(tmp_path):
    of_slurm = Slurm(Settings(cluster="local"), tmp_path / "logs")
    failed = all_of({"a": 0, "b": 1, "c": 2}, engine_work.fail, of_slurm)
    assert [failed[name].value for name in "ac"] == [0, 2]
    assert isinstance(failed["b"].error, KeyError)
    killed = all_of({"a": 0, "b": 1, "c": 2}, engine_work.kill, of_slurm)
    assert [killed[name].value for name in "ac"] == [0, 2]
    assert isinstance(killed["b"].error, WorkerDied)


@pytest.mark.slow
def test_a_job_refuses_folders_that_are_not_shared(tmp_path, monkeypatch):
    (tmp_path / "local.toml").write_text("cluster = 'local'")
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(shared, "write_text", write_of_another)
    place = working_on(f"slurm:{tmp_path / 'local.toml'}", tmp_path / "logs", [tmp_path], print)
    with place, spread({"a": 0}, engine_work.square, workers=1) as outcomes:
        (outcome,) = outcomes
    assert "does not see what is written" in str(outcome.error)


def write_of_another(path, token):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("of another machine")


@pytest.mark.slow
def test_a_full_disk_ends_it_all(tmp_path):
    of_slurm = Slurm(Settings(cluster="local"), tmp_path / "logs")
    with pytest.raises(StorageError, match="full"):
        all_of({"a": 0, "b": 1}, engine_work.fill_the_disk, of_slurm)
