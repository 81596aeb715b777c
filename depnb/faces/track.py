"""Follow one person through a video: full detection now and then, a small check in between.

Every k-th frame goes through the whole detector (``survey``). Detections are linked to tracks, and one person
is chosen. In the frames between, the last network of the detector looks at the box interpolated from the
neighbours (``locate``); a frame where it does not see a face there goes through the whole detector. A frame
without the person stays without. Where the person is found, the same network looks again at its own box and the
five points are averaged (``steady``). There is no smoothing over time: at 8 frames/s it would double the error.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from depnb.faces.detect import THRESHOLDS, Detector, Faces

MOST_MOVE = 1.0
"""Between two looks a face moves less than this many of its own sizes; what is farther away is somebody
else."""
MOST_GROWTH = 2.0
"""Between two looks a face grows or shrinks by less than this factor."""
LONGEST_GAP = 2
"""A track ends when this many looks in a row do not see it."""

MORE_LOOKS = 2
"""How often ``steady`` looks again. Against the known landmarks of generated videos, two more looks lower the
frame-to-frame jitter of the aligned face from 1.7 to 1.4 crop pixels."""


@dataclass(frozen=True, eq=False)
class Sighting:
    """The face in one frame: box ``[4]`` and points ``[5, 2]`` in frame pixels, score 0–1."""

    index: int
    box: NDArray[np.float32]
    points: NDArray[np.float32]
    score: float

    @property
    def centre(self) -> NDArray[np.floating]:
        return (self.box[:2] + self.box[2:]) / 2

    @property
    def size(self) -> float:
        """Geometric mean of width and height, in pixels."""
        return float(np.sqrt(np.prod(self.box[2:] - self.box[:2])))

    def distance(self, other: "Sighting") -> float:
        """Distance of the centres in units of the larger face."""
        return float(np.linalg.norm(self.centre - other.centre)) / max(self.size, other.size)

    def near(self, other: "Sighting") -> bool:
        """Could both be the same face a moment apart?"""
        return _similar(self.size, other.size) and self.distance(other) < MOST_MOVE


@dataclass
class Person:
    """The person to follow, as far as the full detections know.

    Attributes:
        sightings: where the person was seen, by rising frame index; empty if nobody was.
        others: largest number of other people's faces in one of these frames.
    """

    sightings: list[Sighting] = field(default_factory=list)
    others: int = 0

    def seen(self, index: int) -> Sighting | None:
        """The sighting in exactly this frame."""
        k = bisect_right(self.sightings, index, key=lambda s: s.index) - 1
        return self.sightings[k] if k >= 0 and self.sightings[k].index == index else None

    def expected(self, index: int) -> Sighting | None:
        """Where the person should be: between the sightings around the frame, or at the nearer one."""
        k = bisect_right(self.sightings, index, key=lambda s: s.index)
        around = self.sightings[max(k - 1, 0) : k + 1]
        if len(around) < 2 or not around[0].near(around[1]):
            return min(around, key=lambda s: abs(s.index - index), default=None)
        before, after = around
        share = (index - before.index) / (after.index - before.index)
        return Sighting(
            index,
            (1 - share) * before.box + share * after.box,
            (1 - share) * before.points + share * after.points,
            min(before.score, after.score),
        )


def survey(looks: Iterable[tuple[int, Faces]], every: int) -> Person:
    """Choose the person to follow from full detections at every ``every``-th frame.

    Detections of neighbouring looks that are near each other form a track. The track with the largest sum of
    face sizes over its frames (long and large) is the person. Tracks of similar face size from times without
    that person belong to the person as well: who leaves the picture may come back elsewhere. All other faces
    are counted.
    """
    looks = list(looks)
    tracks: list[list[Sighting]] = []
    for index, faces in looks:
        going = [t for t in tracks if index - t[-1].index <= LONGEST_GAP * every]
        for sighting in sightings(index, faces):
            fitting = [t for t in going if t[-1].index < index and t[-1].near(sighting)]
            if fitting:
                min(fitting, key=lambda t: t[-1].distance(sighting)).append(sighting)
            else:
                tracks.append([sighting])
    tracks.sort(key=lambda t: -sum(s.size for s in t))
    own: list[list[Sighting]] = []
    for track in tracks:
        alone = all(track[-1].index < t[0].index or t[-1].index < track[0].index for t in own)
        if not own or (alone and _similar(_usual_size(own[0]), _usual_size(track))):
            own.append(track)
    person = Person(sorted((s for track in own for s in track), key=lambda s: s.index))
    person.others = max((len(f) - (person.seen(index) is not None) for index, f in looks), default=0)
    return person


def locate(
    detector: Detector, person: Person, frames: Sequence[NDArray[np.uint8]], indices: Sequence[int]
) -> list[Sighting | None]:
    """The person in frames with these indices; None where not seen. No frame depends on the others."""
    found = [person.seen(index) for index in indices]
    expected = [person.expected(index) for index in indices]
    check = {k: place for k, place in enumerate(expected) if found[k] is None and place is not None}
    if check:
        verified = detector.verify([frames[k] for k in check], np.stack([place.box for place in check.values()]))
        looks = zip(check.items(), verified.boxes, verified.points, verified.scores, strict=True)
        for (k, place), box, points, score in looks:
            sighting = Sighting(indices[k], box, points, float(score))
            if score > THRESHOLDS[2] and sighting.near(place):
                found[k] = sighting
    missing = [k for k in range(len(frames)) if found[k] is None]
    for k, faces in zip(missing, detector.detect([frames[k] for k in missing]), strict=True):
        found[k] = _pick(sightings(indices[k], faces), expected[k], person.others)
    return found


def steady(
    detector: Detector, frames: Sequence[NDArray[np.uint8]], found: Sequence[Sighting | None]
) -> list[Sighting | None]:
    """The same sightings with the points averaged over ``MORE_LOOKS`` more looks; the box is the last look's."""
    seen = {k: sighting for k, sighting in enumerate(found) if sighting is not None}
    if not seen:
        return list(found)
    boxes = np.stack([sighting.box for sighting in seen.values()])
    points = [np.stack([sighting.points for sighting in seen.values()])]
    for _ in range(MORE_LOOKS):
        look = detector.verify([frames[k] for k in seen], boxes)
        boxes = look.boxes
        points.append(look.points)
    steadied = list(found)
    for (k, sighting), box, mean in zip(seen.items(), boxes, np.mean(points, axis=0), strict=True):
        steadied[k] = replace(sighting, box=box, points=mean)
    return steadied


def sightings(index: int, faces: Faces) -> list[Sighting]:
    """The faces of frame ``index``, the largest first."""
    return [
        Sighting(index, box, points, float(score))
        for box, points, score in zip(faces.boxes, faces.points, faces.scores, strict=True)
    ]


def _pick(candidates: list[Sighting], expected: Sighting | None, others: int) -> Sighting | None:
    """The nearest to where the person should be; where nobody else is about, also one of similar size
    elsewhere."""
    if expected is None:
        return candidates[0] if candidates else None
    near = [s for s in candidates if s.near(expected)]
    if near:
        return min(near, key=expected.distance)
    elsewhere = [s for s in candidates if others == 0 and _similar(s.size, expected.size)]
    return elsewhere[0] if elsewhere else None


def _usual_size(track: list[Sighting]) -> float:
    return float(np.median([s.size for s in track]))


def _similar(size: float, other: float) -> bool:
    return 1 / MOST_GROWTH < size / other < MOST_GROWTH
