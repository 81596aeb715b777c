"""The rules of the notebooks' contract, one function each: what it checks stands in its docstring.

A rule takes a notebook and its path, and yields a sentence for each breach. Neighbouring notebooks (links) and
``solutions/`` (exercises) are looked up beside the path.
"""

import ast
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode

from depnb.course.notebooks import (
    DEFAULTS,
    END_MARKER,
    FOLDED,
    METADATA,
    PARAMETERS,
    TIME,
    VOLATILE_CELL_METADATA,
    VOLATILE_METADATA,
    ends_session,
    notebooks_in,
    tags,
)
from tools.notebook_cells import (
    SKIP,
    checked_exercises,
    code_cells,
    defines_something,
    first_text,
    has_heading,
    headings,
    is_compared,
    names_used,
    numbered_code,
    one_line,
    output_text,
    output_words,
    paragraph,
    section_below,
    syntax_tree,
    top_level_names,
    widget_callbacks,
)

MAX_CELL_LINES = 45
MAX_PICTURES = 12
EXERCISES = range(3, 6)
QUESTIONS = 5
WORDS_PER_CODE_LINE = (3, 40)
"""Least and most words of prose per line of code. A line of prose has about 12 words."""
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:home|root|Users|work|tmp|private)/|\b[A-Z]:\\(?:Users|Windows|Program)")

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FORMULA = re.compile(r"\$\$.+?\$\$", re.S)
NUMBERED = re.compile(r"\\(?:q?quad|tag)\s*[({]\d+|\beqs?\.\s*\(?\d+")
AGREEMENT = re.compile(r"^notebook = package\b.*?(True|False)\s*$", re.M)
VERDICT = re.compile(r": (?:supported|reversed|undecided) \(corrected p|not tested here: ")
SHELL = re.compile(r"^\s*(?:!|%%?(?:bash|sh|script|sx|system|pip|conda)\b)", re.M)
LIVE = re.compile(r"session\.live\(|\.backward\(\)")
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")
ORIGIN = re.compile(
    r"generated|\breal\b|photograph|AVEC|printed|paper|corpus|simulat|computed|formula|example|drawn|by hand", re.I
)
WIDGETS = {"interact", "interactive", "interactive_output", "interact_manual"}
FORBIDDEN = {
    "torch.load": "unpickling runs code; read safetensors",
    "pickle.load": "unpickling runs code",
    "pickle.loads": "unpickling runs code",
    "os.system": "no shell",
    "subprocess.run": "no shell",
    "clear_output": "nbval cannot compare what is cleared",
    "display.clear_output": "nbval cannot compare what is cleared",
}
"""Calls, with what is wrong."""
OPENERS = {"open", "Path", "read_csv", "read_json", "imread", "savefig", "to_csv", "np.load", "np.loadtxt"}
"""Calls whose first argument may be a path."""

KINDS = {
    "00": "start",
    "10": "whole",
    "20": "method",
    "21": "results",
    "30": "method",
    "31": "results",
    "40": "method",
    "41": "results",
    "50": "method",
    "51": "results",
    "70": "inspection",
    "80": "lesson",
}
"""Kind of a notebook by its number; others are lessons (01 to 09) or reviews. A paper has one notebook, or one of its
method and one of its results. A whole one keeps the limits of both."""
GUIDED = frozenset({"questions", "hints"})
METHOD = frozenset({"function", "widget", "numbered formula"})
RESULTS = frozenset({"differences", "claims", "printed"})
OWED = {
    "start": frozenset({"map"}) | GUIDED,
    "lesson": frozenset({"function", "widget"}) | GUIDED,
    "whole": METHOD | RESULTS | {"live training", "in short"} | GUIDED,
    "method": METHOD | {"in short"} | GUIDED,
    "results": RESULTS | {"in short"} | GUIDED,
    "inspection": METHOD | GUIDED,
    "review": frozenset(),
}
"""The parts that a kind of notebook must have, beyond what all must have."""


class Room(NamedTuple):
    """How much a notebook may hold: cells, words of prose, lines of code that are not folded, tables."""

    cells: int
    words: int
    lines: int
    tables: int


ROOM = {
    "start": Room(45, 2500, 250, 4),
    "lesson": Room(45, 2500, 250, 4),
    "whole": Room(45, 2500, 250, 4),
    "method": Room(45, 2500, 250, 4),
    "results": Room(45, 2500, 250, 8),
    "inspection": Room(45, 2500, 250, 4),
}
MAX_TABLE_ROWS = 14

Rule = Callable[[NotebookNode, Path], Iterable[str]]


