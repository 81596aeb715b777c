"""What the notebooks need and nothing else: a session, exercises, tables, verdicts.

``python -m depnb.course my`` copies the notebooks into a folder to play in.
"""

import hashlib
import html
import inspect
import json
import re
import sys
import tempfile
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, wraps
from importlib.util import module_from_spec, spec_from_file_location
from itertools import cycle
from numbers import Number
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from depnb.files import write_bytes, write_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame, Series

    from depnb.corpus import Corpus
    from depnb.experiments import Run
    from depnb.results import Result, Store

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
SOLUTIONS = NOTEBOOKS / "solutions"
LIVE_SEED = 41
DEVICES = re.compile(r"auto|cpu|mps|cuda(:\d+)?")
LINE_WIDTH = 88  # columns; JupyterLab breaks a longer line anywhere, also within a word
NO_FORMULAS = "mathjax_ignore tex2jax_ignore"  # classes in which JupyterLab and nbconvert take a $ for a dollar
CONSTANTS = ("corpus", "protocol", "partition")  # columns of a table of results that may be the same in every row
SHORT_TEXT = 24  # characters of a table's text that stay on one line
LONG_TABLE = 4  # rows from which on such a column goes into the caption

_current: "Session | None" = None


@dataclass(frozen=True)
class Session:
    """One notebook's parameters, and what follows from them.

    Attributes:
        name: the notebook's file name without suffix.
        profile: ``smoke``, ``quick`` or ``paper``.
        corpus_name: name of a generated corpus, or the folder of a corpus on disk.
        protocol: ``honest``, ``paper`` or another one of a method.
        store: ``committed``, or a folder; a relative one lies in the repository.
        seed: seed of the runs in a store that is not the committed one.
        device: ``auto``, ``cpu``, ``mps``, ``cuda`` or ``cuda:N``.
    """

    name: str
    profile: str
    corpus_name: str
    protocol: str
    store: str
    seed: int
    device: str

    @property
    def _source(self) -> str:
        return "committed" if self.committed else f"trained with seed {self.seed}, kept in the run folder"

    @property
    def committed(self) -> bool:
        """Whether results are read from the committed store, and nothing is trained."""
        return self.store == "committed"

    @cached_property
    def corpus(self) -> "Corpus":
        """The corpus of this session, a generated one in the size of the profile."""
        from depnb.results import opened

        return opened(self.corpus_name, self.profile)

    @cached_property
    def results_store(self) -> "Store":
        """Where results come from; the committed store is strict."""
        from depnb.results import COMMITTED, Store

        if self.committed:
            return Store(COMMITTED, strict=True)
        return Store(self.run_folder / "results")

    @property
    def run_folder(self) -> Path:
        """Folder that holds ``results/`` and ``figures/``, of a store that is not the committed one."""
        folder = ROOT / self.store
        return folder.parent if folder.name == "results" else folder

    def results(self, paper: str, which: str = "all") -> "list[Result]":
        """The results of a paper's rows: seeds 0, 1 and 2 from the committed store, else the session's seed.

        A store that is not the committed one is filled first: what it lacks is trained. In the folder of a
        reproduction of the headline rows, ``all`` are those.

        Raises:
            ValueError: no row belongs to ``paper``.
        """
        from depnb import experiments

        seeds = experiments.COMMITTED_SEEDS if self.committed else (self.seed,)
        which = "headline" if self._reproduces_headline() else which
        grid = experiments.runs_for(self.profile, which, seeds, self.corpus_name, self.protocol)
        runs = [run for run in grid if run.paper == paper]
        if not runs:
            raise ValueError(f"No rows of a paper {paper!r} at the {self.profile} profile.")
        if self.committed:
            self._demand_committed(runs)
            return [self.results_store.load(run) for run in runs]
        return [experiments.run(run, self.results_store, device=self.device) for run in runs]

    def _demand_committed(self, runs: "list[Run]") -> None:
        from depnb.experiments import grid

        there = set(grid(self.profile, "all"))
        other = [run for run in runs if run not in there]
        if other:
            raise ValueError(
                f"The committed results have no {other[0].row} on {other[0].corpus} under {other[0].protocol}: "
                "name an empty store to train into, as in store = 'runs/mine'."
            )

    def live(self, paper: str, row: str) -> "Result":
        """The row that a notebook trains before the reader's eyes, on the session's corpus.

        Beside committed results it has a seed that they have not, and its store is gone afterwards. In a run folder it
        is the folder's own run: a reproduction has trained it by then.
        """
        from depnb import experiments
        from depnb.results import Run, Store

        run = Run(paper, row, self.corpus_name, self.protocol, self.profile, LIVE_SEED if self.committed else self.seed)
        store = Store(Path(self._live_folder.name)) if self.committed else self.results_store
        return experiments.run(run, store, device=self.device)

    def checkpoint(self, name: str, *facts: object) -> Path | None:
        """Where a training of the notebook's own leaves its state; a repeated notebook then has it at once.

        Args:
            name: of the training, within the notebook.
            facts: what decides it, with a ``repr`` that says everything; other facts are another file.

        Returns:
            A file in the run folder; ``None`` beside committed results, where every reader trains.
        """
        if self.committed:
            return None
        digest = hashlib.sha256(repr(facts).encode()).hexdigest()[:8]
        return self.run_folder / "checkpoints" / f"{self.name}-{name}-{digest}.pt"

    @cached_property
    def _live_folder(self) -> tempfile.TemporaryDirectory:
        """Gone when the process ends."""
        return tempfile.TemporaryDirectory(prefix="depnb-live-")

    def _reproduces_headline(self) -> bool:
        state = self.run_folder / "run.json"
        return not self.committed and state.exists() and json.loads(state.read_text())["rows"] == "headline"

    def figure(self, figure: "Figure", name: str, caption: str, made_on: str | None = None) -> None:
        """Show a figure with its caption as text; in a run folder also save it as PDF and PNG.

        Args:
            figure: what to show.
            name: of the files, without suffix.
            caption: says what is shown, and on which corpus.
            made_on: title of the corpus, where it is not the session's (what needs a known truth is always generated).
        """
        import matplotlib.pyplot as plt

        from depnb import style

        if not self.committed:
            provenance = style.provenance(made_on or self.corpus.title)
            style.save(figure, self.run_folder / "figures", name, provenance)
        _show({"text/plain": repr(figure), "image/png": style.inline_png(figure)})
        plt.close(figure)
        _show_caption(caption)

    def end(self) -> None:
        """Print what everything was made on, and the end-marker: without it a headless run counts as failed."""
        print(f"made on: {self.corpus.title}, profile {self.profile}, results {self._source}")
        print(f"depnb: finished {self.name}")


