"""Face crops → what a network eats: frames and clips, normalised and, in training, varied."""

import hashlib
import json
import logging
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import cv2
import numpy as np
import torch
from torch import Tensor

from depnb import faces
from depnb.augment import LUMA, strong
from depnb.corpus.records import Recording
from depnb.corpus.tree import stamp
from depnb.files import atomic_path, cache_dir
from depnb.progress import progress

log = logging.getLogger("depnb")

VERSION = 2

# Channel statistics of ImageNet, those of torchvision's weights.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
VGGFACE2_BGR = (91.4953, 103.8827, 131.0912)
"""Mean colour of the faces of VGGFace2, 0–255, that networks trained on it are used with."""

LANDMARKS = 68

Read = TypeVar("Read")


class Choice(NamedTuple):
    """Which frames of a video are used.

    Attributes:
        of: numbers of the frames with a face to those that are used.
        facts: what decides them, JSON-able.
        settings: of the crops that are needed for it.
    """

    of: Callable[[np.ndarray], np.ndarray]
    facts: list
    settings: faces.Settings = faces.Settings()


@dataclass(frozen=True)
class Sample:
    """Frames of a video that are drawn at random, and how often.

    Attributes:
        draws: a video is judged by so many inputs, the same ones every time.
        again: a training draws anew for every step; else a video always shows it the first draw.
        ordered: the frames are put in the order of the video.
    """

    draws: int
    again: bool = True
    ordered: bool = True

    def places(self, video: int, draw: int, frames: int, take: int) -> list[int]:
        """Which of a video's ``frames`` a draw takes, ``take`` different ones if there are so many.

        Args:
            video, draw: their numbers, from 0; the same two always give the same frames.
        """
        chosen = np.random.default_rng([video, draw]).choice(frames, take, replace=frames < take)
        return (np.sort(chosen) if self.ordered else chosen).tolist()


class LandmarkedClips(NamedTuple):
    """Clips whose landmarks are known.

    Attributes:
        pixels: uint8 [B, l, 3, S, S].
        landmarks: float32 [B, l, 68, 2] in pixels of the frame (300-W order; x right, y down, pixel centres at
            integers); some may lie outside.
    """

    pixels: Tensor
    landmarks: Tensor


@dataclass(frozen=True)
class Input:
    """What a network eats: which frames of a video make one input, and what is done to them.

    Attributes:
        prepare: (clips uint8 [B, l, 3, S, S], whether they are trained on) → what the network's ``forward`` takes. In
            training it varies them. Never draws for what is not trained on.
        offsets: the l frames of an input, counted from its first: (0,) is a frame, (0, 1, … 15) a clip of 16, (4,) the
            middle one of nine.
        span: frames from one input of a video to the next when all of it is judged; a rest shorter than that is left
            out, unless it is all there is or ``rest`` says otherwise (E36).
        step: a sequence of every how manieth frame of a video is used. None: no sequence, but the profile's number of
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
            first frame, below, is then the number of the draw.
        landmarks: whether the clips are ``LandmarkedClips``. Frames with a landmark that is not known are left out.
        normalisation: by which of the functions ``NORMALISED`` pixels become numbers.
    """

    prepare: Callable[[Any, bool], Any]
    offsets: tuple[int, ...] = (0,)
    span: int = 1
    step: int | None = None
    end: Literal["stop", "wrap", "hold"] = "stop"
    rest: bool = False
    grey: bool = False
    still: Callable[[Tensor, bool], Tensor] | None = None
    still_frames: int = 1
    pictures_first: bool = False
    sample: Sample | None = None
    landmarks: bool = False
    normalisation: Literal["imagenet", "vggface2"] = "imagenet"


