"""Every test has a cache of its own; networks run on one thread."""

from pathlib import Path

import pytest
import torch

from depnb.corpus.records import Recording


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("DEPNB_CACHE", str(folder))
    return folder


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def recording():
    """Recording number ``k`` with the given video."""

    def make(video: Path, k: int = 203) -> Recording:
        return Recording(f"{k}_1", None, "train", Path(video), 12.0)

    return make
