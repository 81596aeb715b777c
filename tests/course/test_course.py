"""Sessions, exercises, comparisons, tables, and the folder to play in."""

import hashlib
import io
import json
import math
import re
import subprocess
import sys
from dataclasses import replace

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from depnb import course
from depnb.course import checking, session as session_module
from depnb.experiments import execute, grid
from depnb.experiments.result import MissingResult
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.methods.profiles import Scale
from depnb.methods.registry import imported_weights, method
from depnb.system import style
from depnb.system.repository import NOTEBOOKS
from tests.results_made import result_of

pytestmark = pytest.mark.usefixtures("trainings_in_this_process")

PARAMETERS = dict(profile="quick", corpus="both", protocol="honest", store="committed", seed=0, device="auto")


@pytest.fixture(autouse=True)
def own_places(monkeypatch, tmp_path):
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(session_module, "ROOT", tmp_path)
    monkeypatch.setattr(session_module, "COMMITTED", tmp_path / "results")


def start(**changes):
    return course.start("10_method", **(PARAMETERS | changes))


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, as in a notebook."""
    bundles = []
    monkeypatch.setattr("IPython.get_ipython", lambda: object())
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: bundles.append(bundle))
    return bundles


def test_start_says_what_it_runs_on_and_nothing_about_the_machine(capsys, tmp_path):
    start()
    assert capsys.readouterr().out == ("generated corpus “both”, profile quick, protocol honest, results: committed\n")
    start(profile="smoke", store=str(tmp_path / "r"), seed=5)
    said = capsys.readouterr().out
    assert "trained with seed 5" in said
    assert str(tmp_path) not in said


def test_start_seeds_the_generators():
    import torch

    draws = []
    for seed in (1, 1, 2):
        start(seed=seed)
        draws.append((float(np.random.rand()), float(torch.rand(1))))  # noqa: NPY002
    assert draws[0] == draws[1] != draws[2]


@pytest.mark.parametrize(
    "wrong",
    [{"profile": "fast"}, {"protocol": "fair"}, {"device": "gpu"}, {"seed": -1}, {"seed": "0"}, {"profile": "paper"}],
)
def test_parameters_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match="|".join(map(str, wrong.values()))):
        start(**wrong)


def test_the_corpus_has_the_size_of_the_profile():
    quick, tiny = start().corpus, start(profile="smoke", store="runs/x").corpus
    assert (quick.name, quick.generated) == ("both", True)
    assert len(tiny.recordings) < len(quick.recordings)


def test_committed_results_are_of_the_profile_that_is_shown_and_a_miss_is_an_error(tmp_path):
    session = start()
    paper = grid.grid("quick")[0].paper
    with pytest.raises(MissingResult, match="make results"):
        session.results(paper)
    runs = [run for run in grid.grid(grid.committed_profile(paper), "headline") if run.paper == paper]
    for run in runs:
        Store(tmp_path / "results").save(result_of(run))
    assert [result.run for result in session.results(paper, which="headline")] == runs
    with pytest.raises(ValueError, match="No rows of a paper 'astrology'"):
        session.results("astrology")


def test_other_seeds_are_those_of_the_same_row_corpus_protocol_and_profile(tmp_path):
    run = Run("distribution", "expectation", seed=41)
    alike = [replace(run, seed=seed) for seed in (0, 3)]
    unlike = [replace(run, **change) for change in (
        {"row": "euclidean"}, {"corpus": "null"}, {"protocol": "paper"}, {"profile": "standard"})]  # fmt: skip
    for stored in (run, *alike, *unlike):
        Store(tmp_path / "results").save(result_of(stored))
    assert [other.run for other in start().other_seeds(result_of(run))] == alike


@pytest.mark.parametrize("store", ["runs/x", "runs/x/results"])
def test_an_own_store_is_filled_with_the_sessions_seed(tmp_path, monkeypatch, store):
    asked = []

    def run(run, store, *, device):
        asked.append((run, store.path, device))
        return result_of(run)

    monkeypatch.setattr(execute, "run", run)
    session = start(profile="smoke", store=store, seed=7, device="cpu", corpus="appearance", protocol="paper")
    paper = grid.grid("smoke")[0].paper
    results = session.results(paper)
    assert {(path, device) for _, path, device in asked} == {(tmp_path / "runs" / "x" / "results", "cpu")}
    assert {(r.run.seed, r.run.corpus, r.run.protocol) for r in results} == {(7, "appearance", "paper")}
    rows = [row for row, corpus, protocol in grid.rows(paper) if (corpus, protocol) == ("both", "honest")]
    assert [r.run.row for r in results] == [row for row in rows if not imported_weights(method(paper), row)]


def test_in_a_reproduction_of_the_headline_rows_all_are_those(tmp_path, monkeypatch):
    monkeypatch.setattr(execute, "run", lambda run, store, *, device: result_of(run))
    session = start(profile="smoke", store="runs/x", seed=7)
    paper = grid.grid("smoke")[0].paper
    everything = len(session.results(paper))
    (tmp_path / "runs" / "x").mkdir(parents=True)
    (tmp_path / "runs" / "x" / "run.json").write_text('{"rows": "headline"}')
    assert len(session.results(paper)) == len(grid.rows(paper, "headline")) < everything


def test_figures_go_into_a_run_folder_and_never_into_the_repository(tmp_path, capsys):
    import matplotlib.pyplot as plt

    for session in (start(), start(profile="smoke", store="runs/x/results")):
        figure, axes = plt.subplots()
        axes.plot([1, 2])
        session.figure(figure, "one", "Fig. 1. A line.")
    assert capsys.readouterr().out.count("Fig. 1. A line.") == 2
    written = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("one.*"))
    assert written == ["runs/x/figures/one.pdf", "runs/x/figures/one.png"]
    assert plt.get_fignums() == []


def test_in_a_notebook_a_figure_is_a_picture_and_its_caption_text_that_breaks_between_words(shown, capsys):
    import matplotlib.pyplot as plt

    session = start()
    capsys.readouterr()
    figure, axes = plt.subplots(figsize=(4, 2))
    axes.imshow(np.linspace(0, 1, 64 * 64 * 3).reshape(64, 64, 3))
    session.figure(figure, "one", "RMSE < 8 & $5_a$ for $6_b$: generated.")
    picture, caption = shown
    assert picture["text/plain"].startswith("<Figure size 440x220")
    pixels = plt.imread(io.BytesIO(picture["image/png"]))
    assert len(pixels) > 1.5 * style.INLINE_DPI
    assert len(np.unique(pixels)) <= style.INLINE_LEVELS
    assert (pixels.min(), pixels[0, 0].tolist()) == (0.0, [1.0, 1.0, 1.0])
    assert caption["text/plain"] == "RMSE < 8 & $5_a$ for $6_b$: generated."
    assert "RMSE &lt; 8 &amp; $5_a$ for $6_b$: generated.</div>" in caption["text/html"]
    assert "mathjax_ignore" in caption["text/html"]
    assert capsys.readouterr().out == ""


def test_a_training_of_a_notebook_is_kept_in_a_run_folder_only(tmp_path):
    assert start().checkpoint("patches", 1) is None
    session = start(profile="smoke", store="runs/x/results")
    kept = session.checkpoint("patches", Scale(0.5), 3)
    assert kept.parent == tmp_path / "runs" / "x" / "checkpoints"
    assert kept == session.checkpoint("patches", Scale(0.5), 3)
    assert kept not in {session.checkpoint("patches", Scale(0.25), 3), session.checkpoint("others", Scale(0.5), 3)}


def test_the_same_figure_gives_the_same_bytes_with_embedded_fonts(tmp_path):
    import matplotlib.pyplot as plt

    style.apply()
    for folder in ("a", "b"):
        figure, axes = plt.subplots()
        axes.plot([1, 2], label="text")
        axes.legend()
        style.save(figure, tmp_path / folder, "one", "a test")
        plt.close(figure)
    for suffix in ("pdf", "png"):
        assert (tmp_path / "a" / f"one.{suffix}").read_bytes() == (tmp_path / "b" / f"one.{suffix}").read_bytes()
    assert b"FontFile2" in (tmp_path / "a" / "one.pdf").read_bytes()


def test_lines_differ_without_colour():
    import matplotlib.pyplot as plt

    style.apply()
    looks = [(str(p["linestyle"]), p["marker"]) for p in plt.rcParams["axes.prop_cycle"]]
    assert len(set(looks)) == len(looks) == 8


@pytest.mark.parametrize(
    ("changes", "made_on"),
    [
        ({}, "made on: generated corpus “both”, profile quick, results committed"),
        (
            {"profile": "smoke", "store": "runs/x", "seed": 5},
            "made on: generated corpus “both”, profile smoke, results trained with seed 5, kept in the run folder",
        ),
    ],
)
def test_end_says_what_it_was_made_on_and_writes_the_marker_last(capsys, changes, made_on):
    session = start(**changes)
    capsys.readouterr()
    session.end()
    assert capsys.readouterr().out == f"{made_on}\ndepnb: finished 10_method\n"


@pytest.mark.parametrize(
    ("interval", "answer"),
    [
        ((-2.0, -0.1), "better"),
        ((0.1, 2.0), "worse"),
        ((-1.0, 1.0), "cannot tell"),
        ((math.nan, math.nan), "cannot tell"),
    ],
)
def test_verdict_has_three_answers(interval, answer):
    assert course.verdict("A against B", sum(interval) / 2, interval).startswith(f"A against B: {answer} (difference")


def test_a_long_verdict_is_broken_between_words():
    claim = "the still image is better than the code image with a dead zone where only looks tell, on “appearance”"
    said = course.verdict(claim, -0.04, (-1.13, 1.1))
    lines = said.splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= course.LINE_WIDTH
    assert " ".join(said.split()) == (
        f"{claim}: cannot tell (difference -0.04, 95 % interval -1.13 to +1.10 BDI-II points)"
    )


def test_verdict_refuses_an_interval_that_is_upside_down():
    with pytest.raises(ValueError, match="runs from 1 to -1"):
        course.verdict("A against B", 0.0, (1, -1))


EXERCISES = """
def double(x):
    return 2 * x

