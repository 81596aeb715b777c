"""Check, time and train on the GPUs of this machine in the minutes given: ``tools/gpu.sh`` calls it.

The parts come in the order of their value: do trainings compute what they should (``checks``), how fast is each printed
network (``timings``), a row of the profile ``paper`` that starts from scratch (``first``), the results of a profile
(``results``), further rows of ``paper`` (``others``). Each is written down when it is done, and the next call does not
repeat it; trainings go on from their checkpoints. No file that git tracks is changed.
"""

import argparse
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from depnb.experiments.grid import runs_for
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.system.errors import sentence
from depnb.system.files import DamagedFile, cache_dir, make_folder, read_sealed, write_json
from depnb.system.repository import ROOT, commit
from depnb.system.workers import usable_cores
from depnb.training.loop import device_kind
from tools.gpu_measures import case, difference, other_precision, peak, peak_type, resumed, scores, timed

CHECKED = {"images": ("dlga", "dlga"), "clips": ("msn", "depth_69")}
"""(paper, row) of the networks that are checked."""
TIMED = {
    "ResNet-50": ("distribution", "expectation"),
    "DepNet": ("depnet", "depnet"),
    "DLGA-CNN": ("dlga", "dlga"),
    "MSN-69": ("msn", "depth_69"),
    "C3D": ("msn", "c3d"),
    "I3D": ("msn", "i3d"),
}
FIRST = ("dlga/dlga",)
OTHERS = (
    "distribution/expectation_scratch",
    "depnet/depnet[start=scratch]",
    *(f"msn/{row}[start=scratch]" for row in ("depth_69", "c3d", "i3d")),
)
"""Rows of ``paper`` that need no thousands of generated people, whose videos alone take hours."""
SMALL_CORPUS = "both-few"
"""A few generated videos, as long and as large as at ``paper``."""
TOLERATED = {
    "cpu": {"again": 0.0, "resumed": 0.0, "precision": 0.5},
    "cuda": {"again": 0.1, "resumed": 0.1, "precision": 0.5},
}
"""How far two trainings may differ (``difference``). On a CPU they have the same bits; a GPU adds in any order, and
bfloat16 keeps 8 bits of each factor."""
KEPT_MB = 64.0
"""Memory of a GPU that may still be taken after checked trainings."""
SECONDS = {"smoke": 0.3, "paper": 4.0}
"""How long a network is timed, twice."""
PROCESSES = 4
"""Trainings of a small profile side by side on one GPU, of which a single one uses little."""
WHAT = "Checks, timings and trainings of tools/gpu.sh."
Pieces = Iterator[dict[str, Any]]
"""What a part finds, piece by piece; ``done`` says whether it is complete, ``failed`` what was wrong."""


@dataclass
class Hour:
    """What was asked for.

    Attributes:
        profile: whose results are made; at ``smoke`` all networks are small, else as printed.
        device: ``auto``, ``cpu`` or ``cuda``. minutes: how long.
        out: folder of the summary, of logs and, where ``DEPNB_CACHE`` names none, of the cache with its checkpoints.
        store: folder of the results. rows: ``headline`` or ``all``. seeds: how many of each row.
    """

    profile: str
    device: str
    minutes: float
    out: Path
    store: Path
    rows: str
    seeds: int
    begun: float = field(default_factory=time.monotonic)

    @cached_property
    def kind(self) -> str:
        return device_kind(self.device)

    @cached_property
    def devices(self) -> list[str]:
        """All GPUs that are visible, or the CPU."""
        return [f"cuda:{k}" for k in range(torch.cuda.device_count())] if self.kind == "cuda" else [self.kind]

    @property
    def size(self) -> str:
        """The profile of what is checked, timed and trained beside the results."""
        return "smoke" if self.profile == "smoke" else "paper"

    @property
    def left(self) -> float:
        """Seconds."""
        return self.begun + 60 * self.minutes - time.monotonic()

    @property
    def summary(self) -> Path:
        return self.out / f"gpu-{self.profile}-{self.kind}.json"


