"""The papers of this package and their simple rivals, and what the name of a run stands for."""

from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import depnb.methods
from depnb.corpus.records import Corpus
from depnb.inputs.spec import InputSpec
from depnb.methods.adhoc import configuration, named_switches
from depnb.methods.contract import Learnings, Paper, Protocol, Recipe, lookup
from depnb.methods.profiles import Profile
from depnb.nets.weights.registry import IMPORTED

RIVALS = "rivals"
"""What stands in the place of a paper's name for the simple rivals of all papers (``depnb.methods.rivals``)."""


def papers() -> tuple[str, ...]:
    """Names of the papers that have a folder in ``depnb.methods``, in the order of their notebooks."""
    return tuple(_papers())


def method(paper: str) -> Paper:
    """A paper by its name, or the rivals.

    Raises:
        KeyError: for a paper without a method; the message lists those that have one.
    """
    if paper == RIVALS:
        return import_module(f"depnb.methods.{RIVALS}.rows").RIVALS
    found = _papers()
    if paper not in found:
        raise KeyError(f"No method for paper {paper!r}: choose from {', '.join(found)}.")
    return found[paper]


def named_papers(text: str) -> tuple[str, ...]:
    """The papers that a text names, separated by commas or blanks, each once and in their order; none of an empty one.

    Raises:
        KeyError: there is no such paper; the message lists those that there are.
    """
    wanted = text.replace(",", " ").split()
    known = _papers()
    if unknown := [name for name in wanted if name not in known]:
        raise KeyError(f"No paper {', '.join(map(repr, unknown))}: choose from {', '.join(known)}.")
    return tuple(paper for paper in known if paper in wanted)


@cache
def _papers() -> dict[str, Paper]:
    folders = [folder for place in depnb.methods.__path__ for folder in Path(place).iterdir()]
    names = sorted({folder.name for folder in folders if (folder / "rows.py").is_file()} - {RIVALS})
    found = [import_module(f"depnb.methods.{name}.rows").PAPER for name in names]
    return {paper.name: paper for paper in sorted(found, key=lambda paper: paper.notebook)}


class TrainingSpec(NamedTuple):
    """All that the name of a run stands for.

    Attributes:
        config: of its row. profile: its size. protocol: who is trained on. input_spec: what its network is given.
        learning: how it learns.
        frame_stride: stride between the frames of a video that are used, where the protocol says so for the corpus.
    """

    config: Any
    profile: Profile
    protocol: Protocol
    input_spec: InputSpec
    learning: Learnings
    frame_stride: int | None

    def seed(self, run: int) -> int:
        """What is drawn from in a run with a seed: that seed, or another one for a second training of the same row."""
        return run + getattr(self.config, "seed_offset", 0)


def resolve(paper: Paper, row: str, profile: str, protocol: str, corpus: Corpus) -> TrainingSpec:
    """What is trained for a row, at a profile, under a protocol, on a corpus; errors as of ``specification``."""
    return specification(paper, row, profile, protocol, None if corpus.generated else corpus.name)


def specification(paper: Paper, row: str, profile: str, protocol: str, corpus: str | None) -> TrainingSpec:
    """What is trained for a row, at a profile, under a protocol, on a real corpus of that name, or a generated one.

    Raises:
        KeyError: no such row, profile or protocol; the message lists those that there are.
        ValueError: as ``adhoc.configuration``.
    """
    config, size = configuration(paper, row), lookup(paper.profiles, profile, "profile")
    how = lookup(paper.protocols, protocol, f"protocol of {paper.name}")
    if protocol == "honest":
        how = _honest(how, size, corpus)
    recipe = Recipe() if corpus is None else how.recipe
    usual = paper.config()
    asked = dict(size.switches) | dict(recipe.switches)
    changed = {name: value for name, value in asked.items() if getattr(config, name) == getattr(usual, name)}
    changed |= recipe.demanded(config)
    config = replace(config, **{name: value for name, value in changed.items() if name not in named_switches(row)})
    if profile == "paper":
        size = replace(size, **recipe.profile)
    if not size.learn_faces and config.start == "identity" and not _says_how(config, row):
        config = replace(config, start="scratch")
    input_spec, frame_stride = paper.inputs(config, size), recipe.frame_stride.get(corpus or "")
    if frame_stride:
        input_spec = replace(input_spec, step=frame_stride)
    return TrainingSpec(config, size, how, input_spec, paper.learning(config, size), frame_stride)


def _says_how(config: Any, row: str) -> bool:
    """Whether a row asks for learnt faces itself, not only as all rows of its paper do."""
    return getattr(config, "face_epochs", None) is not None or "start" in named_switches(row)


def _honest(how: Protocol, profile: Profile, corpus: str | None) -> Protocol:
    """The protocol ``honest`` where something else holds than on real people."""
    if profile.made_before:
        return replace(how, new_people=False)
    return how if corpus else replace(how, select=None, new_people=False)


def parts(paper: Paper, row: str) -> tuple[str, ...]:
    """The trained rows whose scores a row averages: itself, or those of a fused row.

    Raises:
        KeyError: no such row; the message lists those that there are.
    """
    if row in paper.fused:
        return paper.fused[row]
    configuration(paper, row)
    return (row,)


def imported_weights(paper: Paper, row: str) -> set[str]:
    """Names of the weights of others that a row starts from, which have to be imported first."""
    return {paper.rows[part].start for part in parts(paper, row)} & set(IMPORTED)


def protocols() -> tuple[str, ...]:
    """Names of all protocols that a method knows, ``honest`` first."""
    return tuple(dict.fromkeys(name for paper in papers() for name in method(paper).protocols))
