"""The checkers of notebook 10 tell plausible wrong answers from right ones, and say why."""

import numpy as np
from scipy.special import softmax

from depnb import course
from tests.notebooks import judged

SOLVED = course.exercises("10_distribution_learning")


def overflowing(logits):
    with np.errstate(all="ignore"):
        powers = np.exp(logits)
        return powers @ np.arange(len(powers)) / powers.sum()


def of_cross_entropy(logits, label):
    return softmax(logits) - np.eye(len(logits))[int(label)]


def without_coupling(logits, label):
    """The gradient with the softmax taken for fixed: ∂E/∂z_j = p_j j."""
    return (SOLVED.expected(logits) - label) * softmax(logits) * np.arange(len(logits))


def with_spread(spread):
    """Expectation loss and another term than the variance."""

    def loss(logits, label, weight):
        squares = softmax(logits) @ (np.arange(len(logits)) - label) ** 2
        variance = squares - (SOLVED.expected(logits) - label) ** 2
        return (SOLVED.expected(logits) - label) ** 2 / 2 + weight * spread(variance, squares)

    return loss


WRONG = (
    ("expected", lambda logits: SOLVED.expected(logits) + 1, "they begin at 0"),
    ("expected", lambda logits: 1, "have the mean 31.5"),
    ("expected", overflowing, "must not overflow"),
    ("gradient", lambda logits, label: SOLVED.gradient(logits, label).sum(), "one number a logit"),
    ("gradient", lambda logits, label: -SOLVED.gradient(logits, label), "the sign is wrong"),
    ("gradient", lambda logits, label: 2 * SOLVED.gradient(logits, label), "half of the squared error"),
    ("gradient", of_cross_entropy, "gradient of the cross-entropy"),
    ("gradient", without_coupling, "it is (¼, 0, −¼)"),
    ("mean_variance_loss", lambda z, label, weight: (SOLVED.expected(z) - label) ** 2, "½ here"),
    ("mean_variance_loss", with_spread(lambda variance, squares: np.sqrt(variance)), "not its root"),
    ("mean_variance_loss", with_spread(lambda variance, squares: squares), "around the label"),
    ("mean_variance_loss", with_spread(lambda variance, squares: 0), "variance ½"),
    ("honest_rmse", lambda batches: np.mean([SOLVED.honest_rmse([batch]) for batch in batches]), "mean of the batches"),
    ("honest_rmse", lambda batches: np.sqrt(np.mean([np.mean(np.square(b)) for b in batches])), "counts once"),
    ("honest_rmse", lambda batches: np.sqrt(np.mean(np.square(batches))), "join the batches"),
    ("honest_rmse", lambda batches: np.mean(np.square(np.concatenate(batches))), "the plain RMSE"),
)

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
