"""The command line: commands do their work, and our errors are messages."""

import sys
from importlib import import_module
from types import SimpleNamespace

import pandas as pd
import pytest
from typer.testing import CliRunner

from depnb import cli
from depnb.cli.app import DEBUG
from depnb.course.reproduction import Reproduction, fresh_seed
from depnb.experiments import execute, grid, plan
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.methods import check
from depnb.methods.registry import method, papers
from tests import bad_videos
from tests.corpus import trees
from tests.results_made import result_of

pytestmark = pytest.mark.usefixtures("trainings_in_this_process")


def invoke(*arguments: str):
    return CliRunner().invoke(cli.app, arguments)


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(DEBUG, raising=False)
    monkeypatch.setenv("COLUMNS", "160")


def test_the_manual_says_where_files_go():
    text = invoke("--help").output
    for needle in ("DEPNB_CACHE", "results/", "figures/", "runs/", "Examples"):
        assert needle in text


def test_corpus_show_counts_people_and_overlap():
    shown = invoke("corpus", "show", "both-tiny")
    assert shown.exit_code == 0, shown.output
    for needle in ("generated corpus", "development", "unseen", "RMSE below"):
        assert needle in shown.output


def test_protocols_say_what_is_trained_how_and_what_is_a_guess():
    shown = invoke("protocols", "distribution")
    assert shown.exit_code == 0, shown.output
    for protocol in method("distribution").protocols.values():
        assert protocol.title in shown.output
        for guess in protocol.recipe.guesses:
            assert guess in shown.output
    assert "AVEC2013: one frame in 100" in shown.output


def test_protocols_check_names_every_problem_of_every_paper(monkeypatch):
    found = {name: [] for name in papers()} | {"msn": ["rows is empty.", "grid has no 'all'."]}
    monkeypatch.setattr(check, "problems", found.__getitem__)
    shown = invoke("protocols", "--check")
    assert shown.exit_code == 1
    for name, problems in found.items():
        lines = [f"✘ {name}: {problem}" for problem in problems] or [f"{name} keeps the contract."]
        assert all(line in shown.output.splitlines() for line in lines)
    assert "msn keeps" not in shown.output
    assert invoke("protocols", "--check", "msn").exit_code == 1
    good = invoke("protocols", "--check", "dlga")
    assert (good.exit_code, good.output) == (0, "dlga keeps the contract.\n")


@pytest.fixture
def avec(tmp_path):
    """A miniature AVEC2013 of four videos of 12 frames."""
    return trees.avec2013(tmp_path / "AVEC2013", put=trees.copy_of(bad_videos.good(tmp_path, count=12)))


@pytest.mark.parametrize(
    ("options", "frames"),
    [
        ((), 12),
        (("--frame-stride", "8"), 2),
        (("--every", "8"), 2),
        (("--paper", "msn"), 2),
        (("--paper", "distribution"), 1),
    ],
)
def test_faces_of_the_frames_that_are_needed(avec, tmp_path, options, frames):
    table = tmp_path / "faces.csv"
    shown = invoke("faces", str(avec), "--csv", str(table), "--workers", "1", *options)
    assert shown.exit_code == 0, shown.output
    report = pd.read_csv(table)
    assert report.frames.tolist() == [frames] * 4
    assert f"crops_mb: {report.bytes.sum() / 1e6}" in shown.output


def test_a_plan_for_a_gpu_that_is_elsewhere_says_hours_and_disk(avec, tmp_path):
    command = ("reproduce", "--corpus", str(avec), "--profile", "paper", "--device", "cuda", "--plan")
    shown = invoke(*command, "--folder", str(tmp_path / "run"))
    assert shown.exit_code == 0, shown.output
    runs = grid.runs_for("paper", "headline", (fresh_seed("paper"),), str(avec), "honest")
    assert f"Trainings: {plan.gpu_hours(runs):.1f} GPU-hours" in shown.output
    assert "4 crops" in shown.output
    assert " GB" in shown.output
    assert not (tmp_path / "run").exists()


def test_results_are_listed_and_a_miss_is_explained(tmp_path):
    store = Store(tmp_path / "store")
    run = grid.grid("smoke", "headline", seeds=(0,))[0]
    store.save(result_of(run, rmse=8.76))
    listed = invoke("results", "list", run.paper, "--store", str(store.path)).output
    assert "8.76" in listed
    assert "1 results" in listed
    arguments = ("results", "explain", run.paper, run.row, "--profile", "smoke", "--store", str(store.path))
    assert invoke(*arguments, "--corpus", run.corpus).output.startswith("HIT")
    assert invoke(*arguments, "--corpus", run.corpus, "--seed", "1").output.startswith("MISS")


