"""Files of a generated corpus: whole or not there, the same from one seed, made again only where missing."""

import errno
import os
import shutil
import subprocess
import sys
import time
from importlib import import_module

import av
import numpy as np
import psutil
import pytest

from depnb.corpus import open_corpus
from depnb.corpus.synthetic import film, load_truth, named_recipe, open_generated, sessions
from depnb.system import files
from tests.corpus import faults
from tests.corpus.trees import avec2014

pytestmark = pytest.mark.slow

MODULE = import_module("depnb.corpus.synthetic.make")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache dir"))
    return tmp_path / "cache dir"


def frames_of(path):
    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])


def test_videos_hold_the_filmed_frames_and_their_truth(cache):
    corpus = open_corpus("both-tiny")
    recording = corpus.recordings[0]
    corpus.ensure([recording])
    session = next(s for s in sessions(named_recipe("both-tiny")) if s.id == recording.id)
    frames, truth = film(named_recipe("both-tiny"), session, recording.task)
    decoded = frames_of(recording.video)
    assert decoded.shape == frames.shape == (16, 128, 128, 3)
    assert np.abs(decoded.astype(int) - frames).mean() < 6
    stored = load_truth(recording)
    for name, values in truth.items():
        np.testing.assert_array_equal(stored[name], values)
    assert stored["landmarks"].shape == (16, 68, 2)
    with av.open(str(recording.video)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert container.streams.video[0].average_rate == 8


def test_what_is_there_is_kept_and_what_is_missing_is_made(cache):
    corpus = open_corpus("both-tiny")
    first, second = corpus.recordings[:2]
    corpus.ensure([first])
    made = first.video.stat().st_mtime_ns
    corpus.ensure([first, second])
    assert first.video.stat().st_mtime_ns == made
    assert second.video.exists()
    content = second.video.read_bytes()
    second.video.unlink()
    corpus.ensure([second])
    assert second.video.read_bytes() == content


def test_a_video_that_another_process_finished_meanwhile_keeps_its_time(cache, monkeypatch):
    """Crops know a video by its size and time: a second file with new ones would lose them."""
    corpus = open_corpus("both-tiny")
    recording = corpus.recordings[0]
    theirs = 1_600_000_000_123_456_789

    def encode_while_another_finishes(frames, fps, path):
        encode(frames, fps, path)
        encode(frames, fps, recording.video)
        os.utime(recording.video, ns=(theirs, theirs))

    encode = MODULE._encode
    monkeypatch.setattr(MODULE, "_encode", encode_while_another_finishes)
    recipe = named_recipe("both-tiny")
    MODULE._make_video(recipe, sessions(recipe)[0], recording.task, recording.video)
    assert recording.video.stat().st_mtime_ns == theirs


def test_null_shares_the_videos_of_both(cache):
    null, both = open_corpus("null-tiny"), open_corpus("both-tiny")
    null.ensure(null.recordings[:1])
    assert both.recordings[0].video.exists()
    assert both.recordings[0].video.resolve() == null.recordings[0].video.resolve()
    assert [r.bdi for r in null.recordings] != [r.bdi for r in both.recordings]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_cannot_be_written_is_named_and_leaves_no_part(cache, monkeypatch, code):
    corpus = open_corpus("both-tiny")

    def refuse(temporary, path):
        raise OSError(code, "refused")

    monkeypatch.setattr(files, "_commit", refuse)
    with pytest.raises(files.StorageError, match="203_1") as caught:
        corpus.ensure(corpus.recordings[:1])
    assert caught.value.errno == code
    assert not [p for p in corpus.root.rglob("*") if p.suffix in (".mp4", ".npz")]


def test_a_killed_make_ends_with_its_helpers_leaves_only_whole_files_and_goes_on(cache):
    corpus = open_corpus("both-tiny")
    code = (
        "from depnb.corpus import open_corpus; from depnb.corpus.synthetic import make, named_recipe; "
        "make(named_recipe('both-tiny'), recordings=open_corpus('both-tiny').recordings[:12], workers=2)"
    )
    maker = subprocess.Popen([sys.executable, "-c", f"if __name__ == '__main__': {code}"])
    wanted = corpus.recordings[:12]
    deadline = time.monotonic() + 60
    while sum(r.video.exists() for r in wanted) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)

    helpers = psutil.Process(maker.pid).children(recursive=True)
    assert len(helpers) >= 2
    maker.kill()
    maker.wait()
    _, left = psutil.wait_procs(helpers, timeout=30)
    assert not left
    done = [r for r in wanted if r.video.exists()]
    assert 2 <= len(done) < 12
    for recording in done:
        assert len(frames_of(recording.video)) == 16
    corpus.ensure(wanted)
    assert all(len(frames_of(r.video)) == 16 for r in wanted)


