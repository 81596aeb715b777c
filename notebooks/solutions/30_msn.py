"""Exercises of notebook 30: solutions, and the checkers that judge them and the learner's answers."""

import numpy as np


def temporal(clip, weights):
    clip = np.asarray(clip, dtype=float)
    padded = np.pad(clip, ((1, 1), (0, 0), (0, 0)))
    return sum(weight * padded[place : place + len(clip)] for place, weight in enumerate(weights))


def check_temporal(answer):
    clip = np.zeros((3, 3, 3))
    clip[[0, 1, 2], 1, [0, 1, 2]] = 1
    given = np.asarray(answer(clip, [-1, 0, 1]), dtype=float)
    assert given.shape == (3, 3, 3), f"the size stays [3, 3, 3], it is not {list(given.shape)}: pad time with zeros"
    assert not np.allclose(given[1, 1], [1, 0, -1]), (
        "frame 1, row 1 is (1, 0, −1): either along width, (1, 1, 3), or with flipped weights; time is the first axis, "
        "and −1 belongs to the past"
    )
    assert np.allclose(given[1, 1], [-1, 0, 1]), f"frame 1, row 1 is (−1, 0, 1), not {given[1, 1]}"
    assert np.allclose(given[0, 1], [0, 1, 0]), "before the first frame there are zeros: frame 0, row 1 is (0, 1, 0)"
    random = np.random.default_rng(0).normal(size=(5, 2, 4))
    assert np.allclose(answer(random, [0, 1, 0]), random), "weights (0, 1, 0) change nothing"


def influence(depth):
    weights = np.ones(1)
    for _ in range(depth):
        weights = np.convolve(weights, np.ones(3) / 3)
    return weights


def check_influence(answer):
    one, given = np.asarray(answer(1), dtype=float), np.asarray(answer(2), dtype=float)
    assert one.shape == (3,), f"one layer sees 3 frames, not {one.size}"
    assert np.allclose(one, 1 / 3), "one layer: a third for each of three frames"
    assert given.shape == (5,), f"two layers see 5 frames, not {given.size}"
    assert not np.allclose(given, 0.2), "not equal shares: the middle frame is reached on three ways, the rim on one"
    assert np.allclose(given, np.array([1, 2, 3, 2, 1]) / 9), "two layers: 1, 2, 3, 2, 1 of 9"
    assert np.isclose(np.asarray(answer(7), dtype=float).sum(), 1), "the shares sum to 1"


def conv_cost(inputs, outputs, kernel, shape):
    weights = inputs * outputs * int(np.prod(kernel))
    return weights, weights * int(np.prod(shape))


def check_conv_cost(answer):
    given = _costs(answer, 3, 64, (3, 3, 3), (16, 112, 112))
    assert given[0] == 5184, f"3 · 64 · 27 = 5184 weights, not {given[0]}"
    assert given[1] != 2 * 1_040_449_536, "a multiplication with its addition counts once here"
    assert given[1] == 1_040_449_536, "every weight is used once for each of the 16 · 112 · 112 places of the output"
    assert _costs(answer, 32, 32, (7, 7, 7), (8, 28, 28))[0] == 32 * 32 * 343, "the kernel's three sides multiply"
    assert _costs(answer, 8, 8, (3, 1, 1), (8, 28, 28))[0] == 8 * 8 * 3, "a kernel (3, 1, 1) has three weights, not 27"


def _costs(answer, inputs, outputs, kernel, shape):
    """The two numbers of an answer, or what it is that was given in their place."""
    called = f"conv_cost({inputs}, {outputs}, kernel={kernel}, shape={shape})"
    try:
        given = answer(inputs, outputs, kernel, shape)
    except TypeError as error:
        raise AssertionError(
            f"{called} stops with “{error}”: kernel and shape are three numbers each, to be multiplied with each other"
        ) from error
    pair = hasattr(given, "__len__") and getattr(given, "shape", (2,)) == (2,) and len(given) == 2
    two = pair and [np.ndim(number) for number in given] == [0, 0]
    assert two, f"{called}: return two numbers, weights and multiplications, not {given!r}"
    return tuple(given)


def clip_starts(frames, length=16):
    return [length * n for n in range(max(1, frames // length))]


def check_clip_starts(answer):
    starts = [np.asarray(answer(frames)).tolist() for frames in (48, 40, 10)]
    assert isinstance(starts[0], list), f"return a list, also of a single clip; of 48 frames it is {starts[0]}"
    assert starts[0] == [0, 16, 32], "48 frames are three clips, at 0, 16 and 32"
    assert starts[1] != [0, 16, 32], "the clip at 32 has 8 frames: an incomplete last one is dropped"
    assert starts[1] == [0, 16], "40 frames are two clips, at 0 and 16"
    assert starts[2] == [0], "a video that is too short still has one clip, at 0: it wraps around"
    assert list(answer(9, 3)) == [0, 3, 6], "length may be another than 16"


HINTS = {
    "temporal": (
        "Put one frame of zeros before the clip and one behind it: np.pad(clip, ((1, 1), (0, 0), (0, 0))).",
        "Frame t is weights[0] times the frame before, plus weights[1] times itself, plus weights[2] times the next.",
    ),
    "influence": (
        "One layer is [1/3, 1/3, 1/3]. What does the second layer make of it?",
        "Each layer convolves the weights with [1/3, 1/3, 1/3]: np.convolve.",
    ),
    "conv_cost": (
        "Every output channel has a kernel over all input channels: inputs · outputs · k · k · k weights.",
        "Every weight is used once for each place of the output.",
    ),
    "clip_starts": (
        "Clips do not overlap: 0, length, 2 · length, …",
        "How many whole clips fit? frames // length, but at least one.",
    ),
}
