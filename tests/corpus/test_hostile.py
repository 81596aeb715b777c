"""Special files, links, rights and random bytes in the place of labels, tables and folders: a sentence, and soon."""

import os
import random
import re
import time
from pathlib import Path

import pytest

from depnb.corpus import open_corpus, tree
from depnb.corpus.avec import take_stock
from depnb.corpus.manifest import read_manifest
from depnb.experiments import doctor
from tests.corpus import trees
from tests.corpus.test_manifest import HEADER, manifest

SECRET = "root:x:0:0:secret"


@pytest.fixture(autouse=True)
def _soon():
    began = time.monotonic()
    yield
    assert time.monotonic() - began < 20


def replace_label(root: Path) -> Path:
    """The place of a label, which is free now."""
    (path,) = root.rglob("203_1_Depression.csv")
    path.unlink()
    return path


def fifo(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def folder(path: Path) -> None:
    path.mkdir()


def dangling(path: Path) -> None:
    path.symlink_to(path.parent / "gone.csv")


def to_a_secret(path: Path) -> None:
    (path.parent / "secret.txt").write_text(SECRET)
    path.symlink_to("secret.txt")


def large(path: Path) -> None:
    path.write_bytes(b"1" * 5000)


def utf16(path: Path) -> None:
    path.write_text("12", encoding="utf-16")


def utf16_without_mark(path: Path) -> None:
    path.write_text("12", encoding="utf-16-le")


@pytest.mark.parametrize(
    ("put", "said"),
    [
        (fifo, "no regular file"),
        (endless, "no regular file"),
        (folder, "a folder where a label file was expected"),
        (dangling, "a link to nothing"),
        (to_a_secret, "the label behind this link is not an integer from 0 to 63"),
        (large, "larger than 4,096 bytes"),
        (utf16, "UTF-16 or no text. Save it as CSV in UTF-8"),
        (utf16_without_mark, "UTF-16 or no text. Save it as CSV in UTF-8"),
    ],
)
def test_what_is_no_label_is_named_and_refused(tmp_path, put, said):
    path = replace_label(trees.avec2014(tmp_path))
    put(path)
    with pytest.raises(ValueError, match=re.escape(said)) as raised:
        open_corpus(tmp_path)
    assert str(path) in str(raised.value)
    assert SECRET[:5] not in str(raised.value)


@pytest.mark.parametrize("text", ["12", "12.0", "12.00", '"12"', "'12'", '"12.0"', " 12 \r\n", '" 12 "', "012"])
def test_forms_of_a_label_that_are_read(tmp_path, text):
    replace_label(trees.avec2014(tmp_path)).write_text(text)
    assert open_corpus(tmp_path).recordings[0].bdi == 12.0


@pytest.mark.parametrize(
    "text", ["12;", "12,0", '"12', '"', "''", "1e1", "+12", "63.5", "64.0", "１２", "12 13", "\x1b[2J"]
)
def test_forms_of_a_label_that_are_refused(tmp_path, text):
    replace_label(trees.avec2014(tmp_path)).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="is not an integer from 0 to 63") as raised:
        open_corpus(tmp_path)
    assert str(raised.value).isprintable()


def test_an_archive_that_was_unpacked_into_a_folder_named_like_the_label_is_read(tmp_path):
    path = replace_label(trees.avec2014(tmp_path))
    path.mkdir()
    (path / path.name).write_text("12")
    assert open_corpus(tmp_path).recordings[0].bdi == 12.0


def test_a_folder_of_labels_that_cannot_be_read_makes_no_smaller_corpus(tmp_path, monkeypatch):
    trees.avec2014(tmp_path)
    with monkeypatch.context() as patch:
        trees.forbid(tmp_path / "AVEC2014_DepressionLabels", patch)
        with pytest.raises(ValueError, match="AVEC2014_DepressionLabels: cannot be looked into"):
            open_corpus(tmp_path)
    (tmp_path / "lost+found").mkdir()
    trees.forbid(tmp_path / "lost+found", monkeypatch)
    assert open_corpus(tmp_path).recordings[0].bdi == 12.0


NEARLY = [
    "203_1_Depression (1).csv",
    "203_1_Depression - Copy.csv",
    "Copy of 203_1_Depression.csv",
    "203_1_Depresion.csv",
    "203_1 Depression.csv",
    "203_1_Depression.csv.txt",
    "203_1_Depression.xlsx",
    "203_1_Freeform_video (1).mp4",
    "203_1_Freform_video.mp4",
    "203_1_Freeform_video.mpg",
    "203-1_Northwind_video.mp4",
]


@pytest.mark.parametrize("name", NEARLY)
def test_names_that_are_nearly_right_are_told(tmp_path, name):
    trees.avec2014(tmp_path)
    (tmp_path / "Training").mkdir()
    (tmp_path / "Training" / name).write_text("12")
    (stock,) = take_stock(tmp_path)
    (problem,) = stock.problems
    assert f"are passed over for their names: Training/{name}; expected <id>_" in problem.text
    assert not problem.fatal


