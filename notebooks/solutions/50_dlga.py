"""Exercises of notebook 50: solutions, and the checkers that judge them and the learner's answers."""

import numpy as np


def beside_mouth(landmarks, size):
    landmarks = np.asarray(landmarks, dtype=float)
    away = 16 * size / 224
    return np.stack([landmarks[48] + [-away, -away], landmarks[54] + [away, -away]])


def check_beside_mouth(answer):
    numbers = np.arange(1.0, 69)
    landmarks = np.stack([numbers, 2 * numbers], axis=1)
    given = np.asarray(answer(landmarks.copy(), 224), dtype=float)
    assert given.shape == (2, 2), f"two points of two coordinates are (2, 2), not {given.shape}"
    assert not np.allclose(given, [[71, 94], [33, 82]]), "the left point comes first: point 23, then point 24"
    assert not np.allclose(given[0], [34, 84]), (
        "that is the landmark after the corner: the paper counts from 1, Python from 0, so landmark 49 is landmarks[48]"
    )
    assert not np.allclose(given[0], [33, 114]), (
        "y grows downwards in a picture: 16 pixels up are −16, and (33, 114) lies below the corner"
    )
    assert np.allclose(given[0], [33, 82]), f"point 23 is (49 − 16, 98 − 16) = (33, 82), not {given[0].tolist()}"
    assert not np.allclose(given[1], [39, 94]), (
        "(39, 94) is the printed reading, which puts point 24 on the mouth: mirrored it moves to the right (E73)"
    )
    assert np.allclose(given[1], [71, 94]), f"point 24 is (55 + 16, 110 − 16) = (71, 94), not {given[1].tolist()}"
    small = np.asarray(answer(landmarks.copy(), 112), dtype=float)
    assert np.allclose(small, [[41, 90], [63, 102]]), (
        f"in a crop of 112 the 16 pixels are 8, 16/224 of its size: (41, 90) and (63, 102), not {small.tolist()}"
    )


def cut_patch(features, x, y):
    column, row = (min(max(int(np.floor(place / 8 + 0.5)) - 3, 0), 22) for place in (x, y))
    return np.asarray(features)[:, row : row + 6, column : column + 6]


def check_cut_patch(answer):
    rows, columns = np.mgrid[:28, :28]
    features = np.stack([columns, rows])
    given = np.asarray(answer(features.copy(), 100, 60))
    assert given.shape == (2, 6, 6), f"a patch of two channels is (2, 6, 6), not {given.shape}"
    assert not np.array_equal(given[0, 0], np.arange(5, 11)), (
        "the columns came from y: a map is [C, rows, columns], and rows belong to y"
    )
    first = given[0, 0, 0]
    assert first != 9, "the first column is 9: you round 12.5 to the even 12, as Python's round does; ⌊12.5 + ½⌋ is 13"
    assert first != 13, "13 is the cell of the landmark: the patch begins three cells before it"
    assert np.array_equal(given[0, 0], np.arange(10, 16)), (
        f"x = 100 gives ⌊12.5 + ½⌋ − 3 = 10: columns 10 … 15, not {given[0, 0].tolist()}"
    )
    assert np.array_equal(given[1, :, 0], np.arange(5, 11)), (
        f"y = 60 gives ⌊7.5 + ½⌋ − 3 = 5: rows 5 … 10, not {given[1, :, 0].tolist()}"
    )
    corner = np.asarray(answer(features.copy(), 5, 223))
    assert corner.shape == (2, 6, 6), (
        f"at x = 5, y = 223 a patch is still (2, 6, 6), not {corner.shape}: clamp its start"
    )
    at = (int(corner[0, 0, 0]), int(corner[1, 0, 0]))
    assert at == (0, 22), (
        f"(5, 223) would begin at column −2 and row 25; clamped, at column 0 and row 22, not at column {at[0]} and row "
        f"{at[1]}"
    )


def halve(phi, logits):
    alpha = 1 / (1 + np.exp(-np.asarray(logits, dtype=float)))
    return 2 * np.asarray(phi, dtype=float), np.log(alpha / 2 / (1 - alpha / 2))


