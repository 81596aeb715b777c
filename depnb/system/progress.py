"""One progress display for long work: a bar in a terminal, a changing line in a notebook, else a line now and then.

A notebook that is executed without a person (papermill, nbconvert, nbval) gets lines on stderr, which are neither kept
nor compared: what is displayed would be both.
"""

import html
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from depnb.system.text import plain

SECONDS_BETWEEN_LINES = 10.0
SECONDS_BETWEEN_UPDATES = 0.5
SECONDS_OF_SILENCE = 2.0
MARKUP = '<pre class="depnb-progress">'
"""How the HTML of a progress line in a notebook begins."""

_displays: dict[str, Any] = {}  # the display of the cell that runs, by its request


class Progress:
    """Count finished steps and show them with the rate and the time left, on stderr."""

    def __init__(self, label: str, total: int, unit: str):
        self.label, self.total, self.unit = plain(label), total, unit
        self.done = 0
        self.note = ""
        self._start = self._last = time.monotonic()

    def advance(self, steps: int = 1, note: str = "") -> None:
        """Count ``steps`` more; ``note`` (a loss, a file name) stands at the end of the line."""
        self._count(steps, note)
        now = time.monotonic()
        if now - self._last >= SECONDS_BETWEEN_LINES and self.done < self.total:
            self._last = now
            self._line()

    def _count(self, steps: int, note: str) -> None:
        self.done += steps
        self.total = max(self.total, self.done)  # a file may hold more than its header says
        self.note = plain(note) or self.note

    @property
    def rate(self) -> float:
        """Steps in a second, since the beginning."""
        return self.done / max(time.monotonic() - self._start, 1e-9)

    def line(self) -> str:
        """What a log shows: label, count, rate, time left, note."""
        seconds, rate = time.monotonic() - self._start, self.rate
        left = f"{(self.total - self.done) / rate:.0f}" if rate else "?"
        text = f"{self.label}: {self.done}/{self.total} {self.unit}, {rate:.1f}/s"
        text += f", {seconds:.0f} s" if self.done >= self.total else f", {left} s left"
        return text + (f" ({self.note})" if self.note else "")

    def _line(self) -> None:
        print(self.line(), file=sys.stderr, flush=True)


class _TerminalProgress(Progress):
    """The same count on a rich bar."""

    def __init__(self, label: str, total: int, unit: str, bar, task):
        super().__init__(label, total, unit)
        self._bar, self._task = bar, task

    def advance(self, steps: int = 1, note: str = "") -> None:
        self._count(steps, note)
        self._bar.update(self._task, completed=self.done, total=self.total, rate=f"{self.rate:.1f}/s", note=self.note)


class _CellProgress(Progress):
    """The same count as one line below a notebook's cell, changed in place; work that ends soon shows nothing."""

    def __init__(self, label: str, total: int, unit: str, cell: str):
        super().__init__(label, total, unit)
        self._cell = cell

    def advance(self, steps: int = 1, note: str = "") -> None:
        self._count(steps, note)
        now = time.monotonic()
        if now - self._last >= SECONDS_BETWEEN_UPDATES and self.done < self.total:
            self._last = now
            self._line()

    def _line(self) -> None:
        if time.monotonic() - self._start < SECONDS_OF_SILENCE:
            return
        from IPython.display import display

        line = self.line()
        bundle = {"text/plain": line, "text/html": f"{MARKUP}{html.escape(line)}</pre>"}
        if self._cell in _displays:
            _displays[self._cell].update(bundle, raw=True)
        else:
            _displays.clear()
            _displays[self._cell] = display(bundle, raw=True, display_id=True)


def _watched_cell() -> str | None:
    """The request of the running cell or moved widget, in a notebook whose reader sits before it; else ``None``.

    A reader can be asked for input; what executes notebooks without one says in its requests that nobody can.
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    kernel = getattr(shell, "kernel", None)
    request = kernel.get_parent("shell") if kernel else {}
    return request["header"]["msg_id"] if request and request["content"].get("allow_stdin", True) else None


@contextmanager
def progress(label: str, total: int, unit: str = "steps") -> Iterator[Progress]:
    """Show the progress of ``total`` steps: ``with progress("faces", 400, "videos") as bar: bar.advance()``."""
    if not sys.stderr.isatty():
        cell = _watched_cell()
        bar = Progress(label, total, unit) if cell is None else _CellProgress(label, total, unit, cell)
        yield bar
        bar._line()
        return
    import rich.console
    import rich.progress as rp

    columns = (
        rp.TextColumn("{task.description}", markup=False),
        rp.BarColumn(),
        rp.MofNCompleteColumn(),
        rp.TextColumn(unit),
        rp.TextColumn("{task.fields[rate]}"),
        rp.TimeRemainingColumn(),
        rp.TextColumn("{task.fields[note]}", markup=False),
    )
    with rp.Progress(*columns, console=rich.console.Console(stderr=True)) as shown:
        yield _TerminalProgress(label, total, unit, shown, shown.add_task(plain(label), total=total, rate="", note=""))
