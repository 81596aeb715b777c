"""Nothing in the code runs what a file says: no shell, no unpickling, no archive unpacked; no file leads elsewhere."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from depnb.corpus import open_corpus
from depnb.corpus.manifest import read_manifest
from depnb.experiments.cache import items, remove
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.faces.crop_paths import crop_path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("depnb", "benchmarks", "tools", "notebooks/solutions")
SOURCES = [ROOT / "conftest.py", *(path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")))]

IN_MEMORY = {ROOT / "depnb" / place for place in ("nets/weights/pickles.py", "corpus/synthetic/make.py")}
"""Open archives without unpacking them: torch files of others (tests/nets/test_weights.py), and depnb's own arrays."""
OF_LEARNERS = {ROOT / "depnb" / "course" / "answers.py": ["exec", "compile"]}
"""Runs the answers of a class, as a notebook would; it says so, and does it in a process of its own."""
MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "zipfile", "tarfile"}
BUILTINS = {"eval", "exec", "compile", "__import__"}
FUNCTIONS = {
    "os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "shutil.unpack_archive",
    "yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "torch.jit.load", "torch.hub.load",
}  # fmt: skip
METHODS = {"read_pickle", "extractall", "extract"}
WEIGHTS = {"torch.load", "get_state_dict", "load_state_dict_from_url"}
"""What unpickles unless it is given ``weights_only=True``."""
KEYWORDS = {"shell", "allow_pickle"}
"""What must not be given, but as False."""


def breaches(source: str) -> Iterator[str]:
    """What a piece of code does and must not."""
    tree = ast.parse(source)
    names = _names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from MODULES.intersection(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from MODULES.intersection([(node.module or "").partition(".")[0]])
        elif isinstance(node, ast.Call):
            first, dot, rest = ast.unparse(node.func).partition(".")
            yield from _wrong(names.get(first, first) + dot + rest, node)


def _names(tree: ast.Module) -> dict[str, str]:
    """What imported names stand for: ``{"np": "numpy", "load": "torch.load"}``."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _wrong(called: str, call: ast.Call) -> Iterator[str]:
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    method = called.rpartition(".")[2]
    if called in BUILTINS | FUNCTIONS or method in METHODS:
        yield called
    if {called, method} & WEIGHTS and given.get("weights_only") != "True":
        yield f"{called} without weights_only=True"
    for keyword in KEYWORDS & given.keys():
        if given[keyword] != "False":
            yield f"{called} with {keyword}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_code_runs_what_a_file_says(path):
    found = list(breaches(path.read_text(encoding="utf-8")))
    assert found == (["zipfile"] if path in IN_MEMORY else OF_LEARNERS.get(path, []))


@pytest.mark.parametrize(
    "source",
    [
        "import torch\ntorch.load(path)",
        "import torch as t\nt.load(path, weights_only=False)",
        "from torch import load\nload(path, weights_only=safe)",
        "weights.get_state_dict(progress=True)",
        "import pickle",
        "from pickle import loads",
        "import joblib.numpy_pickle",
        "eval(text)",
        "exec(text)",
        "__import__(name)",
        "import os\nos.system(command)",
        "from os import popen as run\nrun(command)",
        "import subprocess\nsubprocess.run(command, shell=True)",
        "import subprocess\nsubprocess.Popen(command, shell=wanted)",
        "import numpy as np\nnp.load(path, allow_pickle=True)",
        "import yaml\nyaml.load(text)",
        "import pandas as pd\npd.read_pickle(path)",
        "import zipfile",
        "archive.extractall(folder)",
        "archive.extract(name, folder)",
        "import shutil\nshutil.unpack_archive(path)",
    ],
)
def test_the_search_finds_what_it_looks_for(source):
    assert list(breaches(source))


@pytest.mark.parametrize(
    "source",
    [
        "import torch\ntorch.load(path, weights_only=True)",
        "import numpy as np\nnp.load(path)\nnp.load(path, allow_pickle=False)",
        "network.eval()\nre.compile(text)\nstore.load(run)",
        "import subprocess\nsubprocess.run(['git', 'status'], check=True)",
        "weights.get_state_dict(progress=True, weights_only=True)",
    ],
)
def test_the_search_lets_the_rest_pass(source):
    assert list(breaches(source)) == []


def test_there_is_code_to_search():
    assert len(SOURCES) > 100


@pytest.fixture
def outside(tmp_path, monkeypatch) -> Path:
    """A video beside the folder of a corpus; the cache is empty."""
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    (tmp_path / "corpus").mkdir()
    secret = tmp_path / "outside" / "secret.mp4"
    secret.parent.mkdir()
    secret.write_bytes(b"x")
    return secret


@pytest.mark.parametrize("form", ["{absolute}", "../outside/secret.mp4", "a/../../outside/secret.mp4", "..\\outside"])
def test_a_manifest_leads_nowhere_else(outside, form):
    manifest = outside.parents[1] / "corpus" / "manifest.csv"
    manifest.write_text(f"video,subject,score,partition\n{form.format(absolute=outside)},p,1,train\n")
    recordings, problems = read_manifest(manifest)
    assert recordings == []
    assert "outside the manifest's folder" in str(problems[0])


def test_a_link_that_somebody_laid_into_the_folder_is_read_and_nothing_is_written_or_deleted_through_it(outside):
    folder = outside.parents[1] / "corpus"
    (folder / "linked").symlink_to(outside.parent, target_is_directory=True)
    (folder / "manifest.csv").write_text("video,subject,score,partition\nlinked/secret.mp4,p,1,train\n")
    (recording,) = open_corpus(folder).recordings
    place = crop_path(recording.video)
    assert place.is_relative_to(outside.parents[1] / "cache")
    place.parent.mkdir(parents=True)
    (place.parent / "link").symlink_to(outside.parent, target_is_directory=True)
    place.write_bytes(b"x")
    remove(items())
    assert not place.exists()
    assert outside.read_bytes() == b"x"


@pytest.mark.parametrize("corpus", ["/data/AVEC2014", "../../elsewhere", "a/../..", "C:\\data"])
def test_a_result_lies_in_its_store_whatever_its_corpus_is_called(tmp_path, monkeypatch, corpus):
    monkeypatch.setattr(Run, "digest", "0" * 64)
    path = Store(tmp_path / "store").file(Run("distribution", "expectation", corpus))
    assert path.resolve().parent == tmp_path / "store" / "distribution"
