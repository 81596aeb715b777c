"""The rivals' rows, in the form of a paper's, so that they are run, stored and found like any row. Needs no torch.

No network is trained: a rival is a regression on ``features`` of each video, fitted to the labels of the training
partition (``experiments.rivals``). The corpora are not listed here: rivals run wherever a row of a paper runs under
``honest`` (``experiments.grid``).
"""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, NamedTuple, NoReturn, get_args

from depnb.inputs.spec import PLAIN_FRAME, InputSpec
from depnb.methods.contract import HONEST, Paper, Recipe, as_printed
from depnb.methods.profiles import CLIP_PROFILES, ClipProfile, Scale
from depnb.methods.rivals import VERSION

Simple = Literal["frame_difference", "landmarks_moments", "landmarks_dynamics", "face_descriptors"]
"""Features of the rivals that stand in every table."""
OfTheField = Literal[
    "lbp_top",
    "optical_flow",
    "fdhh_landmarks",
    "fdhh_lbp",
    "imagenet_resnet50",
    "fdhh_resnet50",
    "kinetics_r3d_18",
    "kinetics_mvit_v2_s",
    "kinetics_swin3d_t",
    "timm_vit_s",
]
"""Features of the baselines that works of the field begin with."""
Features = Simple | OfTheField
Regression = Literal["ridge", "svr", "pls"]

SIMPLE: tuple[Features, ...] = get_args(Simple)
OF_THE_FIELD: tuple[Features, ...] = get_args(OfTheField)

WEIGHTS = {
    "imagenet_resnet50": "imagenet-resnet50",
    "fdhh_resnet50": "imagenet-resnet50",
    "kinetics_r3d_18": "kinetics-r3d_18",
    "kinetics_mvit_v2_s": "kinetics-mvit_v2_s",
    "kinetics_swin3d_t": "kinetics-swin3d_t",
    "timm_vit_s": "timm-vit_small_patch16_224.dino",
}
"""By rival, the weights of its frozen network (``nets.weights.registry``); without them it is not run."""


def regression(features: str) -> Regression:
    """What several numbers of a video go into; one goes into a plain linear regression.

    Support vectors are those of AVEC2014's baseline, and partial least squares those of Jan et al. (2018) for the FDHH.
    """
    if features == "lbp_top":
        return "svr"
    return "pls" if features.startswith("fdhh") else "ridge"


@dataclass(frozen=True)
class Config:
    """What a rival looks at; its ``regression`` follows from that."""

    features: Features = "frame_difference"
    start: ClassVar[str] = "scratch"


class Words(NamedTuple):
    """How a table names a rival, and one sentence on what it is."""

    title: str
    description: str


WORDS: dict[str, Words] = {
    "frame_difference": Words(
        "mean frame difference",
        "linear regression on one number per video: the logarithm of the mean absolute difference of consecutive "
        "frames in the middle of the face crop",
    ),
    "landmarks_moments": Words(
        "ridge on landmark moments",
        "ridge regression on the means and standard deviations of the found landmarks of a video",
    ),
    "landmarks_dynamics": Words(
        "ridge on landmark dynamics",
        "ridge regression on the speeds and autocorrelations of the found landmarks of a video",
    ),
    "face_descriptors": Words(
        "ridge on face descriptors",
        "ridge regression on the mean of the 128 descriptors of dlib's face recognition network, which has learnt real "
        "faces",
    ),
    "lbp_top": Words(
        "SVR on LBP-TOP",
        "linear support vector regression on local binary patterns from three orthogonal planes of a video (uniform "
        "patterns in 4 × 4 blocks), a relative of the challenge baseline of AVEC2014",
    ),
    "optical_flow": Words(
        "ridge on optical flow",
        "ridge regression on how far and in which directions each of 4 × 4 blocks of the face moves in a video "
        "(Farnebäck's dense optical flow)",
    ),
    "fdhh_landmarks": Words(
        "PLS on FDHH of landmarks",
        "partial least squares on the feature dynamic history histogram of the found landmarks: how long each "
        "coordinate goes on changing",
    ),
    "fdhh_lbp": Words(
        "PLS on FDHH of LBP",
        "partial least squares on the feature dynamic history histogram of the local binary patterns of each frame",
    ),
    "imagenet_resnet50": Words(
        "ridge on frozen ResNet-50 (ImageNet)",
        "ridge regression on the means and standard deviations over the frames of the features of a ResNet-50 that has "
        "learnt ImageNet",
    ),
    "fdhh_resnet50": Words(
        "PLS on FDHH of frozen ResNet-50 (ImageNet)",
        "partial least squares on the feature dynamic history histogram of the features of a ResNet-50 that has learnt "
        "ImageNet",
    ),
    **{
        f"kinetics_{name}": Words(
            f"ridge on frozen {title} (Kinetics)",
            f"ridge regression on the means and standard deviations over three clips of the features of {title}, a "
            "network that has learnt to tell actions apart (Kinetics-400)",
        )
        for name, title in (("r3d_18", "R3D-18"), ("mvit_v2_s", "MViTv2-S"), ("swin3d_t", "Swin3D-T"))
    },
    "timm_vit_s": Words(
        "ridge on frozen ViT-S/16 (DINO)",
        "ridge regression on the means and standard deviations over the frames of the features of a ViT-S/16 that has "
        "learnt ImageNet's pictures without their labels (DINO, from timm)",
    ),
}


def inputs(config: Config, profile: ClipProfile) -> InputSpec:
    """The frames that a rival looks at are those that clips are made of."""
    return replace(PLAIN_FRAME, step=profile.step)


def _no_network(config: Any, scale: Scale) -> NoReturn:
    raise TypeError(f"The rival {config.features} has no network.")


RIVALS = Paper(
    name="rivals",
    title="Simple rivals",
    notebook="",
    citation="",
    version=VERSION,
    profiles=CLIP_PROFILES,
    config=Config,
    rows={features: Config(features) for features in (*SIMPLE, *OF_THE_FIELD)},
    own="",
    grid={},
    # Nothing is selected on development. It is named so that "unseen" are the same people as for the networks.
    protocols={"honest": HONEST, "paper": as_printed(Recipe())},
    tables={},
    claims=(),
    figures={},
    inputs=inputs,
    model=_no_network,
)
