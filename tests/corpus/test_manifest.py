"""Videos of one's own by a table."""

import os
import shutil
import unicodedata

import pytest

from depnb.corpus import open_corpus
from depnb.corpus.manifest import read_manifest

HEADER = "video,subject,score,partition"


def manifest(folder, *lines, header=HEADER, name="manifest.csv"):
    for video in ("a.mp4", "b 2.mp4", "c.mp4"):
        (folder / "videos").mkdir(parents=True, exist_ok=True)
        (folder / "videos" / video).write_bytes(b"x")
    path = folder / name
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


GOOD = ("videos/a.mp4,anna_k,12,train", "videos/b 2.mp4,Björn,,dev", "videos/c.mp4,anna_k,7.5,Testing")


def test_a_manifest_is_a_corpus(tmp_path):
    path = manifest(tmp_path, *GOOD, name="clinic.csv")
    corpus = open_corpus(path)
    assert corpus.name == "clinic"
    assert corpus.licensed
    assert [(r.subject, r.bdi, r.partition, r.name) for r in corpus.recordings] == [
        ("anna_k", 12.0, "train", "videos/a.mp4"),
        ("Björn", None, "development", "videos/b 2.mp4"),
        ("anna_k", 7.5, "test", "videos/c.mp4"),
    ]
    assert corpus.recordings[0].video == tmp_path / "videos" / "a.mp4"


def test_a_folder_with_a_manifest_is_one_too(tmp_path):
    assert len(open_corpus(manifest(tmp_path, *GOOD).parent).recordings) == 3


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_order_further_columns_and_a_byte_order_mark(tmp_path, separator):
    header = separator.join(("\ufeffage", "Subject ", "PARTITION", "score", "video"))
    line = separator.join(("31", "p1", "test", "3", "videos/a.mp4"))
    (recording,) = open_corpus(manifest(tmp_path, line, "", header=header)).recordings
    assert (recording.subject, recording.partition, recording.bdi) == ("p1", "test", 3.0)


def test_a_windows_path_is_read(tmp_path):
    (recording,) = open_corpus(manifest(tmp_path, "videos\\a.mp4,p,1,train")).recordings
    assert recording.video.is_file()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("videos/a.mp4,p,abc,train", "score 'abc' is not a number from 0 to 63"),
        ("videos/a.mp4,p,64,train", "from 0 to 63"),
        ("videos/a.mp4,p,-1,train", "from 0 to 63"),
        ("videos/a.mp4,p,nan,train", "from 0 to 63"),
        ("videos/a.mp4,p,1,elsewhere", "partition 'elsewhere' is none of train"),
        ("videos/a.mp4,p", "partition '' is none of"),
        ("videos/none.mp4,p,1,train", "no video 'videos/none.mp4'"),
        (",p,1,train", "video and subject must be given"),
        ("videos/a.mp4,,1,train", "video and subject must be given"),
        ("../secret.mp4,p,1,train", "outside the manifest's folder"),
        ("videos/../../secret.mp4,p,1,train", "outside the manifest's folder"),
        ("/etc/hosts,p,1,train", "outside the manifest's folder"),
        ("C:\\videos\\a.mp4,p,1,train", "outside the manifest's folder"),
        (".,p,1,train", "is the manifest's own folder"),
        ("./,p,1,train", "is the manifest's own folder"),
        ("videos/a\x1b.mp4,p,1,train", "a line break or a control character in it"),
        ("videos/a.mp4,p\x07q,1,train", "a line break or a control character in it"),
        ("videos/A.mp4,p,1,train", "no video 'videos/A.mp4' in .*; there is 'a.mp4'"),
        ("videos/a (1).mp4,p,1,train", "; there is 'a.mp4'"),
        ("list.m3u8,p,1,train", "has not the ending of a video, such as .mp4"),
        ("noend,p,1,train", "has not the ending of a video, such as .mp4"),
        ("pipe.mp4,p,1,train", "neither a file nor a folder of frames"),
        ("self,p,1,train", "the manifest's own folder"),
        ('videos/a.mp4,p,1,"train,test"', "partition 'train,test' is none of train"),
        ("videos/a.mp4,p,1,train/dev", "is none of train"),
        ("videos/a.mp4,p,1,not train", "is none of train"),
    ],
)
def test_a_wrong_line_is_named_and_the_others_are_read(tmp_path, line, message):
    (tmp_path.parent / "secret.mp4").write_bytes(b"x")
    for name in ("list.m3u8", "noend"):
        (tmp_path / name).write_bytes(b"x")
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "self").symlink_to(tmp_path)
    path = manifest(tmp_path, GOOD[0], line, GOOD[2])
    with pytest.raises(ValueError, match=f"line 3: .*{message}"):
        open_corpus(path)
    recordings, problems = read_manifest(path)
    assert [recording.name for recording in recordings] == ["videos/a.mp4", "videos/c.mp4"]
    assert len(problems) == 1


def test_a_line_break_in_quotation_marks_is_no_other_name(tmp_path):
    _, (problem,) = read_manifest(manifest(tmp_path, '"videos/a\n.mp4",p,1,train'))
    assert r"'videos/a\n.mp4' of 'p': a line break" in problem.text


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_in_any_way_and_a_cell_may_have_several(tmp_path, end):
    path = manifest(tmp_path)
    path.write_bytes(end.join([f"{HEADER},note", 'videos/a.mp4,p,"1,5",val,"two\nlines"', ""]).encode())
    assert [(r.name, r.bdi, r.partition) for r in open_corpus(path).recordings] == [
        ("videos/a.mp4", 1.5, "development")
    ]


