"""What happened to each video: frames without a face, jumps, blur, face size, other people, failures."""

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

JUMP = 0.5
"""A step of the face centre between two consecutive frames of more than this many face sizes is a jump."""


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
        warnings: what was wrong with the file although it could be used.
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
