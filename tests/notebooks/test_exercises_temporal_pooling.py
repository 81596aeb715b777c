"""The checkers of notebook 20 tell plausible wrong answers from right ones, and say why."""

import numpy as np

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


def rooted(square):
    return lambda a, t, rho: np.sqrt(square(a, t, rho))


def beating(goal):
    """The bound on ρ below which the mean of both has a smaller RMSE than ``goal`` of the two."""
    return lambda a, t: (4 * goal(a, t) ** 2 - a**2 - t**2) / (2 * a * t)


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
    ("fused_rmse", lambda a, t, rho: (a + t) / 2, "the mean of the errors"),
    ("fused_rmse", lambda a, t, rho: SOLVED.fused_rmse(a, t, rho) ** 2, "take its root"),
    ("fused_rmse", lambda a, t, rho: 2 * SOLVED.fused_rmse(a, t, rho), "the mean has half of it"),
    ("fused_rmse", lambda a, t, rho: SOLVED.fused_rmse(a, t, -rho), "the mean adds the errors"),
    ("fused_rmse", lambda a, t, rho: SOLVED.fused_rmse(a, t, 0), "leaves ρ out"),
    ("fused_rmse", rooted(lambda a, t, rho: (a**2 + t**2) / 4 * (1 + rho)), "for 8, 12 and ρ = ½"),
    ("fused_rmse", forgotten, "is `return` missing"),
    ("helpful_below", beating(lambda a, t: a), "take the smaller RMSE"),
    ("helpful_below", beating(max), "the better one, 8"),
    ("helpful_below", beating(lambda a, t: (a + t) / 2), "the mean of their RMSE"),
    ("helpful_below", lambda a, t: -SOLVED.helpful_below(a, t), "two equally good streams"),
    ("helpful_below", lambda a, t: max(-1, SOLVED.helpful_below(a, t)), "keep it"),
    ("helpful_below", lambda a, t: abs(SOLVED.helpful_below(a, t)), "below −1"),
    ("helpful_below", forgotten, "is `return` missing"),
)

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
