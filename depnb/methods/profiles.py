"""How large an experiment is: one table. Nothing else differs between profiles."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal


@dataclass(frozen=True)
class Scale:
    """Size of a network; every method builds its paper's network at ``Scale()``, which is scale 1.

    Attributes:
        width: factor on every channel count.
        depth: ResNet depth, a key of ``backbones.STAGES``.
        input_size: side of the square input, px.
    """

    width: float = 1.0
    depth: int = 50
    input_size: int = 224


PRINTED = Scale()


@dataclass(frozen=True)
class Profile:
    """One size of experiment.

    Attributes:
        name: ``smoke``, ``quick``, ``standard`` or ``paper``.
        corpus_size: size of a generated corpus, a key of ``synthetic.recipe.SIZES``.
        scale: size of the networks.
        frames: frames of a video that are used, evenly spaced among those with a face.
        steps: optimiser steps.
        batch: frames or clips in a step.
        lr: largest learning rate.
        precision: Lightning Fabric's name, ``32-true`` or ``bf16-mixed``.
        memory_format: layout of images and convolution weights in memory.
        threads: CPU threads of torch.
        checks: how often a training looks at the people whom its curve shows, evenly spaced; the last one at its end.
        learn_faces: whether bodies learn faces before the rows of a paper that did so (``start`` is ``identity``).
            Otherwise they start from scratch, all but those whose row says for how long faces are learnt.
        switches: of the configuration, with their values, for each row that leaves them at their default.
        made_before: whether its committed results are of version 2 of the loop, until they are made anew.
    """

    name: str
    corpus_size: Literal["tiny", "quick", "standard", "full"]
    scale: Scale
    frames: int
    steps: int
    batch: int
    lr: float
    precision: str = field(metadata={"decides": False})
    memory_format: Literal["channels_last", "contiguous_format"] = field(metadata={"decides": False})
    threads: int = field(metadata={"decides": False})

    checks: int = field(default=6, kw_only=True, metadata={"later": True})
    learn_faces: bool = field(default=True, kw_only=True, metadata={"later": True})
    switches: tuple[tuple[str, Any], ...] = field(default=(), kw_only=True, metadata={"elsewhere": True})
    made_before: bool = field(default=False, kw_only=True, metadata={"elsewhere": True})

    def still(self, share: int) -> "Profile":
        """This profile for a training on single frames that is a ``share``-th as long."""
        return replace(self, steps=self.steps // share)

    def deciding(self) -> dict[str, Any]:
        """The fields that a run's digest covers: not the name, how the machine computes, nor those ``elsewhere``."""
        later = {name for name, f in self.__dataclass_fields__.items() if f.metadata.get("later")}
        usual = {name for name in later if getattr(self, name) == self.__dataclass_fields__[name].default}
        others = {"name", *self.elsewhere(), *self.computing(), *usual}
        return {name: value for name, value in (vars(self) | {"scale": vars(self.scale)}).items() if name not in others}

    def elsewhere(self) -> set[str]:
        """The fields that are known by what follows from them: a row's configuration, the version of the loop."""
        return {name for name, f in self.__dataclass_fields__.items() if f.metadata.get("elsewhere")}

    def computing(self) -> dict[str, Any]:
        """How the machine computes: fixed when a run starts, recorded with it, and not in its digest."""
        return {
            name: getattr(self, name)
            for name, f in self.__dataclass_fields__.items()
            if not f.metadata.get("decides", True)
        }


@dataclass(frozen=True)
class ClipProfile(Profile):
    """A size of experiment for 3-D networks; ``frames`` is only used by the face pretraining of their bodies.

    Attributes:
        step: stride between the frames of a video that a clip takes. The papers' 8 is meant for 30 frames per second;
            the generated videos have 8 per second, and one frame per second no longer tells how fast something moved.
        clip: frames of a clip; 16 in the papers (E22).
        shrink: frames of rows that begin with clips are so many times smaller: movement needs no detail.
        pictures: steps on one frame of each clip, with which rows begin that are to learn looks first; ours, because a
            clip costs as much as its frames together.
        after: steps on clips that these rows take then, instead of ``steps``.
        picture_batch: frames in such a step.
    """

    checks: int = field(default=2, kw_only=True, metadata={"later": True})

    step: int = field(kw_only=True)
    clip: int = field(kw_only=True)
    shrink: int = field(kw_only=True)
    pictures: int = field(kw_only=True)
    picture_batch: int = field(kw_only=True)
    after: int = field(kw_only=True)

    def still(self, share: int) -> "ClipProfile":
        """As for images; a share of the pictures, where there are some."""
        if not self.pictures:
            return replace(self, steps=self.steps // share)
        return replace(self, steps=self.pictures // share, batch=self.picture_batch)


# The papers leave the training length open (E68): the steps are ours. `paper` has the printed learning rate. Those of
# `standard` are tried by benchmarks/lengths.py, paper by paper; what differs from here stands in a paper's rows.
PROFILES = {
    profile.name: profile
    for profile in (
        #       name     corpus   width depth input        frames steps batch lr
        Profile("smoke", "tiny", Scale(0.125, 10, 32), 4, 30, 16, 2e-3, "32-true", "channels_last", 1),
        Profile(
            "quick", "quick", Scale(0.25, 10, 80), 12, 600, 32, 2e-3, "32-true", "channels_last", 1, made_before=True
        ),
        Profile(
            "standard", "standard", Scale(0.25, 10, 80), 12, 1200, 32, 2e-3, "32-true", "channels_last", 1, checks=10
        ),
        Profile("paper", "full", PRINTED, 48, 6000, 32, 1e-4, "bf16-mixed", "channels_last", 8),
    )
}

# The same profiles for networks on clips: depth is the row's own.
CLIP_PROFILES = {
    profile.name: profile
    for profile in (
        #                     corpus   width depth input    frames steps batch lr
        ClipProfile("smoke", "tiny", Scale(1 / 32, 0, 24), 4, 12, 8, 2e-3, "32-true", "channels_last", 1,
                    step=1, clip=8, shrink=1, pictures=12, picture_batch=8, after=4),
        ClipProfile("quick", "quick", Scale(1 / 8, 0, 64), 12, 150, 16, 3e-3, "32-true", "channels_last", 1,
                    step=1, clip=16, shrink=2, pictures=500, picture_batch=32, after=30, made_before=True),
        ClipProfile("standard", "standard", Scale(1 / 8, 0, 64), 12, 600, 16, 3e-3, "32-true", "channels_last", 1,
                    step=1, clip=16, shrink=2, pictures=0, picture_batch=0, after=0, checks=10),
        ClipProfile("paper", "full", Scale(1.0, 0, 112), 48, 2000, 24, 1e-4, "bf16-mixed", "channels_last", 8,
                    step=8, clip=16, shrink=1, pictures=0, picture_batch=0, after=0),
    )
}  # fmt: skip
