"""Landmarks on their way from the crops to the network: reduced, cached, left out, drawn and moved with the picture."""

from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from torch import Tensor

from depnb import faces
from depnb.corpus.records import Recording
from depnb.faces.points24 import MIRRORED_68
from depnb.inputs import augment, loading
from depnb.inputs.augment import strong, strong_with_points
from depnb.inputs.loading import load, load_frames, load_sequences
from depnb.inputs.pixels import reduce
from depnb.inputs.spec import InputSpec, LandmarkedClips
from depnb.inputs.videos import Frames

INPUT_SPEC = InputSpec(lambda given, training: given, landmarks=True)
MIRRORED = [landmark - 1 for landmark in MIRRORED_68]


def in_crop(frame: int) -> np.ndarray:
    """Landmark k of frame number t lies at (k + t, 2k)."""
    return np.arange(68)[:, None] * np.array([1.0, 2.0]) + np.array([frame, 0.0])  # [68, 2]


@pytest.fixture
def crops(tmp_path, monkeypatch):
    """Stand-in for the crop cache: videos of ten frames with a face each, grey level = frame number.

    The landmarks of 203_1 are all known; 204_1 lacks one in frames 0–4, and 205_1 in all.
    """
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    asked = []

    def read(recording, indices=None, settings=None):
        asked.append(list(indices))
        landmarks = np.stack([in_crop(frame) for frame in indices]) if len(indices) else np.empty((0, 68, 2))
        lacking = {"203_1": 0, "204_1": 5, "205_1": 10}[recording.id]
        landmarks[np.asarray(indices, int) < lacking, 30, 1] = np.nan
        frames = np.full((len(indices), 224, 224, 3), np.asarray(indices, int)[:, None, None, None], np.uint8)
        return SimpleNamespace(found=np.ones(10, bool), frames=frames, landmarks=landmarks.astype(np.float32))

    monkeypatch.setattr(faces, "load", read)
    recordings = []
    for name in ("203_1", "204_1", "205_1"):
        video = tmp_path / f"{name}.mp4"
        video.write_bytes(b"video")
        recordings.append(Recording(name, None, "train", video, 10.0))
    return recordings, asked


def test_landmarks_are_in_pixels_of_the_reduced_frame(crops):
    recordings, _ = crops
    frames = load(recordings[:1], INPUT_SPEC, 5, 56)
    assert frames.pixels[0][:, 0, 0, 0].tolist() == [1, 3, 5, 7, 9]
    expected = np.stack([in_crop(frame) for frame in (1, 3, 5, 7, 9)]) / 4 + 1 / 8 - 1 / 2
    assert frames.landmarks[0].dtype == torch.float32
    assert np.allclose(frames.landmarks[0], expected)


@given(x=st.integers(20, 203), y=st.integers(20, 203), size=st.sampled_from([48, 64, 80, 112, 224]))
def test_a_dot_at_a_landmark_stays_there_when_crops_are_reduced(x, y, size):
    crop = np.zeros((1, 224, 224, 3), np.uint8)
    crop[:, y - 4 : y + 5, x - 4 : x + 5] = 240
    found = centre(torch.from_numpy(reduce(crop, size))[0].float().mean(0), above=0)
    assert found == pytest.approx([(v + 0.5) * size / 224 - 0.5 for v in (x, y)], abs=0.05)


def test_frames_without_known_landmarks_are_left_out_and_counted(crops, caplog):
    recordings, _ = crops
    frames = load_frames(recordings, 5, 16, landmarks=True)
    assert [r.name for r in frames.recordings] == ["203_1", "204_1"]
    assert [video[:, 0, 0, 0].tolist() for video in frames.pixels] == [[1, 3, 5, 7, 9], [5, 7, 9]]
    assert [len(video) for video in frames.landmarks] == [5, 3]
    reasons = {"204_1": "2 frames without known landmarks", "205_1": "no frame that is used has all landmarks"}
    assert dict(frames.skipped) == reasons
    assert "204_1" in caplog.text
    assert frames.inputs(INPUT_SPEC) == [(0, k) for k in range(5)] + [(1, k) for k in range(3)]
    with pytest.raises(ValueError, match="205_1: no frame that is used has all landmarks"):
        load_frames(recordings[2:], 5, 16, landmarks=True)


