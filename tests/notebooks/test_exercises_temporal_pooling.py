"""The checkers of notebook 20 tell plausible wrong answers from right ones, and say why."""

import numpy as np
import torch

from depnb import course
from tests.notebooks import judged

SOLVED = course.exercises("20_temporal_pooling")
WEIGHTS = 2 ** np.arange(8)


def against_middle(compare):
    """Signs by another comparison of a level with the middle one."""

    def signs(levels):
        middle = len(levels) // 2
        return [int(compare(level, levels[middle])) for t, level in enumerate(levels) if t != middle]

    return signs


def with_middle(levels):
    return [int(level < levels[len(levels) // 2]) for level in levels]


def in_bytes(levels):
    z = np.asarray(levels) - levels[len(levels) // 2]
    return np.delete(z < 0, len(levels) // 2)


def successive(join):
    """Codes whose bits are made of successive signs in another way than by XOR."""
    return lambda levels: int(join(np.reshape(SOLVED.signs(levels), (8, -1))) @ WEIGHTS)


def weighed(signs):
    return lambda levels: sum(bit << j for j, bit in enumerate(signs(levels)))


def newest_first(levels):
    return int(f"{SOLVED.code(levels):08b}"[::-1], 2)


def every_eighth(levels):
    return int(np.reshape(SOLVED.signs(levels), (-1, 8)).sum(0) % 2 @ WEIGHTS)


def forgotten(*given):
    sum(map(np.sum, given))


WRONG = (
    ("signs", against_middle(lambda level, middle: level > middle), "not brighter"),
    ("signs", against_middle(lambda level, middle: level >= middle), "not brighter"),
    ("signs", against_middle(lambda level, middle: level <= middle), "a tie gives 0"),
    ("signs", against_middle(lambda level, middle: int(level) - int(middle)), "has the signs 1 1 1 1 0 0 0 1"),
    ("signs", with_middle, "the middle one is left out"),
    ("signs", in_bytes, "wraps round"),
    ("signs", lambda levels: SOLVED.signs(levels)[::-1], "the oldest frame comes first"),
    ("signs", lambda levels: sum(SOLVED.signs(levels)), "return a list"),
    ("signs", forgotten, "is `return` missing"),
    ("code", newest_first, "weight 1, not 128"),
    ("code", weighed(against_middle(lambda level, middle: level > middle)), "1 means darker"),
    ("code", weighed(with_middle), "leave out the middle frame"),
    ("code", weighed(SOLVED.signs), "join the signs to 8 bits"),
    ("code", lambda levels: SOLVED.signs(levels) @ WEIGHTS, "join them to 8 bits"),
    ("code", lambda levels: np.packbits(SOLVED.signs(levels), bitorder="little"), "join the 16 signs"),
    ("code", lambda levels: SOLVED.signs(levels)[:8] @ WEIGHTS, "the first eight signs"),
    ("code", lambda levels: np.reshape(SOLVED.signs(levels), (8, -1)).sum(1) % 2, "return one number"),
    ("code", successive(lambda groups: groups.sum(1)), "XOR is their parity"),
    ("code", successive(lambda groups: groups.max(1)), "the OR of successive signs"),
    ("code", every_eighth, "reading D"),
    ("code", forgotten, "is `return` missing"),
    ("backwards", lambda image: 255 - image, "255 − y swaps darker and brighter"),
    ("backwards", lambda image: image[::-1], "upside down"),
    ("backwards", lambda image: image[:, ::-1], "mirrored"),
    ("backwards", lambda image: image[::-1, ::-1], "you turned the picture"),
    ("backwards", lambda image: (image << 4) | (image >> 4), "the halves of each byte"),
    ("backwards", lambda image: image, "the first frame becomes the last"),
    ("backwards", lambda image: SOLVED.backwards(image).ravel(), "same shape"),
    ("backwards", lambda image: SOLVED.backwards(image).astype(int), "is uint8"),
    ("backwards", forgotten, "is `return` missing"),
    ("steady", lambda image: np.isin(image, (15, 240)).sum(), "divide it by the number of pixels"),
    ("steady", lambda image: np.isin(image, (15, 240)), "return one number"),
    ("steady", lambda image: 100 * SOLVED.steady(image), "is a percentage"),
    ("steady", lambda image: np.mean(image == 15), "those that get darker, count too"),
    ("steady", lambda image: np.mean(image == 240), "those that get brighter, count too"),
    ("steady", lambda image: np.isin(image, (0, 15, 240)).mean(), "a pixel that stands still has it"),
    ("steady", lambda image: np.isin(image, (15, 240, 255)).mean(), "darker on both sides"),
    ("steady", lambda image: np.isin(image, (0, 15, 240, 255)).mean(), "two halves are alike"),
    ("steady", lambda image: 1 / 2, "three pixels of nine"),
    ("steady", lambda image: 1 / 3, "the share is 1"),
    ("steady", forgotten, "is `return` missing"),
)

RIGHT = {
    "signs": (
        lambda levels: np.array(SOLVED.signs(levels)),
        lambda levels: tuple(bool(sign) for sign in SOLVED.signs(levels)),
        lambda levels: torch.tensor(SOLVED.signs(levels)),
        lambda levels: [float(sign) for sign in SOLVED.signs(levels)],
    ),
    "code": (
        lambda levels: np.uint8(SOLVED.code(levels)),
        lambda levels: float(SOLVED.code(levels)),
        lambda levels: torch.tensor(SOLVED.code(levels)),
        lambda levels: np.array([SOLVED.code(levels)]),
    ),
    "backwards": (
        lambda image: np.array([[int(f"{code:08b}"[::-1], 2) for code in line] for line in image], np.uint8),
        lambda image: SOLVED.backwards(image).copy(order="F"),
        lambda image: torch.from_numpy(SOLVED.backwards(image).copy()).numpy(),
        lambda image: np.array([int(f"{code:08b}"[::-1], 2) for code in range(256)], np.uint8)[image],
    ),
    "steady": (
        lambda image: ((image == 15) | (image == 240)).mean(),
        lambda image: np.float32(SOLVED.steady(image)),
        lambda image: torch.tensor(SOLVED.steady(image)),
        lambda image: sum(code in (15, 240) for line in image.tolist() for code in line) / image.size,
    ),
}

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
test_right_answers_in_other_forms_are_accepted = judged.accepted(SOLVED, RIGHT)
