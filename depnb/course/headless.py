"""One notebook without a browser: check its parameters, execute it, and say honestly whether it finished.

papermill 2.7 only warns about unknown parameters, and its file looks complete after a dead kernel or a
``sys.exit(0)``. So names and types are compared before anything starts, and a notebook counts as good only
if nothing was raised and ``session.end()``, its last cell, wrote the end-marker. One that puts out too much is stopped.
Where several notebooks follow each other, the next one's
kernel starts, and imports what they all import, while the present one runs.
"""

import ast
import asyncio
import math
import os
import queue
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import nbformat
import papermill
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.manager import AsyncKernelManager
from nbclient.util import run_sync
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

from depnb.course.notebooks import END_MARKER, ends_session, normalise

ENGINE = "depnb"
SAVE_EVERY_S, STARTUP_S, LOOK_EVERY_S = 10.0, 120.0, 1.0
MOST_OUTPUT = 20_000_000
"""Characters that a notebook may put out, pictures included; the course's own stay under a million."""
IMPORTED = (
    "torch",
    "matplotlib.pyplot",
    "seaborn",
    "ipywidgets",
    "sklearn.linear_model",
    "facenet_pytorch",
    "depnb.experiments.execute",
    "depnb.faces.preparation",
    "depnb.reports.figures",
)
"""What a kernel imports before its notebook's turn; no name of it reaches the notebook."""


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


class _Shell(AsyncZMQSocketChannel):
    """A channel that looks every second whether the answer has come, instead of waiting to be woken.

    While a widget shows something, nbclient sends on the channel on which another task waits for the kernel's answer;
    the sending takes the wake-up of an answer that comes at this moment, and the wait would never end.
    """

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:  # type: ignore[override]
        """The next message.

        Raises:
            queue.Empty: none came within ``timeout`` seconds.
        """
        end = math.inf if timeout is None else time.monotonic() + timeout
        while True:
            try:
                return await super().get_msg(timeout=max(0.0, min(LOOK_EVERY_S, end - time.monotonic())))
            except queue.Empty:
                if time.monotonic() >= end:
                    raise


class _Client(AsyncKernelClient):
    shell_channel_class = _Shell


class KernelManager(AsyncKernelManager):
    """A kernel whose answers are not missed; nbconvert takes it as ``ExecutePreprocessor.kernel_manager_class``."""

    def __init__(self, **options: Any):
        super().__init__(client_factory=_Client, **options)


class _Notebook(PapermillNotebookClient):
    """papermill's own client, which also writes captions and tables to the log, as text, and stops a flood."""

    put_out = 0
    flooding_cell: int | None = None

    def output(self, outs: list[NotebookNode], msg: dict[str, Any], *where: Any) -> NotebookNode | None:
        """Keep an output, unless the notebook has put out enough: then the running cell is interrupted."""
        content = msg["content"]
        self.put_out += len(content.get("text", "")) + sum(
            len(str(value)) for value in content.get("data", {}).values()
        )
        if self.put_out <= MOST_OUTPUT:
            return super().output(outs, msg, *where)
        if self.flooding_cell is None:
            self.flooding_cell = where[-1]
            asyncio.ensure_future(self.km.interrupt_kernel())
        return None

    def log_output_message(self, output: NotebookNode) -> None:
        super().log_output_message(output)
        data = output.get("data", {})
        if "text/html" in data and "text/plain" in data:
            self.stdout_file.write(f"{data['text/plain']}\n")


class _Engine(NBClientEngine):
    """papermill's own engine with a kernel that is given to it; reports each finished cell, and saves now and then."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        kernel: AsyncKernelManager,
        on_cell: Callable[[], None],
        cell_timeout: float,
        log: TextIO,
        **kwargs: Any,
    ) -> Any:
        complete, save = nb_man.cell_complete, nb_man.save
        saved = time.monotonic()

        def reported(*args: Any, **options: Any) -> None:
            complete(*args, **options)
            on_cell()

        def seldom(**options: Any) -> None:  # papermill: before and after each cell, the whole file
            nonlocal saved
            if time.monotonic() - saved >= SAVE_EVERY_S:
                save(**options)
                saved = time.monotonic()

        nb_man.cell_complete, nb_man.save = reported, seldom
        client = _Notebook(
            nb_man,
            km=kernel,
            timeout=cell_timeout,
            startup_timeout=STARTUP_S,
            shutdown_kernel="immediate",
            stdout_file=log,
            stderr_file=log,
        )
        client.owns_km = True  # so that it stops the kernel, and its own connections to it
        try:
            return client.execute()
        finally:
            nb_man.save = save
            if client.flooding_cell is not None:
                raise RuntimeError(
                    f"cell {client.flooding_cell + 1} went on after {MOST_OUTPUT:,} characters of output"
                )


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
        ValueError: a notebook lacks one of ``given``, ``extra`` has one of them or one that no notebook knows, or a
            type differs.
    """
    for name in extra.keys() & given.keys():
        raise ValueError(
            f"-p {name}={extra[name]}: the run sets {name} itself. Give it by the command's own option (--profile, "
            "--corpus, --protocol, --seed, --device, --folder)."
        )
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


