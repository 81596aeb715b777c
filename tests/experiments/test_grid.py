"""Which runs the committed results are made of: seeds of headline rows and of others, and permutations of “null”."""

from collections import Counter

import pytest

from depnb.experiments import grid as grids
from depnb.experiments.grid import QUICK_SEEDS, SEEDS, USUAL_SEEDS, committed, grid, rows, runs_for
from depnb.methods.contract import FURTHER
from depnb.methods.registry import RIVALS, papers


def seeds(runs, paper, row, corpus="both"):
    own = [run for run in runs if (run.paper, run.row, run.protocol) == (paper, row, "honest")]
    return [(run.corpus, run.seed) for run in own if run.corpus.startswith(corpus)]


def test_a_headline_row_has_more_seeds_at_standard():
    many, few = SEEDS["standard"]
    runs = grid("standard", "all")
    assert many > few
    assert seeds(runs, "distribution", "expectation") == [("both", seed) for seed in range(many)]
    assert seeds(runs, "distribution", "softmax") == [("both", seed) for seed in range(few)]


def test_a_seed_is_a_permutation_of_null_at_standard():
    _, few = SEEDS["standard"]
    expected = [("null", 0), *((f"null{seed}", seed) for seed in range(1, few))]
    assert seeds(grid("standard", "headline"), "distribution", "expectation", "null") == expected
    assert seeds(grid("standard", "headline", (0, 100)), "dlga", "dlga", "null") == [("null", 0), ("null100", 100)]
    assert [run.corpus for run in runs_for("standard", "headline", (3,), "null")][:1] == ["null3"]
    assert [run.corpus for run in runs_for("standard", "msn/msn", (3,), "null")] == ["null3"]


def test_elsewhere_all_rows_have_the_same_seeds_and_one_permutation(monkeypatch):
    monkeypatch.setattr(grids, "AT_STANDARD", frozenset())
    runs = grid("quick", "all")
    counted = Counter((run.paper, run.row, run.corpus, run.protocol) for run in runs if run.paper != RIVALS)
    assert set(counted.values()) == {*USUAL_SEEDS} == {3}
    assert {run.corpus for run in runs} == {"both", "appearance", "dynamics", "null"}


@pytest.mark.parametrize("profile", ["quick", "standard"])
def test_rivals_run_once_on_each_corpus_and_permutation(profile):
    runs = grid(profile, "headline")
    rivals = [run for run in runs if run.paper == RIVALS]
    assert {run.seed for run in rivals} == {0}
    assert len(set(rivals)) == len(rivals)
    honest = {run.corpus for run in runs if run.paper != RIVALS and run.protocol == "honest"}
    assert {run.corpus for run in rivals if run.row == "frame_difference"} == honest


def test_seeds_that_are_given_are_those_of_every_row():
    for paper in papers():
        own = [run for run in grid("standard", "all", (7, 9)) if run.paper == paper]
        assert {run.seed for run in own} == {7, 9}
        assert len(own) == 2 * len(rows(paper, "all")) - 2 * sum("vggface2" in row for row, _, _ in rows(paper, "all"))


def test_the_papers_own_models_are_repeated_on_further_draws():
    runs = grid("standard", "everything")
    for paper, row in (("distribution", "expectation"), ("msn", "msn"), ("depnet", "depnet"), ("dlga", "dlga"),
                       ("temporal_pooling", "two_stream")):  # fmt: skip
        for corpus in FURTHER:
            assert seeds(runs, paper, row, corpus) == [(corpus, 0), (corpus, 1), (corpus, 2)]
    assert {run.corpus for run in runs if run.paper == RIVALS} >= {*FURTHER}


def test_without_a_paper_at_standard_the_committed_results_are_the_tables_of_quick(monkeypatch):
    monkeypatch.setattr(grids, "AT_STANDARD", frozenset())
    assert sorted(committed()) == sorted(grid("quick", "all"))


def test_a_paper_at_standard_has_everything_there_and_its_headline_at_quick(monkeypatch):
    monkeypatch.setattr(grids, "AT_STANDARD", frozenset({"distribution"}))
    runs = committed()
    own, others = ([run for run in runs if run.paper == paper] for paper in ("distribution", "dlga"))
    everything = [run for run in grid("standard", "everything") if run.paper == "distribution"]
    assert [run for run in own if run.profile == "standard"] == everything
    quick = Counter((run.row, run.corpus, run.protocol) for run in own if run.profile == "quick")
    assert quick == dict.fromkeys(rows("distribution", "headline"), QUICK_SEEDS)
    assert others == [run for run in grid("quick", "all") if run.paper == "dlga"]
    rivals = {(run.profile, run.corpus) for run in runs if run.paper == RIVALS}
    assert rivals == {(run.profile, run.corpus) for run in [*own, *grid("quick", "all")] if run.protocol == "honest"}


def test_what_is_committed_has_seeds_of_its_own():
    assert runs_for("smoke", "committed", None) == committed()
    for other in ({"seeds": (1,)}, {"seeds": None, "corpus": "null"}, {"seeds": None, "protocol": "paper"}):
        with pytest.raises(ValueError, match="of their own"):
            runs_for("quick", "committed", **other)
