"""A few numbers of each stage that carries a VERSION: when they move, the VERSION must be raised.

``python -m tests.experiments.fingerprints`` writes those of stages whose VERSION was raised, and adds those of
new rows. A row whose ``Config`` or ``Learning`` changes is told from its old self by the facts of its runs, not by a
VERSION: delete its numbers, and they are written anew.
"""

import json
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from depnb import evaluation, faces, inputs, training
from depnb.corpus.synthetic import film, named_recipe, recipe, sessions
from depnb.evaluation import (
    band_bias,
    ccc,
    mae,
    paired_subject_bootstrap,
    pcc,
    rmse,
    subject_bootstrap,
    subject_folds,
    video_scores,
)
from depnb.evaluation.baselines import identity_only
from depnb.faces import landmarks68, samples, similarity, transform_points, warp
from depnb.inputs.augment import strong
from depnb.inputs.loading import evenly_spaced
from depnb.inputs.pixels import normalise, reduce as reduced
from depnb.inputs.spec import FRAME, PLAIN_FRAME, InputSpec
from depnb.methods.contract import OURS, Learning
from depnb.methods.profiles import PROFILES, Profile
from depnb.methods.registry import RIVALS, method, papers
from depnb.methods.rivals import features, regression
from depnb.system.files import write_json
from depnb.training import face_recipe, loop
from depnb.training.pretraining import IdentityNet
from tests.bright import bright_frames, bright_recordings, landmarked

FILE = Path(__file__).with_name("fingerprints.json")
SMOKE = replace(PROFILES["smoke"], threads=1, steps=2)


def _corpus() -> dict[str, float]:
    both, null = named_recipe("both-tiny"), named_recipe("null-tiny")
    first = sessions(both)[0]
    frames, truth = film(both, first, both.tasks[0], slice(0, 2))
    return {
        "labels": float(np.mean([(k + 1) * s.bdi for k, s in enumerate(sessions(both))])),
        "shuffled": float(np.mean([(k + 1) * s.bdi for k, s in enumerate(sessions(null))])),
        "pixels": float(frames.mean()),
        "landmarks": float(np.nanmean(truth["landmarks"])),
    }


def _faces() -> dict[str, float]:
    photograph = samples.astronaut()
    (found,) = faces.detect_frames([photograph])
    matrix = similarity(found.points[0])
    crop = warp(photograph, matrix)
    box = found.boxes[0][None].reshape(2, 2)
    points = landmarks68(crop, transform_points(box, matrix).reshape(4))
    return {"points": float(found.points[0].mean()), "crop": float(crop.mean()), "landmarks": float(np.mean(points))}


def _clips() -> dict[str, float]:
    crops = np.random.default_rng(0).integers(0, 256, (3, 224, 224, 3), dtype=np.uint8)
    frames = torch.from_numpy(reduced(crops, 32))  # [3, 3, 32, 32]
    torch.manual_seed(0)
    return {
        "reduced": float(frames.float().std()),
        "varied": float(strong(frames[:, None]).std()),
        "standardised": float(normalise(frames).mean()),
        "spaced": float(evenly_spaced(48, 12).sum()),
    }


