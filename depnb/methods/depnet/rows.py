"""DepNet: switches, rows, protocols, tables, claims and figures of the paper. Needs no torch."""

from dataclasses import dataclass, replace
from functools import partial
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Literal

from depnb.inputs.spec import FRAME, FRAME_V1, PLAIN_FRAME, PLAIN_FRAME_V1, InputSpec, Sample
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
from depnb.nets.weights.registry import IMPORTED

if TYPE_CHECKING:
    from torch import Tensor


PROFILES = {name: replace(profile, batch=profile.batch // 2) for name, profile in profiles.PROFILES.items()}
"""Half as many inputs in a step as elsewhere, because most of them have five frames."""

SINGLE_IMAGES = Learning(longer=2)
"""For networks of single images, which see a fifth as many frames in a step; ours."""
SEQUENCES = Learning(rate=0.5, longer=2)
"""For networks of several frames, which at the full rate and in half as many steps do not always learn; ours."""


PRINTED_RATE = 1e-5
"""Learning rate of the paper's training (§5.2.1)."""


@dataclass(frozen=True)
class Config:
    """Switches of the paper.

    Attributes:
        frames: T; 1 is a network of single images, whose score of a video is the mean over its frames (E51).
        images: of a network of single images, how many frames of each video it sees, drawn as those of a sequence are,
            each an input of its own; ``None``: all that are used (E51).
        se_ratio: of the squeeze and excitation (E46); ``None`` for a ResNet.
        aggregation: of the frames: the paper's module; the mean of their features (E51); or of the module the mean over
            time alone, so that all that follows is the same: a control.
        frozen: whether the body stays as it was pretrained, as printed (§5.2.1). Networks of single images are trained
            whole (§5.3.1). So are the rows of several frames, unless they start from VGGFace2, are ``depnet_frozen`` or
            are trained as printed: what a small body has learnt from the identities of a hundred generated people says
            too little about their expressions.
        start: of the body: pretrained on the identities of generated people, as the paper's on VGGFace2; from scratch;
            or, at printed size, from VGGFace2 weights that were imported, SENet-50's or ResNet-50's as ``se_ratio``
            says.
        cmp_kernel, llf_channels, temporal_padding, fam_channels, activation, stat_pools: as in ``FeatureAggregation``.
        fc_dim, dropout: of the head (E44).
        augment: how the frames are varied in training, all frames of a sequence alike; ``strong`` is ours, for all
            methods the same, the paper names nothing.
        resample: draw the T frames of a training video anew for every step, or once (E50).
        sort_frames: bring them into the order of the video (E50).
        n_draws: a video's score is the mean over so many draws of T frames; the paper seems to have taken one (E50).
        learning: Adam with a one-cycle learning rate; or as printed, SGD with Caffe's inv rule, until the loss has not
            fallen for 200 steps.
        stop_on: what has not fallen then: the loss of the training videos, the error on the selecting partition, or the
            loss of one step, whose lowest value is chance (E52).
        objective: what the last layer answers in, and what is minimised, as in ``Regression``; ``half_mse`` is eq. 5.
            The printed rate belongs to it (E112).
        face_epochs: length of the face pretraining, in looks at each picture; ``None`` is the profile's.
    """

    frames: int = 5
    se_ratio: int | None = 16
    aggregation: Literal["fam", "mean", "fam_mean"] = "fam"
    frozen: bool = True
    start: Literal["identity", "scratch", "vggface2-senet50", "vggface2-resnet50"] = "identity"
    cmp_kernel: Literal[8, 4] = 8
    llf_channels: int | None = None
    temporal_padding: Literal["same", "clip"] = "same"
    fam_channels: int = 64
    activation: Literal["none", "relu"] = "none"
    stat_pools: Literal["max_avg", "max_max"] = "max_avg"
    fc_dim: int = 128
    dropout: float = 0.5
    augment: Literal["strong", "none"] = "strong"
    resample: bool = True
    sort_frames: bool = True
    n_draws: int = 10
    learning: Literal["ours", "printed"] = "ours"
    stop_on: Literal["training", "smoothed", "development"] = "development"
    images: int | None = later(None)
    objective: Literal["standardised", "mse", "half_mse"] = later("standardised")
    face_epochs: float | None = later(None)


def learning(config: Config, profile: Profile) -> Learnings:
    """For the scores; faces are learnt as by all methods."""
    faces = learning_faces(profile, own=config.face_epochs)
    if config.learning == "printed":
        rate = round(PRINTED_RATE / profile.lr, 9)  # the same in a small profile, whose own would make it diverge
        scores = Learning("sgd", "inv", rate, weight_decay=5e-4, patience=200, stop_on=config.stop_on)
        return Learnings(scores, faces)
    return Learnings(SINGLE_IMAGES if config.frames == 1 else SEQUENCES, faces)


def inputs(config: Config, profile: Profile) -> InputSpec:
    """T frames of a video, drawn at random from those that are used; or single ones. As the body takes them."""
    if config.frames == 1:
        varied, plain = (FRAME_V1, PLAIN_FRAME_V1) if config.start in IMPORTED else (FRAME, PLAIN_FRAME)
        found = varied if config.augment == "strong" else plain
        return replace(found, sample=_drawn(config, config.images)) if config.images else found
    return InputSpec(
        partial(_prepare, config),
        offsets=tuple(range(config.frames)),
        span=config.frames,
        sample=_drawn(config),
        normalisation="vggface2" if config.start in IMPORTED else "imagenet",
    )


def _drawn(config: Config, parts: int = 1) -> Sample:
    return Sample(config.n_draws, config.resample, config.sort_frames, parts)


def _prepare(config: Config, clips: "Tensor", training: bool) -> "Tensor":
    from depnb.methods.depnet.network import prepare  # torch takes seconds to import, and who only reads needs none

    return prepare(config, clips, training)


def model(config: Config, scale: Scale = PRINTED) -> Network:
    """The network of a row."""
    from depnb.methods.depnet.network import build  # torch takes seconds to import, and who only reads needs none

    return build(config, scale)


_trained = partial(Config, frozen=False)
ROWS = {
    "depnet": _trained(),
    "depnet_frozen": Config(),
    "senet": _trained(frames=1),
    "resnet": _trained(frames=1, se_ratio=None),
    "resnet_sequence": _trained(se_ratio=None),
    "resnet_sequence_mean": _trained(se_ratio=None, aggregation="mean"),
    "depnet_unordered": _trained(sort_frames=False),
    "depnet_mean": _trained(aggregation="fam_mean"),
    "depnet_cmp_4": _trained(cmp_kernel=4, llf_channels=1024),
    "depnet_clipped": _trained(temporal_padding="clip"),
    "depnet_max_max": _trained(stat_pools="max_max"),
    "depnet_once": _trained(resample=False, n_draws=1),
    "depnet_vggface2": Config(start="vggface2-senet50"),
    "senet_vggface2": _trained(frames=1, start="vggface2-senet50"),
    "resnet_sequence_vggface2": Config(se_ratio=None, start="vggface2-resnet50"),
    "resnet_vggface2": _trained(frames=1, se_ratio=None, start="vggface2-resnet50"),
}


def _demanded(config: Config) -> dict[str, Any]:
    """A sequence's body is frozen (§5.2.1); single images, which train theirs (§5.3.1), are those of the sequences."""
    return {"frozen": True} if config.frames > 1 else {"frozen": False, "images": Config.frames}


PROTOCOLS = {
    "honest": HONEST,
    "selected": SELECTED,
    "selected-new": SELECTED_NEW,
    "paper": as_printed(
        Recipe(
            {
                "augment": "none",
                "learning": "printed",
                "objective": "half_mse",
                "stop_on": "smoothed",
                "resample": False,
                "n_draws": 1,
            },
            _demanded,
            {"steps": 50_000, "batch": 32},
        ),
    ),
}

CONTROLS = ("depnet_mean", "depnet_cmp_4", "depnet_clipped", "depnet_max_max")
HEADLINE = (("depnet", "both"), ("senet", "both"), ("depnet", "null"))
GRID = {
    "headline": HEADLINE,
    "all": (
        *HEADLINE,
        *((row, "both") for row in ROWS if row not in ("depnet", "senet", *CONTROLS)),
        ("depnet", "dynamics"),
    ),
    "controls": (
        *((row, "both") for row in CONTROLS),
        *((row, corpus) for row in ("depnet_frozen", "senet") for corpus in ("appearance", "dynamics", "null")),
        ("depnet", "appearance"),
        *(("depnet", "both", how) for how in ("selected", "selected-new")),
        *(("depnet", corpus) for corpus in FURTHER),
    ),
}

TABLES = {
    **{
        table: {
            row + start: title
            for row, title in {
                "senet": "SENet",
                "depnet": "DepNet (SENet-based)",
                "resnet": "ResNet-50 (single image)",
                "resnet_sequence": "ResNet-50 (image sequence)",
            }.items()
            for start in ("", "_vggface2")
        }
        for table in ("Table 2", "Table 3")
    },
    "Table 4": {"depnet": "Ours", "depnet_vggface2": "Ours"},
    "Table 5": {"depnet": "Ours", "depnet_vggface2": "Ours"},
}

CLAIMS = (
    Claim("five frames and the module are better than single images (Tables 2, 3)", "depnet", "senet"),
    Claim("squeeze and excitation helps single images (Tables 2, 3)", "senet", "resnet"),
    Claim("squeeze and excitation helps five frames (Tables 2, 3)", "depnet", "resnet_sequence"),
    Claim("five frames are better than single images for ResNet-50 (Tables 2, 3)", "resnet_sequence", "resnet"),
    *(
        Claim(text, better, worse, printed=False)
        for text, better, worse in (
            ("DepNet is better than the constant", "depnet", "constant"),
            ("DepNet with a frozen body, as printed, is better than the constant", "depnet_frozen", "constant"),
            ("the module is better than the mean of the features", "resnet_sequence", "resnet_sequence_mean"),
            ("frames in the order of the video are better than shuffled ones", "depnet", "depnet_unordered"),
            ("new frames for every step are better than five drawn once", "depnet", "depnet_once"),
        )
    ),
    Claim(
        "DepNet is better than the constant where only movement tells",
        "depnet",
        "constant",
        corpus="dynamics",
        printed=False,
    ),
    Claim(
        "DepNet is better than the constant where nothing can be learnt (must not be supported)",
        "depnet",
        "constant",
        corpus="null",
        printed=False,
    ),
)

FIGURES = {
    "unseen": Figure(
        "scores",
        ("depnet",),
        "DepNet: label and predicted score of each unseen person (mean over seeds). Dashed: constant predictor; grey "
        "verticals: BDI-II bands.",
    ),
    "rows": Figure(
        "rows",
        ("senet", "depnet", "depnet_frozen", "resnet", "resnet_sequence", "resnet_sequence_mean"),
        "Single images and five frames, with and without squeeze and excitation: RMSE and MAE on unseen people; points "
        "are seeds, bars 95 % intervals of the RMSE over people and seeds.",
    ),
    "attention": Figure(
        "clip_attention",
        ("depnet",),
        "Grad-CAM of DepNet's score on the last maps of its body, over the first and the last of five frames; one "
        "person a severity band. Bright is where a stronger feature would raise the score. A coarse map, enlarged; it "
        "says nothing about people.",
    ),
}


PAPER = Paper(
    name="depnet",
    title="DepNet",
    notebook="40_depnet",
    citation=(
        "L. He, C. Guo, P. Tiwari, R. Su, H. M. Pandey, W. Dang: DepNet: An Automated Industrial Intelligent "
        "System Using Deep Learning for Video-Based Depression Analysis. International Journal of Intelligent "
        "Systems 37(7), 2022."
    ),
    version=1,
    profiles=PROFILES,
    config=Config,
    rows=ROWS,
    own="depnet",
    grid=GRID,
    protocols=PROTOCOLS,
    tables=TABLES,
    claims=CLAIMS,
    figures=FIGURES,
    inputs=inputs,
    model=model,
    learning=learning,
    diagrams=partial(resolve_name, "depnb.methods.depnet.diagrams:FIGURES"),
)
