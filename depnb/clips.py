"""Face crops → what a network eats: frames in memory, normalised and, in training, varied."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torchvision.transforms import v2

from depnb import faces
from depnb.corpus.records import Recording
from depnb.files import atomic_path, cache_dir
from depnb.progress import progress

VERSION = 1

# Channel statistics of ImageNet, those of torchvision's weights.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


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
    """uint8 RGB [..., 3, S, S] to float32 with zero mean and unit spread per channel (ImageNet's)."""
    return _normalise(pixels)


def augment(pixels: Tensor) -> Tensor:
    """Vary each frame of a batch, uint8 [B, 3, S, S], by itself: mirror, crop a little, change brightness.

    Ours: the paper lists no augmentation (E68). The label stays. Draws come from torch's global generator.
    """
    vary = v2.Compose(
        [
            v2.RandomHorizontalFlip(0.5),
            v2.RandomResizedCrop(pixels.shape[-1], scale=(0.8, 1.0), ratio=(0.95, 1.05), antialias=True),
            v2.ColorJitter(brightness=0.2, contrast=0.2),
        ]
    )
    return torch.stack([vary(frame) for frame in pixels])  # [B, 3, S, S]


_normalise = v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)])


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
