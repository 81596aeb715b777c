"""How a person moves: trajectories whose single-frame distribution never depends on severity.

Every channel is a marginal distribution and a path. The path (an Ornstein–Uhlenbeck process, or a noisy
oscillation for speech) only decides the *order* of the values: its ranks are mapped onto the quantiles of the
marginal. So all videos of one length show exactly the same set of values per channel, whatever their time
scale; severity moves the time scale (the dynamics channel of the signal) or adds an offset that is visible in
each frame (the appearance channel). Without this, slow movement has a smaller variance within a short video,
and a single-frame statistic would know the dynamics.

Motion blur is left out on purpose: it would show the speed in a single frame.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

FASTEST, SLOWEST = 0.10, 1.60
"""Correlation times in seconds at severity 0 and 1."""

APPEARANCE = {"mouth": -2.2, "brow": -1.7, "gaze_y": 1.9, "lid": -0.7, "pitch": 0.17}
"""Offsets at severity 1 and strength 1: resting mouth corners, brow, gaze down, lid aperture, head pitch (rad)."""


@dataclass(frozen=True)
class Channel:
    """Quantile function of the values, and the channel's time scale relative to the common one."""

    quantile: Callable[[np.ndarray], np.ndarray]
    pace: float = 1.0
    moves_with_severity: bool = True


def _normal(sd: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda q: sd * ndtri(q)


def _event(share: float, height: float) -> Callable[[np.ndarray], np.ndarray]:
    """Zero but for a share of the time, in which the value rises linearly to ``height``."""
    return lambda q: height * np.clip((q - (1 - share)) / share, 0, 1) ** 0.7


CHANNELS = {
    "yaw": Channel(_normal(0.14)),
    "pitch": Channel(_normal(0.05)),
    "gaze_x": Channel(_normal(0.45), pace=0.7),
    "gaze_y": Channel(_normal(0.18), pace=0.7),
    "blink": Channel(lambda q: (q > 0.92).astype(float), pace=0.5),
    "smile": Channel(_event(0.25, 0.8)),
    "brow": Channel(_normal(0.22)),
    "frown": Channel(_event(0.20, 0.5)),
    "open": Channel(_event(0.65, 1.0), pace=0.6),
    "roll": Channel(_normal(0.04), pace=2.0, moves_with_severity=False),
    "shift_x": Channel(_normal(0.02), pace=2.0, moves_with_severity=False),
    "shift_y": Channel(_normal(0.015), pace=2.0, moves_with_severity=False),
    "zoom": Channel(_normal(0.015), pace=2.0, moves_with_severity=False),
}
DYNAMIC = tuple(name for name, channel in CHANNELS.items() if channel.moves_with_severity)


def correlation_time(severity: float) -> float:
    """Seconds over which movement stays alike: geometric from ``FASTEST`` (severity 0) to ``SLOWEST`` (1)."""
    return FASTEST * (SLOWEST / FASTEST) ** severity


def behave(
    rng: np.random.Generator,
    severity: float,
    task: str,
    frames: int,
    fps: float,
    *,
    appearance: float = 1.0,
    dynamics: float = 1.0,
) -> dict[str, np.ndarray]:
    """Draw one video's trajectories.

    Args:
        rng: source of all numbers; the same draws are made at any severity.
        severity: s = BDI/45, about 0–1.
        task: ``Northwind`` (reading: rhythmic speech) or ``Freeform`` (talking: speech with pauses).
        frames: number of frames T.
        fps: frames per second.
        appearance: strength of the offsets in ``APPEARANCE``.
        dynamics: strength of the time-scale channel; at 0 all videos move at the pace of severity 0.5.

    Returns:
        One float64 array [T] per channel (``smile`` with its opposite, the frown), ``lid`` (offset of the lid
        aperture), and ``hidden``, int64 [T]: 0 seen, 1 a hand in front of the face, 2 out of the picture.
    """
    tau = correlation_time(0.5 + dynamics * (severity - 0.5))
    rest_tau = correlation_time(0.5)
    quantiles = (np.arange(frames) + 0.5) / frames
    values = {}
    for name, channel in CHANNELS.items():
        pace = channel.pace * (tau if channel.moves_with_severity else rest_tau)
        path = _speech(rng, task, frames, fps, pace) if name == "open" else _wander(rng, frames, fps, pace)
        values[name] = channel.quantile(quantiles)[np.argsort(np.argsort(path))]  # [T]
    for name, sd in {
        "yaw": 0.05,
        "pitch": 0.03,
        "gaze_x": 0.1,
        "gaze_y": 0.08,
        "brow": 0.1,
        "smile": 0.08,
    }.items():
        values[name] = values[name] + sd * rng.normal()
    offset = {name: appearance * severity * unit for name, unit in APPEARANCE.items()}
    values["smile"] = values["smile"] - values.pop("frown") + offset["mouth"]
    values["lid"] = np.full(frames, offset["lid"])
    for name in ("brow", "gaze_y", "pitch"):
        values[name] = values[name] + offset[name]
    values["hidden"] = _absence(rng, frames)  # [T] 0 seen, 1 hand in front, 2 out of the picture
    return values


def _wander(rng: np.random.Generator, frames: int, fps: float, tau: float) -> np.ndarray:
    """Standard Ornstein–Uhlenbeck path [T] with correlation time ``tau`` in seconds."""
    steps = rng.normal(size=frames)
    keep = np.exp(-1 / (fps * tau))
    path = np.empty(frames)
    path[0] = steps[0]
    for t in range(1, frames):
        path[t] = keep * path[t - 1] + np.sqrt(1 - keep**2) * steps[t]
    return path


def _speech(rng: np.random.Generator, task: str, frames: int, fps: float, tau: float) -> np.ndarray:
    """Path [T] of the mouth: an oscillation whose period follows ``tau``; free speech has pauses."""
    phase = rng.uniform(0, 2 * np.pi) + np.arange(frames) / fps * 2 * np.pi / (6 * tau)
    drift = _wander(rng, frames, fps, tau)
    pause = _wander(rng, frames, fps, 4 * tau)
    if task == "Northwind":
        return np.sin(phase + 0.5 * drift) + 0.3 * drift
    return np.sin(phase + drift) + 0.5 * drift - 3.0 * (pause > 0.6)


def _absence(rng: np.random.Generator, frames: int) -> np.ndarray:
    """Int [T]: in about one video in ten the face is hidden for about an eighth of the time."""
    happens, kind = rng.random() < 0.10, int(rng.integers(1, 3))
    length = max(1, round(frames * rng.uniform(0.06, 0.20)))
    start = int(rng.integers(0, frames - length + 1))
    hidden = np.zeros(frames, dtype=np.int64)
    if happens:
        hidden[start : start + length] = kind
    return hidden
