"""MSN: switches, rows, protocols, tables, claims and figures of the paper. Needs no torch."""

from dataclasses import dataclass, replace
from functools import cache, partial
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Literal

from depnb.inputs.spec import InputSpec
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
    Recipe,
    as_printed,
    later,
    learning_faces,
)
from depnb.methods.profiles import PRINTED, ClipProfile, Scale

if TYPE_CHECKING:
    from torch import Tensor


# At `standard`: clips from the first step, from scratch. The length is still being tried (benchmarks/lengths.py).
PROFILES = profiles.CLIP_PROFILES | {
    "standard": replace(profiles.CLIP_PROFILES["standard"], learn_faces=False, switches=(("pictures", False),))
}

BLOCKS: dict[int, tuple[int, int, int, int]] = {
    27: (2, 2, 2, 2),
    36: (3, 3, 3, 3),
    51: (3, 4, 6, 3),
    69: (3, 4, 12, 3),
    99: (3, 4, 22, 3),
}
"""By printed depth: number of blocks in Conv2 … Conv5 (Table 1)."""


KERNELS = (3, 5, 7)


SLOWER = Learning(rate=0.5)
"""For C3D, which has no normalisations and often does not learn at the rate of the others; ours."""
PATIENT = Learning(rate=0.5, longer=2)
"""For MSN and C3D where they begin with pictures: in fewer and larger steps they often do not learn; ours."""
GENTLE = Learning(rate=0.25, longer=2 / 3)
"""For narrow networks that begin with clips: at a larger rate some draws of the weights never learn in so few steps,
and at this one two thirds of them are enough; ours."""


ALIKE = Learning(rate=0.25)
"""For all networks alike, where a profile begins with clips only; ours."""


@dataclass(frozen=True)
class Config:
    """Switches of the paper.

    Clips are 16 frames, eight frames of the video apart, which the 7×7×2 pool and the code say (E22); those of
    small profiles are shorter. The paper prints Adam with 1e-4 and "decaying", the code lr/(1 + 5e-4·step) over 2000
    steps of 24 clips (E26).

    Attributes:
        network: the paper's own or a comparator of Tables 3 and 4, with which the next four have nothing to do.
        depth, kernels, projection: as in ``MSN``.
        match_parameters: widen or narrow the bank to the number of parameters that (3, 5, 7) has (E34).
        augment: how training clips are varied, one draw a clip: ``strong`` is ours, for all methods the same; ``code``
            one of flip, +30°, upside down, nothing; ``paper`` all of them independently (E25); ``none``.
        pictures: begin with single frames of the clips, where the profile has time for that; ours.
        start: of the body: pretrained on the identities of generated people, each picture repeated to a clip (one of a
            single frame where the profile begins with pictures), or from scratch.
        short_clip: what a clip does at the end of its video: go on at the beginning, or stay on the last frame (E35).
            While it may go on, training clips begin anywhere.
        last_clip: drop the incomplete clip at the end of a video that is judged, unless it is the only one, or fill it
            as ``short_clip`` says (E36).
        learning: Adam with a one-cycle learning rate; or as printed, faces with SGD, a hundred times the rate, and a
            tenth of it after each third of thirty epochs, then Adam with the code's decay (E26).
        normalisation: of pixels: by the statistics of ImageNet, for all methods the same; or as printed, BGR from 0 to
            255 minus the mean of VGGFace2's faces.
        objective: as ``Regression.objective``: with the ½ as the paper prints it, or without as in the code (E27).
        phase: where clips may begin in a video of which every eighth frame is used: ``first``, at those frames; or
            ``any``, as in the code, at each of its frames, among which it then goes on at the beginning (E35).
        framework: whose padding, constants of normalisation and draws of weights the network has (E24, E114).
        order: of the frames of a clip: that of the video, or none (``inputs.order``): a control.
        face_epochs: length of the face pretraining, in looks at each picture; ``None`` is the profile's.
    """

    network: Literal["msn", "c3d", "i3d"] = "msn"
    depth: int = 69
    kernels: tuple[int, ...] = KERNELS
    projection: Literal["code", "paper"] = "code"
    match_parameters: bool = False
    augment: Literal["strong", "code", "paper", "none"] = "strong"
    start: Literal["identity", "scratch"] = "identity"
    pictures: bool = True
    short_clip: Literal["wrap", "hold"] = "wrap"
    last_clip: Literal["drop", "fill"] = "drop"
    learning: Literal["ours", "printed"] = "ours"
    normalisation: Literal["imagenet", "vggface2"] = later("imagenet")
    objective: Literal["standardised", "mse", "half_mse"] = later("standardised")
    phase: Literal["first", "any"] = later("first")
    framework: Literal["pytorch", "keras"] = later("pytorch")
    order: Literal["video", "shuffled"] = later("video")
    face_epochs: float | None = later(None)


EPOCHS = 30
"""Of the printed face pretraining, whose rate falls tenfold after each ten; how many there are is ours (E113)."""


