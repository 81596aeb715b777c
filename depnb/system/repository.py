"""Where the repository lies, which commit it is at, and what must not come to lie in it."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
COMMITTED = ROOT / "results"
"""The store of the committed results."""
IGNORED = frozenset({"runs", "my"})
"""Folders of the repository that git ignores: results on a licensed corpus lie there, or outside of the repository."""


def demand_ignored(place: Path, corpus: str) -> None:
    """What is about real people must not come to lie where git would take it.

    Raises:
        ValueError: ``place`` is in this repository, in none of the folders ``IGNORED``.
    """
    repository, place = COMMITTED.parent, place.resolve()
    if place.is_relative_to(repository) and not IGNORED.intersection(place.relative_to(repository).parts):
        raise ValueError(
            f"{place} is no place for what is about {corpus}: its people are real, and git would take it. Name a "
            "folder in runs/, as in runs/mine, or one outside of the repository."
        )


def commit() -> str | None:
    """The commit of the repository, with ``+`` when files differ from it; ``None`` outside git or without it."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty=+", "--exclude=*"]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout.strip()
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None
