"""The whole site, built once, and looked at in a browser where there is one."""

import re

import pytest

from book.__main__ import build
from depnb.course.notebooks import notebooks_in
from depnb.methods.registry import papers
from depnb.system.repository import NOTEBOOKS

pytestmark = pytest.mark.alone  # the site is built once: tests that are spread would build it twice
NARROW = 390


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("book")
    assert build(folder) == 0, "Sphinx warned, or a link leads nowhere: the lines above say which"
    return folder / "html"


def test_every_notebook_and_paper_has_a_page(site):
    wanted = {f"notebooks/{path.stem}.html" for path in notebooks_in([NOTEBOOKS])}
    wanted |= {f"papers/{name}.html" for name in papers()}
    wanted |= {"index.html", "search.html", "docs/errata.html", "figures/index.html", "reference/depnb.evaluation.html"}
    assert {name for name in wanted if not (site / name).is_file()} == set()


def test_pages_ask_no_other_machine_for_anything(site):
    asked = re.compile(
        r"""<(?:script|img|iframe)[^>]+src=["'](?:https?:)?//|<link[^>]+href=["'](?:https?:)?//[^>]+css"""
    )
    found = {path.name for path in site.rglob("*.html") if asked.search(path.read_text(encoding="utf-8"))}
    assert found == set()


def test_an_answer_is_told_its_reason(site, browser):
    page, asked = browser.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((site / "notebooks" / "40_depnet.html").as_uri())
    answer = page.get_by_text("each map is halved", exact=True)
    assert not page.get_by_text("Right: s is the sigmoid of 0").is_visible()
    answer.click()
    page.get_by_text("Right: s is the sigmoid of 0").wait_for()
    assert {url.partition(":")[0] for url in asked} <= {"file", "data", "blob"}


def test_formulas_are_set(site, browser):
    page = browser.new_page()
    page.goto((site / "notebooks" / "40_depnet.html").as_uri())
    page.locator("mjx-container").first.wait_for()
    assert page.locator("mjx-merror").count() == 0


@pytest.mark.parametrize("name", ["index", "papers/msn", "notebooks/31_msn_results", "figures/index", "docs/errata"])
def test_no_page_is_wider_than_a_telephone(site, browser, name):
    page = browser.new_page(viewport={"width": NARROW, "height": 800})
    page.goto((site / f"{name}.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW


def test_search_finds_a_word(site, browser):
    page = browser.new_page()
    page.goto((site / "search.html").as_uri() + "?q=bootstrap")
    page.locator("ul.search li").first.wait_for()