def _evaluation() -> dict[str, float]:
    rng = np.random.default_rng(1)
    y = rng.integers(0, 46, 30).astype(float)
    pred, other = y + rng.normal(0, 8, 30), y + rng.normal(0, 9, 30)
    people = [str(k // 2) for k in range(30)]
    low, high = subject_bootstrap(y, pred, people)
    paired = paired_subject_bootstrap(y, pred, other, people)
    folds = subject_folds(people, y, 3)
    recordings = bright_recordings("train", 10)
    return {
        "rmse": rmse(y, pred),
        "mae": mae(y, pred),
        "pcc": pcc(y, pred),
        "ccc": ccc(y, pred),
        "median": sum(video_scores(pred, people, "median").values()),
        "bias": band_bias(y, pred)["minimal"][1],
        "low": low,
        "high": high,
        "paired_low": paired[1],
        "folds": float(sum((k + 1) * int(fold.sum()) for k, fold in enumerate(folds))),
        "identity_only": float(identity_only(recordings[:12], recordings).sum()),
    }


def _trained(build, profile: Profile, input_spec: InputSpec, select=None, how: Learning = OURS) -> dict[str, float]:
    """Losses, and what the body has become: the loss alone hardly shows it while the last layer is small."""
    people = bright_frames(bright_recordings("train", 20))
    people = people.grey() if input_spec.grey else people
    people = landmarked(people) if input_spec.landmarks else people
    done = loop.train(build, people, select, profile, seed=0, input_spec=input_spec, learning=how, device="cpu")
    network, features = done.model.module, []
    network.body.register_forward_hook(lambda body, given, maps: features.append(maps))
    network.train()
    with torch.no_grad():
        network(input_spec.prepare(people.clips([(video, 0) for video in range(4)], input_spec), False))
    return {
        "loss": done.curve[-1]["train_loss"],
        "features": float(features[0].abs().mean()),
        "step": float(done.selected_step),
    }


def _training() -> dict[str, float]:
    module, profile = method("distribution"), replace(SMOKE, steps=12)
    select = bright_frames(bright_recordings("development", 8, first=500))
    return _trained(lambda: module.model(module.rows["euclidean"], profile.scale), profile, PLAIN_FRAME, select)


def _pretraining() -> dict[str, float]:
    module = method("distribution")

    def build():
        return IdentityNet(module.model(module.rows["euclidean"], SMOKE.scale).body, 64)

    return {**_trained(build, SMOKE, FRAME), "seed": float(face_recipe.SHARED_SEED), "share": float(face_recipe.SHARE)}


def _method(paper: str) -> dict[str, float]:
    of, numbers = method(paper), {}
    profile = replace(of.profiles["smoke"], threads=1, steps=2)
    for row, config in of.rows.items():
        build, input_spec = partial(of.model, config, profile.scale), of.inputs(config, profile)
        found = _trained(build, profile, input_spec, how=of.learning(config, profile).scores)
        numbers |= {f"{row} {name}": value for name, value in found.items()}
    return numbers


def _rivals() -> dict[str, float]:
    """Of a random walk of landmarks: what a rival looks at, and what a regression makes of it."""
    rng = np.random.default_rng(2)
    walks = rng.normal(100, 20, (40, 1, 68, 2)) + rng.normal(0, 2, (40, 12, 68, 2)).cumsum(1)  # [40, 12, 68, 2]
    index = features.chosen(np.ones(12 * 2, bool), 2)
    points = [features.normalised(walk.astype(np.float32)) for walk in walks]
    x = np.array([features.dynamics(one, index, 2) for one in points])  # [40, 476]
    y = 20 + 5 * x[:, 0] / x[:, 0].std() + rng.normal(0, 3, 40)
    fitted = regression.fit(x, y, [str(person // 2) for person in range(40)])
    long = features.chosen(np.ones(3 * features.STRETCHES * features.LENGTH, bool), 1)
    return {
        "frames of a long video": float(long.mean()),
        "frame difference": float(features.frame_difference(np.abs(np.diff(walks[:, :, 0, 0])))[0]),
        "moments": float(np.mean([features.moments(one).std() for one in points])),
        "dynamics": float(x.std()),
        "scores": float(fitted.predict(x).std()),
    }


STAGES = {
    "corpus": (recipe.VERSION, _corpus),
    "faces": (faces.VERSION, _faces),
    "clips": (inputs.VERSION, _clips),
    "training": (training.VERSION, _training),
    "pretraining": (face_recipe.VERSION, _pretraining),
    "evaluation": (evaluation.VERSION, _evaluation),
    RIVALS: (method(RIVALS).version, _rivals),
    **{paper: (method(paper).version, lambda paper=paper: _method(paper)) for paper in papers()},
}
"""Version and numbers of each stage."""


def main() -> int:
    stored = json.loads(FILE.read_text()) if FILE.exists() else {}
    for name, (version, numbers) in STAGES.items():
        if stored.get(name, {}).get("version") != version:
            stored[name] = {"version": version, "numbers": numbers()}
            print(f"{name}: version {version} written")
        else:
            known = stored[name]["numbers"]
            added = {key: value for key, value in numbers().items() if key not in known}
            stored[name]["numbers"] = known | added
            print(f"{name}: {len(added)} added")
    write_json(FILE, stored)
    return 0


if __name__ == "__main__":
    sys.exit(main())
