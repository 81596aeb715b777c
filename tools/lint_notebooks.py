"""Lint of the course's notebooks: ``python -m tools.lint_notebooks notebooks``.

It reports each breach of the contract as ``file: what is wrong`` and exits 1 if there is one; a folder stands for its
notebooks. ``--normalise`` first removes what differs between two equal runs. The rules are in ``notebook_rules.py``.
"""

import argparse
import sys
from pathlib import Path

import nbformat

from depnb.course.notebooks import normalise, notebooks_in
from tools.notebook_rules import RULES

MAX_BYTES = 1_000_000


def lint(path: Path | str) -> list[str]:
    """Everything in which the notebook breaks the contract, one sentence each; empty when it is good."""
    path = Path(path)
    notebook = nbformat.read(path, as_version=4)
    found = [message for rule in RULES for message in rule(notebook, path)]
    size = path.stat().st_size
    if size >= MAX_BYTES:
        found.append(f"{size / 1e6:.1f} MB: must stay under {MAX_BYTES / 1e6:.0f} MB; use fewer or smaller pictures")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Command line; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.lint_notebooks", description=__doc__)
    parser.add_argument("places", nargs="+", metavar="FILES")
    parser.add_argument("--normalise", action="store_true", help="first remove what differs between equal runs")
    options = parser.parse_args(arguments)
    paths = notebooks_in(options.places)
    bad = 0
    for path in paths:
        if options.normalise:
            normalise(path)
        messages = lint(path)
        bad += bool(messages)
        for message in messages:
            print(f"{path}: {message}")
    print(f"{len(paths)} notebooks checked, {bad} with something wrong")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
