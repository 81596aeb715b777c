"""Where the crops of a video lie, and what decides them. Opens no video, so listings are quick."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from depnb.corpus.tree import stamp
from depnb.faces import VERSION
from depnb.system.files import cache_dir

MOST_FPS = 240


def _from_environment(name: str, otherwise: float | None) -> float | None:
    text = os.environ.get(name)
    try:
        return float(text) if text else otherwise
    except ValueError:
        raise ValueError(f"{name}={text} in the environment is no number: change or remove it.") from None


@dataclass(frozen=True)
class Settings:
    """What decides the crops of a video besides the video itself.

    Attributes:
        detect_every: full detection in every this many frames (1: in all).
        min_face: side of the smallest face looked for, as a share of the frame's shorter side; an eighth, unless the
            environment says ``DEPNB_MIN_FACE``.
        frame_stride: stride between the frames whose crops are stored; larger than 1, as many times less disk. These
            crops are those of all frames but for rounding, because the person is followed in the same way.
        fps: frames per second to which video files are resampled first; None, unless the environment says
            ``DEPNB_FPS``, for all frames as they are.

    Raises:
        ValueError: a share or a rate that cannot be.
    """

    detect_every: int = 8
    min_face: float = field(default_factory=lambda: _from_environment("DEPNB_MIN_FACE", 1 / 8) or 0)
    frame_stride: int = 1
    fps: float | None = field(default_factory=lambda: _from_environment("DEPNB_FPS", None))

    def __post_init__(self) -> None:
        if not 0 < self.min_face <= 1:
            raise ValueError(f"min_face={self.min_face}: give a share of the frame's shorter side, such as 0.05.")
        if self.fps is not None and not 0 < self.fps <= MOST_FPS:
            raise ValueError(f"fps={self.fps}: give frames per second, at most {MOST_FPS}.")


DEFAULT: Settings = Settings()


def unusual() -> dict[str, float | None]:
    """Settings that the environment changes; part of what decides a run."""
    now, usual = Settings(), {"min_face": 1 / 8, "fps": None}
    return {name: getattr(now, name) for name, value in usual.items() if getattr(now, name) != value}


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
    added = {"frame_stride": 1, "fps": None}  # were not in the names of crops before
    deciding = {name: value for name, value in asdict(settings).items() if (name, value) not in added.items()}
    facts = {**source_facts(real), "version": VERSION, "settings": deciding}
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:20]
    return cache_dir() / "faces" / f"v{VERSION}" / f"{real.stem[:40]}-{digest}.crops"


def source_facts(real: Path) -> dict[str, Any]:
    """What identifies a video file, or a folder of its frames, without reading it."""
    size, changed = stamp(real)
    return {"video": os.fspath(real), "bytes": size, "mtime_ns": changed}
