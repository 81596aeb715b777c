"""AVEC2013 and AVEC2014 are found in every form, and what is wrong in them is said."""

import pytest

from depnb.corpus import open_corpus
from depnb.corpus.avec import take_stock

from . import trees
from .trees import ENTRIES_2013, ENTRIES_2014, LAYOUTS, Entry


def facts(corpus):
    return [(r.id, r.subject, r.task, r.partition, r.bdi) for r in corpus.recordings]


def wanted(entries):
    return sorted(
        ((e.session, e.session.split("_")[0], e.task, e.partition, float(e.label)) for e in entries),
        key=lambda line: (int(line[1]), line[0], line[2] or ""),
    )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_form_holds_the_same(tmp_path, layout):
    build, entries = LAYOUTS[layout]
    corpus = open_corpus(build(tmp_path / "with space ü", entries))
    assert facts(corpus) == wanted(entries)
    assert corpus.name == layout.split()[0]
    assert corpus.licensed
    assert not corpus.generated


@pytest.mark.parametrize("entries", [ENTRIES_2013, ENTRIES_2014], ids=["AVEC2013", "AVEC2014"])
def test_folders_of_frames_are_recordings(tmp_path, entries):
    def frames(folder, entry):
        folder.mkdir(parents=True)
        for number in (1, 2, 10):
            (folder / f"frame_det_00_{number:06d}.bmp").write_bytes(b"x")

    corpus = open_corpus(trees.aligned(tmp_path, entries, frames))
    assert facts(corpus) == wanted(entries)
    assert all(recording.video.is_dir() for recording in corpus.recordings)


def test_a_video_is_rather_taken_than_its_frames(tmp_path):
    trees.avec2013(tmp_path)
    (tmp_path / "crops" / "Training" / "203_1_cut_combined_aligned").mkdir(parents=True)
    (tmp_path / "crops" / "Training" / "203_1_cut_combined_aligned" / "1.bmp").write_bytes(b"x")
    corpus = open_corpus(tmp_path)
    assert facts(corpus) == wanted(ENTRIES_2013)
    assert all(recording.video.is_file() for recording in corpus.recordings)


def test_natural_order_and_labels_with_a_byte_order_mark(tmp_path):
    trees.avec2014(tmp_path)
    for path in tmp_path.rglob("203_1_Depression.csv"):
        path.write_bytes(b"\xef\xbb\xbf12\r\n")
    assert [r.id for r in open_corpus(tmp_path).recordings][-1] == "1000_1"
    assert open_corpus(tmp_path).recordings[0].bdi == 12.0


@pytest.mark.parametrize("label", ["abc", "64", "-1", "", "BDI\n12", "12.5", "²"])
def test_bad_labels_are_refused_and_the_rest_is_read(tmp_path, label):
    trees.avec2014(tmp_path)
    (bad,) = tmp_path.rglob("203_1_Depression.csv")
    bad.write_text(label, encoding="utf-8")
    with pytest.raises(ValueError, match=r"203_1_Depression.csv: the label .* integer from 0 to 63"):
        open_corpus(tmp_path)
    (stock,) = take_stock(tmp_path)
    assert [recording.bdi for recording in stock.recordings if recording.id == "203_1"] == [None, None]
    assert {recording.bdi for recording in stock.recordings} == {None, 0.0, 30.0, 63.0}


def test_labels_that_disagree_are_refused(tmp_path):
    trees.avec2014(tmp_path)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "203_1_Depression.csv").write_text("13")
    with pytest.raises(ValueError, match=r"another label of session 203_1 than in .*; remove the wrong one") as raised:
        open_corpus(tmp_path)
    assert not {"12", "13"}.intersection(str(raised.value).replace(str(tmp_path), "").split())
    (tmp_path / "more" / "203_1_Depression.csv").write_text("12")
    assert facts(open_corpus(tmp_path)) == wanted(ENTRIES_2014)


def test_several_faults_are_counted(tmp_path):
    trees.avec2014(tmp_path)
    for path in tmp_path.rglob("20*_Depression.csv"):
        path.write_text("abc")
    with pytest.raises(ValueError, match=r"And 2 more: `depnb doctor"):
        open_corpus(tmp_path)


