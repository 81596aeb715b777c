"""Seconds and memory of the commands that only read, beside a bare interpreter: none of them loads torch.

Prints for each command the CPU seconds and the peak memory beyond those of ``python -c pass``, and how many times a
bare interpreter that is; medians of several runs. ``tables`` runs once before, so that its intervals are stored.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from depnb.system.repository import commit

RUNS = 5
COMMANDS = (
    ("cache", "ls"),
    ("run",),
    ("weights", "list"),
    ("results", "list"),
    ("results", "explain", "msn", "msn"),
    ("protocols",),
    ("--help",),
)
MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


def measured(command: list[str]) -> tuple[float, float]:
    """CPU seconds and peak MB of a command, each the median of ``RUNS``."""
    runs = []
    for _ in range(RUNS):
        # a process of its own in between, because the peak of all children is one number
        done = subprocess.run([sys.executable, "-c", MEASURE, *command], capture_output=True, text=True, check=True)
        runs.append([float(number) for number in done.stdout.split()])
    unit = 1e6 if sys.platform == "darwin" else 1e6 / 1024
    return statistics.median(seconds for seconds, _ in runs), statistics.median(peak for _, peak in runs) / unit


def main() -> None:
    depnb = [sys.executable, "-m", "depnb"]
    with tempfile.TemporaryDirectory() as folder:
        tables = ("tables", "--out", str(Path(folder)))
        subprocess.run([*depnb, *tables], stdout=subprocess.DEVNULL, check=True)
        bare = measured([sys.executable, "-c", "pass"])
        lines = {}
        for command in (*COMMANDS, tables):
            seconds, megabytes = measured([*depnb, *command])
            name = " ".join(command[: 1 if command[0] == "tables" else None])
            lines[name] = {
                "cpu_s_beyond_bare": round(seconds - bare[0], 2),
                "mb_beyond_bare": round(megabytes - bare[1], 1),
                "times_bare_cpu": round(seconds / bare[0], 1),
            }
            print(f"{name:28} {lines[name]}")
    print(json.dumps({"commit": commit(), "bare_cpu_s": bare[0], "bare_mb": bare[1], "commands": lines}, indent=1))


if __name__ == "__main__":
    main()
