"""The frame: dependencies, make, and how fast the package answers."""

import ast
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from depnb.course.headless import IMPORTED
from depnb.system.repository import ROOT

OWNERS = packages_distributions()
HEAVY = ("torch", "torchvision", "numpy", "pandas", "scipy", "matplotlib", "cv2", "av", "papermill", "IPython")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NOT_IMPORTED = {
    # another import name; or used by name: model and picture files, kernels, pytest plug-ins, programs
    "dlib-bin": "import dlib",
    "face-recognition-models": "face-recognition-models",
    "scikit-image": "scikit-image",
    "jupyterlab": "-m jupyterlab",
    "ipykernel": "python3",
    "nbclient": "papermill",
    "pytest-xdist": "-n 2",
    "nbval": "--nbval",
    "ruff": "-m ruff",
    "mypy": "-m mypy",
    "import-linter": "lint-imports",
    "pre-commit": "pre-commit",
    "furo": '"furo"',
    "myst-nb": '"myst_nb"',
    "sphinx-copybutton": '"sphinx_copybutton"',
    "sphinx-mathjax-offline": '"sphinx-mathjax-offline"',
}


def _named(texts: list[str]) -> dict[str, Requirement]:
    return {canonicalize_name(r.name): r for r in map(Requirement, texts)}


NEEDED = _named(PROJECT["dependencies"])
EXTRAS = PROJECT["optional-dependencies"]
OTHERS = [text for name in ("book", "cluster", "timm") for text in EXTRAS[name]]
TESTS = _named([text for text in EXTRAS["test"] if text != "depnb[book,cluster,timm]"] + OTHERS)
DIRECT = NEEDED | TESTS


def pinned(file: str) -> dict[str, str]:
    lines = [x.removesuffix(" \\") for x in (ROOT / file).read_text().splitlines() if not x.startswith(("#", " "))]
    return {name: version.split(" ;")[0] for name, version in (line.split("==", 1) for line in lines)}


def test_every_direct_dependency_is_pinned_within_its_bounds():
    pins = pinned("requirements.txt")
    wrong = [str(r) for name, r in NEEDED.items() if name not in pins or not r.specifier.contains(pins[name])]
    pins |= pinned("requirements-test.txt")
    wrong += [str(r) for name, r in TESTS.items() if name not in pins or not r.specifier.contains(pins[name])]
    assert wrong == []


def test_no_package_is_pinned_twice():
    assert NEEDED.keys() & TESTS.keys() == set()
    assert pinned("requirements.txt").keys() & pinned("requirements-test.txt").keys() == set()


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-test.txt", "pyproject.toml", "environment.yml"])
def test_no_index_address_and_no_path_is_recorded(file):
    found = re.findall(r"--?(?:extra-)?index-url|--find-links|file:|https?://\S+| @ ", (ROOT / file).read_text())
    assert found == []


def test_cuda_libraries_are_asked_for_on_linux_only():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    cuda = [line for line in lines if line.startswith(("nvidia-", "cuda-", "triton"))]
    assert cuda
    assert all("sys_platform == 'linux'" in line for line in cuda)


def test_the_conda_route_installs_the_same_versions():
    items = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = [item for item in items if isinstance(item, str) and "=" in item and not item.startswith("python>")]
    ((*pip, depnb),) = [item["pip"] for item in items if isinstance(item, dict)]
    assert depnb == "-e ."  # else the first cell of a notebook finds no depnb
    versions = dict(item.split("==") for item in pip)
    versions |= {
        canonicalize_name(n.replace("pytorch", "torch")): version for n, version in (i.split("=") for i in conda)
    }
    pins = pinned("requirements.txt")
    assert versions == {name: pins[name] for name in NEEDED}


FOLDERS = ("depnb", "book", "notebooks", "tests", "benchmarks", "tools")


@pytest.fixture(scope="module")
def imported() -> set[str]:
    """Top-level modules that some file of the repository imports."""
    return _imported(*FOLDERS)


def _imported(*folders: str) -> set[str]:
    return {module for source in _sources(folders) for module in _modules(source)}


def _modules(source: str) -> set[str]:
    """The top-level modules that a source imports."""
    modules = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules.add(node.module.split(".")[0])
    return modules


def _sources(folders: Iterable[str]) -> Iterator[str]:
    for path in (p for folder in folders for p in (ROOT / folder).rglob("*.py")):
        yield path.read_text()
    for path in (p for folder in folders for p in (ROOT / folder).glob("*.ipynb")):
        yield from (c["source"] for c in nbformat.read(path, as_version=4).cells if c["cell_type"] == "code")


