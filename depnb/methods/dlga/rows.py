"""DLGA-CNN: switches, rows, protocols, tables, claims and figures of the paper. Needs no torch."""

from dataclasses import dataclass, replace
from functools import partial
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Literal

from depnb.inputs.spec import InputSpec, LandmarkedClips
from depnb.methods import profiles
from depnb.methods.contract import (
    FURTHER,
    HONEST,
    SELECTED,
    SELECTED_NEW,
    Claim,
    Figure,
    Learning,
    Learnings,
    Network,
    Paper,
    Protocol,
    Recipe,
    as_printed,
    later,
    learning_faces,
)
from depnb.methods.profiles import PRINTED, Profile, Scale

if TYPE_CHECKING:
    from depnb.methods.dlga.network import LandmarkedFrames


PROFILES = {
    "smoke": replace(profiles.PROFILES["smoke"], scale=Scale(1 / 16, input_size=32)),
    "quick": replace(profiles.PROFILES["quick"], scale=Scale(1 / 8, input_size=80)),
    "standard": replace(profiles.PROFILES["standard"], scale=Scale(1 / 8, input_size=80)),
    "paper": replace(profiles.PROFILES["paper"], scale=PRINTED, steps=50_000, lr=1e-6),
}
"""Those of images, narrower, because 24 modules that share no weights cost more than the body. Steps and learning rate
of ``paper`` are printed (§4.2)."""


Border = Literal["clamp", "zero"]
Vector = Literal["flatten", "gap"]
Bins = Literal["trim", "literal", "adaptive"]
LevelWeights = Literal["lazebnik", "halves", "none"]
LEVEL_WEIGHTS = {
    "lazebnik": (1 / 2, 1 / 4, 1 / 8, 1 / 8),
    "halves": (1.0, 1 / 2, 1 / 4, 1 / 8),
    "none": (1.0, 1.0, 1.0, 1.0),
}
"""What the levels of the pyramid count, fine to coarse (E82)."""
SWITCHES: dict[str, tuple[Any, ...]] = {
    "cmp_on": ("conv4_1", "conv4_2"),
    "border": ("clamp", "zero"),
    "kernel": (3, 1),
    "vector": ("flatten", "gap"),
    "convolutions": (1, 2),
    "bins": ("trim", "literal", "adaptive"),
    "weights": tuple(LEVEL_WEIGHTS),
}
"""Values that the switches of the modules can have."""


@dataclass(frozen=True)
class Config:
    """Switches of the paper.

    It prints Adam with a constant learning rate of 1e-6 and L2 5e-4; 50,000 steps, and an end when the loss has not
    fallen for 200, whichever comes first (E89). At that rate a weight moves by 0.05 at most (E87).

    Attributes:
        local, global_, cmp, wspp: what a row of Tables 3 and 4 has (``DLGACNN``).
        cmp_on, bn, border, lal_kernel, gal_convs, vector, bins, wspp_weights: as in ``DLGACNN``.
        mouth_right: as in ``landmarks_24`` (E73).
        augment: how training frames are varied, with their landmarks: ``strong`` is ours, for all methods the same; the
            paper names nothing.
        start: of the body: from scratch, as printed, or pretrained on the identities of generated people.
        learning: Adam with a one-cycle learning rate; or as printed.
        lr: learning rate, largest one of a cycle; ``None`` is the profile's. Printed ones are swept in Tables 5 and 6.
        stop_on: whose error must fall where learning is as printed, as in ``Learning``: the loss of a step, the loss of
            an input of each training video, or the error on the selecting partition. The paper watched the loss of the
            training, it does not say of how many images, and the error on the test set (E88, E89).
        objective: as in ``Regression``: of standardised scores, or half the squared error of points (eq. 7).
        mixed: bring the vector into an order drawn once before the pyramid pools it: a control, since the pyramid is
            one of places, and a vector has none.
    """

    local: bool = True
    global_: bool = True
    cmp: bool = True
    wspp: bool = True
    cmp_on: Literal["conv4_1", "conv4_2"] = "conv4_1"
    bn: bool = False
    border: Border = "clamp"
    lal_kernel: Literal[3, 1] = 3
    gal_convs: Literal[1, 2] = 1
    vector: Vector = "flatten"
    bins: Bins = "trim"
    wspp_weights: LevelWeights = "lazebnik"
    mouth_right: Literal["mirror", "literal"] = "mirror"
    augment: Literal["strong", "none"] = "strong"
    start: Literal["scratch", "identity"] = "scratch"
    learning: Literal["ours", "printed"] = "ours"
    lr: float | None = None
    stop_on: Literal["training", "smoothed", "development"] = "training"
    objective: Literal["standardised", "half_mse"] = later("standardised")
    mixed: bool = later(False)


