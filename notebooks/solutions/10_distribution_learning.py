"""Exercises of notebook 10: solutions, and the checkers that judge them and the learner's answers."""

import numpy as np


def _softmax(logits):
    powers = np.exp(np.asarray(logits, dtype=float) - np.max(logits))
    return powers / powers.sum()


def expected(logits):
    return float(_softmax(logits) @ np.arange(len(logits)))


def check_expected(answer):
    given = answer([0, np.log(2), 0])
    assert not np.isclose(given, 2), "2 counts the scores from 1; they begin at 0"
    assert np.isclose(given, 1), "logits (0, ln 2, 0) have the mean 1"
    assert np.isclose(answer(np.zeros(64)), 31.5), "64 equal logits have the mean 31.5"
    assert np.isclose(answer([1000.0, 1000.0]), 0.5), "large logits must not overflow: subtract the largest first"


def gradient(logits, label):
    p, levels = _softmax(logits), np.arange(len(logits))
    mean = p @ levels
    return (mean - label) * p * (levels - mean)


def check_gradient(answer):
    given = np.asarray(answer(np.array([0, np.log(2), 0]), 2.0), dtype=float)
    assert given.shape == (3,), f"one number per logit: shape (3,), not {given.shape}"
    assert not np.allclose(given, [-0.25, 0, 0.25]), "the sign is wrong: the error is E − label, here 1 − 2"
    assert not np.allclose(given, [0.5, 0, -0.5]), "twice too large: the loss is half of the squared error"
    assert not np.allclose(given, [0.25, 0.5, -0.75]), "this is the gradient of the cross-entropy, p − onehot(label)"
    assert np.allclose(given, [0.25, 0, -0.25]), f"for (0, ln 2, 0) and label 2 it is (¼, 0, −¼), not {given.round(3)}"
    logits, label, step = np.random.default_rng(0).normal(size=6), 3.0, 1e-5
    numeric = [
        ((expected(logits + step * e) - label) ** 2 - (expected(logits - step * e) - label) ** 2) / (4 * step)
        for e in np.eye(6)
    ]
    given = np.asarray(answer(logits, label), dtype=float)
    assert np.allclose(given, numeric, atol=1e-5), "differs from finite differences"


def mean_variance_loss(logits, label, weight):
    p, levels = _softmax(logits), np.arange(len(logits))
    mean = p @ levels
    return (mean - label) ** 2 / 2 + weight * (p @ (levels - mean) ** 2)


def check_mean_variance_loss(answer):
    logits = np.array([0, np.log(2), 0])
    assert np.isclose(answer(logits, 2.0, 0.0), 0.5), "with weight 0 it is the expectation loss, ½ here"
    given = answer(logits, 2.0, 0.1)
    assert not np.isclose(given, 0.5 + 0.1 * np.sqrt(0.5)), "add the variance, not its root"
    assert not np.isclose(given, 0.65), "0.65 has the spread around the label; the variance is around the mean E"
    assert np.isclose(given, 0.55), "p = (¼, ½, ¼) has variance ½: ½ + 0.1 · ½ = 0.55"
    peaks = np.full(21, -50.0)
    peaks[[0, 20]] = 0
    assert np.isclose(answer(peaks, 10.0, 0.05), 5), "two peaks at 0 and 20 have variance 100: 0 + 0.05 · 100 = 5"


HINTS = {
    "expected": (
        "Subtract the largest logit, take exponentials, and divide by their sum.",
        "Then add up level times probability; the levels begin at 0.",
    ),
    "gradient": (
        "You need p and E first; the formula stands above, with M = 1.",
        "(E - label) * p * (levels - E), with levels = 0, 1, 2, …",
    ),
    "mean_variance_loss": (
        "The variance is taken around E, not around the label.",
        "(E - label) ** 2 / 2 + weight * sum(p * (levels - E) ** 2)",
    ),
}
