"""What the printed training does to DepNet's head at printed size: units that die, and the error on what it trains on.

``python -m benchmarks.depnet_features`` writes ``depnet_features.json`` beside itself, and goes on where it stood.
Features are synthetic, because weights from VGGFace2 are not at hand; their mean is that of such weights on faces.

*In the span*: while the aggregation stays as it began, the first dense layer, 102.8 M weights, only moves in the span
of the N features that it is trained on, so a layer on their N coordinates takes the same steps: seconds.
*Whole* (``--whole STEPS``): aggregation and head as they are, on the same batches with the same dropout, which shows
what learning in the aggregation changes: seconds a step.
"""

import argparse
import io
import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from depnb.methods.contract import switches
from depnb.methods.depnet import SequenceRegression, model
from depnb.methods.registry import TrainingSpec, method, specification
from depnb.nets.regression import Objective, Regression
from depnb.system.files import cache_dir, read_sealed, sealed, write_json
from depnb.system.progress import progress
from depnb.system.repository import commit
from depnb.training.loop import optimiser

VIDEOS = 48
MEAN = 0.4
LOOKS = (0, 10, 30, 100, 300, 600, 1000, 2000)
SEEDS = range(5)
OBJECTIVES: tuple[Objective, ...] = ("half_mse", "standardised")
RESULT = Path(__file__).with_suffix(".json")
PROVENANCE = {"what": "DepNet's head on synthetic features, under the protocol paper.", "corpus": "none"}
EVERY = 10
"""Steps of a whole training between two of its states on disk."""


class OnFeatures(Regression):
    """The head on what it is given, [B, D]."""

    def __init__(self, head: nn.Sequential, objective: Objective):
        super().__init__()
        self.head, self.objective = head, objective

    def forward(self, features: Tensor) -> Tensor:
        return self.head(features)  # [B, 1]


def printed() -> TrainingSpec:
    """DepNet as its protocol ``paper`` trains it on AVEC2014."""
    return specification(method("depnet"), "depnet", "paper", "paper", "AVEC2014")


def data(seed: int, alike: bool) -> tuple[Tensor, Tensor]:
    """Features of videos [N, 2048, 5, 7, 7], none below 0, and their scores [N], 0–41.

    Three quarters of a frame's features are its video's, one quarter its own; each part is drawn from an exponential
    distribution. If the videos are ``alike``, half of what is a video's is common to all of them.
    """
    torch.manual_seed(1000 + seed)
    frames, videos = torch.empty(VIDEOS, 2048, 5, 7, 7), torch.empty(VIDEOS, 2048, 1, 7, 7).exponential_()
    if alike:
        videos = (videos + torch.empty_like(videos[:1]).exponential_()) / 2
    return MEAN * (0.75 * videos + 0.25 * frames.exponential_()), torch.randint(0, 42, (VIDEOS,)).float()


def network(seed: int) -> SequenceRegression:
    """As drawn: features [B, C, T, h, w] → aggregation → head → score."""
    torch.manual_seed(seed)
    spec = printed()
    found: Any = model(spec.config, spec.profile.scale)
    return found


@torch.no_grad()
def aggregated(net: SequenceRegression, features: Tensor) -> Tensor:
    """What the head is given, [N, D]."""
    return torch.cat([net.aggregation(one[None]) for one in features]).flatten(1)


@torch.no_grad()
def coordinates(given: Tensor, head: nn.Sequential) -> tuple[Tensor, nn.Sequential]:
    """Features [N, D] in an orthonormal basis of their span, [N, N], and a head on them that says the same."""
    lower = torch.linalg.cholesky(given.double() @ given.double().T)  # [N, N]; given = lower · basis
    first: Any = head[1]
    narrow = nn.Linear(len(given), first.out_features)
    narrow.weight.copy_(torch.linalg.solve_triangular(lower, (given @ first.weight.T).double(), upper=False).T)
    narrow.bias.copy_(first.bias)
    return lower.float(), nn.Sequential(nn.Identity(), narrow, *list(head)[2:])


@torch.no_grad()
def looked_at(step: int, net: Regression, given: Tensor, bdi: Tensor) -> dict[str, float]:
    """Dead units of the first dense layer, and the training error as a share of the constant's, in evaluation mode.

    Args:
        given: what the head is given of each video, [N, D].
        bdi: [N].
    """
    net.eval()
    dead = (net.head[:2](given) <= 0).all(0).sum().item()
    error = (net.score(net.head(given)) - bdi).square().mean() / bdi.var(correction=0)
    return {"step": step, "dead": int(dead), "error": round(error.item(), 4)}


def batch() -> Tensor:
    """Videos of a step, [B], each with the same chance."""
    return torch.randint(VIDEOS, (printed().profile.batch,))


