"""The example of docs/adding_a_paper.md works as it stands there: three new files, and nothing else is touched."""

import re
import shutil
import sys
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from typer.testing import CliRunner

from depnb import cli, course, methods
from depnb.course.headless import execute
from depnb.experiments import corpora, execute, grid
from depnb.experiments.store import Store
from depnb.inputs.videos import Frames
from depnb.reports import figures, tables
from tests.results_made import result_of
from tools.lint_notebooks import lint

pytestmark = pytest.mark.usefixtures("trainings_in_this_process")

DOCUMENT = course.ROOT / "docs" / "adding_a_paper.md"
FILES = dict(re.findall(r"^```python title=(\S+)\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.M | re.S))
METHOD, NOTEBOOK, SOLUTIONS, TESTS = FILES
PAPER = Path(METHOD).stem
NAME = Path(NOTEBOOK).stem


def from_percent(text: str) -> nbformat.NotebookNode:
    """A notebook from text with ``# %%`` between the cells, as jupytext reads it."""
    cells = []
    for head, body in re.findall(r"^# %%([^\n]*)\n(.*?)(?=^# %%|\Z)", text, re.M | re.S):
        if "[markdown]" in head:
            cells.append(new_markdown_cell(re.sub(r"^# ?", "", body, flags=re.M).strip()))
        else:
            tags = re.findall(r'"([^"]+)"', head)
            cells.append(new_code_cell(body.strip(), metadata={"tags": tags} if tags else {}))
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return new_notebook(cells=cells, metadata=kernel)


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """A copy of the package and of the earlier notebooks, with the new files added."""
    root = tmp_path_factory.mktemp("repository")
    shutil.copytree(course.ROOT / "depnb", root / "depnb", ignore=shutil.ignore_patterns("__pycache__"))
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        if path == NOTEBOOK:
            nbformat.write(from_percent(text), root / path)
        else:
            (root / path).write_text(text, encoding="utf-8")
    for earlier in course.NOTEBOOKS.glob("*.ipynb"):
        if earlier.stem < NAME:
            shutil.copy(earlier, root / "notebooks")
    return root


@pytest.fixture
def added(repository, monkeypatch, tmp_path):
    """The new method is in ``depnb.methods``; the cache is empty, and frames are noise as bright as the label."""
    opened = corpora.opened

    def labelled(corpus, profile):
        return replace(open_for_profile(corpus, profile), ensure=lambda recordings: None)

    def bright(recordings, input_spec, frames, size):
        rng = np.random.default_rng(len(recordings))
        light = np.array([60 + 3 * r.bdi for r in recordings])[:, None, None, None, None]
        pixels = light + rng.normal(0, 10, (len(recordings), frames, 3, size, size))
        return Frames(torch.from_numpy(pixels.clip(0, 255).astype(np.uint8)), tuple(recordings))

    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(repository / "depnb" / "methods")])
    monkeypatch.setattr(execute, "open_for_profile", labelled)
    monkeypatch.setattr(execute, "load", bright)
    monkeypatch.setattr(execute.faces, "prepare", lambda recordings, settings: None)
    open_for_profile.cache_clear()
    yield
    open_for_profile.cache_clear()
    sys.modules.pop(f"depnb.methods.{PAPER}", None)
    vars(methods).pop(PAPER, None)


def test_the_document_holds_the_files_that_it_lists():
    assert [Path(path).parts[:-1] for path in FILES] == [
        ("depnb", "methods"),
        ("notebooks",),
        ("notebooks", "solutions"),
        ("tests", "evidence"),
    ]
    assert PAPER not in methods.papers()


def test_a_method_file_is_enough_to_be_in_the_grid(added):
    module = methods.method(PAPER)
    assert PAPER in methods.papers()
    assert module.notebook == NAME
    runs = [run for run in grid.grid("smoke", "all", seeds=(0,)) if run.paper == PAPER]
    assert [(run.row, run.corpus, run.protocol) for run in runs] == list(grid.rows(PAPER))
    assert {row for row, _, _ in grid.rows(PAPER)} == module.rows.keys()


