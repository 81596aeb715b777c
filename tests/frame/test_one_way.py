"""One way through the house: no module imports one that comes later."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "depnb"
ORDER = (
    ("files", "processes", "progress", "profiles"),
    ("corpus",),
    ("faces",),
    ("augment",),
    ("clips",),
    ("backbones", "papers", "cost", "inference"),
    ("backbones_v1",),
    ("weights",),
    ("methods",),
    ("evaluation",),
    ("significance", "doctor"),
    ("training",),
    ("pretraining", "explain"),
    ("results",),
    ("networks",),
    ("experiments",),
    ("plan",),
    ("style", "widgets", "diagrams"),
    ("predict",),
    ("tables",),
    ("figures", "aggregates"),
    ("notebook_lint", "committed_check", "headless", "readme", "cache"),
    ("course",),
    ("report",),
    ("runner",),
    ("cli",),
)
PLACE = {name: place for place, names in enumerate(ORDER) for name in names}
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name not in {"__main__.py"}]


def imported(tree: ast.Module) -> set[str]:
    """Rooms of the package that a module imports when it is imported."""
    rooms = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "depnb":
            rooms |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("depnb."):
            rooms.add(node.module.split(".")[1])
    return rooms & PLACE.keys()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_never_point_back(path):
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room == "__init__":
        return
    assert room in PLACE, f"{room} has no place on the way through the house."
    later = {other for other in imported(ast.parse(path.read_text())) if PLACE[other] > PLACE[room]}
    assert not later