def test_sequences_have_landmarks_too(crops):
    recordings, _ = crops
    frames = load_sequences(recordings, 2, 16, landmarks=True)
    assert [video[:, 0, 0, 0].tolist() for video in frames.pixels] == [[0, 2, 4, 6, 8], [6, 8]]
    assert [len(video) for video in frames.landmarks] == [5, 2]


def test_who_asks_for_landmarks_shares_the_pixels_with_who_does_not(crops):
    recordings, asked = crops
    plain = load_frames(recordings[:1], 5, 16)
    (pixels,) = (loading.cache_dir() / "frames").glob("*.npy")
    before = pixels.stat().st_mtime_ns
    with_landmarks = load_frames(recordings[:1], 5, 16, landmarks=True)
    assert plain.landmarks is None
    assert torch.equal(plain.pixels[0], with_landmarks.pixels[0])
    assert pixels.stat().st_mtime_ns == before
    asked.clear()
    again = load_frames(recordings[:1], 5, 16, landmarks=True)
    assert asked == []
    assert torch.equal(again.landmarks[0], with_landmarks.landmarks[0])
    load_frames(recordings[:1], 5, 32, landmarks=True)
    assert len(list((loading.cache_dir() / "frames").glob("*.npy"))) == 3  # two sizes of pixels, one of landmarks


def test_damaged_landmarks_are_made_again(crops):
    recordings, _ = crops
    first = load_frames(recordings[:1], 5, 16, landmarks=True)
    for path in (loading.cache_dir() / "frames").glob("*.npy"):
        path.write_bytes(path.read_bytes()[:200])
    again = load_frames(recordings[:1], 5, 16, landmarks=True)
    assert torch.equal(again.landmarks[0], first.landmarks[0])
    assert torch.equal(again.pixels[0], first.pixels[0])


def numbered(*counts: int) -> Frames:
    """Frames and landmarks that say their own number: 100 · video + frame."""
    numbers = [100 * video + torch.arange(count) for video, count in enumerate(counts)]
    pixels = tuple(own.to(torch.uint8)[:, None, None, None].expand(-1, 3, 4, 4) for own in numbers)
    landmarks = tuple(own.float()[:, None, None].expand(-1, 68, 2) for own in numbers)
    who = tuple(Recording(f"{203 + k}_1", None, "train", Path("v.mp4"), 10.0) for k in range(len(counts)))
    return Frames(pixels, who, landmarks=landmarks)


@pytest.mark.parametrize(
    "input_spec", [INPUT_SPEC, InputSpec(INPUT_SPEC.prepare, (0, 1, 2), span=3, step=1, landmarks=True)]
)
def test_drawn_and_judged_frames_come_with_their_own_landmarks(input_spec):
    frames = numbered(9, 5, 3)
    torch.manual_seed(0)
    _, drawn = frames.sample_batch(50, input_spec)
    for given_ in (drawn, *frames.batches(input_spec, 4, 8)):
        assert isinstance(given_, LandmarkedClips)
        assert given_.pixels.shape[:2] == given_.landmarks.shape[:2]
        assert torch.equal(given_.pixels[:, :, 0, 0, 0].float(), given_.landmarks[:, :, 67, 1])


def test_landmarks_change_no_draw():
    frames = numbered(9, 5)
    plain = InputSpec(INPUT_SPEC.prepare)
    drawn = []
    for input_spec in (plain, INPUT_SPEC):
        torch.manual_seed(0)
        drawn.append(frames.sample_batch(50, input_spec))
    (videos, pixels), (same_videos, (same_pixels, _)) = drawn
    assert torch.equal(videos, same_videos)
    assert torch.equal(pixels, same_pixels)


def test_landmarks_that_were_not_loaded_are_missed():
    frames = numbered(3)
    with pytest.raises(ValueError, match="load them with an InputSpec that asks for landmarks"):
        Frames(frames.pixels, frames.recordings).sample_batch(2, INPUT_SPEC)


@pytest.mark.parametrize(
    ("landmarks", "message"),
    [
        ((torch.zeros(3, 68, 2),), "2 videos in the pixels, 1 in the landmarks"),
        ((torch.zeros(3, 68, 2), torch.zeros(3, 68, 2)), r"Expected landmarks \[2, 68, 2\] of 204_1, got \[3, 68, 2\]"),
        ((torch.zeros(3, 24, 2), torch.zeros(2, 68, 2)), r"Expected landmarks \[3, 68, 2\] of 203_1, got \[3, 24, 2\]"),
        ((torch.zeros(3, 68, 2), torch.full((2, 68, 2), torch.nan)), "204_1 is not known: leave out such frames"),
    ],
)
def test_landmarks_of_other_frames_are_refused(landmarks, message):
    frames = numbered(3, 2)
    with pytest.raises(ValueError, match=message):
        Frames(frames.pixels, frames.recordings, landmarks=landmarks)


