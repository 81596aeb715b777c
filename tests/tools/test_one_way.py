"""One way through the house: no module imports one that comes later."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "depnb"
ORDER = (
    ("files", "progress", "profiles", "workers"),
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
    """Rooms of the package that a module imports, in its functions too."""
    rooms = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            rooms |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("depnb.")}
        elif isinstance(node, ast.ImportFrom) and node.level:
            raise AssertionError(f"line {node.lineno}: name the room, as in `from depnb.faces.crops import …`")
        elif isinstance(node, ast.ImportFrom) and node.module == "depnb":
            rooms |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module.startswith("depnb."):
            rooms.add(node.module.split(".")[1])
    return rooms & PLACE.keys()


@pytest.mark.parametrize(
    "line",
    ["import depnb.runner", "from depnb import runner", "from depnb.runner import fill", "import depnb.runner as r"],
)
def test_every_form_of_an_import_is_seen(line):
    assert imported(ast.parse(line)) == imported(ast.parse(f"def f():\n    {line}")) == {"runner"}


def test_an_import_that_does_not_name_the_room_is_refused():
    with pytest.raises(AssertionError, match="name the room"):
        imported(ast.parse("from ..runner import fill"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_never_point_back(path):
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room == "__init__":
        return
    assert room in PLACE, f"{room} has no place on the way through the house."
    later = {other for other in imported(ast.parse(path.read_text())) if PLACE[other] > PLACE[room]}
    assert not later