@contextmanager
def kernels(paths: Sequence[Path]) -> Iterator[Iterator[AsyncKernelManager]]:
    """A kernel for each notebook in turn, for ``execute``, which stops it.

    With each one the next begins to start and to import; the first has no time for that.
    """
    started: list[AsyncKernelManager] = []

    def in_turn() -> Iterator[AsyncKernelManager]:
        for path in paths:
            started.append(_started(path.parent, IMPORTED if started else ()))
            if len(started) > 1:
                yield started[-2]
        yield started[-1]

    try:
        yield in_turn()
    finally:
        for kernel in started:
            _stop(kernel)


def _started(folder: Path, imports: Sequence[str] = ()) -> AsyncKernelManager:
    """A kernel that begins to start in ``folder``, and then imports modules; this does not wait for it."""
    with _own_kernel():
        kernel = KernelManager(kernel_name="python3")
        arguments = ["--IPKernelApp.log_level=ERROR", "--HistoryManager.hist_file=:memory:"]
        if imports:
            arguments.append(f"--IPKernelApp.exec_lines=list(map(__import__, {tuple(imports)}));")
        run_sync(kernel.start_kernel)(extra_arguments=arguments, cwd=str(folder))
    return kernel


def _stop(kernel: AsyncKernelManager) -> None:
    """Stop a kernel, if that has not been done."""
    if kernel.has_kernel:
        run_sync(kernel.shutdown_kernel)(now=True)


def execute(
    path: Path,
    output: Path,
    parameters: Mapping[str, Any],
    *,
    log: Path,
    cell_timeout: float,
    on_cell: Callable[[], None] = lambda: None,
    kernel: AsyncKernelManager | None = None,
) -> Outcome:
    """Execute a notebook into ``output``; a failure is an outcome, not an exception.

    Args:
        path: the notebook; it is only read.
        output: where the executed copy goes.
        parameters: values for its parameters cell.
        log: file for what its cells print.
        cell_timeout: longest time of one cell, seconds.
        on_cell: called after each cell.
        kernel: one of ``kernels``; by default one that is started now. It is stopped at the end.

    Raises:
        ValueError: ``output`` is the notebook itself.
    """
    if output.resolve() == path.resolve():
        raise ValueError(f"{path} would be overwritten by its own execution: choose another output.")
    output.parent.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    problem = ""
    kernel = kernel or _started(path.parent)
    with open(log, "w", encoding="utf-8") as stream:
        try:
            papermill.execute_notebook(
                str(path),
                str(output),
                dict(parameters),
                engine_name=ENGINE,
                kernel_name="python3",
                cwd=str(path.parent),
                progress_bar=False,
                kernel=kernel,
                on_cell=on_cell,
                cell_timeout=cell_timeout,
                log=stream,
            )
        except Exception as error:  # whatever ends a notebook must not end the others
            problem = _sentence(error)
        finally:
            _stop(kernel)
    problem = problem or _missing_end(output, path.stem)
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


def _missing_end(output: Path, name: str) -> str:
    """What an executed notebook lacks of its end, in words; empty if nothing."""
    code = [cell for cell in nbformat.read(output, as_version=4).cells if cell.cell_type == "code"]
    if not _has_marker(output, name):
        return "stopped before its last cell wrote the end-marker"
    return "" if ends_session(code[-1]) else "its last cell is not session.end(), so the end-marker was written by hand"


def _has_marker(output: Path, name: str) -> bool:
    cells = [cell for cell in nbformat.read(output, as_version=4).cells if cell.cell_type == "code"]
    streams = [o.text for cell in cells[-1:] for o in cell.outputs if o.output_type == "stream"]
    return END_MARKER.format(name=name) in "".join(streams).splitlines()


def _sentence(error: Any) -> str:
    """An error of an execution in one line: what a cell raised, or what happened to the kernel."""
    if hasattr(error, "ename"):
        return f"cell {error.exec_count}: {error.ename}: {error.evalue}"
    first = str(error).strip().splitlines()
    return f"{type(error).__name__}: {first[0] if first else 'no message'}"
