"""The whole reproduction with trainings that take no time: order, failures, resumption, report."""

import errno
import fcntl
import json
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from depnb.course import reproduction
from depnb.course.reproduction import Reproduction, Settings, reproduce
from depnb.course.run_folders import alone_in
from depnb.experiments import execute, grid
from depnb.experiments.plan import in_order
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.system.files import StorageError, cache_dir
from tests.miniature import runnable
from tests.results_made import result_of

pytestmark = pytest.mark.usefixtures("trainings_in_this_process")

SETTINGS = Settings(profile="smoke", device="cpu")


@pytest.fixture
def trained(monkeypatch, tmp_path) -> list[Run]:
    """Runs that were trained; each takes no time. Figures and tables write one file."""
    trained = []

    def run(run, store, *, device):
        trained.append(run)
        store.save(result_of(run))

    def draw(store, folder, chosen=()):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "one.png").write_bytes(b"")

    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(execute, "run", run)
    for name in ("figures", "tables"):
        module = SimpleNamespace(make_all=draw)
        monkeypatch.setitem(sys.modules, f"depnb.reports.{name}", module)
        monkeypatch.setattr(f"depnb.reports.{name}", module, raising=False)
    return trained


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def one(tmp_path, said):
    """A reproduction of one good notebook."""
    runnable(tmp_path / "notebooks", "01_good")
    return Reproduction(SETTINGS, tmp_path / "run", source=tmp_path / "notebooks", say=said.append)


def state(folder):
    return json.loads((folder / "run.json").read_text())


@pytest.mark.slow
def test_fills_its_own_store_runs_the_notebooks_and_reports(one, trained, said):
    runnable(one.source, "02_bad", "1 / 0")
    runnable(one.source, "10_later", "print(store, seed)")
    assert not one.run()
    runs = grid.runs_for("smoke", "headline", (SETTINGS.seed,))
    assert trained == in_order(runs)
    assert one.store.missing(runs) == []
    written = state(one.folder)
    assert written["finished"]
    assert [n["name"] for n in written["notebooks"]] == ["01_good", "02_bad", "10_later"]
    assert [bool(n["problem"]) for n in written["notebooks"]] == [False, True, False]
    assert written["problems"] == ["02_bad: cell 4: ZeroDivisionError: division by zero"]
    assert list(written["stages"]) == ["figures", "notebooks", "report", "results"]
    assert written["peak_memory_mb"] > 10
    later = (one.folder / "notebooks" / "10_later.ipynb").read_text()
    assert f"{one.folder / 'results'} {SETTINGS.seed}" in later
    page = (one.folder / "report.html").read_text()
    for needle in ("Generated corpus.", "notebooks/01_good.html", "ZeroDivisionError", "figures/one.png", "9.00"):
        assert needle in page
    assert (one.folder / "notebooks" / "01_good.html").exists()
    assert "MISS" not in (one.folder / "logs" / "run.log").read_text()
    plan = next(i for i, line in enumerate(said) if "trainings" in line)
    assert plan < next(i for i, line in enumerate(said) if line.startswith("[1/"))


@pytest.mark.slow
def test_the_same_folder_again_trains_nothing(one, trained, said):
    assert one.run()
    trained.clear()
    assert replace(one, stages={}, notebooks=[], problems=[]).run()
    assert trained == []


def test_plan_starts_nothing(one, trained, said):
    assert one.run(plan_only=True)
    assert trained == []
    assert not one.folder.exists()
    text = "\n".join(said)
    for needle in ("trainings", "1 notebooks", "min", "MB", "videos"):
        assert needle in text


@pytest.mark.slow
def test_a_row_that_fails_does_not_end_the_rest(one, trained, monkeypatch):
    working = execute.run
    first = grid.runs_for("smoke", "headline", (SETTINGS.seed,))[0]

    def run(run, store, *, device):
        if run == first:
            raise ValueError("no such face")
        working(run, store, device=device)

    monkeypatch.setattr(execute, "run", run)
    assert not one.run()
    assert len(trained) == len(grid.runs_for("smoke", "headline", (SETTINGS.seed,))) - 1
    assert "no such face" in state(one.folder)["problems"][0]