def check_double(answer):
    assert answer(3) == 6, f"double(3) must be 6, yours gives {answer(3)}"

def check_half(answer):
    assert answer == 0.5

def check_size(answer):
    assert len(answer([1, 2])) < 4, "so many " * 10 + "are too many"
    assert len(answer([1, 2])) == 2, "two in, two out"

def check_both(answer):
    assert answer(1) == 1
    assert answer(0) == 0, "0 is a number too"

def both(x):
    return x

half = 0.5

HINTS = {"double": ("Twice as much.", "Add x to itself.")}
"""


@pytest.fixture
def exercises(tmp_path, monkeypatch):
    monkeypatch.setattr(checking, "SOLUTIONS", tmp_path)
    (tmp_path / "10_method.py").write_text(EXERCISES)


def _unanswered(x):
    raise NotImplementedError


@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        ("double", lambda x: x + x, "✔ double"),
        ("double", lambda x: x, "✘ double: double(3) must be 6, yours gives 3"),
        ("double", lambda x: 1 / 0, "✘ double: your code stops with ZeroDivisionError: division by zero"),
        ("double", None, "✘ double: not answered yet"),
        ("double", _unanswered, "✘ double: not answered yet"),
        ("double", lambda x: None, "✘ double: your function returns nothing: is `return` missing?"),
        ("size", lambda x: print(end=""), "✘ size: your function returns nothing: is `return` missing?"),
        ("both", lambda x: x if x > 0 else None, "✘ both: 0 is a number too"),
        ("size", lambda x: x[1:], "✘ size: two in, two out"),
        ("size", lambda x: x, "✔ size"),
        ("size", lambda x: x * 3, f"✘ size: {('so many ' * 10).strip()}\n    are too many"),
        ("half", 0.5, "✔ half"),
        ("half", ..., "✘ half: not answered yet"),
        ("half", 2, "✘ half: not yet right"),
    ],
)
def test_check_says_what_is_wrong_and_never_raises(exercises, capsys, name, answer, said):
    start()
    capsys.readouterr()
    course.check(name, answer)
    assert capsys.readouterr().out == said + "\n"


def test_an_exercise_that_does_not_exist_is_named(exercises):
    with pytest.raises(ValueError, match="No exercise 'triple': this notebook has double, half, size, both"):
        course.judge(course.exercises("10_method"), "triple", 1)


def test_hints_come_one_after_the_other_and_say_whether_there_are_more(exercises, capsys):
    start()
    capsys.readouterr()
    course.hint("double")
    assert capsys.readouterr().out == 'Twice as much. More: course.hint("double", 2).\n'
    course.hint("double", 2)
    assert capsys.readouterr().out == "Add x to itself.\n"


@pytest.mark.parametrize(
    ("name", "step", "said"), [("double", 3, "No hint 3"), ("double", 0, "No hint 0"), ("half", 1, "there are 0")]
)
def test_a_hint_that_does_not_exist_is_named(exercises, name, step, said):
    start()
    with pytest.raises(ValueError, match=said):
        course.hint(name, step)


REAL = sorted((NOTEBOOKS / "solutions").glob("*.py"))


@pytest.mark.parametrize("path", REAL, ids=lambda p: p.stem)
def test_every_solution_passes_its_own_checker(path):
    module = course.exercises(path.stem)
    names = course.checkers(module)
    assert len(names) >= 3
    assert {name: course.judge(module, name, getattr(module, name)) for name in names} == dict.fromkeys(names)
    source = nbformat.read(NOTEBOOKS / f"{path.stem}.ipynb", as_version=4)
    used = "\n".join(cell.source for cell in source.cells)
    assert [name for name in names if f'course.check("{name}"' not in used] == []
    hinted = re.findall(r'course\.hint\("(\w+)"', used)
    assert set(hinted) == getattr(module, "HINTS", {}).keys() <= set(names)


def test_a_box_is_its_sentences_as_text_and_html(shown):
    course.box("What came out", ["`msn` is better.", f"1 < 2, {'and so on ' * 12}"])
    (found,) = shown
    text = found["text/plain"].splitlines()
    assert text[:2] == ["What came out", "• `msn` is better."]
    assert max(map(len, text)) <= course.LINE_WIDTH
    assert "<li><code>msn</code> is better.</li><li>1 &lt; 2, and" in found["text/html"]
    course.box("What came out", ["`msn` is better."], folded=True)
    assert "<summary><strong>What came out</strong></summary><ul><li>" in shown[1]["text/html"]
    assert "<details" not in found["text/html"]


def test_tables_are_text_and_html_without_anything_that_changes(shown):
    frame = pd.DataFrame({"row": ["a"], "RMSE": [8.126], "MAE": [np.nan]})
    for _ in range(2):
        course.table(frame, "Table 1. Ours.")
    assert shown[:2] == shown[2:]
    caption, table = shown[:2]
    assert caption["text/plain"] == "Table 1. Ours."
    assert "8.13" in table["text/plain"]
    assert "–" in table["text/html"]
    assert "uuid" not in table["text/html"]


def test_outside_of_a_notebook_tables_are_printed(capsys):
    course.table(pd.DataFrame({"row": ["a"], "RMSE": [8.126]}), "Table 1. Ours.")
    assert capsys.readouterr().out == "Table 1. Ours.\nrow  RMSE\n  a  8.13\n"


def test_in_a_table_numbers_stand_right_and_no_value_is_broken(shown):
    frame = pd.DataFrame(
        {
            "row": ["two streams", "C3D"],
            "RMSE": ["8.68 ± 0.22", None],
            "difference": ["-2.93 [-4.25, -1.66]", "-1.2 to 0.4"],
            "n": [3, 3],
            "what it does": ["a sentence that is too long to stand on one line", "<b>"],
        }
    )
    course.table(frame)
    markup = shown[0]["text/html"]
    right, left = "text-align:right;white-space:nowrap", "text-align:left;white-space:nowrap"
    assert f'<td style="{left}">two streams</td>' in markup
    assert [f'<td style="{right}">{value}</td>' in markup for value in ("8.68 ± 0.22", "–", "-1.2 to 0.4", 3)] == [
        True
    ] * 4
    assert '<td style="text-align:left;white-space:normal">&lt;b&gt;</td>' in markup
    assert '<th style="text-align:right;white-space:normal">RMSE</th>' in markup
    assert "overflow-x:auto" in markup.partition("<table")[0]
    assert "<style" not in markup
    assert "color" not in markup


def test_what_all_rows_of_results_share_stands_in_the_caption(shown):
    results = pd.DataFrame(
        {"corpus": ["generated “both”"] * 4, "protocol": ["honest"] * 3 + ["paper"], "partition": "test", "RMSE": 8.0}
    )
    course.table(results, "Measured:")
    course.table(results[:3], "Measured:")
    assert [shown[0]["text/plain"], shown[2]["text/plain"]] == [
        "Measured: corpus generated “both”, partition test",
        "Measured:",
    ]
    assert shown[1]["text/plain"].splitlines()[0].split() == ["protocol", "RMSE"]
    assert shown[3]["text/plain"].splitlines()[0].split() == ["corpus", "protocol", "partition", "RMSE"]
    assert list(results) == ["corpus", "protocol", "partition", "RMSE"]


@pytest.fixture
def source(tmp_path):
    """Three notebooks and their solutions, to be copied."""
    source = tmp_path / "notebooks"
    (source / "solutions").mkdir(parents=True)
    for name in "abc":
        _write(source / f"{name}.ipynb", f"print('{name} 1')\nx = 1")
        (source / "solutions" / f"{name}.py").write_text(f"answer = '{name} 1'")
    return source


def _write(path, code):
    nbformat.write(new_notebook(cells=[new_markdown_cell("# Title"), new_code_cell(code)]), path)


def _source(path):
    return nbformat.read(path, as_version=4).cells[1].source


def _saved_by_jupyterlab(path):
    """Run and saved: outputs, counts, metadata of the kernel, a new empty cell, another indentation."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python", "version": "3.11.9", "pygments_lexer": "ipython3", "file_extension": ".py"},
    }
    notebook.cells[1].update(execution_count=3, outputs=[new_output("stream", name="stdout", text="a 1\n")])
    notebook.cells[1].metadata["jupyter"] = {"source_hidden": False}
    notebook.cells.append(new_code_cell())
    path.write_text(json.dumps(json.loads(nbformat.writes(notebook)), indent=2))


