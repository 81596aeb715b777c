import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from depnb import faces
from depnb.corpus.records import Recording
from depnb.inputs import augment, loading, spec
from depnb.inputs.augment import strong
from depnb.inputs.loading import evenly_spaced, load_frames, load_sequences
from depnb.inputs.pixels import normalise, reduce
from depnb.inputs.spec import InputSpec, Sample
from depnb.inputs.videos import Frames
from depnb.system.files import StorageError
from tests.damage import forty


@given(st.integers(1, 500), st.integers(1, 60))
def test_evenly_spaced_frames(count, n):
    index = evenly_spaced(count, n)
    assert len(index) == n
    assert 0 <= index[0] <= index[-1] < count
    assert np.ptp(np.diff(index)) <= 1 if n > 1 else True
    if n <= count:
        assert len(set(index)) == n


def test_reduction_is_by_area():
    crops = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), dtype=np.uint8)
    small = reduce(crops, 56)
    means = crops.reshape(2, 56, 4, 56, 4, 3).mean((2, 4)).transpose(0, 3, 1, 2)
    assert small.shape == (2, 3, 56, 56)
    assert np.abs(small - means).max() <= 0.5
    assert np.array_equal(reduce(crops, 224), crops.transpose(0, 3, 1, 2))


def test_normalisation_has_imagenets_statistics():
    grey = torch.full((2, 3, 4, 4), 127, dtype=torch.uint8)
    expected = [(127 / 255 - mean) / std for mean, std in zip(spec.MEAN, spec.STD, strict=True)]
    assert normalise(grey)[1, :, 2, 2].tolist() == pytest.approx(expected, abs=1e-5)


def test_augmentation_varies_each_frame_by_itself_and_follows_the_seed():
    frame = torch.arange(3 * 32 * 32).reshape(1, 3, 32, 32).remainder(256).to(torch.uint8)
    batch = frame.expand(8, -1, -1, -1)
    torch.manual_seed(0)
    first = strong(batch[:, None])[:, 0]
    torch.manual_seed(0)
    assert torch.equal(first, strong(batch[:, None])[:, 0])
    assert first.dtype == torch.float32
    assert first.shape == batch.shape
    assert 0 <= first.min() < first.max() <= 1
    assert len({image.numpy().tobytes() for image in first}) == 8


def test_augmentation_mirrors_half_and_keeps_what_is_up():
    pixels = torch.zeros(400, 3, 32, 32, dtype=torch.uint8)
    pixels[:, :, :8, :16] = 200
    torch.manual_seed(0)
    varied = strong(pixels[:, None])[:, 0][:, 0]
    left, right = varied[:, :4, :8].mean((1, 2)), varied[:, :4, -8:].mean((1, 2))
    assert (left > right).float().mean().item() == pytest.approx(0.5, abs=0.08)
    assert (varied[:, :8].mean((1, 2)) > varied[:, -8:].mean((1, 2))).float().mean() > 0.98


def test_augmentation_covers_one_rectangle_of_each_frame():
    torch.manual_seed(0)
    images = torch.rand(200, 3, 40, 40)
    changed = (augment._covered(images[:, None])[:, 0] != images).any(1)  # [200, 40, 40]
    share = changed.float().mean((1, 2))
    assert changed.any((1, 2)).all()
    assert share.max() <= 0.43**2
    for frame in changed[:20]:
        assert frame.any(0).sum() * frame.any(1).sum() == frame.sum()


def test_augmentation_fades_colours_but_keeps_grey_grey():
    torch.manual_seed(0)
    grey = torch.rand(50, 1, 8, 8).expand(-1, 3, -1, -1)
    varied = augment._recoloured(grey[:, None])[:, 0]
    spread = (varied.std(1) / varied.mean(1).abs()).median()
    assert 0 < spread < 0.4


def test_frames_check_their_form():
    recording = Recording("203_1", None, "train", Path("v.mp4"), 10.0)
    pixels = torch.zeros(1, 2, 3, 8, 8, dtype=torch.uint8)
    frames = Frames(pixels, (recording,))
    assert (frames.subjects, frames.bdi.tolist(), len(frames)) == (["203"], [10.0], 1)
    with pytest.raises(ValueError, match="uint8 pixels"):
        Frames(pixels.float(), (recording,))
    with pytest.raises(ValueError, match="2 recordings"):
        Frames(pixels, (recording, recording))
    with pytest.raises(ValueError, match="No label for 203_2"):
        Frames(pixels, (Recording("203_2", None, "test", Path("v.mp4"), None),))