@pytest.mark.slow
def test_an_interrupted_run_is_continued_and_says_so(one, trained, said, monkeypatch, tmp_path):
    working = execute.run

    def interrupted(run, store, *, device):
        if trained:
            raise KeyboardInterrupt
        working(run, store, device=device)

    runs = tmp_path / "runs"
    one = replace(one, folder=runs / "first")
    monkeypatch.setattr(execute, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        one.run()
    assert not state(one.folder)["finished"]
    assert reproduction.unfinished(SETTINGS, runs) == one.folder
    assert reproduction.unfinished(replace(SETTINGS, seed=5), runs) is None

    monkeypatch.setattr(execute, "run", working)
    assert reproduce(SETTINGS, runs=runs, source=one.source, say=said.append)
    assert len(trained) == len(grid.runs_for("smoke", "headline", (SETTINGS.seed,)))
    assert any(f"Continuing {one.folder}" in line for line in said)
    assert reproduction.unfinished(SETTINGS, runs) is None


def test_a_folder_that_somebody_works_on_is_left_alone(one, trained):
    one.folder.mkdir(parents=True)
    with open(one.folder / ".lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        (one.folder / "run.json").write_text(json.dumps(one.state(finished=False)))
        assert reproduction.unfinished(SETTINGS, one.folder.parent) is None
        with pytest.raises(RuntimeError, match="Another process"):
            one.run()
    assert reproduction.unfinished(SETTINGS, one.folder.parent) == one.folder


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"finished": true}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"seed": 100, "problems": []}',
    ],
    ids=lambda content: repr(content[:12]),
)
def test_a_damaged_state_is_passed_over_with_a_line(one, trained, caplog, content):
    runs = one.folder.parent / "runs"
    (runs / "damaged").mkdir(parents=True)
    (runs / "damaged" / "run.json").write_bytes(content)
    assert reproduction.unfinished(SETTINGS, runs) is None
    assert [str(runs / "damaged" / "run.json") in record.getMessage() for record in caplog.records] == [True]
    (runs / "good").mkdir()
    (runs / "good" / "run.json").write_text(json.dumps(one.state(finished=False)))
    assert reproduction.unfinished(SETTINGS, runs) == runs / "good"
    with pytest.raises(ValueError, match=r"run\.json is .*choose another --folder"):
        reproduce(SETTINGS, runs / "damaged", runs=runs, source=one.source)


def test_a_folder_on_a_disk_without_locks_is_one_processs_too(one, trained, monkeypatch):
    def refuse(*rest):
        raise OSError(errno.ENOSYS, "not here")

    monkeypatch.setattr(fcntl, "flock", refuse)
    one.folder.mkdir(parents=True)
    (one.folder / "run.json").write_text(json.dumps(one.state(finished=False)))
    with alone_in(one.folder):
        assert reproduction.unfinished(SETTINGS, one.folder.parent) is None
        with pytest.raises(RuntimeError, match="Another process"):
            one.run()
    assert reproduction.unfinished(SETTINGS, one.folder.parent) == one.folder


def test_a_folder_that_cannot_be_written_is_one_sentence(one, trained):
    one.folder.write_text("in the way")
    with pytest.raises(StorageError, match="a place that can be written"):
        one.run()


def test_another_runs_folder_is_refused(one, trained):
    one.folder.mkdir(parents=True)
    (one.folder / "run.json").write_text(json.dumps(one.state(finished=True)))
    with pytest.raises(ValueError, match="holds a run with seed 100"):
        reproduce(replace(SETTINGS, seed=3), one.folder)


