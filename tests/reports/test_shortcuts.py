"""What a shortcut in training costs on unseen people: with and without it, on the same people."""

from dataclasses import replace

import numpy as np
import pytest

from depnb.corpus.synthetic import named_recipe, sessions
from depnb.corpus.synthetic.attributes import attributes
from depnb.evaluation import compare
from depnb.experiments.result import Predictions
from depnb.experiments.run import Run
from depnb.reports import shortcuts
from tests.results_made import result_of

PLAN = [s for s in sessions(named_recipe("both")) if s.partition == "unseen"][:40]
KNOWN = attributes(named_recipe("shortcut"))


def result(corpus, seed, pull=0.0, row="expectation"):
    """Scores that are off by chance, and by ``pull`` points for the whole range of the wall's brightness."""
    luck = np.random.default_rng([len(row), seed]).normal(0, 4, len(PLAN))
    bdi = tuple(float(s.bdi) for s in PLAN)
    scores = tuple(float(s.bdi + e - pull * (KNOWN[s.id].background - 0.6)) for s, e in zip(PLAN, luck, strict=True))
    names = tuple(f"{s.id}_Freeform" for s in PLAN), tuple(str(s.subject) for s in PLAN)
    own = Predictions(*names, bdi, scores, scores, (15.0,) * len(PLAN), (15.0,) * len(PLAN))
    return replace(result_of(Run("distribution", row, corpus, seed=seed)), predictions={"unseen": own})


def test_a_row_that_follows_the_wall_falls_for_it_and_one_that_does_not_is_undecided():
    fooled = [result(corpus, seed, 60 * (corpus == "shortcut")) for corpus in shortcuts.PAIR for seed in range(3)]
    sound = [
        result(corpus, seed + 10 * (corpus == "both"), row="euclidean")
        for corpus in shortcuts.PAIR
        for seed in range(3)
    ]
    first, second = shortcuts.falls([*fooled, *sound])
    assert (first.row, first.word) == ("distribution/expectation", shortcuts.FALLS)
    assert first.follows["background"] < -0.8
    assert (second.row, second.word) == ("distribution/euclidean", shortcuts.UNDECIDED)
    assert first.corrected == pytest.approx(2 * first.compared.p)
    plain, cut = (
        np.array([r.predictions["unseen"].score for r in fooled if r.run.corpus == c]) for c in shortcuts.PAIR
    )
    own = fooled[0].predictions["unseen"]
    assert first.compared == pytest.approx(compare(own.bdi, cut, plain, own.subject))
    assert first.compared.value == pytest.approx(first.rmse[1] - first.rmse[0])


def test_the_other_way_round_it_gains():
    (found,) = shortcuts.falls([result(c, seed, 60 * (c == "both")) for c in shortcuts.PAIR for seed in range(3)])
    assert found.word == shortcuts.GAINS


def test_one_seed_decides_nothing_and_one_corpus_is_no_line():
    (found,) = shortcuts.falls([result(corpus, 0, 60.0) for corpus in shortcuts.PAIR])
    assert (found.word, found.corrected) == ("one seed", None)
    assert shortcuts.columns([result("shortcut", 0)]).by_heading == {}
    table = shortcuts.columns([result(corpus, 0) for corpus in shortcuts.PAIR])
    assert table.corpora == ["generated “both”", "generated “shortcut”"]
    assert len(table.by_heading["outcome"]) == 1


def test_other_people_are_not_compared():
    fewer = result("shortcut", 0)
    own = fewer.predictions["unseen"]
    cut = Predictions(**{name: getattr(own, name)[1:] for name in own.__dataclass_fields__})
    with pytest.raises(ValueError, match="other people"):
        shortcuts.falls([result("both", 0), replace(fewer, predictions={"unseen": cut})])
