"""When a training ends that stops early, where it begins, and how long a face pretraining is."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from depnb.inputs.spec import PLAIN_FRAME
from depnb.methods import distribution
from depnb.methods.contract import FACE_EPOCHS, OURS, Learning, learning_faces
from depnb.methods.profiles import CLIP_PROFILES, PROFILES
from depnb.nets.regression import Regression
from depnb.training.face_recipe import facts, pictures, shorter
from depnb.training.loop import train

LABELS = torch.tensor([3.0, 10.0, 14.0, 40.0])


class Plain(Regression):
    """One number of each frame, its mean grey, to a score."""

    def __init__(self, objective="standardised", drawn=False):
        super().__init__()
        self.objective, self.starts_drawn = objective, drawn
        self.body, self.attended = nn.Identity(), None
        self.head = nn.Sequential(nn.Linear(1, 1))

    def forward(self, frames):
        return self.head(frames.mean((1, 2, 3))[:, None])


def ended(bright, profile, **learning):
    """The last step of a training."""
    how = Learning(schedule="constant", **learning)
    config = distribution.ROWS["euclidean"]
    done = train(
        lambda: distribution.model(config, profile.scale),
        bright["train"],
        None,
        profile,
        seed=0,
        input_spec=PLAIN_FRAME,
        learning=how,
        device="cpu",
    )
    return done.curve[-1]["step"]


def test_a_smoothed_loss_that_stays_ends_a_training_at_its_second_look(bright, profile):
    assert ended(bright, replace(profile, steps=60), rate=1e-9, patience=10, stop_on="smoothed") == 20


def test_a_smoothed_loss_that_falls_slowly_goes_on_where_the_best_batch_would_end_it(bright, profile):
    profile = replace(profile, steps=60, batch=4)
    assert ended(bright, profile, rate=0.05, patience=10, stop_on="training") < 60
    assert ended(bright, profile, rate=0.05, patience=10, stop_on="smoothed") == 60


def test_without_development_the_smoothed_loss_is_watched(bright, profile):
    assert ended(bright, replace(profile, steps=60), rate=1e-9, patience=10, stop_on="development") == 20


@pytest.mark.parametrize(("objective", "share"), [("standardised", 1), ("mse", 1), ("half_mse", 0.5)])
def test_every_objective_begins_at_the_constant(objective, share):
    network = Plain(objective)
    network.start_at(LABELS)
    output = network(torch.rand(4, 3, 2, 2))
    assert torch.allclose(network.score(output), LABELS.mean().expand(4))
    assert network.loss(output, LABELS).item() == pytest.approx(share * LABELS.var(correction=0).item())
    assert np.mean(network.constant_losses(LABELS)) == pytest.approx(network.loss(output, LABELS).item())


def test_a_step_of_gradient_descent_is_as_many_times_larger_as_labels_are_spread():
    moved = {}
    frames = torch.arange(4.0, dtype=torch.float64)[:, None, None, None].expand(4, 3, 2, 2)
    for objective in ("standardised", "half_mse"):
        network = Plain(objective).double()
        network.start_at(LABELS)
        before = network.score(network(frames))
        network.loss(network(frames), LABELS).backward()
        with torch.no_grad():
            for weight in network.parameters():
                weight -= 1e-5 * weight.grad
        moved[objective] = (network.score(network(frames)) - before).abs().sum().item()
    assert moved["standardised"] / moved["half_mse"] == pytest.approx(2 * LABELS.var(correction=0).item(), rel=1e-6)


def test_a_network_that_stays_as_drawn_is_compared_with_the_constant(bright, profile):
    done = train(
        lambda: Plain("mse", drawn=True),
        bright["train"],
        None,
        replace(profile, steps=2, lr=1e-9),
        seed=0,
        input_spec=PLAIN_FRAME,
        device="cpu",
    )
    assert done.model.module.head[-1].weight.abs().sum() > 0
    assert done.curve[0]["train_loss"] == pytest.approx(bright["train"].bdi.var(correction=0).item())
    assert not done.learnt


@pytest.mark.parametrize("profile", [PROFILES["paper"], CLIP_PROFILES["paper"]])
def test_faces_are_learnt_in_epochs_at_the_printed_size(profile):
    assert pictures(profile) == 144_000
    learning = learning_faces(profile)
    assert shorter(profile, learning).steps == math.ceil(FACE_EPOCHS * 144_000 / profile.batch)
    assert facts("identity", profile, learning=learning)["profile"]["steps"] == shorter(profile, learning).steps


def test_elsewhere_they_are_learnt_for_a_share_of_the_steps():
    quick = PROFILES["quick"]
    assert learning_faces(quick) == OURS
    assert shorter(quick, OURS).steps == quick.steps // 4
