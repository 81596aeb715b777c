"""One notebook without a browser: check its parameters, execute it, and say honestly whether it finished.

papermill 2.7 only warns about unknown parameters, and its file looks complete after a dead kernel or a
``sys.exit(0)``. So names and types are compared before anything starts, and a notebook counts as good only
if nothing was raised and its last cell wrote the end-marker.
"""

import ast
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from papermill.engines import NBClientEngine, papermill_engines

from depnb.notebook_lint import END_MARKER, normalise

ENGINE = "depnb"
SAVE_EVERY_S = 10.0


@dataclass(frozen=True)
class Outcome:
    """How the execution of one notebook ended.

    Attributes:
        name: file name without suffix.
        problem: why it does not count, in one sentence; empty for a good one.
        seconds: wall time.
        output: the executed copy.
    """

    name: str
    problem: str
    seconds: float
    output: Path

    @property
    def ok(self) -> bool:
        """Whether the notebook ran to its end."""
        return not self.problem


class _Engine(NBClientEngine):
    """papermill's own engine, which also reports each finished cell, and saves now and then instead of twice a cell."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, on_cell=lambda: None, **kwargs):
        complete, save = nb_man.cell_complete, nb_man.save
        saved = time.monotonic()

        def reported(*args, **options):
            complete(*args, **options)
            on_cell()

        def seldom(**options):
            nonlocal saved
            if time.monotonic() - saved >= SAVE_EVERY_S:
                save(**options)
                saved = time.monotonic()

        nb_man.cell_complete, nb_man.save = reported, seldom
        try:
            return super().execute_managed_notebook(nb_man, kernel_name, **kwargs)
        finally:
            nb_man.save = save


papermill_engines.register(ENGINE, _Engine)


def defaults(path: Path) -> dict[str, Any]:
    """Names and default values in the parameters cell of a notebook.

    Raises:
        ValueError: there is none, or a default is not a literal.
    """
    found = {}
    for name, parameter in papermill.inspect_notebook(str(path)).items():
        try:
            found[name] = ast.literal_eval(parameter["default"])
        except (ValueError, SyntaxError) as error:
            raise ValueError(
                f"{path.name}: the default of parameter {name!r} is {parameter['default']}, not a literal."
            ) from error
    if not found:
        raise ValueError(f"{path.name} has no cell tagged “parameters”, so it cannot be given any.")
    return found


def parameters_for(
    paths: Sequence[Path], given: Mapping[str, Any], extra: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """The parameters of each notebook, by its name; nothing is started with one that would be ignored.

    Args:
        paths: the notebooks.
        given: values that every notebook must know.
        extra: further values as text from a command line; each goes to the notebooks that know its name.

    Raises:
        ValueError: a notebook lacks one of ``given``, no notebook knows one of ``extra``, or a type differs.
    """
    parameters: dict[str, dict[str, Any]] = {}
    unknown = set(extra)
    for path in paths:
        known = defaults(path)
        missing = sorted(set(given) - set(known))
        if missing:
            raise ValueError(f"{path.name} has no parameter {', '.join(missing)}; it knows {', '.join(known)}.")
        chosen = dict(given)
        for name in extra.keys() & known.keys():
            unknown.discard(name)
            chosen[name] = parse(name, extra[name], known[name])
        for name, value in chosen.items():
            if type(value) is not type(known[name]):
                raise ValueError(
                    f"{path.name}: parameter {name} is of type {type(known[name]).__name__}, but was given {value!r}."
                )
        parameters[path.stem] = chosen
    if unknown:
        raise ValueError(f"No notebook has a parameter {', '.join(sorted(unknown))}.")
    return parameters


def parse(name: str, text: str, default: Any) -> Any:
    """A value from the command line in the type of the parameter's default.

    Raises:
        ValueError: the text does not say such a value (``0_1`` is no integer, ``1e`` no number).
    """
    forms = {int: r"[+-]?\d+", float: r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"}
    kind = type(default)
    if kind is bool and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if kind in forms and re.fullmatch(forms[kind], text):
        return kind(text)
    if kind is str:
        return text
    raise ValueError(f"Parameter {name} wants a value of type {kind.__name__}; {text!r} is none.")


def execute(
    path: Path,
    output: Path,
    parameters: Mapping[str, Any],
    *,
    log: Path,
    cell_timeout: float,
    on_cell: Callable[[], None] = lambda: None,
) -> Outcome:
    """Execute a notebook into ``output``; a failure is an outcome, not an exception.

    Args:
        path: the notebook; it is only read.
        output: where the executed copy goes.
        parameters: values for its parameters cell.
        log: file for what its cells print.
        cell_timeout: longest time of one cell, seconds.
        on_cell: called after each cell.

    Raises:
        ValueError: ``output`` is the notebook itself.
    """
    if output.resolve() == path.resolve():
        raise ValueError(f"{path} would be overwritten by its own execution: choose another output.")
    output.parent.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    problem = ""
    with open(log, "w", encoding="utf-8") as stream, _own_kernel():
        try:
            papermill.execute_notebook(
                str(path),
                str(output),
                dict(parameters),
                engine_name=ENGINE,
                kernel_name="python3",
                cwd=str(path.parent),
                progress_bar=False,
                stdout_file=stream,
                stderr_file=stream,
                execution_timeout=cell_timeout,
                extra_arguments=["--IPKernelApp.log_level=ERROR"],
                on_cell=on_cell,
            )
        except Exception as error:  # whatever ends a notebook must not end the others
            problem = _sentence(error)
    if not problem and not _has_marker(output, path.stem):
        problem = "stopped before its last cell wrote the end-marker"
    if output.exists():
        normalise(output)
    return Outcome(path.stem, problem, time.monotonic() - started, output)


@contextmanager
def _own_kernel() -> Iterator[None]:
    """Let the kernel ``python3`` be this interpreter's, whatever the user has installed elsewhere."""
    here = {"JUPYTER_PATH": str(Path(sys.prefix) / "share" / "jupyter"), "JUPYTER_PREFER_ENV_PATH": "1"}
    before = {name: os.environ.get(name) for name in here}
    os.environ.update(here)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _has_marker(output: Path, name: str) -> bool:
    cells = [cell for cell in nbformat.read(output, as_version=4).cells if cell.cell_type == "code"]
    streams = [o.text for cell in cells[-1:] for o in cell.outputs if o.output_type == "stream"]
    return END_MARKER.format(name=name) in "".join(streams).splitlines()


def _sentence(error: Exception) -> str:
    """An error of an execution in one line: what a cell raised, or what happened to the kernel."""
    if hasattr(error, "ename"):
        return f"cell {error.exec_count}: {error.ename}: {error.evalue}"
    first = str(error).strip().splitlines()
    return f"{type(error).__name__}: {first[0] if first else 'no message'}"
