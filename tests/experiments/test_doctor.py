"""The doctor finds what is missing or wrong, and says whether the papers can be run."""

import json
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from typer.testing import CliRunner

from depnb import cli
from depnb.corpus.published import CORPORA, LABELS
from depnb.corpus.records import Recording
from depnb.corpus.synthetic.recipe import named_recipe, sessions
from depnb.corpus.tree import Problem
from depnb.experiments import doctor
from tests import bad_videos
from tests.corpus import trees
from tests.corpus.trees import Entry

pytestmark = pytest.mark.usefixtures("trainings_in_this_process")


def invoke(*arguments):
    return CliRunner().invoke(cli.app, ["doctor", *map(str, arguments)])


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return bad_videos.good(tmp_path_factory.mktemp("video"), count=4)


@pytest.fixture(scope="module")
def plan():
    """People and sessions as in AVEC2013, with labels of the generated corpus."""
    return [s for s in sessions(named_recipe("both-quick")) if s.partition != "unseen"]


@pytest.fixture
def avec2013(tmp_path, plan, video):
    entries = [Entry(s.id, None, s.partition, s.bdi) for s in plan]
    return trees.avec2013(tmp_path / "AVEC2013", entries, trees.copy_of(video))


@pytest.fixture
def avec2014(tmp_path, plan, video):
    entries = [Entry(s.id, task, s.partition, s.bdi) for s in plan for task in ("Freeform", "Northwind")]
    return trees.avec2014(tmp_path / "AVEC2014", entries, trees.copy_of(video))


def test_a_problem_that_makes_numbers_wrong_is_enough_to_be_not_ready(avec2013):
    (checkup,), _ = doctor.examine([str(avec2013)])
    harmless, fatal = (Problem("label", avec2013, "odd", fatal=fatal) for fatal in (False, True))
    assert replace(checkup, problems=[harmless]).ready
    assert not replace(checkup, problems=[harmless, fatal]).ready


def test_mean_and_sample_sd_are_those_of_the_labelled_sessions():
    labels = {"203_1": 10.0, "204_1": 13.0, "205_1": None}
    part = doctor._part([Recording(name, None, "train", Path(name), bdi) for name, bdi in labels.items()])
    assert (part.sessions, part.labelled, part.mean) == (3, 2, 11.5)
    assert part.sd == pytest.approx(3 / 2**0.5)


def test_a_whole_corpus_is_ready(avec2013):
    (checkup,), shared = doctor.examine([str(avec2013)])
    assert checkup.ready, checkup.missing
    assert shared is None
    published = CORPORA["AVEC2013"]
    assert checkup.people == published.people
    assert {name: part.people for name, part in checkup.parts.items()} == published.people_by_partition
    assert checkup.recurring == {", ".join(pair): count for pair, count in published.recurring.items()}
    assert checkup.by_sessions == published.by_sessions
    assert checkup.frames == 150 * 4
    assert checkup.crop_bytes == checkup.frames * doctor.bytes_of_a_crop() > 0
    assert {name: part.bands for name, part in checkup.parts.items()} == {n: one.bands for n, one in LABELS.items()}
    assert "frames: 600 here, about 2,900,000 published" in checkup.differs
    assert all(text.startswith(("frames", "mean label", "sd of", "range of")) for text in checkup.differs)


def test_labels_of_other_moments_are_told(avec2013):
    for path in avec2013.rglob("*_Depression.csv"):
        path.write_text("20")
    (checkup,), _ = doctor.examine([str(avec2013)])
    assert checkup.ready
    assert "mean label of train: 20.00 here, 15.02 or 15.10 published" in checkup.differs
    assert "labels of test by severity: (0, 0, 50, 0) here, (25, 10, 8, 7) published" in checkup.differs


def test_printed_moments_are_not_told():
    train = LABELS["train"]
    part = doctor.Part(50, 50, 50, 41, 15.06, 12.27, 0.0, 44.0, train.bands)
    checkup = doctor.Checkup("AVEC2013", None, parts={"train": part})
    assert not [text for text in doctor._differences(checkup) if "train" in text and "labels" in text]
    assert not [text for text in doctor._differences(checkup) if "mean" in text]


def test_what_is_missing_is_named_and_ends_with_1(avec2014):
    shutil.rmtree(avec2014 / "AVEC2014_Labels_Testset")
    shutil.rmtree(avec2014 / "AVEC2014_AudioVisual" / "Video" / "Training" / "Northwind")
    shown = invoke(avec2014)
    assert shown.exit_code == 1
    assert "✘ missing: labels of test: 50 of 50 sessions have none" in shown.output
    assert "✘ missing: videos of train: 50 of the published 100 are there" in shown.output
    assert "cannot be run" in shown.output


def test_a_missing_partition_is_named(avec2014):
    shutil.rmtree(avec2014 / "AVEC2014_AudioVisual" / "Video" / "Development")
    (checkup,), _ = doctor.examine([str(avec2014)])
    assert "the partition development: no video of it was found" in checkup.missing
    assert not checkup.ready


