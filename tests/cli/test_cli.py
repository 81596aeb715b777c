"""The command line: commands do their work, and our errors are messages."""

import subprocess
import sys
import warnings
from dataclasses import replace
from importlib import import_module
from types import SimpleNamespace

import pandas as pd
import pytest
from typer.testing import CliRunner

from depnb import cli
from depnb.cli import options, show
from depnb.course.reproduction import Reproduction, fresh_seed
from depnb.experiments import execute, grid, plan, settings
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.methods import check, registry
from depnb.methods.contract import Recipe
from depnb.methods.registry import method, papers
from depnb.system import repository
from depnb.system.errors import DEBUG
from depnb.system.files import StorageError
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


def test_protocols_are_listed_of_all_papers():
    shown = invoke("protocols")
    assert shown.exit_code == 0, shown.output
    for paper in papers():
        for protocol in method(paper).protocols.values():
            assert protocol.title in shown.output
    assert "AVEC2013: one frame in 100" in shown.output
    assert "profile.lr" not in shown.output


@pytest.fixture
def one_row(monkeypatch):
    """A paper with one row and two protocols; the sources of its settings are three lines."""
    paper = method("temporal_pooling")
    recipe = Recipe({"augment": "none"}, profile={"batch": 7})
    protocols = paper.protocols | {"code": replace(paper.protocols["paper"], recipe=recipe)}
    paper = replace(paper, rows={"appearance": paper.rows["appearance"]}, protocols=protocols)
    lines = {
        ("profile.batch", ""): settings.Source("ours", "fits into memory", "any size"),
        ("profile.batch", "code"): settings.Source("official code", "train.py"),
        ("inputs.augmentation", ""): settings.Source("printed", "§3"),
    }
    monkeypatch.setattr(registry, "method", lambda name: paper)
    monkeypatch.setattr(settings, "sources", lambda name: lines)
    return paper


def test_protocols_of_a_paper_say_where_each_setting_comes_from(one_row):
    shown = invoke("protocols", "temporal_pooling")
    assert shown.exit_code == 0, shown.output
    first, second = shown.output.split("protocol code", maxsplit=1)
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in first.splitlines() if "│" in line]
    assert ["profile.batch", str(one_row.profiles["paper"].batch), "ours: fits into memory", "any size"] in rows
    assert ["inputs.augmentation", "as in the code", "printed: §3", ""] in rows
    assert ["inputs.offsets", "4", "✘ none", ""] in rows
    changed = [line.split("│")[1].strip() for line in second.splitlines() if "│" in line]
    assert {"config.augment", "profile.batch"} <= set(changed)
    assert "inputs.offsets" not in changed
    assert "official code: train.py" in second
    counted = len(settings.settings(one_row, "appearance", "paper"))
    assert f"{counted} settings: 1 printed, 1 ours, {counted - 2} without a source" in first


def test_a_table_of_settings_says_what_other_rows_have(one_row, monkeypatch):
    other = replace(one_row.rows["appearance"], length=33, stream="temporal")
    monkeypatch.setattr(registry, "method", lambda name: replace(one_row, rows=one_row.rows | {"temporal": other}))
    shown = invoke("protocols", "temporal_pooling").output
    assert "9 (33 in other rows)" in shown
    assert "4 (0, 1 … 32 in other rows)" in shown


def test_protocols_of_a_paper_that_is_not_there():
    shown = invoke("protocols", "nobody")
    assert shown.exit_code == 1
    assert "No method for paper 'nobody'" in str(shown.exception)


def test_protocols_check_names_every_problem_of_every_paper(monkeypatch):
    found = {name: [] for name in papers()} | {"msn": ["rows is empty.", "grid has no 'all'."]}
    monkeypatch.setattr(check, "problems", found.__getitem__)
    monkeypatch.setattr(settings, "problems", lambda paper: ["A line is missing."] if paper.name == "depnet" else [])
    shown = invoke("protocols", "--check")
    assert shown.exit_code == 1
    for name, problems in (found | {"depnet": ["A line is missing."]}).items():
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


@pytest.fixture
def no_gpu(monkeypatch):
    def nothing() -> bool:
        return False

    nothing.__wrapped__ = nothing  # which torch looks up when it compiles for the first time
    monkeypatch.setattr("torch.cuda.is_available", nothing)
    monkeypatch.setattr("torch.backends.mps.is_available", nothing)


@pytest.mark.slow
@pytest.mark.usefixtures("no_gpu")
def test_a_plan_for_a_gpu_that_is_elsewhere_says_hours_and_disk(avec, tmp_path):
    where = ("--corpus", str(avec), "--protocol", "selected", "--profile", "paper")
    shown = invoke("reproduce", *where, "--device", "cuda", "--plan", "--folder", str(tmp_path / "run"))
    assert shown.exit_code == 0, shown.output
    assert "--device cuda: PyTorch finds no NVIDIA GPU that it can use here" in shown.stderr
    runs = grid.runs_for("paper", "headline", (fresh_seed("paper"),), str(avec), "selected")
    assert f"Trainings: {plan.gpu_hours(runs):.1f} GPU-hours" in shown.output
    assert "4 crops" in shown.output
    assert " GB" in shown.output
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("no_gpu")
def test_a_plan_for_a_cluster_has_a_line_of_its_own(tmp_path):
    (tmp_path / "cluster.toml").write_text("parallel = 3")
    where = (
        "--profile",
        "smoke",
        "--rows",
        "dlga/dlga",
        "--seed",
        "0",
        "--seed",
        "1",
        "--store",
        str(tmp_path / "store"),
    )
    on = ("--on", f"slurm:{tmp_path / 'cluster.toml'}")
    plain, lines = (invoke("run", *where, *more, "--device", "cuda", "--plan").stdout.splitlines() for more in ((), on))
    assert lines[: len(plain)] == plain
    each, after = plan.units_of(grid.runs_for("smoke", "dlga/dlga", (0, 1), "both", "honest"), "cuda")
    (line,) = lines[len(plain) :]
    assert line.split() == ["SLURM,", "3", "GPUs:", f"{plan.makespan(each, 3, after) / 3600:.1f}", *line.split()[4:]]
    refused = invoke("run", *where, *on, "--device", "cuda:1", "--plan")
    assert "is a device of this machine" in str(refused.exception)


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


