"""The cache: what is listed, what is deleted, and everything that must survive a deletion."""

import errno
import os
import time
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from depnb import cli
from depnb.corpus import open_corpus
from depnb.experiments import cache
from depnb.faces.crop_paths import crop_path
from depnb.system.files import StorageError

pytestmark = pytest.mark.usefixtures("trainings_in_this_process")

CORPUS = "both-tiny-00000000"
OLD = time.time() - 40 * cache.DAY


def invoke(*arguments: str, answer: str | None = None):
    return CliRunner().invoke(cli.app, ["cache", *arguments], input=answer)


def put(path: Path, size: int = 1000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return path


def age(*paths: Path) -> None:
    for path in paths:
        os.utime(path, (OLD, OLD))


@pytest.fixture
def outside(tmp_path) -> Path:
    """A video that belongs to somebody else."""
    return put(tmp_path / "licensed" / "203_1.mp4", 5000)


@pytest.fixture
def root(tmp_path, monkeypatch, outside) -> Path:
    """A miniature cache: every kind, something unknown, and links that lead out of it."""
    root = tmp_path / "cache"
    monkeypatch.setenv("DEPNB_CACHE", str(root))
    monkeypatch.setenv("COLUMNS", "160")
    video = put(root / "corpora" / CORPUS / "Video" / "203_1.mp4", 3000)
    put(root / "corpora" / CORPUS / "recipe.json", 10)
    put(root / "corpora" / "null-tiny-00000000" / "recipe.json", 10)
    (root / "corpora" / "null-tiny-00000000" / "Video").symlink_to(video.parent, target_is_directory=True)
    put(crop_path(video), 2000)
    put(crop_path(outside), 1500)
    put(root / "frames" / "a.npy")
    put(root / "frames" / "b.npy")
    (root / "frames" / "trap.npy").symlink_to(outside)
    (root / "frames" / "trap").symlink_to(outside.parent, target_is_directory=True)
    put(root / "checkpoints" / "one" / "last.ckpt")
    put(root / "pretrained" / "body.pt")
    put(root / "my photographs" / "one.jpg")
    put(root / "notes.txt")
    return root


def test_everything_is_listed_by_kind_and_corpus(root):
    lines = {(line.kind, line.of): (line.files, line.bytes) for line in cache.grouped(cache.items())}
    assert lines["corpora", CORPUS] == (2, 3010)
    assert lines["corpora", "null-tiny-00000000"][0] == 2  # its recipe and the link, not the linked videos
    assert lines["faces", CORPUS] == (1, 2000)
    assert lines["faces", cache.OTHER_VIDEOS] == (1, 1500)
    assert lines["frames", ""][0] == 4
    assert lines["frames", ""][1] < 3000  # links count for themselves
    assert lines["checkpoints", ""] == lines["pretrained", ""] == (1, 1000)
    assert lines[cache.UNKNOWN, "my photographs"] == lines[cache.UNKNOWN, "notes.txt"] == (1, 1000)
    shown = invoke("ls").output
    for needle in (CORPUS, "my photographs", date.today().isoformat()):
        assert needle in shown
    assert f"{sum(files for files, _ in lines.values())} files" in shown
    assert "never deletes it" in shown


def test_an_empty_or_missing_cache_is_no_error(tmp_path, monkeypatch):
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "nothing"))
    assert cache.items() == []
    assert "0 files" in invoke("ls").output
    assert "Nothing to delete" in invoke("rm", "--all", "--yes").output


def test_kinds_that_are_named_go_and_all_else_stays(root):
    done = invoke("rm", "faces", "checkpoints", "--yes")
    assert done.exit_code == 0, done.output
    assert "3 files deleted, 0.0 MB freed" in done.output
    assert not (root / "faces").exists()
    assert not (root / "checkpoints").exists()
    assert {item.kind for item in cache.items()} == {"corpora", "frames", "pretrained", cache.UNKNOWN}


def test_all_kinds_go_and_nothing_behind_a_link(root, outside):
    done = invoke("rm", "--all", "--yes")
    assert done.exit_code == 0, done.output
    assert outside.stat().st_size == 5000
    assert sorted(path.name for path in root.iterdir()) == ["my photographs", "notes.txt"]
    assert (root / "my photographs" / "one.jpg").exists()


def test_a_linked_kind_is_refused_and_what_it_leads_to_stays(root, tmp_path):
    elsewhere = put(tmp_path / "big disk" / "mine.crops")
    cache.remove(cache.select(["faces"]))
    (root / "faces").symlink_to(elsewhere.parent, target_is_directory=True)
    done = invoke("rm", "faces", "frames", "--yes")
    assert done.exit_code == 1
    assert "is a link" in done.output
    assert elsewhere.exists()
    assert (root / "faces").is_symlink()
    assert not (root / "frames").exists()


@pytest.mark.parametrize("place", ["../licensed/203_1.mp4", "frames/trap/203_1.mp4", "notes.txt", "faces/..", "."])
def test_paths_outside_and_unknown_ones_are_refused(root, outside, place):
    item = cache.Item("faces", "", root / place, 1, 1, 0.0)
    removed = cache.remove([item])
    assert removed.files == 0
    assert len(removed.failures) == 1
    assert outside.exists()
    assert (root / "notes.txt").exists()