SHARED = """
from importlib import import_module
from depnb.corpus import open_corpus
from depnb.corpus.synthetic import make, named_recipe
making, count = import_module("depnb.corpus.synthetic.make"), []
encode = making._encode
making._encode = lambda *what: count.append(1) or encode(*what)
make(named_recipe("both-tiny"), recordings=open_corpus("both-tiny").recordings[:24], workers=1)
print(len(count))
"""


def test_two_processes_share_the_videos_of_a_corpus(cache):
    both = [subprocess.Popen([sys.executable, "-c", SHARED], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    made = [int(process.communicate(timeout=120)[0]) for process in both]
    assert sum(made) == 24
    assert all(recording.video.exists() for recording in open_corpus("both-tiny").recordings[:24])
    assert list((cache / "claims").iterdir()) == []


def test_a_video_that_kills_its_process_is_named_and_the_rest_is_made(cache, monkeypatch):
    corpus = open_corpus("both-tiny")
    monkeypatch.setattr(MODULE, "_make_one", faults.die_or_fail)
    with pytest.raises(RuntimeError, match="2 of 6 videos") as caught:
        corpus.ensure(corpus.recordings[:6], workers=2)
    assert "203_1_Freeform_video.mp4: WorkerDied: the process that worked on it died (signal 9)" in str(caught.value)
    assert "203_1_Northwind_video.mp4: ZeroDivisionError: odd input" in str(caught.value)
    assert sum(r.video.exists() for r in corpus.recordings[:6]) == 4


def test_truth_of_a_foreign_video_is_refused(cache):
    with pytest.raises(FileNotFoundError, match="only generated videos"):
        load_truth(open_corpus("both-tiny").recordings[0])


def test_a_corpus_is_not_laid_into_a_folder_with_real_people(cache, tmp_path):
    """Of the same form and with the same names, they would pass for generated, and their labels would be lost."""
    root = avec2014(tmp_path / "AVEC2014")
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    for name in ("both-tiny", "null-tiny"):
        with pytest.raises(ValueError, match="new or empty"):
            open_generated(named_recipe(name), root)
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before
    assert open_corpus(root).licensed


def test_nor_where_the_videos_are_linked(cache, tmp_path):
    avec2014(tmp_path / "elsewhere")
    root = tmp_path / "mine"
    root.mkdir()
    (root / "AVEC2014_AudioVisual").symlink_to(tmp_path / "elsewhere" / "AVEC2014_AudioVisual")
    with pytest.raises(ValueError, match="new or empty"):
        open_generated(named_recipe("null-tiny"), root)


@pytest.mark.parametrize("name", ["both-tiny", "null-tiny"])
def test_an_interrupted_laying_out_is_begun_anew(cache, tmp_path, name):
    made = open_generated(named_recipe(name), tmp_path / "mine")
    made.ensure(made.recordings[:1])
    if name == "both-tiny":
        shutil.rmtree(tmp_path / "mine" / "AVEC2014_AudioVisual")
    (tmp_path / "mine" / "recipe.json").unlink()
    again = open_generated(named_recipe(name), tmp_path / "mine")
    assert again.recordings == made.recordings
