"""Sequences of the crops' own size are taken out of the crops, and are what a tensor of them would be."""

import numpy as np
import pytest
import torch

from depnb import faces
from depnb.corpus.records import Recording
from depnb.faces.crop_paths import crop_path
from depnb.inputs.loading import bytes_of_a_frame, load
from depnb.inputs.pixels import luma, reduce
from depnb.inputs.spec import InputSpec
from depnb.inputs.videos import Frames
from depnb.system.files import cache_dir
from tests import bad_videos

INPUT_SPEC = InputSpec(lambda clips, training: clips, offsets=(0, 1, 2), span=3, step=2)
COUNTS = (9, 14)
SIDE = faces.CROP_SIZE


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """Two videos of a drifting head, and their crops."""
    folder = tmp_path_factory.mktemp("drifting")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEPNB_CACHE", str(folder / "cache"))
        made = [
            Recording(f"{203 + k}_1", None, "train", bad_videos.good(folder, f"{k}.mp4", count), 10.0 * k)
            for k, count in enumerate(COUNTS)
        ]
        faces.prepare(made)
        yield made


@pytest.fixture
def both(recordings) -> tuple[Frames, Frames]:
    """The frames as they are loaded, and as tensors of every second crop."""
    crops = [faces.load(recording, range(0, count, 2)) for recording, count in zip(recordings, COUNTS, strict=True)]
    tensors = tuple(torch.from_numpy(reduce(one.frames, SIDE)) for one in crops)
    return load(recordings, INPUT_SPEC, 0, SIDE), Frames(tensors, tuple(recordings))


def test_every_way_of_taking_frames_gives_those_of_a_tensor(both):
    stored, tensors = both
    assert stored.inputs(INPUT_SPEC) == tensors.inputs(INPUT_SPEC)
    for ours, theirs in zip(stored.pixels, tensors.pixels, strict=True):
        assert (ours.shape, ours.dtype, ours.ndim, len(ours)) == (theirs.shape, theirs.dtype, 4, len(theirs))
        for places in (0, -1, slice(1, 4), slice(None), slice(2, 99), [3, 0, 3]):
            assert torch.equal(ours[places], theirs[places])
        assert all(torch.equal(one, other) for one, other in zip(ours, theirs, strict=True))
        with pytest.raises(IndexError):
            ours[len(theirs)]


def test_clips_draws_and_grey_levels_are_those_of_tensors(both):
    stored, tensors = both
    assert torch.equal(
        stored.clips(stored.inputs(INPUT_SPEC), INPUT_SPEC), tensors.clips(tensors.inputs(INPUT_SPEC), INPUT_SPEC)
    )
    drawn = []
    for frames in both:
        torch.manual_seed(1)
        drawn.append(frames.sample_batch(8, INPUT_SPEC))
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(*drawn, strict=True))
    for ours, theirs in zip(stored.grey().pixels, tensors.pixels, strict=True):
        assert torch.equal(ours, luma(theirs)[:, None])


def test_they_have_no_files_and_the_plan_knows_it(recordings):
    before = set(cache_dir().rglob("*.npy"))
    load(recordings, INPUT_SPEC, 0, SIDE)
    assert set(cache_dir().rglob("*.npy")) == before
    assert bytes_of_a_frame(INPUT_SPEC, SIDE) == 0
    for input_spec, size, channels in (
        (INPUT_SPEC, SIDE // 2, 3),
        (InputSpec(INPUT_SPEC.prepare, step=2, grey=True), SIDE, 1),
        (InputSpec(INPUT_SPEC.prepare), SIDE, 3),
    ):
        frames = load(recordings, input_spec, 5, size)
        assert sum(video.nbytes for video in frames.pixels) == bytes_of_a_frame(input_spec, size) * sum(
            map(len, frames.pixels)
        )
        assert bytes_of_a_frame(input_spec, size) == channels * size**2


def test_a_crop_that_changes_after_loading_is_noticed(recordings):
    stored = load(recordings, INPUT_SPEC, 0, SIDE)
    path = crop_path(recordings[0].video)
    good = path.read_bytes()
    bad = bytearray(good)
    bad[20] ^= 1
    try:
        path.write_bytes(bad)
        with pytest.raises(faces.DamagedCrops, match="depnb faces"):
            stored.pixels[0][0]
        assert np.ptp(stored.pixels[0][1].numpy()) > 0
        path.unlink()
        with pytest.raises(FileNotFoundError):
            stored.pixels[0][1]
    finally:
        path.write_bytes(good)
