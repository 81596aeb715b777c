"""Every rule of the notebook lint lets a good notebook pass and names what is wrong in a bad one."""

from copy import deepcopy

import nbformat
import pytest
from nbconvert import ScriptExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from depnb.course.notebooks import normalise, notebooks_in, quick_seconds
from depnb.system.repository import NOTEBOOKS, ROOT
from tests.miniature import miniature
from tools.lint_notebooks import lint, main

CAPTION = new_output("stream", name="stdout", text="Generated people.\n")
PICTURE = new_output("display_data", data={"image/png": "aGk=", "text/plain": "<Figure>"})
TABLE = new_output(
    "display_data",
    data={"text/html": '<table class="dataframe"> RMSE (printed) generated', "text/plain": "RMSE (printed)"},
)
DIFFERENCES = (
    "| the paper | we | why | effect |\n|---|---|---|---|\n| AVEC | generated | licence (E01) | other numbers |"
)
PROSE = " ".join(["word"] * 300)


def page(name="10_method"):
    """A paper notebook without a fault, or another kind with all that a paper owes.

    Cells: 0 opening, 1 parameters, 2 set-up, 3 formula, 4 function, 5 agreement, 6 picture, 7 widget, 8 table,
    9 claim, 10 live training, 11 differences, 12 exercises, 13–15 checks, 16 take along, 17 end.
    """
    notebook = miniature(name)
    opening, parameters, set_up, _, _, differences, exercises, *checks, end = notebook.cells
    opening.source = opening.source.replace("# A method", f"# {name[:2]} · A method")
    opening.source = opening.source.replace("**Needs:** nothing.", "**Needs:** [00](00_start_here.ipynb).")
    differences.source = f"## Where we differ\n\n{DIFFERENCES}"
    exercises.source += "".join(f'\n\nHints: `course.hint("e{k}")`.' for k in range(len(checks)))
    for k, cell in enumerate(checks):
        cell.source = f"def e{k}(x):\n    raise NotImplementedError  # your code here\n\n\ncourse.check('e{k}', e{k})"
        cell.outputs = [_stdout(f"✘ e{k}: not answered yet\n")]
    notebook.cells = [
        opening,
        parameters,
        set_up,
        new_markdown_cell(f"The idea. {PROSE}\n\n$$y = 2x \\quad (1)$$"),
        new_code_cell("from depnb.methods.method.widget import draw\n\n\ndef double(x):\n    return 2 * x"),
        new_code_cell(
            "print('notebook = package:', same)", outputs=[_stdout("by hand: 2\nnotebook = package: True\n")]
        ),
        new_code_cell("session.figure(draw(1), 'f', 'Generated people.')", outputs=[PICTURE, CAPTION]),
        new_code_cell("_ = interact(lambda x: plt.show(draw(x)), x=3)", metadata={"tags": ["nbval-skip"]}),
        new_code_cell("course.table(frame, 'Generated people.')", outputs=[CAPTION, TABLE]),
        new_code_cell(
            "print(*outcomes.sentences(paper, results))",
            outputs=[_stdout("We ask whether A helps. The difference is +1: undecided (corrected p = 0.1).")],
        ),
        new_code_cell(
            "session.live(paper, row)\ncourse.quiz()",
            metadata={"tags": ["nbval-skip"]},
            outputs=[_stdout("RMSE 8 on generated\n")],
        ),
        differences,
        exercises,
        *checks,
        new_markdown_cell("## What you take along\n\nA method."),
        end,
    ]
    set_up.source += "\ncourse.box('What came out', in_short.sentences(paper, results))"
    set_up.outputs = [_stdout("What came out\n")]
    _count(notebook)
    return deepcopy(notebook)


def write(folder, notebook, name="10_method"):
    """Write the notebook, the start it needs, and solutions of its exercises."""
    (folder / "solutions").mkdir(exist_ok=True)
    solutions = "\n".join(f"e{k} = check_e{k} = lambda x: x" for k in range(6))
    (folder / "solutions" / f"{name}.py").write_text(solutions)
    (folder / "questions").mkdir(exist_ok=True)
    (folder / "questions" / f"{name}.json").write_text("[1, 2, 3, 4, 5]")
    (folder / "00_start_here.ipynb").touch()
    path = folder / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path


