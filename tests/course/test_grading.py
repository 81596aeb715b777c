import os

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from depnb.course import answers, grading

START = 'import os, sys, time\nfrom depnb import course\n\nif False:\n    session = course.start("41_depnet_results")'
FLIPS = """def sign_flips(differences):
    patterns = product((-1, 1), repeat=len(differences))
    sums = [abs(sum(s * d for s, d in zip(signs, differences))) for signs in patterns]
    return sum(s >= abs(sum(differences)) - 1e-9 for s in sums) / len(sums)


course.check("sign_flips", sign_flips)"""


def test_cells_that_a_check_needs():
    cells = [
        "import numpy as np",
        "half = 0.5",
        "def helper(x):\n    return half * x",
        "unrelated = slow()",
        "def answer(x):\n    return helper(x)\ncourse.check('a', answer)",
        "helper = None",
    ]
    assert answers.needed(cells, 4) == [1, 2, 4]


def test_names_from_imports_loops_and_classes_are_found():
    cells = ["from os import path as p", "for q in range(3):\n    pass", "class R:\n    pass", "print(p, q, R)"]
    assert answers.needed(cells, 3) == [0, 1, 2, 3]


def test_a_cell_that_is_no_python_needs_only_itself():
    assert answers.needed(["x = 1", "def f(:\n    return x"], 1) == [1]


def test_lines_of_jupyter_are_left_out(tmp_path):
    nbformat.write(new_notebook(cells=[new_code_cell("%matplotlib inline\nx = 1\n!ls\nx?")]), tmp_path / "a.ipynb")
    assert "".join(answers.code_of(tmp_path / "a.ipynb")).split() == ["x", "=", "1", "x?"]


def written(path, *cells):
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=[new_markdown_cell("# mine"), *map(new_code_cell, cells)]), path)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_a_class_of_learners(tmp_path):
    written(tmp_path / "ann" / "41.ipynb", START, "from itertools import product", "raise ValueError", FLIPS)
    written(tmp_path / "ben" / "41_depnet_results.ipynb", START, FLIPS)  # product is not imported
    written(
        tmp_path / "cat" / "a.ipynb",
        START,
        FLIPS.replace("def sign_flips(differences):", "while True:\n    pass\n\n\ndef sign_flips(differences):"),
    )
    written(
        tmp_path / "dan" / "a.ipynb",
        START,
        "sys.exit()\n" + FLIPS,
        'course.check("draws_error", lambda *x: (1.0, 1.0))',
    )
    written(tmp_path / "eve" / "a.ipynb", START, "os._exit(3)\n" + FLIPS)
    written(tmp_path / "fay" / "a.ipynb", "x = 1")
    written(
        tmp_path / "gus" / "a.ipynb",
        START,
        "def sign_flips(differences:\n    pass\ncourse.check('sign_flips', sign_flips)",
    )
    (tmp_path / "hal").mkdir()
    (tmp_path / "hal" / "a.ipynb").write_text("{")
    grades = grading.grade(tmp_path, seconds=3)
    of = {(g.learner, g.exercise): (g.result, g.said) for g in grades}
    assert of["ann", "sign_flips"] == ("right", "")
    assert of["ann", "draws_error"][0] == "not answered"
    assert of["ben", "sign_flips"] == ("wrong", "your code stops with NameError: name 'product' is not defined")
    assert of["cat", "sign_flips"] == ("wrong", "stopped after 3 s")
    assert of["dan", "sign_flips"] == ("wrong", "its cell ends Python (exit)")
    assert of["dan", "draws_error"][0] == "wrong"
    assert of["eve", ""] == (grading.UNREADABLE, "its process ended with status 3")
    assert of["fay", ""] == (grading.UNREADABLE, "no notebook of the course: no cell calls course.start")
    assert of["gus", "sign_flips"][1].startswith("its cell stops with SyntaxError")
    assert of["hal", ""][1] == "no notebook that can be read (NotJSONError)"
    summary = grading.summary(grades)
    assert dict(zip(summary["learner"], summary["right"], strict=True))["ann"] == "1 of 3"


def test_a_folder_without_notebooks_is_named(tmp_path):
    (tmp_path / ".ipynb_checkpoints").mkdir()
    written(tmp_path / ".ipynb_checkpoints" / "a.ipynb", "x = 1")
    with pytest.raises(FileNotFoundError, match="No notebook in"):
        grading.grade(tmp_path, seconds=3)