def checks(hour: Hour, found: dict[str, Any]) -> Pieces:
    """Determinism, resumption, precision, memory, and all GPUs at once, each with its limit."""
    lines: dict[str, dict[str, Any]] = {}

    def judge(what: str, value: float, limit: float) -> dict[str, Any]:
        lines[what] = {"measured": round(value, 5), "limit": limit, "kept": value <= limit}
        return {"checks": lines}

    limits = TOLERATED[hour.kind]
    for name, row in CHECKED.items():
        one = (*row, hour.size, hour.devices[0])
        plain, before = scores(*one), _allocated(hour)
        yield judge(f"{name}: again", difference(plain, scores(*one)), limits["again"])
        if name == "images":  # resumption is the same for all, and starting a process takes long
            yield judge(f"{name}: resumed", difference(plain, resumed(*one)), limits["resumed"])
        other = scores(*one, precision=other_precision(*row, hour.size))
        yield judge(f"{name}: precision", difference(plain, other), limits["precision"])
        yield judge(f"{name}: MB kept", _allocated(hour) - before, KEPT_MB)
    devices = hour.devices if len(hour.devices) > 1 else hour.devices * 2
    with ProcessPoolExecutor(len(devices), get_context("spawn")) as pool:
        first, *rest = pool.map(partial(scores, *CHECKED["images"], hour.size), devices)
    for number, (device, other) in enumerate(zip(devices[1:], rest, strict=True), start=2):
        yield judge(f"process {number} at the same time, on {device}", difference(first, other), limits["again"])
    bad = [what for what, line in lines.items() if not line["kept"]]
    yield {"done": not bad} | ({"failed": f"Out of the limit: {', '.join(bad)}."} if bad else {})


def _allocated(hour: Hour) -> float:
    return torch.cuda.memory_allocated() / 2**20 if hour.kind == "cuda" else 0.0


def timings(hour: Hour, found: dict[str, Any]) -> Pieces:
    """Of each printed network at its printed batch: inputs per second, memory, share of the bfloat16 peak."""
    device, lines = hour.devices[0], found.get("networks", {})
    fastest = peak(device)
    yield {"peak_tflops": round(fastest / 1e12, 4), "peak_in": str(peak_type(device)), "networks": lines}
    for name, row in TIMED.items():
        if name not in lines and hour.left > 0:
            lines[name] = timed(case(*row, hour.size, "paper", "AVEC2014"), device, SECONDS[hour.size], fastest)
            yield {"networks": lines}
    yield {"done": len(lines) == len(TIMED)}


def rows_of_paper(rows: Sequence[str], share: float, hour: Hour, found: dict[str, Any]) -> Pieces:
    """Train rows at the profile ``paper``, a seed on each GPU, in a share of the time that is left."""
    corpus, end = "both" if hour.size == "smoke" else SMALL_CORPUS, time.monotonic() + share * hour.left
    lines: dict[str, Any] = {}
    for row in rows if hour.size == "paper" else rows[:1]:  # small, a row takes less than the start of its process
        runs = runs_for(hour.size, row, tuple(range(len(hour.devices))), corpus)
        lines[row] = trained(hour, row, runs, 1, end)
        yield _made(lines)


def results(hour: Hour, found: dict[str, Any]) -> Pieces:
    """The results of the profile, several trainings side by side on a GPU."""
    each = min(PROCESSES, usable_cores() // len(hour.devices)) if hour.kind == "cuda" else 1
    runs = runs_for(hour.profile, hour.rows, tuple(range(hour.seeds)))
    yield _made({hour.rows: trained(hour, hour.rows, runs, max(1, each), time.monotonic() + hour.left)})


def _made(lines: dict[str, Any]) -> dict[str, Any]:
    problems = [f"{row}: {problem}" for row, line in lines.items() for problem in line["problems"].values()]
    done = all(line["made"] == line["runs"] for line in lines.values())
    return {"rows": lines, "done": done} | ({"failed": " ".join(problems)} if problems and not done else {})


def trained(hour: Hour, rows: str, runs: Sequence[Run], each: int, end: float) -> dict[str, Any]:
    """Let ``depnb run`` make what the store lacks, in ``each`` processes per GPU, until ``end``; what came of it."""
    store, profile = Store(hour.store), runs[0].profile
    command = [sys.executable, "-m", "depnb", "run", "--missing", "--rows", rows, "--profile", profile]
    command += ["--store", str(hour.store), *(["--corpus", runs[0].corpus] if "/" in rows else [])]
    command += [word for seed in sorted({run.seed for run in runs}) for word in ("--seed", str(seed))]
    devices = hour.devices * each
    make_folder(hour.out / "logs")
    processes: dict[Path, subprocess.Popen[bytes]] = {}
    with ExitStack() as stack:
        for number, device in enumerate(devices if store.missing(runs) else []):
            path = hour.out / "logs" / f"{rows.replace('/', '-')}-{profile}-{number}.log"
            own = [*command, "--device", device]
            log = stack.enter_context(open(path, "wb"))
            processes[path] = subprocess.Popen(own, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
            stack.callback(_end, processes[path])
        for process in processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, end - time.monotonic()))
    missing = store.missing(runs)
    failed = [path for path, process in processes.items() if (process.returncode or 0) > 0]
    return {
        "runs": len(runs),
        "made": len(runs) - len(missing),
        "reached": {f"{run.paper} {run.row}, seed {run.seed}": reached(run) for run in missing[:8]},
        "problems": {path.name: _last_line(path) for path in failed},
    }