@pytest.fixture
def crops(tmp_path, monkeypatch):
    """Stand-in for the crop cache: a face in every second of ten frames, grey level = frame number."""
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    asked = []

    def load(recording, indices=None, settings=None):
        asked.append((recording.name, list(indices)))
        if recording.id == "204_1":
            raise FileNotFoundError("No crops for 204_1")
        found = np.zeros(10, bool) if recording.id == "205_1" else np.arange(10) % 2 == 1
        frames = np.full((len(indices), 224, 224, 3), np.asarray(indices, int)[:, None, None, None], np.uint8)
        return SimpleNamespace(found=found, frames=frames)

    monkeypatch.setattr(faces, "load", load)
    recordings = []
    for name, bdi in [("203_1", 5.0), ("204_1", 6.0), ("205_1", 7.0), ("206_1", None), ("207_1", 8.0)]:
        video = tmp_path / f"{name}.mp4"
        video.write_bytes(b"video")
        recordings.append(Recording(name, None, "train", video, bdi))
    return recordings, asked


def test_grey_sequences_have_files_of_their_own(crops, tmp_path):
    recordings, asked = crops
    colours = load_sequences(recordings, 3, 16)
    grey = load_sequences(recordings, 3, 16, grey=True)
    for ours, theirs in zip(grey.pixels, colours.grey().pixels, strict=True):
        assert torch.equal(ours, theirs)
    read = len(asked)
    assert load_sequences(recordings, 3, 16, grey=True).pixels[0].shape == (2, 1, 16, 16)
    assert {name for name, _ in asked[read:]} == {"204_1", "205_1"}  # of which there are no files
    sizes = sorted(path.stat().st_size for path in (tmp_path / "cache").rglob("*.npy"))
    beside = 128 + 32  # numpy's header and a checksum
    assert sizes[0] - beside == (sizes[-1] - beside) / 3


def test_frames_have_a_face_and_what_is_left_out_is_listed(crops):
    recordings, _ = crops
    frames = load_frames(recordings, 3, 16)
    assert [r.name for r in frames.recordings] == ["203_1", "207_1"]
    assert frames.pixels.shape == (2, 3, 3, 16, 16)
    assert frames.pixels[0, :, 0, 0, 0].tolist() == [1, 5, 9]
    assert frames.skipped == (
        ("204_1", "No crops for 204_1"),
        ("205_1", "no face in any frame"),
        ("206_1", "no label"),
    )
    with pytest.raises(ValueError, match="No usable video among 3 recordings"):
        load_frames(recordings[1:4], 3, 16)


@pytest.mark.parametrize(
    "input_spec", [InputSpec(normalise), InputSpec(normalise, step=3)], ids=["spread", "every third"]
)
def test_a_video_without_a_label_is_loaded_to_be_scored(crops, input_spec):
    recordings, _ = crops
    frames = loading.load(recordings[3:], input_spec, 3, 16, labelled=False)
    assert [r.name for r in frames.recordings] == ["206_1", "207_1"]
    labelled = loading.load(recordings[4:], input_spec, 3, 16)
    assert torch.equal(frames.pixels[1], labelled.pixels[0])
    assert not frames.grey().labelled
    for recording, pixels in zip(frames.recordings, frames.pixels, strict=True):
        assert loading.numbers(recording, input_spec, 3).tolist() == pixels[:, 0, 0, 0].tolist()


def test_crops_are_read_once_for_all_corpora_that_share_a_video(crops, tmp_path):
    recordings, asked = crops
    original = recordings[0]
    link = tmp_path / "null.mp4"
    link.symlink_to(original.video)
    first = load_frames([original], 3, 16)
    asked.clear()
    other = load_frames([Recording("203_1", None, "train", link, 40.0)], 3, 16)
    assert asked == []
    assert torch.equal(first.pixels, other.pixels)
    assert other.bdi.tolist() == [40.0]
    load_frames([original], 3, 32)
    assert asked


