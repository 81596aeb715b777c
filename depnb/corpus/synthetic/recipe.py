"""Who is in a generated corpus, with which scores: AVEC's design, drawn from one seed."""

import hashlib
import json
import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from depnb.corpus.records import TASKS

if TYPE_CHECKING:
    import numpy as np  # numpy takes longer to import than a listing, which needs none of it, takes by itself

VERSION = 4
"""Raise when any frame, label or trajectory of any recipe changes."""

SEED = 2014
"""Fixed before any training."""

FIRST_SUBJECT = 203
FIRST_STRANGER = 10_000
"""Subject number of the first person whom only face pretraining sees; no corpus of any seed reaches it."""
SEVERE = 45.0
"""BDI-II score of severity 1; AVEC's labels end there."""
MOST_FRAMES = 2000
"""Of a video, which is filmed in memory: 1.8 GB of 640×480."""
WITHIN_SUBJECT_SHARE = 25 / 144
"""Variance between sessions of one person (sd 5) over the variance between people (sd 12)."""


@dataclass(frozen=True)
class Size:
    """How much is made: sessions, and the form of each video.

    Attributes:
        people: number of subjects by their sessions in (train, development, test); AVEC's overlap for quick, full.
        unseen: people with one video each, in no other partition.
    """

    people: tuple[tuple[tuple[int, int, int], int], ...]
    unseen: int
    frames: int
    height: int
    width: int
    fps: float


AVEC_PEOPLE = (
    ((1, 0, 0), 8), ((2, 0, 0), 2), ((0, 1, 0), 8), ((0, 2, 0), 1), ((0, 0, 1), 18), ((0, 0, 2), 7),
    ((1, 1, 0), 8), ((2, 1, 0), 7), ((1, 2, 0), 6), ((1, 0, 1), 4), ((0, 1, 1), 7), ((1, 1, 1), 5), ((1, 1, 2), 1),
)  # fmt: skip
"""82 people, 50 sessions per partition, overlaps 27/10/13, sessions per person 34/29/18/1 as in AVEC2013."""
TINY_PEOPLE = (
    ((1, 0, 0), 3), ((0, 1, 0), 2), ((0, 0, 1), 4), ((1, 1, 0), 2), ((2, 1, 0), 1), ((1, 0, 1), 1), ((0, 1, 1), 1),
    ((1, 1, 1), 1),
)  # fmt: skip
FEW_PEOPLE = (((1, 0, 0), 4), ((0, 1, 0), 2), ((0, 0, 1), 2))
SIZES = {
    "tiny": Size(TINY_PEOPLE, unseen=12, frames=16, height=128, width=128, fps=8.0),
    "quick": Size(AVEC_PEOPLE, unseen=100, frames=48, height=128, width=128, fps=8.0),
    "few": Size(FEW_PEOPLE, unseen=2, frames=240, height=480, width=640, fps=30.0),
    "standard": Size(AVEC_PEOPLE, unseen=400, frames=48, height=128, width=128, fps=8.0),
    "full": Size(AVEC_PEOPLE, unseen=100, frames=240, height=480, width=640, fps=30.0),
    "strangers-tiny": Size((((2, 0, 1), 8),), unseen=0, frames=4, height=128, width=128, fps=8.0),
    "strangers-quick": Size((((2, 0, 1), 120),), unseen=0, frames=12, height=128, width=128, fps=8.0),
    "strangers-standard": Size((((2, 0, 1), 120),), unseen=0, frames=12, height=128, width=128, fps=8.0),
    "strangers-full": Size((((6, 0, 2), 1000),), unseen=0, frames=48, height=480, width=640, fps=30.0),
}
BANDS = {
    "train": (26, 8, 7, 9),
    "development": (26, 4, 11, 9),
    "test": (25, 10, 8, 7),
    "unseen": (26, 8, 7, 9),
}
"""Recordings per severity band (minimal 0–13, mild 14–19, moderate 20–28, severe 29–45) in 50, as in AVEC2013."""
BAND_EDGES = ((0, 13), (14, 19), (20, 28), (29, 45))