def test_a_row_with_own_switches_is_listed_by_its_whole_name(tmp_path):
    store = Store(tmp_path / "store")
    run = Run("msn", "msn[kernels=(3,5,13)]", profile="smoke")
    store.save(result_of(run))
    assert run.row in invoke("results", "list", "--store", str(store.path)).output


def test_run_lists_what_is_missing_and_makes_it_only_when_told(tmp_path, monkeypatch):
    trained = []

    def run(run, store, *, device):
        trained.append(run)
        store.save(result_of(run))

    monkeypatch.setattr(execute, "run", run)
    arguments = ("run", "--profile", "smoke", "--rows", "headline", "--seed", "0", "--seed", "4")
    arguments += ("--store", str(tmp_path / "store"))
    wanted = grid.grid("smoke", "headline", seeds=(0, 4))
    listed = invoke(*arguments).output
    assert f"{len(wanted)} runs, {len(wanted)} missing" in listed
    assert "seed 4" in listed
    assert trained == []
    assert invoke(*arguments, "--missing").exit_code == 0
    assert trained == plan.in_order(wanted)
    assert f"{len(wanted)} runs, 0 missing" in invoke(*arguments).output


def test_run_goes_on_after_a_failure_and_exits_with_one(tmp_path, monkeypatch):
    def fail(run, store, *, device):
        raise ValueError("no face")

    monkeypatch.setattr(execute, "run", fail)
    done = invoke("run", "--missing", "--profile", "smoke", "--seed", "0", "--store", str(tmp_path / "store"))
    wanted = grid.grid("smoke", "all", seeds=(0,))
    assert done.exit_code == 1
    assert f"{len(wanted)} of {len(wanted)} runs failed" in done.output


def test_reproduce_passes_its_options_on(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(Reproduction, "run", lambda self, plan_only: asked.append((self, plan_only)) or False)
    done = invoke(
        "reproduce", "--profile", "smoke", "--seed", "7", "--folder", str(tmp_path / "r"), "-p", "level=2", "--plan"
    )
    ((reproduction, plan_only),) = asked
    assert done.exit_code == 1
    assert plan_only
    assert reproduction.folder == tmp_path / "r"
    assert (reproduction.settings.seed, reproduction.settings.extra) == (7, {"level": "2"})


@pytest.mark.parametrize("debug", [False, True])
def test_our_errors_are_one_message_unless_debugged(monkeypatch, capsys, debug):
    monkeypatch.setattr(sys, "argv", ["depnb", *(["--debug"] if debug else []), "corpus", "show", "no-such-folder"])
    if debug:
        monkeypatch.setenv(DEBUG, "1")
        with pytest.raises(FileNotFoundError):
            cli.main()
        return
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 1
    printed = capsys.readouterr().err
    assert "no-such-folder" in printed
    assert "Traceback" not in printed
    assert len(printed.strip().splitlines()) == 1


def test_errors_of_others_keep_their_traceback(monkeypatch):
    def broken():
        raise LookupError("not ours")

    monkeypatch.setattr(import_module("depnb.cli.app"), "app", lambda **_: broken())
    with pytest.raises(LookupError, match="not ours"):
        cli.main()


def test_tables_and_figures_go_where_they_are_sent(tmp_path, monkeypatch):
    asked = []
    module = SimpleNamespace(make_all=lambda store, folder: asked.append((store.path, folder)) or [])
    for name in ("tables", "figures"):
        monkeypatch.setitem(sys.modules, f"depnb.reports.{name}", module)
        assert invoke(name, "--store", str(tmp_path / "s"), "--out", str(tmp_path / "o")).exit_code == 0
        assert invoke(name, "--store", str(tmp_path / "s")).exit_code == 0
        assert invoke(name, "--store", str(tmp_path / "results")).exit_code == 0
    s, results = tmp_path / "s", tmp_path / "results"
    assert asked == [(s, tmp_path / "o"), (s, s / "figures"), (results, tmp_path / "figures")] * 2


def test_frames_are_chosen_by_a_paper_or_by_number_and_not_by_both(avec):
    shown = invoke("faces", str(avec), "--paper", "msn", "--frame-stride", "4")
    assert shown.exit_code == 1
    assert "leave --frame-stride 4 out" in str(shown.exception)