def test_a_damaged_frame_cache_is_made_again(crops):
    recordings, asked = crops
    first = load_frames(recordings[:1], 3, 16)
    (cached,) = (loading.cache_dir() / "frames").glob("*.npy")
    cached.write_bytes(cached.read_bytes()[:200])
    asked.clear()
    assert torch.equal(load_frames(recordings[:1], 3, 16).pixels, first.pixels)
    assert asked


@pytest.mark.parametrize("mapped", [False, True])
def test_of_forty_damaged_frame_files_none_is_used(crops, caplog, mapped):
    def read():
        one = recordings[:1]
        return (load_sequences(one, 1, 16).pixels[0] if mapped else load_frames(one, 3, 16).pixels).clone()

    recordings, asked = crops
    first = read()
    (cached,) = (loading.cache_dir() / "frames").glob("*.npy")
    whole = cached.read_bytes()
    for content in forty(whole, seed=5):
        cached.unlink()
        cached.write_bytes(content)
        asked.clear()
        caplog.clear()
        assert torch.equal(read(), first)
        assert asked
        assert [cached.name in record.getMessage() for record in caplog.records] == [True]
        assert cached.read_bytes() == whole


def test_many_clips_need_no_open_file_each(crops):
    """Some systems allow 256; a corpus has 300 videos."""
    recordings, _ = crops
    load_sequences(recordings[:1], 1, 16)
    before = len(os.listdir("/dev/fd"))
    held = [load_sequences(recordings[:1], 1, 16) for _ in range(50)]
    assert len(os.listdir("/dev/fd")) - before < 10
    assert all(torch.equal(one.pixels[0], held[0].pixels[0]) for one in held)


def test_writing_to_a_clip_does_not_change_its_file(crops):
    recordings, _ = crops
    first = load_sequences(recordings[:1], 1, 16).pixels[0]
    before = first.clone()
    first += 1
    assert torch.equal(load_sequences(recordings[:1], 1, 16).pixels[0], before)


def test_frames_that_cannot_be_written_are_one_sentence(crops):
    recordings, _ = crops
    loading.cache_dir().mkdir(exist_ok=True)
    (loading.cache_dir() / "frames").write_text("in the way")
    with pytest.raises(StorageError, match="DEPNB_CACHE"):
        load_frames(recordings, 3, 16)


CLIP = InputSpec(lambda clips, training: clips, offsets=tuple(range(4)), span=4, step=1)


def numbered(*counts: int) -> Frames:
    """Videos whose frames say their own number: 100 · video + frame."""
    pixels = tuple(
        (100 * video + torch.arange(count, dtype=torch.uint8))[:, None, None, None].expand(-1, 3, 2, 2)
        for video, count in enumerate(counts)
    )
    who = (Recording(f"{203 + k}_1", None, "train", Path("v.mp4"), 10.0) for k in range(len(counts)))
    return Frames(pixels, tuple(who))


def numbers(clips: torch.Tensor) -> list[list[int]]:
    return clips[:, :, 0, 0, 0].tolist()


def test_a_video_is_judged_by_clips_that_follow_each_other():
    frames = numbered(9, 4, 3)
    assert frames.inputs(CLIP) == [(0, 0), (0, 4), (1, 0), (2, 0)]
    last, shorter = numbers(frames.clips(frames.inputs(CLIP), CLIP))[-2:]
    assert last == [100, 101, 102, 103]
    assert shorter == [200, 201, 202, 200]


def test_the_middle_frames_of_clips():
    frames, middle = numbered(9), replace(CLIP, offsets=(2,))
    assert numbers(frames.clips(frames.inputs(middle), middle)) == [[2], [6]]


@pytest.mark.parametrize("end", ["stop", "hold", "wrap"])
def test_training_clips_start_anywhere_and_wrap_only_where_they_may(end):
    torch.manual_seed(0)
    frames, input_spec = numbered(9, 6), replace(CLIP, end=end)
    wrap = end == "wrap"
    videos, clips = frames.sample_batch(400, input_spec)
    assert {v for v in videos.tolist()} == {0, 1}
    starts = {video: set() for video in (0, 1)}
    for video, clip in zip(videos.tolist(), numbers(clips), strict=True):
        inside = [number - 100 * video for number in clip]
        assert inside == [(inside[0] + k) % (9, 6)[video] for k in range(4)]
        starts[video].add(inside[0])
    assert starts == {0: set(range(9 if wrap else 6)), 1: set(range(6 if wrap else 3))}


