"""Names that others gave, as text that does nothing where it is shown: in a terminal, in a spreadsheet, in LaTeX."""

import csv
import html
import io
import re
import sys
from collections.abc import Iterable
from typing import Any, Protocol

FORMULA = re.compile(r"[=@+\-\t]")
"""How a cell begins that a spreadsheet calculates."""
NUMBERS = re.compile(r"[\d\s.,±–%\[\]+-]+")
"""A number with its sign, perhaps with an interval: it may begin as a formula does."""


SPECIAL = re.compile(r"([\\~^])( ?)|[&%$#_{}]")
"""What LaTeX does not show as it is."""
COMMANDS = {"\\": r"\textbackslash ", "~": r"\textasciitilde ", "^": r"\textasciicircum "}


class Columns(Protocol):
    """A data frame, or a dict of columns by their headings."""

    def __iter__(self) -> Any: ...

    def __getitem__(self, heading: Any, /) -> Iterable[Any]: ...


def plain(text: str, kept: str = "\n\t") -> str:
    r"""The text, in which characters that cannot be seen become escapes such as ``\x1b``, but for those to be kept."""
    return "".join(c if c.isprintable() or c in kept else c.encode("unicode_escape").decode() for c in text)


def one_line(text: str) -> str:
    """The text as ``plain``, with one blank for each line break, tab or run of blanks."""
    return " ".join(plain(text).split())


def prepare_terminal() -> None:
    """Let characters that the terminal does not know become question marks."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def to_csv(table: Columns) -> str:
    """The table as CSV in which no text is a formula: such a cell begins with an apostrophe, as in a spreadsheet."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(map(_no_formula, table))
    writer.writerows(zip(*(map(_no_formula, table[heading]) for heading in table), strict=True))
    return file.getvalue()


def _no_formula(value: Any) -> Any:
    if not isinstance(value, str):
        return None if value != value else value  # what is not a number is an empty cell
    text = value.replace("\r", r"\r")  # which would end the line for many readers
    return f"'{text}" if FORMULA.match(text) and not NUMBERS.fullmatch(text) else text


def to_latex(table: Columns) -> str:
    """The table as LaTeX (it needs the package booktabs) that shows every character of its cells and headings."""
    columns = [list(table[heading]) for heading in table]
    numbers = [bool(column) and all(isinstance(value, (int, float)) for value in column) for column in columns]
    lines = [" & ".join(map(_latex, cells)) + r" \\" for cells in (map(str, table), *zip(*columns, strict=True))]
    return "\n".join(
        [
            rf"\begin{{tabular}}{{{''.join('r' if each else 'l' for each in numbers)}}}",
            *(r"\toprule", lines[0], r"\midrule", *lines[1:], r"\bottomrule"),
            "\\end{tabular}\n",
        ]
    )


def to_html(table: Columns) -> str:
    """The table as HTML, in which no name is markup; a page or a word processor gives it its looks."""
    lines = [
        "".join(f"<{tag}>{html.escape(one_line(str(value)))}</{tag}>" for value in cells)
        for tag, cells in (
            ("th", list(table)),
            *(("td", line) for line in zip(*(table[heading] for heading in table), strict=True)),
        )
    ]
    return "\n".join(["<table>", *(f"<tr>{line}</tr>" for line in lines), "</table>\n"])


def _latex(value: Any) -> str:
    r"""A cell as text; behind the ``\\`` of a line, LaTeX would take a star or a bracket for an option of it."""
    if isinstance(value, float):
        return f"{value:.6f}"
    text = SPECIAL.sub(_command, one_line(str(value)))
    return f"{{}}{text}" if text.startswith(("[", "*")) else text


def _command(found: re.Match[str]) -> str:
    if not found[1]:
        return f"\\{found[0]}"
    return COMMANDS[found[1]] + (r"\space " if found[2] else "")
