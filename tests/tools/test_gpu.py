"""The prepared hour on a GPU, on a CPU and small."""

import json
import shutil
import stat
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest

from depnb.experiments.run import Run
from depnb.system.repository import ROOT
from tools import gpu, gpu_measures
from tools.check_committed import check

SCRIPT = ROOT / "tools" / "gpu.sh"


@pytest.fixture
def hour(tmp_path, monkeypatch):
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    made = gpu.Hour("smoke", "cpu", 60.0, tmp_path / "out", tmp_path / "results", "headline", 1)
    made.kind = "cpu"
    return made


def parts(monkeypatch, **pieces):
    """Parts that find these pieces, or raise; the names of those that were begun."""
    begun = []

    def part(name, hour, found):
        begun.append(name)
        for piece in pieces[name]:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    monkeypatch.setattr(gpu, "PARTS", {name: gpu.partial(part, name) for name in pieces})
    return begun


def written(hour):
    return json.loads(hour.summary.read_text(encoding="utf-8"))["parts"]


def test_a_part_that_is_done_is_not_repeated_and_a_failure_stops_nothing(hour, monkeypatch, capsys):
    begun = parts(monkeypatch, a=[{"x": 1, "done": True}], b=[{"y": 2}, ValueError("no GPU")], c=[{"done": False}])
    gpu.make(hour)
    assert begun == ["a", "b", "c"]
    assert written(hour)["a"]["x"] == 1
    assert (written(hour)["b"]["y"], written(hour)["b"]["done"]) == (2, False)
    assert "no GPU" in written(hour)["b"]["failed"]
    assert "c: goes on in the next call" in capsys.readouterr().out
    begun = parts(monkeypatch, a=[{"x": 3}], b=[{"done": True}], c=[{"done": True}])
    gpu.make(hour)
    assert begun == ["b", "c"]
    assert [part["done"] for part in written(hour).values()] == [True] * 3
    assert "failed" not in written(hour)["b"]


def test_what_was_found_before_a_kill_is_written(hour, monkeypatch):
    def killed(hour, found):
        yield {"x": 1}
        raise KeyboardInterrupt

    monkeypatch.setattr(gpu, "PARTS", {"a": killed})
    with pytest.raises(KeyboardInterrupt):
        gpu.make(hour)
    assert written(hour)["a"]["x"] == 1


def test_without_time_nothing_is_begun(hour, monkeypatch, capsys):
    begun = parts(monkeypatch, a=[{"done": True}])
    hour.begun -= 10_000
    gpu.make(hour)
    assert begun == []
    assert "a: no time left" in capsys.readouterr().out


def test_the_summary_can_be_committed(hour, monkeypatch, tmp_path):
    lines = {"dlga/dlga": {"runs": 1, "made": 0, "reached": {"dlga dlga, seed 0": {"step": 7, "curve": []}}}}
    networks = {"MSN-69": {"batch": 24, "precision": "bf16-mixed"}, "C3D": {"batch": 24}}
    parts(monkeypatch, timings=[{"networks": networks, "peak_tflops": 12.0}], first=[{"rows": lines}])
    gpu.make(hour)
    path = tmp_path / "benchmarks" / "gpu.json"
    path.parent.mkdir()
    shutil.copyfile(hour.summary, path)
    assert check(path) == []