def test_at_the_end_of_a_video_a_clip_may_stay_on_the_last_frame():
    frames = numbered(3, 9)
    wrapped, held = (numbers(frames.clips([(0, 0), (1, 7)], replace(CLIP, end=end))) for end in ("wrap", "hold"))
    assert wrapped == [[0, 1, 2, 0], [107, 108, 100, 101]]
    assert held == [[0, 1, 2, 2], [107, 108, 108, 108]]


def test_a_video_may_be_judged_by_its_incomplete_last_clip_too():
    frames = numbered(3, 8, 9)
    assert frames.inputs(CLIP) == [(0, 0), (1, 0), (1, 4), (2, 0), (2, 4)]
    assert frames.inputs(replace(CLIP, rest=True)) == [(0, 0), (1, 0), (1, 4), (2, 0), (2, 4), (2, 8)]


def test_batches_hold_all_clips_in_order():
    frames = numbered(9, 4, 12)
    whole = torch.cat(list(frames.batches(CLIP, 128, 9)))
    assert [len(batch) for batch in frames.batches(CLIP, 128, 9)] == [2, 2, 2]
    assert torch.equal(whole, frames.clips(frames.inputs(CLIP), CLIP))


SAMPLE = replace(CLIP, sample=Sample(draws=3))


def test_a_video_is_judged_by_the_same_draws_every_time():
    frames = numbered(9, 6)
    assert frames.inputs(SAMPLE) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    first, again = (numbers(torch.cat(list(frames.batches(SAMPLE, 128, 9)))) for _ in range(2))
    assert first == again
    assert all(clip == sorted(set(clip)) for clip in first)
    assert len(set(map(tuple, first))) > 3


def test_a_training_draws_anew_or_always_shows_the_first_draw():
    torch.manual_seed(0)
    frames = numbered(9)
    _, clips = frames.sample_batch(60, SAMPLE)
    assert len(set(map(tuple, numbers(clips)))) > 30
    once = replace(SAMPLE, sample=Sample(draws=3, again=False))
    _, clips = frames.sample_batch(60, once)
    assert set(map(tuple, numbers(clips))) == {tuple(numbers(frames.clips([(0, 0)], once))[0])}


def test_drawn_frames_may_stay_as_drawn_and_few_are_repeated():
    frames, unordered = numbered(9, 2), replace(SAMPLE, sample=Sample(draws=20, ordered=False))
    drawn = numbers(frames.clips(frames.inputs(unordered), unordered))
    assert any(clip != sorted(clip) for clip in drawn[:20])
    assert all({number - 100 for number in clip} <= {0, 1} for clip in drawn[20:])


@given(st.integers(0, 99), st.integers(0, 99), st.integers(1, 40), st.integers(1, 5), st.integers(1, 5), st.booleans())
def test_the_parts_of_a_draw_are_its_frames_one_by_one(video, draw, count, take, parts, ordered):
    whole = Sample(1, ordered=ordered).frame_indices(video, draw, count, take * parts)
    cut = Sample(1, ordered=ordered, parts=parts)
    found = [cut.frame_indices(video, draw * parts + part, count, take) for part in range(parts)]
    assert [place for part in found for place in part] == whole
    assert {len(part) for part in found} == {take}


def test_single_images_are_the_frames_that_sequences_are_made_of():
    """In training and in judgement, whether they are drawn once or anew."""
    torch.manual_seed(0)
    frames = numbered(9, 30, 40)
    sequences = replace(SAMPLE, offsets=(0, 1, 2, 3, 4), span=5, sample=Sample(1, again=False))
    images = InputSpec(SAMPLE.prepare, sample=Sample(1, again=False, parts=5))
    of_sequences = numbers(frames.clips(frames.inputs(sequences), sequences))
    assert frames.inputs(images) == [(video, part) for video in range(3) for part in range(5)]
    assert sum(of_sequences, []) == sum(numbers(frames.clips(frames.inputs(images), images)), [])
    videos, clips = frames.sample_batch(400, images)
    shown = {(video, *clip) for video, clip in zip(videos.tolist(), numbers(clips), strict=True)}
    assert shown == {(video, place) for video, clip in enumerate(of_sequences) for place in clip}
    _, clips = frames.sample_batch(400, replace(images, sample=Sample(1, parts=5)))
    assert len(set(map(tuple, numbers(clips)))) > 40


