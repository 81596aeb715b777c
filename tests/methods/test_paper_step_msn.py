"""Steps of MSN's trainings under ``paper`` and ``code``, against loops written from the paper's equations."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from depnb.corpus.records import Recording
from depnb.inputs.spec import InputSpec
from depnb.inputs.videos import Frames
from depnb.methods.msn import model
from depnb.methods.profiles import Scale
from depnb.methods.registry import TrainingSpec, method, specification
from depnb.training import pretraining
from depnb.training.face_recipe import pictures, shorter
from depnb.training.loop import optimiser, train

SIDE = 24
LABELS = (3.0, 10.0, 44.0)


def small(row: str, protocol: str, steps: int) -> TrainingSpec:
    """What is trained on AVEC2014, with narrow networks on small frames, in double precision."""
    of = specification(method("msn"), row, "paper", protocol, "AVEC2014")
    scale = Scale(1 / 32, 0, SIDE)
    profile = replace(
        of.profile, scale=scale, steps=steps, batch=4, precision="64-true", memory_format="contiguous_format", threads=1
    )
    return of._replace(profile=profile)


class Watched:
    """A training of which the first network and all batches are kept; dropout off.

    Attributes:
        first: the network before its first step.
        batches: of each step the inputs, and the labels [B].
        done: the training.
    """

    def __init__(self, monkeypatch, build, input_spec: InputSpec, profile, learning, labels=LABELS, frames: int = 40):
        torch.manual_seed(1)
        people = [Recording(f"v{n}", f"p{n}", "train", Path(f"v{n}.mp4"), bdi) for n, bdi in enumerate(labels)]
        videos = tuple(torch.randint(0, 256, (frames, 3, SIDE, SIDE), dtype=torch.uint8) for _ in people)
        self.batches: list[tuple[Tensor, Tensor]] = []
        drawn: list[Tensor] = []
        sample = Frames.sample_batch

        def sampled(frames: Frames, batch: int, spec: InputSpec):
            chosen, clips = sample(frames, batch, spec)
            drawn.append(frames.bdi[chosen].double())
            return chosen, clips

        def prepared(clips: Tensor, training: bool) -> Tensor:
            found = input_spec.prepare(clips, training)
            if training:
                self.batches.append((found.double(), drawn[-1]))
            return found

        def built() -> nn.Module:
            network = build()
            for part in network.modules():
                if isinstance(part, nn.Dropout):
                    part.p = 0.0
            start_at = network.start_at

            def started(bdi: Tensor) -> None:
                start_at(bdi)
                self.first = deepcopy(network).double()

            network.start_at = started
            return network

        monkeypatch.setattr(Frames, "sample_batch", sampled)
        self.done = train(
            built,
            Frames(videos, tuple(people)),
            None,
            profile,
            seed=3,
            input_spec=replace(input_spec, prepare=prepared),
            learning=learning,
            device="cpu",
        )

    def expect(self, weights: nn.Module, losses: list[float]) -> None:
        """Its network has these weights, and its steps had these losses, of which a check knows the mean."""
        checks = [check["step"] for check in self.done.curve]
        for before, check in zip(checks, self.done.curve[1:], strict=False):
            since = losses[before : check["step"]]
            assert check["train_loss"] == pytest.approx(sum(since) / len(since), rel=1e-6)  # outputs are float32
        found = dict(self.done.model.module.named_parameters())
        for name, weight in weights.named_parameters():
            torch.testing.assert_close(found[name], weight, rtol=0, atol=1e-8)
        moved = [not torch.equal(found[name], p) for name, p in self.first.named_parameters()]
        assert sum(moved) > (len(moved) / 2 if len(losses) > 1 else 1)  # at first a last layer of zeros is all


@pytest.mark.parametrize("protocol", ["paper", "code"])
@pytest.mark.parametrize(
    ("row", "steps"),
    [
        ("depth_27", 1),
        ("depth_27", 3),
        *(pytest.param(row, steps, marks=pytest.mark.slow) for row in ("c3d", "i3d") for steps in (1, 3)),
    ],
)
def test_fine_tuning(monkeypatch, row, steps, protocol):
    """Eq. 3, with its ½ or as the code has it, on raw points; Kingma and Ba's algorithm 1; rate/(1 + 5e-4·n)."""
    of = small(row, protocol, steps)
    watched = Watched(
        monkeypatch,
        lambda: model(of.config, of.profile.scale),
        of.input_spec,
        of.profile,
        of.learning.scores,
    )
    network = deepcopy(watched.first).train()
    weights = list(network.parameters())
    first, second = ([torch.zeros_like(w) for w in weights] for _ in range(2))
    losses = []
    for n, (clips, bdi) in enumerate(watched.batches):
        error = network.labels[0] + network(clips).squeeze(1) - bdi  # ŷ − y, points
        loss = (error**2).sum() / (len(bdi) * (2 if protocol == "paper" else 1))
        gradients = torch.autograd.grad(loss, weights)
        rate, epsilon = 1e-4 / (1 + 5e-4 * n), 1e-8 if protocol == "paper" else 1e-7
        for w, g, m, v in zip(weights, gradients, first, second, strict=True):
            m.mul_(0.9).add_(0.1 * g)
            v.mul_(0.999).add_(0.001 * g**2)
            step = rate * (m / (1 - 0.9 ** (n + 1))) / ((v / (1 - 0.999 ** (n + 1))).sqrt() + epsilon)
            w.data -= step
        losses.append(loss.item())
    assert len(losses) == steps
    watched.expect(network, losses)


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("protocol", ["paper", "code"])
def test_pretraining_on_faces(monkeypatch, protocol, steps):
    """Cross-entropy of who it is; momentum 0.9, decay 1e-4 of the weights, rate 0.01, a tenth of it after a third."""
    of = small("depth_27", protocol, steps)
    assert of.input_spec.still
    picture = InputSpec(of.input_spec.still)
    watched = Watched(
        monkeypatch,
        lambda: pretraining.IdentityNet(model(of.config, of.profile.scale).body, 3),
        picture,
        of.profile,
        of.learning.faces,
        labels=(0.0, 1.0, 2.0),
        frames=2,
    )
    network = deepcopy(watched.first).train()
    weights = list(network.parameters())
    velocities = [torch.zeros_like(w) for w in weights]
    losses = []
    for n, (clips, who) in enumerate(watched.batches):
        assert clips.shape == (4, 3, 16, SIDE, SIDE)
        assert (clips == clips[:, :, :1]).all()
        logits = network(clips)
        loss = (logits.exp().sum(1).log() - logits[range(4), who.long()]).mean()
        rate = 0.01 / 10**n if steps == 3 else 0.01
        for w, g, v in zip(weights, torch.autograd.grad(loss, weights), velocities, strict=True):
            v.mul_(0.9).add_(g + 1e-4 * w)
            w.data -= rate * v
        losses.append(loss.item())
    assert len(losses) == steps
    watched.expect(network, losses)


