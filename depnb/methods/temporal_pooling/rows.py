"""Temporal pooling: switches, rows, protocols, tables, claims and figures of the paper. Needs no torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Literal

from depnb.inputs.spec import InputSpec
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
    Recipe,
    as_printed,
    later,
    learning_faces,
)
from depnb.methods.profiles import PRINTED, Profile, Scale

if TYPE_CHECKING:
    from torch import Tensor


PROFILES = profiles.PROFILES


Group = Literal["contiguous", "interleaved"]


@dataclass(frozen=True)
class Config:
    """Switches that rows run; those of the code alone are arguments of ``encode``.

    Attributes:
        stream: what the network looks at: the code image of a clip, or a still image, which is the clip's middle frame
            (E07).
        length: l, frames of a clip, without gap and without overlap (E08). Of both streams, so that the scores of a
            clip can be averaged.
        group: reading of the groups for the code (E01, E04).
        augment: how training clips are varied, before the coding and with one draw for a clip, because a turned code
            image would hold values that are no codes (E09). ``paper``: mirror, and a turn by up to 30° either way, our
            reading of "rotated around two axes" (E05). ``strong``, the default, is that of the frame networks
            (``augment.strong``), for clips that will be coded its movements alone: forty people are otherwise
            memorised, and two rows of different papers can be compared only if they are varied alike (E103).
        start: of the body: pretrained on the identities of generated people, ImageNet weights of torchvision, from
            scratch, or, at printed size, VGGFace2 weights that were imported. The paper starts both streams from VGG
            Face, whose weights for a ResNet-50 are of VGGFace2 (E70).
        dead_zone: τ of the code, grey levels, 0 in the paper. Without it a pixel in which nothing moves shows the noise
            of the camera.
        learning: Adam with a one-cycle learning rate; or with a constant one, as the paper prints a single rate (E10).
        objective: as in ``Regression``: of standardised scores, or of points (§2).
        order: of the frames of a clip: that of the video, or none (``inputs.order``): a control.
        seed_offset: added to the seed of the run, for a second training of the same row: a control.
        face_epochs: length of the face pretraining, in looks at each picture; ``None`` is the profile's.
    """

    stream: Literal["temporal", "appearance"] = "temporal"
    length: int = 9
    group: Group = "contiguous"
    augment: Literal["strong", "paper", "none"] = "strong"
    start: Literal["identity", "imagenet", "scratch", "vggface2-resnet50"] = "identity"
    dead_zone: float = later(0)
    learning: Literal["ours", "printed"] = later("ours")
    objective: Literal["standardised", "mse"] = later("standardised")
    order: Literal["video", "shuffled"] = later("video")
    seed_offset: int = later(0)
    face_epochs: float | None = later(None)


def learning(config: Config, profile: Profile) -> Learnings:
    """For the scores; faces are learnt as by all methods."""
    how = Learning(schedule="constant") if config.learning == "printed" else Learning()
    return Learnings(how, learning_faces(profile, own=config.face_epochs))


def inputs(config: Config, profile: Profile) -> InputSpec:
    """Clips of ``length`` consecutive frames, coded, or their middle frame; one clip after the other at test (E08)."""
    offsets = tuple(range(config.length)) if config.stream == "temporal" else (config.length // 2,)
    return InputSpec(partial(_prepare, config), offsets, span=config.length, step=1, grey=config.stream == "temporal")


def _prepare(config: Config, clips: "Tensor", training: bool) -> "Tensor":
    from depnb.methods.temporal_pooling.network import prepare  # loads torch

    return prepare(config, clips, training)


def model(config: Config, scale: Scale = PRINTED) -> Network:
    """The network of a row."""
    from depnb.methods.temporal_pooling.network import build  # loads torch

    return build(config, scale)


AGAIN = 1000
"""What the seeds of a second training lie above those of the first."""
ROWS = {
    "appearance": Config(stream="appearance"),
    "temporal_9": Config(length=9),
    "temporal_17": Config(length=17),
    "temporal_25": Config(length=25),
    "temporal_33": Config(length=33),
    "temporal_17_interleaved": Config(length=17, group="interleaved"),
    "temporal_9_dead": Config(length=9, dead_zone=8),
    "temporal_9_shuffled": Config(order="shuffled"),
    "temporal_9_turned": Config(augment="paper"),
    "temporal_9_points": Config(objective="mse"),
    "appearance_again": Config(stream="appearance", seed_offset=AGAIN),
    "temporal_9_again": Config(seed_offset=AGAIN),
    "appearance_vggface2": Config(stream="appearance", start="vggface2-resnet50"),
    "temporal_9_vggface2": Config(start="vggface2-resnet50"),
    "temporal_17_vggface2": Config(length=17, start="vggface2-resnet50"),
    "temporal_25_vggface2": Config(length=25, start="vggface2-resnet50"),
    "temporal_33_vggface2": Config(length=33, start="vggface2-resnet50"),
}
FUSED = {
    "two_stream": ("appearance", "temporal_9"),
    "two_stream_dead": ("appearance", "temporal_9_dead"),
    "two_stills": ("appearance", "appearance_again"),
    "two_codes": ("temporal_9", "temporal_9_again"),
    "two_stream_vggface2": ("appearance_vggface2", "temporal_9_vggface2"),
}
"""Rows that are not trained: a video's score is the mean of its scores in these rows, seed by seed (§2)."""
VGGFACE2 = tuple(row for row in (*ROWS, *FUSED) if row.endswith("_vggface2"))
"""Rows that start as the paper does (E70), where the weights are at hand and the network is as printed."""

