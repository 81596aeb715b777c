"""What is named after the facts that decide it gets another name when one of these facts changes, part by part."""

import os
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from depnb import evaluation, faces, inputs, training
from depnb.corpus import open_corpus
from depnb.corpus.records import Corpus, Recording
from depnb.corpus.synthetic import recipe as recipes
from depnb.corpus.synthetic.recipe import Recipe
from depnb.experiments.run import Run
from depnb.faces import crop_paths
from depnb.faces.crop_paths import Settings, crop_path
from depnb.inputs import loading
from depnb.inputs.spec import FRAME
from depnb.inputs.videos import Frames
from depnb.methods import distribution, registry
from depnb.methods.contract import OURS, Learning, Protocol
from depnb.methods.profiles import PROFILES
from depnb.training import face_recipe, pretraining
from depnb.training.face_recipe import facts
from depnb.training.pretraining import file
from tests.bright import open_everywhere

SCRATCH = Run("distribution", "expectation_scratch", profile="smoke")
"""Starts from nothing, so that no fact of a pretraining stands in for one of its own."""
SMOKE = PROFILES["smoke"]


pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.mark.parametrize("module", [faces, inputs, training, evaluation], ids=lambda m: m.__name__)
def test_each_stages_version_is_a_fact_of_a_run_by_itself(module, monkeypatch):
    before = SCRATCH.digest
    monkeypatch.setattr(module, "VERSION", module.VERSION + 1)
    assert replace(SCRATCH).digest != before


def test_the_version_of_a_paper_is_a_fact_of_a_run(monkeypatch):
    before, paper = SCRATCH.digest, distribution.PAPER
    monkeypatch.setattr(registry, "_papers", lambda: {paper.name: replace(paper, version=paper.version + 1)})
    assert replace(SCRATCH).digest != before


@pytest.mark.parametrize(
    "change",
    [{"train": ("train", "development")}, {"select": "development"}, {"folds": 3}, {"new_people": True}],
    ids=lambda c: next(iter(c)),
)
def test_each_part_of_a_protocol_is_a_fact_of_a_run(change, monkeypatch):
    usual = Protocol(train=("train",), select=None)
    found = []
    for protocol in (usual, replace(usual, **change)):
        monkeypatch.setitem(distribution.PROTOCOLS, "tried", protocol)
        found.append(replace(SCRATCH, protocol="tried").digest)
    assert found[0] != found[1]


@pytest.mark.parametrize("name", [field.name for field in fields(Run)])
def test_each_field_of_a_run_is_in_its_digest(name):
    other = {"row": "euclidean", "corpus": "null", "protocol": "paper", "profile": "quick", "seed": 1}
    run = Run("distribution", "expectation", profile="smoke")
    changed = Run("depnet", "senet", profile="smoke") if name == "paper" else replace(run, **{name: other[name]})
    assert changed.digest != run.digest


def test_the_bytes_and_labels_of_a_licensed_corpus_are_facts_that_cannot_be_read(monkeypatch):
    found = []
    for label in (3.0, 4.0):
        corpus = Corpus("mine", Path(), (), False, {"manifest": [["203_1", label]]})
        open_everywhere(monkeypatch, lambda *_, corpus=corpus: corpus)
        run = replace(SCRATCH)
        found.append(run.digest)
        assert run.facts["corpus"].keys() == {"sha256"}
    assert found[0] != found[1]


def test_each_part_of_the_key_of_a_frame_cache_changes_it(tmp_path, monkeypatch):
    video = tmp_path / "a.mp4"
    video.write_bytes(b"12")
    named = {loading._cache_file(video, [4, 32])}

    def another():
        before = len(named)
        named.add(loading._cache_file(video, [4, 32]))
        assert len(named) == before + 1

    named.add(loading._cache_file(video, [4, 33]))
    assert len(named) == 2
    for module in (loading, faces):
        monkeypatch.setattr(module, "VERSION", module.VERSION + 1)
        another()
    time = video.stat().st_mtime_ns
    os.utime(video, ns=(time, time + 10**9))
    another()
    video.write_bytes(b"123")
    os.utime(video, ns=(time, time + 10**9))
    another()
    video = video.rename(tmp_path / "b.mp4")
    another()