def _last_line(path: Path) -> str:
    return (path.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["it said nothing"])[-1][:250]


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a process and those that it has started; a training has left its last checkpoint."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)


def reached(run: Run) -> dict[str, Any]:
    """Where the checkpoint of a training stands: its step, its seconds, its curve so far."""
    for path in cache_dir().glob(f"checkpoints/{run.digest[:24]}-*/0.pt"):
        with suppress(DamagedFile, FileNotFoundError):
            state = torch.load(io.BytesIO(read_sealed(path)), map_location="cpu", weights_only=True)["state"]
            return {"step": state["step"], "seconds": round(state["seconds"]), "curve": state["curve"]}
    return {"step": 0}


PARTS: dict[str, Callable[[Hour, dict[str, Any]], Pieces]] = {
    "checks": checks,
    "timings": timings,
    "first": partial(rows_of_paper, FIRST, 0.5),
    "results": results,
    "others": partial(rows_of_paper, OTHERS, 1.0),
}


def make(hour: Hour) -> dict[str, Any]:
    """All parts that the time allows, in their order; the summary, which is written after each piece of a part."""
    earlier = json.loads(hour.summary.read_text()) if hour.summary.exists() else {"parts": {}}
    summary = earlier | {"provenance": {"what": WHAT, "corpus": "both", "commit": commit()}, "machine": machine(hour)}
    for name, part in PARTS.items():
        found = {"seconds": 0.0, "done": False} | summary["parts"].get(name, {})
        if found["done"] or hour.left <= 0:
            print(f"{name}: {'done before' if found['done'] else 'no time left'}", flush=True)
            continue
        begun, before = time.monotonic(), found["seconds"]
        found.pop("failed", None)
        summary["parts"][name] = found
        try:
            for piece in part(hour, found):
                found |= piece | {"seconds": round(before + time.monotonic() - begun, 1), "commit": commit()}
                write_json(hour.summary, summary)
        except Exception as error:  # the other parts are worth having
            found["failed"] = sentence(error)
            write_json(hour.summary, summary)
        state = found.get("failed") or ("done" if found["done"] else "goes on in the next call")
        print(f"{name}: {state} ({time.monotonic() - begun:.0f} s)", flush=True)
    return summary


def machine(hour: Hour) -> dict[str, Any]:
    """What this runs on."""
    gpus = [torch.cuda.get_device_properties(device) for device in hour.devices] if hour.kind == "cuda" else []
    models = [{"model": gpu.name, "memory_mb": round(gpu.total_memory / 2**20)} for gpu in gpus]
    return {"kind": hour.kind, "cores": usable_cores(), "torch": torch.__version__, "gpus": models}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the minutes allow; the exit status is 1 where a check or a part failed."""
    text = (__doc__ or "").partition("\n\n")[0]
    parser = argparse.ArgumentParser(prog="tools/gpu.sh", description=text)
    parser.add_argument("--profile", default="quick", help="whose results are made (quick); at smoke all is small")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--minutes", type=float, default=10.0, help="what does not fit comes in the next call (10)")
    parser.add_argument("--out", type=Path, default=Path("runs/gpu"), help="summary, logs, checkpoints (runs/gpu)")
    parser.add_argument("--store", type=Path, help="of the results (OUT/results)")
    parser.add_argument("--rows", default="headline", choices=("headline", "all"), help="of the results (headline)")
    parser.add_argument("--seeds", type=int, default=1, help="of the results, from 0 (1)")
    asked = parser.parse_args(arguments)
    out = asked.out.absolute()
    os.environ.setdefault("DEPNB_CACHE", str(out / "cache"))
    store = (asked.store or out / "results").absolute()
    hour = Hour(asked.profile, asked.device, asked.minutes, out, store, asked.rows, asked.seeds)
    summary = make(hour)
    print(f"Written: {hour.summary}. {max(0.0, hour.left):.0f} s are left.")
    return int(any("failed" in part for part in summary["parts"].values()))


if __name__ == "__main__":
    sys.exit(main())
