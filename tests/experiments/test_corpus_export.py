"""What is exported can be read: by loaders that know nothing of depnb, and by depnb's own reader of AVEC."""

import ast
import csv
import errno
import logging
import re
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from depnb import cli, faces
from depnb.corpus import open_corpus
from depnb.corpus.avec import take_stock
from depnb.corpus.layouts import LAYOUTS, LICENCE_TEXT
from depnb.corpus.synthetic.layout import open_generated, recipe_of
from depnb.corpus.synthetic.recipe import named_recipe, sessions
from depnb.experiments import corpus_export
from depnb.experiments.corpus_export import export, open_exportable
from depnb.faces.aligned_frames import SETTINGS
from depnb.faces.crop_paths import crop_path
from depnb.faces.crops import write
from depnb.faces.quality import Report, VideoReport
from depnb.system import files
from depnb.system.repository import ROOT
from tests.experiments import loaders
from tests.experiments.listing import listing

pytestmark = pytest.mark.slow

MAKE = import_module("depnb.corpus.synthetic.make")
FIRST, STEP = 30, 4
"""The grey level of a video tells its label: 30, 34, 38 …"""
FRAMES, WITHOUT_FACE = 5, 3
"""Frames of the pretended crops, and the one in which nobody is seen."""
READERS = {
    "avec2014": [loaders.partition_folders, loaders.list_of_paths],
    "avec2013": [loaders.doubled_labels, loaders.list_of_paths],
    "openface": [loaders.aligned_folders, loaders.list_of_paths],
}
FRAMES_FOUND = f"… {FRAMES - 1} of them"
each_layout = pytest.mark.parametrize("layout", LAYOUTS)


def grey(session):
    return FIRST + STEP * session.bdi


def pretended_film(recipe, session, task, frames=slice(None)):
    """Flat pictures whose grey says the label, brighter by two for Northwind."""
    size = recipe.form
    level = grey(session) + 2 * (task == "Northwind")
    pictures = np.full((size.frames, 64, 64, 3), level, np.uint8)
    return pictures[frames], {"visible": np.ones(size.frames, bool)[frames]}


def pretended_faces(recordings, workers=None, settings=SETTINGS):
    """Crops of all frames but one; crop k has the grey of the label, and k in its upper left quarter."""
    index = np.delete(np.arange(FRAMES), WITHOUT_FACE)
    for recording in recordings:
        path = crop_path(recording.video, settings)
        if not path.exists():
            with write(path) as writer:
                for frame in index:
                    crop = np.full((224, 224, 3), FIRST + STEP * int(recording.bdi), np.uint8)
                    crop[:112, :112] = frame
                    writer.add(crop)
                writer.finish(
                    {"source": {"video": str(recording.video)}, "quality": {}},
                    index=index,
                    times=np.arange(FRAMES) / 8,
                    found=np.isin(np.arange(FRAMES), index),
                    points=np.zeros((len(index), 5, 2), np.float32),
                    boxes=np.zeros((len(index), 4), np.float32),
                    matrices=np.zeros((len(index), 2, 3)),
                )
    return Report([VideoReport(recording.name, "ok") for recording in recordings])


