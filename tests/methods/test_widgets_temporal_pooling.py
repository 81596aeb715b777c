"""What the widgets and the drawings of notebooks 20 and 21 compute is what the text beside them says."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from depnb.methods.temporal_pooling import encode
from depnb.methods.temporal_pooling.diagrams import draw_coding, draw_streams, draw_two_speeds
from depnb.methods.temporal_pooling.widget import (
    READINGS,
    codes,
    draw_codes,
    draw_fusion,
    fused_rmse,
    possible_lengths,
)
from depnb.system import style

VIDEO = np.random.default_rng(0).integers(0, 256, (33, 12, 10), dtype=np.uint8)
A, C, D = READINGS


@pytest.fixture(autouse=True)
def plain_style():
    style.apply()


def test_readings_are_those_of_the_errata():
    assert np.array_equal(codes(VIDEO, 17, C), codes(VIDEO, 17, D))
    assert np.array_equal(codes(VIDEO, 9, A), codes(VIDEO, 9, D))
    assert np.array_equal(codes(VIDEO, 25, A, dead_zone=3), encode(VIDEO[:25], dead_zone=3))
    assert not np.array_equal(codes(VIDEO, 25, A), codes(VIDEO, 25, D))


def test_only_lengths_that_fit_are_offered():
    assert possible_lengths(16) == (9,)
    assert possible_lengths(48) == (9, 17, 25, 33)
    with pytest.raises(ValueError, match="has 33 frames"):
        codes(VIDEO, 41)
    with pytest.raises(ValueError, match="A: parity"):
        codes(VIDEO, 9, "B")


def test_the_marked_pixel_has_the_code_of_the_title():
    ramp = np.arange(10, 100, 10, dtype=np.uint8)[:, None, None].repeat(3, 1).repeat(3, 2)
    axis = draw_codes(ramp, row=99, column=0).axes[2]
    assert axis.get_title() == "bits, oldest first: 11110000, code 15"
    drawn = {line.get_label(): list(line.get_xdata()) for line in axis.lines}
    assert drawn["sign 1: darker"] == [0, 1, 2, 3]
    assert drawn["sign 0"] == [4, 5, 6, 7, 8]


def test_bits_of_two_halves_are_said_to_be_stretched():
    ramp = np.arange(90, 0, -10, dtype=np.uint8)[:, None, None].repeat(3, 1).repeat(3, 2)
    assert draw_codes(ramp, reading=C).axes[2].get_title() == "4 bits 1111,\noldest first, stretched to 255"
    assert draw_codes(ramp, reading=A).axes[2].get_title() == "bits, oldest first: 00001111, code 240"


def test_figure_1_ends_in_the_code_image():
    figure = draw_coding(VIDEO[:9])
    assert np.array_equal(figure.axes[-1].images[0].get_array(), encode(VIDEO[:9]))
    weights = [axis.get_xlabel() for axis in figure.axes if axis.get_xlabel()]
    assert weights == [f"· {2**j}" for j in range(8)]
    with pytest.raises(ValueError, match="9 frames, not of 17"):
        draw_coding(VIDEO[:17])


def test_figure_2_shows_both_pictures_of_a_clip():
    frame, code = np.zeros((8, 8, 3), np.uint8), np.ones((8, 8), np.uint8)
    still, coded = draw_streams(frame, code).axes[0].images
    assert still.get_array().shape == (8, 8, 3)
    assert np.array_equal(coded.get_array(), code)


@given(st.floats(0.5, 20), st.floats(0.5, 20), st.integers(0, 2**32 - 1))
def test_the_mean_of_two_has_the_error_of_the_formula(better, worse, seed):
    errors = np.random.default_rng(seed).normal(0, [[better], [worse]], (2, 50))
    first, second = np.sqrt((errors**2).mean(1))
    rho = (errors[0] @ errors[1]) / np.sqrt((errors[0] @ errors[0]) * (errors[1] @ errors[1]))
    measured = np.sqrt((errors.mean(0) ** 2).mean())
    assert fused_rmse(first, second, rho) == pytest.approx(measured, rel=1e-6, abs=1e-6)


def test_two_opposite_errors_cancel_and_two_equal_ones_stay():
    assert fused_rmse(8, 8, -1) == 0
    assert fused_rmse(8, 8, 1) == 8


def test_the_marked_point_lies_on_the_curve_and_both_errors_are_drawn():
    axis = draw_fusion(9, 8, 0.5).axes[0]
    curve, point, *ends = axis.lines
    assert np.interp(0.5, curve.get_xdata(), curve.get_ydata()) == pytest.approx(point.get_ydata()[0], abs=1e-3)
    assert [line.get_ydata()[0] for line in ends] == [8, 9]
    assert axis.get_title() == f"ρ = 0.50: RMSE of the mean {fused_rmse(9, 8, 0.5):.2f}"


def test_pixels_that_only_brighten_are_steady_and_those_that_turn_back_are_not():
    slow = np.arange(18, dtype=np.uint8)[:, None, None].repeat(4, 1).repeat(5, 2)
    fast = np.array([0, 9] * 9, np.uint8)[:, None, None].repeat(4, 1).repeat(5, 2)
    axes = draw_two_speeds({"slow": slow, "fast": fast, "falling": slow[::-1]}).axes
    shares = [axis for axis in axes if axis.get_title().startswith("steady")]
    titles = [axis.get_title() for axis in shares]
    assert titles == [f"steady: {share} of the pixels" for share in ("100.0%", "0.0%", "100.0%")]
    assert [axis.images[0].get_array().mean() for axis in shares] == [1, 0, 1]
    assert [axis.get_ylabel() for axis in axes[::3]] == ["slow", "fast", "falling"]