@given(st.integers(0, 10**6), st.integers(0, 2**31 - 1), st.integers(1, 40), st.integers(1, 9))
def test_a_draw_has_as_many_frames_of_the_video_as_are_asked_for(video, draw, count, take):
    places = Sample(draws=1).frame_indices(video, draw, count, take)
    assert len(places) == take
    assert set(places) <= set(range(count))
    assert len(set(places)) == take or count < take


def test_a_sequence_is_counted_in_the_video_and_passes_over_missing_faces(crops):
    recordings, _ = crops
    frames = load_sequences(recordings, 1, 16)
    assert [r.name for r in frames.recordings] == ["203_1", "207_1"]
    assert frames.pixels[0][:, 0, 0, 0].tolist() == [1, 3, 5, 7, 9]
    assert load_sequences(recordings[:1], 3, 16).pixels[0][:, 0, 0, 0].tolist() == [3, 9]
    with pytest.raises(ValueError, match="no face in any of the frames that are used"):
        load_sequences(recordings[:1], 2, 16)


@pytest.mark.parametrize("side", [1, 2, 7, 80])
def test_where_pixels_come_from_is_torchs_affine_grid(side):
    theta = torch.randn(9, 2, 3, generator=torch.Generator().manual_seed(side))
    expected = torch.nn.functional.affine_grid(theta, [9, 3, side, side], align_corners=False)
    assert torch.allclose(augment._grid(theta, side), expected, atol=1e-5)


@pytest.mark.parametrize("vary", [augment.strong, augment.strong_shape, augment.turned, augment.one_of_four])
def test_all_frames_of_a_clip_are_varied_alike(vary):
    still = torch.rand(6, 1, 3, 24, 24)
    torch.manual_seed(0)
    varied = vary(still.expand(-1, 5, -1, -1, -1))
    assert torch.allclose(varied, varied[:, :1].expand_as(varied), atol=1e-6)
    assert not torch.allclose(varied[:, :1], still, atol=1e-3)


def test_the_code_leaves_a_quarter_of_the_clips_and_turns_the_picture_clockwise():
    clips = torch.zeros(2000, 1, 1, 24, 24)
    clips[..., 0:4, 10:14] = 1.0  # a mark at the top, in the middle
    torch.manual_seed(0)
    varied = augment.one_of_four(clips)
    weight = varied[:, 0, 0] / varied.sum((1, 2, 3, 4))[:, None, None]  # [2000, 24, 24]
    row, column = ((weight.sum(axis) * torch.arange(24.0)).sum(1) for axis in (2, 1))
    down, turned = row > 20, (row < 10) & (column > 15)
    as_it_was = (row < 3) & ~turned
    assert down.float().mean().item() == pytest.approx(0.25, abs=0.04)
    assert turned.float().mean().item() == pytest.approx(0.25, abs=0.04)
    assert as_it_was.float().mean().item() == pytest.approx(0.5, abs=0.05)  # mirrored, it looks the same


def test_the_papers_turn_is_at_most_thirty_degrees_and_mirrors_half():
    clips = torch.zeros(2000, 1, 1, 32, 32)
    clips[..., 14:18, 28:32] = 1.0  # a mark at the right, in the middle
    torch.manual_seed(0)
    weight = augment.turned(clips)[:, 0, 0]
    weight = weight / weight.sum((1, 2), keepdim=True)
    row, column = ((weight.sum(axis) * (torch.arange(32.0) - 15.5)).sum(1) for axis in (2, 1))
    angle = torch.rad2deg(torch.atan2(row, column.abs()))
    assert (column > 0).float().mean().item() == pytest.approx(0.5, abs=0.04)
    assert 27 < angle.abs().max() < 31
    assert angle.mean().item() == pytest.approx(0, abs=1.5)
