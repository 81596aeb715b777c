"""Intervals and p-values that were computed before: a table of stored results is then read, not computed.

They lie in ``$DEPNB_CACHE/intervals``, by what decides them: the function, its version, labels, scores and names.
Scores per person are stored of generated people only, so nothing there is about real people.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from depnb import evaluation
from depnb.system.files import cache_dir, write_json

Numbers = TypeVar("Numbers", float, tuple[float, float, float])

_known: dict[Path, dict[str, list[float]]] = {}
_new: set[Path] = set()


def remembered(compute: Callable[..., Numbers], *data: Sequence[float] | Sequence[str] | np.ndarray) -> Numbers:
    """``compute(*data)``, read where the same was computed before.

    Args:
        compute: of ``depnb.evaluation``, which gives the same numbers for the same data.
        data: labels, scores and names of people, as ``compute`` takes them.
    """
    digest = hashlib.sha256(f"{compute.__name__} {evaluation.VERSION}".encode())
    for part in data:
        array = np.asarray(part)
        digest.update(f" {array.shape} {array.dtype.str}".encode() + array.tobytes())
    known = _numbers(_file())
    key = digest.hexdigest()[:24]
    if key not in known:
        known[key] = np.atleast_1d(compute(*data)).tolist()
        _new.add(_file())
    found = known[key]
    return tuple(found) if len(found) > 1 else found[0]  # type: ignore[return-value]  # as many as ``compute`` gives


def keep() -> None:
    """Write down what was computed since the last time; what another process has written meanwhile stays."""
    path = _file()
    if path in _new:
        write_json(path, _read(path) | _known[path])
        _new.discard(path)


def _file() -> Path:
    return cache_dir() / "intervals" / "paired.json"


def _numbers(path: Path) -> dict[str, list[float]]:
    if path not in _known:
        _known[path] = _read(path)
    return _known[path]


def _read(path: Path) -> dict[str, list[float]]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # none yet, or cut off: it is computed anew
        return {}
