"""A notebook in a real JupyterLab: no red box, a slider that moves its picture, questions and exercises that answer."""

import json
import os
import socket
import subprocess
import sys
import time
from urllib.request import urlopen

import nbformat
import pytest

from depnb.course import copy_notebooks
from depnb.course.questions import QUESTIONS

pytestmark = pytest.mark.alone
NAME = "20_temporal_pooling"
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}
"""No news; and all cells are in the page, not only those in view."""
ALL_HAVE_RUN = r"""() => {
    const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")].map(prompt => prompt.innerText);
    return !prompts.some(prompt => prompt.includes("*")) && /\d/.test(prompts.at(-1));
}"""
PICTURE = 'document.querySelector(".widget-interact img")'
ERRORS = ", ".join(f'[data-mime-type="application/vnd.jupyter.{kind}"]' for kind in ("error", "stderr"))
STARTS_S, RUNS_S, MOVES_S = 60, 240, 20


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab that serves a learner's copies."""
    folder = tmp_path_factory.mktemp("lab")
    copy_notebooks(folder / "my")
    _forget_outputs(folder / "my" / f"{NAME}.ipynb")
    for name, settings in SETTINGS.items():
        path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {name: str(folder / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(folder / "spaces")}
    options = [f"--ServerApp.port={port}", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder / 'my'}"]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", *options]
    with open(folder / "log", "w") as log:
        server = subprocess.Popen(command, env=os.environ | own, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/api", server, folder / "log")
            yield address
        finally:
            server.terminate()
            server.wait(STARTS_S)


def _forget_outputs(path):
    """What is in the page afterwards has then been put out there."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, path)


def _wait_for(address, server, log):
    for _ in range(2 * STARTS_S):
        assert server.poll() is None, log.read_text()
        try:
            with urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError(f"JupyterLab did not start in {STARTS_S} s: {log.read_text()}")


@pytest.fixture(scope="module")
def page(lab, browser):
    """The notebook, after all its cells have run."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(f"{lab}/lab/tree/{NAME}.ipynb?reset")
    page.locator(".jp-NotebookPanel .jp-Notebook .jp-Cell").first.wait_for(timeout=1000 * STARTS_S)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=1000 * STARTS_S)
    page.wait_for_timeout(3000)  # JupyterLab restores its last layout now, and takes no command until then
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(ALL_HAVE_RUN, timeout=1000 * RUNS_S)
    return page


def test_all_cells_run_and_none_ends_with_an_error(page):
    assert f"depnb: finished {NAME}" in page.locator(".jp-CodeCell").last.inner_text()
    assert page.locator(ERRORS).all_inner_texts() == []


def test_a_key_on_the_slider_moves_the_picture(page):
    before = page.evaluate(f"() => {PICTURE}?.src")
    assert before.startswith("data:image/png")
    page.locator(".widget-interact").get_by_role("slider").first.press("ArrowRight")
    page.wait_for_function(f"before => {PICTURE} && {PICTURE}.src !== before", arg=before, timeout=1000 * MOVES_S)
    assert page.locator(ERRORS).count() == 0


def test_a_question_is_answered_with_its_reason(page):
    questions = json.loads((QUESTIONS / f"{NAME}.json").read_text(encoding="utf-8"))
    answer = next(one for question in questions if question["type"] == "multiple_choice" for one in question["answers"])
    page.get_by_text(answer["answer"], exact=True).first.click()
    page.get_by_text(answer["feedback"]).wait_for(timeout=5000)


def test_an_exercise_that_is_not_answered_says_so(page):
    assert page.get_by_text("✘ signs: not answered yet").count() == 1
