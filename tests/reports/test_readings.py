"""What other readings of the errata cost: the sign, the words, the sizes, the catalogue."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from depnb.course.widgets import errata as widget
from depnb.experiments import settings
from depnb.experiments.result import Predictions
from depnb.experiments.run import Run
from depnb.methods.errata import KINDS, entries
from depnb.methods.registry import method, papers
from depnb.reports import reading_plots, readings
from tests.results_made import result_of

PEOPLE = 40
PAIR = ("softmax_argmax", "softmax")


def made(rows, seeds=(0, 1, 2)):
    """Results of rows of distribution learning on 40 people, by row the size of the errors."""
    found = []
    for row, error in rows.items():
        for seed in seeds:
            result = result_of(Run("distribution", row, "both", "honest", "quick", seed))
            score = tuple(10.0 + error * np.random.default_rng([len(row), seed]).normal(size=PEOPLE))
            names = tuple(map(str, range(PEOPLE)))
            same = (10.0,) * PEOPLE
            predictions = Predictions(names, names, same, score, score, same, same)
            found.append(replace(result, predictions={"unseen": predictions}))
    return found


def cost_of(results):
    return next(cost for cost in readings.costs(results) if cost.reading[1:3] == PAIR)


def test_a_cost_is_the_other_reading_minus_the_default():
    cost = cost_of(made({"softmax_argmax": 12.0, "softmax": 4.0}))
    assert cost.difference.value == pytest.approx(8.0, abs=1.0)
    assert (cost.entry.number, cost.word, cost.profile) == ("E62", "worse", "quick")
    assert cost_of(made({"softmax_argmax": 4.0, "softmax": 12.0})).word == "better"
    assert cost_of(made({"softmax_argmax": 4.0, "softmax": 4.0})).word == "cannot tell"


def test_a_row_that_is_missing_or_not_trained_has_no_comparison():
    assert cost_of(made({"softmax": 4.0})).word == "not run"
    results = made({"softmax_argmax": 12.0, "softmax": 4.0})
    assert cost_of([replace(r, learnt=r.run.row == "softmax") for r in results]).word == "not trained"


def test_only_the_default_under_honest_is_compared_with():
    results = made({"softmax_argmax": 12.0, "softmax": 4.0})
    moved = [replace(r, run=replace(r.run, protocol="selected")) if r.run.row == "softmax" else r for r in results]
    assert cost_of(moved).difference is None


def test_sentences_count_what_was_run():
    said = " ".join(readings.sentences(made({"softmax_argmax": 12.0, "softmax": 4.0})))
    assert f"The list has {len(entries())} entries" in said
    assert "1 other readings were run and compared with the default on unseen people: 1 worse." in said
    assert "most probable level, not the mean (E62, quick)" in said
    nothing = readings.sentences([])
    rows = sum(reading.is_trained for _, reading in readings.readings())
    assert nothing[-1] == f"{rows} further readings have a row of which no result is stored here."
    assert not any("were run" in sentence for sentence in nothing)


def test_tables_have_a_line_a_reading():
    frame = readings.cost_table(made({"softmax_argmax": 12.0, "softmax": 4.0}))
    assert frame[["E", "row", "default row", "seeds", "word"]].to_numpy().tolist() == [
        ["E62", "softmax_argmax", "softmax", "3 and 3", "worse"]
    ]
    assert len(readings.cost_table([])) == 0
    kinds = readings.kinds_table()
    assert kinds["entries"].sum() == len(entries())
    assert kinds["change numbers"].sum() == sum(entry.changes for entry in entries())


@pytest.mark.slow
def test_sizes_are_those_of_the_networks_as_printed():
    frame = readings.size_table().set_index(["E", "other reading"])
    code = frame.loc["E17"].iloc[0]
    assert (code["parameters (M)"], code["default (M)"]) == ("73.86", "77.68")
    bins = frame.loc[("E81", "151 bins, as the windows give")]
    assert bins["the first of them"] == "head.1.weight 64×150 → 64×151"
    assert "E62" not in frame.index.get_level_values(0), "a score that is read otherwise has no other weights"
    sizes = frame[["parameters (M)", "default (M)"]].astype(float)
    assert (sizes.diff(axis=1).iloc[:, -1].abs().diff().dropna() <= 0.011).all(), "the largest change comes first"


@pytest.mark.parametrize("paper", papers())
def test_settings_are_counted_by_the_kind_of_their_source(paper):
    of = method(paper)
    own = next(row for row, *_ in of.grid["headline"] if row in of.rows)
    walked = settings.settings(of, own, "paper")
    assert sum(readings.settings_by_kind(paper).values()) == len(walked)
    assert readings.settings_by_kind(paper)["printed"] == sum(one.kind == "printed" for one in walked)


@given(st.sampled_from(["", *papers()]), st.sampled_from(["", *KINDS]), st.sampled_from(["", "frames", "AVEC2014 150"]))
def test_what_is_chosen_has_all_that_was_asked_for(paper, kind, words):
    found = readings.chosen(paper, kind, words)
    for entry in entries():
        text = f"{entry.number} {entry.where} {entry.printed} {entry.reading}".lower()
        fits = (
            paper in ("", *entry.papers) and kind in ("", entry.kind) and all(w in text for w in words.lower().split())
        )
        assert (entry in found) == fits
    assert readings.chosen(paper, kind, words, changing=True) == [entry for entry in found if entry.changes]


def test_the_catalogue_says_how_many_and_shows_some(capsys):
    widget.show()
    assert f"{len(entries())} of {len(entries())} entries, the first {widget.MOST} of them" in capsys.readouterr().out
    widget.show(words="no entry has these words")
    assert f"0 of {len(entries())} entries" in capsys.readouterr().out
    assert [value for _, value in widget.kinds_offered()] == ["", *KINDS]
    assert [value for _, value in widget.papers_offered()] == ["", *papers()]


def test_a_training_ends_so_many_steps_after_its_lowest_loss():
    losses = np.array([[5.0, 4, 6, 6, 6, 3], [5, 4, 3, 2, 1, 0]])
    assert widget.stopped(losses, patience=3).tolist() == [4, 5]
    assert widget.stopped(losses, patience=4).tolist() == [5, 5]


@given(st.integers(1, 40))
def test_without_noise_a_training_never_ends_early(patience):
    assert widget.stopped(widget.losses(0, 100, steps=300), patience).tolist() == [299]


def test_luck_of_batches_ends_trainings_early():
    ends = widget.stopped(widget.losses(0.3, 10_000, runs=200), 200)
    assert 250 < np.median(ends) < 450


def test_figures_show_every_paper_and_every_reading():
    figure = reading_plots.scorecard()
    titles = [method(paper).title for paper in papers()]
    for axis in figure.axes:
        assert [label.get_text() for label in axis.get_yticklabels()] == titles
    forest = reading_plots.forest(made({"softmax_argmax": 12.0, "softmax": 4.0}))
    assert [label.get_text() for label in forest.axes[0].get_yticklabels()] == [
        "Distribution learning, E62: most probable level, not the mean"
    ]
    assert reading_plots.forest([]) is None
    *_, lowest, end = widget.draw_stop(0.3, 10_000, 200).axes[0].lines
    assert end.get_xdata()[0] - lowest.get_xdata()[0] == 200
    bars = widget.draw_chosen("msn").axes[0].patches
    assert bars[papers().index("msn")].get_width() == len(readings.chosen("msn"))
