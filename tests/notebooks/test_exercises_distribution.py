"""The checkers of notebook 10 tell plausible wrong answers from right ones, and say why."""

import numpy as np
import torch
from scipy.special import softmax

from depnb import course
from depnb.methods.distribution import expected_score
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


def by_autograd(logits, label):
    z = torch.tensor(logits, dtype=torch.float32, requires_grad=True)
    (expected_score(z[None])[0] - label).square().div(2).backward()
    return z.grad


WRONG = (
    ("expected", lambda logits: SOLVED.expected(logits) + 1, "they begin at 0"),
    ("expected", lambda logits: 1, "have the mean 31.5"),
    ("expected", overflowing, "must not overflow"),
    ("gradient", lambda logits, label: SOLVED.gradient(logits, label).sum(), "one number per logit"),
    ("gradient", lambda logits, label: -SOLVED.gradient(logits, label), "the sign is wrong"),
    ("gradient", lambda logits, label: 2 * SOLVED.gradient(logits, label), "half of the squared error"),
    ("expected", lambda logits: np.argmax(logits), "have the mean 31.5"),
    ("expected", lambda logits: softmax(logits).max(), "have the mean 1"),
    ("expected", lambda logits: SOLVED.expected(logits) + 0.5, "have the mean 1"),
    ("gradient", of_cross_entropy, "gradient of the cross-entropy"),
    ("gradient", without_coupling, "it is (¼, 0, −¼)"),
    ("mean_variance_loss", lambda z, label, weight: (SOLVED.expected(z) - label) ** 2, "½ here"),
    ("mean_variance_loss", with_spread(lambda variance, squares: np.sqrt(variance)), "not its root"),
    ("mean_variance_loss", with_spread(lambda variance, squares: squares), "around the label"),
    ("mean_variance_loss", with_spread(lambda variance, squares: 0), "variance ½"),
    ("mean_variance_loss", with_spread(lambda variance, squares: 2 * variance), "variance ½"),
    ("mean_variance_loss", lambda z, label, weight: SOLVED.mean_variance_loss(z, label, weight) + 1, "½ here"),
)

RIGHT = {
    "expected": (
        lambda logits: torch.softmax(torch.tensor(logits, dtype=torch.float64), 0) @ torch.arange(len(logits)).double(),
        lambda logits: np.float32(SOLVED.expected(logits)),
        lambda logits: np.average(np.arange(len(logits)), weights=softmax(logits)),
        lambda logits: sum(level * share for level, share in enumerate(softmax(logits))),
    ),
    "gradient": (
        lambda logits, label: list(SOLVED.gradient(logits, label)),
        lambda logits, label: SOLVED.gradient(logits, label).astype(np.float32),
        lambda logits, label: torch.tensor(SOLVED.gradient(logits, label)),
        by_autograd,
    ),
    "mean_variance_loss": (
        lambda z, label, weight: torch.tensor(SOLVED.mean_variance_loss(z, label, weight)),
        lambda z, label, weight: np.float32(SOLVED.mean_variance_loss(z, label, weight)),
        lambda z, label, weight: np.array(SOLVED.mean_variance_loss(z, label, weight)),
        with_spread(lambda variance, squares: variance),
    ),
}

test_wrong_answers_are_told_why = judged.told_why(SOLVED, WRONG)
test_every_exercise_is_here_and_its_solution_is_right = judged.complete(SOLVED, WRONG)
test_right_answers_in_other_forms_are_accepted = judged.accepted(SOLVED, RIGHT)