def in_the_span(seed: int, alike: bool, looks: tuple[int, ...] = LOOKS) -> Iterator[dict[str, Any]]:
    """A training by each objective, whose aggregation stays as it began."""
    spec, (features, bdi), whole = printed(), data(seed, alike), network(seed)
    given, head = coordinates(aggregated(whole, features), whole.head)
    for objective in OBJECTIVES:
        net = OnFeatures(deepcopy(head), objective)
        net.start_at(bdi)
        steps, schedule = optimiser(spec.learning.scores, net.parameters(), spec.profile.lr, spec.profile.steps)
        torch.manual_seed(seed)
        curve = [looked_at(0, net, given, bdi)]
        for step in range(1, looks[-1] + 1):
            net.train()
            videos = batch()
            net.loss(net(given[videos]), bdi[videos]).backward()
            steps.step()
            schedule.step()
            steps.zero_grad()
            if step in looks:
                curve.append(looked_at(step, net, given, bdi))
        yield {"seed": seed, "alike": alike, "objective": objective, "curve": curve}


def whole(total: int, seed: int = 0) -> list[dict[str, float]]:
    """A training of aggregation and head by the printed objective: its curve."""
    spec, (features, bdi), net = printed(), data(seed, alike=False), network(seed)
    net.start_at(bdi)
    parts = nn.ModuleList([net.aggregation, net.head])
    steps, schedule = optimiser(spec.learning.scores, parts.parameters(), spec.profile.lr, spec.profile.steps)
    torch.manual_seed(seed)
    path, done, curve = cache_dir() / "benchmarks" / "depnet_features.pt", 0, []
    if path.exists():
        saved = torch.load(io.BytesIO(read_sealed(path)), weights_only=True)
        if saved["settings"] == settings():
            parts.load_state_dict(saved["parts"])
            steps.load_state_dict(saved["steps"])
            schedule.load_state_dict(saved["schedule"])
            torch.set_rng_state(saved["draws"])
            done, curve = saved["done"], saved["curve"]
    with progress("aggregation and head", total) as bar:
        bar.advance(done)
        curve = curve or [looked_at(0, net, aggregated(net, features), bdi)]
        for step in range(done + 1, total + 1):
            net.train()
            videos = batch()
            different, places = videos.unique(return_inverse=True)  # [n], [B]
            # one video after the other: the signals of a batch fill gigabytes
            hlf = [checkpoint(net.aggregation, one[None], use_reentrant=False) for one in features[different]]
            loss = net.loss(net.head(torch.cat(hlf)[places]), bdi[videos])
            loss.backward()
            steps.step()
            schedule.step()
            steps.zero_grad()
            if step in LOOKS:
                curve.append(looked_at(step, net, aggregated(net, features), bdi))
            if step % EVERY == 0 or step == total:
                state = {"parts": parts.state_dict(), "steps": steps.state_dict(), "schedule": schedule.state_dict()}
                now = {"settings": settings(), "done": step, "curve": curve, "draws": torch.get_rng_state()}
                with sealed(path) as handle:
                    torch.save(state | now, handle)
            bar.advance(note=f"loss {loss.item():.1f}")
    return curve


def settings() -> dict[str, Any]:
    """What the trainings rest on, as JSON gives it back."""
    spec = printed()
    found = {
        "config": switches(spec.config),
        "profile": spec.profile.deciding(),
        "learning": switches(spec.learning.scores),
        "inputs": VIDEOS,
        "mean": MEAN,
    }
    return json.loads(json.dumps(found))


def recorded() -> dict[str, Any]:
    """What is known of trainings with these settings."""
    found = json.loads(RESULT.read_text("utf-8")) if RESULT.exists() else {}
    if found.get("settings") == settings():
        return found
    return {"provenance": PROVENANCE, "settings": settings(), "in_the_span": []}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--whole", type=int, metavar="STEPS", help="train aggregation and head so many steps")
    asked = parser.parse_args()
    made = {"commit": commit(), "torch": torch.__version__}
    if asked.whole:
        curve = whole(asked.whole)
        write_json(RESULT, recorded() | {"whole": made | {"seed": 0, "objective": OBJECTIVES[0], "curve": curve}})
        return
    known = {(one["seed"], one["alike"]) for one in recorded()["in_the_span"]}
    wanted = [(seed, alike) for seed in SEEDS for alike in (False, True) if (seed, alike) not in known]
    with progress("in the span", len(wanted), "pairs of trainings") as bar:
        for seed, alike in wanted:
            both = [made | one for one in in_the_span(seed, alike)]
            found = recorded()
            write_json(RESULT, found | {"in_the_span": found["in_the_span"] + both})
            bar.advance()


if __name__ == "__main__":
    main()
