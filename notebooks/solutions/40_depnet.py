"""Exercises of notebook 40: solutions, and the checkers that judge them and the learner's answers."""

import numpy as np


def excite(u, w1, w2):
    u = np.asarray(u, dtype=float)
    z = u.mean((1, 2))
    s = 1 / (1 + np.exp(-np.asarray(w2) @ np.maximum(np.asarray(w1) @ z, 0)))
    return u * s[:, None, None]


def check_excite(answer):
    u = np.stack([np.full((2, 2), 2.0), np.arange(4.0).reshape(2, 2)])
    w1, w2 = np.array([[1.0, -1.0]]), np.array([[2.0], [-4.0]])
    given = np.asarray(answer(u.copy(), w1, w2), dtype=float)
    assert given.shape == (2, 2, 2), f"maps in, maps of the same shape out: (2, 2, 2), not {given.shape}"
    changed = u.copy()
    answer(changed, w1, w2)
    assert np.array_equal(changed, u), "you change the maps that you are given: return new ones"
    halved = np.asarray(answer(u.copy(), w1, np.zeros((2, 1))), dtype=float)
    assert np.allclose(halved, u / 2), "with W2 = 0 every s is σ(0) = ½: half of each map"
    largest = 1 / (1 + np.exp(-np.array([0.0, 0.0])))
    assert not np.allclose(given, u * largest[:, None, None]), (
        "you squeeze with the maximum, z = (2, 3): then W1 z is negative; squeeze is the mean, z = (2, 1.5)"
    )
    assert not np.allclose(given[0], 2 * u[0]), (
        "channel 0 came out twice as large: σ is the sigmoid and δ the ReLU; the paper swaps the names (E45)"
    )
    s = 1 / (1 + np.exp([-1.0, 2.0]))
    assert np.allclose(given, u * s[:, None, None]), (
        f"z = (2, 1.5), W1 z = 0.5, ReLU leaves it, W2 gives (1, −2), the sigmoid ({s[0]:.3f}, {s[1]:.3f})"
    )
    negative = np.asarray(answer(u[::-1], w1, w2), dtype=float)
    assert np.allclose(negative, u[::-1] / 2), "where W1 z is negative, the ReLU makes it 0, and every s is ½"


def rows(frames, kernel, zeros):
    return frames + 2 * zeros - kernel + 1


def check_rows(answer):
    assert answer(5, 3, 1) == 5, "three taps and one zero on both sides leave as many rows as frames: 5"
    assert answer(5, 5, 0) == 1, "five taps fit into five frames once"
    assert answer(5, 3, 0) == 3, "three taps fit into five frames in 3 places"
    assert answer(5, 9, 0) == -3, "nine taps without zeros on five frames: −3, no place at all (E41)"
    assert answer(5, 9, 4) == 5, "four zeros on both sides leave 5 rows again"


def aggregate_place(signal, filters):
    signal = np.asarray(signal, dtype=float)
    found = []
    for taps in filters:
        padded = np.pad(signal, len(taps) // 2)
        found.append(max(float(np.dot(taps, padded[t : t + len(taps)])) for t in range(len(signal))))
    return [*found, float(signal.max()), float(signal.mean())]


def check_aggregate_place(answer):
    ones = [np.ones(3), np.ones(5), np.ones(9)]
    given = np.asarray(answer(np.arange(1.0, 6.0), ones), dtype=float)
    assert given.shape == (5,), f"three maxima and two statistics are five numbers, not {given.size}"
    assert np.allclose(given, [12, 15, 15, 5, 3]), (
        f"1 … 5 and kernels of ones: 12, 15, 15, then maximum 5 and mean 3, not {given}"
    )
    past = np.asarray(answer(np.array([1.0, 2, 3, 4, 9]), [np.array([-1.0, 0, 1])]), dtype=float)
    assert not np.isclose(past[0], 4), "the weight −1 belongs to the frame before: do not flip the kernel"
    assert np.isclose(past[0], 6), "with (−1, 0, 1) the largest rise over two frames is 9 − 3 = 6"
    rim = np.asarray(answer(np.array([-1.0, -2, -3]), ones[:1]), dtype=float)[0]
    assert not np.isclose(rim, -6), "without zeros outside −6 is left: with them the first place has 0 − 1 − 2 = −3"
    assert np.isclose(rim, -3), (
        f"of −1, −2, −3 and a kernel of ones the places are −3, −6, −5: the largest is −3, not {rim}"
    )


HINTS = {
    "excite": (
        "Squeeze: the mean over height and width of each map, u.mean((1, 2)).",
        "Excite: 1 / (1 + np.exp(-w2 @ np.maximum(w1 @ z, 0))), one number per channel.",
        "Weigh: u * s[:, None, None].",
    ),
    "rows": (
        "Zeros make the clip longer: frames + 2 · zeros.",
        "A kernel of k taps has one place less than there are rows for each further tap: minus (k − 1).",
    ),
    "aggregate_place": (
        "np.pad(signal, len(taps) // 2) puts the zeros outside.",
        "The output at t is the sum of taps times padded[t : t + len(taps)]; take the largest over t.",
    ),
}
