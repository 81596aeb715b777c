"""What happened to each video: frames without a face, jumps, blur, face size, other people, failures."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

JUMP = 0.5
"""A step of the face centre between two consecutive frames of more than this many face sizes is a jump."""

SAME_RATE = 0.02
"""Frame rates that differ by a smaller share are the same: 29.97 and 30."""
UNEVEN = 0.1
"""A rate varies if more than this share of the frames lasts half longer or shorter than usual."""
GAP = 10
"""What lasts more than so many times as long as usual is a gap, not a frame."""


@dataclass(frozen=True)
class VideoReport:
    """One video's line of the report.

    Attributes:
        name: name of the recording.
        status: ``ok``, or ``failed`` (no crop can be made from it).
        error: why it failed; empty otherwise.
        frames: frames of the video that were looked at, all or those at a stride.
        without_face: frames in which the person is not seen.
        jumps: steps of the face centre, from one of these frames to the next, of more than half a face size.
        blur: median variance of the Laplacian of the crops, in squared grey levels; small is blurred.
        face_size_px: median face size (geometric mean of the box sides) in pixels of the video.
        other_faces: largest number of other people's faces seen in one of the fully searched frames.
        frame_rate: frames per second, from the time stamps; the mean of a variable rate.
        warnings: what was wrong with the file although it could be used, and what was done about it.
        origin: ``made`` now, ``cached``, or ``remade`` because the cache file was damaged.
        bytes: size of the file with its crops, which loses nothing.
    """

    name: str
    status: str
    error: str = ""
    frames: int = 0
    without_face: int = 0
    jumps: int = 0
    blur: float = float("nan")
    face_size_px: float = float("nan")
    other_faces: int = 0
    frame_rate: float = float("nan")
    warnings: tuple[str, ...] = ()
    origin: str = "made"
    bytes: int = 0


@dataclass
class Report:
    """One ``VideoReport`` per recording, in the order in which they were asked for."""

    rows: list[VideoReport] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def failures(self) -> list[VideoReport]:
        """Videos without a usable crop."""
        return [row for row in self.rows if row.status == "failed"]

    def table(self) -> "pd.DataFrame":
        """One row per video, one column per field of ``VideoReport``."""
        import pandas as pd

        columns = list(VideoReport.__dataclass_fields__)
        return pd.DataFrame([{**asdict(r), "warnings": "; ".join(r.warnings)} for r in self.rows], columns=columns)

    def summary(self) -> dict[str, Any]:
        """Sums and medians over all videos as plain numbers; None where there is nothing to take them
        from."""
        good = [r for r in self.rows if r.status == "ok"]
        frames = sum(r.frames for r in good)
        made = sum(r.frames for r in self.rows if r.origin != "cached")
        return {
            "videos": len(self.rows),
            "failed": len(self.failures),
            "made": sum(r.origin == "made" for r in good),
            "cached": sum(r.origin == "cached" for r in self.rows),
            "remade": sum(r.origin == "remade" for r in self.rows),
            "crops_mb": sum(r.bytes for r in self.rows) / 1e6,
            "frames": frames,
            "without_face": sum(r.without_face for r in good),
            "found_share": 1 - sum(r.without_face for r in good) / frames if frames else None,
            "jumps": sum(r.jumps for r in good),
            "blur": float(np.median([r.blur for r in good])) if good else None,
            "face_size_px": float(np.median([r.face_size_px for r in good])) if good else None,
            "videos_with_other_faces": sum(r.other_faces > 0 for r in good),
            "videos_with_warnings": sum(bool(r.warnings) for r in self.rows),
            "seconds": self.seconds,
            "frames_per_second": made / self.seconds if self.seconds else None,
        }


def blur(crop: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian of the grey crop (Pech-Pacheco et al., ICPR 2000), in squared grey levels."""
    return float(cv2.Laplacian(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var())


def face_sizes(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Geometric mean of the sides of boxes ``[n, 4]``: ``[n]`` pixels."""
    return np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))


def jumps(index: NDArray[np.int64], boxes: NDArray[np.float32]) -> int:
    """Count the jumps of boxes ``[n, 4]`` seen in frames ``index`` ``[n]``."""
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    step = np.linalg.norm(np.diff(centre, axis=0), axis=1)
    return int(np.sum((np.diff(index) == 1) & (step > JUMP * face_sizes(boxes)[:-1])))


def frame_rate(times: NDArray[np.float64]) -> float | None:
    """Frames per second of times ``[T]``, NaN where a frame was not looked at; None where fewer than two were."""
    known = np.flatnonzero(np.isfinite(times))
    if len(known) < 2:
        return None
    return float((known[-1] - known[0]) / (times[known[-1]] - times[known[0]]))


def uneven(times: NDArray[np.float64]) -> list[str]:
    """A warning if the frames of times ``[T]`` last differently long; none where not all were looked at."""
    steps = np.diff(times)
    if len(steps) < 2 or not np.isfinite(steps).all():
        return []
    usual = np.median(steps)
    steps = steps[steps <= GAP * usual]
    if np.mean(np.abs(steps - usual) > usual / 2) <= UNEVEN:
        return []
    low, high = 1000 * steps.min(), 1000 * steps.max()
    return [f"the frame rate varies (frames last {low:.0f} to {high:.0f} ms): --fps makes it even"]


def rate_remarks(rates: Mapping[str, float], partitions: Mapping[str, str]) -> list[str]:
    """What to say of frame rates that differ between videos or partitions: a clip of n frames then lasts another time.

    Args:
        rates: frames per second by the name of the video; NaN where not known.
        partitions: of each of these videos.
    """
    kinds: list[tuple[float, list[str]]] = []
    for name, rate in sorted(rates.items(), key=lambda item: item[1]):
        if not np.isfinite(rate):
            continue
        if not kinds or rate > kinds[-1][0] * (1 + SAME_RATE):
            kinds.append((rate, []))
        kinds[-1][1].append(name)
    if len(kinds) < 2:
        return []
    most = max(kinds, key=lambda kind: len(kind[1]))
    others = [f"{rate:.4g} ({_some(names)})" for rate, names in kinds if names is not most[1]]
    told = f"{most[0]:.4g} frames/s in {len(most[1])} videos, {', '.join(others)}"
    remarks = [f"frame rates differ, so a clip of n frames lasts another time: {told}; --fps makes them alike"]
    means = {
        partition: float(np.mean([rates[n] for n, p in partitions.items() if p == partition and np.isfinite(rates[n])]))
        for partition in dict.fromkeys(p for n, p in partitions.items() if np.isfinite(rates[n]))
    }
    if max(means.values()) > min(means.values()) * (1 + SAME_RATE):
        told = ", ".join(f"{partition} {mean:.4g}" for partition, mean in means.items())
        remarks.append(f"partitions differ in their frame rate ({told}), so it can stand for what they are: a confound")
    return remarks


def _some(names: list[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