@pytest.mark.slow
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


@pytest.mark.parametrize("text", ["dlga,msn", "dlga msn", " msn, dlga ,msn"])
def test_reproduce_takes_several_papers(tmp_path, monkeypatch, text):
    asked = []
    monkeypatch.setattr(Reproduction, "run", lambda self, plan_only: asked.append(self) or True)
    done = invoke("reproduce", "--papers", text, "--folder", str(tmp_path / "r"))
    assert done.exit_code == 0
    assert asked[0].settings.papers == ("msn", "dlga")


def test_an_unknown_paper_is_an_error_before_anything_starts(tmp_path, monkeypatch):
    monkeypatch.setattr(Reproduction, "run", lambda self, plan_only: pytest.fail("it started"))
    done = invoke("reproduce", "--papers", "msn,nobody", "--folder", str(tmp_path / "r"))
    assert done.exit_code == 1
    assert "No paper 'nobody': choose from distribution" in str(done.exception)
    assert not (tmp_path / "r").exists()


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


def test_errors_of_others_are_one_line_that_says_how_to_see_more(monkeypatch, capsys):
    def broken():
        raise LookupError("not ours")

    monkeypatch.setattr(import_module("depnb.cli.app"), "app", lambda **_: broken())
    with pytest.raises(SystemExit):
        cli.main()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("LookupError: not ours. ")
    assert f"{DEBUG}=1" in line
    monkeypatch.setenv(DEBUG, "1")
    with pytest.raises(LookupError, match="not ours"):
        cli.main()


@pytest.mark.parametrize("debug", [False, True])
def test_a_logged_error_has_its_traceback_in_the_terminal_only_when_debugged(debug):
    code = (
        "import logging\nfrom depnb.cli.app import options\n"
        f"options(debug={debug})\n"
        "logging.getLogger('depnb').error('row %s', 'a\\x1b', exc_info=ValueError('why'))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr
    assert ("ValueError: why" in shown) is debug
    assert debug or shown == "row a\\x1b\n"


@pytest.mark.parametrize("device", ["cuda", "mps", "cuda:3", "gpu", "tpu", "cuda:", "CPU", ""])
@pytest.mark.parametrize(
    "command",
    [
        ("run", "--profile", "smoke"),
        ("run", "--profile", "smoke", "--missing"),
        ("predict", "no.mp4", "--weights", "none"),
        ("reproduce", "--profile", "smoke"),
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("no_gpu")
def test_a_device_that_cannot_be_used_is_refused_before_anything_starts(tmp_path, command, device):
    shown = invoke(*command, "--device", device)
    assert shown.exit_code == 1
    assert str(shown.exception).startswith(f"--device {device}: ")
    assert len(str(shown.exception).splitlines()) == 1
    assert not (tmp_path / "cache").exists()


def test_an_old_driver_is_named(monkeypatch):
    def warned():
        warnings.warn("The NVIDIA driver on your system is too old (found version 11040).", stacklevel=2)
        return False

    monkeypatch.setattr("torch.cuda.is_available", warned)
    with pytest.raises(ValueError, match=r"no NVIDIA GPU .* too old \(found version 11040\)"):
        options.demand_device("cuda")


def test_a_gpu_that_is_there_and_cannot_compute_is_refused(monkeypatch):
    def fails(*shape, device):
        raise RuntimeError("CUDA error: no kernel image is available\nmore")

    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.zeros", fails)
    with pytest.raises(
        ValueError, match=r"--device cuda:1: PyTorch cannot compute on it \(CUDA error: no kernel image"
    ):
        options.demand_device("cuda:1")


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_a_device_that_is_always_there_needs_no_look(monkeypatch, device):
    monkeypatch.setattr(options, "_gpu_problem", lambda device: pytest.fail("looked"))
    options.demand_device(device)


def test_a_place_that_cannot_be_written_is_refused_before_hours_of_work(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda place, rights: False)
    with pytest.raises(StorageError, match=f"{tmp_path} cannot be written"):
        options.demand_writable(tmp_path / "new" / "store")
    shown = invoke("run", "--missing", "--profile", "smoke", "--store", str(tmp_path / "new"))
    assert isinstance(shown.exception, StorageError)
    monkeypatch.undo()
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be written"):
        options.demand_writable(tmp_path / "file" / "store")
    assert options.demand_writable(tmp_path / "new" / "store") is None


def test_without_a_checkout_there_are_no_committed_results_and_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(repository, "NOTEBOOKS", tmp_path / "notebooks")
    for command in (("results", "list"), ("tables",), ("run",), ("reproduce", "--plan")):
        assert "pip install -e ." in str(invoke(*command).exception)
    assert invoke("results", "list", "--store", str(tmp_path)).exit_code == 0


def test_names_do_nothing_to_the_terminal(capsys):
    name = "a[/b] [red]\x1b]0;x\x07"
    show.say(name)
    show.table((name, "n"), [(name, "1")], title=name)
    show.frame(pd.DataFrame({name: [name]}))
    shown = capsys.readouterr().out
    assert shown.count(r"a[/b] [red]\x1b]0;x\x07") == 6
    assert "\x1b" not in shown


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
