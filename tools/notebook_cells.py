"""What the rules of the notebooks look at: cells, their outputs, their headings and their syntax trees."""

import ast
import re
from collections.abc import Iterator

from nbformat import NotebookNode

from depnb.course.notebooks import tags

SKIP = "nbval-skip"
NOT_COMPARED = {SKIP, "nbval-ignore-output"}
CALLBACKS = re.compile(r"depnb\.methods\.\w+\.widget|depnb\.course\.widgets(\.\w+)*")
"""Modules whose functions a widget may call: they have tests."""


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The code cells, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def headings(cell: NotebookNode) -> list[str]:
    """Heading lines of a Markdown cell, code fences left out."""
    if cell.cell_type != "markdown":
        return []
    text = re.sub(r"^```.*?^```", "", cell.source, flags=re.M | re.S)
    return [line for line in text.splitlines() if re.match(r"#+ ", line)]


def output_text(cell: NotebookNode) -> str:
    """The text that a cell has put out: stdout, and the text and HTML of its results."""
    parts = []
    for output in cell.get("outputs", ()):
        if output.output_type == "stream" and output.name == "stdout":
            parts.append(output.text)
        data = output.get("data", {})
        parts += [data[kind] for kind in ("text/plain", "text/html") if kind in data]
    return "\n".join(parts)


def one_line(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())


def numbered_code(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """Code cells with their place in the notebook, counted from 1."""
    return ((number, cell) for number, cell in enumerate(notebook.cells, start=1) if cell.cell_type == "code")


def has_heading(cell: NotebookNode, words: str) -> bool:
    """Whether a heading of the cell contains ``words``, which are in small letters."""
    return any(words in line.lower() for line in headings(cell))


def paragraph(text: str, label: str) -> str:
    """What follows ``**label:**``, up to the next label or empty line; empty if there is none."""
    found = re.search(rf"\*\*{label}:?\*\*.*?(?=\*\*[A-Z]|\n\s*\n|\Z)", text, re.S)
    return found.group() if found else ""


def section_below(notebook: NotebookNode, words: str) -> str | None:
    """Markdown below the heading that holds ``words``, up to the next heading; ``None`` without such a heading."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = re.search(rf"^#+ [^\n]*{words}[^\n]*\n(.*?)(?=^#+ |\Z)", text, re.S | re.M | re.I)
    return found[1] if found else None


def output_words(cell: NotebookNode, index: int) -> str:
    """The words of the cell's output number ``index``: a caption, or what was printed; of anything else nothing."""
    if not 0 <= index < len(cell.outputs):
        return ""
    output = cell.outputs[index]
    if output.output_type == "stream":
        return output.text.strip() if output.name == "stdout" else ""
    data = output.get("data", {})
    if "image/png" in data or "<table" in data.get("text/html", ""):
        return ""
    return data.get("text/plain", "").strip()


def syntax_tree(cell: NotebookNode) -> ast.Module:
    """The cell as syntax tree, magics left out; empty if it is not Python."""
    try:
        return ast.parse(re.sub(r"^(\s*)[%!].*$", r"\1pass", cell.source, flags=re.M))
    except SyntaxError:
        return ast.Module([], [])


def names_used(cell: NotebookNode) -> set[str]:
    """Every name in the code of the cell."""
    return {node.id for node in ast.walk(syntax_tree(cell)) if isinstance(node, ast.Name)}


def widget_callbacks(cell: NotebookNode) -> Iterator[str]:
    """Names that the cell imports from one of the modules ``CALLBACKS``."""
    for node in ast.walk(syntax_tree(cell)):
        if isinstance(node, ast.ImportFrom) and CALLBACKS.fullmatch(node.module or ""):
            yield from (alias.asname or alias.name for alias in node.names)


def defines_something(cell: NotebookNode) -> bool:
    """Whether a code cell defines a function or class that is no exercise."""
    if cell.cell_type != "code" or "NotImplementedError" in cell.source:
        return False
    return any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in syntax_tree(cell).body)


def checked_exercises(cell: NotebookNode) -> Iterator[str]:
    """Names of the exercises that a cell checks."""
    for node in ast.walk(syntax_tree(cell)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "course.check" and (name := first_text(node)):
            yield name


def top_level_names(tree: ast.Module) -> set[str]:
    """Functions and values that a module defines."""
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assigned = (target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets)
    return functions | {target.id for target in assigned if isinstance(target, ast.Name)}


def first_text(call: ast.Call) -> str | None:
    """The first argument of a call if it is a written-out string."""
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def is_compared(cell: NotebookNode) -> bool:
    """Whether nbval compares something of this code cell: text on stdout, or a result with text."""
    if NOT_COMPARED & set(tags(cell)) or re.search(r"^\s*#\s*NBVAL_(SKIP|IGNORE_OUTPUT)\b", cell.source, re.M):
        return False
    return bool(output_text(cell).strip())