def owed(name: str) -> frozenset[str]:
    """The parts that the notebook ``name`` must have beyond what all have."""
    return OWED[kind(name)]


def kind(name: str) -> str:
    """The kind of the notebook ``name``, a key of ``OWED``."""
    return KINDS.get(name[:2], "lesson" if name.startswith("0") else "review")


def opening(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """One H1 in the first cell, with the file's number, paper or purpose, aims, needs and measured times."""
    first = notebook.cells[0] if notebook.cells else None
    if first is None or first.cell_type != "markdown":
        yield "the first cell must be the opening, in Markdown"
        return
    titles = [
        (index, line) for index, cell in enumerate(notebook.cells) for line in headings(cell) if line.startswith("# ")
    ]
    if [index for index, _ in titles] != [0]:
        where = ", ".join(f"cell {index + 1}" for index, _ in titles) or "nowhere"
        yield f"exactly one H1 is wanted, in the first cell; found: {where}"
    elif not re.match(rf"# {path.stem[:2]} · \S", titles[0][1]):
        yield f"the H1 must begin with the file's number, as in “# {path.stem[:2]} · Title”; it is {titles[0][1]!r}"
    text = first.source
    if kind(path.stem) in ("whole", "method", "results"):
        if not re.search(r"\*\*Paper:\*\*.*?\b(19|20)\d\d\b", text, re.S):
            yield "the opening cites no **Paper:** with its year"
    elif not re.search(r"\*\*(Paper|Purpose)", text):
        yield "the opening names neither **Paper:** (citation) nor **Purpose:**"
    if not re.search(r"You will be able to.*?\n\s*[-*] ", text, re.S):
        yield "the opening has no “You will be able to” followed by a list"
    needs = paragraph(text, "Needs")
    if not needs:
        yield "the opening has no **Needs:** line (links to earlier notebooks)"
    elif path.stem[:2] != "00" and not LINK.search(needs):
        yield "**Needs:** links no earlier notebook"
    for target in LINK.findall(needs):
        if target.endswith(".ipynb") and target[:2] >= path.stem[:2]:
            yield f"**Needs:** links {target}, which does not come earlier"
    time = paragraph(text, "Time")
    if not TIME.search(time) or "quick" not in time or "2 cores" not in time:
        yield "the opening has no **Time:** line with measured times, as in “**Time:** quick 40 s on 2 cores; paper …”"
    elif "paper" not in time:
        yield "the **Time:** line does not say what the paper profile takes"


def parameters(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """One parameters cell: the six names with their defaults, literals, commented; the set-up cell follows it."""
    code = code_cells(notebook)
    tagged = [index for index, cell in enumerate(code) if "parameters" in tags(cell)]
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
            value = ast.literal_eval(statement.value)
        except ValueError:
            yield f"parameter {target} is no literal: a derived value does not follow an injected one"
        else:
            if target in DEFAULTS and value not in DEFAULTS[target]:
                yield f"parameter {target} is {value!r} in the committed copy; its default is {DEFAULTS[target][0]!r}"
        if "#" not in source.splitlines()[statement.lineno - 1]:
            yield f"parameter {target} has no comment on its line: it is papermill's help"
    missing = [p for p in PARAMETERS if p not in names]
    if missing:
        yield f"the parameters cell lacks {', '.join(missing)}"
    if len(code) < 2 or "course.start(" not in code[1].source:
        yield "the second code cell must be the set-up cell with session = course.start(…)"
    elif f'"{path.stem}"' not in code[1].source:
        yield f'course.start must be given this notebook\'s name, "{path.stem}"'


def executed(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """Run once from top to bottom, without errors or warnings, ended by its marker."""
    code = [cell for cell in code_cells(notebook) if cell.source.strip()]
    counts = [cell.execution_count for cell in code]
    if counts != list(range(1, len(code) + 1)):
        yield f"not executed once from top to bottom: counts are {_short(counts)}; run `make notebooks`"
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                yield f"cell {number} ended with {output.ename}; show an error with try/except"
            if output.output_type == "stream" and output.name == "stderr":
                yield f"cell {number} has written to stderr: {output.text.strip()[:60]!r}"
    marker = END_MARKER.format(name=path.stem)
    if not code or not ends_session(code[-1]):
        yield "the last code cell must call session.end(), and nothing else"
    elif marker not in output_text(code[-1]).splitlines():
        yield f"the last cell's output lacks the end-marker “{marker}”"


def portable(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """The same file on every machine: kernel python3, no machine path, no volatile metadata."""
    kernel = notebook.metadata.get("kernelspec", {}).get("name")
    if kernel != "python3":
        yield f"the kernel is {kernel!r}; only “python3” is found everywhere"
    if notebook.metadata.get("language_info") != METADATA["language_info"]:
        yield "the metadata do not say that this is Python, in files .py; run with --normalise"
    for number, cell in enumerate(notebook.cells, start=1):
        found = MACHINE_PATHS.search(cell.source) or MACHINE_PATHS.search(output_text(cell))
        if found:
            yield f"cell {number} shows a path of one machine: {found.group()!r}"
        volatile = [key for key in VOLATILE_CELL_METADATA if key in cell.metadata]
        if volatile:
            yield f"cell {number} has volatile metadata ({', '.join(volatile)}); run with --normalise"
    volatile = [key for key in VOLATILE_METADATA if key in notebook.metadata]
    if volatile:
        yield f"volatile metadata ({', '.join(volatile)}); run with --normalise"


def harmless(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """Nothing that depends on the folder it runs in, starts a shell or unpickles."""
    for number, cell in numbered_code(notebook):
        shell = SHELL.search(cell.source)
        if shell:
            yield f"cell {number} starts a shell: {shell.group().strip()!r}"
        for node in ast.walk(syntax_tree(cell)):
            if isinstance(node, ast.Constant) and re.match(r"\.\.?[/\\]|.*\.\./", str(node.value)):
                yield f"cell {number} has a relative path, {node.value!r}: where it leads depends on the caller"
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            if called in FORBIDDEN and not (called.endswith("clear_output") and SKIP in tags(cell)):
                yield f"cell {number} calls {called}: {FORBIDDEN[called]}"
            opener = called in OPENERS or called.rpartition(".")[2] in OPENERS
            if opener and (opened := first_text(node)) and not re.match(r"/|\w+://|\.\.?[/\\]", opened):
                yield f"cell {number} has a relative path, {opened!r}: where it leads depends on the caller"


def repeatable(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """Nothing that makes two equal runs differ for nbval."""
    for number, cell in numbered_code(notebook):
        if SKIP in tags(cell):
            continue
        if cell.source.rstrip().endswith(";"):
            yield f"cell {number} ends with “;”, which hides nothing under nbval: write `_ = …`"
        if re.search(r"\btqdm\b", cell.source):
            yield f"cell {number} uses tqdm: its bars are compared; use depnb.system.progress"
        if address := ADDRESS.search(output_text(cell)):
            yield f"cell {number} puts out an object's address: {address.group()!r}"
        if any("image/svg+xml" in output.get("data", {}) for output in cell.outputs):
            yield f"cell {number} puts out SVG, which nbval compares: show PNG"


def readable(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """No cell longer than a screen, not too many pictures, prose and code in balance."""
    for number, cell in enumerate(notebook.cells, start=1):
        lines = len(cell.source.splitlines())
        if lines > MAX_CELL_LINES:
            yield f"cell {number} has {lines} lines; at most {MAX_CELL_LINES} fit a screen"
    pictures = sum("image/png" in output.get("data", {}) for cell in code_cells(notebook) for output in cell.outputs)
    if pictures > MAX_PICTURES:
        yield f"{pictures} pictures; at most {MAX_PICTURES}"
    words = sum(len(cell.source.split()) for cell in notebook.cells if cell.cell_type == "markdown")
    lines = sum(bool(line.strip()) for cell in code_cells(notebook) for line in cell.source.splitlines())
    least, most = WORDS_PER_CODE_LINE
    if lines and not least <= words / lines <= most:
        yield f"{words} words of prose to {lines} lines of code: {least} to {most} words per line are wanted"


def roomy(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """Not too many cells, words, lines of code and tables, and no long table, where the kind of notebook has limits."""
    room = ROOM.get(kind(path.stem))
    if room is None:
        return
    code = code_cells(notebook)
    tables = [
        output.data["text/html"].count("<tr") - 1
        for cell in code
        for output in cell.outputs
        if "<table" in output.get("data", {}).get("text/html", "")
    ]
    there = Room(
        len(notebook.cells),
        sum(len(cell.source.split()) for cell in notebook.cells if cell.cell_type == "markdown"),
        sum(bool(line.strip()) for cell in code if FOLDED not in tags(cell) for line in cell.source.splitlines()),
        len(tables),
    )
    for what, found, most in zip(Room._fields, there, room, strict=True):
        if found > most:
            yield f"{found} {what}; at most {most} fit a notebook"
    for rows in tables:
        if rows > MAX_TABLE_ROWS:
            yield f"a table has {rows} rows; at most {MAX_TABLE_ROWS} can be read"


def shown(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """Pictures through ``session.figure``, tables through ``course.table``, each with its origin in a caption."""
    for number, cell in numbered_code(notebook):
        if SKIP in tags(cell):
            continue
        calls = {ast.unparse(node.func) for node in ast.walk(syntax_tree(cell)) if isinstance(node, ast.Call)}
        if "plt.show" in calls:
            yield f"cell {number} calls plt.show; figures go through session.figure"
        for index, output in enumerate(cell.outputs):
            data = output.get("data", {})
            if "image/png" in data:
                caption = output_words(cell, index + 1)
                if not caption:
                    yield f"cell {number} shows a picture without a caption below; use session.figure"
                elif not ORIGIN.search(caption):
                    yield f"cell {number}: the caption does not say what the picture is made from: {caption[:60]!r}"
            if "<table" in data.get("text/html", ""):
                caption = output_words(cell, index - 1)
                if '<table class="dataframe">' not in data["text/html"]:
                    yield f"cell {number} shows a table without course.table"
                elif not caption:
                    yield f"cell {number} shows a table without a caption above"
                elif not ORIGIN.search(caption + data.get("text/plain", "")):
                    yield f"cell {number}: neither caption nor table say what it is made from: {caption[:60]!r}"


def linked(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """Links lead to files that exist; the end leads to the next notebook, the start to all."""
    targets = set()
    for number, cell in enumerate(notebook.cells, start=1):
        for target in LINK.findall(cell.source) if cell.cell_type == "markdown" else ():
            if re.match(r"\w+:|#", target):
                continue
            targets.add(target.partition("#")[0])
            if not (path.parent / target.partition("#")[0]).exists():
                yield f"cell {number} links {target}, which does not exist"
    course = [p.name for p in notebooks_in([path.parent])]
    if "map" in owed(path.stem):
        missing = [name for name in course if name not in targets | {path.name}]
        if missing:
            yield f"the map of the course does not link {', '.join(missing)}"
    ends = [index for index, cell in enumerate(notebook.cells) if has_heading(cell, "what you take along")]
    if not ends:
        yield "no heading “What you take along”"
        return
    following = course[course.index(path.name) + 1 :][:1]
    last_words = "\n".join(cell.source for cell in notebook.cells[ends[-1] :] if cell.cell_type == "markdown")
    if following and following[0] not in LINK.findall(last_words):
        yield f"“What you take along” does not link the next notebook, {following[0]}"


def taught(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """A formula, the function written out and shown to equal the package's; of a paper also its claims and tables."""
    parts = owed(path.stem)
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    if "function" in parts and not any(FORMULA.search(source) for source in prose):
        yield "no formula ($$…$$)"
    elif "numbered formula" in parts and not any(FORMULA.search(s) and NUMBERED.search(s) for s in prose):
        yield "no formula carries the paper's equation number, as in “\\quad (1)”"
    agreed = [(i, a) for i, cell in enumerate(notebook.cells) for a in AGREEMENT.findall(output_text(cell))]
    if any(answer == "False" for _, answer in agreed):
        yield "notebook and package differ: “notebook = package: False”"
    if "function" in parts:
        if not agreed:
            yield "no cell prints “notebook = package: True”"
        elif not any(defines_something(cell) for cell in notebook.cells[: agreed[0][0] + 1]):
            yield "no function is written out before “notebook = package”"
    code = code_cells(notebook)
    judged = [one_line(output_text(cell)) for cell in code if "outcomes.sentences(" in cell.source]
    if "claims" in parts and not any(VERDICT.search(text) for text in judged):
        yield "no claim is printed with what came out for it (reports.outcomes.sentences)"
    if "in short" in parts and not any("in_short.sentences(" in cell.source and cell.outputs for cell in code):
        yield "no box says what came out (reports.in_short.sentences)"
    if "printed" in parts and not any("(printed)" in output_text(c) and "generated" in output_text(c) for c in code):
        yield "no table has the paper's printed numbers beside ours, with the corpus of ours"
    if "live training" in parts and not any(SKIP in tags(c) and LIVE.search(c.source) and c.outputs for c in code):
        yield "no cell tagged “nbval-skip” trains live, with session.live or a loop of its own"


def differing(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """A table “Where we differ”: the paper, we, why with E-numbers, effect."""
    if "differences" not in owed(path.stem):
        return
    section = section_below(notebook, "where we differ")
    if section is None:
        yield "no heading “Where we differ”"
        return
    rows = [line for line in section.splitlines() if line.lstrip().startswith("|")]
    header = rows[0].lower() if rows else ""
    missing = [word for word in ("paper", "we", "why", "effect") if not re.search(rf"\b{word}\b", header)]
    if missing:
        yield f"“Where we differ” needs a table paper | we | why | effect; missing: {', '.join(missing)}"
    elif len(rows) < 3:
        yield "the table “Where we differ” has no row"
    if not re.search(r"\bE\d{2,3}\b", section):
        yield "“Where we differ” names no entry of the errata (E-number)"


def playable(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """A widget is skipped by nbval, and its callback comes from the package and is drawn as a figure before it."""
    tested = {name for _, cell in numbered_code(notebook) for name in widget_callbacks(cell)}
    drawn: set[str] = set()
    found = False
    for number, cell in numbered_code(notebook):
        names = names_used(cell) & tested
        calls = [node for node in ast.walk(syntax_tree(cell)) if isinstance(node, ast.Call)]
        if not any(ast.unparse(call.func).rpartition(".")[2] in WIDGETS for call in calls):
            if SKIP not in tags(cell) and any("image/png" in o.get("data", {}) for o in cell.outputs):
                drawn |= names
            continue
        found = True
        if SKIP not in tags(cell):
            yield f"cell {number} has a widget and no tag “nbval-skip”"
        if not names:
            yield (
                f"cell {number} has a widget whose callback is imported neither from depnb.methods.<paper>.widget nor "
                "from depnb.course.widgets"
            )
        elif not names & drawn:
            yield f"cell {number} has a widget, and no cell before it draws {', '.join(sorted(names))} as a figure"
    if "widget" in owed(path.stem) and not found:
        yield "no widget (interact)"


def exercised(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """Three to five exercises, none solved here, each with a solution and a checker."""
    if not any(has_heading(cell, "exercise") for cell in notebook.cells):
        yield "no heading “Exercises”"
    names = []
    for number, cell in numbered_code(notebook):
        for name in checked_exercises(cell):
            names.append(name)
            if f"✘ {name}: not answered yet" not in output_text(cell):
                yield f"cell {number}: exercise {name} must stand unanswered here (raise NotImplementedError)"
    if len(names) not in EXERCISES:
        yield f"{len(names)} exercises with a checker (course.check); {EXERCISES[0]} to {EXERCISES[-1]} are wanted"
    if len(set(names)) < len(names):
        yield f"an exercise is checked twice: {', '.join(sorted({n for n in names if names.count(n) > 1}))}"
    solutions = path.parent / "solutions" / f"{path.stem}.py"
    if not names:
        return
    if not solutions.exists():
        yield f"no solutions/{solutions.name}"
        return
    solved = top_level_names(ast.parse(solutions.read_text(encoding="utf-8")))
    for name in names:
        for wanted in (name, f"check_{name}"):
            if wanted not in solved:
                yield f"solutions/{solutions.name} lacks {wanted}"


def asked(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """Five questions, in a file of the notebook's name, and a cell that asks them."""
    if "questions" not in owed(path.stem):
        return
    if not any(SKIP in tags(cell) and "course.quiz(" in cell.source for cell in code_cells(notebook)):
        yield "no cell tagged “nbval-skip” asks the questions (course.quiz)"
    file = path.parent / "questions" / f"{path.stem}.json"
    found = len(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else 0
    if found != QUESTIONS:
        yield f"questions/{file.name} has {found} questions; {QUESTIONS} are wanted"


def hinted(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """The text offers hints to each exercise with a checker. That there are any, a test of ``course.hint`` looks at."""
    if "hints" not in owed(path.stem):
        return
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for cell in code_cells(notebook):
        for name in checked_exercises(cell):
            if f'course.hint("{name}")' not in text:
                yield f"the text offers no hint to exercise {name} (course.hint)"


def compared(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """nbval must have something to compare."""
    if not any(is_compared(cell) for cell in code_cells(notebook)):
        yield "nbval compares no cell of it: no text output outside skipped cells"


RULES: tuple[Rule, ...] = (
    opening,
    parameters,
    executed,
    portable,
    harmless,
    repeatable,
    readable,
    roomy,
    shown,
    linked,
    taught,
    differing,
    playable,
    exercised,
    asked,
    hinted,
    compared,
)
"""All rules, in the order in which their messages appear."""


def _short(values: list[int | None]) -> str:
    """The first eight values."""
    shown = ", ".join(map(str, values[:8]))
    return f"{shown}, …" if len(values) > 8 else shown or "none"