def learning(config: Config, profile: ClipProfile) -> Learnings:
    """For the scores, and before them for the faces."""
    if config.learning == "printed":
        faces = learning_faces(profile, Learning("sgd", "tenths", rate=100.0), EPOCHS, config.face_epochs)
        epsilon = 1e-7 if config.framework == "keras" else Learning.epsilon  # Keras' default
        return Learnings(Learning(schedule="inverse", epsilon=epsilon), faces)
    scores, faces = _ours(config, profile)
    return Learnings(scores, learning_faces(profile, faces, own=config.face_epochs))


def _ours(config: Config, profile: ClipProfile) -> Learnings:
    if profile.scale.width < 1 and not profile.pictures:
        return Learnings(ALIKE)
    pictures_first = config.pictures and profile.pictures > 0
    if config.network == "c3d":
        return Learnings(PATIENT if pictures_first else SLOWER, SLOWER)
    if config.network == "msn" and pictures_first:
        return Learnings(PATIENT, PATIENT)
    if profile.scale.width < 1 and not config.pictures:
        return Learnings(GENTLE)
    return Learnings()


@cache
def inputs(config: Config, profile: ClipProfile) -> InputSpec:
    """Clips of ``profile.clip`` frames; face pretraining repeats a picture to such a clip, or shows it once.

    Equal switches give the same object, so that rows that are the same training can be seen to be.
    """
    repeated = 1 if profile.pictures else profile.clip
    apart = profile.step if config.phase == "any" else 1  # frames of the video that are kept, between two of a clip
    return InputSpec(
        partial(_prepare, config, 1 if config.pictures else profile.shrink),
        tuple(range(0, profile.clip * apart, apart)),
        span=profile.clip * apart,
        step=profile.step // apart,
        end=config.short_clip,
        rest=config.last_clip == "fill",
        still=partial(_prepare_still, config, repeated),
        still_frames=repeated,
        pictures_first=config.pictures and profile.pictures > 0,
        normalisation=config.normalisation,
    )


def _prepare(config: Config, shrink: int, clips: "Tensor", training: bool) -> "Tensor":
    from depnb.methods.msn.network import prepare  # torch takes seconds to import, and who only reads needs none

    return prepare(config, shrink, clips, training)


def _prepare_still(config: Config, frames: int, pictures: "Tensor", training: bool) -> "Tensor":
    from depnb.methods.msn.network import prepare_still  # torch takes seconds to import, and who only reads needs none

    return prepare_still(config, frames, pictures, training)


def model(config: Config, scale: Scale = PRINTED) -> Network:
    """The network of a row; a 3-D network's depth is the row's, not the scale's."""
    from depnb.methods.msn.network import build  # torch takes seconds to import, and who only reads needs none

    return build(config, scale)


def _scratch(**switches) -> Config:
    return Config(start="scratch", pictures=False, **switches)


# Rows of Fig. 4 and Table 2 are different networks; all of them start from scratch, on clips, so that they start alike.
# The paper's are pretrained, and so are these as its recipe demands: there `depth_69` is `msn` (E113).
ROWS = {
    "msn": Config(),
    "c3d": Config(network="c3d"),
    "i3d": Config(network="i3d"),
    "msn_shuffled": Config(order="shuffled"),
    "msn_projected": Config(projection="paper"),
    "msn_held": Config(short_clip="hold"),
    "msn_turned": Config(augment="paper"),
    "c3d_shuffled": Config(network="c3d", order="shuffled"),
    "depth_27": _scratch(depth=27),
    "depth_36": _scratch(depth=36),
    "depth_51": _scratch(depth=51),
    "depth_69": _scratch(depth=69),
    "depth_99": _scratch(depth=99),
    "kernels_3": _scratch(kernels=(3,)),
    "kernels_35": _scratch(kernels=(3, 5)),
    "kernels_37": _scratch(kernels=(3, 7)),
    "kernels_359": _scratch(kernels=(3, 5, 9)),
    "kernels_3511": _scratch(kernels=(3, 5, 11)),
    "kernels_379": _scratch(kernels=(3, 7, 9)),
    "kernels_3711": _scratch(kernels=(3, 7, 11)),
    "kernels_3579": _scratch(kernels=(3, 5, 7, 9)),
    "kernels_3_matched": _scratch(kernels=(3,), match_parameters=True),
}
NETWORKS = ("msn", "c3d", "i3d")
DEPTHS = ("depth_27", "depth_36", "depth_51", "depth_69", "depth_99")
KERNEL_ROWS = {
    "kernels_3": "h=3",
    "kernels_35": "h=3,5",
    "kernels_37": "h=3,7",
    "depth_69": "h=3,5,7",
    "kernels_359": "h=3,5,9",
    "kernels_3511": "h=3,5,11",
    "kernels_379": "h=3,7,9",
    "kernels_3711": "h=3,7,11",
    "kernels_3579": "h=3,5,7,9",
}
"""Rows of Table 2, and what the paper calls them; (3, 5, 7) is the 69 of Fig. 4."""