def _owners(module: str) -> set[str]:
    return {canonicalize_name(name) for name in OWNERS.get(module, ())}


@pytest.mark.parametrize("name", sorted(DIRECT))
def test_every_dependency_is_used(name, imported):
    if name in NOT_IMPORTED:
        files = [
            *(ROOT / "depnb").rglob("*.py"),
            ROOT / "book" / "conf.py",
            ROOT / "Makefile",
            ROOT / ".pre-commit-config.yaml",
        ]
        assert any(NOT_IMPORTED[name] in path.read_text() for path in files)
    else:
        assert any(name in _owners(module) for module in imported), f"{name} is listed, but nothing imports it"


def test_everything_imported_is_listed(imported):
    unlisted = {module for module in imported if (owners := _owners(module)) and not owners & DIRECT.keys()}
    assert unlisted - {"depnb"} == set()


def test_the_package_and_the_notebooks_need_nothing_of_the_tests():
    needless = {module for module in _imported("depnb", "notebooks", "benchmarks") if _owners(module) & TESTS.keys()}
    assert needless == {"ray", "submitit", "timm"}
    users = {path.parent for path in (ROOT / "depnb").rglob("*.py") if _modules(path.read_text()) & needless}
    assert users == {ROOT / "depnb" / "experiments" / "engines", ROOT / "depnb" / "nets" / "weights"}


@pytest.mark.parametrize("command", [["-c", "import depnb"], ["-m", "depnb", "--help"]])
def test_answers_within_a_second_and_loads_nothing_heavy(command):
    seconds = []
    for _ in range(3):
        before = _child_seconds()
        done = subprocess.run(
            [sys.executable, "-X", "importtime", *command], capture_output=True, text=True, check=True
        )
        seconds.append(_child_seconds() - before)
    assert min(seconds) < 1.0
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert loaded & set(HEAVY) == set()


def _child_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def test_continuous_integration_calls_make_test():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o100
    assert script.read_text().splitlines()[-1] == "exec make test"


STUB = """#!/usr/bin/env bash
# Stands for python3.11: makes a .venv whose python is this script, and writes down what it is asked.
here="{folder}"
echo "$PWD|$*" >> "$here/asked"
case "$*" in
  "-c "*) exit {fits} ;;
  "-m venv --clear .venv")
    rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python; cp "$0" .venv/bin/lint-imports ;;
  *"-r requirements"*) exit "$(cat "$here/pip-status")" ;;
esac
"""


@pytest.fixture
def clone(tmp_path):
    """A clone in a folder with spaces, where every python on PATH is a stub."""
    clone = tmp_path / "a clone of mine"
    tools = tmp_path / "bin"
    clone.mkdir()
    tools.mkdir()
    for name in ("Makefile", "pyproject.toml", "requirements.txt", "requirements-test.txt"):
        shutil.copy(ROOT / name, clone)
    (tmp_path / "pip-status").write_text("0")
    _stub(tmp_path, tools / "python3.11")
    return clone


def _stub(folder: Path, path: Path, fits: int = 0) -> None:
    path.write_text(STUB.format(folder=folder, fits=fits))
    path.chmod(0o755)


def _make(clone: Path, *arguments: str) -> subprocess.CompletedProcess:
    environment = {"PATH": f"{clone.parent / 'bin'}:/usr/bin:/bin", "HOME": str(clone.parent)}
    return subprocess.run(["make", *arguments], cwd=clone, env=environment, capture_output=True, text=True, check=False)


def _asked(clone: Path) -> list[str]:
    return (clone.parent / "asked").read_text().splitlines()


needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="no make on this machine")


@needs_make
def test_make_sets_itself_up_once_in_a_path_with_spaces(clone):
    done = _make(clone, "reproduce", "PROFILE=smoke", "ROWS=all", "RUN=runs/my run")
    assert done.returncode == 0, done.stderr
    asked = _asked(clone)
    assert f"{clone}|-m venv --clear .venv" in asked
    assert asked[-1].endswith(
        "-m depnb reproduce --profile smoke --corpus both --rows all --protocol honest --device auto "
        "--folder runs/my run"
    )
    assert (clone / ".venv" / ".ready").exists()
    _make(clone, "reproduce")
    assert sum("-r requirements.txt" in line for line in _asked(clone)) == 1


