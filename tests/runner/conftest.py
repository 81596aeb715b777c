import pytest

from depnb.experiments import execute, fill


@pytest.fixture(autouse=True)
def trainings_in_this_process(monkeypatch):
    """No helpers, which would not know what a test has replaced, and no corpora for trainings that are replaced."""
    monkeypatch.setattr(fill, "usable_cores", lambda: 1)
    monkeypatch.setattr(execute, "prepare", lambda runs, device: None)
