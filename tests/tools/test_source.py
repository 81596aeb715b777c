"""What import-linter does not see in the source: how a module is named, why an import is late, and who writes files."""

import ast
import re
import tomllib
from collections.abc import Iterator

import pytest

from depnb.methods.registry import papers
from depnb.system.repository import ROOT

PACKAGE = ROOT / "depnb"
MODULES = sorted(PACKAGE.rglob("*.py"))
SLOW_TO_IMPORT = {
    *("IPython", "captum", "cv2", "facenet_pytorch", "jinja2", "lightning_fabric", "matplotlib", "nbconvert"),
    *("nbformat", "numpy", "pandas", "psutil", "rich", "scipy", "seaborn", "sklearn", "torch", "torchvision"),
}
"""Libraries whose import in a function needs no word: commands that do not use them start without them."""
STREAMS = {"os.devnull", "log", "self.folder / '.lock'", "temporary"}
"""What may be opened for writing beside ``files``: nothing, a growing log, a lock, a file of ``atomic_path``."""


def relative_imports(tree: ast.Module) -> list[int]:
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]


def unexplained_imports(source: str) -> Iterator[str]:
    """Imports in a function without a comment on their line or above the first of them."""
    lines = source.splitlines()
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    for statements in (block for f in functions for node in ast.walk(f) for block in _blocks(node)):
        explained = False
        for node in statements:
            if not isinstance(node, ast.Import | ast.ImportFrom):
                explained = False
                continue
            explained |= "#" in lines[node.lineno - 1] or lines[node.lineno - 2].lstrip().startswith("#")
            if not explained and not _modules(node) <= SLOW_TO_IMPORT:
                yield lines[node.lineno - 1].strip()


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        if isinstance(block := getattr(node, name, None), list):
            yield block


def _modules(node: ast.Import | ast.ImportFrom) -> set[str]:
    """The top-level names of what an import loads."""
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    return {name.partition(".")[0] for name in names}


def written_files(tree: ast.Module) -> Iterator[str]:
    """Calls that write a file."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        called = ast.unparse(call.func)
        if called.endswith((".write_text", ".write_bytes")) or (called == "open" and _opens_to_write(call)):
            yield ast.unparse(call)


def _opens_to_write(call: ast.Call) -> bool:
    modes = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    writes = any(re.search("[wax+]", str(ast.literal_eval(mode))) for mode in modes)
    return writes and ast.unparse(call.args[0]) not in STREAMS


each_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())


@each_module
def test_imports_name_the_folder(path):
    assert relative_imports(ast.parse(path.read_text(encoding="utf-8"))) == [], (
        "write `from depnb.faces.crops import …`"
    )


@each_module
def test_imports_in_functions_say_why(path):
    if not path.is_relative_to(PACKAGE / "cli"):
        assert set(unexplained_imports(path.read_text(encoding="utf-8"))) == set(), "why not at the top of the module?"


@each_module
def test_files_are_written_in_one_place(path):
    if path != PACKAGE / "system" / "files.py":
        assert list(written_files(ast.parse(path.read_text(encoding="utf-8")))) == [], "use depnb.system.files"


@pytest.mark.parametrize(
    ("source", "unexplained"),
    [
        ("def f():\n    from depnb.faces import prepare", ["from depnb.faces import prepare"]),
        ("def f():\n    if x:\n        import depnb.faces", ["import depnb.faces"]),
        ("def f():\n    from depnb.faces import prepare  # torch takes seconds to import", []),
        ("def f():\n    # start-up time\n    from depnb.faces import prepare\n    from depnb.inputs import spec", []),
        ("def f():\n    import matplotlib.pyplot as plt", []),
        ("import depnb.faces", []),
    ],
)
def test_late_imports_are_found(source, unexplained):
    assert list(dict.fromkeys(unexplained_imports(source))) == unexplained


@pytest.mark.parametrize(
    ("source", "writes"),
    [
        ("path.write_text('x')", True),
        ("open(path, 'wb')", True),
        ("path.open()", False),
        ("open(path)", False),
        ("open(temporary, mode='w')", False),
        ("write_text(path, 'x')", False),
    ],
)
def test_writing_is_found(source, writes):
    assert bool(list(written_files(ast.parse(source)))) == writes


@pytest.mark.parametrize(
    ("contract", "list_of"),
    [
        ("Nothing about one paper lies outside its folder", "forbidden_modules"),
        ("The papers know nothing of each other", "modules"),
    ],
)
def test_every_paper_is_in_the_contracts_about_papers(contract, list_of):
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (found,) = (one[list_of] for one in contracts if one["name"] == contract)
    assert set(found) == {f"depnb.methods.{paper}" for paper in papers()}
