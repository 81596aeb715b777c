import pytest

from depnb import experiments, runner


@pytest.fixture(autouse=True, scope="session")
def one_training_at_a_time():
    """A helper is a process of its own, which does not know what a test has replaced; what trains prepares itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "usable_cores", lambda: 1)
        patch.setattr(experiments, "prepare", lambda runs: None)
        yield
