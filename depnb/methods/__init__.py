"""The methods. The loop, the evaluation and the tables know them only through what is written here.

A method is a module of this package with

* ``PAPER`` (its name in results), ``NOTEBOOK``, ``CITATION``, ``VERSION`` (raised when its numbers change);
* ``PROFILES``: how large it is by profile, those of images or those of clips (``profiles``);
* ``Config``: frozen dataclass of the paper's switches, those added after the first results ``later`` ones;
* ``ROWS``: configurations of its tables by name;
* ``FUSED``, if there is such a row: by name, the rows whose video scores it averages; it is not trained;
* ``GRID``: the (row, corpus) or (row, corpus, protocol) of ``headline`` and of ``all``; without a protocol ``honest``;
* ``PROTOCOLS``: what ``honest``, ``paper`` and others mean here;
* ``TABLES``: by printed table, which of our rows is which printed method; ``CLAIMS``: what the paper says of them;
* ``FIGURES``: figures of the paper that are drawn from results, by name (``figures.KINDS``);
* ``inputs(config, profile)``: what the network eats, a ``clips.Input``;
* ``model(config, scale)``: a ``Network``, at ``Scale()`` the paper's own;
* ``learning(config, profile)``, if not ours for all rows: how its steps follow from gradients, and before them those of
  the face pretraining, ``Learnings``.

A new file with these is a new method; nothing else lists it.
"""

import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from typing import Protocol as Interface

if TYPE_CHECKING:  # torch takes seconds to import, and who reads baselines or protocols needs none
    from torch import Tensor, nn

    from depnb.clips import Input
    from depnb.corpus import Corpus
    from depnb.profiles import Profile


def later(default: Any) -> Any:
    """A switch of a ``Config`` or a ``Learning`` whose default is what was done before there was the switch.

    At this default it is not among the facts of a run, so that results from before stay valid.
    """
    return field(default=default, metadata={"later": True})


def switches(config: Any) -> dict[str, Any]:
    """The switches that decide a row's numbers: all, but those that are ``later`` only where they are set."""
    found = {f.name: (getattr(config, f.name), f) for f in fields(config)}
    return {name: value for name, (value, f) in found.items() if not f.metadata.get("later") or value != f.default}


class Network(Interface):
    """What is asked of a network, besides being an ``nn.Module`` from inputs [B, …], or a named tuple of several, to an
    output.

    Attributes:
        body: the convolutional part, which pretraining fills when ``Config.start`` says so.
        attended: the layer whose map [B, C, h, w] or [B, C, T, h, w] Grad-CAM looks at; ``None`` where there is none.
    """

    body: "nn.Module"
    attended: "nn.Module | None"

    def start_at(self, bdi: "Tensor") -> None:
        """Let the untrained network predict what is known without looking: the labels [N] it will train on."""

    def loss(self, output: "Tensor", bdi: "Tensor") -> "Tensor":
        """Training loss of the batch, a scalar; ``bdi`` [B] in BDI-II points."""

    def score(self, output: "Tensor") -> "Tensor":
        """Predicted BDI-II [B], in points."""

    def describe(self, output: "Tensor") -> "Mapping[str, Tensor]":
        """More to watch during training, each [B]; may be empty."""


@dataclass(frozen=True)
class Recipe:
    """What a protocol changes in a training on the papers' own data, beside who is trained on.

    On a generated corpus it changes nothing: there protocols are compared, and all else has to be alike.

    Attributes:
        switches: of ``Config``, for each row that leaves them at their default.
        profile: fields of the profile ``paper``.
        every: every how manieth frame of a video is used, by corpus; of others what the method does anyway.
        guesses: what the paper does not state, and what is done.
    """

    switches: Mapping[str, Any] = field(default_factory=dict)
    profile: Mapping[str, Any] = field(default_factory=dict)
    every: Mapping[str, int] = field(default_factory=dict)
    guesses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Protocol:
    """Who is trained on, what selects the step of training, and on the papers' own data also how.

    Attributes:
        train: partitions that are trained on.
        select: partition whose RMSE selects the step; ``None`` takes the last step.
        folds: if not 0, all people of ``train`` are cut into that many subject-disjoint folds; each is predicted by a
            network that was trained without it, its step selected on the next fold.
        recipe: how the training goes on the papers' own data.
    """

    train: tuple[str, ...]
    select: str | None
    folds: int = 0
    recipe: Recipe = field(default=Recipe(), hash=False)

    @property
    def facts(self) -> dict[str, Any]:
        """What decides numbers on every corpus, JSON-able."""
        return {"train": self.train, "select": self.select, "folds": self.folds}

    @property
    def title(self) -> str:
        """The habit in words, as a table names it in the row."""
        if self.folds:
            return f"{self.folds} subject-disjoint folds, step chosen on a fold of its own"
        chosen = f"step chosen on {self.select}" if self.select else "last step"
        return f"trained on {' + '.join(self.train)}, {chosen}"


HONEST = Protocol(train=("train",), select="development")
DISJOINT = Protocol(train=("train", "development", "test"), select=None, folds=5)