# Augmentation

SIDE = 64


def centre(image: Tensor, above: float = 0.3) -> list[float]:
    """x and y of the middle of what is bright in [H, W], above a share of the brightest."""
    weight = (image - above * image.max()).clamp_min(0)
    axis = torch.arange(len(image), dtype=weight.dtype)
    return [float((weight.sum(other) * axis).sum() / weight.sum()) for other in (0, 1)]


def dots(places: Tensor) -> Tensor:
    """A round spot in each picture, [B, 1, 3, S, S], at places [B, 2]."""
    axis = torch.arange(float(SIDE))
    across, down = ((axis - place[:, None]) ** 2 for place in places.T)  # [B, S] each
    spot = torch.exp(-(across[:, None] + down[:, :, None]) / (2 * 2.0**2))  # [B, S, S]
    return spot[:, None, None].expand(-1, 1, 3, -1, -1)


@given(seed=st.integers(0, 10**6))
def test_points_change_nothing_of_the_pictures(seed):
    pictures = torch.randint(0, 256, (3, 2, 3, 16, 16), dtype=torch.uint8)
    varied = []
    for vary in (strong, lambda given_: strong_with_points(given_, torch.zeros(3, 2, 68, 2), MIRRORED)[0]):
        torch.manual_seed(seed)
        varied.append(vary(pictures))
    assert torch.equal(*varied)


@given(
    seed=st.integers(0, 10**6),
    landmark=st.integers(0, 67),
    x=st.floats(0.3 * SIDE, 0.7 * SIDE),
    y=st.floats(0.3 * SIDE, 0.7 * SIDE),
)
def test_a_dot_at_a_landmark_is_found_where_the_moved_landmark_says(seed, landmark, x, y):
    points = torch.zeros(4, 1, 68, 2)
    points[:, :, landmark] = torch.tensor([x, y])
    torch.manual_seed(seed)
    with patch.object(augment, "_covered", lambda images: images):  # a rectangle may lie on the dot
        varied, moved = strong_with_points(dots(points[:, 0, landmark]), points, MIRRORED)
    for picture, own in zip(varied[:, 0].mean(1), moved[:, 0], strict=True):
        candidates = own[[landmark, MIRRORED[landmark]]]
        assert (candidates - torch.tensor(centre(picture))).abs().amax(1).min() < 0.1


def test_left_stays_left_and_half_is_mirrored():
    torch.manual_seed(0)
    left, right = 36, MIRRORED[36]  # outer corners of the eyes
    points = torch.full((400, 1, 68, 2), SIDE / 2)
    points[:, :, left, 0], points[:, :, right, 0] = 0.3 * SIDE, 0.7 * SIDE
    varied, moved = strong_with_points(dots(points[:, 0, left]), points, MIRRORED)
    assert (moved[:, :, left, 0] < moved[:, :, right, 0]).all()
    at_left, at_right = (
        varied[torch.arange(400), 0, 0, y, x] for x, y in moved[:, 0, [left, right]].round().long().permute(1, 2, 0)
    )
    assert (at_left < at_right).float().mean().item() == pytest.approx(0.5, abs=0.08)


def test_all_frames_of_a_clip_move_alike_and_unknown_points_stay_unknown():
    torch.manual_seed(0)
    points = (SIDE * torch.rand(5, 1, 68, 2)).repeat(1, 3, 1, 1)
    points[:, :, 30] = torch.nan
    _, moved = strong_with_points(torch.rand(5, 3, 3, SIDE, SIDE), points, MIRRORED)
    assert moved[:, :, 30].isnan().all()
    known = [landmark for landmark in range(68) if landmark != 30]
    assert torch.allclose(moved[:, :, known], moved[:, :1, known].expand(-1, 3, -1, -1))


def test_the_mirror_is_its_own_inverse():
    assert sorted(MIRRORED) == list(range(68))
    assert [MIRRORED[landmark] for landmark in MIRRORED] == list(range(68))
