"""Every number of the README comes from a result file."""

import re

import pytest

from depnb.corpus.synthetic.recipe import named_recipe, sessions
from depnb.methods.registry import papers
from depnb.system.repository import ROOT
from tools import update_readme


def test_the_numbers_are_those_of_the_result_files():
    text = update_readme.README.read_text(encoding="utf-8")
    between = text.partition(update_readme.BEGIN)[2].partition(update_readme.END)[0].strip()
    assert between == update_readme.numbers()


def test_what_came_out_is_that_of_the_result_files():
    text = update_readme.README.read_text(encoding="utf-8")
    between = text.partition(update_readme.SAID_BEGIN)[2].partition(update_readme.SAID_END)[0].strip()
    assert between == update_readme.said()
    assert len(between.splitlines()) == len(papers())


def test_the_people_it_names_are_those_of_the_corpus():
    (people,) = re.findall(r"on (\d+) training people", update_readme.README.read_text(encoding="utf-8"))
    assert int(people) == len({s.subject for s in sessions(named_recipe("both")) if s.partition == "train"})


def test_links_lead_somewhere():
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", update_readme.README.read_text(encoding="utf-8"))
    assert len(links) >= 6
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_a_readme_without_markers_is_refused(tmp_path):
    (tmp_path / "README.md").write_text("# nothing")
    with pytest.raises(ValueError, match="lacks the lines"):
        update_readme.update(tmp_path / "README.md")
