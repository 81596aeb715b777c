"""Collect what the site is made from: Markdown and notebooks of the repository, changed where a web page needs it."""

import re
import shutil
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbformat import NotebookNode, v4

from depnb.course.notebooks import FOLDED, tags
from depnb.course.questions import ask, questions

TEXTS = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "THIRD_PARTY.md", "docs/*.md", "figures/*.md", "networks/*.md")
FRONT = "README.md"
FIGURES = "figures"
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s#]+)(#[^)\s]*)?\)")
FENCED = re.compile(r"(^(`{3,}).*?^\2`*$)", re.M | re.S)
PLACE = re.compile(r'<a id="([\w-]+)"></a>(\*\*[^*]+\*\*|\w+)')
WIDGET = "interactive("
PLAY = "*A slider stands here in JupyterLab: run `make lab` and open this notebook to play with it.*"


def collect(root: Path, to: Path) -> None:
    """Copy texts, notebooks and figures of the repository ``root`` to ``to``, in the same folders.

    Links between them stay. A file of the repository that a text links is copied too, for a download; a folder's name
    stays without its link. Questions become pages that work without a kernel.
    """
    shutil.copytree(root / FIGURES, to / FIGURES, ignore=shutil.ignore_patterns("*.md"))
    texts = [path for pattern in TEXTS for path in sorted(root.glob(pattern))]
    notebooks = sorted(root.glob("notebooks/*.ipynb"))
    for path in texts:
        text = PLACE.sub(r"[\2]{#\1}", path.read_text(encoding="utf-8"))
        target = to / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_linked(text, path, root, to, [*texts, *notebooks]), encoding="utf-8")
    (to / "notebooks").mkdir()
    for path in notebooks:
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = _linked(cell.source, path, root, to, [*texts, *notebooks])
            else:
                _shown(cell, path.stem)
        nbformat.write(notebook, to / "notebooks" / path.name)


def _linked(text: str, path: Path, root: Path, to: Path, pages: Iterable[Path]) -> str:
    """``text`` with links that a site can follow."""
    known = {page.resolve() for page in pages}

    def one(found: re.Match[str]) -> str:
        _, words, target, place = found.groups()
        file = (path.parent / target).resolve()
        if file == root / FRONT:
            return f"[{words}]({'../' * (len(path.relative_to(root).parts) - 1)}index.md{place or ''})"
        if "://" in target or target.startswith("mailto:") or file in known:
            return found.group()
        if not file.is_relative_to(root) or not file.exists():
            raise FileNotFoundError(f"{path.relative_to(root)} links {target}, which is not there")
        if file.is_dir():
            return words
        copy = to / file.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists():
            shutil.copyfile(file, copy)
        return found.group()

    code = [found.span() for found in FENCED.finditer(text)]
    borders = [0, *(border for span in code for border in span), len(text)]
    parts = [text[a:b] for a, b in pairwise(borders)]
    return "".join(part if number % 2 else LINK.sub(one, part) for number, part in enumerate(parts))


def _shown(cell: NotebookNode, notebook: str) -> None:
    """Give a code cell what a web page needs: questions that can be answered, words for a widget, alt texts."""
    if "parameters" in tags(cell) or "course.start(" in cell.source:
        cell.metadata["tags"] = [*tags(cell), FOLDED]
    if "course.quiz()" in cell.source:
        cell.outputs = asked(notebook)
        return
    captions = []
    for output in cell.outputs:
        data = output.get("data", {})
        if data.get("text/plain", "").startswith(WIDGET):
            output["data"] = {"text/markdown": PLAY}
        elif "text/html" in data and "image/png" not in data:
            captions.append(data["text/plain"])
    if any("image/png" in output.get("data", {}) for output in cell.outputs) and captions:
        cell.metadata["mystnb"] = {"image": {"alt": " ".join(captions)}}


def asked(notebook: str) -> list[Any]:
    """Outputs that ask the questions of a notebook in a page, with their reasons, without a kernel."""
    begun = not InteractiveShell.initialized()
    InteractiveShell.instance()  # without one, what is shown is printed
    try:
        with capture_output() as captured:
            ask(questions(notebook))
    finally:
        if begun:
            InteractiveShell.clear_instance()
    return [v4.new_output("display_data", data=output.data) for output in captured.outputs]