def _count(notebook):
    for count, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), start=1):
        cell.execution_count = count


def test_a_good_notebook_has_nothing_wrong(tmp_path):
    assert lint(write(tmp_path, page())) == []


def _edit(index, **changes):
    def edit(notebook):
        for key, value in changes.items():
            setattr(notebook.cells[index], key, value)

    return edit


def _replace(index, old, new):
    def edit(notebook):
        source = notebook.cells[index].source
        assert old in source
        notebook.cells[index].source = source.replace(old, new)

    return edit


def _stdout(text):
    return new_output("stream", name="stdout", text=text)


def _tags(index, *tags):
    def edit(notebook):
        notebook.cells[index].metadata["tags"] = list(tags)

    return edit


def _no_tag(notebook):
    for cell in notebook.cells:
        cell.metadata.pop("tags", None)


def _drop(*indices):
    def edit(notebook):
        notebook.cells = [cell for index, cell in enumerate(notebook.cells) if index not in indices]

    return edit


def _code(source, *outputs):
    """Append a code cell before the end."""

    def edit(notebook):
        notebook.cells.insert(-2, new_code_cell(source, outputs=list(outputs)))

    return edit


def _prose(source):
    def edit(notebook):
        notebook.cells.insert(-2, new_markdown_cell(source))

    return edit


