"""Exercises of notebook 31: solutions, and the checkers that judge them and the learner's answers."""

import numpy as np


def width_factor(kernels, single=3):
    return float(np.sqrt(sum(k**3 for k in kernels) / single**3))


def check_width_factor(answer):
    assert np.isclose(_one(answer((3,))), 1), "one kernel of 3 is as wide as itself: 1"
    given = _one(answer((3, 5, 7)))
    assert not np.isclose(given, 495 / 27), "18.3 times as many weights: twice the width has four times as many"
    assert not np.isclose(given, np.sqrt(83 / 9)), "3.04 is for square kernels: a cube of side k has k³ weights"
    assert not np.isclose(given, np.sqrt(15 / 3)), "2.24 adds the sides: a cube of side k has k³ weights"
    assert not np.isclose(given, (495 / 27) ** (1 / 3)), "width counts twice, before and after: the square root"
    assert not np.isclose(given, 3), "3 is the number of kernels; they do not have the same number of weights"
    assert np.isclose(given, np.sqrt(495 / 27)), f"√((27 + 125 + 343) / 27) = 4.28, not {given:.3g}"
    assert np.isclose(_one(answer((3, 5), single=5)), np.sqrt(152 / 125)), "`single` may be another side than 3"


def layers(blocks):
    return 3 * sum(blocks) + 3


def check_layers(answer):
    assert np.ndim(answer((3, 4, 12, 3))) == 0, "return one number"
    assert answer((3, 4, 12, 3)) != 66, "66 counts the blocks only: Conv1 and two fully connected layers come on top"
    assert answer((3, 4, 12, 3)) != 70, "70 counts the last unit too; the paper does not"
    assert answer((3, 4, 12, 3)) == 69, "22 blocks of 3, Conv1 and two fully connected layers are 69"
    assert answer((3, 3, 3, 3)) == 39, "the network that the paper calls 36 has 39 by the same rule"


def severe_missed(labels, scores):
    severe = np.asarray(labels, dtype=float) >= 29
    missed = np.rint(np.asarray(scores, dtype=float))[severe] <= 13
    return int(severe.sum()), int(missed.sum())


def check_severe_missed(answer):
    labels, scores = [29, 35, 40, 28, 5, 33], [13.4, 13.6, 30, 2, 1, 10.0]
    given = tuple(np.ravel(np.asarray(answer(labels, scores), dtype=float)).tolist())
    assert len(given) == 2, "return two numbers: how many are severe, and how many of them are called minimal"
    assert given != (2, 4), "first the number of severe cases, then how many of them are missed"
    assert given[0] != 3, "29 is severe, too: 29 and more"
    assert given[0] != 5, "28 is not severe: 29 and more"
    assert given[0] == 4, f"of the labels {labels} four are severe, not {given[0]:g}"
    assert given[1] != 4, "a score counts only if its label is severe: two of these four scores are of others"
    assert given[1] != 1, "13.4 rounds to 13, and 13 is minimal"
    assert given[1] != 3, "13.6 rounds to 14, and 14 is mild"
    assert given[1] == 2, f"two of the severe cases have a score of 13 or less, not {given[1]:g}"
    assert tuple(np.asarray(answer([5, 6], [30.0, 40.0])).tolist()) == (0, 0), "nobody may be severe: then (0, 0)"


def _one(given):
    """A number, or what it is that was given in its place."""
    found = np.asarray(given, dtype=float)
    assert found.size == 1, f"return one number, not {given!r}"
    return found.item()


HINTS = {
    "width_factor": (
        "With C channels before and after, a cube of side k has k³·C² weights.",
        "Set the sum of k³ over the kernels equal to single³·f², and solve for f.",
    ),
    "layers": ("Three for each block; the blocks of all stages count alike.", "3 · sum(blocks) + 1 + 2."),
    "severe_missed": (
        "Make a mask of the severe people first: labels >= 29.",
        "Among them count the scores that are 13 or less once they are rounded: np.rint.",
    ),
}
