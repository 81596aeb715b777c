"""Intervals and p-values that were computed before: a table of stored results is then read, not computed.

They lie in ``$DEPNB_CACHE/intervals``, by what decides them: the function, the code of ``depnb.evaluation``, labels,
scores and names. Scores per person are stored of generated people only, so nothing there is about real people.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from depnb import evaluation
from depnb.evaluation.metrics import Metric, rmse
from depnb.system.files import cache_dir, write_json

_known: dict[Path, dict[str, list[float]]] = {}
_new: set[Path] = set()


def remembered(
    compute: Callable[..., tuple[float, ...]],
    *data: Sequence[float] | Sequence[str] | np.ndarray,
    metric: Metric | None = rmse,
) -> tuple[float, ...]:
    """``compute(*data, metric=metric)`` as a plain tuple, read where the same was computed before.

    Args:
        compute: of ``depnb.evaluation``, which gives the same numbers for the same data.
        data: labels, scores and names of people, as ``compute`` takes them.
        metric: ``rmse`` or ``mae``; ``None`` for a function that takes none.
    """
    of = {"metric": metric} if metric else {}
    name = " ".join([compute.__name__, *(one.__name__ for one in of.values())])
    digest = hashlib.sha256(f"{name} {_code()}".encode())
    for part in data:
        array = np.asarray(part)
        digest.update(f" {array.shape} {array.dtype.str}".encode() + array.tobytes())
    known = _numbers(_file())
    key = digest.hexdigest()[:24]
    if key in known:
        return tuple(known[key])
    found = tuple(map(float, compute(*data, **of)))
    if np.isfinite(found).all():  # JSON knows no other numbers, and these take no time
        known[key] = list(found)
        _new.add(_file())
    return found


def keep() -> None:
    """Write down what was computed since the last time; what another process has written meanwhile stays."""
    path = _file()
    if path in _new:
        write_json(path, _read(path) | _known[path])
        _new.discard(path)


@cache
def _code() -> str:
    """A checksum of the code of ``depnb.evaluation``, which may change without the version that results name."""
    files = sorted(file for place in evaluation.__path__ for file in Path(place).glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _file() -> Path:
    return _file_under(os.environ.get("DEPNB_CACHE"))


@cache  # a look at the folder's git repository for each of a thousand numbers would take longer than these
def _file_under(_cache: str | None) -> Path:
    return cache_dir() / "intervals" / "compared.json"


def _numbers(path: Path) -> dict[str, list[float]]:
    if path not in _known:
        _known[path] = _read(path)
    return _known[path]


def _read(path: Path) -> dict[str, list[float]]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # none yet, or cut off: it is computed anew
        return {}