def learning(config: Config, profile: Profile) -> Learnings:
    """For the scores; faces are learnt as by all methods.

    The face alone takes twice as many steps as patches: in as many, it does not always learn. Ours.

    A rate of the printed sweep may be too large: then the training ends where the loss is no longer finite, and the row
    has the best of its checks so far, of which the first is the constant predictor; it counts as trained only if its
    loss had fallen below that one's.
    """
    rate, of_faces = 1.0 if config.lr is None else config.lr / profile.lr, learning_faces(profile)
    if config.learning == "printed":
        how: dict[str, Any] = {"weight_decay": 5e-4, "patience": 200, "stop_on": config.stop_on, "may_diverge": True}
        return Learnings(Learning(schedule="constant", rate=rate, **how), of_faces)
    return Learnings(Learning(rate=rate, longer=1 if config.local else 2), of_faces)


def inputs(config: Config, profile: Profile) -> InputSpec:
    """Single frames with their landmarks; a video's score is the mean over its frames (E96)."""
    return InputSpec(partial(_prepare, config), landmarks=True)


def _prepare(config: Config, clips: LandmarkedClips, training: bool) -> "LandmarkedFrames":
    from depnb.methods.dlga.network import prepare  # torch takes seconds to import, and who only reads needs none

    return prepare(config, clips, training)


def model(config: Config, scale: Scale = PRINTED) -> Network:
    """The network of a row."""
    from depnb.methods.dlga.network import build  # torch takes seconds to import, and who only reads needs none

    return build(config, scale)


# Minus is the paper's CMP−; the rows of GA-CNN are taken as CMP+ (E86).
COMBINATIONS = {
    "la_minus": Config(global_=False, cmp=False, wspp=False),
    "la": Config(global_=False, wspp=False),
    "la_minus_wspp": Config(global_=False, cmp=False),
    "la_wspp": Config(global_=False),
    "ga": Config(local=False, wspp=False),
    "ga_wspp": Config(local=False),
    "lga_minus": Config(cmp=False, wspp=False),
    "lga": Config(wspp=False),
    "lga_minus_wspp": Config(cmp=False),
    "dlga": Config(),
}
"""Rows of Tables 3 and 4; the last is the paper's own, G."""
SWEEP = {
    f"lr_{rate}": Config(learning="printed", lr=float(rate))
    for rate in ("1e-6", "1e-5", "1e-4", "1e-3", "1e-2", "1e-1")
}
"""Rows of Tables 5 and 6: G as printed, at each printed learning rate."""
CONTROLS = {
    "dlga_mixed": Config(mixed=True),
    "dlga_literal": Config(bins="literal"),
    "dlga_conv4_2": Config(cmp_on="conv4_2"),
    "dlga_gap": Config(vector="gap"),
}
"""What the pyramid is worth where its vector has no order, and other readings of the paper (E77, E79, E82)."""
ROWS = COMBINATIONS | SWEEP | CONTROLS

# The paper names no partitions to train on; the other papers' are taken. It chose the end of a training, the learning
# rate and the combination of parts on the test set (E88); ``test-selected`` does so with the end.
PROTOCOLS = {
    "honest": HONEST,
    "selected": SELECTED,
    "selected-new": SELECTED_NEW,
    "paper": as_printed(
        Recipe({"augment": "none", "learning": "printed", "lr": 1e-6, "stop_on": "smoothed", "objective": "half_mse"}),
    ),
    "test-selected": Protocol(train=("train", "development"), select="test"),
}

HEADLINE = (("dlga", "both"), ("dlga", "null"))
GRID = {
    "headline": HEADLINE,
    "all": (
        *HEADLINE,
        *((row, "both") for row in COMBINATIONS | SWEEP if row != "dlga"),
        ("dlga", "null", "paper"),
        ("dlga", "null", "test-selected"),
    ),
    "controls": (
        *((row, "both") for row in CONTROLS),
        *(("dlga", corpus) for corpus in ("appearance", "dynamics")),
        *(("dlga", "both", how) for how in ("selected", "selected-new", "test-selected")),
        *(("dlga", corpus) for corpus in FURTHER),
    ),
}


