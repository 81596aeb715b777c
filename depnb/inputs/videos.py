"""Videos as small frames in memory or in their files, and the inputs that are taken out of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from depnb import faces
from depnb.corpus.records import Recording
from depnb.inputs.pixels import luma
from depnb.inputs.spec import LANDMARKS, InputSpec, LandmarkedClips


@dataclass(frozen=True)
class Frames:
    """Videos as small frames; 300 videos of 12 frames at 64×64 are 44 MB.

    Attributes:
        pixels: uint8 RGB, [N, n, 3, S, S] or N videos [n_i, 3, S, S], each a tensor or in its file; with one channel,
            grey levels.
        recordings: the N videos.
        skipped: (name, reason) of videos that are not in ``pixels``, or of which some frames are not.
        landmarks: float32, N tensors [n_i, 68, 2] as in ``LandmarkedClips``, all of them known; ``None`` where nobody
            has asked for them.
        labelled: every recording must have a label; else they are only to be scored.
    """

    pixels: "Tensor | tuple[Tensor | StoredVideo, ...]"
    recordings: tuple[Recording, ...]
    skipped: tuple[tuple[str, str], ...] = ()
    landmarks: tuple[Tensor, ...] | None = None
    labelled: bool = True

    def __post_init__(self):
        for video in self.pixels[:1] if isinstance(self.pixels, Tensor) else self.pixels:
            if video.dtype != torch.uint8 or video.ndim != 4 or video.shape[1] not in (1, 3) or not len(video):
                raise ValueError(
                    f"Expected uint8 pixels [n, 3 or 1, S, S] a video, got {video.dtype} {list(video.shape)}."
                )
        if len(self.pixels) != len(self.recordings):
            raise ValueError(f"{len(self.pixels)} videos in the pixels, {len(self.recordings)} recordings.")
        unlabelled = [r.name for r in self.recordings if r.bdi is None]
        if unlabelled and self.labelled:
            raise ValueError(f"No label for {', '.join(unlabelled)}; leave these recordings out first.")
        if self.landmarks is not None:
            self._check(self.landmarks)

    def _check(self, landmarks: tuple[Tensor, ...]) -> None:
        if len(landmarks) != len(self.pixels):
            raise ValueError(f"{len(self.pixels)} videos in the pixels, {len(landmarks)} in the landmarks.")
        for recording, video, points in zip(self.recordings, self.pixels, landmarks, strict=True):
            if tuple(points.shape) != (len(video), LANDMARKS, 2):
                raise ValueError(
                    f"Expected landmarks [{len(video)}, {LANDMARKS}, 2] of {recording.name}, got {list(points.shape)}."
                )
            if not points.isfinite().all():
                raise ValueError(f"A landmark of {recording.name} is not known: leave out such frames first.")

    def __len__(self) -> int:
        return len(self.recordings)

    @property
    def bdi(self) -> Tensor:
        """Labels, float32 [N], BDI-II points."""
        return torch.tensor([r.bdi for r in self.recordings], dtype=torch.float32)

    @property
    def labels(self) -> list[float]:
        """The same N labels as they stand in the corpus."""
        return [r.bdi for r in self.recordings if r.bdi is not None]

    @property
    def subjects(self) -> list[str]:
        """The person in each video, N names."""
        return [r.subject for r in self.recordings]

    def grey(self) -> "Frames":
        """The same videos in grey levels, N tensors [n_i, 1, S, S]."""
        return replace(self, pixels=tuple(luma(video[:])[:, None] for video in self.pixels))

    def sample_batch(self, batch: int, input_spec: InputSpec) -> tuple[Tensor, Tensor | LandmarkedClips]:
        """Random inputs for a training step, from torch's global generator.

        Returns:
            the videos [batch], each with the same chance, and ``clips`` of them that start anywhere.
        """
        videos = torch.randint(len(self), (batch,))  # [B]
        if input_spec.sample:
            drawn = torch.randint(input_spec.sample.trained, (batch,))  # [B]
            return videos, self.clips(list(zip(videos.tolist(), drawn.tolist(), strict=True)), input_spec)
        length = input_spec.offsets[-1] + 1
        counts = [len(self.pixels[video]) for video in videos.tolist()]
        wraps = input_spec.end == "wrap"
        starts = torch.tensor([count if wraps or count < length else count - length + 1 for count in counts])
        if len(set(starts.tolist())) == 1:
            drawn = torch.randint(int(starts[0]), (batch,))  # [B]
        else:
            drawn = (torch.rand(batch, dtype=torch.float64) * starts).long()  # [B]
        return videos, self.clips(list(zip(videos.tolist(), drawn.tolist(), strict=True)), input_spec)

    def inputs(self, input_spec: InputSpec) -> list[tuple[int, int]]:
        """All inputs that a video is judged by, as (video, first frame), video after video."""
        if input_spec.sample:
            return [(video, number) for video in range(len(self)) for number in range(input_spec.sample.inputs)]
        counts = [len(video) for video in self.pixels]
        whole = [
            max(1, -(-count // input_spec.span) if input_spec.rest else count // input_spec.span) for count in counts
        ]
        return [(v, n * input_spec.span) for v, number in enumerate(whole) for n in range(number)]

    def clips(self, inputs: Sequence[tuple[int, int]], input_spec: InputSpec) -> Tensor | LandmarkedClips:
        """The frames of inputs (video, first frame), uint8 [B, l, 3, S, S]; with landmarks if ``input_spec`` says so.

        Raises:
            ValueError: landmarks are asked for that were not loaded.
        """
        if input_spec.landmarks and self.landmarks is None:
            raise ValueError("These frames have no landmarks: load them with an InputSpec that asks for landmarks.")
        chosen = [(video, self.frame_indices(video, start, input_spec)) for video, start in inputs]
        pixels = torch.stack([_taken(self.pixels[video], places) for video, places in chosen])  # [B, l, 3, S, S]
        if not input_spec.landmarks or self.landmarks is None:
            return pixels
        landmarks = torch.stack([_taken(self.landmarks[video], places) for video, places in chosen])  # [B, l, 68, 2]
        return LandmarkedClips(pixels, landmarks)

    def frame_indices(self, video: int, start: int, input_spec: InputSpec) -> list[int]:
        """Which l frames of a video the input has that begins at ``start``."""
        if input_spec.sample:
            return input_spec.sample.frame_indices(video, start, len(self.pixels[video]), len(input_spec.offsets))
        last = len(self.pixels[video]) - 1
        places = [start + offset for offset in input_spec.offsets]
        return [min(place, last) if input_spec.end == "hold" else place % (last + 1) for place in places]

    def batches(self, input_spec: InputSpec, size: int, frames: int) -> Iterator[Tensor | LandmarkedClips]:
        """The ``clips`` of ``inputs``: at most ``size`` of them at once, and of several clips at most ``frames``
        frames."""
        inputs, count = self.inputs(input_spec), min(size, max(1, frames // len(input_spec.offsets)))
        for first in range(0, len(inputs), count):
            yield self.clips(inputs[first : first + count], input_spec)


class StoredVideo:
    """One video as a tensor uint8 RGB [n, 3, 224, 224] whose frames are decoded when they are taken out of it.

    Args:
        crops: of the video, in their file.
    """

    dtype, ndim = torch.uint8, 4

    def __init__(self, crops: faces.StoredCrops):
        self._crops = crops

    @property
    def shape(self) -> torch.Size:
        return torch.Size((len(self), 3, faces.CROP_SIZE, faces.CROP_SIZE))

    def __len__(self) -> int:
        return len(self._crops)

    def __getitem__(self, places: int | slice | list[int]) -> Tensor:
        chosen = np.arange(len(self))[places]
        frames = self._crops.decode(np.atleast_1d(chosen))  # [k, H, H, 3]
        pixels = torch.from_numpy(frames).permute(0, 3, 1, 2).contiguous()  # [k, 3, H, H]
        return pixels if chosen.ndim else pixels[0]


def _taken(frames: Tensor | StoredVideo, places: list[int]) -> Tensor:
    """``frames[places]``; successive ones of a tensor without a copy."""
    first, last = places[0], places[-1] + 1
    return frames[first:last] if places == list(range(first, last)) else frames[places]
