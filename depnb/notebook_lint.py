"""The contract of the course's notebooks, as far as a program can check it.

``python -m depnb.notebook_lint FILES`` reports every breach as ``file: what is wrong`` and exits 1 if there
is one; a folder stands for its notebooks. ``--normalise`` first removes what differs between two equal runs.
"""

import argparse
import ast
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from depnb.files import write_text

PARAMETERS = ("profile", "corpus", "protocol", "store", "seed", "device")
END_MARKER = "depnb: finished {name}"
MAX_BYTES = 1_000_000
MAX_CELL_LINES = 45
MAX_PICTURES = 12
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:home|root|Users|work|tmp|private)/|\b[A-Z]:\\(?:Users|Windows|Program)")
TIME = re.compile(r"Time\b.*?(\d+(?:\.\d+)?)\s*(s|min|h)\b")
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
VOLATILE_METADATA = ("papermill", "widgets")
VOLATILE_CELL_METADATA = ("papermill", "execution")
NOT_COMPARED = {"nbval-skip", "nbval-ignore-output"}

# Which kinds of notebook owe which parts. A notebook's kind follows from its number.
KINDS = {"00": "start", "10": "paper", "20": "paper", "30": "paper", "40": "paper", "50": "paper"}
OWED = {
    "start": frozenset(),
    "lesson": frozenset({"exercises"}),
    "paper": frozenset({"exercises", "differences", "live training"}),
}

Rule = Callable[[NotebookNode, str], Iterable[str]]


def lint(path: Path | str) -> list[str]:
    """Everything in which the notebook breaks the contract, one sentence each; empty when it is good."""
    path = Path(path)
    notebook = nbformat.read(path, as_version=4)
    found = [message for rule in RULES for message in rule(notebook, path.stem)]
    size = path.stat().st_size
    if size >= MAX_BYTES:
        found.append(f"{size / 1e6:.1f} MB: must stay under {MAX_BYTES / 1e6:.0f} MB; use fewer or smaller pictures")
    return found


def owed(name: str) -> frozenset[str]:
    """The parts that the notebook ``name`` must have beyond what all have."""
    return OWED[KINDS.get(name[:2], "lesson")]


def opening(notebook: NotebookNode, name: str) -> Iterable[str]:
    """One H1 in the first cell, with paper or purpose, aims, needs and measured time."""
    first = notebook.cells[0] if notebook.cells else None
    if first is None or first.cell_type != "markdown":
        yield "the first cell must be the opening, in Markdown"
        return
    titles = [
        (index, line) for index, cell in enumerate(notebook.cells) for line in _headings(cell) if line.startswith("# ")
    ]
    if [index for index, _ in titles] != [0]:
        where = ", ".join(f"cell {index + 1}" for index, _ in titles) or "nowhere"
        yield f"exactly one H1 is wanted, in the first cell; found: {where}"
    text = first.source
    if not re.search(r"\*\*(Paper|Purpose)", text):
        yield "the opening names neither **Paper:** (citation) nor **Purpose:**"
    if not re.search(r"You will be able to.*?\n\s*[-*] ", text, re.S):
        yield "the opening has no “You will be able to” followed by a list"
    if not re.search(r"\*\*Needs", text):
        yield "the opening has no **Needs:** line (links to earlier notebooks, or “nothing”)"
    if not TIME.search(text):
        yield "the opening has no **Time:** line with measured times, as in “Time: quick 40 s on 2 cores”"


