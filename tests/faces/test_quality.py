"""What is said of frame rates."""

import numpy as np
import pytest

from depnb.faces.quality import frame_rate, rate_remarks, uneven


@pytest.mark.parametrize(
    ("times", "rate"),
    [
        (np.arange(5) / 24, 24),
        ([0, np.nan, 0.5, np.nan, 1], 4),
        ([0.0, 1.0, 4.0], 0.5),
        ([0.0], None),
        ([np.nan, 0.0], None),
        ([], None),
    ],
)
def test_frame_rate_of_time_stamps(times, rate):
    assert frame_rate(np.array(times, float)) == (rate if rate is None else pytest.approx(rate))


@pytest.mark.parametrize(
    ("steps", "warned"),
    [
        ([33, 34, 33, 33, 34, 33], False),
        ([33] * 20 + [66], False),
        ([33] * 8 + [66] * 2, True),
        ([42, 42, 42, 292] * 4, True),
        ([33] * 10 + [5000] * 2, False),  # cuts
        ([33], False),
    ],
)
def test_a_rate_that_varies_is_told(steps, warned):
    found = uneven(np.cumsum([0, *steps]) / 1000)
    assert bool(found) == warned
    if warned:
        assert f"frames last {min(steps)} to {max(steps)} ms" in found[0]


def test_times_with_strides_do_not_vary():
    assert uneven(np.array([0, np.nan, 0.1, np.nan, 0.5])) == []


def test_videos_and_partitions_of_other_rates_are_named():
    rates = {"a": 30.0, "b": 29.97, "c": 25.0, "d": 30.0, "e": float("nan")}
    partitions = {"a": "train", "b": "train", "c": "test", "d": "train", "e": "test"}
    videos, parts = rate_remarks(rates, partitions)
    assert "29.97 frames/s in 3 videos" in videos
    assert "25 (c)" in videos
    assert "train 29.99, test 25" in parts


def test_rates_that_are_the_same_but_for_the_ntsc_clock_are_not_remarked():
    assert rate_remarks({"a": 30.0, "b": 29.97}, {"a": "train", "b": "test"}) == []
    assert rate_remarks({"a": float("nan")}, {"a": "train"}) == []
    assert rate_remarks({}, {}) == []


def test_partitions_with_the_same_mixture_are_no_confound():
    rates = {"a": 30.0, "b": 60.0, "c": 30.0, "d": 60.0}
    assert len(rate_remarks(rates, {"a": "train", "b": "train", "c": "test", "d": "test"})) == 1
