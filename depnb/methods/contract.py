"""What a paper is to the rest of the package: ``Paper`` and its parts. Needs no torch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol as Interface

from depnb.inputs.spec import InputSpec
from depnb.methods.profiles import Profile, Scale

if TYPE_CHECKING:
    from torch import Tensor, nn

    from depnb.methods.shapes import Diagram


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
    """What a network answers, besides being an ``nn.Module`` from inputs [B, …], or a named tuple of several, to an
    output.

    Attributes:
        body: the convolutional part, which pretraining fills when ``Config.start`` says so.
        attended: the layer whose map [B, C, h, w] or [B, C, T, h, w] Grad-CAM looks at; ``None`` where there is none.
    """

    @property
    def body(self) -> "nn.Module": ...

    @property
    def attended(self) -> "nn.Module | None": ...

    def __call__(self, inputs: Any) -> Any: ...

    def eval(self) -> Any: ...

    def parameters(self) -> "Iterator[nn.Parameter]": ...

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> Any: ...

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

    What a row names itself in brackets (``methods.adhoc``) stays as it is.

    Attributes:
        switches: of ``Config``, for each row that leaves them at their default.
        demanded: configuration of a row → switches that it has under this protocol, whatever it says itself.
        profile: fields of the profile ``paper``.
        frame_stride: stride between the frames of a video that are used, by corpus; of others what the method does
            anyway.
    """

    switches: Mapping[str, Any] = field(default_factory=dict)
    demanded: Callable[[Any], Mapping[str, Any]] = field(default=lambda config: {}, repr=False, compare=False)
    profile: Mapping[str, Any] = field(default_factory=dict)
    frame_stride: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Protocol:
    """Who is trained on, what selects the step of training, and on the papers' own data also how.

    Attributes:
        train: partitions that are trained on.
        select: partition whose RMSE selects the step; ``None`` takes the last step.
        new_people: of that partition only people who are not trained on.
        folds: if not 0, all people of ``train`` are cut into that many subject-disjoint folds; each is predicted by a
            network that was trained without it, its step selected on the next fold.
        recipe: how the training goes on the papers' own data.
    """

    train: tuple[str, ...]
    select: str | None
    folds: int = 0
    recipe: Recipe = field(default=Recipe(), hash=False)
    new_people: bool = False

    @property
    def facts(self) -> dict[str, Any]:
        """What decides numbers on every corpus, JSON-able."""
        special = {"new_people": True} if self.new_people else {}
        return {"train": self.train, "select": self.select, "folds": self.folds} | special

    @property
    def title(self) -> str:
        """The habit in words, as a table names it in the row."""
        if self.folds:
            return f"{self.folds} subject-disjoint folds, step chosen on a fold of its own"
        whom = f"new people of {self.select}" if self.new_people else self.select
        chosen = f"step chosen on {whom}" if self.select else "last step"
        return f"trained on {' + '.join(self.train)}, {chosen}"


HONEST = Protocol(train=("train",), select="development", new_people=True)
"""On a generated corpus it takes the last step: there the length is a matter of the profile, tried on other corpora,
and nothing is left to select (``registry.specification``)."""
SELECTED = Protocol(train=("train",), select="development")
"""Chosen on all of development, of whom many are in training too: a control."""
SELECTED_NEW = Protocol(train=("train",), select="development", new_people=True)
"""As ``HONEST`` on real people, on generated ones too: a control."""
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
        epsilon: of Adam, added to what a step is divided by.
        patience: the training ends when ``stop_on`` has not fallen for so many steps; 0: never before its last step.
        stop_on: ``training``, the loss of a step, whose lowest value is chance; ``smoothed``, the loss of one
            input of each training video, looked at every ``patience`` steps; ``development``, the error on the
            selecting partition, looked at in each check, and where there is no such partition as ``smoothed`` (E52).
        epochs: length of a face pretraining, in looks at each of its pictures; ``None`` is a share of the profile's
            steps.
        may_diverge: a loss or an error that is no finite number is not an error of the run, but ends the training: for
            a sweep of learning rates, of which some are too large.
    """

    optimiser: Literal["adam", "sgd"] = "adam"
    schedule: Literal["one_cycle", "inverse", "inv", "tenths", "constant"] = "one_cycle"
    rate: float = 1.0
    longer: float = later(1)
    weight_decay: float | None = later(None)
    patience: int = later(0)
    stop_on: Literal["training", "smoothed", "development"] = later("training")
    may_diverge: bool = later(False)
    epochs: float | None = later(None)
    epsilon: float = later(1e-8)


OURS = Learning()
FURTHER = ("both1", "both2")
"""Further draws of ``both``, other people, on which the papers' own models are repeated."""
FACE_EPOCHS = 10
"""Length of the face pretraining at the profile ``paper``; ours, where a paper takes ready weights."""


