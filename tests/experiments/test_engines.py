"""Engines: units on the nodes of a simulated Ray cluster, one of which is killed."""

import sys
import time

import pytest

from depnb.experiments import engines
from depnb.experiments.engines import engine, working_on
from depnb.system.workers import Needs, WorkerDied, on, spread
from tests.experiments import engine_work


def test_here_is_no_engine_and_other_names_are_refused(tmp_path):
    assert engine("here", tmp_path) is None
    for name in ("dask", "rays", "", "here:2"):
        with pytest.raises(ValueError, match="give here, ray or ray:ADDRESS"):
            engine(name, tmp_path)


def test_without_ray_a_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'depnb\[cluster\]'"):
        engine("ray", tmp_path)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A head without cores, and two nodes of one core each that begin with it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEPNB_CACHE", str(tmp_path_factory.mktemp("cache")))
        from ray.cluster_utils import Cluster

        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        made.one = made.add_node(num_cpus=1)
        made.other = made.add_node(num_cpus=1)
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


@pytest.mark.slow
def test_units_are_done_on_all_nodes_and_what_they_tell_is_heard(nodes, tmp_path):
    heard = []
    found = all_of({f"unit {n}": n for n in range(6)}, engine_work.square, nodes, hear=heard.append)
    assert {name: outcome.value[0] for name, outcome in found.items()} == {f"unit {n}": n**2 for n in range(6)}
    assert len({outcome.value[1] for outcome in found.values()}) == 2
    assert sorted(heard) == list(range(6))
    assert (tmp_path / "logs" / "unit-3.log").read_text() == "the square of 3\n"


@pytest.mark.slow
def test_a_unit_that_fails_or_kills_its_process_is_told_and_the_rest_goes_on(nodes):
    failed = all_of({"a": 0, "b": 1, "c": 2}, engine_work.fail, nodes)
    assert [failed[name].value for name in "ac"] == [0, 2]
    assert isinstance(failed["b"].error, KeyError)
    killed = all_of({"a": 0, "b": 1, "c": 2}, engine_work.kill, nodes)
    assert [killed[name].value for name in "ac"] == [0, 2]
    assert isinstance(killed["b"].error, WorkerDied)
    assert "memory is running out" in str(killed["b"].error)


@pytest.mark.slow
def test_what_no_node_has_is_said_before_anything_starts(nodes):
    with pytest.raises(ValueError, match="No node of the Ray cluster has 64 cores"):
        all_of({"a": 0}, engine_work.square, nodes, needs=Needs(cores=64))


@pytest.mark.slow
def test_folders_that_are_not_shared_are_refused(cluster, tmp_path, monkeypatch):
    said = []
    with working_on(f"ray:{cluster.address}", tmp_path / "logs", [tmp_path], said.append):
        assert said == []
    monkeypatch.setattr(engines, "write_text", lambda path, token: path.write_text("of another machine"))
    with (
        pytest.raises(ValueError, match="does not see what is written"),
        working_on(f"ray:{cluster.address}", tmp_path / "logs", [tmp_path], said.append),
    ):
        raise AssertionError("work began")


@pytest.mark.slow
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