def parameters(notebook: NotebookNode, name: str) -> Iterable[str]:
    """One parameters cell: the six names, literals only, a comment per value; the set-up cell follows it."""
    code = _code(notebook)
    tagged = [index for index, cell in enumerate(code) if "parameters" in _tags(cell)]
    if tagged != [0]:
        yield f"the first code cell, and no other, is tagged “parameters”; found {len(tagged)} tagged"
        return
    source = code[0].source
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        yield f"the parameters cell is not Python: {error.msg}"
        return
    names = []
    for statement in statements:
        if not (isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)):
            yield f"the parameters cell holds assignments only; line {statement.lineno} is none"
            continue
        target = statement.targets[0].id
        names.append(target)
        try:
            ast.literal_eval(statement.value)
        except ValueError:
            yield f"parameter {target} is no literal: a derived value does not follow an injected one"
        if "#" not in source.splitlines()[statement.lineno - 1]:
            yield f"parameter {target} has no comment on its line: it is papermill's help"
    missing = [p for p in PARAMETERS if p not in names]
    if missing:
        yield f"the parameters cell lacks {', '.join(missing)}"
    if len(code) < 2 or "course.start(" not in code[1].source:
        yield "the second code cell must be the set-up cell with session = course.start(…)"
    elif f'"{name}"' not in code[1].source:
        yield f'course.start must be given this notebook\'s name, "{name}"'


def executed(notebook: NotebookNode, name: str) -> Iterable[str]:
    """Run once from top to bottom, without errors or warnings, ended by its marker."""
    code = [cell for cell in _code(notebook) if cell.source.strip()]
    counts = [cell.execution_count for cell in code]
    if counts != list(range(1, len(code) + 1)):
        yield f"not executed once from top to bottom: counts are {_short(counts)}; run `make notebooks`"
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                yield f"cell {number} ended with {output.ename}; show an error with try/except"
            if output.output_type == "stream" and output.name == "stderr":
                yield f"cell {number} has written to stderr: {output.text.strip()[:60]!r}"
    marker = END_MARKER.format(name=name)
    if not code or "session.end()" not in code[-1].source:
        yield "the last code cell must call session.end()"
    elif marker not in _text(code[-1]).splitlines():
        yield f"the last cell's output lacks the end-marker “{marker}”"


def portable(notebook: NotebookNode, name: str) -> Iterable[str]:
    """The same file on every machine: kernel python3, no machine path, no volatile metadata."""
    kernel = notebook.metadata.get("kernelspec", {}).get("name")
    if kernel != "python3":
        yield f"the kernel is {kernel!r}; only “python3” is found everywhere"
    for number, cell in enumerate(notebook.cells, start=1):
        found = MACHINE_PATHS.search(cell.source) or MACHINE_PATHS.search(_text(cell))
        if found:
            yield f"cell {number} shows a path of one machine: {found.group()!r}"
        volatile = [key for key in VOLATILE_CELL_METADATA if key in cell.metadata]
        if volatile:
            yield f"cell {number} has volatile metadata ({', '.join(volatile)}); run with --normalise"
    volatile = [key for key in VOLATILE_METADATA if key in notebook.metadata]
    if volatile:
        yield f"volatile metadata ({', '.join(volatile)}); run with --normalise"


def readable(notebook: NotebookNode, name: str) -> Iterable[str]:
    """No cell longer than a screen, and not too many pictures."""
    for number, cell in enumerate(notebook.cells, start=1):
        lines = len(cell.source.splitlines())
        if cell.cell_type == "code" and lines > MAX_CELL_LINES:
            yield f"cell {number} has {lines} lines; at most {MAX_CELL_LINES} fit a screen"
    pictures = sum("image/png" in output.get("data", {}) for cell in _code(notebook) for output in cell.outputs)
    if pictures > MAX_PICTURES:
        yield f"{pictures} pictures; at most {MAX_PICTURES}"


def taught(notebook: NotebookNode, name: str) -> Iterable[str]:
    """The parts that only some kinds of notebook owe."""
    parts = owed(name)
    headings = [line.lstrip("# ").lower() for cell in notebook.cells for line in _headings(cell)]
    if "differences" in parts and not any("where we differ" in heading for heading in headings):
        yield "no heading “Where we differ”"
    if "exercises" in parts:
        if not any("exercise" in heading for heading in headings):
            yield "no heading “Exercises”"
        checks = sum(cell.source.count("course.check(") for cell in _code(notebook))
        if checks < 3:
            yield f"{checks} exercises with a checker (course.check); at least 3 are wanted"
    if "live training" in parts and not any("nbval-skip" in _tags(cell) for cell in _code(notebook)):
        yield "no cell tagged “nbval-skip” that trains one row live"


