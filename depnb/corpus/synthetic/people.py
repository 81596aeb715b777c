"""Who is filmed, and in which room: identities and scenes as small vectors of numbers."""

from dataclasses import dataclass

import numpy as np

AGE_MEAN, AGE_SD = 0.42, 0.24
"""Of the ages of all people, which are normal and end at 0 and 1."""
TONE_POWER = 1.3
"""The tone of a skin is a uniform number to this power."""


@dataclass(frozen=True)
class Person:
    """A procedural identity.

    Lengths are in face units (the chin lies about 0.9 below the point between the eyes' height and the nose
    bridge's middle); colours are RGB in 0–1; ``age`` runs from 0 to 1, ``tone`` of the skin from 0 (light) to 1 (dark).
    """

    face_width: float
    forehead: float
    chin: float
    taper: float
    depth: float
    eye_x: float
    eye_y: float
    eye_width: float
    eye_height: float
    eye_tilt: float
    nose_width: float
    nose_tip: float
    nose_height: float
    mouth_y: float
    mouth_width: float
    upper_lip: float
    lower_lip: float
    brow_gap: float
    brow_thickness: float
    brow_arch: float
    rest_mouth: float
    rest_brow: float
    rest_lid: float
    asymmetry: float
    age: float
    tone: float
    skin: tuple[float, float, float]
    hair: tuple[float, float, float]
    iris: tuple[float, float, float]
    lip_red: float
    freckles: float
    hairline: float
    parting: float
    hair_volume: float
    hair_style: str
    beard: float
    glasses: str
    glasses_colour: tuple[float, float, float]
    texture_seed: int


@dataclass(frozen=True)
class Scene:
    """What changes from one session to the next: light, room, clothes and camera."""

    light_x: float
    light_y: float
    ambient: float
    fill: float
    exposure: float
    warmth: float
    background: tuple[float, float, float]
    background_kind: str
    shirt: tuple[float, float, float]
    collar: bool
    noise: float
    softness: float
    scale: float
    shift_x: float
    shift_y: float
    texture_seed: int


def draw_person(rng: np.random.Generator, age_z: float | None = None) -> Person:
    """Draw an identity.

    Args:
        rng: source of all numbers.
        age_z: standard-normal value that fixes the age (0–1); drawn where ``None``.
    """

    def uniform(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    drawn_age_z = float(rng.normal())
    age = float(np.clip(AGE_MEAN + AGE_SD * (drawn_age_z if age_z is None else age_z), 0, 1))
    tone = uniform(0, 1) ** TONE_POWER
    light, dark = np.array([0.93, 0.76, 0.66]), np.array([0.36, 0.23, 0.17])
    skin = (light * (1 - tone) + dark * tone) * np.array([1, uniform(0.96, 1.03), uniform(0.94, 1.04)])
    blonde = uniform(0, 1) ** 2 * (1 - 0.8 * tone)
    hair = np.array([0.10, 0.075, 0.06]) + blonde * np.array([0.52, 0.38, 0.20])
    grey = float(np.clip((age - 0.55) * 2.2, 0, 1)) * uniform(0.4, 1)
    hair = hair * (1 - grey) + np.array([0.62, 0.61, 0.60]) * grey
    irises = [(0.24, 0.14, 0.07), (0.30, 0.18, 0.08), (0.25, 0.40, 0.52), (0.30, 0.38, 0.24)]
    iris = irises[
        int(rng.choice(4, p=[0.35 + 0.5 * tone, 0.15, 0.3 * (1 - tone) + 0.0, 0.5 - 0.5 * tone - 0.3 * (1 - tone)]))
    ]
    masculine = rng.random() < 0.5
    styles = ["short", "receding", "bald"] if masculine else ["long", "bob", "bun"]
    weights = [0.75 - 0.3 * age, 0.15 + 0.2 * age, 0.10 + 0.1 * age] if masculine else [0.45, 0.35, 0.2]
    style = str(rng.choice(styles, p=weights))
    has_beard, beard = rng.random() < 0.45, uniform(0.2, 0.85)
    has_glasses = rng.random() < 0.22 + 0.15 * age
    return Person(
        face_width=uniform(0.62, 0.71) + 0.015 * masculine,
        forehead=uniform(0.86, 0.96),
        chin=uniform(0.85, 0.95),
        taper=uniform(0.16, 0.34) - 0.06 * masculine,
        depth=uniform(0.46, 0.54),
        eye_x=uniform(0.275, 0.315),
        eye_y=uniform(-0.13, -0.08),
        eye_width=uniform(0.125, 0.150),
        eye_height=uniform(0.050, 0.068),
        eye_tilt=uniform(-0.10, 0.06),
        nose_width=uniform(0.115, 0.155),
        nose_tip=uniform(0.19, 0.26),
        nose_height=uniform(0.13, 0.19),
        mouth_y=uniform(0.45, 0.52),
        mouth_width=uniform(0.215, 0.270),
        upper_lip=uniform(0.032, 0.055),
        lower_lip=uniform(0.045, 0.070),
        brow_gap=uniform(0.150, 0.185),
        brow_thickness=uniform(0.016, 0.026) + 0.006 * masculine,
        brow_arch=uniform(0.015, 0.05),
        rest_mouth=float(rng.normal(0, 0.15)),
        rest_brow=float(rng.normal(0, 0.15)),
        rest_lid=float(rng.normal(0, 0.05)),
        asymmetry=float(rng.normal(0, 0.012)),
        age=age,
        tone=tone,
        skin=_colour(skin),
        hair=_colour(hair),
        iris=iris,
        lip_red=uniform(0.75, 1.0) - 0.15 * masculine,
        freckles=uniform(0, 1) ** 3 * (1 - tone),
        hairline=uniform(0.50, 0.62),
        parting=uniform(-0.25, 0.25),
        hair_volume=uniform(0.04, 0.14),
        hair_style=style,
        beard=beard if masculine and has_beard else 0.0,
        glasses=str(rng.choice(["round", "square"])) if has_glasses else "",
        glasses_colour=_colour(np.array([[0.08, 0.08, 0.09], [0.30, 0.17, 0.09], [0.45, 0.43, 0.40]])[rng.integers(3)]),
        texture_seed=int(rng.integers(2**31)),
    )


def draw_scene(rng: np.random.Generator) -> Scene:
    """Draw a session's light, room, clothes and camera."""

    def uniform(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    grey = uniform(0.35, 0.85)
    background = grey + 0.25 * (rng.uniform(0, 1, 3) - 0.5)
    shirt = uniform(0.08, 0.75) + 0.45 * (rng.uniform(0, 1, 3) - 0.5)
    return Scene(
        light_x=uniform(-0.65, 0.65),
        light_y=uniform(-0.75, -0.15),
        ambient=uniform(0.34, 0.50),
        fill=uniform(0.05, 0.22),
        exposure=uniform(0.85, 1.15),
        warmth=uniform(-0.06, 0.06),
        background=_colour(background),
        background_kind=str(rng.choice(["wall", "shelf", "window", "curtain"])),
        shirt=_colour(shirt),
        collar=bool(rng.random() < 0.4),
        noise=uniform(0.006, 0.018),
        softness=uniform(0.0, 0.5),
        scale=uniform(1.05, 1.22),
        shift_x=uniform(-0.08, 0.08),
        shift_y=uniform(-0.05, 0.05),
        texture_seed=int(rng.integers(2**31)),
    )


def _colour(values: np.ndarray) -> tuple[float, float, float]:
    red, green, blue = (float(v) for v in np.clip(values, 0.02, 0.98))
    return red, green, blue