def _nothing_compared(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.outputs:
            cell.metadata["tags"] = ["nbval-ignore-output"]


def _too_big(notebook):
    notebook.cells[6].outputs[0].data["image/png"] = "A" * 1_000_000


def _kernel(notebook):
    notebook.metadata.kernelspec.name = "depnb-env"


def _nameless(notebook):
    notebook.metadata["language_info"] = {"name": "python"}


def _speechless(notebook):
    del notebook.metadata["language_info"]


def _papermill(notebook):
    notebook.metadata["papermill"] = {"duration": 1}


def _timed_cell(notebook):
    notebook.cells[3].metadata["execution"] = {"iopub.execute_input": "2024"}


def _html(html):
    return new_output("display_data", data={"text/html": html, "text/plain": "x generated"})


CALLBACK = "imported neither from depnb.methods.<paper>.widget nor from depnb.course.widgets"
FAULTS = {
    "no opening": (_edit(0, cell_type="raw"), "first cell must be the opening"),
    "two titles": (lambda n: n.cells.append(new_markdown_cell("# Again")), "exactly one H1"),
    "no title": (_replace(0, "# 10 · A method", "A method"), "exactly one H1"),
    "another number": (_replace(0, "# 10", "# 11"), "must begin with the file's number"),
    "no paper": (_replace(0, "**Paper:**", "**Purpose:**"), "cites no **Paper:**"),
    "a paper without a year": (_replace(0, "2019", "soon"), "with its year"),
    "no aims": (_replace(0, "* say what it does", ""), "You will be able to"),
    "no needs": (_replace(0, "**Needs:**", ""), "no **Needs:**"),
    "no needed notebook": (_replace(0, "[00](00_start_here.ipynb)", "patience"), "links no earlier notebook"),
    "needs of the future": (_replace(0, "00_start_here", "20_next"), "which does not come earlier"),
    "no time": (_replace(0, "30 s on 2 cores, paper 2 h", "fast"), "no **Time:**"),
    "no cores": (_replace(0, " on 2 cores", ""), "no **Time:**"),
    "no time at paper size": (_replace(0, "paper 2 h", "2 h"), "what the paper profile takes"),
    "no parameters cell": (_no_tag, "tagged “parameters”"),
    "two parameters cells": (_tags(4, "parameters"), "tagged “parameters”"),
    "a derived parameter": (_replace(1, 'store = "committed"', "store = profile"), "parameter store is no literal"),
    "an undocumented parameter": (_replace(1, "  # of the runs in an own store", ""), "seed has no comment"),
    "a parameter less": (_replace(1, 'device = "auto"  # auto, cpu, cuda', ""), "lacks device"),
    "more than assignments": (_replace(1, "seed = 0", "import os\nseed = 0"), "assignments only; line 5"),
    "another profile": (_replace(1, '"quick"', '"smoke"'), "profile is 'smoke' in the committed copy"),
    "a licensed corpus": (_replace(1, '"both"', '"/data/AVEC2014"'), "its default is 'both'"),
    "no set-up cell": (_replace(2, "course.start(", "other("), "second code cell must be the set-up"),
    "another one's name": (_replace(2, "10_method", "20_other"), "this notebook's name"),
    "not executed": (_edit(4, execution_count=None), "not executed once from top to bottom"),
    "an error": (_edit(4, outputs=[new_output("error", ename="KeyError", evalue="x")]), "ended with KeyError"),
    "a warning": (_edit(4, outputs=[new_output("stream", name="stderr", text="old")]), "written to stderr: 'old'"),
    "no end": (_edit(-1, source="print()"), "must call session.end()"),
    "an end by hand": (_edit(-1, source="print('x')  # session.end()"), "must call session.end(), and nothing else"),
    "an end with more": (_edit(-1, source="session.end()\nprint()"), "must call session.end(), and nothing else"),
    "no marker": (_edit(-1, outputs=[]), "lacks the end-marker"),
    "another kernel": (_kernel, "kernel is 'depnb-env'"),
    "a home": (
        _edit(4, outputs=[_stdout("saved " + "/".join(("", "home", "me", "x")))]),
        "path of one machine: '/home/'",
    ),
    "a home in code": (_edit(4, source="open('/Users/me/x')"), "path of one machine: '/Users/'"),
    "a Windows home": (_edit(4, outputs=[_stdout("C:\\Users\\me")]), "path of one machine"),
    "a language without files": (_nameless, "this is Python, in files .py"),
    "no language": (_speechless, "this is Python, in files .py"),
    "papermill's metadata": (_papermill, "volatile metadata (papermill)"),
    "times in a cell": (_timed_cell, "volatile metadata (execution)"),
    "a shell line": (_code("!ls"), "starts a shell: '!'"),
    "a shell cell": (_code("%%bash\nls"), "starts a shell: '%%bash'"),
    "a shell called": (_code("import os\nos.system('ls')"), "calls os.system: no shell"),
    "a pickle": (_code("w = torch.load(path)"), "calls torch.load: unpickling"),
    "a path upwards": (_code("root = '../results'"), "relative path, '../results'"),
    "a path inside upwards": (_code("root = f'{here}/../results'"), "relative path, '/../results'"),
    "a relative file": (_code("d = pd.read_csv('labels.csv')"), "relative path, 'labels.csv'"),
    "the current folder": (_code("here = Path('.')"), "relative path, '.'"),
    "a figure saved": (_code("figure.savefig('f.png')"), "relative path, 'f.png'"),
    "a semicolon": (_code("plot(x);"), "ends with “;”"),
    "tqdm": (_code("from tqdm.auto import tqdm"), "uses tqdm"),
    "an address": (_code("f", _stdout("<function f at 0x7f31c2a4>")), "object's address: 'at 0x7f31c2a4'"),
    "SVG": (_code("f()", new_output("display_data", data={"image/svg+xml": "<svg/>"})), "puts out SVG"),
    "cleared output": (_code("clear_output()"), "calls clear_output"),
    "a long cell": (_edit(4, source="\n".join(["x = 1"] * 46)), "46 lines"),
    "a long text": (_prose("\n\n".join(["word"] * 30)), "59 lines"),
    "an album": (_edit(6, outputs=[PICTURE, CAPTION] * 13), "13 pictures"),
    "little prose": (_replace(3, PROSE, ""), "words of prose to"),
    "little code": (_prose(PROSE * 16), "3 to 40 words per line are wanted"),
    "a heavy file": (_too_big, "1.0 MB"),
    "plt.show": (_code("plt.show()"), "calls plt.show"),
    "a picture without caption": (_edit(6, outputs=[PICTURE]), "picture without a caption"),
    "a picture after its caption": (_edit(6, outputs=[CAPTION, PICTURE]), "picture without a caption"),
    "a picture below a picture": (_edit(6, outputs=[PICTURE, PICTURE, CAPTION]), "picture without a caption"),
    "a table below a table": (_edit(8, outputs=[CAPTION, TABLE, TABLE]), "table without a caption"),
    "a table of pandas": (
        _code("f", CAPTION, _html('<div><table border="1" class="dataframe">')),
        "table without course.table",
    ),
    "a caption without origin": (
        _edit(6, outputs=[PICTURE, _stdout("RMSE.")]),
        "what the picture is made from: 'RMSE.'",
    ),
    "a table without course.table": (_code("f", CAPTION, _html("<div><table>")), "table without course.table"),
    "a table without caption": (_edit(8, outputs=[TABLE]), "table without a caption"),
    "a table without origin": (
        _code("f", _stdout("T:"), new_output("display_data", data={"text/html": '<table class="dataframe">'})),
        "neither caption nor table say",
    ),
    "a broken link": (_prose("[there](99_nowhere.ipynb#end)"), "links 99_nowhere.ipynb#end, which does not exist"),
    "nothing taken along": (_drop(16), "no heading “What you take along”"),
    "no formula": (_replace(3, "$$", "$"), "no formula"),
    "no equation number": (_replace(3, "\\quad (1)", ""), "paper's equation number"),
    "no agreement": (_edit(5, outputs=[]), "no cell prints “notebook = package: True”"),
    "disagreement": (_edit(5, outputs=[_stdout("notebook = package: False\n")]), "notebook and package differ"),
    "nothing written out": (_replace(4, "def double(x):\n    return 2 * x", ""), "no function is written out"),
    "no claim": (_drop(9), "no claim is printed with what came out"),
    "a claim without a word": (_edit(9, outputs=[_stdout("A helps\n")]), "no claim is printed with what came out"),
    "nothing printed": (_drop(8), "paper's printed numbers"),
    "no live training": (_drop(10), "trains live"),
    "live training compared": (_tags(10), "trains live"),
    "no differences": (_drop(11), "no heading “Where we differ”"),
    "differences in prose": (_replace(11, "|", "/"), "missing: paper, we, why, effect"),
    "no reason": (_replace(11, "why", "and"), "missing: why"),
    "no difference": (_replace(11, "| AVEC | generated | licence (E01) | other numbers |", "E01"), "has no row"),
    "no errata": (_replace(11, "E01", "law"), "no entry of the errata"),
    "no widget": (_drop(7), "no widget"),
    "a widget compared": (_tags(7), "widget and no tag “nbval-skip”"),
    "an untested callback": (_replace(4, "depnb.methods.method.widget", "depnb.system.style"), CALLBACK),
    "a callback of a paper's drawings": (_replace(4, "method.widget", "method.diagrams"), CALLBACK),
    "a callback of a folder that begins alike": (_replace(4, "depnb.methods.method.widget", "depnb.widgets"), CALLBACK),
    "an undrawn widget": (_replace(6, "draw(1)", "figure"), "no cell before it draws draw"),
    "no exercises": (_drop(12), "no heading “Exercises”"),
    "two exercises": (_drop(14), "2 exercises with a checker"),
    "six exercises": (
        lambda n: n.cells.extend([new_code_cell(c.source) for c in n.cells[13:16]]),
        "6 exercises with a checker",
    ),
    "an exercise twice": (_replace(14, "'e1'", "'e0'"), "checked twice: e0"),
    "a solved exercise": (_edit(13, outputs=[_stdout("✔ e0\n")]), "exercise e0 must stand unanswered"),
    "no solution": (_replace(13, "'e0'", "'e9'"), "lacks e9"),
    "no checker": (_replace(13, "'e0'", "'e9'"), "lacks check_e9"),
    "an exercise without a hint": (_replace(12, 'course.hint("e2")', "think"), "offers no hint to exercise e2"),
    "nothing to compare": (_nothing_compared, "nbval compares no cell"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named(tmp_path, fault):
    edit, expected = FAULTS[fault]
    notebook = page()
    edit(notebook)
    messages = lint(write(tmp_path, notebook))
    assert any(expected in message for message in messages), messages


def _rich_captions(notebook):
    """Captions, tables and sentences as session.figure, course.table and outcomes.sentences put them out."""
    caption = new_output("display_data", data={"text/plain": "Generated people.", "text/html": "<div>Generated…</div>"})
    table = new_output(
        "display_data",
        data={
            "text/html": '<div style="overflow-x:auto"><table class="dataframe"> RMSE (printed) generated</div>',
            "text/plain": "RMSE (printed)",
        },
    )
    notebook.cells[6].outputs = [PICTURE, caption]
    notebook.cells[8].outputs = [caption, table]
    notebook.cells[9].outputs = [_stdout("We ask whether A helps:\n    undecided\n    (corrected p = 0.1).\n")]


def _module_of_callbacks(notebook):
    _replace(4, "depnb.methods.method.widget import draw", "depnb.course.widgets import faces")(notebook)
    for index in (6, 7):
        _replace(index, "draw(", "faces.draw(")(notebook)


HARMLESS = {
    "captions as rich text": _rich_captions,
    "a hash in a code block": _prose("```\n# a comment\n```"),
    "links out of the course": _prose("[there](https://example.org/x.ipynb), [above](#the-idea)"),
    "a magic": _code("%config InlineBackend.figure_format = 'png'"),
    "an address on the web": _code("w = np.load('https://example.org/x.npy')"),
    "a file of a variable folder": _code("t = (Path(folder) / 'x.csv').read_text()"),
    "a marker that is a dot": _code("axis.plot(x, y, '.')"),
    "a callback of the course": _replace(4, "depnb.methods.method.widget", "depnb.course.widgets.faces"),
    "callbacks of a module of the course": _module_of_callbacks,
    "a live plot that is skipped": lambda n: _replace(10, "session", "clear_output()\nplt.show()\nsession")(n),
}


@pytest.mark.parametrize("case", HARMLESS)
def test_what_is_harmless_is_no_fault(tmp_path, case):
    notebook = page()
    HARMLESS[case](notebook)
    _count(notebook)
    assert lint(write(tmp_path, notebook)) == []


def _of_a_paper_in_two(name, *needless):
    """The notebook of a paper's method or of its results: a good one."""
    notebook = page(name)
    notebook.cells[2].source += f"\nprint({name!r})"
    notebook.cells.insert(16, new_code_cell("course.quiz()", metadata={"tags": ["nbval-skip"]}))
    _drop(*needless)(notebook)
    _count(notebook)
    return notebook


METHOD, RESULTS = ("20_method", 8, 9, 10, 11), ("21_results", 4, 5, 7, 10)
LESSON = ("02_faces", 8, 9, 10, 11)


@pytest.mark.parametrize("parts", [METHOD, RESULTS])
def test_a_paper_may_have_a_notebook_of_its_method_and_one_of_its_results(tmp_path, parts):
    assert lint(write(tmp_path, _of_a_paper_in_two(*parts), parts[0])) == []


@pytest.mark.parametrize("parts", [METHOD, RESULTS, LESSON])
@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda n: n.cells.extend(new_markdown_cell("more") for _ in range(40)), "cells; at most 45"),
        (_prose(PROSE * 9), "words; at most 2500"),
        (lambda n: n.cells.extend(new_code_cell("x = 1\n" * 40) for _ in range(7)), "lines; at most 250"),
        (lambda n: n.cells[2].outputs.extend([CAPTION, TABLE] * 9), "tables; at most"),
        (lambda n: n.cells[2].outputs.extend([CAPTION, _table(15)]), "a table has 15 rows; at most 14"),
    ],
)
def test_such_a_notebook_has_limits(tmp_path, parts, edit, expected):
    notebook = _of_a_paper_in_two(*parts)
    edit(notebook)
    messages = lint(write(tmp_path, notebook, parts[0]))
    assert any(expected in message for message in messages), messages