def test_bad_labels_and_unreadable_videos_are_listed_and_stop_nothing(avec2014):
    (bad,) = avec2014.rglob("203_1_Depression.csv")
    bad.write_text("abc")
    broken = next(avec2014.rglob("*_Northwind_video.mp4"))
    broken.write_bytes(b"")
    (checkup,), _ = doctor.examine([str(avec2014)])
    assert [problem.path for problem in checkup.problems if problem.fatal] == [bad]
    assert list(checkup.unreadable) == [broken.name.removesuffix("_video.mp4")]
    assert checkup.frames == 299 * 4
    assert not checkup.ready


def test_sessions_in_both_corpora_are_a_warning(avec2013, avec2014, plan):
    (moved,) = avec2014.rglob(f"{plan[0].id}_Depression.csv")
    moved.write_text(str((plan[0].bdi + 1) % 64))
    shown = invoke(avec2013, avec2014)
    assert shown.exit_code == 0, shown.output
    assert "150 sessions are in both AVEC2013 and AVEC2014 (145 are published), 150 of them" in shown.output
    assert "149 with the same known label" in shown.output
    assert "never train on one and test on the other" in " ".join(shown.output.split())


def test_json_holds_the_same_facts(avec2013):
    shown = CliRunner().invoke(cli.app, ["doctor", str(avec2013), "--json"])
    facts = json.loads(shown.stdout)
    (corpus,) = facts["corpora"]
    assert corpus["ready"] is True
    assert corpus["parts"]["train"]["videos"] == 50
    assert facts["shared"] is None


def test_own_videos_and_generated_corpora(tmp_path, video):
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        shutil.copyfile(video, tmp_path / name)
    manifest = tmp_path / "own.csv"
    manifest.write_text("video,subject,score,partition\na.mp4,p,1,train\nb.mp4,q,2,dev\nc.mp4,p,abc,test\n")
    (checkup,), _ = doctor.examine([str(manifest)])
    assert (checkup.name, checkup.people, checkup.ready) == ("own", 2, False)
    assert "line 4: the score 'abc'" in str(checkup.problems[0])
    assert "the partition test: no video of it was found" in checkup.missing
    (generated,), _ = doctor.examine(["both-tiny"])
    assert generated.ready
    assert generated.differs == []


def test_one_person_under_two_names_in_two_partitions_cannot_be_run(tmp_path, video):
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        (tmp_path / name).write_bytes(video.read_bytes() + name.encode())
    (tmp_path / "own.csv").write_text(
        "video,subject,score,partition\na.mp4,07,1,train\nb.mp4,x,2,val\nc.mp4,7,3,test\n"
    )
    shown = invoke(tmp_path / "own.csv")
    assert shown.exit_code == 1
    assert "'07' (train), '7' (test) look like one person under several names" in " ".join(shown.output.split())
    assert "✘ The papers cannot be run on it as it is." in shown.output


def test_frame_rates_are_told_and_where_they_differ(tmp_path):
    for name, rate in {"a.mp4": 25, "b.mp4": 30, "c.mp4": Fraction(30000, 1001)}.items():
        bad_videos.encode(tmp_path / name, bad_videos.moving(4), rate=rate)
    lines = ["video,subject,score,partition", "a.mp4,ann,1,train", "b.mp4,ben,2,dev", "c.mp4,cem,3,test"]
    (tmp_path / "own.csv").write_text("\n".join(lines))
    (checkup,), _ = doctor.examine([str(tmp_path / "own.csv")])
    assert checkup.frame_rates == {"train": {25.0: 1}, "development": {30.0: 1}, "test": {30.0: 1}}
    told = doctor.remarks(checkup)
    assert any(line.startswith("! frames per second differ: 25 in 1 videos, 30 in 2 videos.") for line in told)
    assert any("(train: 25; development: 30; test: 30)" in line for line in told)
    assert doctor._rates({"train": {8.0: 2}, "test": {8.0: 1}}) == ["8 frames per second"]
    assert len(doctor._rates({"train": {8.0: 2, 9.0: 1}, "test": {8.0: 1, 9.0: 4}})) == 1


def test_videos_that_do_not_say_how_many_frames_they_have_are_counted(tmp_path, monkeypatch):
    def stated(recording):
        return 0, None

    monkeypatch.setattr(doctor, "_stated", stated)
    (tmp_path / "a.mkv").write_bytes(b"x")
    (tmp_path / "own.csv").write_text("video,subject,score,partition\na.mkv,ann,1,train\n")
    (checkup,), _ = doctor.examine([str(tmp_path / "own.csv")])
    assert any(
        line.startswith("at least 0 frames; aligned crops of all of them need at least")
        for line in doctor.remarks(checkup)
    )


def test_nothing_there_is_an_error(tmp_path):
    shown = invoke(tmp_path)
    assert shown.exit_code == 1
    with pytest.raises(FileNotFoundError, match="looked for"):
        doctor.examine([str(tmp_path)])
