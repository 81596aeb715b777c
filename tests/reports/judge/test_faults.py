"""Whatever is wrong with a file of scores is named, and what is right is judged."""

from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from typer.testing import CliRunner

from depnb import cli
from depnb.corpus.manifest import lines_of
from depnb.reports.judge import judge, text
from tests.labelled import corpus_of, recording

NAMES = [f"{300 + k}_1" for k in range(8)]
RIGHT = [f"{name},{10 + k}" for k, name in enumerate(NAMES)]


@pytest.fixture
def corpus():
    test = [recording(name, 5.0 * k) for k, name in enumerate(NAMES)]
    train = [recording(f"{200 + k}_1", 10.0 + k, "train") for k in range(4)]
    return corpus_of([*train, *test, recording("400_1", None)])


def written(folder: Path, *lines: str, header: str = "video,score") -> Path:
    path = folder / "scores.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


WHOLE_FILES = {
    "empty": (b"", "no column video, score"),
    "header_alone": (b"video,score\n", "no line below the header"),
    "no_header": (b"300_1,12\n301_1,13\n", "no column video, score; found 300_1, 12"),
    "no_score": (b"video,prediction\n300_1,12\n", "no column score; found video, prediction"),
    "column_twice": (b"video,score,score\n300_1,12,13\n", "the column score twice"),
    "utf_16": ("video,score\n300_1,12\n".encode("utf-16"), "UTF-16"),
    "latin_1": (b"video,score\nM\xfcller,12\n", "not UTF-8"),
    "quotation_mark": (b'video,score\n"300_1,12\n', "quotation mark"),
    "other_corpus": (b"video,score\nx_1,12\ny_1,13\n", "not in the corpus made"),
    "training_alone": (b"video,score\n200_1,12\n201_1,13\n", r"Scores of the partition train are not judged \(2\)"),
}


@pytest.mark.parametrize("fault", WHOLE_FILES)
def test_a_file_that_cannot_be_judged_says_why(tmp_path, corpus, fault):
    content, message = WHOLE_FILES[fault]
    path = tmp_path / "scores.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as raised:
        judge(path, corpus)
    assert "scores.csv" in str(raised.value)


def test_seeds_without_a_video_in_common_are_refused(corpus):
    halves = [{"video": own, "score": [9.0] * len(own)} for own in (NAMES[:4], NAMES[4:])]
    with pytest.raises(ValueError, match="no video has a score of each seed. Of several files"):
        judge(halves, corpus)


def test_no_file_a_folder_and_nothing(tmp_path, corpus):
    with pytest.raises(FileNotFoundError, match=r"No file .*none\.csv.*columns video and score"):
        judge(tmp_path / "none.csv", corpus)
    with pytest.raises(ValueError, match="no regular file"):
        judge(tmp_path, corpus)
    with pytest.raises(ValueError, match="No scores"):
        judge([], corpus)
    with pytest.raises(ValueError, match="No column score"):
        judge({"video": NAMES}, corpus)
    with pytest.raises(ValueError, match="one length"):
        judge({"video": NAMES, "score": [1.0]}, corpus)


LINES = {
    "no_number": ("300_1,twelve", "line", "not a number", "line 2"),
    "no_score": ("300_1,", "line", "No score", "line 2"),
    "not_finite": ("300_1,nan", "line", "not a finite number", "line 2"),
    "infinite": ("300_1,-inf", "line", "not a finite number", "line 2"),
    "other_unit": ("300_1,1500", "line", "more than 63 points outside", "line 2"),
    "underscore": ("300_1,1_2", "line", "not a number", "line 2"),
    "no_video": (",12", "line", "No name of a video", "line 2"),
    "decimal_comma": ("300_1,12,5", "line", "More cells than columns", "line 2"),
    "control_character": ("300_1\x07,12", "line", "control character", "line 2"),
    "missing": ("", "missing", "1 of 8 videos without a score", "300_1"),
    "unknown": ("999_1,12", "unknown", "1 name is not in the corpus made", "999_1"),
    "spelling": ("30O_1,12", "unknown", "a video there is called 200_1", "30O_1"),
    "doubled": ("300_1,12\n300_1,13", "doubled", "different scores", "300_1"),
    "doubled_by_path": ("300_1,12\nclips/300_1_cut_combined.mp4,13", "doubled", "different scores", "300_1"),
    "repeated": ("300_1,12\n300_1,12", "repeated", "same score, which counts once", "300_1"),
}