def test_a_disk_too_small_is_noticed_before_anything_starts(one, trained, monkeypatch):
    monkeypatch.setattr(reproduction.shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    with pytest.raises(StorageError, match="MB are needed and 0 MB are free") as caught:
        one.run()
    assert str(one.folder) in str(caught.value)
    assert str(cache_dir()) in str(caught.value)  # on the same disk
    assert trained == []


@pytest.mark.parametrize("small", ["cache", "folder"])
def test_each_disk_that_is_written_is_looked_at(one, trained, monkeypatch, small):
    place = cache_dir() if small == "cache" else one.folder
    monkeypatch.setattr(
        reproduction.shutil, "disk_usage", lambda path: SimpleNamespace(free=1000 if path == place else 1e12)
    )
    monkeypatch.setattr(reproduction, "_disk", str)  # each on a disk of its own
    with pytest.raises(StorageError, match=f"0 MB are free at {place}"):
        one.run()
    assert trained == []


def test_unknown_settings_are_refused_before_anything_starts(one, trained):
    for wrong in ({"rows": "some"}, {"protocol": "fair"}, {"extra": {"sede": "1"}}):
        with pytest.raises(ValueError, match="some|fair|sede"):
            replace(one, settings=replace(SETTINGS, **wrong)).run()
    assert trained == []


def test_a_fresh_seed_is_one_that_is_not_committed(monkeypatch, trained, tmp_path):
    store = Store(tmp_path / "committed")
    monkeypatch.setattr(reproduction, "COMMITTED", store.path)
    assert reproduction.fresh_seed("smoke") == 100
    run = grid.runs_for("smoke", "headline", (100,))[0]
    store.save(result_of(run))
    assert reproduction.fresh_seed("smoke") == 101
    assert reproduction.fresh_seed("quick") == 100


def test_the_last_lines_say_how_many_numbers_lie_outside(one, trained, said, monkeypatch, tmp_path):
    committed = Store(tmp_path / "committed")
    monkeypatch.setattr(reproduction, "COMMITTED", committed.path)
    plan = one.plan()
    for run in plan.runs:
        one.store.save(result_of(run))
    one._conclude(one._compare(plan), tmp_path / "report.html")
    assert said[0] == "No number is compared: none has two committed seeds that learnt."
    for seed in range(3):
        for run in plan.runs:
            committed.save(result_of(replace(run, seed=seed), 9.0 + seed / 10))
    said.clear()
    one._conclude(one._compare(plan), tmp_path / "report.html")
    numbers = 4 * len(plan.runs)
    assert said[0].startswith(f"0 of {numbers} numbers lie outside, as expected: by chance {numbers / 20:.1f} do")
    assert said[-1] == f"Report: {tmp_path / 'report.html'}"


def test_the_cache_of_these_tests_is_their_own(trained, tmp_path):
    assert cache_dir() == tmp_path / "cache"


@pytest.fixture
def of_msn(one):
    """The reproduction of one paper, beside notebooks of another one."""
    for name in ("30_msn", "31_msn_results", "50_dlga"):
        runnable(one.source, name)
    (one.source / "01_good.ipynb").rename(one.source / "04_comparing.ipynb")
    runnable(one.source, "04_comparing")
    return replace(one, settings=replace(SETTINGS, papers=("msn",)))


def test_of_one_paper_there_are_its_rows_its_notebooks_and_what_is_beside_them(of_msn, said):
    plan = of_msn.plan()
    whole = grid.runs_for("smoke", "headline", (SETTINGS.seed,))
    own = [run for run in whole if run.paper == "msn"]
    where = {(run.corpus, run.protocol) for run in own}
    assert own
    assert plan.runs == [r for r in whole if r in own or (r.paper == "rivals" and (r.corpus, r.protocol) in where)]
    assert {run.paper for run in plan.runs} == {"msn", "rivals"}
    assert [path.stem for path in plan.notebooks] == ["04_comparing", "30_msn", "31_msn_results"]
    assert of_msn.run(plan_only=True)
    assert any("Only 1 of 5 papers" in line and "msn" in line for line in said)


@pytest.mark.slow
def test_the_report_of_one_paper_says_that_it_is_of_one_only(of_msn, trained):
    assert of_msn.run()
    assert {run.paper for run in trained} == {"msn", "rivals"}
    assert "Only 1 of 5 papers" in (of_msn.folder / "report.html").read_text()
    assert state(of_msn.folder)["papers"] == ["msn"]


def test_a_folder_of_other_papers_is_not_continued(one, of_msn):
    of_msn.folder.mkdir(parents=True)
    (of_msn.folder / "run.json").write_text(json.dumps(of_msn.state(finished=False)))
    runs = of_msn.folder.parent
    assert reproduction.unfinished(of_msn.settings, runs) == of_msn.folder
    assert reproduction.unfinished(SETTINGS, runs) is None
    with pytest.raises(ValueError, match=r"papers \['msn'\]"):
        reproduce(SETTINGS, of_msn.folder)


def test_a_folder_from_before_papers_could_be_chosen_is_continued(one):
    old = {name: value for name, value in one.state(finished=False).items() if name != "papers"}
    one.folder.mkdir(parents=True)
    (one.folder / "run.json").write_text(json.dumps(old))
    assert reproduction.unfinished(SETTINGS, one.folder.parent) == one.folder


def test_a_paper_without_runs_is_an_error(one, trained):
    settings = replace(SETTINGS, papers=("msn", "depnet"), protocol="code")
    with pytest.raises(ValueError, match="no run of depnet: .*depnb protocols"):
        replace(one, settings=settings).run()
    assert trained == []