# The paper names no partitions: those of the same group's MSN, which trains on both (E10).
PROTOCOLS = {
    "honest": HONEST,
    "selected": SELECTED,
    "selected-new": SELECTED_NEW,
    "paper": as_printed(Recipe({"augment": "paper", "learning": "printed", "objective": "mse"})),
}

STREAMS = ("appearance", "temporal_9", "two_stream", "temporal_9_dead", "two_stream_dead")
SECOND = ("appearance_again", "temporal_9_again", "two_stills", "two_codes")
LENGTHS = ("temporal_17", "temporal_25", "temporal_33", "temporal_17_interleaved")
HEADLINE = tuple((row, "both") for row in STREAMS[:3])
GRID = {
    "headline": HEADLINE,
    "all": (
        *((row, corpus) for corpus in ("both", "dynamics", "appearance", "null") for row in STREAMS),
        *((row, "both") for row in (*LENGTHS, *VGGFACE2)),
    ),
    "controls": (
        *(("temporal_9_shuffled", corpus) for corpus in ("both", "dynamics")),
        *((row, corpus) for row in SECOND for corpus in ("both", "appearance")),
        *((row, "both", how) for row in STREAMS[:2] for how in ("selected", "selected-new")),
        *((row, corpus) for corpus in FURTHER for row in STREAMS[:3]),
        *((row, "both") for row in ("temporal_9_turned", "temporal_9_points")),
    ),
}


def _from_either_start(titles: Mapping[str, str]) -> dict[str, str]:
    """Also of the rows that start from VGGFace2."""
    return {row + start: title for start in ("", "_vggface2") for row, title in titles.items()}


TABLES = {
    "Table 1": _from_either_start({f"temporal_{length}": f"Temporal stream, l={length}" for length in (9, 17, 25, 33)}),
    "Table 2": _from_either_start(
        {"appearance": "Appearance Stream", "temporal_9": "Temporal Stream", "two_stream": "Two-Stream model"}
    ),
    "Table 3": _from_either_start({"two_stream": "Ours (two-stream model)"}),
    "Table 4": _from_either_start({"two_stream": "Ours (two-stream model)"}),
}
"""Printed tables that have rows of ours: our row → the name that the paper prints."""

CLAIMS = (
    Claim("two streams are better than the still image alone (Table 2)", "two_stream", "appearance"),
    Claim("two streams are better than the code image alone (Table 2)", "two_stream", "temporal_9"),
    Claim("9 frames are better than 17 (Table 1)", "temporal_9", "temporal_17"),
    Claim("9 frames are better than 25 (Table 1)", "temporal_9", "temporal_25"),
    Claim("9 frames are better than 33 (Table 1)", "temporal_9", "temporal_33"),
    *(
        Claim(text.format(code), better, worse, corpus=corpus, printed=False)
        for code, row in (("code image", "temporal_9"), ("code image with a dead zone", "temporal_9_dead"))
        for text, better, worse, corpus in (
            ("the {} is better than the constant where only movement tells", row, "constant", "dynamics"),
            ("the {} is better than the still image where only movement tells", row, "appearance", "dynamics"),
            ("the still image is better than the {} where only looks tell", "appearance", row, "appearance"),
        )
    ),
    Claim(
        "the still image is better than the constant where only movement tells (must not be supported)",
        "appearance",
        "constant",
        corpus="dynamics",
        printed=False,
    ),
    Claim(
        "the code image with a dead zone is better than both streams together",
        "temporal_9_dead",
        "two_stream_dead",
        printed=False,
    ),
    Claim(
        "a dead zone makes the code image better where only movement tells",
        "temporal_9_dead",
        "temporal_9",
        corpus="dynamics",
        printed=False,
    ),
    Claim(
        "17 frames are better in interleaved groups, which keep steady movement (E04)",
        "temporal_17_interleaved",
        "temporal_17",
        printed=False,
    ),
    Claim(
        "two streams are better than the constant where nothing can be learnt (must not be supported)",
        "two_stream",
        "constant",
        corpus="null",
        printed=False,
    ),
)

FIGURES = {
    "unseen": Figure(
        "scores",
        ("two_stream",),
        "Two streams: label and predicted score of each unseen person (mean over seeds). Dashed: constant predictor; "
        "grey verticals: BDI-II bands.",
    ),
}


PAPER = Paper(
    name="temporal_pooling",
    title="Temporal pooling",
    notebook="20_temporal_pooling",
    citation=(
        "W. C. de Melo, E. Granger, M. Bordallo Lopez: Encoding Temporal Information for Automatic Depression "
        "Recognition from Facial Analysis. IEEE International Conference on Acoustics, Speech and Signal "
        "Processing (ICASSP), 2020."
    ),
    version=1,
    profiles=PROFILES,
    config=Config,
    rows=ROWS,
    own="two_stream",
    grid=GRID,
    protocols=PROTOCOLS,
    tables=TABLES,
    claims=CLAIMS,
    figures=FIGURES,
    inputs=inputs,
    model=model,
    learning=learning,
    fused=FUSED,
    diagrams=partial(resolve_name, "depnb.methods.temporal_pooling.diagrams:FIGURES"),
)
