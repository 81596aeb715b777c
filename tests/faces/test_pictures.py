"""A folder of frames is read like the video that they are of."""

import os

import cv2
import numpy as np
import pytest

from depnb import faces
from depnb.faces import Video, VideoError
from depnb.faces.pictures import PictureFolder, open_video
from tests import bad_videos


def folder_of(video, folder, suffix="png", first=1):
    folder.mkdir()
    for frame in Video(video).frames():
        path = folder / f"frame_det_00_{frame.index + first:06d}.{suffix}"
        cv2.imwrite(str(path), cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR))
    return folder


@pytest.fixture
def video(tmp_path):
    return bad_videos.good(tmp_path)


@pytest.mark.parametrize("suffix", ["png", "bmp"])
def test_frames_are_those_of_the_video(tmp_path, video, suffix):
    pictures = PictureFolder(folder_of(video, tmp_path / "frames", suffix))
    assert pictures.declared_frames == bad_videos.FRAMES
    for ours, theirs in zip(pictures.frames(), Video(video).frames(), strict=True):
        assert ours.index == theirs.index
        np.testing.assert_array_equal(ours.rgb, theirs.rgb)
    assert [frame.index for frame in pictures.frames(8)] == [0, 8]
    assert pictures.warnings == []


def test_frames_have_their_natural_order(tmp_path):
    for number, level in ((10, 200), (9, 100), (2, 0)):
        cv2.imwrite(str(tmp_path / f"f{number}.png"), np.full((8, 8, 3), level, np.uint8))
    pictures = PictureFolder(tmp_path)
    assert [frame.rgb.max() for frame in pictures.frames()] == [0, 100, 200]
    assert pictures.warnings == ["6 frames of the numbering are not in the folder"]


def test_the_crops_are_those_of_the_video(tmp_path, video, recording):
    both = [recording(video, 203), recording(folder_of(video, tmp_path / "204_1_cut_combined_aligned"), 204)]
    report = faces.prepare(both)
    assert not report.failures
    of_video, of_frames = map(faces.load, both)
    np.testing.assert_array_equal(of_frames.frames, of_video.frames)
    np.testing.assert_array_equal(of_frames.points, of_video.points)


def test_other_frames_are_other_crops(tmp_path, video, recording):
    one = recording(folder_of(video, tmp_path / "frames"))
    faces.prepare([one])
    (tmp_path / "frames" / "frame_det_00_000003.png").unlink()
    with pytest.raises(FileNotFoundError, match="No crops"):
        faces.load(one)


def test_a_damaged_picture_is_a_frame_without_a_face(tmp_path, video, recording):
    folder = folder_of(video, tmp_path / "frames")
    (folder / "frame_det_00_000001.png").write_bytes(b"no picture")
    one = recording(folder)
    (row,) = faces.prepare([one]).rows
    assert (row.frames, row.without_face) == (bad_videos.FRAMES, 1)
    assert row.warnings == ("1 pictures could not be read",)
    assert not faces.load(one).found[0]


def test_a_folder_that_cannot_be_used_says_why(tmp_path, video, monkeypatch, recording):
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / ".hidden.png").write_bytes(b"x")
    with pytest.raises(VideoError, match="No pictures in"):
        PictureFolder(empty)
    (empty / "a.png").write_bytes(b"x")
    with pytest.raises(VideoError, match="No picture in .* can be read"):
        list(PictureFolder(empty).frames())
    folder = folder_of(video, tmp_path / "frames")
    cv2.imwrite(str(folder / "frame_det_00_000004.png"), np.zeros((8, 9, 3), np.uint8))
    with pytest.raises(VideoError, match="has 9×8 pixels"):
        list(PictureFolder(folder).frames())
    (row,) = faces.prepare([recording(folder)]).rows
    assert "has 9×8 pixels" in row.error

    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", denied)
    with pytest.raises(VideoError, match="Change its access rights"):
        PictureFolder(folder)


def test_a_file_is_a_video_and_a_folder_are_frames(tmp_path, video):
    assert isinstance(open_video(video), Video)
    assert isinstance(open_video(folder_of(video, tmp_path / "frames")), PictureFolder)


def test_the_frames_of_one_of_several_faces_are_used_and_named(tmp_path, video, recording):
    folder = folder_of(video, tmp_path / "frames")
    for number in range(1, 5):
        cv2.imwrite(str(folder / f"frame_det_01_{number:06d}.png"), np.zeros((20, 30, 3), np.uint8))
    pictures = PictureFolder(folder)
    assert pictures.declared_frames == bad_videos.FRAMES
    assert {frame.rgb.shape for frame in pictures.frames()} == {(bad_videos.HEIGHT, bad_videos.WIDTH, 3)}
    told = "the folder has frames of 2 faces, 00 (16), 01 (4): only those of face 00 are used"
    assert pictures.warnings == [told]
    (row,) = faces.prepare([recording(folder)]).rows
    assert (row.status, row.frames) == ("ok", bad_videos.FRAMES)
    assert told in row.warnings


def test_of_equally_many_frames_those_of_the_first_face_are_used(tmp_path):
    for face in ("02", "01"):
        for number in range(3):
            cv2.imwrite(str(tmp_path / f"x_det_{face}_{number:06d}.bmp"), np.zeros((8, 8, 3), np.uint8))
    assert [name[:8] for name in PictureFolder(tmp_path).names] == ["x_det_01"] * 3
