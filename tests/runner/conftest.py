import pytest

from depnb import runner


@pytest.fixture(autouse=True)
def one_training_at_a_time(monkeypatch):
    """A helper is a process of its own, which does not know what a test has replaced."""
    monkeypatch.setattr(runner, "usable_cores", lambda: 1)