def compared(notebook: NotebookNode, name: str) -> Iterable[str]:
    """nbval must have something to compare."""
    if not any(is_compared(cell) for cell in _code(notebook)):
        yield "nbval compares no cell of it: no text output outside skipped cells"


RULES: tuple[Rule, ...] = (opening, parameters, executed, portable, readable, taught, compared)


def is_compared(cell: NotebookNode) -> bool:
    """Whether nbval compares something of this code cell: text on stdout, or a result with text."""
    if NOT_COMPARED & set(_tags(cell)) or re.search(r"^\s*#\s*NBVAL_(SKIP|IGNORE_OUTPUT)\b", cell.source, re.M):
        return False
    return bool(_text(cell).strip())


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
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:03d}"
        tags = [tag for tag in _tags(cell) if tag != "injected-parameters"]
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if cell.cell_type != "code":
            continue
        cell.outputs = _merged([o for o in cell.outputs if not (o.output_type == "stream" and o.name == "stderr")])
        for output in cell.outputs:
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
            if "metadata" in output:
                output.metadata = nbformat.from_dict({})
    after = nbformat.writes(notebook) + "\n"
    if after != before:
        write_text(path, after)
    return after != before


def _merged(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Neighbouring pieces of one stream as one output: where it was cut is a matter of timing."""
    merged: list[NotebookNode] = []
    for output in outputs:
        if merged and output.output_type == merged[-1].output_type == "stream" and output.name == merged[-1].name:
            merged[-1].text += output.text
        else:
            merged.append(output)
    return merged


def _code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def _headings(cell: NotebookNode) -> list[str]:
    """Heading lines of a Markdown cell, code fences left out."""
    if cell.cell_type != "markdown":
        return []
    text = re.sub(r"^```.*?^```", "", cell.source, flags=re.M | re.S)
    return [line for line in text.splitlines() if re.match(r"#+ ", line)]


def _text(cell: NotebookNode) -> str:
    """The text that a cell has put out: stdout, and the text and HTML of its results."""
    parts = []
    for output in cell.get("outputs", ()):
        if output.output_type == "stream" and output.name == "stdout":
            parts.append(output.text)
        data = output.get("data", {})
        parts += [data[kind] for kind in ("text/plain", "text/html") if kind in data]
    return "\n".join(parts)


def _short(values: list) -> str:
    shown = ", ".join(map(str, values[:8]))
    return f"{shown}, …" if len(values) > 8 else shown or "none"


def notebooks_in(places: Iterable[Path | str]) -> list[Path]:
    """The notebooks named, and those directly in the folders named, in natural order.

    Raises:
        FileNotFoundError: a place does not exist, or a folder holds no notebook.
    """
    from depnb.corpus.records import natural_key

    found: list[Path] = []
    for place in map(Path, places):
        here = sorted(place.glob("*.ipynb"), key=lambda p: natural_key(p.name)) if place.is_dir() else [place]
        if not here or not here[0].exists():
            raise FileNotFoundError(f"No notebook at {place}: looked for *.ipynb there.")
        found += here
    return found


def main(arguments: list[str] | None = None) -> int:
    """Command line; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m depnb.notebook_lint", description=__doc__)
    parser.add_argument("places", nargs="+", metavar="FILES")
    parser.add_argument("--normalise", action="store_true", help="first remove what differs between equal runs")
    options = parser.parse_args(arguments)
    paths = notebooks_in(options.places)
    bad = 0
    for path in paths:
        if options.normalise:
            normalise(path)
        messages = lint(path)
        bad += bool(messages)
        for message in messages:
            print(f"{path}: {message}")
    print(f"{len(paths)} notebooks checked, {bad} with something wrong")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
