"""A whole run on the brightness data, for processes that are started, killed and set against each other."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import torch

from depnb.corpus.records import Corpus
from depnb.experiments import execute, filling, plan
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.inputs.videos import Frames
from depnb.methods import profiles
from depnb.methods.registry import method
from depnb.training import loop
from tests.bright import OPENERS, bright_frames, bright_recordings

PEOPLE = {"train": 20, "development": 8, "test": 8, "unseen": 8}
STEPS = 60


def inject(checkpoint_seconds: float, pretrained: bool = False) -> None:
    """Put brightness in the place of corpus and faces, and a drawn body in that of the one that knows faces.

    With ``pretrained`` the body learns the faces of generated people, as in any run.
    """
    frames = {
        name: bright_frames(bright_recordings(name, count, first=200 + 100 * k))
        for k, (name, count) in enumerate(PEOPLE.items())
    }
    recordings = tuple(r for part in frames.values() for r in part.recordings)
    pixels = {r.name: p for part in frames.values() for r, p in zip(part.recordings, part.pixels, strict=True)}
    corpus = Corpus("bright", Path("bright"), recordings, True, {"generated": 0, "recipe": {"seed": 1}})
    for module in OPENERS:
        module.open_for_profile = lambda name, profile: corpus
    execute.load = lambda part, *rest: Frames(torch.stack([pixels[r.name] for r in part]), tuple(part))
    execute._prepare = lambda corpus, *rest: None
    if not pretrained:
        execute.pretraining.identity = lambda build, *rest: SimpleNamespace(weights=build().state_dict(), accuracy=0.0)
        execute.bodies = plan.bodies = lambda run, kind: iter(())
    for known in (profiles.PROFILES, method("distribution").profiles):
        known["smoke"] = replace(known["smoke"], threads=1, steps=STEPS)
    filling.usable_cores = lambda: 1  # a helper would not know of this
    loop.SECONDS_BETWEEN_CHECKPOINTS = checkpoint_seconds


def with_cache(cache: Path, function: Callable[..., None], arguments: tuple) -> None:
    """What a process starts with: its own cache, then the function."""
    os.environ["DEPNB_CACHE"] = str(cache)
    function(*arguments)


def make(run: Run, folder: Path, checkpoint_seconds: float = 60.0) -> None:
    """Make one run in a store."""
    inject(checkpoint_seconds)
    execute.run(run, Store(folder), device="cpu")


def make_in_turn(runs: list[Run], folder: Path) -> None:
    """Make runs in this order, each from the body that knows faces."""
    inject(60.0, pretrained=True)
    for run in runs:
        execute.run(run, Store(folder), device="cpu")


def fill(runs: list[Run], folder: Path, log: Path) -> None:
    """Fill a store as ``depnb run --missing`` does, and write down what was said."""
    inject(60.0)
    said = []
    filling.fill(runs, Store(folder), "cpu", said.append, said.append)
    log.write_text("\n".join(said))
