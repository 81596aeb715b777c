"""A training step of DepNet under the protocol ``paper`` against a plain loop of the paper's equations, in float64."""

from collections.abc import Callable
from copy import deepcopy

import pytest
import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn import functional

from depnb.methods.depnet import SequenceRegression, model
from depnb.methods.profiles import Scale
from depnb.methods.registry import TrainingSpec, method, specification
from depnb.training.loop import optimiser

SMALL = Scale(width=0.125, depth=10, input_size=40)
RATE, GAMMA, POWER, MOMENTUM, DECAY = 1e-5, 1e-4, 0.75, 0.9, 5e-4
"""§5.2.1."""
BDI = torch.tensor([3.0, 10, 14, 20, 38, 45], dtype=torch.float64)

Weights = dict[str, Tensor]


def spec(row: str) -> TrainingSpec:
    return specification(method("depnet"), row, "paper", "paper", "AVEC2014")


def network(row: str, drawn: bool = True) -> SequenceRegression:
    """Begun as a training begins it, but, if ``drawn``, with a last layer that says something."""
    torch.manual_seed(0)
    found = model(spec(row).config, SMALL).double()
    for name, buffer in found.named_buffers():  # statistics as of a body that has seen faces
        if name.endswith("running_mean"):
            buffer.normal_(0, 0.1)
        elif name.endswith("running_var"):
            buffer.uniform_(0.5, 1.5)
    found.start_at(BDI)
    if drawn:
        torch.nn.init.normal_(found.head[-1].weight)
    return found.train()


def pictures(row: str) -> Tensor:
    frames = spec(row).config.frames
    shape = (len(BDI), *((frames,) if frames > 1 else ()), 3, 40, 40)
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def head(w: Weights, features: Tensor, dropout: float) -> Tensor:
    """FC, ReLU, dropout, FC (§4.1): [M, D] to [M], counted from the mean of the labels, ours."""
    hidden = (features @ w["head.1.weight"].T + w["head.1.bias"]).clamp_min(0)
    return BDI.mean() + functional.dropout(hidden, dropout) @ w["head.4.weight"][0] + w["head.4.bias"]


def depnet(w: Weights, llf: Tensor, dropout: float) -> Tensor:
    """§4.2, Fig. 6 (E40, E41, E43) on LLFs [M, T, C, h, w]."""
    x = llf.unflatten(2, (-1, 8)).amax(3).flatten(2)  # [M, T, D]
    branches = []
    for place, taps in enumerate((3, 5, 9)):
        name = f"aggregation.temporal.{place}.0"
        filters, offsets = w[f"{name}.weight"][:, 0, :, 0], w[f"{name}.bias"]
        padded = functional.pad(x, (0, 0, taps // 2, taps // 2))
        rows = [torch.einsum("ck,mkd->mcd", filters, padded[:, t : t + taps]) for t in range(x.shape[1])]
        branches.append(torch.stack(rows).amax(0) + offsets[:, None])
    joined = torch.cat([*branches, x.amax(1, keepdim=True), x.mean(1, keepdim=True)], 1)
    hlf = w["aggregation.join.0.weight"][:, :, 0] @ joined + w["aggregation.join.0.bias"][:, None]
    return head(w, hlf.flatten(1), dropout)


def plain_loop(predict: Callable[[Weights], Tensor], weights: Weights, steps: int) -> Weights:
    """Eq. 5 under Caffe's SGD with its rule ``inv``: V ← μV + α(∇L + λW), W ← W − V."""
    w = {name: value.detach().clone() for name, value in weights.items()}
    velocity = {name: torch.zeros_like(value) for name, value in w.items()}
    for step in range(steps):
        rate = RATE * (1 + GAMMA * step) ** -POWER
        asked = {name: value.requires_grad_() for name, value in w.items()}
        loss = (predict(asked) - BDI).square().sum() / (2 * len(BDI))
        gradients = torch.autograd.grad(loss, list(asked.values()))
        for name, gradient in zip(w, gradients, strict=True):
            velocity[name] = MOMENTUM * velocity[name] + rate * (gradient + DECAY * w[name].detach())
            w[name] = w[name].detach() - velocity[name]
    return w


def by_the_paper(row: str, net: SequenceRegression, steps: int) -> Weights:
    dropout, given = net.head[3].p, pictures(row)
    weights = dict(net.named_parameters())
    if row == "depnet":
        body = deepcopy(net.body).eval()
        llf = body(given.flatten(0, 1)).detach().unflatten(0, given.shape[:2])  # [M, T, C, h, w]
        weights = {name: value for name, value in weights.items() if not name.startswith("features.")}
        return plain_loop(lambda w: depnet(w, llf, dropout), weights, steps)
    body = deepcopy(net.body).train()
    prefix = "features.body."

    def senet(w: Weights) -> Tensor:
        own = {name.removeprefix(prefix): value for name, value in w.items() if name.startswith(prefix)}
        return head(w, functional_call(body, own, (given,)).mean((2, 3)), dropout)

    return plain_loop(senet, weights, steps)


def take(row: str, net: SequenceRegression, steps: int) -> None:
    """As ``training.loop.train`` does."""
    found = spec(row)
    taking, schedule = optimiser(found.learning.scores, net.parameters(), found.profile.lr, found.profile.steps)
    for _ in range(steps):
        net.loss(net(pictures(row)), BDI).backward()
        taking.step()
        schedule.step()
        taking.zero_grad()


@pytest.mark.parametrize(("steps", "tolerance"), [(1, 1e-9), (3, 2e-4)])
@pytest.mark.parametrize("row", ["depnet", "senet"])
def test_a_step_is_the_papers(row, steps, tolerance):
    """From the second step on to 2e-4: Caffe's rate is within the velocity, PyTorch's a factor on all of it."""
    net = network(row)
    before = {name: value.detach().clone() for name, value in net.named_parameters()}
    torch.manual_seed(2)
    expected = by_the_paper(row, net, steps)
    torch.manual_seed(2)
    take(row, net, steps)
    after = dict(net.named_parameters())
    for name, value in expected.items():
        moved = (value - before[name]).abs().max()
        assert moved > 0
        assert (after[name] - value).abs().max() <= tolerance * moved, name


def test_a_frozen_body_stays_with_its_statistics():
    net = network("depnet")
    before = {name: value.clone() for name, value in net.body.state_dict().items()}
    take("depnet", net, 3)
    assert all(torch.equal(value, before[name]) for name, value in net.body.state_dict().items())


@pytest.mark.parametrize("row", ["depnet", "senet"])
def test_in_standard_deviations_a_step_would_be_two_variances_as_long(row):
    """E112: 288 times at σ = 12. This is what a step of the objective ``standardised`` does to scores."""
    moved = {}
    for objective in ("half_mse", "standardised"):
        net = network(row, drawn=False)
        net.objective = objective
        net.start_at(BDI)
        torch.manual_seed(2)
        take(row, net, 1)
        torch.manual_seed(2)
        with torch.no_grad():
            moved[objective] = net.score(net(pictures(row))) - BDI.mean()
    ratio = moved["standardised"] / moved["half_mse"]
    assert ratio.tolist() == pytest.approx([2 * BDI.var(correction=0).item()] * len(BDI), rel=0.02)
