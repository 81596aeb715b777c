"""Frames are upright, unmirrored, in square pixels, of one size, without combs, in the range of a screen."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from depnb.faces import Video
from depnb.faces.upright import MOST_STRETCH, fit
from tests import bad_videos

TRUE = bad_videos.moving(1)[0]  # [144, 176, 3]

SHOWN = {
    "as it is": ((1, 0, 0, 1), lambda p: p),
    "mirrored": ((-1, 0, 0, 1), lambda p: p[:, ::-1]),
    "upside down and mirrored": ((1, 0, 0, -1), lambda p: p[::-1]),
    "half a turn": ((-1, 0, 0, -1), lambda p: p[::-1, ::-1]),
    "clockwise": ((0, 1, -1, 0), lambda p: np.rot90(p, -1)),
    "counter-clockwise": ((0, -1, 1, 0), lambda p: np.rot90(p)),
    "clockwise and mirrored": ((0, 1, 1, 0), lambda p: np.rot90(p, -1)[:, ::-1]),
    "counter-clockwise and mirrored": ((0, -1, -1, 0), lambda p: np.rot90(p)[:, ::-1]),
    "nothing": ((0, 0, 0, 0), lambda p: p),
}
"""A matrix of a file, and what it makes of the stored picture."""


def difference(rgb, true):
    assert rgb.shape == true.shape
    return np.abs(rgb.astype(int) - true).mean()


@pytest.mark.parametrize("name", SHOWN)
def test_the_whole_matrix_is_applied(name, tmp_path):
    matrix, shown = SHOWN[name]
    path = bad_videos.set_matrix(bad_videos.encode(tmp_path / "m.mp4", [TRUE]), matrix)
    (frame,) = Video(path).frames()
    assert difference(frame.rgb, shown(TRUE)) < 6
    assert frame.rgb.flags.c_contiguous


@pytest.mark.parametrize("aspect", [Fraction(2), Fraction(1, 2), Fraction(64, 45), Fraction(8, 9)])
def test_pixels_are_square(aspect, tmp_path):
    stored = cv2.resize(TRUE, (round(176 / aspect) // 2 * 2, 144), interpolation=cv2.INTER_AREA)
    (frame,) = Video(bad_videos.encode(tmp_path / "s.mp4", [stored], aspect=aspect)).frames()
    height, width = frame.rgb.shape[:2]
    assert height == 144
    assert abs(width - 176) <= 2
    assert difference(cv2.resize(frame.rgb, (176, 144)), TRUE) < 9


def test_square_pixels_are_told_by_turned_ones_too(tmp_path):
    stored = cv2.resize(TRUE, (88, 144), interpolation=cv2.INTER_AREA)
    path = bad_videos.encode(tmp_path / "st.mp4", [stored], aspect=Fraction(2))
    (frame,) = Video(bad_videos.set_rotation(path, 90)).frames()
    assert difference(frame.rgb, np.rot90(TRUE, -1)) < 9


@pytest.mark.parametrize("aspect", [Fraction(200, 199), Fraction(MOST_STRETCH + 1), Fraction(1, 100)])
def test_nearly_square_and_impossible_pixels_are_left_alone(aspect, tmp_path):
    (frame,) = Video(bad_videos.encode(tmp_path / "s.mp4", [TRUE], aspect=aspect)).frames()
    assert frame.rgb.shape == TRUE.shape


def test_a_change_of_size_is_scaled_to_the_first(tmp_path):
    video = Video(bad_videos.changing_size(tmp_path))
    frames = list(video.frames())
    assert len(frames) == 16
    for frame, true in zip(frames, bad_videos.moving(8) * 2, strict=True):
        assert difference(frame.rgb, true) < 9
    assert video.warnings == ["8 frames of another size were scaled to that of the first"]


def test_another_shape_keeps_its_pixels_square():
    fitted = fit(np.full((50, 100, 3), 200, np.uint8), 80, 80)
    assert fitted.shape == (80, 80, 3)
    assert (fitted[20:60] == 200).all()
    assert (fitted[:20] == 0).all()
    assert (fitted[60:] == 0).all()


def test_frames_whose_size_is_damaged_are_counted_and_left_out(tmp_path):
    video = Video(bad_videos.damaged_size(tmp_path))
    frames = list(video.frames())
    assert len(frames) == 12
    assert {frame.rgb.shape for frame in frames} == {TRUE.shape}
    assert "4 frames have a wrong size from damage and are left out" in video.warnings
    assert [frame.index for frame in frames] == list(range(12))
    assert (np.diff([frame.time for frame in frames]) > 0).all()


def combs(rgb):
    """How much more neighbouring lines differ than lines of one field do."""
    grey = rgb.astype(float).mean(2)
    return np.abs(np.diff(grey, axis=0)).mean() / np.abs(grey[2:] - grey[:-2]).mean()


def test_interlaced_frames_have_no_combs(tmp_path):
    pictures = [bad_videos.with_heads([(10 + 8 * k, 20)]) for k in range(8)]
    video = Video(bad_videos.set_rotation(bad_videos.interlaced(tmp_path, pictures), 180))
    frames = list(video.frames())
    assert len(frames) == 4
    assert np.allclose([frame.time for frame in frames], np.arange(4) / 4)
    assert video.warnings == []
    for frame, first, second in zip(frames, pictures[::2], pictures[1::2], strict=True):
        woven = first.copy()
        woven[1::2] = second[1::2]
        assert combs(woven) > 1.2
        assert combs(frame.rgb) < 0.9
        assert min(difference(frame.rgb[::-1, ::-1], field) for field in (first, second)) < 6


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["pq", "hlg"])
def test_high_dynamic_range_is_shown_as_a_screen_without_it_would(kind, tmp_path):
    (frame,) = Video(bad_videos.high_dynamic_range(tmp_path / "h.mp4", TRUE, kind)).frames()
    assert difference(frame.rgb, TRUE) < 3
