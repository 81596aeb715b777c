"""The example of docs/adding_a_paper.md works as it stands there: new files, and no other file is touched."""

import re
import shutil
import sys
from dataclasses import fields, replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from depnb import methods
from depnb.course import checking, headless
from depnb.experiments import corpora, execute, filling, grid, settings
from depnb.experiments.store import Store
from depnb.inputs.videos import Frames
from depnb.methods import check, registry
from depnb.methods.contract import Paper
from depnb.reports import figures, tables
from depnb.system.repository import NOTEBOOKS, ROOT
from tests.bright import open_everywhere
from tools.lint_notebooks import lint

pytestmark = [pytest.mark.usefixtures("trainings_in_this_process"), pytest.mark.slow]

DOCUMENT = ROOT / "docs" / "adding_a_paper.md"
FILES = dict(re.findall(r"^```\w+ title=(\S+)\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.M | re.S))
(ROWS,) = (path for path in FILES if Path(path).name == "rows.py")
(NOTEBOOK,) = (path for path in FILES if path.endswith(".ipynb"))
(TESTS,) = (path for path in FILES if path.startswith("tests/"))
PAPER = Path(ROWS).parent.name
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
    shutil.copytree(ROOT / "depnb", root / "depnb", ignore=shutil.ignore_patterns("__pycache__"))
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        if path == NOTEBOOK:
            nbformat.write(from_percent(text), root / path)
        else:
            (root / path).write_text(text, encoding="utf-8")
    for earlier in NOTEBOOKS.glob("*.ipynb"):
        if earlier.stem < NAME:
            shutil.copy(earlier, root / "notebooks")
    return root


@pytest.fixture
def added(repository, monkeypatch, tmp_path):
    """The new paper is in ``depnb.methods``; the cache is empty, and frames are noise as bright as the label."""
    opened = corpora.open_for_profile

    def bright(recordings, input_spec, frames, size):
        rng = np.random.default_rng(len(recordings))
        light = np.array([60 + 3 * r.bdi for r in recordings])[:, None, None, None, None]
        pixels = light + rng.normal(0, 10, (len(recordings), frames, 3, size, size))
        return Frames(torch.from_numpy(pixels.clip(0, 255).astype(np.uint8)), tuple(recordings))

    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(repository / "depnb" / "methods")])
    open_everywhere(monkeypatch, lambda *names: replace(opened(*names), ensure=lambda recordings: None))
    monkeypatch.setattr(execute, "load", bright)
    monkeypatch.setattr(execute.faces, "prepare", lambda recordings, settings: None)
    corpora.open_for_profile.cache_clear()
    registry._papers.cache_clear()
    yield
    corpora.open_for_profile.cache_clear()
    registry._papers.cache_clear()
    for module in [name for name in sys.modules if f"{name}.".startswith(f"depnb.methods.{PAPER}.")]:
        del sys.modules[module]
    vars(methods).pop(PAPER, None)


def own_runs():
    return [run for run in grid.grid("smoke", "all", seeds=(0,)) if run.paper == PAPER]


def test_the_document_holds_the_files_that_it_lists():
    folder = f"depnb/methods/{PAPER}"
    assert set(FILES) == {
        *(f"{folder}/{file}" for file in ("__init__.py", "__init__.pyi", "rows.py", "network.py", "sources.csv")),
        f"notebooks/{NAME}.ipynb",
        f"notebooks/solutions/{NAME}.py",
        f"tests/methods/test_{PAPER}.py",
    }
    assert PAPER not in registry.papers()


def test_a_folder_is_enough_to_be_in_the_grid(added):
    paper = registry.method(PAPER)
    assert PAPER in registry.papers()
    assert paper.notebook == NAME
    assert [(run.row, run.corpus, run.protocol) for run in own_runs()] == list(grid.rows(PAPER))
    assert {row for row, _, _ in grid.rows(PAPER)} == paper.rows.keys()


def test_the_check_finds_nothing(added, repository, monkeypatch):
    monkeypatch.setattr(check, "ROOT", repository)
    monkeypatch.setattr(check, "NOTEBOOKS", repository / "notebooks")
    assert check.problems(PAPER) == []
    assert settings.problems(registry.method(PAPER)) == []


def test_the_document_explains_every_part_of_the_contract():
    explained = set(re.findall(r"^\| `(\w+)", DOCUMENT.read_text(encoding="utf-8"), re.M))
    assert {field.name for field in fields(Paper)} <= explained
    assert {"body", "attended", *check.ANSWERS} <= explained


def test_its_own_tests_pass(added, repository):
    spec = spec_from_file_location("tests_of_the_example", repository / TESTS)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    own = [value for name, value in vars(module).items() if name.startswith("test_")]
    assert len(own) >= 3
    for test in own:
        test()


def test_its_solutions_pass_their_checkers(repository, monkeypatch):
    monkeypatch.setattr(checking, "SOLUTIONS", repository / "notebooks" / "solutions")
    module = checking.exercises(NAME)
    names = checking.checkers(module)
    assert {name: checking.judge(module, name, getattr(module, name)) for name in names} == dict.fromkeys(names)
    assert [name for name in names if f'course.check("{name}"' not in FILES[NOTEBOOK]] == []


@pytest.mark.last
def test_its_rows_are_trained_drawn_and_taught(added, repository, monkeypatch, tmp_path):
    store, problems = Store(tmp_path / "run" / "results"), []
    filling.fill(store.missing(own_runs()), store, "cpu", lambda line: None, problems.append)
    assert problems == []
    own = store.results(PAPER)
    assert [result.run for result in own] == sorted(own_runs())
    assert all(result.learnt for result in own)

    monkeypatch.setattr(figures, "papers", lambda: (PAPER,))  # diagrams of the others show faces, and there are none
    monkeypatch.setattr(figures, "FIGURES", {"results_unseen": figures.FIGURES["results_unseen"]})
    figures.make_all(store, tmp_path / "figures")
    index = (tmp_path / "figures" / "index.md").read_text(encoding="utf-8")
    for name in ("results_unseen", f"{PAPER}_unseen"):
        assert f"![{name}]" in index
    for name in (f"{PAPER}_measured_unseen", f"{PAPER}_claims"):
        assert f"| {name} |" in index
    rows = set(tables.measured_table(own, "unseen")["predictor"])
    assert registry.method(PAPER).rows.keys() <= rows

    monkeypatch.setenv("PYTHONPATH", str(repository))
    output = tmp_path / "run" / "notebooks" / f"{NAME}.ipynb"
    parameters = {"profile": "smoke", "store": str(store.path), "device": "cpu"}
    outcome = headless.execute(repository / NOTEBOOK, output, parameters, log=tmp_path / "log", cell_timeout=120)
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
