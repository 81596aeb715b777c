"""What is done to pixels: reduce, grey levels, normalise."""

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
import torch
from torch import Tensor

from depnb.inputs.augment import LUMA, strong
from depnb.inputs.spec import MEAN, STD, VGGFACE2_BGR, Normalisation


def reduce(crops: np.ndarray, size: int) -> np.ndarray:
    """Crops uint8 [n, H, H, 3] to frames uint8 [n, 3, size, size], by area averaging."""
    small = [cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA) for crop in crops]
    return np.ascontiguousarray(np.stack(small).transpose(0, 3, 1, 2))  # [n, 3, S, S]


def luma(frames: Tensor) -> Tensor:
    """Grey levels of RGB frames by the weights of ``augment.LUMA``, rounded; the code is of one channel (E06).

    Args:
        frames: [..., 3, H, W], uint8 or float in 0–1; what is beyond is cut.

    Returns:
        uint8 [..., H, W].

    Raises:
        ValueError: not three channels, or neither uint8 nor float.
    """
    if frames.ndim < 3 or frames.shape[-3] != 3 or not (frames.dtype == torch.uint8 or frames.is_floating_point()):
        raise ValueError(
            f"Expected RGB frames [..., 3, H, W] of uint8 or float, got {frames.dtype} {list(frames.shape)}."
        )
    levels = 255 * frames.clamp(0, 1) if frames.is_floating_point() else frames
    red, green, blue = levels.unbind(-3)
    grey = red.float().mul(LUMA[0]).add_(green.float(), alpha=LUMA[1]).add_(blue.float(), alpha=LUMA[2])
    return grey.add_(0.5).to(torch.uint8)


def normalise(pixels: Tensor) -> Tensor:
    """RGB [..., 3, S, S], uint8 or float32 in 0–1, to float32 standardised by ImageNet's channel statistics."""
    return _normaliser()(pixels)


def centre_on_faces(pixels: Tensor) -> Tensor:
    """RGB [..., 3, S, S], uint8 or float32 in 0–1, to float32 BGR of 0–255 minus ``VGGFACE2_BGR``."""
    levels = pixels.float() if pixels.dtype == torch.uint8 else 255 * pixels
    return levels.flip(-3) - levels.new_tensor(VGGFACE2_BGR)[:, None, None]


NORMALISED: dict[Normalisation, Callable[[Tensor], Tensor]] = {"imagenet": normalise, "vggface2": centre_on_faces}


@cache
def _normaliser() -> Callable[[Tensor], Tensor]:
    from torchvision.transforms import v2  # takes seconds to import, and not every reader of results needs it

    return v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)])


def frame(clips: Tensor, vary: bool, normalisation: Normalisation) -> Tensor:
    """Clips of one frame, uint8 [B, 1, 3, S, S], to normalised images [B, 3, S, S], varied by ``strong`` first."""
    return NORMALISED[normalisation](strong(clips) if vary else clips)[:, 0]  # [B, 3, S, S]
