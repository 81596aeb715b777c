"""The same videos in any of AVEC's forms give the same numbers."""

import pytest

from depnb.corpus import open_corpus
from depnb.experiments import corpora, evaluation, execute
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from tests.corpus import trees

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A tiny generated corpus, its official partitions written in every form; the corpus itself is ``plain``."""
    with pytest.MonkeyPatch.context() as patch:
        base = tmp_path_factory.mktemp("layouts")
        patch.setenv("DEPNB_CACHE", str(base / "cache"))
        corpora.open_for_profile.cache_clear()
        corpus = open_corpus("both-tiny")
        found = {"plain": "both-tiny"} | {name: str(path) for name, path in trees.written(corpus, base).items()}
        yield found
        corpora.open_for_profile.cache_clear()


@pytest.fixture(scope="module")
def metrics(folders, tmp_path_factory):
    """Errors on the test set by form of the corpus, each trained once; in all digits, though the people are few."""
    made = {}

    def of(name):
        if name not in made:
            store = Store(tmp_path_factory.mktemp("store"))
            run = Run("distribution", "expectation_scratch", corpus=folders[name], protocol="selected", profile="smoke")
            made[name] = execute.run(run, store, device="cpu").metrics["test"]
        return made[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEPNB_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(evaluation, "kept", dict)
        yield of


@pytest.mark.parametrize("layout", ["AVEC2014", "AVEC2014 doubled", "AVEC2014 renamed", "AVEC2014 frames"])
def test_both_tasks_in_any_form(metrics, layout):
    found = metrics(layout)
    plain = {name: value for name, value in metrics("plain").items() if not name.startswith("bias")}
    assert plain.items() <= found.items()
    assert not any(name.startswith("bias") for name in found)  # in each band are fewer than five people
    assert found["sessions"] == found["videos"] / 2
    assert found["rmse_sessions"] < found["rmse"]


@pytest.mark.parametrize("layout", ["AVEC2013", "AVEC2013 apart", "AVEC2013 frames"])
def test_one_task_in_any_form(metrics, layout):
    assert metrics(layout) == metrics("Freeform") != metrics("plain")
