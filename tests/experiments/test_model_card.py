"""The model card of a kept network: errors by severity band, what may be told of real people, and what it says."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from typer.testing import CliRunner

from depnb import cli
from depnb.evaluation.bands import BANDS, band
from depnb.evaluation.error_intervals import error_interval
from depnb.evaluation.metrics import mae, rmse
from depnb.experiments import model_card, network_cards, networks
from depnb.experiments.band_errors import ALL, by_band, disclosed
from depnb.experiments.disclosure import COUNTS, FEWEST_APART, FEWEST_COMPARED, told_together
from depnb.experiments.network_cards import UnusableNetwork
from depnb.experiments.result import Predictions

LABELS = st.lists(st.tuples(st.integers(0, 63), st.floats(-5, 70), st.integers(0, 60)), min_size=1, max_size=60)


def predictions(labels, scores, people=None) -> Predictions:
    names = [f"v{k}" for k in range(len(labels))]
    subjects = tuple(f"p{one}" for one in people) if people else tuple(f"p{k:03}" for k in range(len(labels)))
    constant = (15.0,) * len(labels)
    bdi, score = tuple(map(float, labels)), tuple(map(float, scores))
    return Predictions(tuple(names), subjects, bdi, score, score, constant, constant)


@pytest.fixture(scope="module")
def card():
    return network_cards.read(network_cards.committed())[0]


def test_errors_by_band_are_those_of_its_videos():
    severe_labels = [30, 40, 63, 29, 35, 50, 33, 31, 44, 38]
    severe_scores = [20.0, 44.0, 50.0, 28.0, 30.0, 41.0, 35.0, 26.0, 39.0, 36.5]
    labels, scores = [0, 13, 14, *severe_labels], [3.0, 10.0, 14.0, *severe_scores]
    found = by_band({"unseen": predictions(labels, scores)})["unseen"]
    assert list(found) == [ALL, "minimal", "mild", "severe"]
    assert [found[name]["videos"] for name in found] == [13, 2, 1, 10]
    severe = severe_labels, severe_scores, list("abcdefghij")
    low, high = error_interval(*severe)
    assert found["severe"]["rmse"] == pytest.approx(rmse(*severe[:2]), abs=1e-4)
    assert found["severe"]["mae"] == pytest.approx(mae(*severe[:2]), abs=1e-4)
    assert (found["severe"]["rmse_low"], found["severe"]["rmse_high"]) == pytest.approx((low, high), abs=1e-4)
    assert found["severe"]["bias"] == pytest.approx(np.mean(np.subtract(severe_scores, severe_labels)), abs=1e-4)
    assert found["minimal"]["constant"] == pytest.approx(rmse([0, 13], [15, 15]), abs=1e-4)
    assert "rmse_low" not in found["mild"]  # of one person


@settings(max_examples=20)
@given(LABELS)
def test_bands_are_a_partition_of_all(videos):
    labels, scores, people = zip(*videos, strict=True)
    found = by_band({"test": predictions(labels, scores, people)})["test"]
    whole, bands = found.pop(ALL), found.values()
    assert sum(one["videos"] for one in bands) == whole["videos"] == len(labels)
    squares = sum(one["videos"] * one["rmse"] ** 2 for one in bands)
    assert squares == pytest.approx(whole["videos"] * whole["rmse"] ** 2, rel=1e-3, abs=1e-2)
    assert max(one["people"] for one in bands) <= whole["people"]


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 63), st.integers(0, 70), st.booleans()), min_size=1, max_size=120))
def test_no_number_that_is_told_and_no_difference_of_two_is_about_few_people(videos):
    groups = {}
    for partition, chosen in (("test", videos), ("unseen", [one for one in videos if one[2]])):
        if chosen:
            named = {f"v{videos.index(one)}": one for one in chosen}
            of = {name: f"p{person}" for name, (_, person, _) in named.items()}
            bands = {
                one.name: {name: of[name] for name, (bdi, *_) in named.items() if band(bdi) == one.name}
                for one in BANDS
            }
            groups[partition] = {ALL: of} | {name: own for name, own in bands.items() if own}
    told = told_together(groups)
    people = {key: set(groups[key[0]][key[1]].items()) for key in told}
    for own in people.values():
        assert len({person for _, person in own}) >= FEWEST_COMPARED
    for one, other in combinations(people.values(), 2):
        between = {person for _, person in one ^ other}
        assert not between or len(between) >= FEWEST_APART
    for partition in groups:
        bands = [own for (name, group), own in people.items() if name == partition and group != ALL]
        if bands:
            left = {person for _, person in set(groups[partition][ALL].items()) - set().union(*bands)}
            assert not left or len(left) >= FEWEST_APART


def real(people, rest=0.0, unscored=0.0):
    return {"subjects": float(people), **dict.fromkeys(COUNTS, 0.0), "rest_of_test": rest, "unscored": unscored}


def test_of_real_people_numbers_are_coarse_and_those_of_few_are_left_out():
    rng = np.random.default_rng(0)
    labels = [*rng.integers(0, 14, 30), *rng.integers(14, 20, 12), *rng.integers(29, 64, 8)]
    made = {"test": predictions(labels, rng.normal(15, 5, 50))}
    found = disclosed(made, {"test": real(50)}, learnt=True)["test"]
    assert list(found) == [ALL, "minimal"]
    for own in found.values():
        assert "bias" not in own
        assert all(value == round(value, 1) for value in own.values())
    assert found[ALL]["constant"] == round(found[ALL]["constant"])
    assert "constant" not in found["minimal"]
    assert disclosed(made, {"test": real(19)}, learnt=True) == {}
    assert disclosed(made, {"test": real(50, rest=3.0)}, learnt=True) == {}
    whole = disclosed(made, {"test": real(50)}, learnt=False)["test"][ALL]
    assert whole["rmse"] == round(whole["rmse"])
    assert "constant" not in disclosed(made, {"test": real(50, unscored=1.0)}, learnt=True)["test"][ALL]


def test_a_band_that_leaves_few_others_is_not_told():
    labels = [5] * 40 + [30] * 9
    made = {"test": predictions(labels, [10.0] * 49)}
    assert list(disclosed(made, {"test": real(49)}, learnt=True)["test"]) == [ALL]
    more = {"test": predictions([*labels, 30], [10.0] * 50)}
    assert list(disclosed(more, {"test": real(50)}, learnt=True)["test"]) == [ALL, "minimal"]
    three = {"test": predictions([5] * 30 + [15] * 25 + [30] * 5, [10.0] * 60)}  # all less two bands are five people
    assert list(disclosed(three, {"test": real(60)}, learnt=True)["test"]) == [ALL, "minimal"]


def test_the_card_of_the_committed_network_has_the_errors_of_its_result(card):
    judged = model_card.errors_of(network_cards.committed(), card)
    text = model_card.of_file(network_cards.committed())
    for partition, title in (("unseen", "On unseen people"), ("test", "On the test set")):
        assert title in text
        for one in judged[partition].values():
            line = f"| {one['rmse']:.2f} | [{one['rmse_low']:.2f}, {one['rmse_high']:.2f}] | {one['mae']:.2f} |"
            assert line in text
            assert f"| {one['constant']:.2f} |" in text
    for needle in (
        "no diagnosis",
        "people of `train`",
        "the last step was kept",
        "14.7 for everybody",
        "severe labels",
    ):
        assert needle in text


def test_what_is_said_follows_from_the_numbers(card):
    def said(judged, **changes):
        return model_card.page(replace(card, **changes), 1, "one.safetensors", judged)

    own = {"people": 40.0, "videos": 40.0, "rmse": 8.0, "mae": 6.0, "bias": 2.0, "constant": 9.0}
    good = {"unseen": {ALL: own, "minimal": own, "severe": own | {"rmse": 9.5, "bias": 1.0, "constant": 9.6}}}
    text = said(good)
    assert "largest error is that for severe labels, whose scores are 1.0 points too high" in text
    assert "constant is not further off" not in text
    assert "Not for finding severe depression" not in text
    assert "(few)" not in text
    worse = {"unseen": {ALL: own, "minimal": own | {"constant": 7.0}, "severe": own | {"bias": -6.0, "people": 9.0}}}
    text = said(worse, learnt=False)
    assert "For minimal labels the constant is not further off" in text
    assert "severe labels are scored 6.0 points too low" in text
    assert "| 9 (few) |" in text
    assert "did not get below the constant predictor" in text
    assert "An older depnb kept no errors" in said(None)
    assert "a score has no interval" in said(good, errors=())


def test_protocols_are_put_into_words(card):
    def said(**protocol):
        facts = card.facts | {"protocol": {"train": ["train"], "select": None, "folds": 0} | protocol}
        return model_card.page(replace(card, facts=facts, fold=1 if protocol.get("folds") else None), 1, "f", {})

    assert "| selected on | `development`, all of it" in said(select="development")
    assert "| selected on | `development`, those of it who are not trained on" in said(
        select="development", new_people=True
    )
    folds = said(folds=5, train=["train", "test"])
    assert "`train` and `test` but those of fold 2 of 5" in folds
    assert "fold 2\n" in folds


def test_a_card_is_written_beside_each_network(card, tmp_path):
    path = tmp_path / "one.safetensors"
    judged = by_band({"unseen": predictions([3, 30], [5.0, 20.0])})
    networks.write(path, replace(card, judged=judged), torch.nn.Linear(2, 3))
    text = path.with_suffix(".md").read_text(encoding="utf-8")
    assert text == model_card.of_file(path)
    assert "| size | 9 weights" in text
    assert networks.read(path)[0].judged == judged


def test_the_card_of_a_network_of_real_people_names_nobody_and_no_folder(card, tmp_path):
    path = tmp_path / "one.safetensors"
    run = replace(card.run, corpus="/secret/place/AVEC2014")
    real_card = replace(card, generated=False, corpus="AVEC2014", run=run, constant=14.87, judged={})
    networks.write(path, real_card, torch.nn.Linear(1, 1))
    text = path.with_suffix(".md").read_text(encoding="utf-8")
    assert "secret" not in text
    assert "15.0 for everybody" in text
    assert "No errors are told here" in text
    assert "licence of that corpus" in text
    assert "drawn" not in text


def test_the_command_prints_a_card(tmp_path, monkeypatch):
    shown = CliRunner().invoke(cli.app, ["weights", "card"])
    assert shown.exit_code == 0
    assert shown.output.rstrip() == model_card.of_file(network_cards.committed()).rstrip()
    damaged = tmp_path / "one.safetensors"
    damaged.write_bytes(network_cards.committed().read_bytes()[:-1])
    with pytest.raises(UnusableNetwork, match="damaged"):
        CliRunner().invoke(cli.app, ["weights", "card", str(damaged)], catch_exceptions=False)
