"""Read a tree in AVEC2014's form: videos by task and partition, one label file per session."""

import re
from collections.abc import Sequence
from pathlib import Path

from depnb.corpus.records import BDI_MAX, Corpus, Recording, natural_key

VIDEO_NAME = re.compile(r"(\d+_\d+)_(Freeform|Northwind)_video\.mp4$", re.IGNORECASE)
LABEL_NAME = re.compile(r"(\d+_\d+)_Depression\.csv$", re.IGNORECASE)
PARTITION_OF_FOLDER = {
    "training": "train", "train": "train", "development": "development", "dev": "development",
    "testing": "test", "test": "test", "unseen": "unseen",
}  # fmt: skip


def open_avec2014(root: Path) -> Corpus:
    """Open AVEC2014 at ``root``, however deep its folders are nested.

    Raises:
        FileNotFoundError: no such folder, no videos, or no labels; the message says what was looked for.
        ValueError: a label is not an integer 0–63, or two labels of one session disagree.
    """
    if not root.is_dir():
        raise FileNotFoundError(
            f"No corpus {str(root)!r}: give the folder of AVEC2014, or one of both, appearance, dynamics, null."
        )
    recordings = read_avec2014(root)
    facts = [[r.name, r.partition, r.bdi, r.video.stat().st_size] for r in recordings]
    return Corpus("AVEC2014", root, tuple(recordings), generated=False, fingerprint={"avec2014": facts})


def read_avec2014(root: Path, videos_expected: Sequence[Path] | None = None) -> list[Recording]:
    """Pair videos with labels, in natural order.

    Args:
        root: folder of the tree.
        videos_expected: paths to use instead of searching (videos that are yet to be made).
    """
    videos = [p for p in (videos_expected or root.rglob("*.mp4")) if VIDEO_NAME.search(p.name)]
    if not videos:
        raise FileNotFoundError(
            f"No videos under {root}: looked for <id>_Freeform_video.mp4 and <id>_Northwind_video.mp4 in folders "
            "Training, Development, Testing. Unzip AVEC2014_AudioVisual there."
        )
    labels = _labels(root)
    if not labels:
        raise FileNotFoundError(
            f"No labels under {root}: looked for <id>_Depression.csv; found {len(videos)} videos. "
            "Unzip AVEC2014_DepressionLabels there."
        )
    recordings = []
    for video in videos:
        session, task = VIDEO_NAME.search(video.name).groups()
        partition = _partition(video.relative_to(root))
        recordings.append(Recording(session, task.capitalize(), partition, video, labels.get(session)))
    return sorted(recordings, key=lambda r: (natural_key(r.id), r.task or ""))


def _partition(path: Path) -> str:
    for part in reversed(path.parts[:-1]):
        if part.lower() in PARTITION_OF_FOLDER:
            return PARTITION_OF_FOLDER[part.lower()]
    raise ValueError(f"{path}: no folder of its path says the partition (Training, Development, Testing).")


def _labels(root: Path) -> dict[str, float]:
    labels: dict[str, float] = {}
    for path in sorted(root.rglob("*_Depression.csv")):
        match = LABEL_NAME.search(path.name)
        if not match:
            continue
        text = path.read_text(encoding="utf-8-sig").strip()
        if not text.isdigit() or not 0 <= int(text) <= BDI_MAX:
            raise ValueError(f"{path}: the label {text!r} is not an integer from 0 to {BDI_MAX} (one cell, no header).")
        session = match.group(1)
        if labels.setdefault(session, float(text)) != float(text):
            raise ValueError(
                f"{path}: session {session} has label {text} here and {labels[session]:.0f} in another file."
            )
    return labels
