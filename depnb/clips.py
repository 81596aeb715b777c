"""Face crops → what a network eats: frames in memory, normalised and, in training, varied."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from depnb import faces
from depnb.corpus.records import Recording
from depnb.files import atomic_path, cache_dir
from depnb.progress import progress

VERSION = 2

# Channel statistics of ImageNet, those of torchvision's weights.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)

LUMA = (0.299, 0.587, 0.114)
RECOLOUR = ((0.0, 1.0), (0.6, 1.4), (0.6, 1.4))
"""Ranges of what stays of the colours, of contrast and of brightness."""


@dataclass(frozen=True)
class Frames:
    """Labelled videos as a few small frames each; 300 videos of 12 frames at 64×64 are 44 MB.

    Attributes:
        pixels: uint8 RGB [N, n, 3, S, S].
        recordings: the N videos, each with a label.
        left_out: (name, reason) of videos that are not in ``pixels``.
    """

    pixels: Tensor
    recordings: tuple[Recording, ...]
    left_out: tuple[tuple[str, str], ...] = ()

    def __post_init__(self):
        if self.pixels.dtype != torch.uint8 or self.pixels.ndim != 5 or self.pixels.shape[2] != 3:
            raise ValueError(
                f"Expected uint8 pixels [N, n, 3, S, S], got {self.pixels.dtype} {list(self.pixels.shape)}."
            )
        if len(self.pixels) != len(self.recordings):
            raise ValueError(f"{len(self.pixels)} videos in the pixels, {len(self.recordings)} recordings.")
        unlabelled = [r.name for r in self.recordings if r.bdi is None]
        if unlabelled:
            raise ValueError(f"No label for {', '.join(unlabelled)}; leave these recordings out first.")

    def __len__(self) -> int:
        return len(self.recordings)

    @property
    def bdi(self) -> Tensor:
        """Labels, float32 [N], BDI-II points."""
        return torch.tensor([r.bdi for r in self.recordings], dtype=torch.float32)

    @property
    def subjects(self) -> list[str]:
        """The person in each video, N names."""
        return [r.subject for r in self.recordings]


def load_frames(recordings: Sequence[Recording], frames: int, size: int) -> Frames:
    """Evenly spaced face crops of each recording.

    The papers take every 10th (AVEC2014) or 100th (AVEC2013) frame; here the number is fixed and the spacing follows,
    so that long videos do not outweigh short ones. Videos with fewer faces than ``frames`` repeat some.
    A video is reduced once; the result is cached for all corpora that share its file.

    Args:
        recordings: whose crops ``faces.prepare`` has made.
        frames: n, frames of a video.
        size: S, side of the frames, px; reduced from the crop by area averaging.

    Returns:
        the frames; recordings without a label, without crops or without a single face are in ``left_out``.

    Raises:
        ValueError: nothing is left.
    """
    kept, pixels, left_out = [], [], []
    with progress("frames", len(recordings), "videos") as bar:
        for recording in recordings:
            if recording.bdi is None:
                left_out.append((recording.name, "no label"))
            else:
                try:
                    video = _cached(recording, frames, size)
                except (FileNotFoundError, NoFaceError) as error:
                    left_out.append((recording.name, str(error)))
                else:
                    kept.append(recording)
                    pixels.append(video)
            bar.advance()
    if not kept:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out[:3])
        raise ValueError(f"No usable video among {len(recordings)} recordings. First reasons: {reasons}")
    return Frames(torch.from_numpy(np.stack(pixels)), tuple(kept), tuple(left_out))


class NoFaceError(ValueError):
    """A video in which no face was found."""


def evenly_spaced(count: int, n: int) -> np.ndarray:
    """``n`` indices spread over ``range(count)``: the middles of n equal parts, int [n]; some repeat if n > count."""
    return ((np.arange(n) + 0.5) * count / n).astype(int)


def reduce(crops: np.ndarray, size: int) -> np.ndarray:
    """Crops uint8 [n, H, H, 3] to frames uint8 [n, 3, size, size], by area averaging."""
    small = [cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA) for crop in crops]
    return np.ascontiguousarray(np.stack(small).transpose(0, 3, 1, 2))  # [n, 3, S, S]


def normalise(pixels: Tensor) -> Tensor:
    """RGB [..., 3, S, S], uint8 or float32 in 0–1, to float32 standardised by ImageNet's channel statistics."""
    return _normaliser()(pixels)


