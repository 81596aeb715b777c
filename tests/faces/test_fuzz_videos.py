"""Files with changed bytes: each gives frames or one sentence, in little time and memory."""

import resource
import sys
import time

import numpy as np
import pytest

from depnb.faces import Video, VideoError
from tests import bad_videos

CHANGES = 40
KINDS = {"mp4": "libx264", "avi": "mpeg4", "mkv": "libx264", "mov": "mpeg4", "ts": "libx264", "webm": "libvpx"}
OPTIONS = {"crf": "20", "b": "500k"}
SECONDS = 20.0
BYTES = 2 * 2**30


def changed(data: bytes, rng: np.random.Generator) -> bytes:
    """Some bytes of the head or tail, where the headers lie, are others; now and then a piece is missing or doubled."""
    new = bytearray(data)
    for _ in range(int(rng.integers(1, 12))):
        length = min(len(new), int(rng.choice([64, 1024, len(new)])))
        place = int(rng.integers(length))
        new[place if rng.random() < 0.5 else -place - 1] = int(rng.choice([0, 1, 127, 128, 255, rng.integers(256)]))
    if rng.random() < 0.3:
        begin, end = sorted(int(k) for k in rng.integers(0, len(new), 2))
        new = new[:begin] + new[end:] if rng.random() < 0.5 else new[:end] + new[begin:]
    return bytes(new)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", KINDS)
def test_changed_files_give_frames_or_a_sentence(suffix, tmp_path):
    pictures = [picture[20:84, 10:106] for picture in bad_videos.moving(6)]
    data = bad_videos.encode(tmp_path / f"whole.{suffix}", pictures, codec=KINDS[suffix], rate=25, options=OPTIONS)
    whole = data.read_bytes()
    rng = np.random.default_rng(list(suffix.encode()))
    began, memory = time.monotonic(), peak()
    outcomes = []
    for _ in range(CHANGES):
        path = tmp_path / f"changed.{suffix}"
        path.write_bytes(changed(whole, rng))
        outcomes.append(outcome(path))
    sentences = [said for said in outcomes if isinstance(said, str)]
    assert len(sentences) < CHANGES
    assert [said for said in sentences if "changed." not in said or "\n" in said or not said.endswith(".")] == []
    for frames in (found for found in outcomes if not isinstance(found, str)):
        assert len({frame.rgb.shape for frame in frames}) == 1
        assert [frame.index for frame in frames] == list(range(len(frames)))
        assert (np.diff([frame.time for frame in frames]) > 0).all()
    assert time.monotonic() - began < SECONDS
    assert peak() - memory < BYTES


def outcome(path):
    """The frames of a video, or what is said of it."""
    try:
        video = Video(path)
        assert video.declared_frames >= 0
        frames = list(video.frames())
        assert all(isinstance(warning, str) for warning in video.warnings)
    except VideoError as error:
        return str(error)
    return frames


def peak():
    """The most memory that this process has had, bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
