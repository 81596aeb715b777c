"""Copies of the notebooks to work in: ``python -m depnb.course.copies my``."""

import hashlib
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from depnb.course.checking import SOLUTIONS
from depnb.system import errors
from depnb.system.files import write_bytes, write_json
from depnb.system.repository import NOTEBOOKS, demand_checkout
from depnb.system.text import plain


@dataclass
class Copies:
    """What happened to the notebooks on their way into the playing folder."""

    new: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    yours: list[str] = field(default_factory=list)


def copy_notebooks(folder: Path | str, source: Path = NOTEBOOKS) -> Copies:
    """Copy the notebooks into ``folder``, and the solutions beside them; a copy that was edited is never touched.

    A notebook is edited when the sources of its cells are others than those copied: running and saving change none. It
    is written again when the original has other sources since; outputs of one's own stay. Solutions are for reading,
    and always those of ``source``.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / ".copied.json"
    known = _known(record)
    copies = Copies()
    for original in sorted(source.glob("*.ipynb")):
        target = folder / original.name
        content = original.read_bytes()
        now = {"file": _digest(content), "sources": _sources(content)}
        then = known.get(target.name, {})
        if isinstance(then, str):  # as written before sources were compared
            then = {"file": then, "sources": None}
        if not target.exists():
            copies.new.append(target.name)
        elif not _is_unedited(target.read_bytes(), then, now):
            copies.yours.append(target.name)
            continue
        elif now["sources"] not in (then.get("sources"), _sources(target.read_bytes())):
            copies.updated.append(target.name)
        if target.name in (*copies.new, *copies.updated):
            write_bytes(target, content)
        known[target.name] = now
    for solution in sorted((source / SOLUTIONS.name).glob("*.py")):
        write_bytes(folder / SOLUTIONS.name / solution.name, solution.read_bytes())
    write_json(record, known)
    return copies


def _known(record: Path) -> dict[str, Any]:
    """What was copied before; a record that is damaged tells nothing, and then only sources are compared."""
    try:
        known = json.loads(record.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    known = known if isinstance(known, dict) else {}
    return {name: then for name, then in known.items() if isinstance(then, (str, dict))}


def _is_unedited(copy: bytes, then: dict[str, str | None], now: dict[str, str | None]) -> bool:
    """Whether a copy is the file or has the sources that were copied then, or has those of the original now."""
    sources = _sources(copy)
    same = sources is not None and sources in (then.get("sources"), now["sources"])
    return same or _digest(copy) == then.get("file")


def _sources(content: bytes) -> str | None:
    """Digest of the types and sources of a notebook's cells, empty ones left out; ``None`` if it is no notebook.

    An empty cell is what Shift+Enter leaves behind the last one.
    """
    try:
        cells = [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(content)["cells"]]
    except (ValueError, TypeError, KeyError):
        return None
    return _digest(json.dumps([cell for cell in cells if cell[1].strip()]).encode())


def main(arguments: list[str]) -> None:
    """``python -m depnb.course.copies FOLDER``."""
    if len(arguments) != 1:
        raise ValueError("Give one folder for the copies: python -m depnb.course.copies FOLDER")
    (folder,) = arguments
    demand_checkout()
    copies = copy_notebooks(folder)
    for what, names in (
        ("new", copies.new),
        ("updated", copies.updated),
        ("kept as you edited it", copies.yours),
    ):
        for name in names:
            print(plain(f"{folder}/{name}: {what}"))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    errors.run(lambda: main(sys.argv[1:]))
