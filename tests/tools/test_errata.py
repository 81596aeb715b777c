"""The list of errata has every number that is cited, and what it names exists."""

import inspect
import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from depnb.methods.registry import method, papers
from depnb.system.repository import NOTEBOOKS, ROOT

TEXT = (ROOT / "docs" / "errata.md").read_text(encoding="utf-8")
ENTRIES = [[cell.strip() for cell in line.split("|")[1:-1]] for line in re.findall(r"^\| <a.*$", TEXT, re.M)]
NUMBERS = [re.fullmatch(r'<a id="e(\d+)"></a>E(\d+)', entry[0]).groups() for entry in ENTRIES]
WHERE = {f"E{number}": entry[-1] for (number, _), entry in zip(NUMBERS, ENTRIES, strict=True)}
PAGES = dict(re.findall(r"^\[(\d\d)\]: \.\./notebooks/(.+)$", TEXT, re.M))
NAME = re.compile(r"`(depnb\.[\w.]+)`")


def cited(text: str) -> set[str]:
    """E-numbers in a text; the names of rules that ruff is told to pass over look the same and are none."""
    return set(re.findall(r"\bE\d{2,3}\b", re.sub(r"# noqa:.*", "", text)))


def written(notebook: Path) -> str:
    """What stands in a notebook's cells, without what they put out."""
    return "\n".join("".join(cell["source"]) for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"])


def texts() -> Iterator[tuple[str, str]]:
    for folder, pattern in (("depnb", "**/*.py"), ("tests", "**/*.py"), ("notebooks", "**/*.py"), ("docs", "*.md")):
        for path in (ROOT / folder).glob(pattern):
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    yield "README.md", (ROOT / "README.md").read_text(encoding="utf-8")
    for path in NOTEBOOKS.glob("*.ipynb"):
        yield path.name, written(path)


def named(dotted: str) -> Any:
    """The module, or what lies in one.

    Raises:
        AttributeError: there is no such thing.
    """
    parts = dotted.split(".")
    thing: Any = import_module(parts[0])
    for known, part in enumerate(parts[1:], start=2):
        if not hasattr(thing, part) and inspect.ismodule(thing):
            try:
                import_module(".".join(parts[:known]))
            except ModuleNotFoundError:
                raise AttributeError(f"{dotted}: {thing.__name__} has no {part}") from None
        thing = getattr(thing, part)
    return thing


def test_every_number_that_is_cited_has_an_entry():
    missing = {where: unknown for where, text in texts() if (unknown := cited(text) - set(WHERE))}
    assert not missing, "give them entries in docs/errata.md"
    assert len(set().union(*(cited(text) for where, text in texts() if not where.endswith("errata.md")))) > 100


def test_anchors_ascend_without_a_gap_and_stand_beside_their_numbers():
    assert re.findall(r'<a id="([^"]*)">', TEXT) == [f"e{number:02d}" for number in range(1, len(ENTRIES) + 1)]
    assert all(anchor == number for anchor, number in NUMBERS)
    assert all(len(entry) == 6 and all(entry[:5]) for entry in ENTRIES)


@pytest.mark.parametrize("dotted", sorted(set(NAME.findall(TEXT))))
def test_what_is_named_exists(dotted):
    named(dotted)


def test_a_name_that_does_not_exist_is_found_out():
    assert named("depnb.methods.msn.Config.projection") == "code"
    for dotted in ("depnb.no_module", "depnb.methods.msn.Config.no_switch", "depnb.methods.no_method.Config"):
        with pytest.raises(AttributeError):
            named(dotted)


@pytest.mark.parametrize("number", WHERE)
def test_arguments_rows_protocols_and_figures_exist(number):
    cell, methods = WHERE[number], [method(paper) for paper in papers()]
    known = {
        "row": {row for module in methods for row in (*module.rows, *module.fused)},
        "protocol": {protocol for module in methods for protocol in module.protocols},
        "figure": {figure for module in methods for figure in module.figures},
    }
    rest = re.sub(r"\[\d\d\]|\[weights\]\(weights\.md\)", "", cell)
    for argument, of in re.findall(r"argument `(\w+)` of `([\w.]+)`", cell):
        assert argument in inspect.signature(named(of)).parameters
    rest = re.sub(r"argument `\w+` of `[\w.]+`", "", rest)
    for what, names in known.items():
        for run in re.findall(rf"{what}s? ((?:`[\w.-]+`(?:, )?)+)", rest):
            assert {name for name in re.findall(r"`([^`]+)`", run) if not name.startswith("depnb.")} <= names
        rest = re.sub(rf"{what}s? (?:`(?!depnb\.)[\w.-]+`(?:, )?)+", "", rest)
    assert not re.sub(r"[,; ]", "", NAME.sub("", rest)), "neither a notebook nor something that is looked up above"


@pytest.mark.parametrize("number", WHERE)
def test_notebooks_that_are_named_cite_the_entry(number):
    for page in re.findall(r"\[(\d\d)\]", WHERE[number]):
        assert number in cited(written(NOTEBOOKS / PAGES[page])), f"notebook {page} does not cite {number}"