def check_halve(answer):
    phi, logits = np.arange(1.0, 7).reshape(3, 2), np.log([1.0, 3.0, 4.0])
    given = answer(phi.copy(), logits.copy())
    two = hasattr(given, "__len__") and len(given) == 2
    assert two, "return two things: the new phi, then the new logits"
    new, z = (np.asarray(part, dtype=float) for part in given)
    assert (new.shape, z.shape) == ((3, 2), (3,)), (
        f"for phi (3, 2) and logits (3,) the shapes stay; yours are {new.shape} and {z.shape}: first phi, then logits"
    )
    alpha = np.array([1 / 2, 3 / 4, 4 / 5])
    assert not np.allclose(z, alpha / 2), "return the numbers before the sigmoid, not α itself"
    assert not np.allclose(z, logits / 2), "half of the logits is not half of α: σ(0) is ½ and stays ½"
    assert not np.allclose(z, logits - np.log(2)), "minus ln 2 halves α / (1 − α), not α: for ½ it gives ⅓"
    halved = 1 / (1 + np.exp(-z))
    assert np.allclose(halved, alpha / 2), (
        f"α is ½, ¾, ⅘ and should become ¼, ⅜, ⅖; yours is {np.round(halved, 3).tolist()}"
    )
    assert not np.allclose(new, phi), "with the old φ, ρ would be halved: φ has to make up for it"
    assert not np.allclose(new, phi / 2), "φ is halved, too: then ρ is a quarter of what it was"
    assert np.allclose(halved[:, None] * new, alpha[:, None] * phi), (
        "ρ = α·φ has changed: where α is halved, φ is doubled"
    )


def mixed_parts(sizes, window, count):
    part = np.repeat(np.arange(len(sizes)), sizes)
    return [len(set(part[i * window : (i + 1) * window].tolist())) for i in range(count)]


def check_mixed_parts(answer):
    def asked(sizes, window, count):
        return np.asarray(answer(np.array(sizes), window, count)).tolist()

    given = asked([4, 4, 4], 4, 3)
    assert given != [4, 4, 4], "count the parts that a window touches, not its features"
    assert np.shape(given) == (3,), f"one number for each of 3 windows, not {given}"
    assert given == [1, 1, 1], f"windows as long as the parts mix nothing: [1, 1, 1], not {given}"
    given = asked([4, 4, 4], 3, 4)
    assert given != [1, 1, 1, 1], (
        "windows of 3 over parts of 4: the second has one feature of the first part, two of the next"
    )
    assert given != [0, 1, 1, 0], "you count the borders inside a window; a window with one border mixes two parts"
    assert given != [1, 2, 2, 2], "the last window holds 9, 10 and 11, all of the third part"
    assert given == [1, 2, 2, 1], f"windows of 3 over parts of 4 touch 1, 2, 2 and 1 of them, not {given}"
    given = asked([2, 2, 6], 5, 2)
    assert given == [3, 1], (
        f"windows of 5 over parts of 2, 2 and 6 touch 3 and 1 of them, not {given}: parts differ in size"
    )
    printed = asked([64] * 24 + [512], 204, 10)
    assert max(printed) == 5, f"a window of 204 over patches of 64 features touches up to 5 parts, not {max(printed)}"


HINTS = {
    "beside_mouth": (
        "The paper counts from 1: the left corner of the mouth is landmarks[48], the right one landmarks[54].",
        "In a crop of another size the 16 pixels become 16 * size / 224.",
        "Left corner: minus, minus. Right corner: plus, minus, its mirror image.",
    ),
    "cut_patch": (
        "int(np.floor(x / 8 + 0.5)) - 3 is the first column; the same with y is the first row.",
        "Clamp the start, not the end: from 0 to 28 − 6.",
        "features[:, row : row + 6, column : column + 6]: rows come first.",
    ),
    "halve": (
        "First alpha = 1 / (1 + np.exp(-logits)). What must phi become so that alpha / 2 · phi is what it was?",
        "The number before a sigmoid that gives a is np.log(a / (1 - a)).",
    ),
    "mixed_parts": (
        "np.repeat(np.arange(len(sizes)), sizes) says of each feature whose it is.",
        "Window i is the slice from i · window to (i + 1) · window; count how many different numbers are in it.",
    ),
}