@pytest.mark.parametrize("parts", [METHOD, RESULTS])
def test_such_a_notebook_of_a_paper_says_what_came_out(tmp_path, parts):
    notebook = _of_a_paper_in_two(*parts)
    _replace(2, "in_short.sentences(paper, results)", "[]")(notebook)
    assert lint(write(tmp_path, notebook, parts[0])) == ["no box says what came out (reports.in_short.sentences)"]


@pytest.mark.parametrize("parts", [METHOD, RESULTS, LESSON])
def test_such_a_notebook_asks_five_questions(tmp_path, parts):
    notebook = _of_a_paper_in_two(*parts)
    path = write(tmp_path, notebook, parts[0])
    (tmp_path / "questions" / f"{parts[0]}.json").write_text("[1]")
    assert f"questions/{parts[0]}.json has 1 questions; 5 are wanted" in lint(path)
    (tmp_path / "questions" / f"{parts[0]}.json").unlink()
    notebook.cells = [cell for cell in notebook.cells if cell.source != "course.quiz()"]
    _count(notebook)
    nbformat.write(notebook, path)
    assert lint(path) == [
        "no cell tagged “nbval-skip” asks the questions (course.quiz)",
        f"questions/{parts[0]}.json has 0 questions; 5 are wanted",
    ]