@pytest.mark.parametrize(("table", "disk"), [("NFC", "NFD"), ("NFD", "NFC"), ("NFC", "NFC")])
def test_a_name_is_found_in_each_unicode_form(tmp_path, table, disk):
    name = "Zoë/ö.mp4"
    video = tmp_path / unicodedata.normalize(disk, name)
    video.parent.mkdir()
    video.write_bytes(b"x")
    line = f"{unicodedata.normalize(table, name)},p,1,train"
    (recording,) = open_corpus(manifest(tmp_path, line)).recordings
    assert recording.video == video
    assert recording.name == unicodedata.normalize(table, name)


def test_names_with_numbers_of_any_script_are_sorted(tmp_path):
    names = ["2024①1.mp4", "2024²1.mp4", "2024٣.mp4", "10.mp4", "9.mp4", f"{'7' * 240}.mp4"]
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    found = open_corpus(manifest(tmp_path, *(f"{name},p,1,train" for name in names))).recordings
    assert [r.name for r in found][:2] == ["9.mp4", "10.mp4"]


def test_text_that_is_not_utf_8_is_refused_with_advice(tmp_path):
    path = manifest(tmp_path)
    path.write_text(f"{HEADER}\nvideos/a.mp4,p,1,train\n", encoding="utf-16")
    with pytest.raises(ValueError, match=r"manifest.csv cannot be read: it is UTF-16 .* Save it as CSV in UTF-8"):
        open_corpus(path)


@pytest.mark.parametrize("how", [os.link, os.symlink, shutil.copyfile])
def test_one_video_as_two_people_in_two_partitions_is_refused(tmp_path, how):
    path = manifest(tmp_path, "videos/a.mp4,ann,1,train", "videos/d.mp4,ben,2,test")
    (tmp_path / "videos" / "a.mp4").write_bytes(bytes(5000))
    how(tmp_path / "videos" / "a.mp4", tmp_path / "videos" / "d.mp4")
    with pytest.raises(ValueError, match=r"videos/a.mp4 and videos/d.mp4 are (one file|copies of one video)"):
        open_corpus(path)


def test_a_copy_in_one_partition_is_only_told(tmp_path):
    path = manifest(tmp_path, "videos/a.mp4,ann,1,train", "videos/c.mp4,ann,1,train")
    for name in "ac":
        (tmp_path / "videos" / f"{name}.mp4").write_bytes(bytes(5000))
    assert len(open_corpus(path).recordings) == 2
    assert [problem.fatal for problem in read_manifest(path)[1]] == [False]


def test_a_video_twice_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"2 lines have the video videos/a.mp4"):
        open_corpus(manifest(tmp_path, GOOD[0], GOOD[0]))


def test_a_table_that_would_lose_lines_is_refused(tmp_path):
    path = manifest(tmp_path, 'videos/a.mp4,a,1,train,"unclosed', "videos/c.mp4,c,2,train", header=f"{HEADER},note")
    with pytest.raises(ValueError, match="quotation mark"):
        read_manifest(path)


def test_a_line_with_more_cells_than_columns_is_named_and_empty_ones_do_not_count(tmp_path):
    path = manifest(tmp_path, "videos/a.mp4,a,1,train,,", "videos/c.mp4,c,2,test,5")
    recordings, problems = read_manifest(path)
    assert [recording.id for recording in recordings] == ["videos/a.mp4"]
    assert ["line 3: more cells than columns" in str(problem) for problem in problems] == [True]


def test_a_column_twice_is_refused(tmp_path):
    path = manifest(tmp_path, "videos/a.mp4,a,1,train,63", header=f"{HEADER},Score")
    with pytest.raises(ValueError, match="the column score twice"):
        read_manifest(path)


def test_one_file_under_two_names_is_named(tmp_path):
    path = manifest(tmp_path, "videos/a.mp4,a,1,train", "videos/d.mp4,d,2,test")
    (tmp_path / "videos" / "d.mp4").symlink_to(tmp_path / "videos" / "a.mp4")
    _, problems = read_manifest(path)
    assert ["videos/a.mp4 and videos/d.mp4 are one file" in str(problem) for problem in problems] == [True]
    assert problems[0].fatal


def test_who_is_unseen_and_elsewhere_is_named(tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.mp4").touch()
    path = tmp_path / "m.csv"
    path.write_text("video,subject,score,partition\na.mp4,ann,1,train\nb.mp4,ann,2,unseen\nc.mp4,ben,3,unseen\n")
    recordings, problems = read_manifest(path)
    assert len(recordings) == 3
    assert [str(problem) for problem in problems if problem.fatal] == [
        f"{path}: ann is in the partition unseen and in train; who is unseen must be in no other."
    ]


def test_what_is_no_manifest_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="No manifest"):
        open_corpus(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="no column score, partition; found video, subject"):
        open_corpus(manifest(tmp_path, header="video,subject"))
    with pytest.raises(ValueError, match="no line below the header"):
        open_corpus(manifest(tmp_path))
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(ValueError, match="found none"):
        open_corpus(tmp_path / "empty.csv")
    (tmp_path / "latin.csv").write_bytes(HEADER.encode() + b"\nvideos/a.mp4,Bj\xf6rn,1,train\n")
    with pytest.raises(ValueError, match="UTF-8"):
        open_corpus(tmp_path / "latin.csv")
