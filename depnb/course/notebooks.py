"""The course's notebooks as files: which there are, how long they take, and what differs between two equal runs."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from depnb.corpus.records import natural_key
from depnb.system import progress
from depnb.system.files import write_text

DEFAULTS = {
    "profile": ("quick",),
    "corpus": ("both", "appearance", "dynamics", "null", "shortcut"),
    "protocol": ("honest",),
    "store": ("committed",),
    "seed": (0,),
    "device": ("auto",),
}
"""Parameters of every notebook, with the values that a committed one can have."""
PARAMETERS = tuple(DEFAULTS)
END_MARKER = "depnb: finished {name}"
"""What the last cell prints: a notebook without it has not run to its end."""

TIME = re.compile(r"Time\b.*?(\d+(?:\.\d+)?)\s*(s|min|h)\b")
"""The first measured time of an opening."""
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}
"""The metadata of every notebook: which kernel runs it, and what `nbconvert --to script` makes of it."""
FOLDED = "hide-input"
"""Tag of a cell whose code is folded: it draws or tabulates, and teaches nothing."""
VOLATILE_METADATA = ("papermill", "widgets")
VOLATILE_CELL_METADATA = ("papermill", "execution")
"""Metadata that differ between two equal runs, of a notebook and of a cell."""


def quick_seconds(path: Path | str) -> float | None:
    """The measured time that a notebook's opening states first; ``None`` if it states none."""
    cells = nbformat.read(path, as_version=4).cells
    found = TIME.search(cells[0].source) if cells else None
    return float(found[1]) * SECONDS[found[2]] if found else None


def normalise(path: Path | str) -> bool:
    """Remove what differs between two equal runs; outputs and counts stay. True if the file changed."""
    path = Path(path)
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:03d}"
        kept = [tag for tag in tags(cell) if tag != "injected-parameters"]
        folded = {"jupyter": {"source_hidden": True}} if FOLDED in kept else {}
        cell.metadata = nbformat.from_dict(({"tags": kept} if kept else {}) | folded)
        if cell.cell_type != "code":
            continue
        cell.outputs = _merged([output for output in cell.outputs if not (_tells_progress(output) or _asks(output))])
        for output in cell.outputs:
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
            if "metadata" in output:
                output.metadata = nbformat.from_dict({})
    after = nbformat.writes(notebook) + "\n"
    if after != before:
        write_text(path, after)
    return after != before


def _tells_progress(output: NotebookNode) -> bool:
    """Whether an output is of standard error, or the progress line of a notebook with a reader before it."""
    if output.output_type == "stream":
        return output.name == "stderr"
    return output.get("data", {}).get("text/html", "").startswith(progress.MARKUP)


def _asks(output: NotebookNode) -> bool:
    """Whether an output is a part of the questions: a program for the browser, or the frame that it fills."""
    data = output.get("data", {})
    return "application/javascript" in data or "data-shufflequestions" in data.get("text/html", "")


def _merged(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Neighbouring pieces of one stream as one output: where it was cut is a matter of timing."""
    merged: list[NotebookNode] = []
    for output in outputs:
        if merged and output.output_type == merged[-1].output_type == "stream" and output.name == merged[-1].name:
            merged[-1].text += output.text
        else:
            merged.append(output)
    return merged


def tags(cell: NotebookNode) -> list[str]:
    """The tags of a cell."""
    return list(cell.metadata.get("tags", []))


def ends_session(cell: NotebookNode) -> bool:
    """Whether a code cell calls ``session.end()`` and does nothing else: what it prints is then no handwriting."""
    try:
        return [ast.unparse(statement) for statement in ast.parse(cell.source).body] == ["session.end()"]
    except SyntaxError:
        return False


def notebooks_in(places: Iterable[Path | str]) -> list[Path]:
    """The notebooks named, and those directly in the folders named, in natural order.

    Raises:
        FileNotFoundError: a place does not exist, or a folder holds no notebook.
    """
    found: list[Path] = []
    for place in map(Path, places):
        here = sorted(place.glob("*.ipynb"), key=lambda p: natural_key(p.name)) if place.is_dir() else [place]
        if not here or not here[0].exists():
            raise FileNotFoundError(f"No notebook at {place}: looked for *.ipynb there.")
        found += here
    return found
