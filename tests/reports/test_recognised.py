"""Errors on people whom the training has met, and on others."""

import json
from dataclasses import replace

import numpy as np
import pytest

from depnb.corpus.synthetic.recipe import named_recipe, sessions
from depnb.evaluation import compare, rmse
from depnb.experiments.result import Predictions
from depnb.experiments.run import Run
from depnb.reports import recognised
from tests.results_made import result_of

RECIPE = named_recipe("both-quick")
PLAN = sessions(RECIPE)
MET = {str(s.subject) for s in PLAN if s.partition == "train"}


def predictions(partition, gain):
    """Constant 15; people of the training set are predicted better by ``gain`` of their way to the label."""
    own = [s for s in PLAN if s.partition == partition]
    bdi = np.array([float(s.bdi) for s in own])
    share = np.array([gain if str(s.subject) in MET else 0.1 for s in own])
    score = 15 + share * (bdi - 15)
    subjects = tuple(str(s.subject) for s in own)
    return Predictions(
        video=tuple(s.id for s in own),
        subject=subjects,
        bdi=tuple(bdi),
        score=tuple(score),
        median=tuple(score),
        constant=(15.0,) * len(own),
        identity_only=(14.0,) * len(own),
    )


def result(seed=0, gain=0.5, corpus="both"):
    made = result_of(Run("distribution", "expectation", corpus, seed=seed))
    facts = {
        "corpus": json.loads(json.dumps(named_recipe("both-quick").fingerprint())),
        "protocol": {"train": ["train"]},
    }
    of = {name: predictions(name, gain) for name in ("test", "unseen")}
    return replace(made, facts=facts, predictions=of)


def test_the_test_set_is_parted_by_whom_the_training_has_met():
    found = recognised.groups([result(seed, 0.5 + 0.05 * seed) for seed in range(3)])
    assert [group.people for group in found.values()] == [10, 32, 100]
    own = predictions("test", 0.5)
    chosen = np.isin(own.subject, list(MET))
    y, people = np.array(own.bdi)[chosen], np.array(own.subject)[chosen]
    scores = np.array([predictions("test", 0.5 + 0.05 * seed).score for seed in range(3)])[:, chosen]
    assert found["seen"].rmse == pytest.approx(np.mean([rmse(y, one) for one in scores]))
    assert found["seen"].constant == pytest.approx(rmse(y, np.full(len(y), 15.0)))
    assert found["seen"].difference == pytest.approx(compare(y, scores, np.full(len(y), 15.0), people))
    assert found["seen"].identity_only == pytest.approx(rmse(y, np.full(len(y), 14.0)))


def test_permutations_are_one_corpus():
    gains = (0.3, 0.5, 0.6)
    each = [result(0, gain, corpus) for gain, corpus in zip(gains, ("null", "null1", "null2"), strict=True)]
    values = [recognised.groups([one])["seen"].difference.value for one in each]
    together = recognised.groups(each)["seen"].difference
    assert together.value == pytest.approx(np.mean(values))
    assert together.low < together.value < together.high
    value, low, high = recognised.extra_gain(each)
    assert low < value < high


def test_the_interval_of_the_extra_gain_holds_that_of_both_groups():
    own = [result(seed, 0.5 + 0.05 * seed) for seed in range(3)]
    found = recognised.groups(own)
    seen, unseen = found["seen"].difference, found["unseen"].difference
    value, low, high = recognised.extra_gain(own)
    assert value == pytest.approx(seen.value - unseen.value)
    assert value - low == pytest.approx(np.hypot(seen.value - seen.low, unseen.high - unseen.value))
    assert high - value == pytest.approx(np.hypot(seen.high - seen.value, unseen.value - unseen.low))


def test_words_follow_the_intervals():
    own = [result(seed, 0.8 + 0.05 * seed) for seed in range(3)]
    said = recognised.sentence("“both”, the network", own)
    assert said.startswith("“both”, the network against the constant: better on test people who are in training")
    assert "It gains more on the first than on the last" in said
    alike = [result(seed, 0.1 + 0.001 * seed) for seed in range(3)]
    assert "One cannot tell whether it gains more" in recognised.sentence("It", alike)
    assert recognised.groups(own)["seen"].text.endswith("better")


def test_only_the_row_that_is_asked_for_is_picked():
    made = [result(0), result(1), result(0, corpus="null"), result(0, corpus="null1")]
    assert [r.run.seed for r in recognised.pick(made, "expectation", "both", made[0].run.profile)] == [0, 1]
    assert len(recognised.pick(made, "expectation", "null", made[0].run.profile)) == 2
    assert not recognised.pick(made, "euclidean", "both", made[0].run.profile)


def test_without_scores_per_person_nothing_is_said():
    with pytest.raises(ValueError, match="keep a score for each person"):
        recognised.groups([replace(result(), predictions={})])
    with pytest.raises(ValueError, match="keep a score for each person"):
        recognised.groups([])


def test_the_figure_has_a_panel_for_each_corpus():
    own = [result(seed, 0.5 + 0.05 * seed) for seed in range(3)]
    figure = recognised.draw({"first": {"row": own, "other": own}, "second": {"row": own}})
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["first", "second"]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert sorted(legend) == sorted([*recognised.TITLES.values(), recognised.PERFECT])
