"""The film of a still photograph."""

import numpy as np
import pytest

from depnb.faces import Video, samples


def test_the_film_is_made_once_and_in_the_cache(cache):
    path = samples.moved_portrait()
    assert path.is_relative_to(cache)
    assert [p for p in cache.rglob("*") if p.is_file()] == [path]
    path.write_bytes(b"left alone")
    assert samples.moved_portrait() == path
    assert path.read_bytes() == b"left alone"


def test_it_moves_and_is_the_same_wherever_it_is_made(tmp_path, monkeypatch):
    path = samples.moved_portrait()
    frames = np.stack([frame.rgb for frame in Video(path).frames()])
    assert frames.shape == (120, 144, 176, 3)
    assert Video(path).frame_rate == pytest.approx(30000 / 1001)
    assert np.abs(np.diff(frames.astype(int), axis=0)).mean(axis=(1, 2, 3)).min() > 1
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "another"))
    assert samples.moved_portrait().read_bytes() == path.read_bytes()


def test_the_camera_never_leaves_the_photograph(monkeypatch):
    monkeypatch.setattr(samples, "astronaut", lambda: np.full((512, 512, 3), 255, np.uint8))
    frames = [frame.rgb for frame in Video(samples.moved_portrait()).frames()]
    assert min(frame.min() for frame in frames) > 240  # beyond the edge it would be black


def test_a_photograph_that_is_missing_is_named():
    with pytest.raises(FileNotFoundError, match="pip install no-such-package"):
        samples.package_file("no-such-package", "astronaut.png")
