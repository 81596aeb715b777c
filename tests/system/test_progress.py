"""Progress changes one line below a cell that is watched, and leaves nothing in a notebook that is executed."""

import io
import sys
from types import SimpleNamespace

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat.v4 import new_code_cell, new_notebook, new_output

from depnb.course.notebooks import normalise
from depnb.system.progress import MARKUP, _watched_cell, progress

pytestmark = pytest.mark.usefixtures("trainings_in_this_process")

WORK = """
import time
from depnb.system import progress
progress.SECONDS_OF_SILENCE, progress.SECONDS_BETWEEN_UPDATES = {silence}, 0.0
for label in ("first", "<second>"):
    with progress.progress(label, 3) as bar:
        for _ in range(3):
            time.sleep(0.02)
            bar.advance()
"""


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel(kernel_name="python3")
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def _sent(client, silence, watched):
    """What a cell with two pieces of work sends, as (type, content)."""
    sent = []
    reply = client.execute_interactive(
        WORK.format(silence=silence),
        allow_stdin=watched,
        output_hook=lambda message: sent.append((message["msg_type"], message["content"])),
        timeout=60,
    )
    assert reply["content"]["status"] == "ok"
    return [(kind, content) for kind, content in sent if kind not in {"status", "execute_input"}]


def test_a_watched_cell_has_one_line_that_changes_and_no_standard_error(kernel):
    for _ in range(2):
        (first, *updates) = _sent(kernel, silence=0.0, watched=True)
        assert first[0] == "display_data"
        assert {kind for kind, _ in updates} == {"update_display_data"}
        assert {content["transient"]["display_id"] for _, content in updates} == {first[1]["transient"]["display_id"]}
        assert first[1]["data"]["text/plain"].startswith("first: 1/3 steps")
        last = updates[-1][1]["data"]
        assert last["text/plain"].startswith("<second>: 3/3 steps")
        assert last["text/html"].startswith(f"{MARKUP}&lt;second&gt;: 3/3 steps")


def test_short_work_shows_nothing_in_a_watched_cell(kernel):
    assert _sent(kernel, silence=2.0, watched=True) == []


def test_a_cell_that_nobody_watches_has_lines_on_standard_error(kernel):
    sent = _sent(kernel, silence=0.0, watched=False)
    assert {(kind, content["name"]) for kind, content in sent} == {("stream", "stderr")}
    assert "first: 3/3 steps" in "".join(content["text"] for _, content in sent)


@pytest.mark.parametrize(
    ("request_", "cell"),
    [
        ({"header": {"msg_id": "a"}, "content": {"code": "1", "allow_stdin": True}}, "a"),
        ({"header": {"msg_id": "a"}, "content": {"code": "1", "allow_stdin": False}}, None),
        ({"header": {"msg_id": "b"}, "content": {"comm_id": "slider", "data": {}}}, "b"),
        ({}, None),
    ],
)
def test_cells_with_a_reader_and_moved_widgets_are_watched(monkeypatch, request_, cell):
    kernel = SimpleNamespace(get_parent=lambda channel: request_)
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(kernel=kernel))
    assert _watched_cell() == cell


def test_python_and_ipython_in_a_terminal_are_no_notebook(monkeypatch):
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace())
    assert _watched_cell() is None
    monkeypatch.delitem(sys.modules, "IPython")
    assert _watched_cell() is None
    assert "IPython" not in sys.modules


def test_an_executed_notebook_keeps_no_progress(tmp_path):
    notebook = new_notebook(cells=[new_code_cell(WORK.format(silence=0.0))])
    ExecutePreprocessor(kernel_name="python3", timeout=60).preprocess(notebook)
    outputs = notebook.cells[0].outputs
    assert {output.get("name") for output in outputs} == {"stderr"}
    line = new_output("display_data", data={"text/plain": "faces: 3/3", "text/html": f"{MARKUP}faces: 3/3</pre>"})
    notebook.cells[0].outputs = [*outputs, line, new_output("stream", name="stdout", text="said\n")]
    nbformat.write(notebook, tmp_path / "n.ipynb")
    assert normalise(tmp_path / "n.ipynb")
    (kept,) = nbformat.read(tmp_path / "n.ipynb", as_version=4).cells[0].outputs
    assert kept.text == "said\n"


def test_outside_of_notebooks_the_last_line_goes_to_standard_error(capsys):
    with progress("faces", 2, "videos") as bar:
        bar.advance()
        bar.advance(note="b.mp4")
    captured = capsys.readouterr()
    assert captured.err.startswith("faces: 2/2 videos, ")
    assert captured.err.endswith("(b.mp4)\n")
    assert captured.out == ""


class _Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("terminal", [False, True])
def test_a_name_is_shown_and_does_nothing(monkeypatch, terminal):
    monkeypatch.setattr(sys, "stderr", _Terminal() if terminal else io.StringIO())
    monkeypatch.setenv("COLUMNS", "160")
    with progress("faces of [/b]", 2, "videos") as bar:
        bar.advance(2, note="a[/b]\x1b]0;x\x07.mp4")
    shown = sys.stderr.getvalue()
    assert "faces of [/b]" in shown
    assert r"a[/b]\x1b]0;x\x07.mp4" in shown
    assert "\x1b]0" not in shown


@pytest.mark.parametrize("terminal", [False, True])
def test_a_count_that_was_too_low_grows(monkeypatch, terminal):
    monkeypatch.setattr(sys, "stderr", _Terminal() if terminal else io.StringIO())
    monkeypatch.setenv("COLUMNS", "160")
    with progress("faces", 9, "frames") as bar:
        for _ in range(12):
            bar.advance()
    assert "12/12" in sys.stderr.getvalue()
    assert "12/9" not in sys.stderr.getvalue()
