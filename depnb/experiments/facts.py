"""Everything that decides the numbers of a run, collected from the stages; the store knows none of them."""

import hashlib
import json
from typing import Any

from depnb import evaluation, faces, inputs, training
from depnb.experiments.corpora import identified
from depnb.faces.crop_paths import unusual
from depnb.methods.contract import OURS, switches
from depnb.methods.registry import RIVALS, method, parts, specification
from depnb.methods.rivals.rows import WEIGHTS
from depnb.nets.weights.registry import find
from depnb.training import face_recipe


def facts(paper: str, row: str, corpus: str, protocol: str, profile: str, seed: int) -> dict[str, Any]:
    """What decides the numbers of a run, JSON-able. Precision, threads and device do not.

    The keys are part of the digest of every stored result: they stay, whatever the code is called.

    Args:
        paper, row, corpus, protocol, profile, seed: as in ``Run``.

    Raises:
        KeyError: no such paper, row, protocol or profile; the message lists those that there are.
        FileNotFoundError: no such corpus.
    """
    if paper == RIVALS:
        return _facts_of_rival(row, corpus, protocol, profile, seed)
    of_paper = method(paper)
    fingerprint, real = identified(corpus, profile)
    trained = {name: specification(of_paper, name, profile, protocol, real) for name in parts(of_paper, row)}
    first = next(iter(trained.values()))
    starts = {
        name: face_recipe.facts(of.config.start, of.profile, of.input_spec, of.learning.faces, of.seed(seed))
        for name, of in trained.items()
    }
    learnt = {name: of.learning.scores for name, of in trained.items()}
    special = {"learning": _only({name: switches(scores) for name, scores in learnt.items()}, row)}
    stride = {"every": first.frame_stride} if first.frame_stride else {}
    return {
        **(special if set(learnt.values()) != {OURS} else {}),
        "configuration": _only({name: switches(of.config) for name, of in trained.items()}, row),
        "pretraining": _only(starts, row),
        "protocol": {"name": protocol, **first.protocol.facts, **stride},
        "profile": first.profile.deciding(),
        **_footage(fingerprint, real),
        "seed": seed,
        "versions": {
            "faces": faces.VERSION,
            "clips": inputs.VERSION,
            "training": training.version(first.profile),
            "evaluation": evaluation.VERSION,
            paper: of_paper.version,
        },
    }


def _facts_of_rival(row: str, corpus: str, protocol: str, profile: str, seed: int) -> dict[str, Any]:
    """The same of a rival, which is no network: of its profile the frames decide."""
    fingerprint, real = identified(corpus, profile)
    of = specification(method(RIVALS), row, profile, protocol, real)
    weights = WEIGHTS.get(of.config.features)
    return {
        "configuration": switches(of.config),
        **({"weights": {"name": weights, "sha256": find(weights).sha256}} if weights else {}),
        "protocol": {"name": protocol, **of.protocol.facts},
        "profile": {name: value for name, value in of.profile.deciding().items() if name in ("step", "frames")},
        **_footage(fingerprint, real),
        "seed": seed,
        "versions": {
            "faces": faces.VERSION,
            "evaluation": evaluation.VERSION,
            RIVALS: method(RIVALS).version,
        },
    }


def _footage(fingerprint: dict[str, Any], real: str | None) -> dict[str, Any]:
    """The corpus, of real people as a check sum, and settings of crops that the environment changes."""
    corpus = fingerprint if real is None else {"sha256": sha256(fingerprint)}
    return {"corpus": corpus, **({"crops": unusual()} if unusual() else {})}


def canonical(value: Any) -> str:
    """A value as JSON that is always the same text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256(value: Any) -> str:
    """Of a value as canonical JSON."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def _only(by_row: dict[str, Any], row: str) -> Any:
    """What belongs to a trained row; of a fused one all its parts by name."""
    return by_row.get(row, by_row)
