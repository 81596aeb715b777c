"""Pictures in OpenFace's form are the crops of their frames, number for number."""

import re
from dataclasses import replace

import cv2
import numpy as np
import pytest

from depnb import faces
from depnb.faces import Video, aligned_frames, warp
from depnb.faces.aligned_frames import SETTINGS, SIZE, halved, write_aligned
from depnb.system.files import StorageError
from tests import bad_videos

pytestmark = pytest.mark.slow

HIDDEN = (4, 5, 6)


@pytest.fixture
def filmed(tmp_path, recording):
    """A recording of a moving face with crops; three frames show nobody."""
    frames = np.array(bad_videos.moving(12))
    frames[list(HIDDEN)] = 0
    made = recording(bad_videos.encode(tmp_path / "a.mp4", frames))
    assert not faces.prepare([made], workers=1, settings=SETTINGS).failures
    return made


def test_each_picture_is_its_frame_of_the_video_aligned(tmp_path, filmed, monkeypatch):
    monkeypatch.setattr(aligned_frames, "BATCH", 4)  # so that there are several
    folder = tmp_path / "203_1_cut_combined_aligned"
    crops, video = faces.load(filmed, settings=SETTINGS), [frame.rgb for frame in Video(filmed.video).frames()]
    assert write_aligned(filmed, folder) == len(crops.frames) == 9
    names = sorted(path.name for path in folder.iterdir())
    numbers = [int(re.fullmatch(r"frame_det_00_(\d{6})\.bmp", name)[1]) for name in names]
    assert numbers == [frame + 1 for frame in range(12) if frame not in HIDDEN] == (crops.index + 1).tolist()
    for name, number, crop, matrix in zip(names, numbers, crops.frames, crops.matrices, strict=True):
        picture = cv2.cvtColor(cv2.imread(str(folder / name)), cv2.COLOR_BGR2RGB)
        assert picture.shape == (SIZE, SIZE, 3) == (112, 112, 3)
        assert np.array_equal(picture, next(halved(crop[None])))
        means = crop.reshape(112, 2, 112, 2, 3).mean((1, 3))
        assert np.abs(picture - means).max() <= 0.5
        again = warp(video[number - 1], matrix).reshape(112, 2, 112, 2, 3).mean((1, 3))
        assert np.abs(picture - again).mean() < 1


def test_what_is_there_is_kept_or_refused(tmp_path, filmed):
    folder = tmp_path / "a_aligned"
    write_aligned(filmed, folder)
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    (folder / ".DS_Store").touch()
    assert write_aligned(filmed, folder) == len(before)
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    (folder / "frame_det_00_000099.bmp").touch()
    with pytest.raises(ValueError, match="see frame_det_00_000099.bmp"):
        write_aligned(filmed, folder)
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="delete it"):
        write_aligned(filmed, tmp_path / "file")


def test_without_crops_nothing_is_written(tmp_path, filmed, recording):
    other = replace(filmed, video=bad_videos.encode(tmp_path / "b.mp4", bad_videos.moving(4)))
    with pytest.raises(FileNotFoundError, match="faces"):
        write_aligned(other, tmp_path / "b_aligned")
    assert not (tmp_path / "b_aligned").exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path, filmed):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file"):
        write_aligned(filmed, tmp_path / "file" / "b_aligned")
