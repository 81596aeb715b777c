"""Fixtures that tests of several folders share."""

import shutil
import sys

import matplotlib as mpl
import pytest
from hypothesis import settings

settings.register_profile("depnb", deadline=None)  # how long an example takes says what else the machine does
settings.load_profile("depnb")


@pytest.fixture(autouse=True)
def _closed_figures():
    """Figures that a test leaves open are closed after it: they must not reach the next test of the same process."""
    mpl.use("Agg")
    yield
    if plt := sys.modules.get("matplotlib.pyplot"):
        plt.close("all")


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """A cache of the test's own; corpora that are open already lie in another one."""
    from depnb.experiments import corpora

    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    corpora.open_for_profile.cache_clear()
    yield
    corpora.open_for_profile.cache_clear()


@pytest.fixture
def profile():
    """The smoke profile on one thread."""
    from dataclasses import replace

    from depnb.methods.profiles import PROFILES

    return replace(PROFILES["smoke"], threads=1)


@pytest.fixture(scope="session")
def bright():
    """Frames by partition, whose brightness is the label; nobody is in two of them."""
    from tests.bright import bright_frames, bright_recordings

    people = {"train": 20, "development": 8, "test": 8, "unseen": 8}
    return {
        name: bright_frames(bright_recordings(name, count, first=200 + 100 * k))
        for k, (name, count) in enumerate(people.items())
    }


@pytest.fixture
def bright_corpus(bright):
    """The recordings of ``bright`` as a generated corpus; its videos do not exist."""
    from pathlib import Path

    from depnb.corpus.records import Corpus

    recordings = tuple(recording for frames in bright.values() for recording in frames.recordings)
    return Corpus("bright", Path("bright"), recordings, True, {"recipe": {"seed": 1}}, noise_floor=1.5)


@pytest.fixture
def trainings_in_this_process(monkeypatch):
    """No helpers, which would not know what a test has replaced, no corpora and bodies for trainings that are."""
    from depnb.experiments import execute, filling

    monkeypatch.setattr(filling, "usable_cores", lambda: 1)
    monkeypatch.setattr(execute, "prepare", lambda runs, device: None)
    monkeypatch.setattr(execute, "bodies", lambda run, kind: iter(()))
    monkeypatch.setattr(filling, "_todo", lambda runs, store, kind: list(runs))


def pytest_collection_modifyitems(items):
    """What takes long runs when all else has passed."""
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


@pytest.fixture(scope="module")
def browser():
    """The Chromium of this machine."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