def test_copies_are_made_updated_and_never_written_over_when_edited(tmp_path, source):
    mine = tmp_path / "my"
    assert course.copy_notebooks(mine, source).new == ["a.ipynb", "b.ipynb", "c.ipynb"]
    _write(mine / "a.ipynb", "my work")
    for name in "ab":
        _write(source / f"{name}.ipynb", f"{name} 2")
    copies = course.copy_notebooks(mine, source)
    assert (copies.new, copies.updated, copies.yours) == ([], ["b.ipynb"], ["a.ipynb"])
    assert [_source(p) for p in sorted(mine.glob("*.ipynb"))] == ["my work", "b 2", "print('c 1')\nx = 1"]
    assert course.copy_notebooks(mine, source).yours == ["a.ipynb"]


def test_opening_and_running_a_copy_does_not_count_as_editing_it(tmp_path, source):
    mine = tmp_path / "my"
    course.copy_notebooks(mine, source)
    _saved_by_jupyterlab(mine / "a.ipynb")
    before = (mine / "a.ipynb").read_bytes()
    assert course.copy_notebooks(mine, source) == course.Copies()
    assert (mine / "a.ipynb").read_bytes() == before
    _write(source / "a.ipynb", "a 2")
    assert course.copy_notebooks(mine, source) == course.Copies(updated=["a.ipynb"])
    assert (mine / "a.ipynb").read_bytes() == (source / "a.ipynb").read_bytes()


