"""The contract of the course's notebooks, as far as a program can check it.

``python -m depnb.notebook_lint FILES`` reports every breach as ``file: what is wrong`` and exits 1 if there
is one; a folder stands for its notebooks. ``--normalise`` first removes what differs between two equal runs.

A rule is a function of a notebook and its path; what it checks stands in its docstring. Neighbouring notebooks
(links) and ``solutions/`` (exercises) are looked up beside the path.
"""

import argparse
import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from depnb.course.notebooks import (
    DEFAULTS,
    END_MARKER,
    PARAMETERS,
    TIME,
    VOLATILE_CELL_METADATA,
    VOLATILE_METADATA,
    _first_text,
    _tags,
    normalise,
    notebooks_in,
)

MAX_BYTES = 1_000_000
MAX_CELL_LINES = 45
MAX_PICTURES = 12
EXERCISES = range(3, 6)
WORDS_PER_CODE_LINE = (3, 40)  # about as much prose as code would be 12, the words of a written line; generous
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:home|root|Users|work|tmp|private)/|\b[A-Z]:\\(?:Users|Windows|Program)")


LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FORMULA = re.compile(r"\$\$.+?\$\$", re.S)
NUMBERED = re.compile(r"\\(?:q?quad|tag)\s*[({]\d+|\beqs?\.\s*\(?\d+")
AGREEMENT = re.compile(r"^notebook = package\b.*?(True|False)\s*$", re.M)
VERDICT = re.compile(r": (?:confirmed|not confirmed|too little data to tell) \(")
SHELL = re.compile(r"^\s*(?:!|%%?(?:bash|sh|script|sx|system|pip|conda)\b)", re.M)
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")
ORIGIN = re.compile(
    r"generated|\breal\b|photograph|AVEC|printed|paper|corpus|simulat|computed|formula|example|drawn|by hand", re.I
)
WIDGETS = {"interact", "interactive", "interactive_output", "interact_manual"}
FORBIDDEN = {  # calls, with what is wrong
    "torch.load": "unpickling runs code; read safetensors",
    "pickle.load": "unpickling runs code",
    "pickle.loads": "unpickling runs code",
    "os.system": "no shell",
    "subprocess.run": "no shell",
    "clear_output": "nbval cannot compare what is cleared",
    "display.clear_output": "nbval cannot compare what is cleared",
}
OPENERS = {"open", "Path", "read_csv", "read_json", "imread", "savefig", "to_csv", "np.load", "np.loadtxt"}


SKIP = "nbval-skip"
NOT_COMPARED = {SKIP, "nbval-ignore-output"}

# Which kinds of notebook owe which parts beyond what all owe. A notebook's kind follows from its number.
KINDS = {"00": "start", "10": "paper", "20": "paper", "30": "paper", "40": "paper", "50": "paper"}
OWED = {
    "start": frozenset({"map"}),
    "lesson": frozenset({"function", "widget"}),
    "paper": frozenset({"function", "widget", "numbered formula", "differences", "claims", "printed", "live training"}),
    "review": frozenset(),
}

Rule = Callable[[NotebookNode, Path], Iterable[str]]


def lint(path: Path | str) -> list[str]:
    """Everything in which the notebook breaks the contract, one sentence each; empty when it is good."""
    path = Path(path)
    notebook = nbformat.read(path, as_version=4)
    found = [message for rule in RULES for message in rule(notebook, path)]
    size = path.stat().st_size
    if size >= MAX_BYTES:
        found.append(f"{size / 1e6:.1f} MB: must stay under {MAX_BYTES / 1e6:.0f} MB; use fewer or smaller pictures")
    return found


def owed(name: str) -> frozenset[str]:
    """The parts that the notebook ``name`` must have beyond what all have."""
    return OWED[KINDS.get(name[:2], "lesson" if name.startswith("0") else "review")]


