"""`make reproduce` from nothing: minutes by stage, memory and disk, written to results/reproduce.json.

Everything is made anew in a temporary folder: corpus, faces, results, notebooks, figures, report. Then the same run
folder once more: with everything stored, a notebook should take no longer than 15 s. The README quotes the file.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from depnb.system.files import write_json
from depnb.system.repository import COMMITTED


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        run, cache = Path(folder) / "run", Path(folder) / "cache"
        command = [sys.executable, "-m", "depnb", "reproduce", "--folder", str(run)]
        first, again = (_reproduce(command, cache, run) for _ in range(2))
        disk = _size(Path(folder))
    slowest = max(notebook["seconds"] for notebook in again["notebooks"])
    measured = {
        "profile": first["profile"],
        "rows": first["rows"],
        "notebooks": [notebook["name"] for notebook in first["notebooks"]],
        "cores": os.cpu_count(),
        "minutes": first["seconds"] / 60,
        "minutes_by_stage": {name: seconds / 60 for name, seconds in first["stages"].items()},
        "again_seconds": again["seconds"],
        "again_slowest_notebook_seconds": slowest,
        "memory_gb": first["peak_memory_mb"] / 1024,
        "disk_gb": disk / 1e9,
        "environment_gb": _size(Path(sys.prefix)) / 1e9,
        "version": first["version"],
    }
    write_json(COMMITTED / "reproduce.json", measured)
    print(json.dumps(measured, indent=1))


def _size(folder: Path) -> int:
    """Bytes of all files below a folder, links not followed."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file() and not p.is_symlink())


def _reproduce(command: list[str], cache: Path, run: Path) -> dict:
    subprocess.run(command, env={**os.environ, "DEPNB_CACHE": str(cache)}, check=True)
    return json.loads((run / "run.json").read_text())


if __name__ == "__main__":
    main()