def test_frames_of_another_number_step_size_or_colour_have_files_of_their_own(tmp_path, monkeypatch):
    video = tmp_path / "a.mp4"
    video.write_bytes(b"12")
    recording = Recording("203_1", None, "train", video, 1.0)
    monkeypatch.setattr(loading, "_made", lambda path, make: path)
    asked = [
        loading._cached(recording, choice, size, grey)
        for choice in (loading._spreading(4), loading._spreading(5), loading._stepping(4), loading._stepping(5))
        for size in (32, 33)
        for grey in (False, True)
    ]
    asked += [loading._cached_landmarks(recording, loading._spreading(count)) for count in (4, 5)]
    assert len(set(asked)) == len(asked)


def test_a_linked_video_shares_the_frames_of_its_target(tmp_path):
    video, link = tmp_path / "a.mp4", tmp_path / "link.mp4"
    video.write_bytes(b"12")
    link.symlink_to(video)
    assert loading._cache_file(video, [4]) == loading._cache_file(link, [4])


@pytest.mark.parametrize(
    "change", [{"detect_every": 9}, {"min_face": 0.2}, {"frame_stride": 2}], ids=lambda c: next(iter(c))
)
def test_each_setting_changes_the_name_of_the_crops(change, tmp_path):
    video = tmp_path / "a.mp4"
    video.write_bytes(b"12")
    assert crop_path(video, Settings(**change)) != crop_path(video)


def test_version_size_time_and_place_of_a_video_change_the_name_of_its_crops(tmp_path, monkeypatch):
    video = tmp_path / "a.mp4"
    video.write_bytes(b"12")
    time = video.stat().st_mtime_ns
    named = [crop_path(video)]
    os.utime(video, ns=(time, time + 10**9))
    named.append(crop_path(video))
    video.write_bytes(b"123")
    os.utime(video, ns=(time, time + 10**9))
    named.append(crop_path(video))
    (tmp_path / "other").mkdir()
    video = video.rename(tmp_path / "other" / "a.mp4")
    named.append(crop_path(video))
    monkeypatch.setattr(crop_paths, "VERSION", crop_paths.VERSION + 1)
    named.append(crop_path(video))
    assert len({path.name for path in named}) == len(named)


def test_each_part_of_a_pretraining_is_a_fact_of_it(monkeypatch):
    found = [facts("identity", SMOKE)]
    found.append(facts("identity", replace(SMOKE, lr=1e-5)))
    found.append(facts("identity", replace(SMOKE, steps=400)))
    found.append(facts("identity", SMOKE, replace(FRAME, normalisation="vggface2")))
    found += [facts("identity", SMOKE, replace(FRAME, still=FRAME.prepare, still_frames=n)) for n in (1, 4)]
    found.append(facts("identity", SMOKE, FRAME, Learning("sgd")))
    found.append(facts("identity", SMOKE, seed=1))
    for module, name in (
        (face_recipe, "VERSION"),
        (training, "VERSION"),
        (faces, "VERSION"),
        (inputs, "VERSION"),
        (recipes, "VERSION"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name) + 1)
        found.append(facts("identity", SMOKE))
    monkeypatch.setitem(face_recipe.FRAMES, "tiny", 3)
    found.append(facts("identity", SMOKE))
    texts = [repr(one) for one in found]
    assert len(set(texts)) == len(texts)


def test_each_part_of_the_name_of_a_pretrained_body_changes_it():
    def named(width=4, profile=SMOKE, kind="cpu", learning=OURS):
        return file(lambda: nn.Linear(3, width), profile, FRAME, learning, kind)

    found = [
        named(),
        named(width=5),
        named(kind="cuda"),
        named(learning=Learning("sgd")),
        named(profile=replace(SMOKE, threads=2)),
        named(profile=replace(SMOKE, precision="bf16-mixed")),
        named(profile=replace(SMOKE, memory_format="contiguous_format")),
        named(profile=replace(SMOKE, lr=1e-5)),
    ]
    assert len(set(found)) == len(found)
    assert named() == named()


