"""A page of a notebook opens without a network: no script, nothing that is fetched, formulas that can be seen."""

import base64
import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from depnb.reports.agreement import agreement
from depnb.reports.notebook_pages import formula
from depnb.reports.pages import write_html, write_report

FETCHED = re.compile(
    r"""<script|<iframe|<link|(?:src|data)\s*=\s*["']?https?:|@import|url\(\s*["']?https?:|import\(""", re.I
)


@pytest.mark.slow
def test_a_page_fetches_nothing_and_shows_formulas(tmp_path):
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# One\n\nThe error $\\sqrt3$ and\n\n$$\\mathrm{RMSE} = \\frac1N \\sum_i x_i$$"),
            new_code_cell("1", outputs=[new_output("display_data", data={"text/plain": "1", "text/html": "<b>1</b>"})]),
            new_markdown_cell("$\\begin{pmatrix}0&-2\\end{pmatrix}$ and a price of 5\\$"),
        ],
        metadata={"widgets": {"application/vnd.jupyter.widget-state+json": {"state": {}}}},
    )
    nbformat.write(notebook, tmp_path / "one.ipynb")
    page = write_html(tmp_path / "one.ipynb").read_text(encoding="utf-8")
    assert not FETCHED.search(page)
    assert page.count('<img alt="') == 2
    assert "<code>\\begin{pmatrix}0&amp;-2\\end{pmatrix}</code>" in page
    assert "<b>1</b>" in page


@pytest.mark.parametrize(
    "latex",
    [
        r"\hat y_i",
        r"\rho > \frac12",
        r"\tfrac{a}{b} + \tfrac1k",
        r"2/\sqrt3 + s/\sqrt\pi",
        r"z_i \in \mathbb R^{K}, \mathcal H(x)",
        r"\Big\lfloor \frac{x}{8} \Big\rfloor \le 5 \ge \left(1\right)",
        r"\bigcup_{i=2}^{M-1} \lVert p_k \rVert \in \lbrace 0, 1 \rbrace \mid \text{face}",
        "a \\qquad\nb",
    ],
)
def test_a_formula_is_a_picture_with_its_source_as_text(latex):
    shown = formula(latex)
    picture = base64.b64decode(re.search(r"base64,([^\"]+)", shown)[1])
    assert picture.startswith(b"<?xml")
    assert b"<script" not in picture


@pytest.mark.parametrize("latex", [r"\begin{cases} 0 & z \ge 0 \end{cases}", r"\nonsense", "{", '"><script>x</script>'])
def test_what_cannot_be_drawn_is_shown_as_its_source(latex):
    shown = formula(latex)
    assert "<script>" not in shown
    assert shown.startswith(("<code>", "<img"))


def test_a_report_fetches_nothing_and_takes_names_as_text(tmp_path):
    names = ("corpus_title", "profile", "rows", "protocol", "seed", "device", "version", "commit", "started", "only")
    state = {**dict.fromkeys(names, "<script>x</script>"), "generated": False, "seconds": 1.0, "peak_memory_mb": 1.0}
    state |= {"stages": {"<script>": 1.0}, "problems": ["<script>"]}
    state["notebooks"] = [{"name": "<script>", "page": "", "problem": "<script>", "seconds": 1.0}]
    page = write_report(tmp_path, state, agreement([], [])).read_text(encoding="utf-8")
    assert not FETCHED.search(page)