LATER = frozenset({"permutation", "frames", "shortcut"})
"""Knobs that a fingerprint names only where they are set: corpora from before they existed keep their digests."""


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a generated corpus.

    Attributes:
        name: what tables call it.
        size: key of ``SIZES``.
        seed: source of all numbers.
        appearance: strength of the signal that one frame shows.
        dynamics: strength of the signal in the time scales.
        label_noise: sd in BDI points of what the face does not show: the RMSE nobody can beat is near it.
        identity: correlation of a person's mean score with their visible age (0 = none).
        shuffle_labels: lists of labels are permuted among people with as many sessions: nothing to learn but people.
        permutation: which of the permutations.
        shortcut: how closely glasses and a dark background follow the score in the partition train, and nowhere else:
            the correlation of normal scores by which they are dealt out (0 = they do not, up to 1; ``attributes``).
        tasks: which of AVEC2014's tasks are filmed.
        frames: of each video, where they are to be more than those of the size; 0 for those of the size.
    """

    name: str
    size: str
    seed: int = SEED
    appearance: float = 1.0
    dynamics: float = 1.0
    label_noise: float = 3.0
    identity: float = 0.0
    shuffle_labels: bool = False
    tasks: tuple[str, ...] = TASKS
    permutation: int = 0
    frames: int = 0
    shortcut: float = 0.0

    def __post_init__(self) -> None:
        if self.size not in SIZES:
            raise ValueError(f"No corpus size {self.size!r}: choose from {', '.join(SIZES)}.")
        if not set(self.tasks) <= set(TASKS) or not self.tasks:
            raise ValueError(f"tasks={self.tasks!r}: choose one or both of {', '.join(TASKS)}.")
        if not -1 <= self.identity <= 1 or self.label_noise < 0:
            raise ValueError(
                f"identity={self.identity} must lie in −1 … 1 and label_noise={self.label_noise} must not be negative."
            )
        if not 0 <= self.frames <= MOST_FRAMES:
            raise ValueError(f"frames={self.frames}: a generated video has at most {MOST_FRAMES} frames.")
        if not 0 <= self.shortcut <= 1 or (self.shortcut and self.shuffle_labels):
            raise ValueError(f"shortcut={self.shortcut} must lie in 0 … 1, and be 0 where labels are shuffled.")

    @property
    def form(self) -> Size:
        """People and form of the videos: those of the size, with as many frames as are asked for."""
        size = SIZES[self.size]
        return replace(size, frames=max(self.frames, size.frames))

    def fingerprint(self) -> dict[str, Any]:
        """What decides an experiment on this corpus."""
        knobs = {name: value for name, value in vars(self).items() if name not in LATER or value}
        return {
            "generated": VERSION,
            **knobs,
            "tasks": list(self.tasks),
            "form": {**vars(self.form)},
        }

    @classmethod
    def from_fingerprint(cls, facts: dict[str, Any]) -> "Recipe":
        """The recipe with this fingerprint.

        Raises:
            ValueError: there is none: another version of the generator made the corpus, or the facts were changed.
        """
        if facts.get("generated") != VERSION:
            raise ValueError(
                f"Corpus {facts.get('name')!r} was made by version {facts.get('generated')} of the generator, this is "
                f"version {VERSION}: make it again with `depnb corpus make`."
            )
        try:
            knobs = {name: value for name, value in facts.items() if name not in ("generated", "form")}
            recipe = cls(**{**knobs, "tasks": tuple(facts["tasks"])})
            if json.loads(json.dumps(recipe.fingerprint())) == facts:
                return recipe
        except (TypeError, KeyError, ValueError):
            pass
        raise ValueError("The facts are those of no recipe: make the corpus again with `depnb corpus make`.")

    def varied(self, **knobs: float | bool | None) -> "Recipe":
        """The recipe with other knobs, and a name that says so; ``None`` keeps a knob."""
        changes: dict[str, Any] = {k: v for k, v in knobs.items() if v is not None and v != getattr(self, k)}
        if not changes:
            return self
        said = ", ".join(f"{knob} {value:g}" for knob, value in changes.items())
        return replace(self, name=f"{self.name} ({said})", **changes)

    def lengthened(self, frames: int) -> "Recipe":
        """The recipe of videos of at least so many frames, of the same people with the same labels.

        Its videos are filmed anew: a longer one does not begin as the shorter one does.
        """
        return self if frames <= self.form.frames else self.varied(frames=frames)

    def videos(self) -> "Recipe":
        """The recipe that renders this one's videos: labels may be shuffled, videos never are."""
        return replace(self, name="both", shuffle_labels=False, permutation=0) if self.shuffle_labels else self

    def digest(self) -> str:
        """Eight hexadecimal digits that name the folder."""
        text = json.dumps(self.fingerprint(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]


# Where only movement tells, it tells more: the fifty short videos of `quick` would otherwise be too few to find it.
NAMED: dict[str, dict[str, Any]] = {
    "both": {},
    "appearance": {"dynamics": 0.0, "tasks": ("Freeform",)},
    "dynamics": {"appearance": 0.0, "dynamics": 2.0, "tasks": ("Freeform",)},
    "null": {"shuffle_labels": True},
    "shortcut": {"shortcut": 0.9},
}


@cache
def drawn(name: str) -> tuple[str, int] | None:
    """What the name of a generated corpus means, with or without a size: ``both2`` is the second further ``both``.

    Returns:
        a key of ``NAMED`` and the number of the draw, 0 for the first; ``None`` if it is the name of a folder.
    """
    found = re.fullmatch(r"([a-z]+)([1-9][0-9]{0,5})?", name.partition("-")[0])
    return (found[1], int(found[2] or 0)) if found and found[1] in NAMED else None


def named_recipe(name: str) -> Recipe:
    """Recipe of ``both``, ``appearance``, ``dynamics``, ``null`` or ``shortcut``; with a size as in ``both-tiny``.

    ``both2`` is the second further draw of ``both``, with other people. ``null3`` is the third further permutation of
    the labels of ``null``; its people are those of ``both``.

    Raises:
        ValueError: for a name or size that does not exist.
    """
    found = drawn(name)
    if found is None:
        raise ValueError(
            f"No generated corpus {name!r}: choose from {', '.join(NAMED)} (with -tiny, -quick, -standard or -full)."
        )
    (plain, number), (base, _, size) = found, name.partition("-")
    further: dict[str, Any] = {"permutation": number} if plain == "null" else {"seed": SEED + number}
    return Recipe(name=base, size=size or "quick", **NAMED[plain], **further)


def is_named(name: str) -> bool:
    """Whether a name, with or without a size, is that of a generated corpus, and not of a folder."""
    return drawn(name) is not None


def pretraining_identities(size: str) -> Recipe:
    """People who occur in no corpus, for face pretraining: each in several sessions, the last ones kept for a check.

    Args:
        size: ``tiny``, ``quick``, ``standard`` or ``full``.
    """
    return Recipe(name="strangers", size=f"strangers-{size}", tasks=TASKS[:1])


@dataclass(frozen=True)
class Session:
    """One planned session: the label that is written down, and the severity that the videos show."""

    id: str
    partition: str
    bdi: int
    severity: float
    age_z: float

    @property
    def subject(self) -> int:
        return int(self.id.split("_")[0])


@cache
def sessions(recipe: Recipe) -> tuple[Session, ...]:
    """Plan all sessions of a corpus.

    Scores are drawn by rank: each partition has AVEC's number of recordings per band, and a person's sessions
    lie near each other (sd 5 BDI points). The videos show ``bdi`` plus ``label_noise``.
    """
    import numpy as np

    size = SIZES[recipe.size]
    rng = np.random.default_rng([recipe.seed, 1])
    kinds = [counts for counts, people in size.people for _ in range(people)]
    rng.shuffle(kinds)
    first = FIRST_STRANGER if recipe.size.startswith("strangers") else FIRST_SUBJECT
    plan = [
        (first + person, partition)
        for person, counts in enumerate(kinds)
        for partition, n in zip(("train", "development", "test"), counts, strict=True)
        for _ in range(n)
    ]
    plan += [(first + len(kinds) + k, "unseen") for k in range(size.unseen)]
    people = sorted({subject for subject, _ in plan})
    trait = dict(zip(people, rng.normal(size=len(people)), strict=True))
    ages = rng.normal(size=len(people))
    age = {
        s: recipe.identity * trait[s] + np.sqrt(1 - recipe.identity**2) * a for s, a in zip(people, ages, strict=True)
    }
    latent = np.array([trait[s] for s, _ in plan]) + np.sqrt(WITHIN_SUBJECT_SHARE) * rng.normal(size=len(plan))
    bdi = np.zeros(len(plan), dtype=int)
    for partition, bands in BANDS.items():
        rows = np.array([k for k, (_, p) in enumerate(plan) if p == partition], dtype=int)
        bdi[rows[np.argsort(latent[rows])]] = _scores(rng, bands, len(rows))
    shown = bdi + recipe.label_noise * rng.normal(size=len(plan))
    if recipe.shuffle_labels:
        bdi = _shuffled(recipe, plan, bdi)
    count: dict[int, int] = {}
    planned = []
    for (subject, partition), label, value in zip(plan, bdi, shown, strict=True):
        count[subject] = count.get(subject, 0) + 1
        severity = float(np.clip(value / SEVERE, -0.1, 1.1))
        planned.append(Session(f"{subject}_{count[subject]}", partition, int(label), severity, float(age[subject])))
    return tuple(planned)


def noise_floor(recipe: Recipe) -> float | None:
    """RMSE in BDI points of the predictor that knows the severity shown; ``None`` where labels are shuffled."""
    if recipe.shuffle_labels:
        return None
    import numpy as np

    plan = sessions(recipe)
    return float(np.sqrt(np.mean([(s.bdi - np.clip(s.severity * SEVERE, 0, SEVERE)) ** 2 for s in plan])))


def _scores(rng: "np.random.Generator", bands: tuple[int, ...], n: int) -> "np.ndarray":
    """``n`` ascending scores with the bands' shares; low scores are likelier within a band."""
    import numpy as np

    shares = np.cumsum(bands) / sum(bands)
    places = (np.arange(n) + 0.5) / n
    which = np.searchsorted(shares, places)
    low, high = np.array(BAND_EDGES).T
    draws = rng.beta(1.0, 1.4, size=n)
    return np.sort(np.round(low[which] + draws * (high - low)[which]).astype(int))


def _shuffled(recipe: Recipe, plan: list[tuple[int, str]], bdi: "np.ndarray") -> "np.ndarray":
    """Permute whole lists of labels among people with the same number of sessions, ``unseen`` apart."""
    import numpy as np

    rng = np.random.default_rng([recipe.seed, 2, *([recipe.permutation] if recipe.permutation else [])])
    rows: dict[int, list[int]] = {}
    for k, (subject, _) in enumerate(plan):
        rows.setdefault(subject, []).append(k)
    groups: dict[tuple[int, bool], list[int]] = {}
    for subject, own in rows.items():
        groups.setdefault((len(own), plan[own[0]][1] == "unseen"), []).append(subject)
    shuffled = bdi.copy()
    for members in groups.values():
        for taker, giver in zip(members, rng.permutation(members), strict=True):
            shuffled[rows[taker]] = bdi[rows[int(giver)]]
    return shuffled
