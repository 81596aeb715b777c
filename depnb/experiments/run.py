"""A run: one training of one row, as frozen data with a digest over everything that decides it."""

import json
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from depnb.experiments.corpora import open_for_profile
from depnb.experiments.facts import _sha256, only

_SCHEMA = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, order=True, config=_SCHEMA)
class Run:
    """One training of one row: what is asked for.

    Attributes:
        paper: a method of ``depnb.methods``.
        row: one of its ``ROWS``, or of its fused rows.
        corpus: a generated corpus by name, in the profile's size unless the name has one (``both-tiny``), or a folder.
        protocol: ``honest`` (train, select on development, test opened once), or another one of the method.
        profile: a key of ``PROFILES``.
        seed: of weights, order and sampling.
    """

    paper: str
    row: str
    corpus: str = "both"
    protocol: str = "honest"
    profile: str = "quick"
    seed: int = 0

    @property
    def name(self) -> str:
        """File name without the digest."""
        return f"{self.row}-{self._corpus_name}-{self.protocol}-{self.profile}-s{self.seed}"

    @property
    def _corpus_name(self) -> str:
        """``both-quick`` is ``both`` at the profile quick."""
        from depnb.corpus.synthetic.recipe import NAMED
        from depnb.methods.profiles import PROFILES

        base, _, size = self.corpus.partition("-")
        own = base in NAMED and self.profile in PROFILES and size == PROFILES[self.profile].corpus_size
        return base if own else Path(self.corpus).name

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Everything that decides the numbers, JSON-able. Precision, threads and device do not.

        Raises:
            KeyError: no such paper, row, protocol or profile; the message lists those that there are.
            FileNotFoundError: no such corpus.
        """
        from depnb import evaluation, faces, inputs
        from depnb.methods.contract import OURS, switches
        from depnb.methods.registry import method, parts, resolve
        from depnb.training import face_recipe, loop

        module = method(self.paper)
        corpus = open_for_profile(self.corpus, self.profile)
        fingerprint = corpus.fingerprint if corpus.generated else {"sha256": _sha256(corpus.fingerprint)}
        trained = {row: resolve(module, row, self.profile, self.protocol, corpus) for row in parts(module, self.row)}
        first = next(iter(trained.values()))
        starts = {
            row: face_recipe.facts(of.config.start, of.profile, of.input_spec, of.learning.faces)
            for row, of in trained.items()
        }
        learnt = {row: of.learning.scores for row, of in trained.items()}
        special = {"learning": only({row: switches(scores) for row, scores in learnt.items()}, self.row)}
        frame_stride = {"every": first.frame_stride} if first.frame_stride else {}
        facts = {
            **(special if set(learnt.values()) != {OURS} else {}),
            "configuration": only({row: switches(of.config) for row, of in trained.items()}, self.row),
            "pretraining": only(starts, self.row),
            "protocol": {"name": self.protocol, **first.protocol.facts, **frame_stride},
            "profile": first.profile.deciding(),
            "corpus": fingerprint,
            "seed": self.seed,
            "versions": {
                "faces": faces.VERSION,
                "clips": inputs.VERSION,
                "training": loop.VERSION,
                "evaluation": evaluation.VERSION,
                self.paper: module.VERSION,
            },
        }
        return json.loads(json.dumps(facts))

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the facts as canonical JSON."""
        return _sha256(self.facts)
