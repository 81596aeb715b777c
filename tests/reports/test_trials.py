"""Figures of trials: means over corpora and seeds, by length."""

import json

import numpy as np
import pytest

from depnb.experiments import store
from depnb.experiments.store import Store
from depnb.reports import trials

STEPS, EPOCHS = (600, 1200, 2400), (10.0, 40.0)


def trial(row="distribution/expectation", steps=1200, epochs=None, corpus_seed=7, seed=0, unseen=8.0, accuracy=()):
    return {
        "row": row, "corpus": "both", "corpus_seed": corpus_seed, "seed": seed, "steps": steps, "epochs": epochs,
        "unseen": unseen, "face_accuracy": accuracy,
    }  # fmt: skip


@pytest.fixture
def made():
    runs = [(corpus_seed, seed) for corpus_seed in (7, 8) for seed in (0, 1, 2)]
    errors = np.random.default_rng(0).normal(8, 0.3, (3, 6))
    lengths = [
        trial(steps=steps, corpus_seed=corpus_seed, seed=seed, unseen=errors[place, run])
        for place, steps in enumerate(STEPS)
        for run, (corpus_seed, seed) in enumerate(runs)
    ]
    faces = [
        trial(epochs=epochs, corpus_seed=corpus_seed, seed=seed, accuracy=[0.1 * place + 0.01 * seed])
        for place, epochs in enumerate(EPOCHS, start=1)
        for corpus_seed, seed in runs
    ]
    return [*lengths, *faces], errors


def test_the_thick_line_is_the_mean_by_length(made):
    everything, errors = made
    (axis,) = trials.lengths(everything).axes
    (thick,) = (line for line in axis.lines if line.get_marker() == "o")
    thin = [line for line in axis.lines if line.get_color() == "0.7"]
    assert list(thick.get_xdata()) == list(STEPS)
    assert thick.get_ydata() == pytest.approx(errors.mean(1))
    assert len(thin) == errors.shape[1]


def test_a_row_of_one_length_has_no_panel(made):
    everything, _ = made
    figure = trials.lengths([*everything, trial(row="msn/msn")])
    assert [axis.get_title() for axis in figure.axes] == ["distribution, “both”\nexpectation"]


def test_a_length_that_was_tried_on_some_draws_only_is_left_out(made):
    everything, errors = made
    (axis,) = trials.lengths([*everything, trial(steps=4800, unseen=1.0)]).axes
    (thick,) = (line for line in axis.lines if line.get_marker() == "o")
    assert thick.get_ydata() == pytest.approx(errors.mean(1))


def test_accuracy_stands_beside_the_error_of_the_row(made):
    everything, _ = made
    scratch = [trial("distribution/expectation_scratch", seed=seed, unseen=6.0 + seed) for seed in (0, 1)]
    longer = trial("distribution/expectation_scratch", steps=2400, unseen=20.0)
    accuracy, errors = trials.face_pretraining([*everything, *scratch, longer]).axes
    (without,) = (line for line in errors.lines if line.get_label() == "no pretraining")
    assert set(without.get_ydata()) == {6.5}
    assert list(accuracy.lines[0].get_ydata()) == pytest.approx([11, 21])
    assert errors.get_title() == "distribution, “both”\nexpectation"


def test_nothing_is_drawn_beside_another_store(tmp_path, made, monkeypatch):
    everything, _ = made
    (tmp_path / "lengths.json").write_text(json.dumps({"tried": everything}))
    monkeypatch.setattr(trials, "TRIED", tmp_path / "lengths.json")
    assert trials.tried(Store(tmp_path / "results")) == ()
    monkeypatch.setattr(store, "COMMITTED", tmp_path / "results")
    assert len(trials.tried(Store(tmp_path / "results"))) == len(everything)
    assert trials.lengths(()) is trials.face_pretraining(()) is None