def test_folded_code_and_a_table_of_fourteen_rows_are_within_the_limits(tmp_path):
    notebook = _of_a_paper_in_two(*RESULTS)
    notebook.cells[2].outputs += [CAPTION, _table(14)]
    folded = [new_code_cell("x = 1\n" * 40, metadata={"tags": ["hide-input"]}) for _ in range(7)]
    notebook.cells[3:3] = folded
    _count(notebook)
    assert not [message for message in lint(write(tmp_path, notebook, RESULTS[0])) if "at most" in message]


def _table(rows):
    text = f'<table class="dataframe"><tr></tr>{"<tr></tr>" * rows}</table>'
    return new_output("display_data", data={"text/html": text, "text/plain": "Generated people."})


def test_without_solutions_the_exercises_cannot_be_checked(tmp_path):
    path = write(tmp_path, page())
    (tmp_path / "solutions" / "10_method.py").unlink()
    assert lint(path) == ["no solutions/10_method.py"]


@pytest.mark.parametrize(
    ("name", "needless"),
    [
        ("00_start_here", (3, 4, 5, 6, 7, 8, 9, 10, 11)),
        ("02_faces", (8, 9, 10, 11)),
        ("60_review", (4, 5, 6, 7, 8, 9, 10, 11)),
        ("80_errata", (8, 9, 10, 11)),
    ],
)
def test_only_paper_notebooks_owe_everything(tmp_path, name, needless):
    notebook = page(name)
    notebook.cells[2].source += f"\nprint({name!r})"
    notebook.cells[2].outputs = [_stdout("generated\n")]
    notebook.cells[3].source = notebook.cells[3].source.replace("\\quad (1)", "")
    notebook.cells[0].source = notebook.cells[0].source.replace("**Paper:**", "**Purpose:**")
    if name in ("00_start_here", "02_faces", "80_errata"):
        notebook.cells.insert(16, new_code_cell("course.quiz()", metadata={"tags": ["nbval-skip"]}))
    if name.startswith("00"):
        notebook.cells[0].source = notebook.cells[0].source.replace("[00](00_start_here.ipynb)", "nothing")
        notebook.cells[0].source += PROSE
    _drop(*needless)(notebook)
    _count(notebook)
    assert lint(write(tmp_path, notebook, name)) == []


