"""A run: one training of one row, as frozen data with a digest over everything that decides it."""

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from depnb.corpus.synthetic.recipe import is_named
from depnb.experiments.facts import canonical, facts
from depnb.methods.profiles import PROFILES

SCHEMA = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, validate_by_name=True, validate_by_alias=True)


@dataclass(frozen=True, order=True, config=SCHEMA)
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
        base, _, size = self.corpus.partition("-")
        own = is_named(base) and self.profile in PROFILES and size == PROFILES[self.profile].corpus_size
        return base if own else Path(self.corpus).name

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Everything that decides the numbers, JSON-able. Precision, threads and device do not.

        Raises:
            KeyError: no such paper, row, protocol or profile; the message lists those that there are.
            FileNotFoundError: no such corpus.
        """
        return json.loads(self._text)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the facts as canonical JSON."""
        return hashlib.sha256(self._text.encode()).hexdigest()

    @cached_property
    def _text(self) -> str:
        return canonical(facts(self.paper, self.row, self.corpus, self.protocol, self.profile, self.seed))
