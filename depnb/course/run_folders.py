"""The folders in ``runs/``: each holds one long piece of work, which goes on until it has come to a good end."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from depnb.system.files import StorageError, locked
from depnb.system.repository import ROOT

RUNS = ROOT / "runs"

log = logging.getLogger("depnb")


def unfinished(settings: Mapping[str, Any], runs: Path, file: str) -> Path | None:
    """The newest folder of a piece of work with these settings that did not end well and that nobody works on.

    Args:
        settings: JSON-able, by name.
        runs: where the folders lie. file: the name of the state in each of them.
    """
    for state_file in sorted(runs.glob(f"*/{file}"), key=lambda p: p.stat().st_mtime, reverse=True):
        try:
            state = state_of(state_file)
        except ValueError as error:
            log.warning("Passed over: %s", error)
            continue
        ended_well = state["finished"] and not state["problems"]
        if not ended_well and not different(settings, state) and not _busy(state_file.parent):
            return state_file.parent
    return None


def demand_same(settings: Mapping[str, Any], folder: Path, file: str) -> None:
    """Refuse a folder whose work has other settings.

    Raises:
        ValueError: it has, or its state is damaged; the message says what to do.
    """
    if (folder / file).exists() and (other := different(settings, state_of(folder / file))):
        raise ValueError(f"{folder} holds a run with {', '.join(other)}: ask for the same, or choose another folder.")


def different(settings: Mapping[str, Any], state: Mapping[str, Any]) -> list[str]:
    """The settings that a state has otherwise, as text; a list that an older state lacks is an empty one."""
    asked = json.loads(json.dumps(dict(settings)))  # a tuple is a list there
    found = {name: state.get(name, [] if isinstance(value, list) else None) for name, value in asked.items()}
    return [f"{name} {found[name]!r}" for name, value in asked.items() if found[name] != value]


def state_of(path: Path) -> dict[str, Any]:
    """What the state of a piece of work says. Raises: ValueError, if it is damaged."""
    try:
        state = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged ({error}): delete it, or choose another --folder.") from error
    if not isinstance(state, dict) or not {"finished", "problems"} <= state.keys():
        raise ValueError(f"{path} is not the state of a run: delete it, or choose another --folder.")
    return state


def new_folder(runs: Path = RUNS) -> Path:
    """A folder that does not exist yet, named after the time (UTC)."""
    stamp = datetime.now(UTC).strftime("%Y-%m-%d-%H%M%S")
    folder, number = runs / stamp, 1
    while folder.exists():
        number += 1
        folder = runs / f"{stamp}-{number}"
    return folder


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Have a folder for oneself.

    Raises:
        RuntimeError: another process works on it.
    """
    with locked(folder / ".lock", wait=False) as mine:
        if not mine:
            raise RuntimeError(f"Another process is working on {folder}: wait for it, or choose another --folder.")
        yield


def _busy(folder: Path) -> bool:
    try:
        with locked(folder / ".lock", wait=False) as mine:
            return not mine
    except StorageError:  # nobody can work on it here
        return True
