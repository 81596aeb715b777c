"""Print how large the package is, folder by folder: ``python -m tools.code_size``.

A line of code is one that is neither blank nor only comment or docstring.
"""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

from depnb.system.repository import ROOT

PACKAGE = ROOT / "depnb"
NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def code_lines(source: str) -> int:
    """The lines of code in the source of a module."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines = {n for t in tokens if t.type not in NO_CODE for n in range(t.start[0], t.end[0] + 1)}
    return len(lines - set(_docstring_lines(source)))


def _docstring_lines(source: str) -> Iterator[int]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from range(node.lineno, (node.end_lineno or node.lineno) + 1)


def top_names(package: Path = PACKAGE) -> list[str]:
    """What somebody sees who opens the package: its modules and folders."""
    modules = [path for path in package.glob("*.py") if not path.name.startswith("__")]
    folders = [path for path in package.iterdir() if (path / "__init__.py").exists()]
    return sorted(path.name for path in (*modules, *folders))


def main() -> None:
    """Print the sizes."""
    lines = {path: path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))}
    code = {path: code_lines(source) for path, source in lines.items()}
    names = top_names()
    for name in names:
        here = [path for path in code if path == PACKAGE / name or path.is_relative_to(PACKAGE / name)]
        print(f"{name:12} {len(here):4} files {sum(code[path] for path in here):6} lines of code")
    largest = max(lines, key=lambda path: lines[path].count("\n"))
    print(f"names at the top of depnb/: {len(names)}")
    print(f"largest file: {largest.relative_to(ROOT)}, {lines[largest].count(chr(10))} lines")
    print(f"lines of code of depnb/: {sum(code.values())}")


if __name__ == "__main__":
    main()