def test_ones_own_outputs_stay_when_only_the_original_was_executed_anew(tmp_path, source):
    mine = tmp_path / "my"
    course.copy_notebooks(mine, source)
    for name in sorted(path.name for path in source.glob("*.ipynb")):
        _saved_by_jupyterlab(mine / name)
        before = (mine / name).read_bytes()
        notebook = nbformat.read(source / name, as_version=4)
        notebook.cells[1].outputs = [new_output("stream", name="stdout", text="another run")]
        nbformat.write(notebook, source / name)
        copies = course.copy_notebooks(mine, source)
        assert (copies.new, copies.updated, copies.yours) == ([], [], [])
        assert (mine / name).read_bytes() == before


@pytest.mark.parametrize("content", ["", "{", "[]", '{"cells": [1]}', '{"cells": [{"cell_type": "code"}]}', "\udcff"])
def test_a_copy_that_is_no_notebook_counts_as_edited(tmp_path, source, content):
    mine = tmp_path / "my"
    course.copy_notebooks(mine, source)
    (mine / "a.ipynb").write_text(content, errors="surrogateescape")
    _write(source / "a.ipynb", "a 2")
    before = (mine / "a.ipynb").read_bytes()
    assert course.copy_notebooks(mine, source).yours == ["a.ipynb"]
    assert (mine / "a.ipynb").read_bytes() == before


