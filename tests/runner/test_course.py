"""Sessions, exercises, verdicts, tables, and the folder to play in."""

import math
import subprocess
import sys

import nbformat
import numpy as np
import pandas as pd
import pytest

from depnb import course, experiments, style
from depnb.profiles import Scale
from depnb.results import MissingResult, Store
from tests.results_made import result_of

PARAMETERS = dict(profile="quick", corpus="both", protocol="honest", store="committed", seed=0, device="auto")


@pytest.fixture(autouse=True)
def own_places(monkeypatch, tmp_path):
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(course, "ROOT", tmp_path)
    monkeypatch.setattr("depnb.results.COMMITTED", tmp_path / "results")


def start(**changes):
    return course.start("10_method", **(PARAMETERS | changes))


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


def test_committed_results_are_three_seeds_and_a_miss_is_an_error(tmp_path):
    session = start()
    paper = experiments.grid("quick")[0].paper
    with pytest.raises(MissingResult, match="make results"):
        session.results(paper)
    runs = [run for run in experiments.grid("quick", "headline", seeds=(0, 1, 2)) if run.paper == paper]
    for run in runs:
        Store(tmp_path / "results").save(result_of(run))
    assert [result.run for result in session.results(paper, which="headline")] == runs
    with pytest.raises(ValueError, match="No rows of a paper 'astrology'"):
        session.results("astrology")


@pytest.mark.parametrize("store", ["runs/x", "runs/x/results"])
def test_an_own_store_is_filled_with_the_sessions_seed(tmp_path, monkeypatch, store):
    asked = []

    def run(run, store, *, device):
        asked.append((run, store.path, device))
        return result_of(run)

    monkeypatch.setattr(experiments, "run", run)
    session = start(profile="smoke", store=store, seed=7, device="cpu", corpus="appearance", protocol="paper")
    paper = experiments.grid("smoke")[0].paper
    results = session.results(paper)
    assert {(path, device) for _, path, device in asked} == {(tmp_path / "runs" / "x" / "results", "cpu")}
    assert {(r.run.seed, r.run.corpus, r.run.protocol) for r in results} == {(7, "appearance", "paper")}
    rows = [row for row, corpus, protocol in experiments.rows(paper) if (corpus, protocol) == ("both", "honest")]
    assert [r.run.row for r in results] == rows


def test_in_a_reproduction_of_the_headline_rows_all_are_those(tmp_path, monkeypatch):
    monkeypatch.setattr(experiments, "run", lambda run, store, *, device: result_of(run))
    session = start(profile="smoke", store="runs/x", seed=7)
    paper = experiments.grid("smoke")[0].paper
    everything = len(session.results(paper))
    (tmp_path / "runs" / "x").mkdir(parents=True)
    (tmp_path / "runs" / "x" / "run.json").write_text('{"rows": "headline"}')
    assert len(session.results(paper)) == len(experiments.rows(paper, "headline")) < everything


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
        ((-2.0, -0.1), "confirmed"),
        ((0.1, 2.0), "not confirmed"),
        ((-1.0, 1.0), "too little data to tell"),
        ((math.nan, math.nan), "too little data to tell"),
    ],
)
def test_verdict_has_three_answers(interval, answer):
    assert course.verdict("A beats B", sum(interval) / 2, interval).startswith(f"A beats B: {answer} (difference")


def test_verdict_refuses_an_interval_that_is_upside_down():
    with pytest.raises(ValueError, match="runs from 1 to -1"):
        course.verdict("A beats B", 0.0, (1, -1))


EXERCISES = """
def double(x):
    return 2 * x

def check_double(answer):
    assert answer(3) == 6, f"double(3) must be 6, yours gives {answer(3)}"

def check_half(answer):
    assert answer == 0.5

half = 0.5
"""


@pytest.fixture
def exercises(tmp_path, monkeypatch):
    monkeypatch.setattr(course, "SOLUTIONS", tmp_path)
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
    with pytest.raises(ValueError, match="No exercise 'triple': this notebook has double, half"):
        course.judge(course.exercises("10_method"), "triple", 1)


REAL = sorted((course.NOTEBOOKS / "solutions").glob("*.py"))


@pytest.mark.parametrize("path", REAL, ids=lambda p: p.stem)
def test_every_solution_passes_its_own_checker(path):
    module = course.exercises(path.stem)
    names = course.checkers(module)
    assert len(names) >= 3
    assert {name: course.judge(module, name, getattr(module, name)) for name in names} == dict.fromkeys(names)
    source = nbformat.read(course.NOTEBOOKS / f"{path.stem}.ipynb", as_version=4)
    used = "\n".join(cell.source for cell in source.cells)
    assert [name for name in names if f'course.check("{name}"' not in used] == []


def test_tables_are_text_and_html_without_anything_that_changes(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    frame = pd.DataFrame({"row": ["a"], "RMSE": [8.126], "MAE": [np.nan]})
    for _ in range(2):
        course.table(frame, "Table 1. Ours.")
    assert shown[0] == shown[1]
    assert "8.13" in shown[0]["text/plain"]
    assert "–" in shown[0]["text/html"]
    assert "uuid" not in shown[0]["text/html"]
    assert capsys.readouterr().out == "Table 1. Ours.\n" * 2


def test_copies_are_made_updated_and_never_written_over_when_edited(tmp_path):
    source, mine = tmp_path / "notebooks", tmp_path / "my"
    source.mkdir()
    for name in ("a", "b", "c"):
        (source / f"{name}.ipynb").write_text(f"{name} 1")
    assert course.copy_notebooks(mine, source).new == ["a.ipynb", "b.ipynb", "c.ipynb"]
    (mine / "a.ipynb").write_text("my work")
    for name in ("a", "b"):
        (source / f"{name}.ipynb").write_text(f"{name} 2")
    copies = course.copy_notebooks(mine, source)
    assert (copies.new, copies.updated, copies.yours) == ([], ["b.ipynb"], ["a.ipynb"])
    assert [p.read_text() for p in sorted(mine.glob("*.ipynb"))] == ["my work", "b 2", "c 1"]
    assert course.copy_notebooks(mine, source).yours == ["a.ipynb"]


def test_the_folder_to_play_in_is_made_from_the_command_line(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "depnb.course", str(tmp_path / "my folder")], capture_output=True, text=True, check=True
    )
    assert (tmp_path / "my folder" / ".copied.json").exists()
    assert done.stderr == ""


def test_another_corpus_runs_every_row_once():
    runs = experiments.runs_for("smoke", "all", (0,), "/data/AVEC2014")
    assert {run.corpus for run in runs} == {"/data/AVEC2014"}
    assert len(set(runs)) == len(runs)
    grid = experiments.grid("smoke", "all", seeds=(0,))
    assert {(r.paper, r.row, r.protocol) for r in runs} == {(r.paper, r.row, r.protocol) for r in grid}


def test_one_row_can_be_asked_for_by_name():
    runs = experiments.runs_for("smoke", "distribution/expectation_imagenet", (3, 4), "null")
    assert [(run.row, run.corpus, run.seed) for run in runs] == [
        ("expectation_imagenet", "null", 3),
        ("expectation_imagenet", "null", 4),
    ]
    with pytest.raises(ValueError, match="choose from expectation, euclidean"):
        experiments.runs_for("smoke", "distribution/nothing", (0,))