def test_the_start_links_all_and_each_notebook_the_next(tmp_path):
    start, method = page("00_start_here"), page()
    write(tmp_path, method)
    path = write(tmp_path, start, "00_start_here")
    found = lint(path)
    assert "the map of the course does not link 10_method.ipynb" in found
    assert "“What you take along” does not link the next notebook, 10_method.ipynb" in found
    start.cells[-2].source += "\n\nNext: [10](10_method.ipynb)."
    assert not [message for message in lint(write(tmp_path, start, "00_start_here")) if "10_method" in message]


def test_quick_seconds_is_what_the_opening_says_first(tmp_path):
    notebook = page()
    path = write(tmp_path, notebook)
    assert quick_seconds(path) == 30
    _replace(0, "30 s", "1.5 min")(notebook)
    assert quick_seconds(write(tmp_path, notebook)) == 90


def test_normalise_makes_two_runs_equal_and_keeps_what_they_say(tmp_path):
    first, second = page(), page()
    second.metadata["papermill"] = {"start_time": "2024"}
    second.metadata["widgets"] = {"state": {}}
    second.metadata["language_info"] = {"name": "python", "version": "3.12.1"}
    second.cells[9].metadata["execution"] = {"iopub.execute_input": "2024"}
    for notebook in (first, second):
        notebook.cells[6].metadata["tags"] = ["hide-input"]
    said = first.cells[9].outputs[0].text
    second.cells[10].outputs += [
        new_output("display_data", data={"text/html": '<div id="Qx" data-shufflequestions="False">'}),
        new_output("display_data", data={"application/javascript": "ask()"}),
    ]
    second.cells[9].outputs = [_stdout(said[:5]), _stdout(said[5:]), new_output("stream", name="stderr", text="slow")]
    paths = [write(tmp_path, n, f"{k}_method") for k, n in enumerate((first, second))]
    assert all([normalise(path) for path in paths])
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert not normalise(paths[0])
    kept = nbformat.read(paths[1], as_version=4)
    assert [c.get("execution_count") for c in kept.cells] == [c.get("execution_count") for c in first.cells]
    assert kept.cells[9].outputs[0].text == said
    assert kept.cells[1].metadata.tags == ["parameters"]
    assert [bool(c.metadata.get("jupyter", {}).get("source_hidden")) for c in kept.cells].index(True) == 6
    assert sum(bool(c.metadata.get("jupyter")) for c in kept.cells) == 1


