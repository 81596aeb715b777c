"""The papers of this package, and what the name of a run stands for."""

import pkgutil
from dataclasses import replace
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from depnb.methods.contract import Learnings, Protocol, Recipe, lookup

if TYPE_CHECKING:
    from depnb.corpus import Corpus
    from depnb.inputs.spec import InputSpec
    from depnb.methods.profiles import Profile


def papers() -> tuple[str, ...]:
    """Names of the papers that have a method in this package, in the order of their notebooks."""
    modules = [import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    methods = [module for module in modules if hasattr(module, "PAPER")]
    return tuple(module.PAPER for module in sorted(methods, key=lambda module: module.NOTEBOOK))


def method(paper: str) -> ModuleType:
    """The module of a paper's method.

    Raises:
        KeyError: for a paper without a method; the message lists those that have one.
    """
    if paper not in papers():
        raise KeyError(f"No method for paper {paper!r}: choose from {', '.join(papers())}.")
    return import_module(f"{__name__}.{paper}")


def learning(module: ModuleType, config: Any, profile: "Profile") -> Learnings:
    """How a row's steps follow from gradients, and those of its face pretraining."""
    return module.learning(config, profile) if hasattr(module, "learning") else Learnings()


class TrainingSpec(NamedTuple):
    """All that a run's name stands for.

    Attributes:
        config: of its row. profile: its size. protocol: who is trained on. eats: what its network is given.
        learning: how it learns.
        frame_stride: every how manieth frame of a video is used, where the protocol says so for the corpus.
    """

    config: Any
    profile: "Profile"
    protocol: Protocol
    input_spec: "InputSpec"
    learning: Learnings
    frame_stride: int | None


def resolve(module: ModuleType, row: str, profile: str, protocol: str, corpus: "Corpus") -> TrainingSpec:
    """What is trained for a row, at a profile, under a protocol, on a corpus.

    Raises:
        KeyError: no such profile or protocol; the message lists those that there are.
    """
    config, size = module.ROWS[row], lookup(module.PROFILES, profile, "profile")
    how = lookup(module.PROTOCOLS, protocol, f"protocol of {module.PAPER}")
    recipe = Recipe() if corpus.generated else how.recipe
    usual = type(config)()
    changed = {name: value for name, value in recipe.switches.items() if getattr(config, name) == getattr(usual, name)}
    config = replace(config, **changed)
    if profile == "paper":
        size = replace(size, **recipe.profile)
    input_spec, frame_stride = module.inputs(config, size), recipe.frame_stride.get(corpus.name)
    if frame_stride:
        input_spec = replace(input_spec, step=frame_stride)
    return TrainingSpec(config, size, how, input_spec, learning(module, config, size), frame_stride)


def parts(module: ModuleType, row: str) -> tuple[str, ...]:
    """The trained rows whose scores a row averages: itself, or those of a fused row.

    Raises:
        KeyError: no such row; the message lists those that there are.
    """
    fused = getattr(module, "FUSED", {})
    if row not in fused and row not in module.ROWS:
        raise KeyError(f"No row of {module.PAPER} {row!r}: choose from {', '.join((*module.ROWS, *fused))}.")
    return fused.get(row, (row,))


def protocols() -> tuple[str, ...]:
    """Names of all protocols that a method knows, ``honest`` first."""
    return tuple(dict.fromkeys(name for paper in papers() for name in method(paper).PROTOCOLS))