def test_the_difference_is_a_share_of_what_was_learnt():
    learnt = gpu_measures.LABELS.mean() + np.array([-4.0, 4.0] * 4)
    assert gpu.difference(learnt, learnt) == 0
    assert gpu.difference(learnt, learnt + 1) == pytest.approx(0.25)
    with pytest.raises(RuntimeError, match="moved its scores"):
        gpu.difference(np.full(8, gpu_measures.LABELS.mean()), learnt)


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Put a shell script in the place of Python."""

    def put(text):
        path = tmp_path / "program"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(gpu.sys, "executable", str(path))

    return put


RUNS = [Run("dlga", "dlga", profile="smoke")]


def test_a_training_that_fails_says_why(hour, program):
    program('echo "$@"; echo "✘ dlga dlga: no landmarks"; exit 1')
    line = gpu.trained(hour, "dlga/dlga", RUNS, 1, time.monotonic() + 60)
    assert (line["runs"], line["made"]) == (1, 0)
    assert line["problems"] == {"dlga-dlga-smoke-0.log": "✘ dlga dlga: no landmarks"}
    assert "failed" in gpu._made({"dlga/dlga": line})
    said = (hour.out / "logs" / "dlga-dlga-smoke-0.log").read_text().split()
    assert said[said.index("--corpus") + 1 :][0] == "both"
    assert said[said.index("--seed") + 1 :][0] == "0"
    assert said[said.index("--device") + 1 :][0] == hour.devices[0]


def test_a_training_ends_with_its_time_and_so_do_its_helpers(hour, program, tmp_path):
    program(f"sleep 1000 & echo $! >{tmp_path}/helper; wait")
    hour.devices = ["cpu", "cpu"]
    begun = time.monotonic()
    line = gpu.trained(hour, "dlga/dlga", RUNS, 1, begun + 1)
    assert time.monotonic() - begun < 30
    assert line["problems"] == {}
    assert line["reached"] == {"dlga dlga, seed 0": {"step": 0}}
    helper = int((tmp_path / "helper").read_text())
    deadline = time.monotonic() + 10  # a killed process still counts as running until the kernel has ended it
    while running(helper) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not running(helper)


def running(number: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    return False


STUB = """#!/bin/bash
case $1 in
    -) cat >/dev/null; echo {lacks} ;;
    -c) exit {status} ;;
    -m) echo ran "$@" ;;
esac
"""


@pytest.mark.parametrize(
    ("lacks", "status", "said", "code"),
    [
        ("", 1, "ran -m tools.gpu --minutes 3", 0),
        ("av dlib", 0, "parts that need what it lacks are left out: av dlib.", 0),
        ("python", 1, "install requirements.txt first", 1),
    ],
)
def test_the_script_takes_what_is_installed_where_nothing_can_be(tmp_path, lacks, status, said, code):
    (tmp_path / "tools").mkdir()
    script = Path(shutil.copy(SCRIPT, tmp_path / "tools"))
    place = tmp_path / "bin"
    place.mkdir()
    (place / "python3").write_text(STUB.format(lacks=lacks, status=status))
    (place / "python3").chmod(0o755)
    for name in ("bash", "cat", "dirname", "env"):
        (place / name).symlink_to(shutil.which(name))
    done = subprocess.run(
        ["bash", str(script), "--minutes", "3"], env={"PATH": str(place)}, capture_output=True, text=True
    )
    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done


@pytest.mark.slow
@pytest.mark.last
def test_checks_timings_and_a_first_row_run_whole_on_a_cpu(hour, monkeypatch, capsys):
    monkeypatch.setattr(gpu, "CHECKED", {"images": ("dlga", "dlga")})
    monkeypatch.setattr(gpu, "TIMED", {"DLGA-CNN": ("dlga", "dlga")})
    monkeypatch.setattr(gpu, "PARTS", {name: gpu.PARTS[name] for name in ("checks", "timings", "first")})
    summary = gpu.make(hour)["parts"]
    assert [part.get("failed") for part in summary.values()] == [None] * 3
    assert [part["done"] for part in summary.values()] == [True] * 3
    measured = {name: line["measured"] for name, line in summary["checks"]["checks"].items()}
    assert (measured["images: again"], measured["images: resumed"]) == (0, 0)
    assert measured["process 2 at the same time, on cpu"] == 0
    assert 0 < measured["images: precision"] < 0.5
    (line,) = summary["timings"]["networks"].values()
    assert line["inputs_per_second"] > line["inputs_per_second_in_training"] * 0.5 > 0
    assert 0 < line["share_of_peak"] < 2
    assert line["peak_memory_mb"] > 50
    assert summary["first"]["rows"]["dlga/dlga"]["made"] == 1
    assert gpu.make(hour)["parts"] == summary
    assert capsys.readouterr().out.count("done before") == 3
