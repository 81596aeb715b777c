"""Where the body of a network starts: at the identities of generated people, at weights of others, or at random.

The papers start from networks that were trained to recognise thousands of people (VGG Face, VGGFace2). The same step,
smaller: generated people who occur in no corpus are to be told apart, once per backbone, scale and seed, and every row
starts from the body that learnt it with its seed.
"""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import torch as safetensors
from torch import Tensor, nn
from torch.nn import functional

from depnb import faces
from depnb.corpus import Corpus
from depnb.corpus.synthetic import open_generated, pretraining_identities
from depnb.inputs.loading import load_frames
from depnb.inputs.spec import FRAME, InputSpec
from depnb.inputs.videos import Frames
from depnb.methods.contract import OURS, Learning
from depnb.methods.profiles import Profile
from depnb.nets.weights import files, registry
from depnb.system.files import DamagedFile, cache_dir, locked, read_sealed, sealed
from depnb.training import version
from depnb.training.face_recipe import FRAMES, body_seed, demand_printed, facts, imagenet_name, shorter
from depnb.training.loop import device_kind, predict, train

log = logging.getLogger("depnb")


@dataclass(frozen=True)
class Pretrained:
    """A body that recognises generated people.

    Attributes:
        weights: its state dict.
        people: how many were to be told apart.
        accuracy: share of the frames of sessions that were kept apart whose person it names.
        seconds: of its training.
    """

    weights: dict[str, Tensor]
    people: int
    accuracy: float
    seconds: float


class IdentityNet(nn.Module):
    """Body → global average → one logit a person; the loop's “label” is the number of the person."""

    head: Any

    def __init__(self, body: Any, people: int):
        super().__init__()
        self.body = body
        volumes = any(weight.ndim == 5 for weight in body.parameters())
        pool = nn.AdaptiveAvgPool3d(1) if volumes else nn.AdaptiveAvgPool2d(1)
        self.head = nn.Sequential(pool, nn.Flatten(), nn.Linear(body.channels, people))
        self.attended = None

    def forward(self, frames: Tensor) -> Tensor:
        """Normalised frames [B, 3, H, W] or clips [B, 3, T, H, W] to logits [B, people]."""
        return self.head(self.body(frames))  # [B, people]

    def start_at(self, bdi: Tensor) -> None:
        """Equal chances for all."""
        nn.init.zeros_(self.head[-1].weight)
        nn.init.zeros_(self.head[-1].bias)

    def loss(self, output: Tensor, bdi: Tensor) -> Tensor:
        """Cross-entropy of the right person, mean over the batch, nats."""
        return functional.cross_entropy(output.float(), bdi.long())

    def score(self, output: Tensor) -> Tensor:
        """Number of the likeliest person [B]."""
        return output.argmax(1).float()

    def describe(self, output: Tensor) -> dict[str, Tensor]:
        return {}


def begin(
    body: nn.Module,
    build: Callable[[], nn.Module],
    start: str,
    profile: Profile,
    input_spec: InputSpec = FRAME,
    learning: Learning = OURS,
    device: str = "auto",
    seed: int = 0,
) -> None:
    """Fill the body of a new network as ``start`` says.

    Args:
        body: changed in place.
        build: makes another body of the same kind, for the pretraining to train.
        start, profile, input_spec, learning, seed: as for ``facts``.

    Raises:
        ValueError: there are no such weights for a body of this depth or width, or of this architecture.
        FileNotFoundError: ImageNet weights could not be fetched, or face weights were not imported.
    """
    if start == "identity":
        body.load_state_dict(identity(build, profile, input_spec, learning, device, seed).weights)
    elif start == "imagenet":
        body.load_state_dict(imagenet(profile))
    elif start in registry.IMPORTED:
        demand_printed(start, profile)
        files.load(start, body)


