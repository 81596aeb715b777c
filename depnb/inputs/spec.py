"""What a network is given: which frames of a video, and what is done to them. Needs no torch."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

Normalisation = Literal["imagenet", "vggface2"]

# Channel statistics of ImageNet, those of torchvision's weights.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
VGGFACE2_BGR = (91.4953, 103.8827, 131.0912)
"""Mean colour of the faces of VGGFace2, 0–255, that networks trained on it are used with."""

LANDMARKS = 68


@dataclass(frozen=True)
class Sample:
    """Frames of a video that are drawn at random, and how often.

    Attributes:
        draws: a video is judged by so many inputs, the same ones every time.
        again: a training draws anew for every step; else a video always shows it the first draw.
        ordered: the frames are put in the order of the video.
        parts: a draw is cut into so many inputs, part by part: 5 of one frame are the frames of a draw of five, one by
            one. Inputs are numbered draw after draw.
    """

    draws: int
    again: bool = True
    ordered: bool = True
    parts: int = 1

    @property
    def inputs(self) -> int:
        """By how many inputs a video is judged."""
        return self.draws * self.parts

    @property
    def trained(self) -> int:
        """Among how many inputs of a video a training chooses."""
        return (2**31 if self.again else 1) * self.parts

    def frame_indices(self, video: int, number: int, frames: int, take: int) -> list[int]:
        """Which of a video's ``frames`` an input takes: of different ones, if a draw finds so many.

        Args:
            video, number: of the video and of its input, from 0; the same two always give the same frames.
            frames: how many the video has.
            take: frames of an input.
        """
        import numpy as np  # which listings do not need

        draw, part = divmod(number, self.parts)
        size = take * self.parts
        chosen = np.random.default_rng([video, draw]).choice(frames, size, replace=frames < size)
        return (np.sort(chosen) if self.ordered else chosen)[part * take :][:take].tolist()


class LandmarkedClips(NamedTuple):
    """Clips whose landmarks are known.

    Attributes:
        pixels: uint8 [B, l, 3, S, S].
        landmarks: float32 [B, l, 68, 2] in pixels of the frame (300-W order; x right, y down, pixel centres at
            integers); some may lie outside.
    """

    pixels: "Tensor"
    landmarks: "Tensor"


@dataclass(frozen=True)
class InputSpec:
    """What a network is given: which frames of a video make one input, and what is done to them.

    Attributes:
        prepare: (clips uint8 [B, l, 3, S, S], whether they are trained on) → what the network's ``forward`` takes. In
            training it varies them. Never draws for what is not trained on.
        offsets: the l frames of an input, counted from its first: (0,) is a frame, (0, 1, … 15) a clip of 16, (4,) the
            middle one of nine.
        span: frames from one input of a video to the next when all of it is judged; a rest shorter than that is left
            out, unless it is all there is or ``rest`` says otherwise (E36).
        step: the stride between the frames of a video that are used. None: no sequence, but the profile's number of
            evenly spaced frames.
        end: what an input does at the end of its video (E35): ``wrap`` goes on at the beginning, and an input of the
            training may begin anywhere; ``stop`` and ``hold`` begin where a whole input is left. Of a video that is
            shorter, and of a ``rest``, ``hold`` repeats the last frame; the others wrap.
        rest: whether a video is also judged by its last, incomplete input.
        grey: whether the clips are of grey levels, [B, l, 1, S, S], and not of colours.
        still: for face pretraining: as ``prepare``, from single frames uint8 [B, 1, 3, S, S]. None: as frames are.
        still_frames: how often ``still`` repeats a frame.
        pictures_first: whether a training begins with one frame of each clip, where the profile has time for that.
        sample: an input is not a sequence, but as many frames as there are ``offsets``, drawn at random. An input's
            first frame, below, is then its number.
        landmarks: whether the clips are ``LandmarkedClips``. Frames with a landmark that is not known are left out.
        normalisation: by which of the functions ``pixels.NORMALISED`` pixels become numbers.
    """

    prepare: Callable[[Any, bool], Any]
    offsets: tuple[int, ...] = (0,)
    span: int = 1
    step: int | None = None
    end: Literal["stop", "wrap", "hold"] = "stop"
    rest: bool = False
    grey: bool = False
    still: "Callable[[Tensor, bool], Tensor] | None" = None
    still_frames: int = 1
    pictures_first: bool = False
    sample: Sample | None = None
    landmarks: bool = False
    normalisation: Normalisation = "imagenet"


def _frame(vary: bool, normalisation: Normalisation, clips: "Tensor", training: bool) -> "Tensor":
    from depnb.inputs.pixels import frame  # torch takes seconds to import, and who only reads needs none

    return frame(clips, vary and training, normalisation)


FRAME = InputSpec(partial(_frame, True, "imagenet"))
"""Single frames, varied in training; [B, 3, S, S]."""
PLAIN_FRAME = InputSpec(partial(_frame, False, "imagenet"))
"""The same, never varied."""
FRAME_V1 = InputSpec(partial(_frame, True, "vggface2"), normalisation="vggface2")
"""Single frames for the version-1 bodies of ``nets.resnet_v1``, varied in training; [B, 3, S, S]."""
PLAIN_FRAME_V1 = InputSpec(partial(_frame, False, "vggface2"), normalisation="vggface2")
"""The same, never varied."""