def as_printed(recipe: Recipe) -> Protocol:
    """Trained on training and development together, its last step taken: how MSN's paper says it, and how those of the
    others are read that name no partitions."""
    return Protocol(train=("train", "development"), select=None, recipe=recipe)


@dataclass(frozen=True)
class Learning:
    """How steps follow from gradients (``training.optimiser``), and when they end.

    Attributes:
        optimiser: Adam, or stochastic gradient descent with momentum 0.9.
        schedule: of the learning rate: one cycle up and down, largest after three tenths; ``inverse``, divided by 1 +
            5e-4·step (E26); ``inv``, as Caffe calls it, divided by (1 + 1e-4·step)^¾; ``tenths``, divided by ten after
            each third of the steps; ``constant``.
        rate: largest learning rate as a multiple of the profile's.
        longer: so many times as many steps as the profile says.
        weight_decay: L2, added to the gradients; ``None`` is 1e-4 for stochastic gradient descent, and none for Adam.
        patience: the training ends when ``stop_on`` has not fallen for so many steps; 0: never before its last step.
        stop_on: the loss of a step, or the error on the selecting partition, which is looked at in each check.
        may_diverge: a loss or an error that is no finite number is not an error of the run, but ends the training: for
            a sweep of learning rates, of which some are too large.
    """

    optimiser: Literal["adam", "sgd"] = "adam"
    schedule: Literal["one_cycle", "inverse", "inv", "tenths", "constant"] = "one_cycle"
    rate: float = 1.0
    longer: float = later(1)
    weight_decay: float | None = later(None)
    patience: int = later(0)
    stop_on: Literal["training", "development"] = later("training")
    may_diverge: bool = later(False)


OURS = Learning()


class Learnings(NamedTuple):
    """How a row learns scores, and before them faces."""

    scores: Learning = OURS
    faces: Learning = OURS


@dataclass(frozen=True)
class Claim:
    """“``row`` has the smaller RMSE than ``other``”, as a paper says it or as an honest evaluation demands.

    Attributes:
        text: the claim in words.
        row, corpus, protocol: whose error.
        other: the rival row (on the same corpus), or the predictor ``constant`` or ``identity_only``.
        other_protocol: of the rival, where it differs.
        partition: where both are judged.
        printed: whether the paper makes the claim; else it is ours.
    """

    text: str
    row: str
    other: str
    corpus: str = "both"
    protocol: str = "honest"
    other_protocol: str | None = None
    partition: str = "unseen"
    printed: bool = True


@dataclass(frozen=True)
class Figure:
    """A figure of a paper that is drawn from its results.

    Attributes:
        kind: one of ``figures.KINDS``.
        rows: whose results it shows.
        caption: without the corpus, which the figure stage adds.
    """

    kind: str
    rows: tuple[str, ...]
    caption: str


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


class Asked(NamedTuple):
    """All that a run's name stands for.

    Attributes:
        config: of its row. profile: its size. protocol: who is trained on. eats: what its network is given.
        learning: how it learns.
        every: every how manieth frame of a video is used, where the protocol says so for the corpus.
    """

    config: Any
    profile: "Profile"
    protocol: Protocol
    eats: "Input"
    learning: Learnings
    every: int | None


def asked(module: ModuleType, row: str, profile: str, protocol: str, corpus: "Corpus") -> Asked:
    """What is trained for a row, at a profile, under a protocol, on a corpus.

    Raises:
        KeyError: no such profile or protocol; the message lists those that there are.
    """
    config, size = module.ROWS[row], pick(module.PROFILES, profile, "profile")
    how = pick(module.PROTOCOLS, protocol, f"protocol of {module.PAPER}")
    recipe = Recipe() if corpus.generated else how.recipe
    usual = type(config)()
    changed = {name: value for name, value in recipe.switches.items() if getattr(config, name) == getattr(usual, name)}
    config = replace(config, **changed)
    if profile == "paper":
        size = replace(size, **recipe.profile)
    eats, every = module.inputs(config, size), recipe.every.get(corpus.name)
    if every:
        eats = replace(eats, step=every)
    return Asked(config, size, how, eats, learning(module, config, size), every)


def pick(known: Mapping[str, Any], name: str, what: str) -> Any:
    """The one of that name.

    Raises:
        KeyError: there is none; the message lists those that there are.
    """
    if name not in known:
        raise KeyError(f"No {what} {name!r}: choose from {', '.join(known)}.")
    return known[name]


def one_of(name: str, value: Any, allowed: Sequence[Any]) -> None:
    """Demand one of the values that a setting can have.

    Raises:
        ValueError: it is none of them; the message lists them.
    """
    if value not in allowed:
        raise ValueError(f"{name}={value!r}: choose from {', '.join(map(str, allowed))}.")


def check_switches(known: Mapping[str, Sequence[Any]], **given: Any) -> None:
    """``one_of`` for each switch that is given, by the values that are known of it."""
    for name, value in given.items():
        one_of(name, value, known[name])


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