def augment(pixels: Tensor) -> Tensor:
    """Vary each frame of a batch by itself, so that forty people are not simply learnt by heart.

    Mirrors half, turns by up to 8.6°, zooms by 0.8–1.1, shifts by up to 5 % of the side, fades the colours, changes
    the gain of each channel, contrast and brightness by up to 40 %, and covers one rectangle with the frame's mean.
    Ours: the paper lists no augmentation (E68). The label stays. All frames go through one resampling, because
    torchvision's transforms draw once for a whole batch, and called frame by frame they take longer than the training
    step. Draws come from torch's global generator.

    Args:
        pixels: uint8 [B, 3, S, S].

    Returns:
        float32 [B, 3, S, S] in 0–1.
    """
    images = pixels.float() / 255
    return _covered(_moved(_recoloured(images))).clamp(0, 1)


def _recoloured(images: Tensor) -> Tensor:
    grey = (images * images.new_tensor(LUMA)[:, None, None]).sum(1, keepdim=True)  # [B, 1, S, S]
    gain = _between(0.6, 1.4, (len(images), 3, 1, 1), images)
    fade, contrast, brightness = (_between(low, high, (len(images), 1, 1, 1), images) for low, high in RECOLOUR)
    images = grey * (1 - fade) + images * gain * fade
    mean = images.mean((1, 2, 3), keepdim=True)
    return (images - mean) * contrast + mean * brightness


def _moved(images: Tensor) -> Tensor:
    count = len(images)
    mirror = torch.where(_between(0, 1, (count,), images) < 0.5, -1.0, 1.0)
    angle, zoom = _between(-0.15, 0.15, (count,), images), _between(0.8, 1.1, (count,), images)
    theta = images.new_zeros(count, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = mirror * zoom * angle.cos(), -zoom * angle.sin()
    theta[:, 1, 0], theta[:, 1, 1] = mirror * zoom * angle.sin(), zoom * angle.cos()
    theta[:, :, 2] = _between(-0.1, 0.1, (count, 2), images)
    grid = functional.affine_grid(theta, list(images.shape), align_corners=False)  # [B, S, S, 2]
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _covered(images: Tensor) -> Tensor:
    count, side = len(images), images.shape[-1]
    size, start = _between(0.12, 0.42, (2, count, 1), images), _between(0, 0.88, (2, count, 1), images)
    place = (torch.arange(side, device=images.device) + 0.5) / side  # [S]
    rows, columns = (place >= start) & (place < start + size)  # [B, S] each
    covered = rows[:, None, :, None] & columns[:, None, None, :]  # [B, 1, S, S]
    return torch.where(covered, images.mean((1, 2, 3), keepdim=True), images)


def _between(low: float, high: float, shape: tuple[int, ...], like: Tensor) -> Tensor:
    """Uniform numbers; drawn on the CPU, so that every device sees the same."""
    return (low + (high - low) * torch.rand(shape)).to(like.device)


@cache
def _normaliser() -> Callable[[Tensor], Tensor]:
    from torchvision.transforms import v2  # takes seconds to import, and not every reader of results needs it

    return v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)])


def _cached(recording: Recording, frames: int, size: int) -> np.ndarray:
    path = _cache_file(recording.video, frames, size)
    try:
        return np.load(path)
    except (FileNotFoundError, EOFError, ValueError):
        pixels = _reduced(recording, frames, size)
        with atomic_path(path) as temporary, open(temporary, "wb") as handle:
            np.save(handle, pixels)
        return pixels


def _reduced(recording: Recording, frames: int, size: int) -> np.ndarray:
    index = faces.load(recording, indices=[]).found.nonzero()[0]
    if not len(index):
        raise NoFaceError("no face in any frame")
    chosen = index[evenly_spaced(len(index), frames)]
    return reduce(faces.load(recording, indices=chosen).frames, size)


def _cache_file(video: Path, frames: int, size: int) -> Path:
    """Named after everything that decides the pixels; ``null`` and ``both`` share the file behind a link."""
    video = video.resolve()
    stat = video.stat()
    facts = [str(video), stat.st_size, stat.st_mtime_ns, frames, size, VERSION, faces.VERSION]
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]
    return cache_dir() / "frames" / f"{key}.npy"
