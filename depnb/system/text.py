"""Names that others gave, as text that does nothing where it is shown: in a terminal, in a spreadsheet, in LaTeX."""

import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

FORMULA = re.compile(r"[=@+\-\t]")
"""How a cell begins that a spreadsheet calculates."""
NUMBERS = re.compile(r"[\d\s.,±–%\[\]+-]+")
"""A number with its sign, perhaps with an interval: it may begin as a formula does."""


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


def to_csv(frame: "pd.DataFrame") -> str:
    """The table as CSV in which no text is a formula: such a cell begins with an apostrophe, as in a spreadsheet."""
    return frame.map(_no_formula).rename(columns=_no_formula).to_csv(index=False)


def _no_formula(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.replace("\r", r"\r")  # which would end the line for many readers
    return f"'{text}" if FORMULA.match(text) and not NUMBERS.fullmatch(text) else text


def to_latex(frame: "pd.DataFrame") -> str:
    """The table as LaTeX (it needs the package booktabs) that shows every character of its cells and headings."""
    shown = frame.map(lambda value: one_line(value) if isinstance(value, str) else value)
    shown.columns = [one_line(str(column)) for column in frame.columns]
    styled = shown.style.hide(axis="index").format(_no_option, escape="latex")
    return styled.format_index(_no_option, escape="latex", axis=1).to_latex(hrules=True)


def _no_option(value: Any) -> str:
    r"""A cell as text; behind the ``\\`` of a line, LaTeX would take a star or a bracket for an option of it."""
    if isinstance(value, float):
        return f"{value:.6f}"
    return f"{{}}{value}" if str(value).startswith(("[", "*")) else str(value)
