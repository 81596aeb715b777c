"""The errata as data: what each entry says, and what a line that is not written as it should be is told."""

import re
from importlib.resources import files

import pytest

from depnb.methods import errata
from depnb.methods.adhoc import configuration
from depnb.methods.errata import KINDS, entries, scored
from depnb.methods.registry import method, papers
from depnb.system.repository import ROOT

READINGS = [(entry, reading) for entry in entries() for reading in entry.readings]
HEAD = "number,papers,kind,changes,where,printed,reading,see,readings\n"


def test_numbers_have_no_gap():
    assert [entry.number for entry in entries()] == [f"E{number:02d}" for number in range(1, len(entries()) + 1)]


def test_kinds_are_those_of_the_page():
    page = (ROOT / "docs" / "errata.md").read_text(encoding="utf-8")
    table = re.search(r"\| kind \| meaning \|\n\|---\|---\|\n((?:\|.*\n)+)", page)
    assert dict(re.findall(r"\| (.+?) \| (.+?) \|", table[1])) == KINDS


@pytest.mark.parametrize(("entry", "reading"), READINGS, ids=lambda part: getattr(part, "number", None))
def test_readings_are_two_different_trainings_of_the_paper(entry, reading):
    paper = method(entry.papers[0])
    one, other = (configuration(paper, row) for row in (reading.one, reading.other))
    assert (one, reading.protocol) != (other, "honest")
    assert reading.protocol in paper.protocols


def test_a_paper_has_its_own_entries_and_those_that_it_shares():
    own = [entry for entry in entries() if entry.papers == ("temporal_pooling",)]
    assert {entry.number for entry in own} == {f"E{number:02d}" for number in range(1, 16)}
    assert sum(scored("temporal_pooling").values()) == len(own) + sum(
        "temporal_pooling" in entry.papers for entry in entries() if entry.shared
    )
    assert list(scored("msn")) == list(KINDS)
    with pytest.raises(KeyError, match="choose from"):
        scored("no_paper")


def test_each_paper_has_a_file():
    assert all(files(f"depnb.methods.{paper}").joinpath("errata.csv").is_file() for paper in papers())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("E01,msn,typo,no,§1,a,b,,", "E01 is of the kind 'typo': choose from not stated"),
        ("E01,msn,slip,maybe,§1,a,b,,", "E01 has 'maybe' under changes: write yes or no"),
        ("E01,msn; nets,slip,no,§1,a,b,,", "E01 concerns nets: choose from"),
        (
            "E01,msn,slip,no,§1,a,b,,msn_held against msn",
            "E01 has the reading 'msn_held against msn': write",
        ),
        ("E01,msn,slip,no,§1,a,b,,held: msn_held", "write it as TEXT: ROW against ROW"),
    ],
)
def test_a_line_that_is_wrong_is_named(tmp_path, monkeypatch, line, said):
    (tmp_path / "errata.csv").write_text(HEAD + line + "\n", encoding="utf-8")
    monkeypatch.setattr(errata, "files", lambda package: tmp_path)
    with pytest.raises(ValueError, match=re.escape(said)):
        list(errata._read(None))


def test_a_paper_without_a_file_has_no_entries(tmp_path, monkeypatch):
    monkeypatch.setattr(errata, "files", lambda package: tmp_path)
    assert list(errata._read("msn")) == []


def test_protocol_and_switches_of_a_reading():
    found = errata._reading("ended early: dlga @ test-selected against dlga", "E88")
    assert (found.text, found.one, found.protocol, found.other) == ("ended early", "dlga", "test-selected", "dlga")
    assert found.is_trained
    assert not errata._reading("narrow: dlga[bins=literal] against dlga", "E81").is_trained