def test_a_folder_whose_record_holds_digests_of_files_is_known_still(tmp_path, source):
    mine = tmp_path / "my"
    course.copy_notebooks(mine, source)
    known = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in mine.glob("*.ipynb")}
    (mine / ".copied.json").write_text(json.dumps(known))
    _saved_by_jupyterlab(mine / "a.ipynb")
    _write(mine / "b.ipynb", "my work")
    assert course.copy_notebooks(mine, source) == course.Copies(yours=["b.ipynb"])
    for name in "abc":
        _write(source / f"{name}.ipynb", f"{name} 2")
    assert course.copy_notebooks(mine, source) == course.Copies(updated=["a.ipynb", "c.ipynb"], yours=["b.ipynb"])


def test_solutions_lie_beside_the_copies_and_are_those_of_the_repository(tmp_path, source):
    mine = tmp_path / "my"
    course.copy_notebooks(mine, source)
    (mine / "solutions" / "a.py").write_text("scribbled")
    (source / "solutions" / "b.py").write_text("answer = 'b 2'")
    course.copy_notebooks(mine, source)
    copied = {p.name: p.read_text() for p in (mine / "solutions").iterdir()}
    assert copied == {p.name: p.read_text() for p in (source / "solutions").iterdir()}
    assert copied["b.py"] == "answer = 'b 2'"


def test_the_folder_to_play_in_is_made_from_the_command_line(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "depnb.course.copies", str(tmp_path / "my folder")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (tmp_path / "my folder" / ".copied.json").exists()
    assert len(list((tmp_path / "my folder" / "solutions").glob("*.py"))) == len(REAL)
    assert done.stderr == ""


def test_another_corpus_runs_every_row_once():
    runs = grid.runs_for("smoke", "all", (0,), "/data/AVEC2014")
    assert {run.corpus for run in runs} == {"/data/AVEC2014"}
    assert len(set(runs)) == len(runs)
    plain = grid.grid("smoke", "all", seeds=(0,))
    assert {(r.paper, r.row, r.protocol) for r in runs} == {(r.paper, r.row, r.protocol) for r in plain}


def test_one_row_can_be_asked_for_by_name():
    runs = grid.runs_for("smoke", "distribution/expectation_imagenet", (3, 4), "null")
    assert [(run.row, run.corpus, run.seed) for run in runs] == [
        ("expectation_imagenet", "null", 3),
        ("expectation_imagenet", "null", 4),
    ]
    with pytest.raises(KeyError, match="choose from expectation, euclidean"):
        grid.runs_for("smoke", "distribution/nothing", (0,))
