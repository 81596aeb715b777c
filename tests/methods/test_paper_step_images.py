"""Steps of the three papers on images, as the protocol ``paper`` takes them, against plain loops from their equations.

The loops get the derivative of the printed loss by its closed form and send it through the same network; the printed
Adam (Kingma and Ba, algorithm 1) and L2 follow, weight by weight.
"""

from functools import partial

import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from depnb.inputs.spec import LandmarkedClips
from depnb.methods.profiles import Scale
from depnb.methods.registry import method, specification
from depnb.training.loop import optimiser

BATCH, SIZE = 6, 48
SCALES = {
    "distribution": Scale(1 / 16, 10, SIZE),
    "temporal_pooling": Scale(1 / 16, 10, SIZE),
    "dlga": Scale(1 / 8, 0, SIZE),
}
RATES, DECAYS = {"distribution": 1e-4, "temporal_pooling": 1e-4, "dlga": 1e-6}, {"dlga": 5e-4}
KNOWN = torch.tensor([0.0, 7, 12, 19, 28, 44, 3, 9], dtype=torch.float64)
"""Labels of a whole corpus, of which a batch has the first."""


def of_expectation(z: Tensor, y: Tensor) -> Tensor:
    """∂L/∂z_ik = (E_i − y_i) p_ik (k − E_i) / M of L = 1/(2M) Σ (E_i − y_i)² (eq. 1–3)."""
    p, k = torch.softmax(z, 1), torch.arange(z.shape[1])
    expected = (p * k).sum(1, keepdim=True)
    return (expected - y[:, None]) * p * (k - expected) / len(y)


def of_cross_entropy(z: Tensor, y: Tensor) -> Tensor:
    """∂L/∂z_ik = (p_ik − 1[k = y_i]) / M."""
    return (torch.softmax(z, 1) - one_hot(y.long(), z.shape[1])) / len(y)


def of_half_square(score: Tensor, y: Tensor) -> Tensor:
    """∂L/∂ŷ_i = (ŷ_i − y_i) / M of L = 1/(2M) Σ (ŷ_i − y_i)² (DLGA eq. 7)."""
    return (score - y[:, None]) / len(y)


def of_square(score: Tensor, y: Tensor) -> Tensor:
    """∂L/∂ŷ_i = 2 (ŷ_i − y_i) / M of the mean squared error."""
    return 2 * of_half_square(score, y)


PRINTED = {
    ("distribution", "expectation"): of_expectation,
    ("distribution", "euclidean"): of_half_square,
    ("distribution", "softmax"): of_cross_entropy,
    ("temporal_pooling", "temporal_9"): of_square,
    ("temporal_pooling", "appearance"): of_square,
    ("dlga", "dlga"): of_half_square,
    ("dlga", "ga"): of_half_square,
    ("dlga", "la_wspp"): of_half_square,
}
OTHERS = (
    ("distribution", "expectation[learning=ours]"),
    ("temporal_pooling", "appearance[objective=standardised]"),
    ("temporal_pooling", "appearance[learning=ours]"),
    ("dlga", "dlga[objective=standardised]"),
    ("dlga", "dlga[learning=ours]"),
    ("dlga", "dlga[lr=1e-5]"),
)
"""Not as printed."""


def begun(paper: str, row: str):
    """What a row is on AVEC2014 under ``paper``, its network, small, and a batch of inputs."""
    torch.manual_seed(0)
    spec = specification(method(paper), row, "paper", "paper", "AVEC2014")
    network = method(paper).model(spec.config, SCALES[paper]).double().train()
    network.start_at(KNOWN)
    frames, colours = len(spec.input_spec.offsets), 1 if spec.input_spec.grey else 3
    clips = torch.randint(0, 256, (BATCH, frames, colours, SIZE, SIZE), dtype=torch.uint8)
    if spec.input_spec.landmarks:
        clips = LandmarkedClips(clips, torch.rand(BATCH, frames, 68, 2) * (SIZE - 1))
    inputs = spec.input_spec.prepare(clips, True)
    if spec.input_spec.landmarks:
        return spec, network, inputs._replace(frames=inputs.frames.double())
    return spec, network, inputs.double()


def taken(spec, network, inputs, steps: int) -> None:
    """So many steps, as a training takes them."""
    steps_of, schedule = optimiser(spec.learning.scores, network.parameters(), spec.profile.lr, spec.profile.steps)
    for _ in range(steps):
        network.loss(network(inputs), KNOWN[:BATCH]).backward()
        steps_of.step()
        schedule.step()
        steps_of.zero_grad()


def by_hand(gradient, paper: str, network, inputs, steps: int) -> None:
    """So many steps of Adam with .9, .999 and 1e-8 at one rate, L2 added to the gradient."""
    weights, begins_at = list(network.parameters()), network.labels[0] if hasattr(network, "labels") else 0
    m, v = ([torch.zeros_like(weight) for weight in weights] for _ in range(2))
    for t in range(1, steps + 1):
        network.zero_grad()
        output = network(inputs)
        output.backward(gradient(output.detach(), KNOWN[:BATCH] - begins_at))
        for i, weight in enumerate(weights):
            g = weight.grad + DECAYS.get(paper, 0) * weight.detach()
            m[i] = 0.9 * m[i] + 0.1 * g
            v[i] = 0.999 * v[i] + 0.001 * g**2
            weight.data -= RATES[paper] * (m[i] / (1 - 0.9**t)) / ((v[i] / (1 - 0.999**t)).sqrt() + 1e-8)


@torch.no_grad()
def moved(network, inputs, step) -> tuple[Tensor, Tensor]:
    """How far steps move all weights, and the scores of the batch in points."""
    before = [weight.clone() for weight in network.parameters()], network.score(network(inputs))
    with torch.enable_grad():
        step(network, inputs)
    weights = [(now - then).flatten() for now, then in zip(network.parameters(), before[0], strict=True)]
    return torch.cat(weights), network.score(network(inputs)) - before[1]


def both(paper: str, row: str, steps: int) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """What a training moves, and what the paper's equations do."""
    printed = row.partition("[")[0]
    spec, network, inputs = begun(paper, row)
    _, plain, same = begun(paper, printed)
    ours = moved(network, inputs, partial(taken, spec, steps=steps))
    return ours, moved(plain, same, partial(by_hand, PRINTED[paper, printed], paper, steps=steps))


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize(("paper", "row"), PRINTED)
def test_steps_are_those_of_the_paper(paper, row, steps):
    (weights, scores), (same_weights, same_scores) = both(paper, row, steps)
    torch.testing.assert_close(weights, same_weights, rtol=1e-6, atol=1e-6 * RATES[paper])
    torch.testing.assert_close(scores, same_scores, rtol=1e-6, atol=1e-9)
    assert weights.abs().max() > 0.9 * RATES[paper]
    assert scores.abs().max() > 2 * steps * RATES[paper]  # not by the last bias alone


@pytest.mark.parametrize(("paper", "row"), OTHERS)
def test_steps_of_another_recipe_are_not(paper, row):
    (_, scores), (_, printed) = both(paper, row, 3)
    assert (scores - printed).abs().max() > 0.2 * printed.abs().max()
