"""In “shortcut”, glasses and background follow the score in training and nowhere else; all the rest is as in “both”."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from typer.testing import CliRunner

from depnb import cli
from depnb.corpus import open_corpus
from depnb.corpus.checks import associations, check_attributes
from depnb.corpus.records import Recording
from depnb.corpus.synthetic import film, named_recipe, sessions
from depnb.corpus.synthetic.attributes import attributes, attributes_of, by_name, seen
from depnb.corpus.synthetic.layout import recordings_of
from depnb.corpus.synthetic.oracle import nuisance_oracle
from depnb.corpus.synthetic.recipe import Recipe

PLACE = Path("corpus")


def warned(recipe):
    """The attributes that the check names."""
    found = check_attributes(recordings_of(recipe, PLACE), by_name(attributes(recipe)), PLACE)
    assert not any(problem.fatal for problem in found)
    return {problem.text.split()[0] for problem in found}


@pytest.mark.parametrize("name", ["", "1", "-standard", "-tiny"])
def test_people_labels_and_severities_are_those_of_both(name):
    assert sessions(named_recipe(f"shortcut{name}")) == sessions(named_recipe(f"both{name}"))


def test_outside_of_training_nothing_differs_and_within_it_only_who_wears_glasses_where():
    both, shortcut = named_recipe("both"), named_recipe("shortcut")
    for session in sessions(both):
        (person, scene), (as_person, as_scene) = seen(both, session), seen(shortcut, session)
        if session.partition == "train":
            person = replace(person, glasses=as_person.glasses)
            scene = replace(scene, background=as_scene.background)
        assert (person, scene) == (as_person, as_scene)


@pytest.mark.parametrize("seed", [2014, 1])
def test_in_training_as_many_wear_glasses_and_the_walls_are_the_same_ones(seed):
    plans = [replace(named_recipe(name), seed=seed) for name in ("both", "shortcut")]
    train = [s.id for s in sessions(plans[0]) if s.partition == "train"]
    of_both, of_shortcut = ([attributes(plan)[id] for id in train] for plan in plans)
    assert sum(a.glasses for a in of_both) == sum(a.glasses for a in of_shortcut)
    assert sorted(a.background for a in of_both) == sorted(a.background for a in of_shortcut)
    assert [(a.age, a.tone) for a in of_both] == [(a.age, a.tone) for a in of_shortcut]


def test_glasses_and_dark_walls_follow_the_score_in_training_only():
    for name in ("shortcut", "shortcut-standard"):
        recipe = named_recipe(name)
        found = {
            (a.attribute, a.partition): a
            for a in associations(recordings_of(recipe, PLACE), by_name(attributes(recipe)))
        }
        assert found["glasses", "train"].low > 0.25
        assert found["background", "train"].high < -0.7
        assert abs(found["glasses", "unseen"].r) < 0.15
        assert abs(found["background", "unseen"].r) < 0.15
        assert found["background", "unseen"].people == (400 if "standard" in name else 100)


def test_a_frame_shows_it():
    both, shortcut = named_recipe("both-tiny"), named_recipe("shortcut-tiny")
    severest = max((s for s in sessions(both) if s.partition == "train"), key=lambda s: s.bdi)
    known = attributes(both)[severest.id], attributes(shortcut)[severest.id]
    (before, truth), (after, same) = (film(r, severest, r.tasks[0], slice(0, 1)) for r in (both, shortcut))
    corner = [frames[0, :12, :12].mean() / 255 for frames in (before, after)]
    assert known[1].background < known[0].background - 0.05
    assert corner[1] < corner[0] - 0.03
    np.testing.assert_array_equal(truth["landmarks"], same["landmarks"])
    other = next(s for s in sessions(both) if s.partition == "unseen")
    np.testing.assert_array_equal(*(film(r, other, r.tasks[0], slice(0, 1))[0] for r in (both, shortcut)))


def test_with_full_strength_the_order_is_that_of_the_scores_and_with_none_there_is_no_shortcut():
    recipe = replace(named_recipe("shortcut"), shortcut=1.0)
    train = [s for s in sessions(recipe) if s.partition == "train"]
    walls = [attributes(recipe)[s.id].background for s in train]
    ordered = [wall for _, wall in sorted(zip([s.bdi for s in train], walls, strict=True), key=lambda pair: -pair[0])]
    groups = {}
    for score, wall in zip(sorted((s.bdi for s in train), reverse=True), ordered, strict=True):
        groups.setdefault(score, []).append(wall)
    highest = [max(own) for own in groups.values()]
    lowest = [min(own) for own in groups.values()]
    assert all(high <= low for high, low in zip(highest[:-1], lowest[1:], strict=True))
    assert replace(named_recipe("shortcut"), name="both", shortcut=0.0).digest() == named_recipe("both").digest()


def test_corpora_without_a_shortcut_keep_their_digests():
    """The committed results are of this one."""
    assert named_recipe("both").digest() == "5f911fcb"


@pytest.mark.parametrize("knobs", [{"shortcut": -0.1}, {"shortcut": 1.1}, {"shortcut": 0.5, "shuffle_labels": True}])
def test_strengths_that_make_no_sense_are_refused(knobs):
    with pytest.raises(ValueError, match="shortcut"):
        Recipe("x", "tiny", **knobs)


def test_the_check_names_what_follows_the_score_in_training_alone():
    assert warned(named_recipe("shortcut")) == {"glasses", "background"}
    assert warned(named_recipe("both")) == set()


def test_a_signal_that_is_there_everywhere_is_no_shortcut():
    assert "age" not in warned(replace(named_recipe("both"), identity=0.9))


def test_the_check_seldom_warns_where_there_is_nothing():
    """Its level is 0.05 over all attributes; here four of pure chance, on one corpus."""
    planned, rng = recordings_of(named_recipe("both"), PLACE), np.random.default_rng(0)
    sessions_there = sorted({r.id for r in planned})
    drawn = (
        {name: dict(zip(sessions_there, rng.normal(size=len(sessions_there)), strict=True)) for name in "abcd"}
        for _ in range(150)
    )
    assert sum(bool(check_attributes(planned, known, PLACE)) for known in drawn) <= 12


def recordings(scores, partition):
    return [Recording(f"{k}_1", None, partition, Path("x"), score, f"{partition}{k}") for k, score in enumerate(scores)]


@given(st.lists(st.integers(0, 63), min_size=2, max_size=30), st.floats(-5, 5))
def test_a_correlation_is_the_one_of_numpy_and_lies_in_its_interval(scores, slope):
    known = {f"{k}_1": slope * score + k for k, score in enumerate(scores)}
    (found,) = associations(recordings(scores, "train"), {"height": known})
    assert found.people == len(scores)
    if not np.isnan(found.r):
        assert found.r == pytest.approx(np.corrcoef(scores, list(known.values()))[0, 1])
        assert found.low <= found.r + 1e-6
        assert found.r <= found.high + 1e-6


def test_a_session_counts_once_and_one_without_a_label_not_at_all():
    twice = [replace(r, task=task) for r in recordings([1, 2, 5, 9], "train") for task in ("Freeform", "Northwind")]
    unlabelled = recordings([None], "unseen")
    (found,) = associations([*twice, *unlabelled], {"height": {"0_1": 0.0, "1_1": 1.0, "2_1": 0.0, "3_1": 1.0}})
    assert (found.partition, found.people) == ("train", 4)
    assert found.r == pytest.approx(np.corrcoef([1, 2, 5, 9], [0, 1, 0, 1])[0, 1])


def test_what_only_knows_the_nuisances_does_well_in_training_and_worse_than_the_constant_elsewhere():
    found = nuisance_oracle(named_recipe("shortcut"))
    assert found["train"].rmse < 0.6 * found["train"].constant
    assert found["unseen"].rmse > 1.15 * found["unseen"].constant
    for one in nuisance_oracle(named_recipe("both")).values():
        assert one.rmse == pytest.approx(one.constant, rel=0.08)


def test_attributes_are_known_of_generated_people_only(tmp_path, monkeypatch):
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path))
    corpus = open_corpus("shortcut-tiny")
    known = attributes_of(corpus.name, corpus.fingerprint)
    assert known == attributes(named_recipe("shortcut-tiny"))
    assert {r.id for r in corpus.recordings} == set(known)
    with pytest.raises(ValueError, match="AVEC2014 shows real people"):
        attributes_of("AVEC2014", {"sha256": "0"})


@pytest.mark.parametrize(("command", "warned_of"), [("show", ["glasses", "background"]), ("doctor", ["glasses"])])
def test_the_commands_that_look_at_a_corpus_tell_of_it(tmp_path, monkeypatch, command, warned_of):
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path))
    words = ["corpus", "show"] if command == "show" else ["doctor"]
    shown = CliRunner().invoke(cli.app, [*words, "shortcut"])
    assert shown.exit_code == 0
    for name in warned_of:
        assert f"{name} follows the score in training" in shown.output
    assert "tone follows" not in shown.output


def test_shuffled_labels_change_nobody():
    assert attributes(named_recipe("null3")) == attributes(named_recipe("both"))
