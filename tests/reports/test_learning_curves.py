"""Learning curves: which trainings a panel shows, and what of them."""

from dataclasses import replace

import pytest

from depnb.experiments.run import Run
from depnb.methods.registry import method
from depnb.reports import learning_curves
from tests.results_made import result_of


def runs(row, corpus="both", protocol="honest", paper="distribution", losses=((8.0, 4.0, 2.0),), **more):
    curves = [tuple({"step": 5 * k, "train_loss": v} | {n: w[k] for n, w in more.items()} for k, v in enumerate(one))
              for one in losses]  # fmt: skip
    run = Run(paper, row, corpus, protocol)
    return [replace(result_of(replace(run, seed=seed)), curves=(curve,), selected_steps=(5,))
            for seed, curve in enumerate(curves)]  # fmt: skip


def lines(figure):
    """Of each axis, (x, y) of its lines, thin ones of a training and the thick mean; dots apart."""
    found = []
    for axis in figure.axes:
        own = [line for line in axis.lines if line.get_marker() != "o"]
        found.append([(list(line.get_xdata()), list(line.get_ydata()), line.get_linewidth()) for line in own])
    return found


def test_a_row_is_shown_on_both_else_where_it_was_run_and_under_honest():
    results = [*runs("expectation", "null"), *runs("expectation"), *runs("expectation", protocol="paper"),
               *runs("softmax", "null", "paper")]  # fmt: skip
    shown = {(r.run.row, r.run.corpus, r.run.protocol) for r in learning_curves.shown("distribution", results)}
    assert shown == {("expectation", "both", "honest"), ("softmax", "null", "paper")}


def test_a_row_that_averages_others_has_no_panel():
    results = [*runs("two_stream", paper="temporal_pooling"), *runs("appearance", paper="temporal_pooling")]
    assert {r.run.row for r in learning_curves.shown("temporal_pooling", results)} == {"appearance"}
    assert "two_stream" in method("temporal_pooling").fused


def test_rows_stand_in_the_papers_order():
    results = [*runs("softmax"), *runs("expectation"), *runs("euclidean")]
    order = [row for row in method("distribution").rows if row in ("softmax", "expectation", "euclidean")]
    figure = learning_curves.draw("distribution", results)
    assert [axis.get_title() for axis in figure.axes if axis.get_title()] == order


def test_a_panel_has_the_share_of_the_constants_loss_the_errors_and_the_kept_step():
    two = ((8.0, 4.0, 2.0), (8.0, 6.0))  # the second ended earlier
    results = runs("expectation", losses=two, rmse=(11, 9, 8), unseen=(12, 10, 9))
    figure = learning_curves.draw("distribution", results)
    left, right = lines(figure)
    assert [line[:2] for line in left] == [([0, 5, 10], [1, 0.5, 0.25]), ([0, 5], [1, 0.75]), ([0, 5], [1, 0.625])]
    assert left[2][2] > left[0][2]
    assert ([0, 5], [11, 9]) in [line[:2] for line in right]
    assert ([0, 5, 10], [12, 10, 9]) in [line[:2] for line in right]
    dots = [line for line in figure.axes[1].lines if line.get_marker() == "o"]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in dots] == [(5, 9), (5, 9)]
    assert len({line.get_linestyle() for axis in figure.axes for line in axis.lines if line.get_marker() != "o"}) == 3


@pytest.mark.parametrize("learnt", [True, False])
def test_without_a_selecting_partition_the_dot_is_on_the_loss_and_the_title_says_what_did_not_train(learnt):
    results = [replace(r, learnt=learnt) for r in runs("expectation")]
    figure = learning_curves.draw("distribution", results)
    (dot,) = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (5, 0.5)
    assert figure.axes[0].get_title() == ("expectation" if learnt else "expectation, not trained")


def test_nothing_is_drawn_of_nothing():
    assert learning_curves.draw("distribution", []) is None
    assert learning_curves.draw("distribution", [result_of(Run("distribution", "expectation"))]) is None