def start(name: str, *, profile: str, corpus: str, protocol: str, store: str, seed: int, device: str) -> Session:
    """Begin a notebook: check its parameters, set the style, seed the generators, and say what it runs on.

    Raises:
        ValueError: a parameter is not one of the values it can have.
        FileNotFoundError: no such corpus.
    """
    from depnb import methods, style
    from depnb.profiles import PROFILES

    methods.one_of("profile", profile, tuple(PROFILES))
    if protocol != "honest":  # the one that every method knows; asking them for others imports them all
        methods.one_of("protocol", protocol, methods.protocols())
    if not DEVICES.fullmatch(device):
        raise ValueError(f"device is {device!r}: give auto, cpu, mps, cuda or cuda:N.")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ValueError(f"seed is {seed!r}: give an integer from 0 upwards.")
    if store == "committed" and profile != "quick":
        raise ValueError(
            f"The committed results are of the quick profile, not of {profile!r}: keep profile quick, "
            "or name an empty store to train into, as in store = 'runs/mine'."
        )
    session = Session(name, profile, corpus, protocol, store, seed, device)
    title = session.corpus.title
    style.apply()
    _seed(seed)
    print(f"{title}, profile {profile}, protocol {protocol}, results: {session._source}")
    global _current
    _current = session
    return session


def verdict(claim: str, difference: float, interval: tuple[float, float]) -> str:
    """A paper's claim “A has the smaller error than B” as one of three answers, with its numbers.

    Args:
        claim: the claim in words.
        difference: error of A minus error of B, BDI-II points.
        interval: 95 % interval of the difference (paired, over subjects).

    Returns:
        ``claim: confirmed …`` if the interval lies below 0, ``not confirmed`` if it lies above (or touches) 0
        with its lower end, else ``too little data to tell``; lines of at most ``LINE_WIDTH`` columns.
    """
    from depnb.tables import answer

    low, high = interval
    if low > high:
        raise ValueError(f"The interval of {claim!r} runs from {low} to {high}: give (low, high).")
    numbers = f"difference {difference:+.2f}, 95 % interval {low:+.2f} to {high:+.2f} BDI-II points"
    return _in_lines(f"{claim}: {answer(low, high)} ({numbers})")


def _in_lines(text: str) -> str:
    """Text whose lines are broken between words at ``LINE_WIDTH``."""
    wrap = textwrap.TextWrapper(LINE_WIDTH, subsequent_indent="    ", break_on_hyphens=False)
    return "\n".join(map(wrap.fill, text.splitlines()))


def table(frame: "DataFrame", caption: str = "", digits: int = 2) -> None:
    """Show a table as text and HTML that are the same each time, with the caption above it.

    In a table of ``LONG_TABLE`` rows or more, a column of ``CONSTANTS`` that says the same in each goes into the
    caption.
    """
    named = CONSTANTS if len(frame) >= LONG_TABLE else ()
    constant = [name for name in named if name in frame and frame[name].notna().all() and frame[name].nunique() == 1]
    said = ", ".join(f"{name} {frame[name].iloc[0]}" for name in constant)
    frame = frame.drop(columns=constant)
    if caption or said:
        _show_caption(f"{caption} {said}".strip())
    options = {"float_format": lambda value: f"{value:.{digits}f}", "na_rep": "–", "index": False}
    markup = _styled(frame.to_html(**options, border=0), [_style(column) for _, column in frame.items()])
    _show({"text/plain": frame.to_string(**options), "text/html": markup})


