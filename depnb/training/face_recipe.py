"""What decides the weights that a row starts from. Needs no torch."""

import math
from dataclasses import replace
from typing import Any

from depnb import faces, inputs
from depnb.corpus.synthetic.recipe import pretraining_identities, sessions
from depnb.inputs.spec import FRAME, InputSpec
from depnb.methods.contract import OURS, Learning, switches
from depnb.methods.profiles import Profile
from depnb.nets.weights import registry
from depnb.training import version

VERSION = 1
SHARED_SEED = 1999
"""Of the one body that all runs of an earlier version of the loop share."""
FRAMES = {"tiny": 2, "quick": 6, "standard": 6, "full": 24}
"""Frames of a video that are used, by corpus size."""
SHARE = 4
"""A row is trained this many times as long as the pretraining, where that has no length in epochs: on 120 people a
longer one learns little but people, and the rows that start from it are worse for it."""

IMAGENET = {18: "imagenet-resnet18", 50: "imagenet-resnet50"}
"""Weights by depth of the body."""


def body_seed(profile: Profile, seed: int) -> int:
    """What a body is drawn and trained from: the seed of the run that asks for it, so that no run shares its luck."""
    return SHARED_SEED if version(profile) < 3 else seed


def facts(
    start: str, profile: Profile, input_spec: InputSpec = FRAME, learning: Learning = OURS, seed: int = 0
) -> dict[str, Any]:
    """What decides the weights that a row starts from, JSON-able.

    Args:
        start: ``identity``, ``imagenet``, ``scratch`` or a name of ``registry.IMPORTED``.
        profile: of the row.
        input_spec: what the row's network is given; a picture is repeated to such an input if it says how (``still``).
        learning: of the body.
        seed: of the run that asks.

    Raises:
        ValueError: there are no such weights for a body of this depth or width.
        FileNotFoundError: the weights were not imported.
    """
    if start == "identity":
        recipe = pretraining_identities(profile.corpus_size)
        special: dict[str, Any] = {"repeated": input_spec.still_frames} if input_spec.still else {}
        if input_spec.normalisation != "imagenet":
            special |= {"normalisation": input_spec.normalisation}
        if learning != OURS:
            special |= {"learning": switches(learning)}
        return special | {
            "start": start,
            "version": VERSION,
            "people": recipe.fingerprint(),
            "frames": FRAMES[profile.corpus_size],
            "seed": body_seed(profile, seed),
            "profile": shorter(profile, learning).deciding(),
            "versions": {"faces": faces.VERSION, "clips": inputs.VERSION, "training": version(profile)},
        }
    if start == "imagenet":
        return {"start": start, "weights": registry.TORCHVISION[imagenet_name(profile)]}
    if start in registry.IMPORTED:
        demand_printed(start, profile)
        return {"start": start, "sha256": registry.imported(start).source_sha256}
    return {"start": start}


def imagenet_name(profile: Profile) -> str:
    scale = profile.scale
    if scale.depth not in IMAGENET or scale.width != 1:
        raise ValueError(
            f"No ImageNet weights for a ResNet-{scale.depth} of width {scale.width:g}: there are some for depth "
            f"{' and '.join(map(str, IMAGENET))} at width 1 (profile paper)."
        )
    return IMAGENET[scale.depth]


def demand_printed(start: str, profile: Profile) -> None:
    scale = profile.scale
    if scale.depth != 50 or scale.width != 1:
        raise ValueError(
            f"No {start} weights for a ResNet-{scale.depth} of width {scale.width:g}: they are of depth 50 and width 1 "
            "(profile paper)."
        )


def pictures(profile: Profile) -> int:
    """How many pictures the faces of a profile are learnt from: all but the sessions kept apart."""
    recipe = pretraining_identities(profile.corpus_size)
    videos = sum(session.partition == "train" for session in sessions(recipe)) * len(recipe.tasks)
    return videos * FRAMES[profile.corpus_size]


def shorter(profile: Profile, learning: Learning = OURS) -> Profile:
    """The profile of the face pretraining: a share of the steps, or so many epochs as its learning says."""
    short = profile.still(SHARE)
    if learning.epochs is None:
        return short
    return replace(short, steps=math.ceil(learning.epochs * pictures(profile) / short.batch))
