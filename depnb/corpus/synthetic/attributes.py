"""Who is seen in each session, and what is known of them because it was drawn: age, skin tone, glasses, background.

In a corpus with a shortcut, glasses and backgrounds of the partition ``train`` are dealt out again so that they follow
the score. What is dealt out is what the same sessions have without the shortcut, so only the association is new; every
other partition is filmed as without it.
"""

import json
from dataclasses import dataclass, fields, replace
from functools import cache
from statistics import NormalDist
from typing import Any

import numpy as np

from depnb.corpus.synthetic.people import Person, Scene, draw_person, draw_scene
from depnb.corpus.synthetic.recipe import Recipe, Session, sessions

DEALT = "train"
"""The partition in which a shortcut is."""
NUISANCES = ("glasses", "background")
"""What a shortcut ties to the score."""


@dataclass(frozen=True)
class Attributes:
    """What is known of one session.

    Attributes:
        age: of the person, 0 (youngest) to 1.
        tone: of the skin, 0 (light) to 1 (dark).
        glasses: whether they are worn, 0 or 1.
        background: brightness of the room's wall, 0 (black) to 1.
    """

    age: float
    tone: float
    glasses: float
    background: float


def attributes(recipe: Recipe) -> dict[str, Attributes]:
    """Of each session, by its id. Nothing is rendered."""
    return dict(_attributes(recipe.videos()))


def attributes_of(corpus: str, fingerprint: dict[str, Any]) -> dict[str, Attributes]:
    """Of each session of a corpus, by its id, from what identifies it in a result.

    Args:
        corpus: its name, for a message. fingerprint: of the corpus.

    Raises:
        ValueError: it was not generated, or by another version of the generator.
    """
    if "generated" not in fingerprint:
        raise ValueError(
            f"{corpus} shows real people: no skin tone, age or glasses of theirs are known, and none may be kept. Only "
            "people of a generated corpus have known attributes: take one, such as both."
        )
    return attributes(Recipe.from_fingerprint(json.loads(json.dumps(fingerprint))))


def by_name(known: dict[str, Attributes]) -> dict[str, dict[str, float]]:
    """The numbers of sessions, by name of the attribute."""
    return {field.name: {id: getattr(own, field.name) for id, own in known.items()} for field in fields(Attributes)}


@cache
def _attributes(recipe: Recipe) -> tuple[tuple[str, Attributes], ...]:
    known = []
    for session in sessions(recipe):
        person, scene = seen(recipe, session)
        glasses = float(bool(person.glasses))
        known.append((session.id, Attributes(person.age, person.tone, glasses, _brightness(scene))))
    return tuple(known)


def seen(recipe: Recipe, session: Session) -> tuple[Person, Scene]:
    """The person and the room that a session shows."""
    person, scene = _drawn(recipe, session)
    if recipe.shortcut and session.partition == DEALT:
        return _dealt(recipe)[session.id]
    return person, scene


def _drawn(recipe: Recipe, session: Session) -> tuple[Person, Scene]:
    number = int(session.id.split("_")[1])
    person = draw_person(np.random.default_rng([recipe.seed, 10, session.subject]), session.age_z)
    return person, draw_scene(np.random.default_rng([recipe.seed, 11, session.subject, number]))


@cache
def _dealt(recipe: Recipe) -> dict[str, tuple[Person, Scene]]:
    """The sessions of ``train``: as many of them with glasses as before, and the same backgrounds, by their scores."""
    plan = [session for session in sessions(recipe) if session.partition == DEALT]
    before = [_drawn(recipe, session) for session in plan]
    rng = np.random.default_rng([recipe.seed, 13])
    scores = np.array([session.bdi for session in plan], dtype=float)
    wearing = sum(bool(person.glasses) for person, _ in before)
    with_glasses = set(_by_score(scores, recipe.shortcut, rng)[len(plan) - wearing :].tolist())
    darkest_last = sorted((scene for _, scene in before), key=_brightness, reverse=True)
    rooms = dict(zip(_by_score(scores, recipe.shortcut, rng).tolist(), darkest_last, strict=True))
    shown = {}
    for place, (session, (person, scene)) in enumerate(zip(plan, before, strict=True)):
        own = np.random.default_rng([recipe.seed, 14, session.subject])
        style = person.glasses or str(own.choice(["round", "square"]))
        worn = replace(person, glasses=style if place in with_glasses else "")
        shown[session.id] = worn, replace(scene, background=rooms[place].background)
    return shown


def _by_score(scores: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Places of scores [N] in an order that follows them: ``strength`` 1 is theirs, 0 any."""
    normal = NormalDist()
    ranks = np.empty(len(scores))
    ranks[np.lexsort((rng.random(len(scores)), scores))] = np.arange(len(scores))
    z = np.array([normal.inv_cdf((rank + 0.5) / len(scores)) for rank in ranks])
    return np.argsort(strength * z + np.sqrt(1 - strength**2) * rng.normal(size=len(scores)))


def _brightness(scene: Scene) -> float:
    return float(np.mean(scene.background))
