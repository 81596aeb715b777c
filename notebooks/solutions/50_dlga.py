"""Exercises of notebook 50: solutions, and the checkers that judge them and the learner's answers."""

import numpy as np


def beside_mouth(landmarks, size):
    landmarks = np.asarray(landmarks, dtype=float)
    away = 16 * size / 224
    return np.stack([landmarks[48] + [-away, -away], landmarks[54] + [away, -away]])


def check_beside_mouth(answer):
    numbers = np.arange(1.0, 69)
    landmarks = np.stack([numbers, 2 * numbers], axis=1)
    given = np.asarray(answer(landmarks, 224), dtype=float)
    assert given.shape == (2, 2), f"two points of two coordinates are (2, 2), not {given.shape}"
    assert not np.allclose(given[0], [34, 84]), (
        "that is the landmark after the corner: the paper counts from 1, Python from 0, so landmark 49 is landmarks[48]"
    )
    assert np.allclose(given[0], [33, 82]), "point 23 is (49 − 16, 98 − 16) = (33, 82)"
    assert not np.allclose(given[1], [39, 94]), (
        "(39, 94) is the printed reading, which puts point 24 on the mouth: mirrored it moves to the right (E73)"
    )
    assert np.allclose(given[1], [71, 94]), "point 24 is (55 + 16, 110 − 16) = (71, 94)"
    small = np.asarray(answer(landmarks, 112), dtype=float)
    assert np.allclose(small, [[41, 90], [63, 102]]), "in a crop of 112 the 16 pixels are 8: 16/224 of its size"


def cut_patch(features, x, y):
    column, row = (min(max(int(np.floor(place / 8 + 0.5)) - 3, 0), 22) for place in (x, y))
    return features[:, row : row + 6, column : column + 6]


def check_cut_patch(answer):
    rows, columns = np.mgrid[:28, :28]
    features = np.stack([columns, rows])
    given = np.asarray(answer(features, 100, 60))
    assert given.shape == (2, 6, 6), f"a patch of two channels is (2, 6, 6), not {given.shape}"
    assert not np.array_equal(given[0, 0], np.arange(5, 11)), (
        "the columns came from y: a map is [C, rows, columns], and rows belong to y"
    )
    assert np.array_equal(given[0, 0], np.arange(10, 16)), (
        f"x = 100 gives ⌊12.5 + ½⌋ − 3 = 10: columns 10 … 15, not {given[0, 0].tolist()}"
    )
    assert np.array_equal(given[1, :, 0], np.arange(5, 11)), (
        f"y = 60 gives ⌊7.5 + ½⌋ − 3 = 5: rows 5 … 10, not {given[1, :, 0].tolist()}"
    )
    corner = np.asarray(answer(features, 5, 223))
    assert corner.shape == (2, 6, 6), f"at the border a patch is still (2, 6, 6), not {corner.shape}: clamp its start"
    assert (corner[0, 0, 0], corner[1, 0, 0]) == (0, 22), (
        "(5, 223) would begin at column −2 and row 25; clamped, at column 0 and row 22"
    )


def weigh(phi, logits):
    alpha = 1 / (1 + np.exp(-np.asarray(logits, dtype=float)))
    return (alpha[:, None] * np.asarray(phi, dtype=float)).ravel()


def check_weigh(answer):
    phi = np.arange(24 * 64, dtype=float).reshape(24, 64)
    given = np.asarray(answer(phi, np.zeros(24)), dtype=float)
    assert given.shape == (1536,), f"24 vectors of 64 joined are (1536,), not {given.shape}"
    assert not np.allclose(given, phi.ravel() / 24), (
        "each came out a 24th: the weights are no softmax over patches, each is a sigmoid of its own and may be near 1"
    )
    assert np.allclose(given, phi.ravel() / 2), "with 0 before the sigmoid every α is ½: half of φ, patch after patch"
    logits = np.full(24, -50.0)
    logits[3] = np.log(3)
    given = np.asarray(answer(phi, logits), dtype=float)
    assert np.allclose(given[192:256], 0.75 * phi[3]), "ln 3 before the sigmoid is α = 3/4, here of the fourth patch"
    assert np.allclose(given[:192], 0, atol=1e-6), "−50 before the sigmoid is α = 0: nothing of the first three patches"


def pool_list(x, counts, weights):
    x, bins = np.asarray(x, dtype=float), []
    for count, weight in zip(counts, weights, strict=True):
        window = len(x) // count
        bins += [weight * x[i * window : (i + 1) * window].max() for i in range(count)]
    return np.array(bins)


def check_pool_list(answer):
    given = np.asarray(answer(np.arange(10.0), (4, 2), (1, 1)), dtype=float)
    assert given.shape == (6,), (
        f"4 and 2 bins are six numbers, not {given.size}: a window of ⌊10/4⌋ = 2 fits five times, only four count"
    )
    assert not np.allclose(given, [4, 9, 1, 3, 5, 7]), "the levels stand in the order of `counts`, the fine one first"
    assert np.allclose(given, [1, 3, 5, 7, 4, 9]), f"of 0 … 9 the maxima are 1, 3, 5, 7 and 4, 9, not {given.tolist()}"
    weighed = np.asarray(answer(np.arange(10.0), (4, 2), (0.5, 0.25)), dtype=float)
    assert np.allclose(weighed, [0.5, 1.5, 2.5, 3.5, 1, 2.25]), "each bin is multiplied by the weight of its level"
    negative = np.asarray(answer(-np.arange(10.0), (2,), (1,)), dtype=float)
    assert np.allclose(negative, [0, -5]), "of negative numbers the largest is the one nearest to 0: 0 and −5"
    long = np.asarray(answer(np.arange(2048.0), (80, 40, 20, 10), (1, 1, 1, 1)), dtype=float)
    assert len(long) == 150, f"2048 features have 150 bins, not {len(long)}"
    assert long.sum() == 155_310, f"of 0 … 2047 the 150 maxima add up to 155,310, not {long.sum():,.0f}"


def mixed_parts(sizes, window, count):
    part = np.repeat(np.arange(len(sizes)), sizes)
    return [len(set(part[i * window : (i + 1) * window].tolist())) for i in range(count)]


def check_mixed_parts(answer):
    given = list(answer([4, 4, 4], 4, 3))
    assert len(given) == 3, f"one number for each of 3 windows, not {len(given)}"
    assert given == [1, 1, 1], f"windows as long as the parts mix nothing: [1, 1, 1], not {given}"
    given = list(answer([4, 4, 4], 3, 4))
    assert given == [1, 2, 2, 1], f"windows of 3 over parts of 4 touch 1, 2, 2 and 1 of them, not {given}"
    assert list(answer([2, 2, 6], 5, 2)) == [3, 1], "a window of 5 over parts of 2, 2 and 6 touches all three"
    printed = list(answer([64] * 24 + [512], 204, 10))
    assert max(printed) == 5, f"a window of 204 over patches of 64 features touches up to 5 parts, not {max(printed)}"
