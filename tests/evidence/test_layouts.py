"""The same videos in any of AVEC's forms give the same numbers."""

import shutil

import cv2
import pytest

from depnb import experiments, results
from depnb.corpus import open_corpus
from depnb.faces import Video
from depnb.results import Run, Store
from tests.corpus import trees
from tests.corpus.trees import Entry


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A tiny generated corpus, its official partitions written in every form; the corpus itself is ``plain``."""
    with pytest.MonkeyPatch.context() as patch:
        base = tmp_path_factory.mktemp("layouts")
        patch.setenv("DEPNB_CACHE", str(base / "cache"))
        results.opened.cache_clear()
        corpus = open_corpus("both-tiny")
        recordings = corpus.partition("train", "development", "test")
        corpus.ensure(recordings)
        videos = {(r.id, r.task): r.video for r in recordings}
        entries = [Entry(r.id, r.task, r.partition, int(r.bdi)) for r in recordings]
        single = [entry._replace(task=None) for entry in entries if entry.task == "Freeform"]

        def copied(path, entry):
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(videos[entry.session, entry.task or "Freeform"], path)

        def frames(folder, entry):
            folder.mkdir(parents=True)
            for frame in Video(videos[entry.session, entry.task or "Freeform"]).frames():
                picture = cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR)
                cv2.imwrite(str(folder / f"frame_det_00_{frame.index + 1:06d}.bmp"), picture)

        found = {"plain": "both-tiny"}
        for name, (build, of) in trees.LAYOUTS.items():
            found[name] = str(build(base / name, single if of is trees.ENTRIES_2013 else entries, copied))
        found["AVEC2014 frames"] = str(trees.aligned(base / "AVEC2014 frames", entries, frames))
        found["AVEC2013 frames"] = str(trees.aligned(base / "AVEC2013 frames", single, frames))
        freeform = [entry for entry in entries if entry.task == "Freeform"]
        found["Freeform"] = str(trees.avec2014(base / "Freeform", freeform, copied))
        yield found
        results.opened.cache_clear()


@pytest.fixture(scope="module")
def metrics(folders, tmp_path_factory):
    """Errors on the test set by form of the corpus, each trained once."""
    made = {}

    def of(name):
        if name not in made:
            store = Store(tmp_path_factory.mktemp("store"))
            run = Run("distribution", "expectation_scratch", corpus=folders[name], profile="smoke")
            made[name] = experiments.run(run, store, device="cpu").metrics["test"]
        return made[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEPNB_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield of


@pytest.mark.parametrize("layout", ["AVEC2014", "AVEC2014 doubled", "AVEC2014 renamed", "AVEC2014 frames"])
def test_both_tasks_in_any_form(metrics, layout):
    found = metrics(layout)
    assert metrics("plain").items() <= found.items()
    assert found["sessions"] == found["videos"] / 2
    assert found["rmse_sessions"] < found["rmse"]


@pytest.mark.parametrize("layout", ["AVEC2013", "AVEC2013 apart", "AVEC2013 frames"])
def test_one_task_in_any_form(metrics, layout):
    assert metrics(layout) == metrics("Freeform") != metrics("plain")
