"""The reader of AVEC2014's tree says what is wrong."""

import pytest

from depnb.corpus import open_corpus


def tree(root, label="12", video="203_1_Freeform_video.mp4", folder="Training"):
    (root / "AVEC2014_AudioVisual" / "Video" / folder / "Freeform").mkdir(parents=True)
    (root / "AVEC2014_AudioVisual" / "Video" / folder / "Freeform" / video).write_bytes(b"x")
    if label is not None:
        (root / "labels").mkdir(exist_ok=True)
        (root / "labels" / "203_1_Depression.csv").write_text(label)
    return root


def test_reads_a_recording(tmp_path):
    corpus = open_corpus(tree(tmp_path / "with space ü"))
    (recording,) = corpus.recordings
    assert (recording.id, recording.subject, recording.task) == ("203_1", "203", "Freeform")
    assert (recording.partition, recording.bdi) == ("train", 12.0)
    assert not corpus.generated
    assert corpus.title == "AVEC2014"


@pytest.mark.parametrize("label", ["abc", "64", "-1", "", "BDI\n12"])
def test_bad_labels_are_refused(tmp_path, label):
    with pytest.raises(ValueError, match="integer from 0 to 63"):
        open_corpus(tree(tmp_path, label))


def test_labels_that_disagree_are_refused(tmp_path):
    tree(tmp_path)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "203_1_Depression.csv").write_text("13")
    with pytest.raises(ValueError, match=r"203_1 has label"):
        open_corpus(tmp_path)


def test_missing_parts_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="both, appearance, dynamics, null"):
        open_corpus(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="Unzip AVEC2014_AudioVisual"):
        open_corpus(tmp_path)
    with pytest.raises(FileNotFoundError, match="found 1 videos"):
        open_corpus(tree(tmp_path, label=None))
    with pytest.raises(ValueError, match="says the partition"):
        open_corpus(tree(tmp_path / "b", folder="Somewhere"))


def test_unknown_partition_is_refused(tmp_path):
    with pytest.raises(ValueError, match="train, development, test, unseen"):
        open_corpus(tree(tmp_path)).partition("dev")