def _pretrained(config: Config) -> dict[str, Any]:
    return {"start": "identity", "pictures": True}


_PRINTED = {"learning": "printed", "normalisation": "vggface2"}
# The code validates on development, on which it trains too (E28).
PROTOCOLS = {
    "honest": HONEST,
    "selected": SELECTED,
    "selected-new": SELECTED_NEW,
    "paper": as_printed(Recipe({**_PRINTED, "augment": "paper", "objective": "half_mse"}, _pretrained)),
    "code": as_printed(
        Recipe({**_PRINTED, "augment": "code", "objective": "mse", "phase": "any", "framework": "keras"}, _pretrained)
    ),
    "disjoint": DISJOINT,
}

# Depths and kernels are compared where only movement tells: range in time is what the paper sells them for.
HEADLINE = tuple((row, "both") for row in NETWORKS)
GRID = {
    "headline": HEADLINE,
    "all": (
        *HEADLINE,
        ("i3d", "null"),
        *((row, "dynamics") for row in ROWS if row.startswith(("depth_", "kernels_"))),
    ),
    "controls": (
        *((row, corpus) for row in NETWORKS for corpus in ("appearance", "dynamics")),
        *((row, "null") for row in ("msn", "c3d")),
        *((row, corpus) for row in ("msn_shuffled", "c3d_shuffled") for corpus in ("both", "dynamics")),
        *(("msn", "both", how) for how in ("selected", "selected-new")),
        *(("msn", corpus) for corpus in FURTHER),
        *((row, "both") for row in ("msn_projected", "msn_held", "msn_turned")),
    ),
}

TABLES = {
    "Table 2": {row: f"MSN-69, {kernels}" for row, kernels in KERNEL_ROWS.items()},
    "Table 3": {"c3d": "C3D", "i3d": "I3D", "msn": "MSN"},
    "Table 4": {"c3d": "C3D", "i3d": "I3D", "msn": "MSN"},
    "Table 6": {"msn": "MSN (proposed)"},
    "Table 7": {"msn": "MSN (proposed)"},
}

CLAIMS = (
    *(
        Claim(text, "depth_69", rival, corpus="dynamics")
        for text, rival in (
            ("several kernels are better than one (Table 2)", "kernels_3"),
            ("three kernels are better than two (Table 2)", "kernels_35"),
            ("kernels 3, 5, 7 are better than the longer 3, 7, 11 (Table 2)", "kernels_3711"),
            ("69 layers are better than 27 (Fig. 4)", "depth_27"),
            ("69 layers are better than 99 (Fig. 4)", "depth_99"),
        )
    ),
    Claim("MSN is better than C3D (Tables 3, 4)", "msn", "c3d"),
    Claim("MSN is better than I3D (Tables 3, 4)", "msn", "i3d"),
    *(
        Claim(text, "depth_69", rival, corpus="dynamics", printed=False)
        for text, rival in (
            ("several kernels are better than one with as many parameters", "kernels_3_matched"),
            ("MSN is better than the constant where only movement tells", "constant"),
        )
    ),
    *(
        Claim(f"{name} is better than the constant", row, "constant", printed=False)
        for row, name in (("msn", "MSN"), ("c3d", "C3D"), ("i3d", "I3D"))
    ),
    Claim(
        "I3D is better than the constant where nothing can be learnt", "i3d", "constant", corpus="null", printed=False
    ),
)

FIGURES = {
    "fig4": Figure(
        "series",
        DEPTHS,
        "Depth of MSN, from scratch: RMSE and MAE on unseen people; points are seeds, bars 95 % intervals of the RMSE "
        "over people and seeds.",
    ),
    "fig5": Figure(
        "scores",
        ("msn",),
        "MSN: label and predicted score of each unseen person (mean over seeds). Dashed: constant predictor; grey "
        "verticals: BDI-II bands.",
    ),
    "fig6": Figure(
        "clip_attention",
        ("kernels_3", "depth_69"),
        "Grad-CAM of the score on Conv5, over the first and the last frame of a clip: kernels of 3 alone, and of 3, 5 "
        "and 7; one person a severity band. Bright is where a stronger feature would raise the score.",
    ),
}


PAPER = Paper(
    name="msn",
    title="MSN",
    notebook="30_msn",
    citation=(
        "W. C. de Melo, E. Granger, A. Hadid: A Deep Multiscale Spatiotemporal Network for Assessing Depression from "
        "Facial Dynamics. IEEE Transactions on Affective Computing, 2020."
    ),
    version=2,
    profiles=PROFILES,
    config=Config,
    rows=ROWS,
    own="msn",
    grid=GRID,
    protocols=PROTOCOLS,
    tables=TABLES,
    claims=CLAIMS,
    figures=FIGURES,
    inputs=inputs,
    model=model,
    learning=learning,
    diagrams=partial(resolve_name, "depnb.methods.msn.diagrams:FIGURES"),
)
