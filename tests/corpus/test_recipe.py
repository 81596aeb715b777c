"""The generated corpus has AVEC's design, whatever the seed."""

import json
from dataclasses import replace

import numpy as np
import pytest

from depnb.corpus import open_corpus
from depnb.corpus.avec import open_avec
from depnb.corpus.synthetic import open_generated
from depnb.corpus.synthetic.recipe import BANDS, Recipe, is_named, named_recipe, noise_floor, sessions


def by_partition(recipe):
    planned = {}
    for session in sessions(recipe):
        planned.setdefault(session.partition, []).append(session)
    return planned


@pytest.mark.parametrize("seed", [2014, 1, 2])
def test_partitions_and_overlap_are_avecs(seed):
    planned = by_partition(replace(named_recipe("both"), seed=seed))
    people = {name: {s.subject for s in group} for name, group in planned.items()}
    assert {name: len(group) for name, group in planned.items()} == {
        "train": 50, "development": 50, "test": 50, "unseen": 100,
    }  # fmt: skip
    assert (len(people["train"]), len(people["development"]), len(people["test"])) == (41, 43, 42)
    assert len(people["train"] & people["development"]) == 27
    assert len(people["train"] & people["test"]) == 10
    assert len(people["development"] & people["test"]) == 13
    known = people["train"] | people["development"] | people["test"]
    assert len(known) == 82
    assert not known & people["unseen"]
    counts = [sum(s.subject == p for g in planned.values() for s in g) for p in known]
    assert np.bincount(counts).tolist() == [0, 34, 29, 18, 1]


@pytest.mark.parametrize("seed", [2014, 1, 2])
def test_scores_have_avecs_moments(seed):
    planned = by_partition(replace(named_recipe("both"), seed=seed))
    for name, group in planned.items():
        scores = np.array([s.bdi for s in group])
        assert abs(scores.mean() - 15) < 1.5
        assert abs(scores.std(ddof=1) - 12) < 1.6
        bands = np.histogram(scores, bins=[0, 14, 20, 29, 64])[0] * 50 / len(scores)
        assert np.abs(bands - BANDS[name]).max() <= 1
    own = {}
    for session in sessions(replace(named_recipe("both"), seed=seed)):
        own.setdefault(session.subject, []).append(session.bdi)
    within = np.sqrt(np.mean([np.var(v, ddof=1) for v in own.values() if len(v) > 1]))
    assert 3.5 < within < 7


def test_null_permutes_lists_of_labels_among_people():
    both, null = sessions(named_recipe("both")), sessions(named_recipe("null"))
    assert [s.id for s in both] == [s.id for s in null]
    assert [s.severity for s in both] == [s.severity for s in null]

    def lists(plan):
        people = {}
        for session in plan:
            people.setdefault((session.partition == "unseen", session.subject), []).append(session.bdi)
        return people

    before, after = lists(both), lists(null)
    assert sorted((k[0], *v) for k, v in before.items()) == sorted((k[0], *v) for k, v in after.items())
    moved = [before[k] != after[k] for k in before]
    assert np.mean(moved) > 0.8
    shown, said = np.array([[s.severity, s.bdi] for s in null if s.partition == "unseen"]).T
    assert abs(np.corrcoef(shown, said)[0, 1]) < 0.3


def test_label_noise_is_the_floor():
    assert noise_floor(replace(named_recipe("both"), label_noise=0.0)) == pytest.approx(0, abs=1e-9)
    assert 2 < noise_floor(named_recipe("both")) < 3.2
    assert noise_floor(named_recipe("null")) is None


def test_identity_knob_ties_scores_to_age():
    recipe = replace(named_recipe("both"), identity=0.9)
    bdi, age = np.array([[s.bdi, s.age_z] for s in sessions(recipe)]).T
    assert np.corrcoef(bdi, age)[0, 1] > 0.6
    bdi, age = np.array([[s.bdi, s.age_z] for s in sessions(named_recipe("both"))]).T
    assert abs(np.corrcoef(bdi, age)[0, 1]) < 0.25


@pytest.mark.parametrize(
    ("name", "message"),
    [("bth", "both, appearance, dynamics, null, shortcut"), ("both-huge", "tiny, quick, few, standard, full")],
)
def test_unknown_names_are_refused(name, message):
    with pytest.raises(ValueError, match=message):
        named_recipe(name)


def test_each_permutation_shuffles_the_labels_of_the_same_videos_otherwise():
    plans = {name: sessions(named_recipe(name)) for name in ("both", "null", "null1", "null2")}
    lists = {name: [s.bdi for s in plan] for name, plan in plans.items()}
    assert len({tuple(labels) for labels in lists.values()}) == 4
    assert len({tuple(sorted(labels)) for labels in lists.values()}) == 1
    for name in ("null", "null1", "null2"):
        assert [s.severity for s in plans[name]] == [s.severity for s in plans["both"]]
        assert named_recipe(name).videos() == named_recipe("both")
    assert named_recipe("null2-tiny") == replace(named_recipe("null-tiny"), name="null2", permutation=2)
    assert "permutation" not in named_recipe("null").fingerprint()
    for name in ("null0", "null01", "nullx"):
        with pytest.raises(ValueError, match="No generated corpus"):
            named_recipe(name)