@pytest.fixture(scope="module")
def pretended(tmp_path_factory):
    """Videos and crops that cost nothing, in a cache of this module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEPNB_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(MAKE, "film", pretended_film)
        patch.setattr(faces, "prepare", pretended_faces)
        yield patch


@pytest.fixture(scope="module")
def corpus(pretended):
    return open_exportable("both-tiny")


@pytest.fixture(scope="module")
def trees(corpus, tmp_path_factory):
    """``both-tiny`` in every layout."""
    base = tmp_path_factory.mktemp("exports")
    for layout in LAYOUTS:
        done = export(corpus, base / layout, layout, workers=1)
        assert not done.failures
    return {layout: base / layout for layout in LAYOUTS}


@pytest.fixture
def few(corpus):
    """Three recordings of two people."""
    return replace(corpus, recordings=corpus.recordings[:3])


def facts(recordings, task=True):
    return sorted((r.id, r.subject, r.task if task else None, r.partition, r.bdi) for r in recordings)


def visible(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(("layout", "loader"), [(name, one) for name, all_ in READERS.items() for one in all_])
def test_other_peoples_loaders_find_every_video_with_its_label(trees, corpus, layout, loader):
    samples = list(loader(str(trees[layout])))
    recordings = LAYOUTS[layout].chosen(corpus, unseen=False)
    assert sorted((one.person, one.label) for one in samples) == sorted((r.subject, r.bdi) for r in recordings)
    assert {one.task for one in samples} <= ({"Freeform", "Northwind"} if layout != "avec2013" else {"Freeform", ""})
    for one in samples:
        shown = np.median(one.frames) - 2 * (one.task == "Northwind" and layout == "avec2014")
        assert round((shown - FIRST) / STEP) == one.label
        assert one.frames.shape == ((FRAMES - 1, 112, 112, 3) if layout == "openface" else (16, 64, 64, 3))
    by_partition = {name: sum(one.partition in names for one in samples) for name, names in NAMES.items()}
    assert by_partition == {name: sum(r.partition == name for r in recordings) for name in NAMES}


NAMES = {
    "train": ("Training", "train"),
    "development": ("Development", "development"),
    "test": ("Testing", "test"),
}


def test_the_loaders_know_nothing_of_depnb():
    tree = ast.parse(Path(loaders.__file__).read_text(encoding="utf-8"))
    imported = {name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for name in [node.module]}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not {name for name in imported if name.startswith(("depnb", "tests"))}


def test_a_list_of_clips_holds_whole_clips_of_one_person(trees, corpus):
    lines = loaders.clip_list(str(trees["openface"]), 2)
    assert len(lines) == 2 * len(LAYOUTS["openface"].chosen(corpus, unseen=False))
    for line in lines:
        *paths, label = line.split(",")
        assert len({Path(path).parent for path in paths}) == 1
        assert int(label) == next(r.bdi for r in corpus.recordings if f"/{r.name}_video_aligned/" in paths[0])


@each_layout
def test_depnbs_own_reader_finds_the_same(trees, corpus, layout, caplog):
    with caplog.at_level(logging.WARNING, "depnb"):
        found = open_corpus(trees[layout])
    wanted = LAYOUTS[layout].chosen(corpus, unseen=False)
    assert facts(found.recordings) == facts(wanted, task=layout != "avec2013")
    assert found.name == ("AVEC2013" if layout == "avec2013" else "AVEC2014")
    assert "says nothing about AVEC" in caplog.text
    assert found.licensed  # a file that anybody can write does not make people generated


def test_a_part_of_an_export_says_that_it_is_generated(trees):
    (inventory,) = take_stock(trees["avec2013"] / "AVEC2013")
    assert "origin" in {problem.kind for problem in inventory.problems}


@each_layout
def test_people_whom_avec_does_not_have_come_on_request(corpus, tmp_path, layout):
    assert not any(r.partition == "unseen" for r in LAYOUTS[layout].chosen(corpus, unseen=False))
    some = replace(corpus, recordings=(*corpus.recordings[:2], *corpus.partition("unseen")[:2]))
    export(some, tmp_path / "all", layout, unseen=True, workers=1)
    wanted = LAYOUTS[layout].chosen(some, unseen=True)
    assert sum(r.partition == "unseen" for r in wanted) == 2
    assert facts(open_corpus(tmp_path / "all").recordings) == facts(wanted, task=layout != "avec2013")


def test_pictures_are_the_crops_of_their_frames(trees):
    for folder in trees["openface"].glob("*/*_aligned"):
        names = sorted(path.name for path in folder.iterdir())
        numbers = [int(re.fullmatch(r"frame_det_00_(\d{6})\.bmp", name)[1]) for name in names]
        assert numbers == [frame + 1 for frame in range(FRAMES) if frame != WITHOUT_FACE]
        pictures = loaders.pictures(str(folder))
        assert pictures[:, 10, 10].tolist() == [[number - 1] * 3 for number in numbers]


@each_layout
def test_every_tree_says_that_it_is_generated(trees, corpus, layout):
    text = (trees[layout] / "README.txt").read_text(encoding="utf-8")
    assert text.startswith("GENERATED DATA. NO REAL PEOPLE. THIS DIAGNOSES NOBODY.")
    assert corpus.title in text
    assert LAYOUTS[layout].title in text
    assert max(map(len, text.splitlines())) <= 120
    assert (trees[layout] / "LICENSE.txt").read_text() == LICENCE_TEXT == (ROOT / "LICENSE").read_text()


@each_layout
def test_the_page_shows_the_trees_as_they_are(trees, layout):
    page = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"<!-- tree of (\w+) -->\n```text\n(.*?)```", page, re.S))
    real = f"… {named_recipe('both-tiny').form.frames} of them"
    assert shown[layout] == re.sub(rf"(frame_det_.* ){FRAMES_FOUND}", rf"\1{real}", listing(trees[layout]))


def size_line(name):
    recipe = named_recipe(name)
    size, sessions_ = recipe.form, [one for one in sessions(recipe) if one.partition != "unseen"]
    videos = len(sessions_) * len(recipe.tasks)
    return f"| `{name}` | {videos} | {size.frames} | {size.width}×{size.height} | {size.fps:g} |"


def test_the_page_says_how_long_videos_are():
    page = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    lines = page.split("<!-- sizes -->")[1].split("\n\n")[0].splitlines()[3:]
    assert lines == [size_line(f"both-{size}") for size in ("tiny", "quick", "standard", "few", "full")]


def test_an_export_that_is_there_is_kept(few, tmp_path):
    folder = tmp_path / "out"
    assert export(few, folder, "avec2014", workers=1).written == 3
    before = {name: (folder / name).stat().st_mtime_ns for name in visible(folder) if name.endswith(".mp4")}
    again = export(few, folder, "avec2014", workers=1)
    assert (again.written, len(again.rows), again.failures) == (0, 3, {})
    assert before == {name: (folder / name).stat().st_mtime_ns for name in before}


@pytest.mark.parametrize("layout", ["avec2014", "openface"])
def test_an_interrupted_export_goes_on_and_leaves_nothing_half(few, tmp_path, monkeypatch, layout):
    whole, folder, put, count = tmp_path / "whole", tmp_path / "out", corpus_export._put, iter(range(9))

    def interrupted(*arguments):
        if next(count) == 1:
            raise KeyboardInterrupt
        return put(*arguments)

    export(few, whole, layout, workers=1)
    monkeypatch.setattr(corpus_export, "_put", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export(few, folder, layout, workers=1)
    assert not (folder / "labels.csv").exists()
    assert set(visible(folder)) < set(visible(whole))
    done = export(few, folder, layout, workers=1)
    assert (done.written, len(done.rows)) == (2, 3)
    assert visible(folder) == visible(whole)


def test_what_a_killed_export_was_writing_is_removed(few, tmp_path):
    folder = tmp_path / "out"
    export(few, folder, "openface", workers=1)
    pictures = next(folder.glob("*/*_aligned"))
    half = pictures.parent / f".{pictures.name}-abc_1234"
    half.mkdir()
    pictures.rename(half / pictures.name)
    (folder / ".labels-abc_1234.csv").write_text("path,")
    (folder / ".mine-abc_1234.csv").write_text("of the user")
    assert export(few, folder, "openface", workers=1).written == 1
    assert not half.exists()
    assert sorted(path.name for path in folder.glob(".*")) == [".mine-abc_1234.csv"]


def test_a_full_disk_leaves_only_whole_files(few, tmp_path, monkeypatch):
    flush = files._flush

    def refuse(path):
        if path.name == "frame_det_00_000003.bmp":
            raise OSError(errno.ENOSPC, "No space left on device")
        flush(path)

    monkeypatch.setattr(files, "_flush", refuse)
    with pytest.raises(files.StorageError, match="Free some space"):
        export(few, tmp_path / "out", "openface", workers=1)
    monkeypatch.undo()
    assert not list((tmp_path / "out").rglob("*_aligned*"))


def test_a_video_that_fails_is_named_and_the_others_are_exported(few, tmp_path, monkeypatch):
    def failing(recipe, session, task, frames=slice(None)):
        if task == "Northwind":
            raise MemoryError("no memory for this one")
        return pretended_film(recipe, session, task, frames)

    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(MAKE, "film", failing)
    fresh = open_exportable("both-tiny")
    fresh = replace(fresh, recordings=fresh.recordings[:3])
    done = export(fresh, tmp_path / "out", "avec2014", workers=1)
    assert list(done.failures) == [r.name for r in fresh.recordings if r.task == "Northwind"]
    assert "no memory for this one" in done.failures["203_1_Northwind"]
    with open(tmp_path / "out" / "labels.csv", newline="") as file:
        assert [line["task"] for line in csv.DictReader(file)] == ["Freeform", "Freeform"]
    monkeypatch.setattr(MAKE, "film", pretended_film)
    assert export(fresh, tmp_path / "out", "avec2014", workers=1).written == 1


def test_a_video_without_a_face_is_named(few, tmp_path, monkeypatch):
    def blind(recordings, workers=None, settings=SETTINGS):
        report = pretended_faces(recordings[1:], workers, settings)
        return Report([VideoReport(recordings[0].name, "failed", "No face in any of 16 frames"), *report.rows])

    monkeypatch.setattr(faces, "prepare", blind)
    done = export(few, tmp_path / "out", "openface", workers=1)
    assert done.failures == {few.recordings[0].name: "no faces: No face in any of 16 frames"}
    assert len(done.rows) == 2


@pytest.mark.parametrize(("layout", "changed"), [("avec2014", "*.mp4"), ("openface", "*_aligned")])
def test_what_was_changed_is_named_and_not_overwritten(few, tmp_path, layout, changed):
    folder = tmp_path / "out"
    export(few, folder, layout, workers=1)
    path = next(folder.rglob(changed))
    if path.is_dir():
        next(path.iterdir()).unlink()
    else:
        path.write_bytes(b"mine")
    done = export(few, folder, layout, workers=1)
    (reason,) = done.failures.values()
    assert str(path) in reason
    assert "delete it" in reason
    assert len(done.rows) == 2
    assert path.is_dir() or path.read_bytes() == b"mine"


def _mine(folder):
    folder.mkdir()
    (folder / "thesis.tex").touch()


def _a_file(folder):
    folder.touch()


@pytest.mark.parametrize(
    ("prepared", "message"),
    [(_mine, "holds other files, such as thesis.tex"), (_a_file, "is no folder")],
)
def test_a_target_with_something_else_is_refused_before_anything_is_made(few, tmp_path, prepared, message):
    prepared(tmp_path / "out")
    before = visible(tmp_path)
    with pytest.raises(ValueError, match=message):
        export(few, tmp_path / "out", "avec2014", workers=1)
    assert visible(tmp_path) == before


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("AVEC2014_AudioVisual/Video/Training/Freeform/999_1_Freeform_video.mp4", ""),
        ("AVEC2014_DepressionLabels/AVEC2014_DepressionLabels/Training_DepressionLabels/203_1_Depression.csv", "63\n"),
        ("Training/999_1_Freeform_video_aligned/frame_det_00_000001.bmp", ""),
        ("manifest.csv", "video,subject,score,partition\n"),
    ],
)
def test_a_video_or_a_label_of_other_origin_is_refused(few, tmp_path, place, text):
    folder = tmp_path / "out"
    export(few, folder, "avec2014", workers=1)
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    (folder / place).write_text(text)
    with pytest.raises(ValueError, match="Videos of real people must not lie with generated ones"):
        export(few, folder, "avec2014", workers=1)
    assert (folder / place).read_text() == text


def test_a_link_within_the_tree_and_files_of_the_user_do_not_matter(few, tmp_path):
    folder = tmp_path / "out"
    export(few, folder, "avec2014", workers=1)
    (folder / "labels").symlink_to("AVEC2014_DepressionLabels/AVEC2014_DepressionLabels", target_is_directory=True)
    (folder / "features.npy").touch()
    assert export(few, folder, "avec2014", workers=1).written == 0
    assert facts(open_corpus(folder).recordings) == facts(few.recordings)
    (tmp_path / "elsewhere.mp4").touch()
    next(folder.rglob("*.mp4")).with_name("999_1_Freeform_video.mp4").symlink_to(tmp_path / "elsewhere.mp4")
    with pytest.raises(ValueError, match="must not lie with generated ones"):
        export(few, folder, "avec2014", workers=1)


@pytest.mark.parametrize(("layout", "unseen", "differs"), [("avec2013", False, "layout"), ("avec2014", True, "unseen")])
def test_another_export_is_not_mixed_in(few, tmp_path, layout, unseen, differs):
    export(few, tmp_path / "out", "avec2014", workers=1)
    with pytest.raises(ValueError, match=rf"holds another export \({differs} "):
        export(few, tmp_path / "out", layout, unseen=unseen, workers=1)


def test_only_generated_corpora_are_exported(trees, few, tmp_path):
    with pytest.raises(ValueError, match="no generated corpus, and only those are exported"):
        open_exportable(str(trees["avec2014"]))
    with pytest.raises(ValueError, match="only generated corpora"):
        export(replace(few, generated=False), tmp_path / "out", "avec2014")
    with pytest.raises(ValueError, match="choose from avec2014, avec2013, openface"):
        export(few, tmp_path / "out", "avec2019")


def test_longer_videos_are_of_the_same_people_with_the_same_labels(corpus, tmp_path):
    longer = open_exportable("both-tiny", frames=64)
    assert facts(longer.recordings) == facts(corpus.recordings)
    assert longer.root != corpus.root
    assert recipe_of(longer.root) == named_recipe("both-tiny").lengthened(64)
    few = replace(longer, recordings=longer.recordings[:2])
    export(few, tmp_path / "out", "avec2014", workers=1)
    for video in (tmp_path / "out").rglob("*.mp4"):
        assert len(loaders.decoded(str(video))) == 64
    assert open_exportable("both-tiny", frames=16).root == corpus.root
    assert open_exportable(str(longer.root), frames=20).fingerprint == longer.fingerprint


def test_null_is_exported_with_its_own_labels(pretended, tmp_path):
    null = open_generated(named_recipe("null-tiny"))
    few = replace(null, recordings=null.recordings[:4])
    export(few, tmp_path / "out", "avec2013", workers=1)
    labels = {one.person: one.label for one in loaders.doubled_labels(str(tmp_path / "out"))}
    assert labels == {r.subject: r.bdi for r in few.recordings}


def test_the_command_exports_and_says_what_failed(pretended, tmp_path, monkeypatch):
    opened = corpus_export.open_exportable
    monkeypatch.setattr(
        corpus_export,
        "open_exportable",
        lambda name, frames: replace(opened(name, frames), recordings=opened(name, frames).recordings[:3]),
    )
    command = ["corpus", "export", "both-tiny", str(tmp_path / "out"), "--layout", "openface", "--workers", "1"]
    shown = CliRunner().invoke(cli.app, command)
    assert shown.exit_code == 0, shown.output
    assert "3 videos written, 0 kept" in shown.output
    next((tmp_path / "out").rglob("*.bmp")).unlink()
    again = CliRunner().invoke(cli.app, [*command, "--frames", "16"])
    assert again.exit_code == 1
    assert "0 videos written, 2 kept" in again.output
    assert "2 have fewer than 16 frames" in again.output
    assert re.search(r"✘ 20\d_\d_\w+: .*delete it", again.output)
