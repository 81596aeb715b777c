"""The crop file: bit-exact, random access, damage is noticed."""

import ast
import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from depnb.faces import DamagedCrops, landmarks68, load
from depnb.faces.crop_paths import DEFAULT, Settings, crop_path
from depnb.faces.crops import check, read, write
from tests import bad_videos

pytestmark = pytest.mark.slow

BOX = np.array([20, 20, 204, 204], np.float32)
FACTS = {"source": {"video": "x.mp4"}, "quality": {}}


def write_file(path, crops, index, total):
    n = len(crops)
    with write(path) as writer:
        for crop in crops:
            writer.add(crop)
        writer.finish(
            FACTS,
            index=np.array(index, np.int64),
            times=np.arange(total) / 8,
            found=np.isin(np.arange(total), index),
            points=np.zeros((n, 5, 2), np.float32),
            boxes=np.tile(BOX, (n, 1)),
            matrices=np.tile(np.eye(2, 3), (n, 1, 1)),
        )
    return path


@pytest.fixture
def crops():
    """Noise, a flat picture, a checkerboard of extremes, a photo: 4 × [224, 224, 3]."""
    random = np.random.default_rng(0)
    board = np.indices((224, 224)).sum(0)[..., None] % 2 * np.array([255, 0, 255])
    photo = bad_videos.head(224)
    return np.stack([random.integers(0, 256, (224, 224, 3)), np.full((224, 224, 3), 7), board, photo]).astype(np.uint8)


def test_pictures_come_back_bit_for_bit(tmp_path, crops):
    back = read(write_file(tmp_path / "a.crops", crops, [0, 2, 3, 7], 9))
    assert np.array_equal(back.frames, crops)
    assert back.index.tolist() == [0, 2, 3, 7]
    assert back.found.tolist() == [True, False, True, True, False, False, False, True, False]
    assert np.array_equal(back.time, np.array([0, 2, 3, 7]) / 8)


def test_any_frames_in_any_order(tmp_path, crops):
    path = write_file(tmp_path / "a.crops", crops, [0, 2, 3, 7], 9)
    some = read(path, [7, 0, 7])
    assert np.array_equal(some.frames, crops[[3, 0, 3]])
    assert np.array_equal(some.landmarks, [landmarks68(crop, BOX) for crop in crops[[3, 0, 3]]])
    assert read(path, []).frames.shape == (0, 224, 224, 3)
    with pytest.raises(IndexError, match="frame 4"):
        read(path, [0, 4])


def test_no_crops_at_all(tmp_path, crops):
    back = read(write_file(tmp_path / "a.crops", crops[:0], [], 5))
    assert back.frames.shape == (0, 224, 224, 3)
    assert not back.found.any()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_every_flipped_bit_is_noticed(tmp_path, crops, where, bit):
    path = tmp_path / "a.crops"
    if not path.exists():
        write_file(path, crops[1:3], [0, 1], 2)
    data = bytearray(path.read_bytes())
    data[int(where * len(data))] ^= 1 << bit
    damaged = tmp_path / "b.crops"
    damaged.write_bytes(data)
    with pytest.raises(DamagedCrops, match="depnb faces"):
        check(damaged)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_half_a_file_is_noticed(share, tmp_path, crops):
    path = write_file(tmp_path / "a.crops", crops, [0, 1, 2, 3], 4)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    for reader in (check, read):
        with pytest.raises(DamagedCrops):
            reader(path)


def test_a_block_that_fails_leaves_nothing(tmp_path, crops):
    def fail():
        with write(tmp_path / "a.crops") as writer:
            writer.add(crops[0])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_the_name_changes_with_file_and_settings_but_not_with_the_link(tmp_path):
    video = tmp_path / "v.mp4"
    video.write_bytes(b"1")
    first = crop_path(video)
    link = tmp_path / "link.mp4"
    link.symlink_to(video)
    assert crop_path(link) == first
    assert crop_path(video, Settings(detect_every=1)) != first
    os.utime(video, ns=(1, 1))
    assert crop_path(video, DEFAULT) != first


def test_missing_crops_say_what_to_run(tmp_path, recording):
    with pytest.raises(FileNotFoundError, match="depnb faces"):
        load(recording(bad_videos.good(tmp_path, count=2)))


def test_headers_are_read_by_one_thread_at_a_time(tmp_path, crops, monkeypatch):
    paths = [write_file(tmp_path / f"{number}.crops", crops[:1], [0], 1) for number in range(4)]
    inside, most = [], []

    def slow(header):
        inside.append(header)
        most.append(len(inside))
        time.sleep(0.01)
        inside.remove(header)
        return evaluated(header)

    evaluated = ast.literal_eval
    monkeypatch.setattr(ast, "literal_eval", slow)
    with ThreadPoolExecutor(len(paths)) as threads:
        list(threads.map(check, paths))
    assert most
    assert set(most) == {1}