@pytest.mark.parametrize("path", notebooks_in([NOTEBOOKS]), ids=lambda path: path.stem)
def test_a_notebook_becomes_a_script_of_python(path):
    _, resources = ScriptExporter().from_notebook_node(nbformat.read(path, as_version=4))
    assert resources["output_extension"] == ".py"


def test_command_line_reports_and_fails(tmp_path, capsys):
    good = write(tmp_path, page())
    assert main([str(good)]) == 0
    bad = page("20_other")
    bad.cells[-1].outputs = []
    path = write(tmp_path, bad, "20_other")
    assert main([str(good), str(path)]) == 1
    assert f"{path}: the last cell's output lacks the end-marker" in capsys.readouterr().out


def test_notebooks_come_in_natural_order(tmp_path):
    for name in ("10_b", "9_a", "00_start"):
        (tmp_path / f"{name}.ipynb").touch()
    assert [p.stem for p in notebooks_in([tmp_path])] == ["00_start", "9_a", "10_b"]
    with pytest.raises(FileNotFoundError, match="looked for"):
        notebooks_in([tmp_path / "nothing"])


NBVAL = ["-p", "no:cacheprovider", "--nbval", "-q", "--import-mode=importlib"]


@pytest.mark.slow
@pytest.mark.parametrize("skipped", [False, True])
def test_nbval_fails_when_it_compares_nothing(pytester, monkeypatch, skipped):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest((ROOT / "conftest.py").read_text())
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    cell = new_code_cell("print('same')", outputs=[_stdout("same\n")], execution_count=1)
    cell.outputs += [new_output("stream", name="stderr", text="only here")]
    if skipped:
        cell.metadata["tags"] = ["nbval-skip"]
    notebook.cells = [cell]
    nbformat.write(notebook, pytester.path / "n.ipynb")
    done = pytester.runpytest_subprocess(*NBVAL, "n.ipynb")
    assert done.ret == (1 if skipped else 0)
    done.stdout.fnmatch_lines([f"n.ipynb: {0 if skipped else 1} cells compared"])