def test_standard_judges_four_hundred_people_whom_nobody_trains_on():
    plan = sessions(named_recipe("both-standard"))
    people = {partition: {s.subject for s in plan if s.partition == partition} for partition in BANDS}
    assert len(people["unseen"]) == 400
    assert not people["unseen"] & (people["train"] | people["development"] | people["test"])


def test_knobs_out_of_range_are_refused():
    with pytest.raises(ValueError, match="identity"):
        Recipe("x", "tiny", identity=2.0)


def test_another_knob_is_another_corpus():
    recipe = named_recipe("both")
    others = [replace(recipe, seed=1), replace(recipe, label_noise=1.0), replace(recipe, size="tiny")]
    assert len({r.digest() for r in [recipe, *others]}) == 4


def test_the_tree_of_a_generated_corpus_is_read_like_avec2014(tmp_path, monkeypatch):
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path))
    corpus = open_corpus("both-tiny")
    for recording in corpus.recordings:
        recording.video.parent.mkdir(parents=True, exist_ok=True)
        recording.video.touch()
    found = open_avec(corpus.root).recordings
    assert found == corpus.recordings
    assert [(r.video, r.bdi) for r in found] == [(r.video, r.bdi) for r in corpus.recordings]


def test_who_is_in_a_generated_corpus_is_what_its_recipe_plans(tmp_path, monkeypatch):
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path))
    corpus = open_corpus("both-tiny")
    assert corpus.generated
    assert "generated" in corpus.title
    assert {r.partition for r in corpus.recordings} == {"train", "development", "test", "unseen"}
    planned = {s.id: s for s in sessions(named_recipe("both-tiny"))}
    for recording in corpus.recordings:
        assert recording.bdi == planned[recording.id].bdi
        assert recording.subject == str(planned[recording.id].subject)
    assert not corpus.subjects("unseen") & corpus.subjects("train", "development", "test")


def test_a_folder_with_other_knobs_opens_as_the_generated_corpus_it_is(tmp_path):
    recipe = named_recipe("both-tiny").varied(appearance=0.5, seed=None, label_noise=3.0)
    assert recipe.name == "both (appearance 0.5)"
    assert named_recipe("both-tiny").varied(dynamics=1.0) == named_recipe("both-tiny")
    made = open_generated(recipe, tmp_path / "weak")
    again = open_corpus(tmp_path / "weak")
    assert again.generated
    assert again.title == "generated corpus “both (appearance 0.5)”"
    assert again.fingerprint == made.fingerprint
    assert again.fingerprint != open_generated(named_recipe("both-tiny"), tmp_path / "plain").fingerprint


def test_a_folder_of_another_generator_version_is_refused(tmp_path):
    open_generated(named_recipe("both-tiny"), tmp_path)
    recipe = json.loads((tmp_path / "recipe.json").read_text())
    (tmp_path / "recipe.json").write_text(json.dumps(recipe | {"generated": 0}))
    with pytest.raises(ValueError, match="depnb corpus make"):
        open_corpus(tmp_path)


def test_a_further_draw_has_other_people_and_the_same_knobs():
    first, further = named_recipe("both-tiny"), named_recipe("both2-tiny")
    assert further == replace(first, name="both2", seed=first.seed + 2)
    assert [s.bdi for s in sessions(first)] != [s.bdi for s in sessions(further)]
    assert named_recipe("dynamics1").dynamics == named_recipe("dynamics").dynamics
    assert open_corpus("both1-tiny").title == "generated corpus “both1”"


@pytest.mark.parametrize("name", ["both0", "both01", "1both", "both1x", "null0", "3", "", "appearance1234567"])
def test_other_names_are_those_of_folders(name):
    assert not is_named(name)
    with pytest.raises(ValueError, match="No generated corpus"):
        named_recipe(name)


def test_longer_videos_are_another_corpus_of_the_same_people():
    short = named_recipe("both-tiny")
    longer = short.lengthened(64)
    assert sessions(longer) == sessions(short)
    assert (longer.form.frames, longer.form.fps) == (64, short.form.fps)
    assert longer.digest() != short.digest()
    assert longer.fingerprint()["form"]["frames"] == 64
    assert Recipe.from_fingerprint(json.loads(json.dumps(longer.fingerprint()))) == longer
    assert short.lengthened(16) is short
    assert longer.lengthened(20) is longer
    assert longer.name == "both (frames 64)"
    with pytest.raises(ValueError, match="at most 2000 frames"):
        short.lengthened(2001)


@pytest.mark.parametrize("name", ["both-tiny", "null", "both2", "null3-full"])
def test_videos_of_the_usual_length_keep_the_digest_that_they_had_before_there_were_longer_ones(name):
    assert "frames" not in named_recipe(name).fingerprint()
    assert "frames" in named_recipe(name).lengthened(300).fingerprint()
