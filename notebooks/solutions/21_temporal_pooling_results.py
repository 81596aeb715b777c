"""Exercises of notebook 21: solutions, and the checkers that judge them and the learner's answers."""

import numpy as np
from scipy.integrate import quad
from scipy.stats import norm


def fused_rmse(a, t, rho):
    return float(np.sqrt(a**2 + t**2 + 2 * rho * a * t) / 2)


def check_fused_rmse(answer):
    given = answer(8, 8, 1)
    assert not np.isclose(given, 64), "64 is the mean squared error: take its root"
    assert not np.isclose(given, 16), "16 is the RMSE of the sum of both: the mean has half of it"
    assert not np.isclose(given, 0), "0 is the error of a difference: the mean adds the errors, so + 2ρat"
    assert not np.isclose(given, np.sqrt(32)), "5.66 leaves ρ out: with ρ = 1 nothing cancels, 8, 8 gives 8"
    assert np.isclose(given, 8), f"the mean of two equal predictions has their error: 8, 8, ρ = 1 gives 8, not {given}"
    assert not np.isclose(answer(8, 8, 0), 8), "8 is the mean of the errors; errors that disagree partly cancel"
    assert np.isclose(answer(8, 8, 0), np.sqrt(32)), "for 8, 8 and ρ = 0 it is √(128 / 4) = 5.66"
    assert np.isclose(answer(8, 12, 0.5), np.sqrt(76)), "for 8, 12 and ρ = ½ it is √((64 + 144 + 96) / 4) = 8.72"


def helpful_below(a, t):
    return float((4 * min(a, t) ** 2 - a**2 - t**2) / (2 * a * t))


def check_helpful_below(answer):
    assert np.isclose(answer(8, 8), 1), "two equally good streams: any ρ below 1 helps"
    given = answer(8, 12)
    assert not np.isclose(given, 1), (
        "with ρ below 1 the mean of both has a smaller RMSE than the mean of their RMSE; it must be below 8"
    )
    worse = (
        "with this ρ the mean of both has a smaller RMSE than the worse stream, 12; it must be below the better one, 8"
    )
    assert not np.isclose(given, 368 / 192), worse
    assert np.isclose(given, 0.25), "for 8 and 12: (4 · 64 − 64 − 144) / (2 · 96) = ¼"
    assert np.isclose(answer(12, 8), 0.25), "the better stream may be either: take the smaller RMSE"
    given = answer(4, 16)
    assert not np.isclose(given, -1), "for 4 and 16 the bound lies below −1 (the mean never gains): keep it"
    assert given < -1, "a stream that is four times worse never helps: the bound lies below −1"


def flattered(k, sd):
    return sd * quad(lambda z: z * k * norm.pdf(z) * norm.cdf(z) ** (k - 1), -10, 10)[0]


def check_flattered(answer):
    given = answer(2, 1)
    assert np.ndim(given) == 0, f"return one number, not {given!r}"
    assert given > 0, f"the smallest is too small by a positive number; you return {given:.3g}"
    assert not np.isclose(given, 1 / np.sqrt(2), rtol=0.03), (
        "sd / √k is the deviation of the mean of k errors; the smallest of them is asked for"
    )
    assert not np.isclose(given, 1, rtol=0.03), (
        "sd is how far one error is off; with two the smaller one is nearer: 0.56"
    )
    assert not np.isclose(given, 2 / np.sqrt(np.pi), rtol=0.03), (
        "1.13 sd is the distance between two errors; the smaller one lies half of it below the truth"
    )
    assert not np.isclose(given, np.sqrt(2 * np.log(2)), rtol=0.03), (
        "sd·√(2 ln k) holds for very large k only: simulate it"
    )
    assert np.isclose(given, 0.5642, rtol=0.03), f"for two rows with sd = 1 it is 1/√π = 0.56, not {given:.3g}"
    given = answer(4, 0.5)
    assert not np.isclose(given, 1.0294, rtol=0.03), "1.03 is for sd = 1: it grows with sd"
    assert np.isclose(given, 0.5147, rtol=0.03), f"for four rows with sd = 0.5 it is 0.51, not {given:.3g}"
    given = answer(1, 2)
    assert np.isclose(given, 0, atol=0.05), f"one row cannot be chosen: for k = 1 it is 0, not {given:.3g}"


HINTS = {
    "fused_rmse": (
        "The error of the mean is half of the sum of both errors.",
        "Square it: (e₁ + e₂)² = e₁² + e₂² + 2 e₁ e₂, and the mean of e₁ e₂ is ρ·a·t.",
    ),
    "helpful_below": (
        "Set formula (4) equal to the square of the smaller RMSE, and solve for ρ.",
        "4 · min(a, t)² = a² + t² + 2ρ·a·t.",
    ),
    "flattered": (
        "Simulate: draw k normal numbers many times, and take the smallest of each draw.",
        "rng.normal(0, sd, (200_000, k)).min(axis=1).mean() is negative: how far below 0 is it?",
    ),
}