@pytest.mark.parametrize("fault", LINES)
def test_a_wrong_line_is_named_and_the_others_are_judged(tmp_path, corpus, fault):
    line, kind, message, name = LINES[fault]
    made = judge(written(tmp_path, line, *RIGHT[1:]), corpus)
    found = {finding.kind: finding for finding in made.findings}
    assert message in found[kind].text
    assert found[kind].names == (name,)
    assert made.wrong
    assert f"✘ {found[kind]}" in text(made)
    assert made.parts["test"].metrics["videos"] == (8 if kind == "repeated" else 7)
    assert ("missing" in found) == (kind != "repeated")


ALL_AT_ONCE = (
    ("301_1_Freeform,twelve,0", "The score is not a number. line 2"),
    ("302_1_Freeform,,0", "No score; leave the line out, or fill it in. line 3"),
    ("303_1_Freeform,nan,0\n303_1_Northwind,-inf,0", "The score is not a finite number. line 4, line 5"),
    ("304_1_Freeform,1e6,0", "more than 63 points outside of the scale, 0 to 63: is it in BDI-II points? line 6"),
    (",12,0", "No name of a video. line 7"),
    ("305_1_Freeform,12,5,0", "More cells than columns"),
    ("306_1\x07_Freeform,12,0", "A line break or a control character in a name. line 9"),
    ("307_1_Freeform,12,", "No seed, which other lines have. line 10"),
    ("999_1_Freeform,12,0\nFreeform,12,0", "2 names are not in the corpus made"),
    ("308_1,12,0", "1 name is a session and no video; judge sessions (--unit sessions), or name the videos: 308_1"),
    ("309_1_Freeform,12,0\n309_1_Freeform,13,0", "Twice with different scores"),
    ("310_1_Freeform,12,0\na/310_1_Freeform_video.mp4,13,0", "309_1_Freeform, 310_1_Freeform"),
    ("311_1_Freeform,12,0\n311_1_Freeform,12,0", "Twice with the same score, which counts once: 311_1_Freeform"),
    ("312_1_Freeform,12,0", "videos without a score of each seed"),
    ("400_1_Freeform,12,0", "Without a label in the corpus, so not judged: 400_1_Freeform"),
    ("200_1_Freeform,12,0", "Scores of the partition train are not judged (1)."),
    ("250_1_Freeform,12,0", "Scores of the partition development are not judged (1)."),
    ("313_1_Freeform,-3,0\n313_1_Freeform,-3,1\n313_1_Freeform,-3,2", "3 of 9 scores lie outside of the scale"),
    ("314_1_Freeform,7,0\n314_1_Freeform,7,1\n314_1_Freeform,7,2", "Seeds with the same scores"),
    (
        "200_2_Freeform,9,0\n200_2_Freeform,9,1\n200_2_Freeform,9,2",
        "1 of 3 people of the test set were trained on too.",
    ),
    ("", "Of fewer than 30 people intervals cover less than they claim (test set: 3)."),
)


def test_a_file_with_twenty_kinds_of_faults_names_each(tmp_path):
    test = [recording(f"{k}_1", 5.0, task=task) for k in range(301, 315) for task in ("Freeform", "Northwind")]
    others = [recording("200_2", 9.0, task="Freeform"), recording("400_1", None, task="Freeform")]
    train = [recording("200_1", 20.0, "train", "Freeform"), recording("250_1", 20.0, "development", "Freeform")]
    told = text(
        judge(
            written(tmp_path, *(line for line, _ in ALL_AT_ONCE), header="video,score,seed"),
            corpus_of([*train, *test, *others]),
        )
    )
    assert len(ALL_AT_ONCE) > 20
    for _, message in ALL_AT_ONCE:
        assert message in told


def test_a_session_where_a_video_was_expected(tmp_path):
    test = [recording(f"{k}_1", 5, task=task) for k in range(300, 304) for task in ("Freeform", "Northwind")]
    lines = ["300_1,4", *(f"{r.name},6" for r in test[2:])]
    made = judge(written(tmp_path, *lines), corpus_of(test))
    found = {finding.kind: finding for finding in made.findings}
    assert "--unit sessions" in found["session"].text
    assert found["missing"].names == ("300_1_Freeform", "300_1_Northwind")


SEEDS = {
    "seed_lacks_a_video": (["300_1,9,0", *(f"{line},{s}" for line in RIGHT[1:] for s in "01")], "missing", ("300_1",)),
    "no_seed": (["300_1,9,", *(f"{line},0" for line in RIGHT)], "line", ("line 2",)),
    "same_seeds": ([f"{line},{s}" for line in RIGHT for s in "01"], "same seeds", ("0 and 1",)),
}


