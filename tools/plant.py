"""Plant small faults in a copy of the repository, one at a time, and see whether the tests notice.

``python tools/plant.py`` plants all faults of ``tools/faults.toml``; names or ``--only GLOB`` choose some. A fault is
noticed if one of the tests that it names fails. The faults are planted in a temporary copy of the work tree and
never in place, so an interruption leaves nothing behind.
"""

import argparse
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FAULTS = Path(__file__).with_name("faults.toml")
LONGEST_S = 600.0
PYTEST = ("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--no-header", "--tb=line")


@dataclass(frozen=True)
class Fault:
    """One fault of the kind that a tired engineer makes.

    Attributes:
        file: path in the repository.
        old: text that occurs exactly once in the file.
        new: the faulty text.
        noticed_by: test files or node ids of pytest, of which at least one must fail.
    """

    file: str
    old: str
    new: str
    noticed_by: tuple[str, ...]


def load(path: Path = FAULTS) -> dict[str, Fault]:
    """The faults of a file by their names."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: Fault(**{**entry, "noticed_by": tuple(entry["noticed_by"])}) for name, entry in entries.items()}


def copy_of(root: Path, place: Path) -> Path:
    """A copy of the work tree without what git ignores; without a repository, a copy of the whole folder."""
    command = ["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, capture_output=True)
    if listed.returncode or not listed.stdout:
        return Path(shutil.copytree(root, place, ignore=shutil.ignore_patterns("__pycache__")))
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (root / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, place / name)
    return place


def tests_pass(copy: Path, tests: Sequence[str]) -> bool | None:
    """Whether these tests pass in a copy; ``None`` if pytest could not run them or they took too long."""
    with tempfile.TemporaryDirectory(prefix="depnb-plant-cache-") as cache:
        environment = {
            **os.environ,
            "PYTHONPATH": str(copy),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": "1",
            "DEPNB_CACHE": cache,
        }
        try:
            done = subprocess.run(
                [sys.executable, *PYTEST, *tests], cwd=copy, env=environment, capture_output=True, timeout=LONGEST_S
            )
        except subprocess.TimeoutExpired:
            return None
    return {0: True, 1: False}.get(done.returncode)


def plant(fault: Fault, copy: Path) -> str:
    """``noticed``, or why the fault is not: it is planted in the copy, tried and taken out again."""
    file = copy / fault.file
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    if text.count(fault.old) != 1:
        return "old text not found" if fault.old not in text else "old text found more than once"
    file.write_text(text.replace(fault.old, fault.new), encoding="utf-8")
    try:
        passed = tests_pass(copy, fault.noticed_by)
    finally:
        file.write_text(text, encoding="utf-8")
    return {True: "NOT NOTICED", False: "noticed", None: "could not be tried"}[passed]


def plant_all(faults: dict[str, Fault], root: Path = ROOT, processes: int = 1) -> dict[str, str]:
    """What became of each fault, by its name; a line is printed for each as soon as it is known."""
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="depnb-plant-") as folder:
        copies: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for number in range(processes):
            copies.put(copy_of(root, Path(folder).resolve() / str(number)))

        def one(name: str) -> None:
            copy = copies.get()
            try:
                found[name] = plant(faults[name], copy)
            finally:
                copies.put(copy)
            print(f"{name}: {found[name]}", flush=True)

        with ThreadPoolExecutor(processes) as pool:
            list(pool.map(one, faults))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Plant what the command line chooses; 1 if a fault was not noticed, 2 if nothing was chosen."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="faults; by default all")
    parser.add_argument("--only", metavar="GLOB", default="*", help="faults whose name or file fits")
    parser.add_argument("--list", action="store_true", help="only list the faults")
    parser.add_argument("-j", type=int, default=1, metavar="N", help="how many are tried at the same time")
    options = parser.parse_args(arguments)
    faults = load()
    unknown = [name for name in options.names if name not in faults]
    if unknown:
        parser.error(f"no fault {', '.join(unknown)}: --list shows those that there are")
    chosen = {
        name: fault
        for name, fault in faults.items()
        if name in (options.names or faults) and (fnmatch(name, options.only) or fnmatch(fault.file, options.only))
    }
    if options.list:
        for name, fault in chosen.items():
            print(f"{name}: {fault.file}")
        return 0
    found = plant_all(chosen, processes=options.j)
    noticed = sum(what == "noticed" for what in found.values())
    print(f"{noticed} of {len(found)} faults noticed")
    return 2 if not found else int(noticed < len(found))


if __name__ == "__main__":
    sys.exit(main())
