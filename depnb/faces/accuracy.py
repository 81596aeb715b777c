"""How well faces and landmarks are found, measured where the truth is known: on generated videos."""

from collections.abc import Sequence

import numpy as np

from depnb.corpus.records import Recording
from depnb.corpus.synthetic import load_truth
from depnb.faces.align import transform_points
from depnb.faces.crops import load

REGIONS = {
    "jaw": slice(0, 17),
    "brows": slice(17, 27),
    "nose": slice(27, 36),
    "eyes": slice(36, 48),
    "mouth": slice(48, 68),
    "inner": slice(17, 68),
}
"""Points of the 68; ``inner`` are the 51 without the jaw."""
OUTER_EYE_CORNERS = (36, 45)


def accuracy(recordings: Sequence[Recording]) -> dict:
    """Compare the crops of generated recordings with the known landmarks and visibility.

    Args:
        recordings: generated recordings whose crops are made.

    Returns:
        plain numbers: ``videos``, ``frames``, ``visible`` (frames with a face to be seen), ``found_share`` (of the
        visible ones), ``false_share`` (of those without a face), and ``error`` by region: ``mean``, ``p95`` and
        ``median`` of the distance between a found and a known point, as a share of the distance between the outer
        eye corners in the same frame.

    Raises:
        FileNotFoundError: a recording was not generated or has no crops.
        ValueError: in none of the frames is a face to be seen that was found.
    """
    frames = visible_count = found_count = false_count = 0
    errors = []
    for recording in recordings:
        truth, crops = load_truth(recording), load(recording, indices=[])
        index = np.flatnonzero(crops.found)
        seen = truth["visible"][index]
        frames += len(crops.found)
        visible_count += int(truth["visible"].sum())
        found_count += int(seen.sum())
        false_count += int((~seen).sum())
        if seen.any():
            errors.append(_errors(load(recording, indices=index[seen]), truth["landmarks"][index[seen]]))
    if not errors:
        names = ", ".join(recording.name for recording in recordings)
        raise ValueError(f"No face was found in a frame that shows one, of {names or 'no recordings'}.")
    all_errors = np.concatenate(errors)  # [frames, 68]
    return {
        "videos": len(recordings),
        "frames": frames,
        "visible": visible_count,
        "found_share": found_count / visible_count,
        "false_share": false_count / max(frames - visible_count, 1),
        "error": {
            name: {
                "mean": float(all_errors[:, points].mean()),
                "median": float(np.median(all_errors[:, points])),
                "p95": float(np.quantile(all_errors[:, points], 0.95)),
            }
            for name, points in REGIONS.items()
        },
    }


def _errors(crops, known: np.ndarray) -> np.ndarray:
    """Distance of each point as a share of the outer-eye-corner distance: [n, 68]."""
    in_crop = np.stack([transform_points(p, m) for p, m in zip(known, crops.matrices, strict=True)])  # [n, 68, 2]
    left, right = OUTER_EYE_CORNERS
    unit = np.linalg.norm(in_crop[:, left] - in_crop[:, right], axis=-1, keepdims=True)  # [n, 1]
    return np.linalg.norm(crops.landmarks - in_crop, axis=-1) / unit