def test_folders_of_frames_that_are_not_named_aligned_are_told(tmp_path):
    trees.avec2014(tmp_path)
    (tmp_path / "Training" / "203_2_Freeform_video").mkdir(parents=True)
    (stock,) = take_stock(tmp_path)
    assert ["1 folders of frames are passed over" in problem.text for problem in stock.problems] == [True]


@pytest.mark.parametrize("name", ["203_1_Freeform_audio.wav", "203_1_Freeform_video.csv", "readme.txt", "features.csv"])
def test_other_files_of_the_archives_are_left_alone(tmp_path, name):
    (trees.avec2014(tmp_path) / name).write_text("x")
    (stock,) = take_stock(tmp_path)
    assert stock.problems == ()


@pytest.mark.parametrize("word", ["val", "valid", "validation", "Validation_set", "dev"])
def test_validation_is_the_development_partition(tmp_path, word):
    trees.avec2014(tmp_path, [trees.Entry("203_1", "Freeform", "development", 12)])
    (tmp_path / "AVEC2014_AudioVisual" / "Video" / "Development").rename(tmp_path / word)
    assert [r.partition for r in open_corpus(tmp_path).recordings] == ["development"]


def test_a_folder_that_names_two_partitions_says_none(tmp_path):
    trees.avec2014(tmp_path / "train_dev_test" / "Testing" / "train and test", [trees.ENTRIES_2014[0]])
    video = tmp_path / "train_dev_test" / "Testing" / "train and test" / "203_2_Freeform_video.mp4"
    video.write_bytes(b"x")
    assert {r.name: r.partition for r in open_corpus(tmp_path).recordings} == {
        "203_1_Freeform": "train",
        "203_2_Freeform": "test",
    }


def test_links_that_double_end_soon(tmp_path):
    trees.avec2014(tmp_path / "0", [trees.ENTRIES_2014[0]])
    for level in range(1, 25):
        (tmp_path / str(level)).mkdir()
        for name in "ab":
            (tmp_path / str(level) / name).symlink_to(tmp_path / str(level - 1), target_is_directory=True)
    corpus = open_corpus(tmp_path / "24")
    assert [r.name for r in corpus.recordings] == ["203_1_Freeform"]
    (stock,) = take_stock(tmp_path / "24")
    assert any("linked here more than 2 times" in problem.text for problem in stock.problems)


def test_one_folder_linked_as_two_partitions_is_refused(tmp_path):
    trees.avec2014(tmp_path / "elsewhere", [trees.ENTRIES_2014[0]])
    (tmp_path / "here").mkdir()
    for name in ("Training", "Development", "Testing"):
        link = tmp_path / "here" / name
        link.symlink_to(tmp_path / "elsewhere" / "AVEC2014_AudioVisual" / "Video" / "Training" / "Freeform")
    with pytest.raises(ValueError, match="203_1_Freeform lies in the partitions"):
        open_corpus(tmp_path / "here")


@pytest.fixture
def deep(tmp_path, monkeypatch):
    """A corpus below 1,500 folders; shutil.rmtree, by which pytest cleans up, gives up on such a depth."""
    monkeypatch.chdir(tmp_path)
    os.mkdir("Training")
    os.chdir("Training")
    for _ in range(1500):
        os.mkdir("d")
        os.chdir("d")
    video = Path("203_1_cut_combined.mp4")
    video.write_bytes(b"x")
    (tmp_path / "203_1_Depression.csv").write_text("12")
    place = os.open(".", os.O_RDONLY)
    yield tmp_path
    os.fchdir(place)
    os.close(place)
    video.unlink()
    for _ in range(1500):
        os.chdir("..")
        os.rmdir("d")


def test_folders_of_any_depth_are_looked_into(deep):
    assert [r.partition for r in open_corpus(deep).recordings] == ["train"]


def test_more_than_any_corpus_holds_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tree, "MOST_ENTRIES", 10)
    with pytest.raises(ValueError, match="holds more than 10 files"):
        open_corpus(trees.avec2014(tmp_path))


def test_a_link_to_a_folder_above_the_corpus_is_not_followed(tmp_path):
    trees.avec2014(tmp_path / "corpus")
    trees.avec2013(tmp_path / "other")
    (tmp_path / "corpus" / "up").symlink_to(tmp_path, target_is_directory=True)
    assert open_corpus(tmp_path / "corpus").name == "AVEC2014"


