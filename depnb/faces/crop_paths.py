"""Where the crops of a video lie, and what decides them. Opens no video, so listings are quick."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from depnb.corpus.tree import stamp
from depnb.faces import VERSION
from depnb.system.files import cache_dir


@dataclass(frozen=True)
class Settings:
    """What decides the crops of a video besides the video itself.

    Attributes:
        detect_every: full detection in every this many frames (1: in all).
        min_face: side of the smallest face looked for, as a share of the frame's shorter side.
        frame_stride: stride between the frames whose crops are stored; larger than 1, as many times less disk. These
            crops are those of all frames but for rounding, because the person is followed in the same way.
    """

    detect_every: int = 8
    min_face: float = 1 / 8
    frame_stride: int = 1


DEFAULT: Settings = Settings()


def stored_path(video: Path | str, settings: Settings = DEFAULT) -> Path:
    """The file that has all crops that these settings ask for: that of all frames if it is there; see ``crop_path``."""
    whole = crop_path(video, replace(settings, frame_stride=1))
    return whole if whole.exists() else crop_path(video, settings)


def crop_path(video: Path | str, settings: Settings = DEFAULT) -> Path:
    """Where the crops of a video lie: the name changes with the file, the settings and ``VERSION``.

    Links are followed, so a video that two corpora share is prepared once.

    Raises:
        FileNotFoundError: no such video.
    """
    real = Path(video).resolve(strict=True)
    deciding = {name: value for name, value in asdict(settings).items() if (name, value) != ("frame_stride", 1)}
    facts = {**source_facts(real), "version": VERSION, "settings": deciding}
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:20]
    return cache_dir() / "faces" / f"v{VERSION}" / f"{real.stem[:40]}-{digest}.crops"


def source_facts(real: Path) -> dict[str, Any]:
    """What identifies a video file, or a folder of its frames, without reading it."""
    size, changed = stamp(real)
    return {"video": os.fspath(real), "bytes": size, "mtime_ns": changed}
