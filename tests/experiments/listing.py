"""A short listing of an exported tree, as ``docs/export.md`` shows it."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path


def listing(root: Path) -> str:
    """Folders and files; of what is alike in a folder, the first, and how many there are."""
    return "".join(f"{line}\n" for line in _lines(root, ""))


def _lines(folder: Path, indent: str) -> Iterator[str]:
    entries = sorted(folder.iterdir(), key=lambda path: (path.is_file(), _kind(path), path.name))
    for _, same in groupby(entries, key=_kind):
        alike = list(same)
        more = f"   … {len(alike)} of them" if len(alike) > 1 else ""
        first = alike[0]
        yield f"{indent}{first.name}{'/' if first.is_dir() else ''}{more}"
        if first.is_dir():
            yield from _lines(first, indent + "  ")


def _kind(path: Path) -> str:
    """Names that differ in their numbers alone are alike; so are the two tasks of folders of frames."""
    letters = "".join(char for char in path.name if not char.isdigit())
    return letters.replace("Northwind", "Freeform") if letters.endswith("_aligned") else letters
