"""One video → one crop file: survey, locate, align, write."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from depnb.faces.align import similarity, warp
from depnb.faces.crop_paths import Settings, source_facts
from depnb.faces.crops import CropWriter, write
from depnb.faces.detect import Detector
from depnb.faces.orientation import Look, Turned, doubtful, look, upright
from depnb.faces.pictures import PictureFolder, open_video
from depnb.faces.quality import blur, face_sizes, frame_rate, jumps, uneven
from depnb.faces.track import Person, Sighting, locate, steady, survey
from depnb.faces.video import Frame, Video

Source = Video | PictureFolder | Turned

CHUNK_BYTES = 64 * 2**20
"""About so many bytes of frames are decoded before the networks see them."""
LONGEST_CHUNK = 256
DETECTION_BATCH = 8


def make_crops(
    video: Path,
    target: Path,
    settings: Settings,
    detector: Detector,
    proceed: Callable[[int], None] = lambda frames: None,
) -> dict[str, Any]:
    """Write the crop file of one video.

    The video is decoded twice, so that memory does not grow with its length: first for the person to follow,
    then for the crops. Where nobody is seen without doubt, some frames are also looked at turned.

    Args:
        video: the file, or a folder of pictures.
        target: where the crop file goes.
        settings: how to detect.
        detector: the networks.
        proceed: called now and then with the number of frames that were finished since; may raise to stop, and then
            nothing is left behind.

    Returns:
        The facts that the file holds: ``source`` and ``quality``.

    Raises:
        VideoError: the video cannot be read.
        StorageError: the crop file cannot be written.
    """
    opened = open_video(video, settings.fps)
    source: Source = opened
    looks = list(_looks(source, settings, detector, proceed))
    if doubtful(looks):
        source = upright(opened, detector)
        if isinstance(source, Turned):
            looks = list(_looks(source, settings, detector, proceed))
    person = survey([(one.index, one.faces) for one in looks], settings.detect_every)
    with write(target) as writer:
        return _write_crops(writer, source, person, settings, detector, proceed)


def _looks(source: Source, settings: Settings, detector: Detector, proceed: Callable[[int], None]) -> Iterator[Look]:
    """Full detections at every k-th frame."""
    for batch in _in_batches(source.frames(settings.detect_every), DETECTION_BATCH):
        proceed(0)
        yield from look(batch, detector)


def _write_crops(
    writer: CropWriter,
    source: Source,
    person: Person,
    settings: Settings,
    detector: Detector,
    proceed: Callable[[int], None],
) -> dict[str, Any]:
    looked_at: list[int] = []
    moments: list[float] = []
    seen: list[Sighting] = []
    matrices, blurs, shape = [], [], (0, 0)
    for chunk in _in_chunks(source.frames(settings.frame_stride), settings.detect_every):
        pictures = [frame.rgb for frame in chunk]
        indices = [frame.index for frame in chunk]
        looked_at += indices
        moments += [frame.time for frame in chunk]
        shape = pictures[0].shape
        found = steady(detector, pictures, locate(detector, person, pictures, indices))
        for picture, sighting in zip(pictures, found, strict=True):
            if sighting is None:
                continue
            matrix = similarity(sighting.points)
            crop = warp(picture, matrix)
            writer.add(crop)
            seen.append(sighting)
            matrices.append(matrix)
            blurs.append(blur(crop))
        proceed(len(chunk))

    index = np.array([s.index for s in seen], np.int64)
    boxes = np.array([s.box for s in seen], np.float32).reshape(-1, 4)
    with_face = np.zeros(source.decoded_frames, bool)  # [T]
    with_face[index] = True
    times = np.full(source.decoded_frames, np.nan)  # [T]
    times[looked_at] = moments
    quality = {
        "frames": len(looked_at),
        "without_face": len(looked_at) - len(seen),
        "jumps": jumps(index // settings.frame_stride, boxes),
        "blur": float(np.median(blurs)) if blurs else None,
        "face_size_px": float(np.median(face_sizes(boxes))) if blurs else None,
        "other_faces": person.others,
        "frame_rate": frame_rate(times),
        "warnings": [*source.warnings, *uneven(times)],
    }
    facts = {
        "source": {**source_facts(source.path.resolve()), "height": shape[0], "width": shape[1]},
        "quality": quality,
    }
    writer.finish(
        facts,
        index=index,
        times=times,
        found=with_face,
        boxes=boxes,
        points=np.array([s.points for s in seen], np.float32).reshape(-1, 5, 2),
        matrices=np.array(matrices, np.float64).reshape(-1, 2, 3),
    )
    return facts


def _in_chunks(frames: Iterator[Frame], every: int) -> Iterator[list[Frame]]:
    """Lists of consecutive frames of at most about ``CHUNK_BYTES``."""
    first = next(frames)
    length = int(np.clip(CHUNK_BYTES // first.rgb.nbytes, every, LONGEST_CHUNK))

    def again() -> Iterator[Frame]:
        yield first
        yield from frames

    return _in_batches(again(), length)


def _in_batches(frames: Iterator[Frame], length: int) -> Iterator[list[Frame]]:
    batch: list[Frame] = []
    for frame in frames:
        batch.append(frame)
        if len(batch) == length:
            yield batch
            batch = []
    if batch:
        yield batch
