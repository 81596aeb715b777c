"""The whole of it from nothing, as a newcomer's machine does it: corpus, faces, trainings, notebooks, report."""

import json
import os
import subprocess
import sys

import pytest

from depnb.corpus import open_corpus
from depnb.system.repository import NOTEBOOKS
from tests.corpus import trees


@pytest.mark.whole
def test_reproduce_from_nothing_at_the_smoke_profile(tmp_path):
    command = [sys.executable, "-m", "depnb", "reproduce", "--profile", "smoke", "--folder", str(tmp_path / "run")]
    environment = {**os.environ, "DEPNB_CACHE": str(tmp_path / "cache")}
    subprocess.run(command, env=environment, cwd=tmp_path, check=True)
    state = json.loads((tmp_path / "run" / "run.json").read_text())
    assert state["finished"]
    assert state["problems"] == []
    assert [n["name"] for n in state["notebooks"]] == sorted(p.stem for p in NOTEBOOKS.glob("*.ipynb"))
    assert list((tmp_path / "run" / "results").rglob("*.json"))
    assert "Generated corpus." in (tmp_path / "run" / "report.html").read_text()


@pytest.mark.whole
def test_every_notebook_runs_on_a_corpus_of_people(tmp_path):
    """Frames in OpenFace's naming without a second task are farthest from the generated corpus that it is made of."""
    folder = trees.written(open_corpus("both-tiny"), tmp_path)["AVEC2013 frames"]
    command = [sys.executable, "-m", "depnb", "reproduce", "--profile", "smoke", "--corpus", str(folder)]
    environment = {**os.environ, "DEPNB_CACHE": str(tmp_path / "cache")}
    run = tmp_path / "run"
    subprocess.run([*command, "--folder", str(run)], env=environment, cwd=tmp_path, check=True)
    state = json.loads((run / "run.json").read_text())
    assert (state["finished"], state["problems"], state["generated"]) == (True, [], False)
    assert [n["name"] for n in state["notebooks"]] == sorted(p.stem for p in NOTEBOOKS.glob("*.ipynb"))
    sessions = {r.id for r in open_corpus(str(folder)).recordings}
    for path in [*(run / "results").rglob("*.json"), *(run / "figures").rglob("*.tex"), run / "report.html"]:
        assert not sessions.intersection(path.read_text().split('"'))