@needs_make
def test_make_installs_again_when_the_requirements_are_newer(clone):
    _make(clone, "reproduce")
    ready = (clone / ".venv" / ".ready").stat().st_mtime
    (clone / "requirements.txt").touch()
    os.utime(clone / "requirements.txt", (ready + 10, ready + 10))
    _make(clone, "reproduce")
    asked = _asked(clone)
    assert sum("-r requirements.txt" in line for line in asked) == 2
    assert sum("-m venv" in line for line in asked) == 1


@needs_make
def test_an_interrupted_installation_is_begun_anew(clone):
    (clone.parent / "pip-status").write_text("1")
    assert _make(clone, "reproduce").returncode != 0
    assert not (clone / ".venv" / ".ready").exists()
    (clone.parent / "pip-status").write_text("0")
    assert _make(clone, "reproduce").returncode == 0
    assert sum("-m venv --clear" in line for line in _asked(clone)) == 2


@needs_make
@pytest.mark.parametrize("target", ["reproduce", "lab", "results", "figures", "notebooks"])
def test_only_tests_install_what_only_they_need(clone, target):
    assert _make(clone, target).returncode == 0
    assert not any("requirements-test.txt" in line for line in _asked(clone))


@needs_make
def test_the_tests_install_what_they_need_once(clone):
    assert _make(clone, "check").returncode == 0
    assert _make(clone, "test").returncode == 0
    installed = [line for line in _asked(clone) if "requirements-test.txt" in line]
    assert len(installed) == 1
    assert installed[0].endswith("--require-hashes --no-deps -r requirements-test.txt")


@needs_make
def test_an_interrupted_installation_for_the_tests_is_begun_anew_and_spoils_nothing_else(clone):
    assert _make(clone, "lab").returncode == 0
    (clone.parent / "pip-status").write_text("1")
    assert _make(clone, "check").returncode != 0
    assert _make(clone, "lab").returncode == 0
    (clone.parent / "pip-status").write_text("0")
    assert _make(clone, "check").returncode == 0
    asked = _asked(clone)
    assert sum("-m venv --clear" in line for line in asked) == 1
    assert sum("--force-reinstall --require-hashes --no-deps -r requirements-test.txt" in line for line in asked) == 1


@needs_make
def test_check_leaves_out_what_is_slow_and_test_makes_up_for_it(clone):
    _make(clone, "check")
    quick = _asked(clone)
    for part in ("-m ruff check .", "-m mypy", "--no-logo", "-m tools.check_committed", "-m tools.lint_notebooks"):
        assert any(part in line for line in quick), part
    assert "-m not slow and not whole and not alone tests" in quick[-1]
    _make(clone, "test")
    rest = "\n".join(_asked(clone)[len(quick) :])
    marks = re.findall(r"-m slow and not whole and not alone|--nbval |-m alone|-m whole", rest)
    assert marks == ["-m slow and not whole and not alone", "--nbval ", "-m alone", "-m whole"]


@needs_make
def test_make_says_when_no_python_fits(clone):
    tools = clone.parent / "bin"
    for name in ("python3.11", "python3.12", "python3.13", "python3", "python"):
        _stub(clone.parent, tools / name, fits=1)
    done = _make(clone, "test")
    assert done.returncode != 0
    assert "No Python 3.11, 3.12 or 3.13 found" in done.stderr
    assert "PYTHON=" in done.stderr


@needs_make
def test_make_refuses_a_named_python_that_does_not_fit(clone):
    done = _make(clone, "lab", "PYTHON=no-such-python")
    assert done.returncode != 0
    assert "PYTHON=no-such-python does not run as Python 3.11, 3.12 or 3.13" in done.stderr


@needs_make
def test_make_alone_lists_the_targets(clone):
    shown = _make(clone).stdout
    for target in ("reproduce", "check", "test", "lab", "results", "figures", "bench", "notebooks"):
        assert f"make {target}" in shown


@pytest.mark.parametrize("module", IMPORTED)
def test_what_a_kernel_imports_ahead_exists(module):
    assert find_spec(module)


def test_licence_names_the_third_party_models():
    text = (ROOT / "THIRD_PARTY.md").read_text()
    for needle in ("MTCNN", "300-W", "excludes commercial use", "astronaut", "AVEC2014"):
        assert needle in text
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")


def test_the_kernel_of_the_environment_is_called_python3():
    kernel = Path(sys.prefix) / "share" / "jupyter" / "kernels" / "python3" / "kernel.json"
    assert json.loads(kernel.read_text())["argv"][:3] == ["python", "-m", "ipykernel_launcher"]
