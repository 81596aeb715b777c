"""What counts as a good end: of a notebook, of a reproduction."""

import json
import os
from dataclasses import asdict

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from depnb.course.headless import _has_marker
from depnb.course.notebooks import END_MARKER
from depnb.course.reproduction import Settings, unfinished

SETTINGS = Settings(profile="smoke", device="cpu")
MARK = END_MARKER.format(name="01_one")


def executed(folder, *texts):
    path = folder / "01_one.ipynb"
    cells = [new_code_cell("…", outputs=[new_output("stream", text=text)] if text else []) for text in texts]
    nbformat.write(new_notebook(cells=[*cells, new_markdown_cell("the end")]), path)
    return path


@pytest.mark.parametrize(
    ("texts", "good"),
    [
        (("", f"hello\n{MARK}\n"), True),
        ((f"{MARK}\n", "hello\n"), False),
        ((f"{MARK}\n", ""), False),
        (("", f"not {MARK}\n"), False),
        (("", f"{END_MARKER.format(name='02_two')}\n"), False),
        (("",), False),
    ],
)
def test_only_the_last_cell_can_say_that_a_notebook_is_finished(tmp_path, texts, good):
    assert _has_marker(executed(tmp_path, *texts), "01_one") is good


def ended(runs, name, finished, problems, settings=SETTINGS, age=0):
    folder = runs / name
    folder.mkdir(parents=True)
    state = folder / "run.json"
    state.write_text(json.dumps({**asdict(settings), "finished": finished, "problems": problems}))
    os.utime(state, (10**9 - age, 10**9 - age))
    return folder


@pytest.mark.parametrize(
    ("finished", "problems", "goes_on"),
    [(True, [], False), (True, ["02: failed"], True), (False, [], True), (False, ["02: failed"], True)],
)
def test_a_run_with_problems_or_without_an_end_is_gone_on_with(tmp_path, finished, problems, goes_on):
    folder = ended(tmp_path / "runs", "one", finished, problems)
    assert unfinished(SETTINGS, tmp_path / "runs") == (folder if goes_on else None)


def test_the_newest_unfinished_folder_with_all_the_same_settings_is_gone_on_with(tmp_path):
    runs = tmp_path / "runs"
    ended(runs, "old", False, [], age=20)
    newest = ended(runs, "new", False, [], age=10)
    ended(runs, "other", False, [], Settings(profile="quick", device="cpu"))
    assert unfinished(SETTINGS, runs) == newest
