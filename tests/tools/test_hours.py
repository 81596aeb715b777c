"""The GPU-hours that documents and notebooks name are those of the plan."""

import json
import os
import re

import pytest

from depnb.corpus.published import CORPORA
from depnb.experiments.corpora import open_for_profile
from depnb.experiments.plan import frames_of
from depnb.methods.registry import method, papers
from depnb.system.repository import NOTEBOOKS
from tools import update_docs

TYPED = re.compile(
    r"\b(?:\d[\d.–-]*|an?|some|several|few)\s+(?:minutes?|min|hours?|h|days?)\s+(?:on|of)\s+(?:an?|one)\s+GPU"
)
"""A time on a GPU that somebody has written by hand."""


def opening(notebook: str) -> str:
    return "".join(json.loads((NOTEBOOKS / f"{notebook}.ipynb").read_text(encoding="utf-8"))["cells"][0]["source"])


def test_no_notebook_has_its_own_time_on_a_gpu():
    for path in NOTEBOOKS.glob("*.ipynb"):
        assert not TYPED.search(" ".join(opening(path.stem).split())), path.name
    for paper in papers():
        assert "`depnb reproduce --profile paper --plan`" in opening(method(paper).notebook)


@pytest.mark.parametrize("text", ["paper about a day on one GPU", "paper some days on one GPU", "paper 2 h on a GPU"])
def test_a_typed_time_is_found(text):
    assert TYPED.search(text)


def between(page, begin: str, end: str) -> str:
    return page.read_text(encoding="utf-8").partition(begin)[2].partition(end)[0].strip()


@pytest.mark.slow
@pytest.mark.last
@pytest.mark.parametrize("section", update_docs.SECTIONS, ids=lambda section: section[0].name)
def test_the_computed_passages_are_up_to_date(section):
    page, begin, end, text = section
    assert between(page, begin, end) == text()


@pytest.mark.slow
def test_the_stand_ins_are_as_large_as_avec(monkeypatch):
    monkeypatch.setenv("DEPNB_CACHE", "/known")
    with update_docs.stand_ins() as folders:
        assert os.environ["DEPNB_CACHE"] != "/known"
        for name, folder in folders.items():
            corpus, published = open_for_profile(str(folder), "paper"), CORPORA[name]
            assert corpus.name == name
            assert len(corpus.subjects("train", "development", "test")) == 82
            for partition in ("train", "development", "test"):
                assert len(corpus.partition(partition)) == published.videos
            assert sum(frames_of(corpus).values()) == pytest.approx(published.frames, rel=1e-3)
    assert os.environ["DEPNB_CACHE"] == "/known"
    assert not folder.exists()


def test_a_page_without_markers_is_refused(tmp_path):
    (tmp_path / "avec.md").write_text("# nothing")
    with pytest.raises(ValueError, match="lacks the lines"):
        update_docs.update([(tmp_path / "avec.md", update_docs.BEGIN, update_docs.END, str)])