def _titles(number: int) -> dict[str, str]:
    """Names of the combinations in Table 3 (``number`` 1) or 4 (2)."""
    return {
        "la_minus": "LA-CNN (CMP-)",
        "la": "LA-CNN (CMP+)",
        "la_minus_wspp": f"A{number}: LA-CNN (CMP-) + WSPP",
        "la_wspp": f"B{number}: LA-CNN (CMP+) + WSPP",
        "ga": "GA-CNN",
        "ga_wspp": f"C{number}: GA-CNN + WSPP",
        "lga_minus": f"D{number}: LA-CNN (CMP-) + GA-CNN",
        "lga": f"E{number}: LA-CNN (CMP+) + GA-CNN",
        "lga_minus_wspp": f"F{number}: LA-CNN (CMP-) + GA-CNN + WSPP",
        "dlga": f"G{number}: LA-CNN (CMP+) + GA-CNN + WSPP",
    }


TABLES = {
    "Table 3": _titles(1),
    "Table 4": _titles(2),
    "Table 5": {row: f"G1, lr={row.removeprefix('lr_')}" for row in SWEEP},
    "Table 6": {row: f"G2, lr={row.removeprefix('lr_')}" for row in SWEEP},
    "Table 7": {"dlga": "Proposed Approach"},
    "Table 8": {"dlga": "Proposed Approach"},
}
"""Printed tables that have rows of ours: our row → the name that the paper prints."""

CLAIMS = (
    *(
        Claim(f"{text} (Tables 3, 4)", better, worse)
        for text, better, worse in (
            ("patches and the face are better than patches alone", "dlga", "la_wspp"),
            ("patches and the face are better than the face alone", "dlga", "ga_wspp"),
            ("patches are better than the face", "la_wspp", "ga_wspp"),
            ("weighted spatial pyramid pooling helps", "dlga", "lga"),
            ("weighted spatial pyramid pooling helps patches alone", "la_wspp", "la"),
            ("channel max pooling helps", "dlga", "lga_minus_wspp"),
            ("channel max pooling helps patches alone", "la_wspp", "la_minus_wspp"),
        )
    ),
    *(
        Claim(f"a learning rate of 1e-6 is better than one of {rate} (Tables 5, 6)", "lr_1e-6", f"lr_{rate}")
        for rate in ("1e-4", "1e-3", "1e-2")
    ),
    *(
        Claim(f"{name} better than the constant", row, "constant", printed=False)
        for row, name in (("dlga", "DLGA-CNN is"), ("la_wspp", "patches alone are"), ("ga_wspp", "the face alone is"))
    ),
    Claim(
        "DLGA-CNN is better than the constant where nothing can be learnt (must not be supported)",
        "dlga",
        "constant",
        corpus="null",
        printed=False,
    ),
    Claim(
        "choosing the step on the test set lowers the test error where labels are shuffled",
        "dlga",
        "dlga",
        corpus="null",
        protocol="test-selected",
        other_protocol="paper",
        partition="test",
        printed=False,
    ),
)

FIGURES = {
    "parts": Figure(
        "rows",
        tuple(COMBINATIONS),
        "Parts of DLGA-CNN: RMSE and MAE on unseen people of patches (LA), the face (GA) and both (LGA), without and "
        "with weighted spatial pyramid pooling (WSPP), without channel max pooling (minus) and with it; points are "
        "seeds, bars 95 % intervals of the RMSE over people and seeds.",
    ),
    "rates": Figure(
        "series",
        tuple(SWEEP),
        "Learning rate of DLGA-CNN, with Adam and the early end as printed, in as many steps as the profile has: RMSE "
        "and MAE on unseen people; points are seeds, bars 95 % intervals of the RMSE over people and seeds. The paper "
        "finds 1e-6 the best.",
    ),
    "unseen": Figure(
        "scores",
        ("dlga",),
        "DLGA-CNN: label and predicted score of each unseen person (mean over seeds). Dashed: constant predictor; grey "
        "verticals: BDI-II bands. On “null” labels are shuffled among people.",
    ),
    "attention": Figure(
        "attention",
        ("dlga",),
        "Grad-CAM of DLGA-CNN's score on the map of its Depressed-CNN, for one unseen person of each severity band: "
        "where a change of the features would raise (1) the score most. A coarse map, enlarged; it says nothing about "
        "people.",
    ),
}


PAPER = Paper(
    name="dlga",
    title="DLGA-CNN",
    notebook="50_dlga",
    citation=(
        "L. He, J. C.-W. Chan, Z. Wang: Automatic Depression Recognition Using CNN with Attention Mechanism from "
        "Videos. Neurocomputing 422, 2021."
    ),
    version=1,
    profiles=PROFILES,
    config=Config,
    rows=ROWS,
    own="dlga",
    grid=GRID,
    protocols=PROTOCOLS,
    tables=TABLES,
    claims=CLAIMS,
    figures=FIGURES,
    inputs=inputs,
    model=model,
    learning=learning,
    diagrams=partial(resolve_name, "depnb.methods.dlga.diagrams:FIGURES"),
)
