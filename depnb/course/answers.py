"""The exercises of one notebook, judged without Jupyter: ``python -m depnb.course.answers NOTEBOOK ANSWERS SECONDS``.

It runs the cells that a ``course.check`` needs, and no others: what they name is looked up in the cells above. What the
checkers say goes to ANSWERS, as JSON. The code is run as it is, with the rights of who calls this.
"""

import ast
import re
import signal
import sys
from pathlib import Path
from typing import Any

import nbformat

from depnb import course
from depnb.course.checking import checkers, exercises, judge
from depnb.system.files import write_json

NAME = re.compile(r"course\.start\(\s*[\"'](\w+)[\"']")
CHECKED = re.compile(r"course\.check\(\s*[\"'](\w+)[\"']")
OF_JUPYTER = re.compile(r"^\s*[%!?].*$", re.M)
"""Lines that only Jupyter understands."""
Said = dict[str, str | None]
"""By exercise what its checker said; None is right."""


class TookTooLong(BaseException):
    """A cell was still running when its time was over; no ``except Exception`` of an answer stops it."""


def name_of(cells: list[str]) -> str:
    """The notebook's name, as its set-up cell gives it.

    Raises:
        ValueError: no cell begins a session.
    """
    found = next(filter(None, map(NAME.search, cells)), None)
    if found is None:
        raise ValueError("no notebook of the course: no cell calls course.start")
    return found[1]


def code_of(path: Path) -> list[str]:
    """The code cells of a notebook, without lines that only Jupyter understands.

    Raises:
        ValueError: it cannot be read.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
    except (OSError, ValueError, AttributeError, nbformat.ValidationError) as error:
        raise ValueError(f"no notebook that can be read ({type(error).__name__})") from error
    return [OF_JUPYTER.sub("", cell.source) for cell in notebook.cells if cell.cell_type == "code"]


def needed(cells: list[str], checking: int) -> list[int]:
    """Which cells the cell ``checking`` needs, in their order, with itself: those above that define what it names."""
    used, found = _used(cells[checking]), [checking]
    for number in reversed(range(checking)):
        if _defined(cells[number]) & used:
            used |= _used(cells[number])
            found.append(number)
    return found[::-1]


def _tree(cell: str) -> ast.Module:
    try:
        return ast.parse(cell)
    except SyntaxError:
        return ast.Module([], [])


def _used(cell: str) -> set[str]:
    return {node.id for node in ast.walk(_tree(cell)) if isinstance(node, ast.Name)}


def _defined(cell: str) -> set[str]:
    tree = _tree(cell)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return names


def answers(path: Path, seconds: float) -> tuple[str, Said]:
    """The name of a notebook, and what its checkers say to the answers in a copy of it.

    Args:
        path: the copy; its name does not matter.
        seconds: longest time of one cell.

    Raises:
        ValueError: it cannot be read, or is no notebook of the course, or of one without exercises.
    """
    cells = code_of(path)
    notebook = name_of(cells)
    try:
        solved = exercises(notebook)
    except FileNotFoundError as error:
        raise ValueError(str(error)) from error
    said: Said = dict.fromkeys(checkers(solved), "not answered yet: no course.check of it was found")

    def check(name: str, answer: Any) -> None:
        said[name] = judge(solved, name, answer)

    course.check = check
    space: dict[str, Any] = {"__name__": "__main__"}
    ran: set[int] = set()
    for number, cell in enumerate(cells):
        asked = CHECKED.findall(cell)
        for one in needed(cells, number) if asked else ():
            if one in ran:
                continue
            ran.add(one)
            if problem := _problem(cells[one], space, seconds):
                said |= dict.fromkeys(asked, problem)
                break
    return notebook, {name: said[name] for name in checkers(solved)}


def _problem(cell: str, space: dict[str, Any], seconds: float) -> str:
    """Run a cell; in a sentence what stopped it, or nothing."""

    def stop(*_: Any) -> None:
        raise TookTooLong

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        exec(compile(cell, "<cell>", "exec"), space)
    except TookTooLong:
        return f"stopped after {seconds:g} s"
    except SystemExit:
        return "its cell ends Python (exit)"
    except Exception as error:  # whatever an answer does
        return f"its cell stops with {type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return ""


def main(arguments: list[str]) -> int:
    """Command line; the exit status."""
    path, to, seconds = Path(arguments[0]), Path(arguments[1]), float(arguments[2])
    try:
        found: dict[str, Any] = dict(zip(("name", "said"), answers(path, seconds), strict=True))
    except ValueError as error:
        found = {"problem": str(error)}
    write_json(to, found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