def test_each_knob_of_a_recipe_names_another_folder():
    plain = Recipe("both", "tiny")
    other = {
        "name": "other", "size": "quick", "seed": 1, "appearance": 0.5, "dynamics": 0.5, "label_noise": 1.0,
        "identity": 0.5, "shuffle_labels": True, "tasks": ("Freeform",),
        "permutation": 1, "frames": 64, "shortcut": 0.5,
    }  # fmt: skip
    assert other.keys() == {field.name for field in fields(Recipe)}
    digests = [plain.digest(), *(replace(plain, **{name: value}).digest() for name, value in other.items())]
    assert len(set(digests)) == len(digests)


MANIFEST = {"video": "a.mp4", "subject": "ann", "score": "12", "partition": "train"}


@pytest.mark.parametrize(
    "change",
    [{"video": "b.mp4"}, {"subject": "ben"}, {"score": "13"}, {"score": ""}, {"partition": "test"}, {"bytes": b"123"}],
    ids=str,
)
def test_each_column_of_a_manifest_and_the_videos_are_in_its_fingerprint(tmp_path, change):
    def fingerprint(**facts):
        content = facts.pop("bytes", b"12")
        for name in ("a.mp4", "b.mp4"):
            (tmp_path / name).write_bytes(content)
        line = MANIFEST | facts
        (tmp_path / "m.csv").write_text(f"{','.join(line)}\n{','.join(line.values())}\n")
        return open_corpus(tmp_path / "m.csv").fingerprint

    assert fingerprint(**change) != fingerprint()
    assert fingerprint() == fingerprint()


@pytest.mark.parametrize(
    "change", [{"partition": "Testing"}, {"label": "13"}, {"content": b"123"}, {"session": "204_1"}], ids=str
)
def test_partition_label_session_and_bytes_are_in_the_fingerprint_of_avec(tmp_path, change):
    def fingerprint(place, partition="Training", label="12", content=b"12", session="203_1"):
        folder = tmp_path / place / partition
        folder.mkdir(parents=True)
        (folder / f"{session}_cut_combined.mp4").write_bytes(content)
        (folder / f"{session}_Depression.csv").write_text(label)
        return open_corpus(tmp_path / place).fingerprint

    assert fingerprint("one") == fingerprint("same")
    assert fingerprint("one_more") != fingerprint("other", **change)


def test_the_accuracy_of_a_pretraining_is_measured_on_the_sessions_that_were_kept_apart(monkeypatch, tmp_path):
    recordings = tuple(
        Recording(f"{subject}_{session}", None, partition, Path("v.mp4"), None)
        for subject in (10_000, 10_001)
        for session, partition in ((1, "train"), (2, "train"), (3, "test"))
    )
    learnt_from, judged = [], []

    def load(who, frames, size):
        return Frames(torch.zeros(len(who), 1, 3, 4, 4, dtype=torch.uint8), tuple(who))

    def train(build, frames, select, profile, **how):
        learnt_from.extend(frames.recordings)
        return SimpleNamespace(model=SimpleNamespace(module=build()), profile=profile, seconds=1.0)

    def predict(model, frames, profile, input_spec):
        judged.extend(frames.recordings)
        return np.array([[0.0], [0.0]])  # the first person always

    class Body(nn.Linear):
        channels = 4

    monkeypatch.setattr(pretraining, "people", lambda profile: Corpus("s", Path(), recordings, True, {}))
    for name, stand_in in (("load_frames", load), ("train", train), ("predict", predict)):
        monkeypatch.setattr(pretraining, name, stand_in)
    found = pretraining._tell_apart(lambda: Body(4, 4), SMOKE, FRAME, Learning(), "cpu", tmp_path / "c.pt", 0)
    assert {r.partition for r in learnt_from} == {"train"}
    assert {r.partition for r in judged} == {"test"}
    assert (found.people, found.accuracy) == (2, 0.5)
