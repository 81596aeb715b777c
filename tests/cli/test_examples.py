"""Every command explains itself by examples, and those can be run as they stand."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from depnb import cli
from depnb.corpus import open_corpus
from depnb.system.repository import COMMITTED, ROOT

pytestmark = pytest.mark.slow

WHOLE = typer.main.get_command(cli.app)
READING = {
    "results list",
    "results explain",
    "results export",
    "results groups",
    "protocols",
    "cache ls",
    "leaderboard",
    "weights list",
    "weights card",
    "run",
    "tables",
    "judge",
}
"""Commands that read results and settings, and need neither data nor a network connection."""
NOT_RUN = ("--missing", "--check")
"""With these options they train, or build every network."""
BUILDING = {"depnb protocols msn"}
"""Examples that build networks, without tensors, to count their weights."""
ALONE = """
import sys
from depnb import cli
try:
    cli.main()
finally:
    print("torch" in sys.modules)
"""
STARTED = "import sys; from depnb import cli; print(*sys.modules)"


def commands(of: Any = WHOLE, name: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """All commands with their names, groups among them."""
    yield " ".join(name), of
    for word, command in getattr(of, "commands", {}).items():
        yield from commands(command, (*name, word))


LEAVES = {name: command for name, command in commands() if not hasattr(command, "commands")}


def quoted(text: str | None) -> list[str]:
    return [" ".join(found.split()) for found in re.findall(r"`(depnb [^`]+)`", text or "")]


def examples() -> list[str]:
    """What stands in backticks in the help of commands and of their options."""
    texts = [text for _, command in commands() for text in (command.help, *_of_parameters(command))]
    return sorted({example for text in texts for example in quoted(text)})


def _of_parameters(command: Any) -> list[str | None]:
    return [getattr(parameter, "help", None) for parameter in command.params]


def name_of(example: str) -> str:
    return next((name for name in LEAVES if f"{example} ".startswith(f"depnb {name} ")), "")


def runnable() -> list[str]:
    """Examples that can be run here; ``depnb tables`` alone would write into the repository."""
    reading = [example for example in examples() if name_of(example) in READING and example != "depnb tables"]
    return [example for example in reading if not any(option in example for option in NOT_RUN)]


@pytest.fixture
def parsed(monkeypatch):
    """Read an example as the command line does, without doing what it says: its exit status, and the command."""
    called: list[str] = []

    def status(example: str) -> tuple[Any, list[str]]:
        called.clear()
        with pytest.raises(SystemExit) as left:
            WHOLE.main(shlex.split(example)[1:], prog_name="depnb")
        return left.value.code, list(called)

    def noting(name: str) -> Callable[..., None]:
        return lambda **_: called.append(name)

    for name, command in LEAVES.items():
        monkeypatch.setattr(command, "callback", noting(name))
    return status


def alone(code: str, *arguments: str, folder: os.PathLike = ROOT) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "160"}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment)


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder with a cache of its own and a small store ``runs/mine/results``."""
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    store = tmp_path / "runs" / "mine" / "results" / "msn"
    store.mkdir(parents=True)
    for file in sorted((COMMITTED / "msn").glob("*-s0-*.json"))[:2]:
        shutil.copy(file, store)
    write_scores(tmp_path)
    return tmp_path


def write_scores(folder: Path) -> None:
    """Scores, and labels of a table, for the examples of `depnb judge`."""
    videos = [r.name for r in open_corpus("both").partition("test", "unseen")]
    for seed, name in enumerate(("scores", "seed0", "seed1")):
        lines = [f"{video},{10 + (place + seed) % 9}" for place, video in enumerate(videos)]
        (folder / f"{name}.csv").write_text("\n".join(["video,score", *lines]))
    labels = [f"{video},{video.split('_')[0]},{place % 40},test" for place, video in enumerate(videos)]
    (folder / "labels.csv").write_text("\n".join(["video,subject,score,partition", *labels]))


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_every_command_explains_itself(name):
    shown = CliRunner().invoke(cli.app, [*name.split(), "--help"])
    assert shown.exit_code == 0
    assert "Usage" in shown.output


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_has_an_example_of_itself(name):
    assert name in map(name_of, quoted(LEAVES[name].help))


@pytest.mark.parametrize("example", examples())
def test_examples_have_arguments_and_options_that_exist(parsed, example):
    assert parsed(example) == (0, [name_of(example)])


@pytest.mark.parametrize("wrong", ["results list --papers msn", "faces both --every none", "face both", "predict"])
def test_an_example_with_a_mistake_is_noticed(parsed, wrong):
    assert parsed(f"depnb {wrong}") == (2, [])


def test_every_reading_command_has_an_example_that_is_run():
    assert set(map(name_of, runnable())) == READING


@pytest.mark.parametrize("example", runnable())
def test_examples_that_only_read_work_and_need_torch_only_to_build_networks(workplace, example):
    done = alone(ALONE, *shlex.split(example)[1:], folder=workplace)
    assert done.returncode == 0, done.stderr
    *printed, torch = done.stdout.splitlines()
    assert printed
    assert torch == str(example in BUILDING)


def test_the_command_line_starts_without_what_takes_long():
    loaded = set(alone(STARTED).stdout.split())
    assert "depnb.cli.runs" in loaded
    assert not loaded & {"torch", "numpy", "pandas", "pydantic", "cv2", "matplotlib", "rich"}
    assert {name for name in loaded if name.startswith("depnb.")} == {
        "depnb.cli",
        "depnb.system",
        *(f"depnb.system.{name}" for name in ("errors", "files", "repository", "text")),  # to say what goes wrong
        *(f"depnb.cli.{file.stem}" for file in (ROOT / "depnb" / "cli").glob("[!_]*.py")),
    }
