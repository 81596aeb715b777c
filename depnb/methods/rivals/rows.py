"""The rivals' rows, in the form of a paper's, so that they are run, stored and found like any row. Needs no torch.

There is no network: a rival is a regression on ``features`` of each video, fitted to the labels of the training
partition (``experiments.rivals``). The corpora are not listed here: rivals run wherever a row of a paper runs under
``honest`` (``experiments.grid``).
"""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, NamedTuple, NoReturn, get_args

from depnb.inputs.spec import PLAIN_FRAME, InputSpec
from depnb.methods.contract import HONEST, Paper, Recipe, as_printed
from depnb.methods.profiles import CLIP_PROFILES, ClipProfile, Scale
from depnb.methods.rivals import VERSION

Features = Literal["frame_difference", "landmarks_moments", "landmarks_dynamics", "face_descriptors"]


@dataclass(frozen=True)
class Config:
    """What a rival looks at; one number goes into a plain linear regression, several into a ridge regression."""

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
    rows={features: Config(features) for features in get_args(Features)},
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
