"""What counts as generated, and what is damaged: by content, whatever files lie above or beside a video."""

import json
import logging
import os
import shutil

import av
import numpy as np
import pytest

from depnb.corpus import open_corpus
from depnb.corpus.synthetic import load_truth, named_recipe, open_generated
from depnb.corpus.synthetic.layout import is_whole, truth_path, was_generated
from tests.bad_videos import good
from tests.corpus import trees

pytestmark = pytest.mark.slow

RECIPE = named_recipe("both-tiny")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A corpus with three videos, outside of the cache."""
    corpus = open_generated(RECIPE, tmp_path_factory.mktemp("made") / "corpus")
    corpus.ensure(corpus.recordings[:3], workers=1)
    return corpus.root


@pytest.fixture
def corpus(made, tmp_path, monkeypatch):
    """A copy of it, and an empty cache."""
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    return open_corpus(shutil.copytree(made, tmp_path / "corpus"))


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    """A video that no recipe films, of the same size and length."""
    path = tmp_path_factory.mktemp("foreign") / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=8)
        stream.width, stream.height, stream.pix_fmt = 128, 128, "yuv420p"
        for k in range(16):
            picture = np.full((128, 128, 3), 60 + 4 * k, np.uint8)
            picture[40:90, 40:90] = 230
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def test_a_recipe_above_a_video_proves_nothing(corpus, foreign, tmp_path):
    assert was_generated(corpus.recordings[0].video)
    (tmp_path / "pancakes" / "mine").mkdir(parents=True)
    mine = shutil.copyfile(foreign, tmp_path / "pancakes" / "mine" / "a.mp4")
    for text in ('{"name": "pancakes"}', '{"generated": 4}', "[]", "", "{", '{"generated": true, "form": 1}'):
        (tmp_path / "pancakes" / "recipe.json").write_text(text)
        assert not was_generated(mine)
    beside = shutil.copyfile(foreign, corpus.root / "a.mp4")
    assert not was_generated(beside)


@pytest.mark.parametrize("text", ['{"name": "pancakes"}', "[]", "{", "\0"])
def test_a_corpus_with_a_foreign_recipe_is_the_corpus_it_is(tmp_path, text):
    root = trees.avec2014(tmp_path)
    (root / "recipe.json").write_text(text)
    assert open_corpus(root).licensed


def test_the_recipe_of_depnb_in_a_tree_of_real_people_is_refused(corpus, tmp_path):
    root = trees.avec2014(tmp_path / "AVEC2014")
    shutil.copy(corpus.root / "recipe.json", root)
    with pytest.raises(ValueError, match="holds other files than the generated corpus 'both', such as "):
        open_corpus(root)
    assert not any(was_generated(video) for video in root.rglob("*.mp4"))


def test_real_people_in_the_folder_of_a_generated_corpus_are_refused(corpus, foreign):
    """With the same names in the same folders; the labels give them away, and without labels the pictures."""
    video = corpus.recordings[0].video
    shutil.copyfile(foreign, video)
    assert not was_generated(video)
    with pytest.raises(ValueError, match=f"such as .*{video.name}: give a folder"):
        open_corpus(corpus.root)
    with pytest.raises(RuntimeError, match=f"{video.name} shows something else than its recipe"):
        corpus.ensure([corpus.recordings[0]], workers=1)
    assert video.read_bytes() == foreign.read_bytes()
    video.unlink()
    label = next(corpus.root.rglob("203_1_Depression.csv"))
    label.write_text(f"{(int(label.read_text()) + 1) % 64}\n")
    with pytest.raises(ValueError, match="such as .*203_1_Depression.csv"):
        open_corpus(corpus.root)


def test_a_single_foreign_video_below_is_refused(corpus, foreign):
    shutil.copyfile(foreign, corpus.recordings[0].video.with_name("999_1_Freeform_video.mp4"))
    with pytest.raises(ValueError, match="999_1_Freeform_video.mp4"):
        open_corpus(corpus.root)


def test_other_notes_beside_a_generated_corpus_are_left_alone(corpus):
    (corpus.root / "notes.txt").write_text("made on Monday")
    assert open_corpus(corpus.root).generated


@pytest.mark.parametrize(
    "change",
    [{"label_noise": 9.0}, {"name": "null"}, {"seed": 3}, {"digest": "0"}, {"tasks": 5}, {"form": {}}],
    ids=str,
)
def test_a_recipe_that_was_changed_is_refused(corpus, change):
    path = corpus.root / "recipe.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ValueError, match="depnb corpus make"):
        open_corpus(corpus.root)
    assert not was_generated(corpus.recordings[0].video)


def test_another_corpus_is_not_laid_into_a_generated_one(corpus):
    with pytest.raises(ValueError, match="give a folder that is new or empty"):
        open_generated(RECIPE.varied(appearance=0.5), corpus.root)


def test_a_recipe_of_before_without_a_digest_is_completed(corpus):
    path = corpus.root / "recipe.json"
    whole = path.read_text()
    path.write_text(json.dumps(RECIPE.fingerprint()))
    with pytest.raises(ValueError, match="make the corpus again"):
        open_corpus(corpus.root)
    open_generated(RECIPE, corpus.root)
    assert path.read_text() == whole


def flipped(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 16
    path.write_bytes(content)


def with_its_time(damage):
    """The damage of a disk, which leaves the time of the file."""

    def damaged(path):
        before = path.stat()
        damage(path)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    damaged.__name__ = damage.__name__
    return damaged


def cut(path):
    path.write_bytes(path.read_bytes()[:-700])


def emptied(path):
    path.write_bytes(b"")


def overwritten(path):
    path.write_bytes(b"garbage" * 100)


def removed(path):
    path.unlink()


DAMAGES = [flipped, with_its_time(flipped), cut, emptied, overwritten, removed]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("which", ["video", "truth", "checksums"])
def test_damaged_videos_and_truth_are_made_again_with_a_line(corpus, caplog, damage, which):
    recording = corpus.recordings[0]
    path = {
        "video": recording.video,
        "truth": truth_path(recording.video),
        "checksums": recording.video.with_suffix(".sha256"),
    }[which]
    content, before = path.read_bytes(), recording.video.stat().st_mtime_ns
    damage(path)
    again = open_corpus(corpus.root)
    adopted = (which, damage) == ("checksums", removed)
    with caplog.at_level(logging.WARNING, "depnb"):
        assert again.ensure(again.recordings[:3], workers=1) == (not adopted)
    assert path.read_bytes() == content
    assert is_whole(recording.video)
    assert ("is damaged; both are made again" in caplog.text) == (not adopted and (which, damage) != ("video", removed))
    if which != "video":
        assert recording.video.stat().st_mtime_ns == before, "crops know the video by its time"


@pytest.mark.parametrize("which", ["video", "truth"])
@pytest.mark.parametrize("damage", [cut, overwritten, emptied], ids=lambda damage: damage.__name__)
def test_a_damaged_video_of_before_is_made_again(corpus, which, damage):
    """Earlier versions wrote no checksums."""
    recording = corpus.recordings[0]
    path = recording.video if which == "video" else truth_path(recording.video)
    content = path.read_bytes()
    recording.video.with_suffix(".sha256").unlink()
    damage(path)
    assert corpus.ensure([recording], workers=1) == 1
    assert path.read_bytes() == content


def test_damaged_truth_is_made_again_where_it_is_read(corpus, tmp_path):
    recording = corpus.recordings[0]
    wanted = load_truth(recording)["landmarks"]
    overwritten(truth_path(recording.video))
    np.testing.assert_array_equal(load_truth(recording)["landmarks"], wanted)
    alone = tmp_path / "a.mp4"
    alone.write_bytes(b"")
    overwritten(truth_path(alone))
    with pytest.raises(ValueError, match="a.truth.npz is damaged: make the corpus again"):
        load_truth(type(recording)("1_1", None, "train", alone, None))


def test_a_video_of_before_without_checksums_is_generated_by_what_it_shows(corpus, tmp_path):
    video = corpus.recordings[0].video
    video.with_suffix(".sha256").unlink()
    assert was_generated(video)
    shutil.copyfile(corpus.recordings[2].video, video)
    assert not was_generated(video)
    shutil.copyfile(good(tmp_path, count=4), video)
    assert not was_generated(video)