def test_missing_parts_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="both, appearance, dynamics, null"):
        open_corpus(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="Unzip AVEC2014_AudioVisual"):
        open_corpus(tmp_path)
    trees.one_byte(tmp_path / "Training" / "203_1_Freeform.mp4", ENTRIES_2014[0])
    with pytest.raises(
        FileNotFoundError, match="1 videos are passed over for their names: Training/203_1_Freeform.mp4"
    ):
        open_corpus(tmp_path)
    trees.one_byte(tmp_path / "Training" / "203_1_Freeform_video.mp4", ENTRIES_2014[0])
    with pytest.raises(FileNotFoundError, match="found 1 videos"):
        open_corpus(tmp_path)


def test_a_video_without_a_partition_or_with_two_is_refused(tmp_path):
    root = trees.avec2014(tmp_path / "a")
    trees.one_byte(root / "Somewhere" / "300_1_Freeform_video.mp4", ENTRIES_2014[0])
    with pytest.raises(ValueError, match=r"300_1_Freeform_video.mp4: no folder .* says the partition"):
        open_corpus(root)
    root = trees.avec2014(tmp_path / "b")
    trees.one_byte(root / "Testing" / "203_1_Freeform_video.mp4", ENTRIES_2014[0])
    with pytest.raises(ValueError, match="203_1_Freeform lies in the partitions test and train"):
        open_corpus(root)


def test_copies_that_agree_are_told_and_others_refused(tmp_path):
    trees.avec2014(tmp_path)
    copy = tmp_path / "copy" / "Training" / "203_1_Freeform_video.mp4"
    trees.one_byte(copy, ENTRIES_2014[0])
    assert facts(open_corpus(tmp_path)) == wanted(ENTRIES_2014)
    (stock,) = take_stock(tmp_path)
    assert [(problem.kind, problem.path, problem.fatal) for problem in stock.problems] == [("copy", copy, False)]
    copy.write_bytes(b"another")
    with pytest.raises(ValueError, match="another one than"):
        open_corpus(tmp_path)


def test_labels_and_videos_without_each_other(tmp_path):
    trees.avec2014(tmp_path)
    trees.label(tmp_path / "label", Entry("999_1", None, "train", 3))
    for path in tmp_path.rglob("204_1_Depression.csv"):
        path.unlink()
    corpus = open_corpus(tmp_path)
    assert {recording.bdi for recording in corpus.partition("test")} == {None}
    (stock,) = take_stock(tmp_path)
    assert "1 labels without a video of AVEC2014: 999_1" in str(stock.problems[0])


def test_both_corpora_in_one_folder_are_not_mixed(tmp_path):
    trees.avec2014(tmp_path / "2014")
    trees.avec2013(tmp_path / "2013")
    with pytest.raises(ValueError, match=r"AVEC2013 \(4 videos\) and AVEC2014 \(8 videos\)"):
        open_corpus(tmp_path)
    assert open_corpus(tmp_path / "2013").name == "AVEC2013"


def test_a_circle_of_links_ends(tmp_path):
    trees.avec2014(tmp_path)
    circle = tmp_path / "AVEC2014_AudioVisual" / "again"
    circle.symlink_to(tmp_path, target_is_directory=True)
    assert facts(open_corpus(tmp_path)) == wanted(ENTRIES_2014)
    (stock,) = take_stock(tmp_path)
    assert [(problem.kind, problem.path) for problem in stock.problems] == [("folder", circle)]


def test_a_circle_below_the_root_is_not_walked_even_once(tmp_path):
    trees.avec2014(tmp_path)
    circle = tmp_path / "AVEC2014_AudioVisual" / "again"
    circle.symlink_to(circle.parent, target_is_directory=True)
    (stock,) = take_stock(tmp_path)
    assert [(problem.kind, problem.path) for problem in stock.problems] == [("folder", circle)]


def test_the_nearest_folder_says_the_partition(tmp_path):
    trees.avec2014(tmp_path / "Testing" / "mine")
    assert facts(open_corpus(tmp_path)) == wanted(ENTRIES_2014)