@pytest.mark.parametrize("kind", ["notes.txt", "my photographs", "..", "/"])
def test_only_kinds_can_be_named(root, kind):
    done = invoke("rm", kind, "--yes")
    assert done.exit_code == 1
    assert "choose from corpora" in str(done.exception)


def test_kinds_or_all_but_not_both_nor_neither(root):
    for arguments in ((), ("faces", "--all")):
        assert invoke("rm", *arguments, "--yes").exit_code == 1
    assert (root / "faces").exists()


def test_it_asks_before_it_deletes(root):
    for answer in ("n\n", ""):
        asked = invoke("rm", "frames", answer=answer)
        assert asked.exit_code == 1
        assert f"Delete these 4 files from {root}?" in asked.output
        assert (root / "frames" / "a.npy").exists()
    assert invoke("rm", "frames", answer="y\n").exit_code == 0
    assert not (root / "frames").exists()


def test_only_what_was_not_used_for_days(root):
    age(root / "frames" / "a.npy", root / "corpora" / CORPUS / "recipe.json")
    assert invoke("rm", "frames", "corpora", "--older-than", "30", "--yes").exit_code == 0
    assert not (root / "frames" / "a.npy").exists()
    assert (root / "frames" / "b.npy").exists()
    assert (root / "corpora" / CORPUS / "recipe.json").exists()  # its video was used: a corpus goes as a whole
    age(*(path for path in (root / "corpora" / CORPUS).rglob("*") if path.is_file()))
    cache.remove(cache.select(["corpora"], older_than=30))
    assert [path.name for path in (root / "corpora").iterdir()] == ["null-tiny-00000000"]


def test_what_vanishes_meanwhile_is_no_failure(root):
    chosen = cache.select(["frames", "corpora"])
    (root / "frames" / "a.npy").unlink()
    (root / "corpora" / CORPUS / "Video" / "203_1.mp4").unlink()
    removed = cache.remove(chosen)
    assert removed.failures == ()
    assert removed.files == sum(item.files for item in chosen) - 2
    assert not (root / "corpora").exists()


def test_what_cannot_be_deleted_is_reported_and_the_rest_goes_on(root, monkeypatch):
    unlink = os.unlink

    def refuse(path, *arguments, **options):
        if os.fspath(path).endswith(("a.npy", "203_1.mp4")):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
        unlink(path, *arguments, **options)

    monkeypatch.setattr(os, "unlink", refuse)
    done = invoke("rm", "frames", "corpora", "--yes")
    assert done.exit_code == 1
    failed = [line for line in done.output.splitlines() if line.startswith("✘")]
    assert len(failed) == 2  # the video, not also each folder above it
    assert all("Permission denied" in line for line in failed)
    assert str(root / "frames" / "a.npy") in done.output
    assert not (root / "frames" / "b.npy").exists()
    assert not (root / "corpora" / CORPUS / "recipe.json").exists()


def test_a_deletion_that_was_cut_short_leaves_no_corpus_with_missing_labels(root, monkeypatch):
    corpus = open_corpus("both-tiny")
    (item,) = [item for item in cache.select(["corpora"]) if item.path == corpus.root]

    def interrupted(*_, **__):
        next(corpus.root.rglob("*_Depression.csv")).unlink()
        raise KeyboardInterrupt

    monkeypatch.setattr(cache.shutil, "rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cache.remove([item])
    again = open_corpus("both-tiny")
    assert [r.bdi for r in again.recordings] == [r.bdi for r in corpus.recordings]


def test_a_corpus_whose_videos_went_with_another_one_makes_them_again(root):
    null = open_corpus("null-tiny")
    one = null.recordings[0]
    open_corpus("both-tiny")
    cache.remove([item for item in cache.select(["corpora"]) if item.path.name.startswith("both")])
    assert (null.root / "AVEC2014_AudioVisual").is_symlink()
    null.ensure([one])
    assert one.video.exists()


def test_a_deleted_corpus_is_made_again_the_same(root):
    before = open_corpus("both-tiny")
    cache.remove(cache.select(["corpora"]))
    assert not before.root.exists()
    after = open_corpus("both-tiny")
    assert [(r.name, r.bdi) for r in after.recordings] == [(r.name, r.bdi) for r in before.recordings]


def test_a_cache_that_cannot_be_listed_is_one_sentence(root, monkeypatch, caplog):
    listdir = os.listdir

    def refuse(folder):
        if Path(folder) == root / "frames":
            raise PermissionError(errno.EACCES, "Permission denied")
        return listdir(folder)

    monkeypatch.setattr(cache.os, "listdir", refuse)
    assert {item.kind for item in cache.items()} >= {"corpora", "faces"}
    assert [record.getMessage() for record in caplog.records] == [
        f"{root / 'frames'} cannot be listed (Permission denied): change that, or set DEPNB_CACHE to another folder."
    ]
    monkeypatch.setenv("DEPNB_CACHE", str(put(root / "file")))
    with pytest.raises(StorageError, match=r"file cannot be listed \(Not a directory\)"):
        cache.items()
