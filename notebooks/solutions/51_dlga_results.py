"""Exercises of notebook 51: solutions, and the checkers that judge them and the learner's answers."""

import numpy as np


def module_weights(channels):
    convolutions = channels * channels * 9 + channels + channels * channels + channels
    vector = 36 * channels * 64 + 64
    weight = channels * 128 + 128 + 9 * 128 * 64 + 64 + 64 + 1
    return convolutions + vector + weight


def check_module_weights(answer):
    given = float(np.asarray(answer(640)))
    right = 5_727_809
    known = {
        right - 640 - 640 - 64 - 128 - 64 - 1: "you left out the biases: one for each output of each layer",
        right * 24: "that is all 24 modules: count one of them",
        right + 640 * 128 * 8: "a 1×1 convolution has one weight per channel and output, not one per cell",
        right - 640 * 640 * 8: "the first convolution has 3×3 kernels: 9 weights per pair of channels",
        right - 640 * 640 * 9 - 640: "there are two convolutions before the two ways part: one 3×3, one 1×1",
        right - 35 * 640 * 64: "flattened maps of 6×6 cells are 36 · 640 inputs of the layer to 64, not 640",
        right + 27 * 128 * 64: "behind the max pool 2×2 the maps have 3×3 cells, not 6×6",
        right - (640 * 128 + 128 + 9 * 128 * 64 + 64 + 64 + 1): "the way of α is missing: 1×1 to 128, FC 64, FC 1",
    }
    assert given not in known, known[given]
    assert given == right, f"one module of 640 channels has {right:,} weights, not {given:,.0f}"
    given = float(np.asarray(answer(512)))
    assert given == 3_941_697, f"without CMP, with 512 channels, it has 3,941,697 weights, not {given:,.0f}"


def adam(gradients, rate):
    weight = mean = square = 0.0
    for step, gradient in enumerate(np.asarray(gradients, dtype=float), start=1):
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        weight -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return float(weight)


def check_adam(answer):
    def asked(gradients, rate):
        given = np.asarray(answer(np.array(gradients, dtype=float), rate), dtype=float)
        assert given.size == 1, f"return one number, where the weight ends, not {given.size}"
        return given.item()

    given = asked([5.0], 0.1)
    assert not np.isclose(given, 0.1), "a positive gradient makes the weight smaller: −0.1"
    assert not np.isclose(given, -0.5), "−0.5 is plain gradient descent: Adam divides by the size of the gradients"
    assert not np.isclose(given, -0.1 * 0.5 / np.sqrt(0.025)), (
        "the averages begin at 0 and are too small at first: divide them by 1 − 0.9^t and 1 − 0.999^t"
    )
    assert not np.isclose(given, -0.1 / 5), "divide by the root of the mean square, 5, not by the mean square, 25"
    assert np.isclose(given, -0.1), f"the first step is as large as the rate, −0.1, not {given:.4g}"
    given = asked([5.0] * 100, 0.1)
    assert not np.isclose(given, -0.1), "−0.1 is one step: add the steps up"
    assert np.isclose(given, -10), f"100 steps with gradient 5 move it by 100 · 0.1 = 10, to −10, not to {given:.4g}"
    given, right = asked([1.0, -1.0, 2.0], 0.1), adam([1.0, -1.0, 2.0], 0.1)
    assert np.isclose(given, right, rtol=1e-4), (
        f"with gradients 1, −1, 2 the weight ends at {right:.4f}, not {given:.4f}: keep both averages from step to step"
    )


def worth(test, unseen):
    test, unseen = np.asarray(test, dtype=float), np.asarray(unseen, dtype=float)
    chosen = test.argmin()
    return float(test[chosen] - test[-1]), float(unseen[chosen] - unseen[-1])


def check_worth(answer):
    test, unseen = np.array([11.0, 9.0, 10.0, 12.0]), np.array([11.0, 11.5, 10.5, 13.0])
    given = answer(test.copy(), unseen.copy())
    pair = hasattr(given, "__len__") and len(given) == 2
    two = pair and [np.ndim(number) for number in given] == [0, 0]
    assert two, f"return two numbers: the change on the test set, then on unseen people; not {given!r}"
    first, second = (float(number) for number in given)
    assert not np.isclose(first, 3), "an error that falls has a negative change: chosen minus last, −3"
    assert not np.isclose(first, -2), "−2 is against step 0: compare with the last step"
    assert not np.isclose(first, 9), "9 is the error itself: return its change against the last step"
    assert np.isclose(first, -3), f"the smallest test error is 9, the last one 12: −3, not {first:g}"
    assert not np.isclose(second, -2.5), (
        "−2.5 is the best check of the unseen people: nobody may choose on them; take the check that the test set chose"
    )
    assert not np.isclose(second, 0.5), "0.5 is against step 0: compare with the last step"
    assert np.isclose(second, -1.5), (
        f"at the chosen check unseen people have 11.5, at the last 13: −1.5, not {second:g}"
    )


HINTS = {
    "module_weights": (
        "A convolution k×k from a to b channels has a · b · k · k weights and b biases; a dense layer a · b + b.",
        "Before the ways part: 3×3 and 1×1, channels to channels. φ: 36 · channels to 64.",
        "α: max pool to 3×3 cells, 1×1 to 128, flattened 9 · 128 to 64, then 64 to 1.",
    ),
    "adam": (
        "Keep two running averages, of the gradient (0.9) and of its square (0.999), both from 0.",
        "At step t divide them by 1 − 0.9 ** t and by 1 − 0.999 ** t.",
        "weight -= rate * mean / (np.sqrt(square) + 1e-8)",
    ),
    "worth": (
        "test.argmin() is the check that the test set chooses.",
        "Both numbers: error at that check minus error at the last one.",
    ),
}