def test_links_that_lead_nowhere_are_told_and_the_rest_is_read(tmp_path):
    trees.avec2014(tmp_path)
    video = next(path for path in tmp_path.rglob("203_1_Freeform_video.mp4"))
    video.unlink()
    video.symlink_to(tmp_path / "gone.mp4")
    itself = tmp_path / "itself"
    itself.symlink_to(itself)
    (stock,) = take_stock(tmp_path)
    assert {problem.path for problem in stock.problems} == {video, itself}
    assert "203_1_Freeform" not in [recording.name for recording in open_corpus(tmp_path).recordings]


def test_what_macos_adds_to_an_archive_is_left_alone(tmp_path):
    trees.avec2014(tmp_path)
    for folder in (tmp_path / "__MACOSX", tmp_path / "AVEC2014_AudioVisual"):
        folder.mkdir(exist_ok=True)
        (folder / "._203_1_Depression.csv").write_bytes(b"\0\5\x16\7")
        (folder / "old_203_1_Depression.csv").write_text("60")
    assert facts(open_corpus(tmp_path)) == wanted(ENTRIES_2014)


def test_where_both_corpora_lie_each_has_its_own_labels(tmp_path):
    trees.avec2014(tmp_path / "AVEC2014")
    trees.avec2013(tmp_path / "AVEC2013")
    for path in (tmp_path / "AVEC2014").rglob("*_Depression.csv"):
        path.unlink()
    of_2013, of_2014 = take_stock(tmp_path)
    assert of_2013.labels
    assert not of_2014.labels
    assert all(recording.bdi is None for recording in of_2014.recordings)
    (tmp_path / "203_1_Depression.csv").write_text("12")
    assert all("no folder says whose" in str(stock.problems[0]) for stock in take_stock(tmp_path))


def test_frames_in_a_folder_of_their_own_name_are_found(tmp_path):
    folder = tmp_path / "Training" / "203_1_cut_combined_aligned" / "203_1_cut_combined_aligned"
    folder.mkdir(parents=True)
    (folder / "frame_1.bmp").write_bytes(b"BM")
    (tmp_path / "203_1_Depression.csv").write_text("12")
    assert [recording.video for recording in open_corpus(tmp_path).recordings] == [folder]


def test_other_pictures_of_the_same_length_are_another_corpus(tmp_path):
    folder = tmp_path / "Training" / "203_1_cut_combined_aligned"
    folder.mkdir(parents=True)
    (tmp_path / "203_1_Depression.csv").write_text("12")
    found = []
    for content in (b"BM1", b"BM2"):
        for number in range(3):
            (folder / f"frame_{number}.bmp").write_bytes(content)
        found.append(open_corpus(tmp_path).fingerprint)
    assert found[0] != found[1]


def test_linked_folders_are_looked_into(tmp_path):
    trees.avec2014(tmp_path / "elsewhere")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "data").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert facts(open_corpus(tmp_path / "here")) == wanted(ENTRIES_2014)


def test_a_folder_that_cannot_be_read_is_told(tmp_path, monkeypatch):
    trees.avec2014(tmp_path)
    locked = tmp_path / "AVEC2014_AudioVisual" / "Video" / "Testing"
    trees.forbid(locked, monkeypatch)
    (stock,) = take_stock(tmp_path)
    assert {recording.partition for recording in stock.recordings} == {"train", "development"}
    assert [(problem.kind, problem.path) for problem in stock.problems if problem.kind == "folder"] == [
        ("folder", locked)
    ]


def test_a_label_that_cannot_be_read_is_refused(tmp_path):
    trees.avec2014(tmp_path)
    (bad,) = tmp_path.rglob("203_1_Depression.csv")
    bad.write_bytes(b"\xff\xfe\x31")
    with pytest.raises(ValueError, match="cannot be read"):
        open_corpus(tmp_path)


@pytest.mark.slow
def test_ten_thousand_files_are_read(tmp_path):
    entries = [Entry(f"{200 + k}_1", None, "train", k % 64) for k in range(5000)]
    assert facts(open_corpus(trees.avec2013(tmp_path, entries))) == wanted(entries)


def test_unknown_partition_is_refused(tmp_path):
    with pytest.raises(ValueError, match="train, development, test, unseen"):
        open_corpus(trees.avec2014(tmp_path)).partition("dev")
