"""Where the repository lies, which commit it is at, and what must not come to lie in a repository."""

import os
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
COMMITTED = ROOT / "results"
"""The store of the committed results."""
NETWORKS = ROOT / "networks"
"""The network that is committed, for a first prediction, and its result: a store."""
IGNORED = frozenset({"runs", "my", "cache"})
"""Folders of the repository that git ignores: results on a licensed corpus lie there, or outside of the repository."""
OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
"""What git sets for its hooks, and what would lead every question to their repository."""


def demand_ignored(place: Path, corpus: str) -> None:
    """What is about real people must not come to lie where git would take it, in this repository or another one.

    Raises:
        ValueError: ``place`` is in a repository, and git does not ignore it or cannot say so.
    """
    reason = taken_by_git(place)
    if reason:
        raise ValueError(
            f"{place.resolve()} is no place for what is about {corpus}: its people are real, and {reason}. Name a "
            "folder in runs/, as in runs/mine, or one outside of the repository."
        )


def taken_by_git(place: Path) -> str | None:
    """Why git would take what comes to lie at ``place``, a folder or a file; ``None`` where it would not.

    In this repository its folders ``IGNORED`` decide, so that it is also guarded where there is no git.
    """
    place, own = place.resolve(), COMMITTED.parent.resolve()
    around = _repository_of(place)
    if place.is_relative_to(own) and (around is None or own.is_relative_to(around)):
        ignored = IGNORED.intersection(place.relative_to(own).parts)
        return None if ignored else f"git would take it into the repository {own}"
    if around is None:
        return None
    asked = place if place.is_file() else place / "file"  # a pattern like "cache/" does not fit what is not there yet
    try:
        answer = git(around, "check-ignore", "--quiet", "--", str(asked))
    except OSError:
        return f"there is no git to say whether it is ignored in the repository {around}"
    said = (answer.stderr.strip().splitlines() or ["it gives no reason"])[0]
    return {0: None, 1: f"git would take it into the repository {around}"}.get(
        answer.returncode, f"git cannot say whether it is ignored in the repository {around} ({said})"
    )


@cache
def cache_taken_by_git(place: Path) -> str | None:
    """``taken_by_git`` of the cache folder, asked once per process: every path in it asks."""
    return taken_by_git(place)


def _repository_of(place: Path) -> Path | None:
    """The innermost folder above ``place`` that is a git repository."""
    return next((folder for folder in (place, *place.parents) if (folder / ".git").exists()), None)


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The answer of git on the repository of ``folder``, also within a hook of another one.

    Raises:
        OSError: there is no git that could be started.
    """
    environment = {name: value for name, value in os.environ.items() if name not in OF_A_HOOK}
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", env={**environment, "GIT_OPTIONAL_LOCKS": "0"}
    )


def commit() -> str | None:
    """The commit of the repository, with ``+`` when files differ from it; ``None`` outside git or without it.

    A checkout without its own ``.git`` may lie in another repository, whose commit says nothing about it.
    """
    if not (ROOT / ".git").exists():
        return None
    try:
        answer = git(ROOT, "describe", "--always", "--dirty=+", "--exclude=*")
    except OSError:
        return None
    return None if answer.returncode else answer.stdout.strip()


def demand_checkout() -> None:
    """Notebooks and committed results lie in a checkout, which an installed package is not.

    Raises:
        FileNotFoundError: this package lies outside of a checkout.
    """
    if not NOTEBOOKS.is_dir():
        raise FileNotFoundError(
            f"The notebooks and the committed results lie in a checkout of the repository, and {ROOT} is none: install "
            "depnb from a checkout with `pip install -e .`, or name a --store of your own."
        )
