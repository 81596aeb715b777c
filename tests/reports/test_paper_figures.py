"""The figures of a results notebook are there, or a sentence says why not."""

import pytest
from matplotlib.figure import Figure

from depnb import course
from depnb.experiments.store import Store
from depnb.reports import paper_figures
from depnb.reports.shown import results_of
from depnb.system.repository import COMMITTED


@pytest.fixture(scope="module")
def results():
    return results_of(Store(COMMITTED, strict=True), "dlga")


def test_they_are_drawn_from_results(results):
    found = (
        paper_figures.claims("dlga", results),
        paper_figures.named("dlga", "unseen", results),
        paper_figures.curves("dlga", results, ("dlga", "la")),
    )
    assert all(isinstance(figure, Figure) for figure in found)
    assert [axis.get_title() for axis in found[2].axes if axis.get_title()] == ["la", "dlga"]


def test_without_results_a_sentence_says_so(results):
    assert paper_figures.claims("dlga", []) == paper_figures.NO_CLAIM
    assert paper_figures.named("dlga", "unseen", []) == paper_figures.NO_RESULT
    assert paper_figures.curves("dlga", results, ("no_row",)) == paper_figures.NO_CURVE


def test_a_figure_that_the_method_does_not_name_is_refused(results):
    with pytest.raises(KeyError):
        paper_figures.named("dlga", "nothing", results)


def test_a_session_prints_the_sentence_and_shows_no_caption(capsys):
    session = course.start("10_method", profile="quick", corpus="both", protocol="honest", store="committed", seed=0,
                           device="cpu")  # fmt: skip
    capsys.readouterr()
    session.figure(paper_figures.claims("dlga", []), "forest", "Figure 1. Claims.")
    assert capsys.readouterr().out == f"{paper_figures.NO_CLAIM}\n"