@pytest.mark.parametrize("protocol", ["paper", "code"])
def test_the_rate_of_the_pretraining_falls_after_ten_epochs(protocol):
    of = specification(method("msn"), "msn", "paper", protocol, "AVEC2014")
    profile = shorter(of.profile, of.learning.faces)
    steps, schedule = optimiser(of.learning.faces, [nn.Parameter(torch.zeros(1))], profile.lr, profile.steps)
    assert steps.param_groups[0]["lr"] == pytest.approx(0.01)
    assert (schedule.gamma, schedule.step_size * profile.batch) == (0.1, 10 * pictures(profile))


@pytest.mark.parametrize(("protocol", "last"), [("paper", 19.0), ("code", None)])
def test_where_training_begins(monkeypatch, protocol, last):
    """The paper's at the mean of the training labels, ours; the code's at whatever Keras draws."""
    of = small("depth_27", protocol, 1)
    watched = Watched(
        monkeypatch,
        lambda: model(of.config, of.profile.scale),
        of.input_spec,
        of.profile,
        of.learning.scores,
    )
    layer = watched.first.head[-1]
    assert layer.bias.item() == 0
    assert watched.first.labels.tolist() == [last or 0.0, 1.0]
    assert (layer.weight == 0).all().item() == (last is not None)