def identity(
    build: Callable[[], nn.Module],
    profile: Profile,
    input_spec: InputSpec = FRAME,
    learning: Learning = OURS,
    device: str = "auto",
    seed: int = 0,
) -> Pretrained:
    """The body that tells the generated people of a profile apart; trained once a seed, then read from the cache.

    Any number of processes may ask at the same time; one trains, the others wait. An interrupted training continues.
    """
    path = file(build, profile, input_spec, learning, device_kind(device), seed)
    with locked(path.with_suffix(".lock")):
        found = _read(path)
        if found is None:
            checkpoint = cache_dir() / "checkpoints" / f"{path.stem}.pt"
            with torch.random.fork_rng():  # the row's own draws are the same whether or not this was still to be done
                found = _tell_apart(build, profile, input_spec, learning, device, checkpoint, seed)
            _write(path, found)
            checkpoint.unlink(missing_ok=True)
            named = f"names {found.accuracy:.0%} of them in new sessions"
            log.info("Face pretraining: %d generated people, %s, %.0f s", found.people, named, found.seconds)
    return found


def people(profile: Profile) -> Corpus:
    """The generated strangers that a profile's bodies learn to tell apart, rendered and their faces found."""
    corpus = open_generated(pretraining_identities(profile.corpus_size))
    corpus.ensure(corpus.recordings)
    faces.prepare(corpus.recordings)
    return corpus


def file(
    build: Callable[[], nn.Module],
    profile: Profile,
    input_spec: InputSpec,
    learning: Learning,
    kind: str,
    seed: int = 0,
) -> Path:
    """Where the body that ``build`` makes lies after its pretraining, named by what decides its bits.

    ``kind`` is that of the device (``training.device_kind``), which need not be on this machine. Only how a body's
    weights are drawn is not in the name: raise ``VERSION`` when you change that.
    """
    body = build()
    form: dict[str, Any] = {"body": type(body).__name__, "shapes": [list(p.shape) for p in body.parameters()]}
    if hasattr(body, "framework"):  # constants and padding, which shapes do not tell
        form["framework"] = body.framework
    computing = {"device": kind, **profile.computing()}
    key = _sha256(facts("identity", profile, input_spec, learning, seed) | form | computing)
    return cache_dir() / "pretrained" / f"{form['body']}-{profile.name}-{kind}-{key[:16]}.safetensors"


def imagenet(profile: Profile) -> dict[str, Tensor]:
    """torchvision's ImageNet weights without the classifier, from its cache or from the network.

    Raises:
        ValueError: a depth or width that torchvision has no weights for.
        FileNotFoundError: they are not on this machine and could not be fetched.
    """
    return files.state(imagenet_name(profile))


def _tell_apart(
    build: Callable[[], nn.Module],
    profile: Profile,
    input_spec: InputSpec,
    learning: Learning,
    device: str,
    checkpoint: Path,
    seed: int,
) -> Pretrained:
    picture = InputSpec(input_spec.still) if input_spec.still else FRAME
    corpus = people(profile)
    number = {subject: place for place, subject in enumerate(sorted(corpus.subjects("train")))}

    def load(partition: str) -> Frames:
        who = [replace(r, bdi=float(number[r.subject])) for r in corpus.partition(partition)]
        return load_frames(who, FRAMES[profile.corpus_size], profile.scale.input_size)

    own = body_seed(profile, seed)

    def network() -> IdentityNet:
        made = IdentityNet(build(), len(number))
        if version(profile) >= 3:
            torch.manual_seed(own)  # heads of rows draw differently, and what follows is not to depend on the row
        return made

    done = train(
        network,
        load("train"),
        None,
        shorter(profile, learning),
        seed=own,
        input_spec=picture,
        learning=learning,
        device=device,
        label=f"face pretraining, {len(number)} generated people",
        checkpoint=checkpoint,
    )
    kept = load("test")
    named = predict(done.model, kept, done.profile, picture) == kept.bdi.numpy()[:, None]  # [N, n]
    weights = {name: value.cpu().contiguous() for name, value in done.model.module.body.state_dict().items()}
    return Pretrained(weights, len(number), float(np.mean(named)), done.seconds)


def _write(path: Path, found: Pretrained) -> None:
    numbers = {"people": found.people, "accuracy": found.accuracy, "seconds": found.seconds}
    with sealed(path) as handle:
        handle.write(safetensors.save(found.weights, {"pretrained": json.dumps(numbers)}))


def _read(path: Path) -> Pretrained | None:
    try:
        content = read_sealed(path)
    except FileNotFoundError:
        return None
    except DamagedFile as error:
        log.warning("%s; the face pretraining is done again", error)
        return None
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return Pretrained(safetensors.load(content), **json.loads(header["__metadata__"]["pretrained"]))


def _sha256(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