@dataclass(frozen=True)
class Frames:
    """Videos as small frames; 300 videos of 12 frames at 64×64 are 44 MB.

    Attributes:
        pixels: uint8 RGB, [N, n, 3, S, S] or N videos [n_i, 3, S, S], each a tensor or in its file; with one channel,
            grey levels.
        recordings: the N videos.
        left_out: (name, reason) of videos that are not in ``pixels``, or of which some frames are not.
        landmarks: float32, N tensors [n_i, 68, 2] as in ``LandmarkedClips``, all of them known; ``None`` where nobody
            has asked for them.
        labelled: every recording must have a label; else they are only to be scored.
    """

    pixels: "Tensor | tuple[Tensor | StoredVideo, ...]"
    recordings: tuple[Recording, ...]
    left_out: tuple[tuple[str, str], ...] = ()
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
    def subjects(self) -> list[str]:
        """The person in each video, N names."""
        return [r.subject for r in self.recordings]

    def grey(self) -> "Frames":
        """The same videos in grey levels, N tensors [n_i, 1, S, S]."""
        return replace(self, pixels=tuple(luma(video[:])[:, None] for video in self.pixels))

    def draw(self, batch: int, eats: Input) -> tuple[Tensor, Tensor | LandmarkedClips]:
        """Random inputs for a training step, from torch's global generator.

        Returns:
            the videos [batch], each with the same chance, and ``clips`` of them that start anywhere.
        """
        videos = torch.randint(len(self), (batch,))  # [B]
        if eats.sample:
            drawn = torch.randint(2**31 if eats.sample.again else 1, (batch,))  # [B]
            return videos, self.clips(list(zip(videos.tolist(), drawn.tolist(), strict=True)), eats)
        length = eats.offsets[-1] + 1
        counts = [len(self.pixels[video]) for video in videos.tolist()]
        wraps = eats.end == "wrap"
        starts = torch.tensor([count if wraps or count < length else count - length + 1 for count in counts])
        if len(set(starts.tolist())) == 1:
            drawn = torch.randint(int(starts[0]), (batch,))  # [B]
        else:
            drawn = (torch.rand(batch, dtype=torch.float64) * starts).long()  # [B]
        return videos, self.clips(list(zip(videos.tolist(), drawn.tolist(), strict=True)), eats)

    def inputs(self, eats: Input) -> list[tuple[int, int]]:
        """All inputs that a video is judged by, as (video, first frame), video after video."""
        if eats.sample:
            return [(video, draw) for video in range(len(self)) for draw in range(eats.sample.draws)]
        counts = [len(video) for video in self.pixels]
        whole = [max(1, -(-count // eats.span) if eats.rest else count // eats.span) for count in counts]
        return [(v, n * eats.span) for v, number in enumerate(whole) for n in range(number)]

    def clips(self, inputs: Sequence[tuple[int, int]], eats: Input) -> Tensor | LandmarkedClips:
        """The frames of inputs (video, first frame), uint8 [B, l, 3, S, S]; with landmarks where ``eats`` says so.

        Raises:
            ValueError: landmarks are asked for that were not loaded.
        """
        if eats.landmarks and self.landmarks is None:
            raise ValueError("These frames have no landmarks: load them with an Input that asks for landmarks.")
        chosen = [(video, self.places(video, start, eats)) for video, start in inputs]
        pixels = torch.stack([_taken(self.pixels[video], places) for video, places in chosen])  # [B, l, 3, S, S]
        if not eats.landmarks:
            return pixels
        landmarks = torch.stack([_taken(self.landmarks[video], places) for video, places in chosen])  # [B, l, 68, 2]
        return LandmarkedClips(pixels, landmarks)

    def places(self, video: int, start: int, eats: Input) -> list[int]:
        """Which l frames of a video the input has that begins at ``start``."""
        if eats.sample:
            return eats.sample.places(video, start, len(self.pixels[video]), len(eats.offsets))
        last = len(self.pixels[video]) - 1
        places = [start + offset for offset in eats.offsets]
        return [min(place, last) if eats.end == "hold" else place % (last + 1) for place in places]

    def batches(self, eats: Input, size: int, frames: int) -> Iterator[Tensor | LandmarkedClips]:
        """The ``clips`` of ``inputs``: at most ``size`` of them at once, and of several clips at most ``frames``
        frames."""
        inputs, count = self.inputs(eats), min(size, max(1, frames // len(eats.offsets)))
        for first in range(0, len(inputs), count):
            yield self.clips(inputs[first : first + count], eats)


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


def load(recordings: Sequence[Recording], eats: Input, frames: int, size: int, labelled: bool = True) -> Frames:
    """What a network eats of each recording: ``load_sequences`` or, for single frames, ``load_frames``."""
    if eats.step is None:
        found = load_frames(recordings, frames, size, eats.landmarks, labelled)
        return found.grey() if eats.grey else found
    return load_sequences(recordings, eats.step, size, eats.landmarks, labelled, eats.grey)


def bytes_of_a_frame(eats: Input, size: int) -> int:
    """What ``load`` keeps on disk for each frame of a video that it uses, bytes; 0 where frames stay in the crops."""
    if eats.step is not None and _stay_in_crops(size, eats.landmarks, eats.grey):
        return 0
    return (1 if eats.grey else 3) * size**2


def numbers(recording: Recording, eats: Input, frames: int) -> np.ndarray:
    """Which frames of its video ``load`` takes of a recording, in their order: numbers from 0, int [n].

    Raises:
        FileNotFoundError: ``faces.prepare`` has made no crops of it.
    """
    choice = _spreading(frames) if eats.step is None else _stepping(eats.step)
    taken = choice.of(faces.load(recording, [], choice.settings).found.nonzero()[0])  # [n]
    if not eats.landmarks:
        return taken
    return taken[np.isfinite(np.load(_cached_landmarks(recording, choice))).all((1, 2))]


def load_frames(
    recordings: Sequence[Recording], frames: int, size: int, landmarks: bool = False, labelled: bool = True
) -> Frames:
    """Evenly spaced face crops of each recording.

    The papers take every 10th (AVEC2014) or 100th (AVEC2013) frame; here the number is fixed and the spacing follows,
    so that long videos do not outweigh short ones. Videos with fewer faces than ``frames`` repeat some.
    A video is reduced once; the result is cached for all corpora that share its file.

    Args:
        recordings: whose crops ``faces.prepare`` has made.
        frames: n, frames of a video.
        size: S, side of the frames, px; reduced from the crop by area averaging.
        landmarks: load them too, and leave out frames where one is not known; videos may then differ in length.
        labelled: leave out recordings without a label.

    Returns:
        the frames; recordings without a label, without crops, without a single face or, where landmarks are asked for,
        without a frame that has them all are in ``left_out``, and of others how many frames lack landmarks.

    Raises:
        ValueError: nothing is left.
    """
    choice = _spreading(frames)
    if landmarks:
        return _landmarked(recordings, choice, size, labelled, mapped=False)
    kept, pixels, left_out = _each(recordings, lambda recording: np.load(_cached(recording, choice, size)), labelled)
    return Frames(torch.from_numpy(np.stack(pixels)), kept, left_out, labelled=labelled)


def load_sequences(
    recordings: Sequence[Recording],
    step: int,
    size: int,
    landmarks: bool = False,
    labelled: bool = True,
    grey: bool = False,
) -> Frames:
    """Every ``step``-th face crop of each recording, in the order of the video.

    Counted in the video. A frame without a face is passed over, so the frames on both sides of a gap become neighbours.
    What is smaller than the crops is reduced once; these files are mapped into memory and read when a clip is drawn.
    Frames of the crops' own size would fill half a terabyte for AVEC2013: they are taken out of the crops when a clip
    is drawn. Arguments, result and errors as for ``load_frames``.

    Args:
        grey: as ``Frames.grey``, whose files are a third as large; without landmarks.
    """
    choice = _stepping(step)
    if landmarks:
        found = _landmarked(recordings, choice, size, labelled, mapped=True)
        return found.grey() if grey else found

    def sequence(recording: Recording) -> Tensor | StoredVideo:
        if _stay_in_crops(size, landmarks, grey):
            return StoredVideo(faces.stored(recording, _used(recording, choice), choice.settings))
        return torch.from_numpy(np.load(_cached(recording, choice, size, grey), mmap_mode="c"))

    kept, pixels, left_out = _each(recordings, sequence, labelled)
    return Frames(tuple(pixels), kept, left_out, labelled=labelled)


def _stay_in_crops(size: int, landmarks: bool, grey: bool) -> bool:
    """Sequences that are the crops themselves have no files of their own."""
    return size == faces.CROP_SIZE and not landmarks and not grey


def _landmarked(recordings: Sequence[Recording], choice: Choice, size: int, labelled: bool, mapped: bool) -> Frames:
    """Frames and their landmarks, without those whose landmarks are not all known."""
    kept, found, left_out = _each(
        recordings, lambda recording: _with_landmarks(recording, choice, size, mapped), labelled
    )
    lacking = [(r.name, video.lacking) for r, video in zip(kept, found, strict=True)]
    some = tuple((name, f"{number} frames without known landmarks") for name, number in lacking if number)
    for name, reason in some:
        log.warning("Left out of %s: %s", name, reason)
    pixels, landmarks = (tuple(map(torch.from_numpy, part)) for part in list(zip(*found, strict=True))[:2])
    return Frames(pixels, kept, left_out + some, landmarks, labelled)


class _Video(NamedTuple):
    """Frames uint8 [n, 3, S, S], their landmarks float32 [n, 68, 2], and how many more have none."""

    pixels: np.ndarray
    landmarks: np.ndarray
    lacking: int


def _with_landmarks(recording: Recording, choice: Choice, size: int, mapped: bool) -> _Video:
    """Raises: NoFaceError, if no frame that is used has a face whose landmarks are all known."""
    pixels = np.load(_cached(recording, choice, size), mmap_mode="c" if mapped else None)
    in_crop = np.load(_cached_landmarks(recording, choice))  # [n, 68, 2]
    known = np.isfinite(in_crop).all((1, 2))  # [n]
    if not known.any():
        raise NoFaceError("no frame that is used has all landmarks")
    reduced = ((in_crop[known] + 0.5) * (size / faces.CROP_SIZE) - 0.5).astype(np.float32)
    return _Video(pixels if known.all() else pixels[known], reduced, int((~known).sum()))


def _each(
    recordings: Sequence[Recording], read: Callable[[Recording], Read], labelled: bool
) -> tuple[tuple[Recording, ...], list[Read], tuple[tuple[str, str], ...]]:
    """What can be read, and what cannot with its reason, both in the order of ``recordings``.

    They are read in an order of this process's own: several processes that need the same videos share their reduction.
    """
    found: dict[int, Any] = {}
    places = list(range(len(recordings)))
    random.Random(os.getpid()).shuffle(places)
    with progress("frames", len(recordings), "videos") as bar:
        for place in places:
            if labelled and recordings[place].bdi is None:
                found[place] = "no label"
            else:
                try:
                    found[place] = read(recordings[place])
                except (FileNotFoundError, NoFaceError) as error:
                    found[place] = str(error)
            bar.advance()
    pairs = [(recording, found[place]) for place, recording in enumerate(recordings)]
    left_out = tuple((recording.name, reason) for recording, reason in pairs if isinstance(reason, str))
    kept = [(recording, video) for recording, video in pairs if not isinstance(video, str)]
    if not kept:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out[:3])
        raise ValueError(f"No usable video among {len(recordings)} recordings. First reasons: {reasons}")
    return tuple(recording for recording, _ in kept), [video for _, video in kept], left_out


class NoFaceError(ValueError):
    """A video in which no face was found."""


def evenly_spaced(count: int, n: int) -> np.ndarray:
    """``n`` indices spread over ``range(count)``: the middles of n equal parts, int [n]; some repeat if n > count."""
    return ((np.arange(n) + 0.5) * count / n).astype(int)


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


NORMALISED = {"imagenet": normalise, "vggface2": centre_on_faces}


@cache
def _normaliser() -> Callable[[Tensor], Tensor]:
    from torchvision.transforms import v2  # takes seconds to import, and not every reader of results needs it

    return v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)])


def _spreading(frames: int) -> Choice:
    """That of ``load_frames``."""
    return Choice(partial(_spread, frames), [frames])


def _stepping(step: int) -> Choice:
    """That of ``load_sequences``."""
    return Choice(partial(_every, step), ["every", step], faces.Settings(every=step))


def _spread(number: int, found: np.ndarray) -> np.ndarray:
    return found[evenly_spaced(len(found), number)]


def _every(step: int, found: np.ndarray) -> np.ndarray:
    return found[found % step == 0]


def _cached(recording: Recording, choice: Choice, size: int, grey: bool = False) -> Path:
    """File of the reduced frames uint8 [n, 3 or 1, S, S] that are chosen of those with a face; made if missing."""
    path = _cache_file(recording.video, [*choice.facts, size, *(["grey"] if grey else [])])
    return _made(path, lambda: _reduced(recording, choice, size, grey))


def _reduced(recording: Recording, choice: Choice, size: int, grey: bool) -> np.ndarray:
    frames = reduce(_chosen(recording, choice).frames, size)  # [n, 3, S, S]
    return luma(torch.from_numpy(frames))[:, None].numpy() if grey else frames


def _cached_landmarks(recording: Recording, choice: Choice) -> Path:
    """File of their landmarks float32 [n, 68, 2] in pixels of the crops; made if missing."""
    path = _cache_file(recording.video, [*choice.facts, "landmarks"])
    return _made(path, lambda: _chosen(recording, choice).landmarks)


def _chosen(recording: Recording, choice: Choice) -> faces.Crops:
    """Raises: NoFaceError, if there is none."""
    return faces.load(recording, _used(recording, choice), choice.settings)


def _used(recording: Recording, choice: Choice) -> np.ndarray:
    """Numbers of the frames that are used. Raises: NoFaceError, if there is none."""
    index = faces.load(recording, [], choice.settings).found.nonzero()[0]
    chosen = choice.of(index) if len(index) else index
    if not len(chosen):
        raise NoFaceError("no face in any of the frames that are used" if len(index) else "no face in any frame")
    return chosen


def _made(path: Path, make: Callable[[], np.ndarray]) -> Path:
    if not _readable(path):
        array = make()
        with atomic_path(path) as temporary, open(temporary, "wb") as handle:
            np.save(handle, array)
    return path


def _readable(path: Path) -> bool:
    try:
        np.load(path, mmap_mode="r")
    except (FileNotFoundError, EOFError, ValueError):
        return False
    return True


def _cache_file(video: Path, chosen: list) -> Path:
    """Named after everything that decides the pixels; ``null`` and ``both`` share the file behind a link."""
    video = video.resolve()
    facts = [str(video), *stamp(video), *chosen, VERSION, faces.VERSION]
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]
    return cache_dir() / "frames" / f"{key}.npy"


def _frame(clips: Tensor, training: bool, vary: Callable[[Tensor], Tensor] | None) -> Tensor:
    return normalise(vary(clips) if vary and training else clips)[:, 0]  # [B, 3, S, S]


FRAME = Input(partial(_frame, vary=strong))
"""Single frames, varied in training; [B, 3, S, S]."""
PLAIN_FRAME = Input(partial(_frame, vary=None))
"""The same, never varied."""
