"""Whatever a file, a person or a row is called: its name does nothing in a terminal, a spreadsheet or LaTeX."""

import csv
import io
import sys
from xml.etree import ElementTree

import pandas as pd
import pytest
from hypothesis import given, strategies as st

from depnb.system.text import one_line, plain, prepare_terminal, to_csv, to_html, to_latex
from tests.latex import breaks

NAMES = st.text(st.characters(codec="utf-8"), max_size=12)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Zoë [/b] 文.mp4", "Zoë [/b] 文.mp4"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\x1b]0;title\x07b", r"a\x1b]0;title\x07b"),
        ("over\rwritten", r"over\rwritten"),
        ("gpj.\u202emp4", r"gpj.\u202emp4"),
        ("\udcff.mp4", r"\udcff.mp4"),
        ("a\tb\nc", "a\tb\nc"),
    ],
)
def test_what_cannot_be_seen_is_shown_as_an_escape(name, shown):
    assert plain(name) == shown


@given(NAMES)
def test_a_name_is_one_line_that_can_be_seen(name):
    assert one_line(name).isprintable()
    assert one_line(one_line(name)) == one_line(name)


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-8"])
def test_a_terminal_of_any_encoding_shows_every_text(monkeypatch, encoding):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
    prepare_terminal()
    print("✘ Zoë → \udcff", flush=True)
    assert written.getvalue().endswith(b"?\n")
    assert ("✘".encode() in written.getvalue()) is (encoding == "utf-8")


@pytest.mark.parametrize("name", ["=1+1.mp4", "+cmd|' /C calc'!A0", "-cmd", "@SUM(A1)", "\t=1"])
def test_a_name_is_no_formula_of_a_spreadsheet(name):
    (_, line) = csv.reader(io.StringIO(to_csv(pd.DataFrame({"name": [name], "n": [1]}))))
    assert line == [f"'{name}", "1"]
    assert to_csv(pd.DataFrame({"name": [f"\r{name}"]})) == f"name\n\\r{name}\n"
    (headings, _) = csv.reader(io.StringIO(to_csv(pd.DataFrame({name: [1]}))))
    assert headings == [f"'{name}"]


@pytest.mark.parametrize("cell", ["-5.40 [-7.39, -3.23]", "+3.35", "-1", "a=1", "", "7.50 ± 0.20", None, -3.5])
def test_numbers_and_other_cells_stay_as_they_are(cell):
    frame = pd.DataFrame({"name": [cell], "n": [1]})
    assert to_csv(frame) == frame.to_csv(index=False)


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=3), NAMES)
def test_names_are_cells_of_latex_and_nothing_else(cells, heading):
    latex = to_latex(pd.DataFrame(cells, columns=[heading, f"2{heading}"]))
    assert list(breaks(latex)) == []


def test_latex_shows_names_and_numbers_as_they_are():
    frame = pd.DataFrame({"a_b %": ["[x] & y_z", "*#$~^{}\\"], "n": [1.5, 2], "lines": ["a\n\nb", "\x1b[0m"]})
    rows = to_latex(frame).splitlines()
    assert rows[2] == r"a\_b \% & n & lines \\"
    assert rows[4] == r"{}[x] \& y\_z & 1.500000 & a b \\"
    assert rows[5].startswith(r"{}*\#\$\textasciitilde \textasciicircum \{\}\textbackslash  & 2.000000 & ")


@pytest.mark.parametrize("cell", ["a_b", "5 %", "a & b", "$x", "#1", "~", "^", r"\input{x}", "{", "}", r"\\", "\x0b"])
def test_the_check_of_latex_finds_what_it_looks_for(cell):
    table = "\\begin{tabular}{l}\n\\toprule\nhead \\\\\n\\midrule\n%s \\\\\n\\bottomrule\n\\end{tabular}\n"
    assert list(breaks(table % "cell")) == []
    assert list(breaks(table % cell))
    assert list(breaks(table.replace(" \\\\\n\\mid", "\n\\mid") % "cell"))
    assert list(breaks(table % "[2pt]"))


def test_html_shows_every_character_of_its_cells_and_none_as_markup():
    names = ["<b>x</b>", "a & b", "line\nbreak", "<!-- c", '"quoted"']
    text = to_html({"<th>": names, "n": [1.5, 2, 3, 4, 5]})
    lines = [[cell.text for cell in line] for line in ElementTree.fromstring(text)]
    assert lines[0] == ["<th>", "n"]
    assert [line[0] for line in lines[1:]] == ["<b>x</b>", "a & b", "line break", "<!-- c", '"quoted"']
    assert [line[1] for line in lines[1:]] == ["1.5", "2", "3", "4", "5"]
