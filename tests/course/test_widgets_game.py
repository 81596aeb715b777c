"""The game of notebook 04: the pairs are what they are said to be, and mistakes are counted right."""

import numpy as np
import pytest

from depnb.course.widgets import game


def test_half_of_the_pairs_are_equal_and_the_others_go_both_ways():
    truths = [pair.truth for pair in game.pairs()]
    assert len(truths) == game.PAIRS
    assert truths.count("=") == game.EQUAL
    assert 4 <= truths.count("A") <= 6
    assert truths[: game.EQUAL] != ["="] * game.EQUAL
    assert [pair.truth for pair in game.pairs(1)] != truths


def test_over_many_games_the_truth_is_the_truth():
    of = [pair for seed in range(300) for pair in game.pairs(seed)]
    for truth, sign in (("=", 0), ("A", -1), ("B", 1)):
        found = [np.subtract(*pair.printed) for pair in of if pair.truth == truth]
        gains = [sign * pair.gain for pair in of if pair.truth == truth]
        assert gains == [pair.difference for pair in of if pair.truth == truth]
        assert np.mean(found) == pytest.approx(np.mean(gains), abs=0.05)
    assert {pair.gain for pair in of} == {0.0, *game.GAINS}


def test_the_interval_is_wrong_about_one_equal_pair_of_twenty():
    played = [game.pairs(seed) for seed in range(300)]
    plain = [game.mistakes(game.paired_interval(of), of) for of in played]
    corrected = [game.mistakes(game.corrected_interval(of), of) for of in played]
    assert np.mean([found.false for found in plain]) / game.EQUAL == pytest.approx(0.05, abs=0.015)
    assert np.mean([found.false > 0 for found in corrected]) < 0.06
    assert np.mean([found.missed for found in corrected]) > np.mean([found.missed for found in plain])
    by_number = [game.mistakes(game.smaller_number(of), of) for of in played]
    assert {found.false for found in by_number} == {game.EQUAL}
    assert {found.missed for found in by_number} == {0}


def test_each_kind_of_mistake_is_counted():
    none = np.zeros(game.PEOPLE)
    of = [game.Pair(truth, 0.0 if truth == "=" else 1.0, none, none) for truth in "=AB=AB"]
    assert game.mistakes("=AB=AB", of) == (0, 0, 0, 0)
    assert game.mistakes("aba?=b", of) == (1, 1, 2, 1)
    assert game.mistakes("??????", of) == (0, 0, 0, 6)
    for wrong in ("=AB", "=AB=AX"):
        with pytest.raises(ValueError, match="Give 6 letters"):
            game.mistakes(wrong, of)


def test_the_pictures_show_what_a_paper_prints():
    of = game.pairs()
    left, right = game.draw_pair(3).axes
    assert [bar.get_height() for bar in left.patches] == pytest.approx(of[2].printed)
    assert "pair 3" in right.get_title()
    (axis,) = game.draw_pairs().axes
    assert len(axis.lines) == 1 + game.PAIRS
    (axis,) = game.draw_pairs(answers=True).axes
    assert len(axis.lines) == 1 + 3 * game.PAIRS
    ticks = [line.get_xdata()[0] for line in axis.lines if line.get_marker() == "|"]
    assert ticks == pytest.approx([pair.difference for pair in of])