@pytest.mark.parametrize("fault", SEEDS)
def test_what_is_wrong_with_seeds_is_named(tmp_path, corpus, fault):
    lines, kind, names = SEEDS[fault]
    made = judge(written(tmp_path, *lines, header="video,score,seed"), corpus)
    assert {finding.kind: finding.names for finding in made.findings}[kind] == names


REMARKS = {
    "shares": ([0.1 * k for k in range(8)], "between 0 and 1"),
    "flat": ([14.0] * 8, "close to a constant"),
    "labels": ([5.0 * k for k in range(8)], "the labels themselves"),
    "outside": ([-4.0, *range(10, 17)], "1 of 8 scores lie outside of the scale"),
    "ratio": ([5.0 * k + (-1) ** k * 8 for k in range(8)], "RMSE/MAE on the test set is 1.00, below 1.15"),
    "constant": ([40.0 - 5 * k for k in range(8)], "a larger RMSE than the mean of the training labels"),
    "few people": (list(range(10, 18)), "(test set: 8)"),
}


@pytest.mark.parametrize("kind", REMARKS)
def test_what_looks_wrong_is_said_beside_the_numbers(corpus, kind):
    scores, message = REMARKS[kind]
    made = judge({"video": NAMES, "score": scores}, corpus, deterministic=True)
    assert message in next(finding.text for finding in made.findings if finding.kind == kind)
    assert not made.wrong
    good = judge(
        {"video": NAMES, "score": [5.0 * k + (1, -9, 2, 4)[k % 4] for k in range(8)]}, corpus, deterministic=True
    )
    assert {finding.kind for finding in good.findings} <= {"few people", "outside"}


def test_what_is_not_judged_is_said(tmp_path, corpus):
    made = judge(written(tmp_path, *RIGHT, "200_1,9", "400_1,9"), corpus)
    found = {finding.kind: finding for finding in made.findings}
    assert found["unlabelled"].names == ("400_1",)
    assert "Scores of the partition train are not judged (1)" in found["elsewhere"].text
    assert not made.wrong


def test_whom_was_selected_or_trained_on_and_judged_too(corpus):
    made = judge({"video": NAMES, "score": range(8)}, corpus, selected_on=("test",))
    assert [f.text for f in made.findings if f.kind == "selection"] == [
        "The test partition was selected on: the errors on it are too small."
    ]
    (item,) = [item for item in made.checklist if item.topic == "selection"]
    assert "judged too" in item.answer
    with pytest.raises(ValueError, match="No partition 'dev'"):
        judge({"video": NAMES, "score": range(8)}, corpus, selected_on=("dev",))
    with pytest.raises(ValueError, match="No unit 'frames'"):
        judge({"video": NAMES, "score": range(8)}, corpus, unit="frames")


def test_the_other_file_has_its_own_faults(tmp_path, corpus):
    other = written(tmp_path, *RIGHT[2:], "999_1,3")
    made = judge({"video": NAMES, "score": range(8)}, corpus, against=other)
    texts = [finding.text for finding in made.findings if finding.wrong]
    assert len(texts) == 2
    assert all(text.startswith("scores.csv: ") for text in texts)
    assert made.parts["test"].rivals["against"].errors["units"] == 6


@given(st.binary(max_size=300))
@settings(max_examples=60)
def test_any_bytes_are_judged_or_refused_with_a_message(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(b"video,score\n300_1,4\n301_1,5\n" + content)
    test = [recording(name, 5.0 * k) for k, name in enumerate(NAMES)]
    try:
        told = text(judge(path, corpus_of(test)))
    except ValueError as error:
        told = str(error)
    assert "any.csv" in told


def test_the_command_names_faults_and_ends_with_status_1(tmp_path):
    labels = tmp_path / "labels.csv"
    rows = [f"v{k}.mp4,p{k},{k % 40},{'train' if k < 30 else 'test'}" for k in range(60)]
    labels.write_text("\n".join(["video,subject,score,partition", *rows]))
    scores = written(tmp_path, *(f"v{k},{k % 37}" for k in range(31, 60)))
    shown = CliRunner().invoke(cli.app, ["judge", str(scores), "--corpus", str(labels)])
    assert shown.exit_code == 1
    assert "✘ 1 of 30 videos without a score; the numbers are about the others alone: v30.mp4" in shown.output
    assert len(lines_of(labels)) == 60
