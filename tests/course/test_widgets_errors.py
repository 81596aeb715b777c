"""What the widget of notebook 03 draws is what the package computes."""

import numpy as np
import pytest

from depnb.course.widgets.errors import PEOPLE, draw_four, made_up
from depnb.evaluation import ccc, mae, pcc, rmse


def test_the_made_up_people_stay_and_their_scores_follow_the_sliders():
    labels, scores = made_up(1.0, 0.0, 0.0)
    assert len(labels) == PEOPLE
    assert 0 <= labels.min() <= labels.max() <= 63
    assert scores == pytest.approx(labels)
    flat = made_up(0.0, 3.0, 0.0)[1]
    assert flat == pytest.approx(np.full(PEOPLE, labels.mean() + 3))
    noisy = made_up(0.5, 0.0, 10.0)
    assert noisy[0].tolist() == labels.tolist()
    assert np.std(noisy[1] - made_up(0.5, 0.0, 0.0)[1]) == pytest.approx(9, abs=1.5)


def test_the_picture_says_the_four_numbers():
    labels, scores = made_up(0.7, 2.0, 5.0)
    said = [text.get_text() for axis in draw_four(0.7, 2.0, 5.0).axes[1:] for text in axis.texts]
    assert said == [f"{metric(labels, scores):.2f}" for metric in (mae, rmse, pcc, ccc)]


def test_a_constant_has_no_pearson_correlation():
    said = [text.get_text() for axis in draw_four(0.0, 0.0, 0.0).axes[1:] for text in axis.texts]
    assert said[2:] == ["none", "0.00"]
