"""Do the printed networks learn eight inputs with the printed optimiser? At printed size, under protocol ``paper``.

Eight videos of a generated corpus give one input each; nothing is varied, dropout is off, and all eight are in every
step. A recipe that cannot memorise these cannot learn anything: the loss is to fall below a tenth of the constant
predictor's within 2,000 steps. Bodies that the papers take from elsewhere are drawn at random here, and frozen where
the paper freezes them.

    python -m benchmarks.paper_learning --minutes 30 --network depnet --network dlga

trains what is named, for so many minutes each, goes on where an earlier call stopped, and writes the curves to
``benchmarks/paper_learning.json``.
"""

import json
import math
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from lightning_utilities.core.apply_func import apply_to_collection
from torch import Tensor, nn

from depnb import faces
from depnb.corpus.synthetic import named_recipe, open_generated
from depnb.inputs.loading import load
from depnb.methods.contract import lookup, switches
from depnb.methods.registry import TrainingSpec, method, specification
from depnb.system.files import atomic_path, cache_dir, write_json
from depnb.system.progress import progress
from depnb.system.repository import commit
from depnb.training.loop import optimiser, to_memory_format

NETWORKS = {
    "ResNet-50, expectation loss": ("distribution", "expectation"),
    "ResNet-50, code image": ("temporal_pooling", "temporal_9"),
    "DepNet": ("depnet", "depnet"),
    "DLGA-CNN": ("dlga", "dlga"),
    "DLGA-CNN, rate 1e-4": ("dlga", "lr_1e-4"),
    "MSN-69": ("msn", "msn"),
    "C3D": ("msn", "c3d"),
    "I3D": ("msn", "i3d"),
}
"""Which rows, by the names of the output."""
INPUTS, STEPS, MARK = 8, 2000, 0.1
CORPUS, SEED = "both-full", 5
AFTER, POINTS = 50, 60
"""Steps after the mark is reached, and points of a curve that are written down."""
SECONDS_BETWEEN_STATES = 300.0
PARTS = ("network", "optimiser", "schedule")
RESULT = Path(__file__).with_suffix(".json")


def eight(spec: TrainingSpec) -> tuple[Any, Tensor]:
    """One input of each of eight videos, as the network takes it, and their labels [8], from low to high."""
    corpus = open_generated(named_recipe(CORPUS))
    ordered = sorted(corpus.partition("train"), key=lambda recording: (recording.bdi, recording.name))
    chosen = [ordered[round(place)] for place in np.linspace(0, len(ordered) - 1, INPUTS)]
    corpus.ensure(chosen)
    faces.prepare(chosen)
    frames = load(chosen, spec.input_spec, spec.profile.frames, spec.profile.scale.input_size)
    first = {video: (video, start) for video, start in reversed(frames.inputs(spec.input_spec))}
    clips = frames.clips([first[video] for video in range(len(frames))], spec.input_spec)
    return spec.input_spec.prepare(clips, False), frames.bdi


