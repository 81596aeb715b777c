"""Sentences and figures about where networks look."""

from copy import deepcopy

import numpy as np
import pytest

from depnb.course.widgets.looking import CELLS, best_map, coarse, draw_coarse
from depnb.faces.regions import REGIONS
from depnb.reports import looking

MEASURED = looking.measured()


def number(mean, low, high):
    return {"mean": mean, "low": low, "high": high, "of_seeds": [mean]}


@pytest.fixture
def content():
    return deepcopy(MEASURED)


def test_the_committed_numbers_are_shares(content):
    for line in content["networks"]:
        parts = [line["energy"][name]["mean"] for name in REGIONS]
        assert sum(parts) == pytest.approx(1, abs=2e-3)
        assert sum(line["area"][name] for name in REGIONS) == pytest.approx(1, abs=2e-3)
        planted = sum(line["energy"][name]["mean"] for name in ("mouth", "eyes", "brows"))
        assert line["energy"]["planted"]["mean"] == pytest.approx(planted, abs=2e-3)
        assert np.mean(line["mean_map"]) == pytest.approx(1, abs=0.02)


def test_the_signal_lies_where_it_was_planted_and_alignment_spreads_it(content):
    painted, aligned = content["pictures"]["as painted"], content["pictures"]["after alignment"]
    assert painted["energy"]["planted"]["low"] > 2 * painted["area"]["planted"]
    assert aligned["outside"]["mean"] > 2 * painted["outside"]["mean"]


@pytest.mark.parametrize(
    ("share", "control", "covered", "said"),
    [
        (number(0.30, 0.28, 0.32), number(0.30, 0.28, 0.32), 9.0, "do not lie on the planted places, although"),
        (number(0.30, 0.28, 0.32), number(0.30, 0.28, 0.32), 0.1, "does not single out"),
        (
            number(0.50, 0.45, 0.55),
            number(0.48, 0.44, 0.52),
            9.0,
            "“null” and untrained weights, although painting",
        ),
        (number(0.50, 0.45, 0.55), number(0.28, 0.26, 0.30), 9.0, "more than those of the controls"),
    ],
)
def test_the_verdict_follows_from_the_numbers(content, share, control, covered, said):
    for line in content["networks"]:
        own = line["corpus"] == "both" and line["weights"] == "trained"
        line["energy"]["planted"], line["area"]["planted"] = (share if own else control), 0.3
        if line["weights"] == "trained":
            line["covered"] = {name: number(1, 0.5, 1.5) for name in (*REGIONS, "outside")}
            line["covered"]["eyes"] = number(covered, 0.9 * covered, 1.1 * covered)
    assert said in looking.verdict(content)
    assert looking.in_short(content)[-1] == looking.sentences(content)["verdict"] == looking.verdict(content)
    for line in content["networks"]:
        line["rmse"] = line["constant"] = 11.0
    assert "nothing to explain" in looking.verdict(content)


def test_the_checks_follow_from_the_numbers(content):
    for one in content["cascade"]:
        one |= number(0.2, 0.1, 0.3)
    assert "The maps change with the weights" in looking.checks(content)[-1]
    content["cascade"][0] |= number(0.9, 0.8, 0.95)
    assert "Some maps hardly change" in looking.checks(content)[-1]


def test_intervals_are_compared_by_their_ends():
    assert looking.against_chance(number(0.4, 0.31, 0.5), 0.3) == "more than their area"
    assert looking.against_chance(number(0.4, 0.29, 0.5), 0.3) == "not told apart from their area"
    assert looking.against_chance(number(0.2, 0.1, 0.29), 0.3) == "less than their area"
    assert looking.against(number(0.4, 0.31, 0.5), number(0.2, 0.1, 0.3)) == "more than"
    assert looking.against(number(0.4, 0.29, 0.5), number(0.2, 0.1, 0.3)) == "not told apart from"
    assert looking.against(number(0.1, 0.0, 0.2), number(0.4, 0.3, 0.5)) == "less than"


def test_a_finer_map_marks_a_region_better():
    shares = [coarse(cells, "mouth")[0] for cells in CELLS]
    assert shares == sorted(shares)
    assert shares[0] < 0.5 < shares[-1]
    region = np.zeros((60, 60), bool)
    region[20:40, 20:40] = True
    assert np.allclose(best_map(region, 60), region)


def test_figures_can_be_drawn():
    from matplotlib import pyplot as plt

    for figure in (
        looking.mean_maps(MEASURED),
        looking.energies(MEASURED),
        looking.cascade(MEASURED),
        looking.coverings(MEASURED),
        draw_coarse(3, "mouth"),
    ):
        assert figure.axes
        plt.close(figure)
    assert len(looking.of_pictures(MEASURED)) == len(looking.pointing(MEASURED)) == len(REGIONS) + 1
    assert len(looking.alike(MEASURED)) == len(MEASURED["alike"])