def _style(column: "Series") -> str:
    """Numbers stand on the right, text on the left; no number and no short text is broken."""
    number = column.dropna().map(_is_number).all()
    whole = number or column.astype(str).str.len().max() <= SHORT_TEXT
    return f"text-align:{'right' if number else 'left'};white-space:{'nowrap' if whole else 'normal'}"


def _is_number(value: Any) -> bool:
    """Whether a table's cell holds a number, maybe with signs about it (``8.68 ± 0.22``, ``-1.2 to 0.4``, ``–``)."""
    return isinstance(value, Number) or not re.search(r"[^\W\d_]", str(value).replace(" to ", " "))


def _styled(markup: str, styles: list[str]) -> str:
    """A table's HTML with a style for each column, its heading broken between words; a wide table scrolls.

    The styles stand in the cells: JupyterLab has its own for every cell of an output.
    """
    heads, cells = cycle(styles), cycle(styles)
    markup = re.sub("<th>", lambda _: f'<th style="{next(heads).replace("nowrap", "normal")}">', markup)
    markup = re.sub("<td>", lambda _: f'<td style="{next(cells)}">', markup)
    return f'<div class="{NO_FORMULAS}" style="overflow-x:auto">{markup}</div>'


def _show_caption(caption: str) -> None:
    """A caption as text, and as HTML that is broken between words only."""
    style = "white-space:pre-wrap;overflow-wrap:break-word"
    markup = f'<div class="{NO_FORMULAS}" style="{style}">{html.escape(caption)}</div>'
    _show({"text/plain": caption, "text/html": markup})


def _show(bundle: dict[str, str | bytes]) -> None:
    """Show one thing in all its forms in a notebook; anywhere else print its text, and of a picture nothing."""
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is not None:
        display(bundle, raw=True)
    elif "image/png" not in bundle:
        print(bundle["text/plain"])


def check(name: str, answer: Any) -> None:
    """Check the answer to an exercise of the current notebook: print ✔, or ✘ and what is wrong.

    The checker is ``check_<name>`` in ``notebooks/solutions/<notebook>.py``, beside the solution ``<name>``. An answer
    that is wrong, or that raises, raises nothing here.

    Raises:
        RuntimeError: no session was started.
        FileNotFoundError, ValueError: the notebook has no exercises, or none of this name.
    """
    if _current is None:
        raise RuntimeError("No session: run the set-up cell (course.start) first.")
    problem = judge(exercises(_current.name), name, answer)
    print(f"✔ {name}" if problem is None else _in_lines(f"✘ {name}: {problem}"))


def exercises(notebook: str) -> ModuleType:
    """The module with checkers and solutions of a notebook.

    Raises:
        FileNotFoundError: the notebook has none.
    """
    path = SOLUTIONS / f"{notebook}.py"
    if not path.exists():
        raise FileNotFoundError(f"No checkers for {notebook}: looked for {path}.")
    spec = spec_from_file_location(f"solutions_{notebook}", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def checkers(module: ModuleType) -> dict[str, Callable[[Any], None]]:
    """Exercise names with their checkers, as the module lists them."""
    prefix = "check_"
    return {key.removeprefix(prefix): value for key, value in vars(module).items() if key.startswith(prefix)}


def judge(module: ModuleType, name: str, answer: Any) -> str | None:
    """What is wrong with an answer, in one sentence; ``None`` if nothing is.

    Raises:
        ValueError: there is no such exercise.
    """
    known = checkers(module)
    if name not in known:
        raise ValueError(f"No exercise {name!r}: this notebook has {', '.join(known) or 'none'}.")
    if answer is None or answer is Ellipsis:
        return "not answered yet"
    watched, nothing = _watched(answer)
    try:
        known[name](watched)
    except NotImplementedError:
        return "not answered yet"
    except Exception as error:  # an exercise may fail in any way; the learner reads how
        if nothing and all(nothing):
            return "your function returns nothing: is `return` missing?"
        if isinstance(error, AssertionError):
            return str(error) or "not yet right"
        return f"your code stops with {type(error).__name__}: {error}"
    return None


def _watched(answer: Any) -> tuple[Any, list[bool]]:
    """An answer that is a function, as one that notes of each call whether it returns ``None``; any other as it is."""
    nothing: list[bool] = []
    if not inspect.isfunction(answer):
        return answer, nothing

    @wraps(answer)
    def watched(*args, **kwargs):
        result = answer(*args, **kwargs)
        nothing.append(result is None)
        return result

    return watched, nothing


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
    known = json.loads(record.read_text()) if record.exists() else {}
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
    """``python -m depnb.course FOLDER``."""
    (folder,) = arguments
    copies = copy_notebooks(folder)
    for what, names in (
        ("new", copies.new),
        ("updated", copies.updated),
        ("kept as you edited it", copies.yours),
    ):
        for name in names:
            print(f"{folder}/{name}: {what}")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _seed(seed: int) -> None:
    import random

    import numpy as np

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - what a learner types first draws from the global generator
    if "torch" in sys.modules:  # a notebook without networks does not wait for it
        sys.modules["torch"].manual_seed(seed)


if __name__ == "__main__":
    main(sys.argv[1:])