def test_one_video_as_two_people_is_refused_and_a_second_copy_of_equal_size_too(tmp_path):
    trees.avec2014(tmp_path / "linked")
    one, other = (next((tmp_path / "linked").rglob(f"{name}_Freeform_video.mp4")) for name in ("203_1", "204_1"))
    other.unlink()
    os.link(one, other)
    with pytest.raises(ValueError, match="203_1_Freeform and 204_1_Freeform are one file"):
        open_corpus(tmp_path / "linked")
    trees.avec2014(tmp_path / "equal")
    copy = tmp_path / "equal" / "copy" / "Training" / "203_1_Freeform_video.mp4"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(b"y")
    with pytest.raises(ValueError, match="another one than"):
        open_corpus(tmp_path / "equal")


def test_copies_of_a_video_are_told(tmp_path):
    trees.avec2014(tmp_path)
    for name in ("203_1", "204_1"):
        next(tmp_path.rglob(f"{name}_Freeform_video.mp4")).write_bytes(bytes(5000))
    (stock,) = take_stock(tmp_path)
    assert [(p.text.partition(";")[0], p.fatal) for p in stock.problems] == [
        ("203_1_Freeform and 204_1_Freeform are copies of one video", False)
    ]


def test_large_files_that_differ_in_any_eighth_are_told_apart(tmp_path):
    content = bytearray(20 << 20)
    (tmp_path / "a").write_bytes(content)
    content[len(content) // 3 : len(content) // 3 + (3 << 20)] = b"\1" * (3 << 20)
    (tmp_path / "b").write_bytes(content)
    assert tree.sampled(tmp_path / "a") != tree.sampled(tmp_path / "b")
    assert tree.sampled(tmp_path / "gone") is None


def test_a_folder_of_frames_that_cannot_be_read_stops_nothing(tmp_path, monkeypatch):
    frames = tmp_path / "Training" / "203_1_cut_combined_aligned"
    frames.mkdir(parents=True)
    (tmp_path / "203_1_Depression.csv").write_text("12")
    scandir = os.scandir
    monkeypatch.setattr(
        tree.os, "scandir", lambda place: scandir(place) if Path(place) != frames else scandir(tmp_path / "none")
    )
    assert len(open_corpus(tmp_path).recordings) == 1


@pytest.mark.parametrize("put", [fifo, endless, large])
def test_a_manifest_that_is_no_table_is_refused(tmp_path, put):
    put(tmp_path / "m.csv")
    with pytest.raises((ValueError, FileNotFoundError), match="m.csv"):
        open_corpus(tmp_path / "m.csv")


def test_a_name_cannot_speak_to_the_terminal(tmp_path):
    place = tmp_path / "evil\x1b[2J"
    place.mkdir()
    trees.avec2014(place)
    replace_label(place).write_text("abc")
    (stock,) = take_stock(place)
    assert all(str(problem).isprintable() for problem in stock.problems)
    (checkup,), _ = doctor.examine([str(place)])
    assert all(line.isprintable() for line in doctor.remarks(checkup))


def demand_sentence(error: object) -> None:
    assert len(str(error)) > 20
    assert str(error).isprintable()


LABELS = (
    b"12",
    b"12.0",
    b'"3"',
    b"\xff\xfe1\x002\x00",
    b"BDI\n4",
    b"63",
    b"-1",
    b"",
    b"1e9",
    "１".encode(),
    b"9" * 5000,
)


def test_random_labels_are_read_or_refused_with_a_sentence(tmp_path):
    random.seed(14)
    path = replace_label(trees.avec2014(tmp_path, [trees.ENTRIES_2014[0]]))
    for _ in range(150):
        content = bytearray(random.choice(LABELS))
        for _ in range(random.randrange(4)):
            content.insert(random.randint(0, len(content)), random.randrange(256))
        path.write_bytes(content)
        try:
            (recording,) = open_corpus(tmp_path).recordings
            assert 0 <= recording.bdi <= 63
        except ValueError as error:
            demand_sentence(error)


LINES = (
    "videos/a.mp4,p,1,train",
    "videos/b 2.mp4,07,2.0,val",
    '"videos/c.mp4",7,"3,5",test',
    "videos/c.mp4;q;;dev",
    "..,.,.,.",
    "videos/\0.mp4,p,1,unseen",
    "videos/a\u0308.mp4,①,٣,train",
    '"a\n.mp4",p,1,train',
    "video,subject,score,partition",
)


def test_random_manifests_are_read_or_refused_with_a_sentence(tmp_path):
    random.seed(14)
    path = manifest(tmp_path, LINES[0])
    for _ in range(150):
        lines = [HEADER, *random.choices(LINES, k=random.randrange(5))]
        content = bytearray(random.choice(["\n", "\r\n", "\r"]).join(lines).encode(random.choice(["utf-8", "utf-16"])))
        for _ in range(random.randrange(6)):
            content.insert(random.randint(0, len(content)), random.randrange(256))
        path.write_bytes(content)
        try:
            recordings, problems = read_manifest(path)
        except ValueError as error:
            demand_sentence(error)
            continue
        for problem in problems:
            demand_sentence(problem)
        assert all(r.bdi is None or 0 <= r.bdi <= 63 for r in recordings)