class Learnings(NamedTuple):
    """How a row learns scores, and before them faces."""

    scores: Learning = OURS
    faces: Learning = OURS


def learning_faces(
    profile: Profile, usual: Learning = OURS, epochs: float = FACE_EPOCHS, own: float | None = None
) -> Learning:
    """How faces are learnt at a profile: as usual, at ``paper`` for so many epochs; as long as the row itself says."""
    long = own or (epochs if profile.name == "paper" else None)
    return replace(usual, epochs=long) if long else usual


def _usual_learning(config: Any, profile: Profile) -> Learnings:
    return Learnings(faces=learning_faces(profile))


@dataclass(frozen=True)
class Claim:
    """“``row`` has the smaller RMSE than ``other``”, as a paper says it or as an honest evaluation demands.

    The claims of a paper are one family, whose p-values are corrected together (``reports.claims``): they are listed
    before anything is trained.

    Attributes:
        text: the claim in words, so that it can follow “The paper says that” or “We ask whether”.
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


@dataclass(frozen=True, eq=False)
class Paper:
    """One paper: all that the loop, the evaluation, the tables and the command line know of it.

    The folder ``depnb/methods/<name>/`` makes one in its ``rows.py``, as ``PAPER``. That file needs no torch, because
    listings and tables import it too. ``inputs``, ``model`` and ``diagrams`` import the network when they are called.

    Attributes:
        name: in results and on the command line; that of the folder.
        title: how prose and pictures name it.
        notebook: file name of its notebook without suffix; papers stand in the order of these names.
        citation: authors, title, place and year.
        version: raised when the numbers that come out change.
        profiles: how large it is, by profile; those of images or those of clips (``methods.profiles``).
        config: frozen dataclass of the switches, every one with a default; those added after the first results are
            ``later`` ones.
        rows: configurations of its tables by name.
        own: the row, or the fused one, that is the paper's own model as this project trains it.
        grid: by ``headline``, ``all`` and, if there are any, ``controls``, the (row, corpus) or (row, corpus, protocol)
            that are run; without a protocol ``honest``.
        protocols: what ``honest``, ``paper`` and others mean here.
        tables: by printed table, which of our rows is which printed method.
        claims: what the paper says of its rows, and what an honest evaluation demands.
        figures: figures of the paper that are drawn from results, by name.
        inputs: (configuration, profile) → what the network is given.
        model: (configuration, scale) → the network; at ``Scale()`` the paper's own.
        learning: (configuration, profile) → how its steps follow from gradients, and those of its face pretraining.
        fused: by name, the rows whose video scores a row averages that is not trained itself.
        diagrams: gives the drawings of how the method works, by name.
    """

    name: str
    title: str
    notebook: str
    citation: str
    version: int
    profiles: Mapping[str, Profile]
    config: type
    rows: Mapping[str, Any]
    own: str
    grid: Mapping[str, Sequence[tuple[str, ...]]]
    protocols: Mapping[str, Protocol]
    tables: Mapping[str, Mapping[str, str]]
    claims: Sequence[Claim]
    figures: Mapping[str, Figure]
    inputs: Callable[[Any, Any], InputSpec]
    model: "Callable[[Any, Scale], Network]"
    learning: Callable[[Any, Any], Learnings] = _usual_learning
    fused: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    diagrams: "Callable[[], Mapping[str, Diagram]]" = dict


def lookup(known: Mapping[str, Any], name: str, what: str) -> Any:
    """The one of that name.

    Raises:
        KeyError: there is none; the message lists those that there are.
    """
    if name not in known:
        raise KeyError(f"No {what} {name!r}: choose from {', '.join(known)}.")
    return known[name]


def require_choice(name: str, value: Any, allowed: Sequence[Any]) -> None:
    """Demand one of the values that a setting can have.

    Raises:
        ValueError: it is none of them; the message lists them.
    """
    if value not in allowed:
        raise ValueError(f"{name}={value!r}: choose from {', '.join(map(str, allowed))}.")


def check_switches(known: Mapping[str, Sequence[Any]], **given: Any) -> None:
    """``require_choice`` for each switch that is given, by the values that are known of it."""
    for name, value in given.items():
        require_choice(name, value, known[name])