def test_the_document_explains_every_name_of_the_interface(added):
    explained = set(re.findall(r"^\| `(\w+)", DOCUMENT.read_text(encoding="utf-8"), re.M))
    names = set(re.findall(r"``([A-Z]+)``", methods.__doc__))
    assert len(names) >= 10
    assert names <= explained
    assert names - {"FUSED"} <= vars(methods.method(PAPER)).keys()  # which not every method has
    assert {"body", "attended", "start_at", "loss", "score", "describe"} <= explained


def test_its_own_tests_pass(added, repository):
    methods.method(PAPER)
    spec = spec_from_file_location("tests_of_the_example", repository / TESTS)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    own = [value for name, value in vars(module).items() if name.startswith("test_")]
    assert len(own) >= 3
    for test in own:
        test()


def test_its_solutions_pass_their_checkers(repository, monkeypatch):
    monkeypatch.setattr(course, "SOLUTIONS", repository / "notebooks" / "solutions")
    module = course.exercises(NAME)
    names = course.checkers(module)
    assert {name: course.judge(module, name, getattr(module, name)) for name in names} == dict.fromkeys(names)
    assert [name for name in names if f'course.check("{name}"' not in FILES[NOTEBOOK]] == []


def test_its_rows_are_trained_drawn_and_taught(added, repository, monkeypatch, tmp_path):
    store = Store(tmp_path / "run" / "results")
    for run in grid.grid("smoke", "all", seeds=(0,)):
        if run.paper != PAPER:
            store.save(result_of(run))
    command = ["run", "--missing", "--profile", "smoke", "--rows", "all", "--seed", "0", "--device", "cpu"]
    done = CliRunner().invoke(cli.app, [*command, "--store", str(store.path)])
    assert done.exit_code == 0, done.output
    own = store.results(PAPER)
    assert [result.run for result in own] == sorted(
        run for run in grid.grid("smoke", "all", seeds=(0,)) if run.paper == PAPER
    )
    assert f"{len(own)} missing" in done.output
    assert all(result.learnt for result in own)

    monkeypatch.setattr(figures, "_diagrams", lambda paper: {})  # which show faces, and there are none here
    alone = Store(tmp_path / "alone")
    shutil.copytree(store.path / PAPER, alone.path / PAPER)
    monkeypatch.setattr(figures, "FIGURES", {"results_unseen": figures.FIGURES["results_unseen"]})
    figures.make_all(alone, tmp_path / "figures")
    index = (tmp_path / "figures" / "index.md").read_text(encoding="utf-8")
    for name in ("results_unseen", f"{PAPER}_unseen", f"{PAPER}_measured_unseen", f"{PAPER}_claims"):
        assert f"![{name}]" in index
    rows = set(tables.measured_table(own, "unseen")["predictor"])
    assert methods.method(PAPER).rows.keys() <= rows

    monkeypatch.setenv("PYTHONPATH", str(repository))
    output = tmp_path / "run" / "notebooks" / f"{NAME}.ipynb"
    parameters = {"profile": "smoke", "store": str(store.path), "device": "cpu"}
    outcome = execute(repository / NOTEBOOK, output, parameters, log=tmp_path / "log", cell_timeout=120)
    assert outcome.problem == ""
    assert lint(as_committed(output, repository)) == []


def as_committed(executed: Path, repository: Path) -> Path:
    """The executed notebook in its place in the repository, without papermill's cell of injected parameters."""
    notebook = nbformat.read(executed, as_version=4)
    (injected,) = [cell for cell in notebook.cells if cell.source.startswith("# Parameters")]
    notebook.cells.remove(injected)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for count, cell in enumerate(code, start=1):
        cell.execution_count = count
    nbformat.write(notebook, repository / NOTEBOOK)
    return repository / NOTEBOOK
