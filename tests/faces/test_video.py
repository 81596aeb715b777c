"""Decoding, good and bad input."""

import numpy as np
import pytest

from depnb.faces import Video, VideoError
from tests import bad_videos


@pytest.mark.parametrize("kind", bad_videos.UNREADABLE)
def test_unreadable_video_says_what_is_wrong(kind, tmp_path):
    make, message = bad_videos.UNREADABLE[kind]
    path = make(tmp_path)
    with pytest.raises(VideoError, match=message) as caught:
        list(Video(path).frames())
    assert str(path) in str(caught.value)


def test_folder_is_not_a_video(tmp_path):
    with pytest.raises(VideoError, match="Not a file"):
        Video(tmp_path)


def test_cut_in_the_middle_gives_what_is_left_and_counts_the_loss(tmp_path):
    video = Video(bad_videos.cut_in_the_middle(tmp_path))
    frames = list(video.frames())
    assert 2 <= len(frames) < bad_videos.FRAMES
    assert any(str(bad_videos.FRAMES - len(frames)) in warning for warning in video.warnings)
    for frame, true in zip(frames, bad_videos.moving()[: len(frames) - 1], strict=False):
        assert np.abs(frame.rgb.astype(int) - true).mean() < 6


def test_whole_video_has_no_warning_and_pictures_in_order(tmp_path):
    video = Video(bad_videos.good(tmp_path))
    frames = list(video.frames())
    assert [f.index for f in frames] == list(range(bad_videos.FRAMES))
    assert video.warnings == []
    assert np.allclose([f.time for f in frames], np.arange(bad_videos.FRAMES) / bad_videos.RATE)
    for frame, true in zip(frames, bad_videos.moving(), strict=True):
        assert frame.rgb.dtype == np.uint8
        assert np.abs(frame.rgb.astype(int) - true).mean() < 6


def test_step_gives_the_same_pictures_and_counts_all(tmp_path):
    video = Video(bad_videos.good(tmp_path))
    every = list(video.frames())
    some = list(video.frames(5))
    assert [f.index for f in some] == [0, 5, 10, 15]
    assert video.decoded_frames == bad_videos.FRAMES
    assert all(np.array_equal(f.rgb, every[f.index].rgb) for f in some)


def test_variable_rate_keeps_the_time_stamps(tmp_path):
    times = [f.time for f in Video(bad_videos.variable_rate(tmp_path)).frames()]
    assert np.allclose(times, np.array(bad_videos.VARIABLE_STAMPS) / 1000, atol=1e-3)


@pytest.mark.parametrize("clockwise", [0, 90, 180, 270])
def test_rotation_metadata_turns_the_picture(clockwise, tmp_path):
    true = bad_videos.moving(1)[0]
    stored = np.ascontiguousarray(np.rot90(true, clockwise // 90))
    path = bad_videos.set_rotation(bad_videos.encode(tmp_path / "r.mp4", [stored]), clockwise)
    (frame,) = Video(path).frames()
    assert frame.rgb.shape == true.shape
    assert np.abs(frame.rgb.astype(int) - true).mean() < 6


def test_odd_sizes(tmp_path):
    assert next(Video(bad_videos.odd_sized(tmp_path)).frames()).rgb.shape == (145, 177, 3)


def test_grey_becomes_rgb(tmp_path):
    picture = next(Video(bad_videos.grey(tmp_path)).frames()).rgb
    assert picture.shape == (bad_videos.HEIGHT, bad_videos.WIDTH, 3)
    assert np.ptp(picture.astype(int), axis=2).max() <= 2
    assert picture.std() > 20