def opening(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """One H1 in the first cell, with the file's number, paper or purpose, aims, needs and measured times."""
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
    elif not re.match(rf"# {path.stem[:2]} · \S", titles[0][1]):
        yield f"the H1 must begin with the file's number, as in “# {path.stem[:2]} · Title”; it is {titles[0][1]!r}"
    text = first.source
    if KINDS.get(path.stem[:2]) == "paper":
        if not re.search(r"\*\*Paper:\*\*.*?\b(19|20)\d\d\b", text, re.S):
            yield "the opening cites no **Paper:** with its year"
    elif not re.search(r"\*\*(Paper|Purpose)", text):
        yield "the opening names neither **Paper:** (citation) nor **Purpose:**"
    if not re.search(r"You will be able to.*?\n\s*[-*] ", text, re.S):
        yield "the opening has no “You will be able to” followed by a list"
    needs = _paragraph(text, "Needs")
    if not needs:
        yield "the opening has no **Needs:** line (links to earlier notebooks)"
    elif path.stem[:2] != "00" and not LINK.search(needs):
        yield "**Needs:** links no earlier notebook"
    for target in LINK.findall(needs):
        if target.endswith(".ipynb") and target[:2] >= path.stem[:2]:
            yield f"**Needs:** links {target}, which does not come earlier"
    time = _paragraph(text, "Time")
    if not TIME.search(time) or "quick" not in time or "2 cores" not in time:
        yield "the opening has no **Time:** line with measured times, as in “**Time:** quick 40 s on 2 cores; paper …”"
    elif "paper" not in time:
        yield "the **Time:** line does not say what the paper profile takes"


def parameters(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """One parameters cell: the six names with their defaults, literals, commented; the set-up cell follows it."""
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
    marker = END_MARKER.format(name=path.stem)
    if not code or "session.end()" not in code[-1].source:
        yield "the last code cell must call session.end()"
    elif marker not in _text(code[-1]).splitlines():
        yield f"the last cell's output lacks the end-marker “{marker}”"


def portable(notebook: NotebookNode, path: Path) -> Iterable[str]:
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


def harmless(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """Nothing that depends on the folder it runs in, starts a shell or unpickles."""
    for number, cell in _numbered_code(notebook):
        shell = SHELL.search(cell.source)
        if shell:
            yield f"cell {number} starts a shell: {shell.group().strip()!r}"
        for node in ast.walk(_tree(cell)):
            climbs = isinstance(node, ast.Constant) and re.match(r"\.\.?[/\\]|.*\.\./", str(node.value))
            if climbs:
                yield f"cell {number} has a relative path, {node.value!r}: where it leads depends on the caller"
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            if called in FORBIDDEN and not (called.endswith("clear_output") and SKIP in _tags(cell)):
                yield f"cell {number} calls {called}: {FORBIDDEN[called]}"
            opener = called in OPENERS or called.rpartition(".")[2] in OPENERS
            if opener and (opened := _first_text(node)) and not re.match(r"/|\w+://|\.\.?[/\\]", opened):
                yield f"cell {number} has a relative path, {opened!r}: where it leads depends on the caller"


def repeatable(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """Nothing that makes two equal runs differ for nbval."""
    for number, cell in _numbered_code(notebook):
        if SKIP in _tags(cell):
            continue
        if cell.source.rstrip().endswith(";"):
            yield f"cell {number} ends with “;”, which hides nothing under nbval: write `_ = …`"
        if re.search(r"\btqdm\b", cell.source):
            yield f"cell {number} uses tqdm: its bars are compared; use depnb.progress"
        if ADDRESS.search(_text(cell)):
            yield f"cell {number} puts out an object's address: {ADDRESS.search(_text(cell)).group()!r}"
        if any("image/svg+xml" in output.get("data", {}) for output in cell.outputs):
            yield f"cell {number} puts out SVG, which nbval compares: show PNG"


def readable(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """No cell longer than a screen, not too many pictures, prose and code in balance."""
    for number, cell in enumerate(notebook.cells, start=1):
        lines = len(cell.source.splitlines())
        if lines > MAX_CELL_LINES:
            yield f"cell {number} has {lines} lines; at most {MAX_CELL_LINES} fit a screen"
    pictures = sum("image/png" in output.get("data", {}) for cell in _code(notebook) for output in cell.outputs)
    if pictures > MAX_PICTURES:
        yield f"{pictures} pictures; at most {MAX_PICTURES}"
    words = sum(len(cell.source.split()) for cell in notebook.cells if cell.cell_type == "markdown")
    lines = sum(bool(line.strip()) for cell in _code(notebook) for line in cell.source.splitlines())
    least, most = WORDS_PER_CODE_LINE
    if lines and not least <= words / lines <= most:
        yield f"{words} words of prose to {lines} lines of code: {least} to {most} words a line are wanted"


def shown(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """Pictures through ``session.figure``, tables through ``course.table``, each with its origin in a caption."""
    for number, cell in _numbered_code(notebook):
        if SKIP in _tags(cell):
            continue
        calls = {ast.unparse(node.func) for node in ast.walk(_tree(cell)) if isinstance(node, ast.Call)}
        if "plt.show" in calls:
            yield f"cell {number} calls plt.show; figures go through session.figure"
        for index, output in enumerate(cell.outputs):
            data = output.get("data", {})
            if "image/png" in data:
                caption = _words(cell, index + 1)
                if not caption:
                    yield f"cell {number} shows a picture without a caption below; use session.figure"
                elif not ORIGIN.search(caption):
                    yield f"cell {number}: the caption does not say what the picture is made from: {caption[:60]!r}"
            if "<table" in data.get("text/html", ""):
                caption = _words(cell, index - 1)
                if '<table class="dataframe">' not in data["text/html"]:
                    yield f"cell {number} shows a table past course.table"
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
    ends = [index for index, cell in enumerate(notebook.cells) if _has_heading(cell, "what you take along")]
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
    agreed = [(i, a) for i, cell in enumerate(notebook.cells) for a in AGREEMENT.findall(_text(cell))]
    if any(answer == "False" for _, answer in agreed):
        yield "notebook and package differ: “notebook = package: False”"
    if "function" in parts:
        if not agreed:
            yield "no cell prints “notebook = package: True”"
        elif not any(_defines(cell) for cell in notebook.cells[: agreed[0][0] + 1]):
            yield "no function is written out before “notebook = package”"
    code = _code(notebook)
    judged = [_one_line(_text(cell)) for cell in code if "course.verdict(" in cell.source]
    if "claims" in parts and not any(VERDICT.search(text) for text in judged):
        yield "no claim is printed with its verdict (course.verdict)"
    if "printed" in parts and not any("(printed)" in _text(c) and "generated" in _text(c) for c in code):
        yield "no table has the paper's printed numbers beside ours, with the corpus of ours"
    if "live training" in parts and not any(
        SKIP in _tags(c) and "session.live(" in c.source and c.outputs for c in code
    ):
        yield "no cell tagged “nbval-skip” trains one row live, with session.live"


def differing(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """A table “Where we differ”: the paper, we, why with E-numbers, effect."""
    if "differences" not in owed(path.stem):
        return
    section = _section(notebook, "where we differ")
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
    """A widget is skipped by nbval, plays with a function of ``depnb.widgets``, and that stands drawn before it."""
    tested = {name for _, cell in _numbered_code(notebook) for name in _from_widgets(cell)}
    drawn: set[str] = set()
    found = False
    for number, cell in _numbered_code(notebook):
        names = _names(cell) & tested
        calls = [node for node in ast.walk(_tree(cell)) if isinstance(node, ast.Call)]
        if not any(ast.unparse(call.func).rpartition(".")[2] in WIDGETS for call in calls):
            if SKIP not in _tags(cell) and any("image/png" in o.get("data", {}) for o in cell.outputs):
                drawn |= names
            continue
        found = True
        if SKIP not in _tags(cell):
            yield f"cell {number} has a widget and no tag “nbval-skip”"
        if not names:
            yield f"cell {number} has a widget whose callback is not imported from depnb.widgets"
        elif not names & drawn:
            yield f"cell {number} has a widget, and no cell before it draws {', '.join(sorted(names))} as a figure"
    if "widget" in owed(path.stem) and not found:
        yield "no widget (interact)"


def exercised(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """Three to five exercises, none solved here, each with a solution and a checker."""
    if not any(_has_heading(cell, "exercise") for cell in notebook.cells):
        yield "no heading “Exercises”"
    names = []
    for number, cell in _numbered_code(notebook):
        for name in _checks(cell):
            names.append(name)
            if f"✘ {name}: not answered yet" not in _text(cell):
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
    solved = _top_level(ast.parse(solutions.read_text(encoding="utf-8")))
    for name in names:
        for wanted in (name, f"check_{name}"):
            if wanted not in solved:
                yield f"solutions/{solutions.name} lacks {wanted}"


def compared(notebook: NotebookNode, path: Path) -> Iterable[str]:
    """nbval must have something to compare."""
    if not any(is_compared(cell) for cell in _code(notebook)):
        yield "nbval compares no cell of it: no text output outside skipped cells"


RULES: tuple[Rule, ...] = (
    opening,
    parameters,
    executed,
    portable,
    harmless,
    repeatable,
    readable,
    shown,
    linked,
    taught,
    differing,
    playable,
    exercised,
    compared,
)


def is_compared(cell: NotebookNode) -> bool:
    """Whether nbval compares something of this code cell: text on stdout, or a result with text."""
    if NOT_COMPARED & set(_tags(cell)) or re.search(r"^\s*#\s*NBVAL_(SKIP|IGNORE_OUTPUT)\b", cell.source, re.M):
        return False
    return bool(_text(cell).strip())


def _code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


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


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _numbered_code(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """Code cells with their place in the notebook, counted from 1."""
    return ((number, cell) for number, cell in enumerate(notebook.cells, start=1) if cell.cell_type == "code")


def _has_heading(cell: NotebookNode, words: str) -> bool:
    return any(words in line.lower() for line in _headings(cell))


def _paragraph(text: str, label: str) -> str:
    """What follows ``**label:**``, up to the next label or empty line; empty if there is none."""
    found = re.search(rf"\*\*{label}:?\*\*.*?(?=\*\*[A-Z]|\n\s*\n|\Z)", text, re.S)
    return found.group() if found else ""


def _section(notebook: NotebookNode, words: str) -> str | None:
    """Markdown below the heading that holds ``words``, up to the next heading; ``None`` without such a heading."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = re.search(rf"^#+ [^\n]*{words}[^\n]*\n(.*?)(?=^#+ |\Z)", text, re.S | re.M | re.I)
    return found[1] if found else None


def _words(cell: NotebookNode, index: int) -> str:
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


def _tree(cell: NotebookNode) -> ast.Module:
    """The cell as syntax tree, magics left out; empty if it is not Python."""
    try:
        return ast.parse(re.sub(r"^(\s*)[%!].*$", r"\1pass", cell.source, flags=re.M))
    except SyntaxError:
        return ast.Module([], [])


def _names(cell: NotebookNode) -> set[str]:
    return {node.id for node in ast.walk(_tree(cell)) if isinstance(node, ast.Name)}


def _from_widgets(cell: NotebookNode) -> Iterator[str]:
    """Names that the cell imports from ``depnb.widgets``."""
    for node in ast.walk(_tree(cell)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("depnb.widgets"):
            yield from (alias.asname or alias.name for alias in node.names)


def _defines(cell: NotebookNode) -> bool:
    """Whether a code cell defines a function or class that is no exercise."""
    if cell.cell_type != "code" or "NotImplementedError" in cell.source:
        return False
    return any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in _tree(cell).body)


def _checks(cell: NotebookNode) -> Iterator[str]:
    """Names of the exercises that a cell checks."""
    for node in ast.walk(_tree(cell)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "course.check" and (name := _first_text(node)):
            yield name


def _top_level(tree: ast.Module) -> set[str]:
    """Functions and values that a module defines."""
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assigned = (target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets)
    return functions | {target.id for target in assigned if isinstance(target, ast.Name)}


def _short(values: list) -> str:
    shown = ", ".join(map(str, values[:8]))
    return f"{shown}, …" if len(values) > 8 else shown or "none"


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
