import pytest

from depnb import experiments, runner


@pytest.fixture(autouse=True)
def trainings_in_this_process(monkeypatch):
    """No helpers, which would not know what a test has replaced, and no corpora for trainings that are replaced."""
    monkeypatch.setattr(runner, "usable_cores", lambda: 1)
    monkeypatch.setattr(experiments, "prepare", lambda runs, device: None)
