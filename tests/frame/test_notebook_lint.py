"""Every rule of the notebook lint lets a good notebook pass and names what is wrong in a bad one."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from depnb.notebook_lint import lint, main, normalise, notebooks_in, quick_seconds
from tests.miniature import OPENING, miniature


def write(folder, notebook, name="10_method"):
    path = folder / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path


def test_a_good_notebook_has_nothing_wrong(tmp_path):
    assert lint(write(tmp_path, miniature())) == []


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


def _no_tag(notebook):
    for cell in notebook.cells:
        cell.metadata.pop("tags", None)


def _second_parameters(notebook):
    notebook.cells[3].metadata["tags"] = ["parameters"]


def _drop(needle):
    def edit(notebook):
        notebook.cells = [cell for cell in notebook.cells if needle not in cell.source]

    return edit


def _nothing_compared(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.outputs:
            cell.metadata["tags"] = ["nbval-ignore-output"]


def _many_pictures(notebook):
    picture = new_output("display_data", data={"image/png": "aGk="})
    notebook.cells[3].outputs += [picture] * 13


def _too_big(notebook):
    notebook.cells[3].outputs.append(new_output("display_data", data={"image/png": "A" * 1_000_000}))


def _kernel(notebook):
    notebook.metadata.kernelspec.name = "depnb-env"


def _papermill(notebook):
    notebook.metadata["papermill"] = {"duration": 1}


def _timed_cell(notebook):
    notebook.cells[3].metadata["execution"] = {"iopub.execute_input": "2024"}


def _unexecuted(notebook):
    notebook.cells[3].execution_count = None


FAULTS = {
    "no opening": (_edit(0, cell_type="raw"), "first cell must be the opening"),
    "two titles": (lambda n: n.cells.append(new_markdown_cell("# Again")), "exactly one H1"),
    "no title": (_replace(0, "# A method", "A method"), "exactly one H1"),
    "no paper": (_replace(0, "**Paper:**", ""), "neither **Paper:**"),
    "no aims": (_replace(0, "* say what it does", ""), "You will be able to"),
    "no needs": (_replace(0, "**Needs:** nothing.", ""), "**Needs:**"),
    "no time": (_replace(0, "30 s on 2 cores, paper 2 h", "fast"), "**Time:**"),
    "no parameters cell": (_no_tag, "tagged “parameters”"),
    "two parameters cells": (_second_parameters, "tagged “parameters”"),
    "a derived parameter": (_replace(1, 'store = "committed"', "store = profile"), "parameter store is no literal"),
    "an undocumented parameter": (_replace(1, "  # of the runs in an own store", ""), "seed has no comment"),
    "a parameter less": (_replace(1, 'device = "auto"  # auto, cpu, cuda', ""), "lacks device"),
    "more than assignments": (_replace(1, "seed = 0", "import os\nseed = 0"), "assignments only; line 5"),
    "no set-up cell": (_replace(2, "course.start(", "other("), "second code cell must be the set-up"),
    "another one's name": (_replace(2, "10_method", "20_other"), "this notebook's name"),
    "not executed": (_unexecuted, "not executed once from top to bottom"),
    "an error": (_edit(3, outputs=[new_output("error", ename="KeyError", evalue="x")]), "ended with KeyError"),
    "a warning": (_edit(3, outputs=[new_output("stream", name="stderr", text="old")]), "written to stderr: 'old'"),
    "no end": (_edit(-1, source="print()"), "must call session.end()"),
    "no marker": (_edit(-1, outputs=[]), "lacks the end-marker"),
    "another kernel": (_kernel, "kernel is 'depnb-env'"),
    "a home": (_edit(3, outputs=[_stdout("saved /home/me/x")]), "path of one machine: '/home/'"),
    "a home in code": (_edit(3, source="open('/Users/me/x')"), "path of one machine: '/Users/'"),
    "a Windows home": (_edit(3, outputs=[_stdout("C:\\Users\\me")]), "path of one machine"),
    "papermill's metadata": (_papermill, "volatile metadata (papermill)"),
    "times in a cell": (_timed_cell, "volatile metadata (execution)"),
    "a long cell": (_edit(3, source="\n".join(["x = 1"] * 46)), "46 lines"),
    "an album": (_many_pictures, "13 pictures"),
    "a heavy file": (_too_big, "1.0 MB"),
    "no differences": (_drop("Where we differ"), "Where we differ"),
    "no exercises": (_drop("## Exercises"), "no heading “Exercises”"),
    "two exercises": (_drop("'e2'"), "2 exercises with a checker"),
    "no live training": (_drop("trained live"), "nbval-skip"),
    "nothing to compare": (_nothing_compared, "nbval compares no cell"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named(tmp_path, fault):
    edit, expected = FAULTS[fault]
    notebook = miniature()
    edit(notebook)
    messages = lint(write(tmp_path, notebook))
    assert any(expected in message for message in messages), messages


@pytest.mark.parametrize(
    ("name", "needless"), [("00_start_here", ("Where", "Exerc", "live", "'e")), ("02_faces", ("Where", "live"))]
)
def test_only_paper_notebooks_owe_everything(tmp_path, name, needless):
    notebook = miniature(name)
    notebook.cells = [c for c in notebook.cells if not any(word in c.source for word in needless)]
    for count, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), start=1):
        cell.execution_count = count
    assert lint(write(tmp_path, notebook, name)) == []


def test_a_hash_in_a_code_block_is_no_title(tmp_path):
    notebook = miniature()
    notebook.cells[5].source += "\n\n```\n# a comment\n```\n"
    assert lint(write(tmp_path, notebook)) == []


def test_quick_seconds_is_what_the_opening_says_first(tmp_path):
    notebook = miniature()
    path = write(tmp_path, notebook)
    assert quick_seconds(path) == 30
    notebook.cells[0].source = OPENING.replace("30 s", "1.5 min")
    assert quick_seconds(write(tmp_path, notebook)) == 90


def test_normalise_makes_two_runs_equal_and_keeps_what_they_say(tmp_path):
    first, second = miniature(), miniature()
    second.metadata["papermill"] = {"start_time": "2024"}
    second.metadata["widgets"] = {"state": {}}
    second.metadata["language_info"] = {"name": "python", "version": "3.12.1"}
    second.cells[3].metadata["execution"] = {"iopub.execute_input": "2024"}
    second.cells[3].outputs = [_stdout("2"), _stdout("\n"), new_output("stream", name="stderr", text="slow")]
    paths = [write(tmp_path, n, f"{k}_method") for k, n in enumerate((first, second))]
    assert all([normalise(path) for path in paths])
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert not normalise(paths[0])
    kept = nbformat.read(paths[1], as_version=4)
    assert [c.get("execution_count") for c in kept.cells] == [c.get("execution_count") for c in first.cells]
    assert kept.cells[3].outputs[0].text == "2\n"
    assert kept.cells[1].metadata.tags == ["parameters"]


def test_command_line_reports_and_fails(tmp_path, capsys):
    good = write(tmp_path, miniature())
    assert main([str(tmp_path)]) == 0
    bad = miniature("20_other")
    bad.cells[-1].outputs = []
    path = write(tmp_path, bad, "20_other")
    assert main([str(good), str(path)]) == 1
    assert f"{path}: the last cell's output lacks the end-marker" in capsys.readouterr().out


def test_notebooks_come_in_natural_order(tmp_path):
    for name in ("10_b", "9_a", "00_start"):
        write(tmp_path, miniature(name), name)
    assert [p.stem for p in notebooks_in([tmp_path])] == ["00_start", "9_a", "10_b"]
    with pytest.raises(FileNotFoundError, match="looked for"):
        notebooks_in([tmp_path / "nothing"])


NBVAL = ["-p", "no:cacheprovider", "--nbval", "-q", "--import-mode=importlib"]


@pytest.mark.parametrize("skipped", [False, True])
def test_nbval_fails_when_it_compares_nothing(pytester, skipped):
    pytester.makeconftest((Path(__file__).parents[2] / "conftest.py").read_text())
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