class Learner:
    """A network, its optimiser and its losses so far, which a file keeps between two calls."""

    def __init__(self, paper: str, row: str, device: str):
        torch.manual_seed(SEED)
        spec = specification(method(paper), row, "paper", "paper", "AVEC2014")
        inputs, bdi = eight(spec)
        self.network: Any = to_memory_format(method(paper).model(spec.config, spec.profile.scale), spec.profile)
        self.network.start_at(bdi)
        self.network.to(device)
        for module in self.network.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
        self.bdi = bdi.to(device)
        self.inputs = apply_to_collection(to_memory_format(inputs, spec.profile), Tensor, Tensor.to, device)
        self.frozen = getattr(spec.config, "frozen", False)
        trained = list(self.network.parameters())
        if self.frozen:  # its features stay what they are: looked at once
            body = {id(weight) for weight in self.network.body.parameters()}
            trained = [weight for weight in trained if id(weight) not in body]
            with torch.no_grad():
                self.inputs = self.network.features(self.inputs).contiguous()  # [8, C, T, h, w]
            self.network.to(memory_format=torch.contiguous_format)  # of one channel the other is slower
        self.learning = spec.learning.scores
        self.optimiser, self.schedule = optimiser(self.learning, trained, spec.profile.lr, spec.profile.steps)
        self.state: dict[str, Any] = {"losses": [], "seconds": 0.0}
        self.weights = sum(weight.numel() for weight in trained)
        self.path = cache_dir() / "benchmarks" / f"paper_learning-{paper}-{row}.pt"
        if self.path.exists():
            kept = torch.load(self.path, map_location=device, weights_only=True)
            for name in PARTS:
                getattr(self, name).load_state_dict(kept[name])
            self.state = kept["state"]

    @property
    def losses(self) -> list[float]:
        """Before each step so far; the first is the constant predictor's."""
        return self.state["losses"]

    def step(self) -> None:
        begun = time.monotonic()
        self.network.train()
        aggregated = self.network.head(self.network.aggregation(self.inputs)) if self.frozen else None  # [8, 1]
        output = self.network(self.inputs) if aggregated is None else aggregated  # [8, …]
        loss = self.network.loss(output, self.bdi)
        loss.backward()
        self.optimiser.step()
        self.schedule.step()
        self.optimiser.zero_grad()
        self.losses.append(loss.item())
        self.state["seconds"] += time.monotonic() - begun

    def keep(self) -> None:
        content = {name: getattr(self, name).state_dict() for name in PARTS} | {"state": self.state}
        with atomic_path(self.path) as temporary:
            torch.save(content, temporary)

    def below(self) -> int | None:
        """The first step whose loss is below the mark."""
        mark = MARK * self.losses[0]
        return next((step for step, loss in enumerate(self.losses) if loss < mark), None)

    @property
    def ended(self) -> bool:
        """Whether more steps would decide nothing: it is below the mark for a while, has diverged, or took all."""
        found = self.below() if self.losses else None
        learnt = found is not None and len(self.losses) > found + AFTER
        return learnt or len(self.losses) >= STEPS or bool(self.losses and not math.isfinite(self.losses[-1]))

    def entry(self, device: str) -> dict[str, Any]:
        """What is written down of it, JSON-able; losses as shares of the constant predictor's."""
        shares = [loss / self.losses[0] for loss in self.losses]
        shown = sorted({round(place) for place in np.geomspace(1, len(shares), POINTS)})
        found, below = len(shares), self.below()
        verdict = "below the mark" if below is not None else "above the mark" if self.ended else "undecided"
        return {
            "verdict": verdict,
            "steps": found,
            "below_the_mark_at": below,
            "constant_loss": round(self.losses[0], 3),
            "lowest_share": round(min(shares), 4),
            "curve": {str(place - 1): round(shares[place - 1], 4) for place in shown},
            "seconds": round(self.state["seconds"]),
            "trained_weights": self.weights,
            "learning": switches(self.learning),
            "device": device,
        }


def train(name: str, minutes: float, device: str) -> dict[str, Any]:
    """Go on with a network for so many minutes; its entry."""
    learner = Learner(*NETWORKS[name], device)
    end = time.monotonic() + 60 * minutes
    with progress(name, STEPS) as bar:
        bar.advance(len(learner.losses))
        kept = time.monotonic()
        while not learner.ended and time.monotonic() < end:
            learner.step()
            if time.monotonic() - kept > SECONDS_BETWEEN_STATES:
                learner.keep()
                kept = time.monotonic()
            bar.advance(note=f"{learner.losses[-1] / learner.losses[0]:.3f} of the constant's loss")
    learner.keep()
    return learner.entry(device)


def main(
    minutes: Annotated[float, typer.Option(help="For each network, in this call.")] = 30,
    network: Annotated[list[str] | None, typer.Option(help=f"One or several of: {', '.join(NETWORKS)}.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:N.")] = "cpu",
    out: Annotated[Path, typer.Option(help="Where the curves are kept.")] = RESULT,
) -> None:
    for name in network or NETWORKS:
        entry = train(lookup(NETWORKS, name, "network") and name, minutes, device)
        known = json.loads(out.read_text()) if out.exists() else {}
        provenance = {
            "what": "Eight inputs of a generated corpus, memorised at printed size, under the protocol paper.",
            "corpus": CORPUS,
            "seed": SEED,
            "mark": MARK,
            "commit": commit(),
            "torch": torch.__version__,
        }
        entries = known.get("networks", {}) | {name: entry}
        ordered = {each: entries[each] for each in NETWORKS if each in entries}
        write_json(out, {"provenance": provenance, "networks": ordered})
        print(f"{name}: {entry['verdict']} after {entry['steps']} steps ({entry['lowest_share']:.3f})", flush=True)


if __name__ == "__main__":
    typer.run(main)
