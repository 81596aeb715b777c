"""Distribution learning: switches, rows, protocols, tables, claims and figures of the paper. Needs no torch."""

from dataclasses import dataclass, replace
from typing import Literal

from depnb.inputs.spec import FRAME, FRAME_V1, PLAIN_FRAME, PLAIN_FRAME_V1, InputSpec
from depnb.methods import profiles
from depnb.methods.contract import (
    DISJOINT,
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
from depnb.nets.weights.registry import IMPORTED

# On corpora that no result is of, rows that learnt faces first had the larger error on unseen people, and twice as many
# steps did not lower it (benchmarks/lengths.py).
PROFILES = profiles.PROFILES | {
    "quick": replace(profiles.PROFILES["quick"], learn_faces=False, made_before=False),
    "standard": replace(profiles.PROFILES["standard"], steps=600, learn_faces=False),
}


@dataclass(frozen=True)
class Config:
    """Switches of the paper.

    Attributes:
        loss: row of Table 1.
        softmax_test: how the softmax row becomes a score: expected value or most probable level (E62).
        augment: vary the training frames (``augment.strong``); ours, the paper lists none (E68).
        start: of the body: pretrained on the identities of generated people, ImageNet weights of torchvision, from
            scratch, or, at printed size, VGGFace2 weights that were imported. The paper says "VGG Face"; the face
            weights that exist for a ResNet-50 are of VGGFace2 (E70).
        learning: Adam with a one-cycle learning rate; or with a constant one, as the paper prints a single rate (E68).
        face_epochs: length of the face pretraining, in looks at each picture; ``None`` is the profile's.
    """

    loss: Literal["expectation", "softmax", "euclidean"] = "expectation"
    softmax_test: Literal["expect", "argmax"] = "expect"
    augment: bool = True
    start: Literal["identity", "imagenet", "scratch", "vggface2-resnet50"] = "identity"
    learning: Literal["ours", "printed"] = later("ours")
    face_epochs: float | None = later(None)


def learning(config: Config, profile: Profile) -> Learnings:
    """For the scores; faces are learnt as by all methods."""
    how = Learning(schedule="constant") if config.learning == "printed" else Learning()
    return Learnings(how, learning_faces(profile, own=config.face_epochs))


def inputs(config: Config, profile: Profile) -> InputSpec:
    """Single frames, as the body takes them."""
    if config.start in IMPORTED:
        return FRAME_V1 if config.augment else PLAIN_FRAME_V1
    return FRAME if config.augment else PLAIN_FRAME


def model(config: Config, scale: Scale = PRINTED) -> Network:
    """The network of a row."""
    from depnb.methods.distribution.network import build  # torch takes seconds to import, and who only reads needs none

    return build(config, scale)


KNOWS_FACES = 20.0
"""Looks at each picture after which a small body names half of the faces of new sessions (benchmarks/lengths.py)."""

ROWS = {
    "expectation": Config(loss="expectation"),
    "euclidean": Config(loss="euclidean"),
    "softmax": Config(loss="softmax"),
    "softmax_argmax": Config(loss="softmax", softmax_test="argmax"),
    "expectation_plain": Config(loss="expectation", augment=False),
    "expectation_scratch": Config(loss="expectation", start="scratch"),
    "expectation_faces": Config(loss="expectation", face_epochs=KNOWS_FACES),
    "expectation_one_rate": Config(loss="expectation", learning="printed"),
    "expectation_imagenet": Config(loss="expectation", start="imagenet"),
    "expectation_vggface2": Config(loss="expectation", start="vggface2-resnet50"),
    "euclidean_vggface2": Config(loss="euclidean", start="vggface2-resnet50"),
    "softmax_vggface2": Config(loss="softmax", start="vggface2-resnet50"),
}
VGGFACE2 = ("softmax_vggface2", "euclidean_vggface2", "expectation_vggface2")
"""Rows that start as the paper does (E70), where the weights are at hand and the network is as printed."""

# The paper names no partitions: those of the same group's MSN, which trains on both (E68).
PROTOCOLS = {
    "honest": HONEST,
    "selected": SELECTED,
    "selected-new": SELECTED_NEW,
    "paper": as_printed(
        Recipe({"augment": False, "learning": "printed"}, frame_stride={"AVEC2013": 100, "AVEC2014": 10}),
    ),
    "test-selected": Protocol(train=("train", "development"), select="test"),
    "disjoint": DISJOINT,
}

HEADLINE = (
    ("expectation", "both"),
    ("expectation", "null"),
    ("euclidean", "both"),
    ("euclidean", "null"),
)
GRID = {
    "headline": HEADLINE,
    "all": (
        *HEADLINE,
        ("softmax", "both"),
        ("softmax_argmax", "both"),
        ("expectation_plain", "both"),
        ("expectation_scratch", "both"),
        ("expectation_faces", "both"),
        ("expectation", "both", "paper"),
        ("expectation", "null", "paper"),
        ("expectation", "null", "test-selected"),
        ("expectation", "both", "disjoint"),
        *((row, "both") for row in VGGFACE2),
    ),
    "controls": (
        *((row, corpus) for row in ("expectation", "euclidean") for corpus in ("appearance", "dynamics")),
        *((row, "both", how) for row in ("expectation", "euclidean") for how in ("selected", "selected-new")),
        ("expectation", "both", "test-selected"),
        *(("expectation", corpus) for corpus in FURTHER),
        ("expectation_one_rate", "both"),
    ),
}

_OURS = "Ours (ResNet-50 + Expectation loss)"
TABLES = {
    "Table 1": {
        "softmax": "Softmax loss",
        "euclidean": "Euclidean loss",
        "expectation": "Expectation loss",
        "softmax_vggface2": "Softmax loss",
        "euclidean_vggface2": "Euclidean loss",
        "expectation_vggface2": "Expectation loss",
    },
    "Table 2": {"expectation": _OURS, "expectation_vggface2": _OURS},
    "Table 3": {"expectation": _OURS, "expectation_vggface2": _OURS},
}
"""Printed tables that have rows of ours: our row → the name that the paper prints."""

CLAIMS = (
    Claim("the expectation loss is better than the Euclidean loss (Table 1)", "expectation", "euclidean"),
    Claim("the expectation loss is better than the softmax loss (Table 1)", "expectation", "softmax"),
    Claim(
        "the softmax row is better with its mean than with its peak (E62)", "softmax", "softmax_argmax", printed=False
    ),
    Claim("the expectation network is better than the constant", "expectation", "constant", printed=False),
    Claim("the Euclidean network is better than the constant", "euclidean", "constant", printed=False),
    Claim("face pretraining helps", "expectation_faces", "expectation_scratch", printed=False),
    Claim("augmentation helps", "expectation", "expectation_plain", printed=False),
    Claim(
        "the expectation network is better than the constant where nothing can be learnt",
        "expectation",
        "constant",
        corpus="null",
        printed=False,
    ),
    Claim(
        "choosing the step on the test set lowers the test error where nothing can be learnt",
        "expectation",
        "expectation",
        corpus="null",
        protocol="test-selected",
        other_protocol="paper",
        partition="test",
        printed=False,
    ),
)

FIGURES = {
    "unseen": Figure(
        "scores",
        ("expectation",),
        "Expectation loss: label and predicted score of each unseen person (mean over seeds). Dashed: constant "
        "predictor; grey verticals: BDI-II bands. Of “null”, whose labels are shuffled among people, one permutation "
        "is shown.",
    ),
    "curves": Figure(
        "curves",
        ("expectation", "euclidean", "softmax"),
        "Error during training (left; the axis says of whom) and mean variance of the predicted distribution (right), "
        "mean over seeds. A compact distribution has a small variance; the Euclidean row predicts no distribution.",
    ),
    "fig3": Figure(
        "attention",
        ("expectation",),
        "Grad-CAM of the expected score on conv5_x, for one unseen person of each severity band: where a change of the "
        "features would raise (1) the score most. A coarse map, enlarged; it says nothing about people.",
    ),
}

PAPER = Paper(
    name="distribution",
    title="Distribution learning",
    notebook="10_distribution_learning",
    citation=(
        "W. C. de Melo, E. Granger, A. Hadid: Depression Detection Based on Deep Distribution Learning. "
        "IEEE International Conference on Image Processing (ICIP), 2019."
    ),
    version=2,
    profiles=PROFILES,
    config=Config,
    rows=ROWS,
    own="expectation",
    grid=GRID,
    protocols=PROTOCOLS,
    tables=TABLES,
    claims=CLAIMS,
    figures=FIGURES,
    inputs=inputs,
    model=model,
    learning=learning,
)
