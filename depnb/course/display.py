"""Tables, captions, comparisons and sentences, shown the same each time."""

import html
import re
import textwrap
from collections.abc import Sequence
from itertools import cycle
from numbers import Number
from typing import TYPE_CHECKING, Any

from depnb.reports.words import answer

if TYPE_CHECKING:
    from pandas import DataFrame, Series

LINE_WIDTH = 88  # columns; JupyterLab breaks a longer line anywhere, also within a word
NO_FORMULAS = "mathjax_ignore tex2jax_ignore"  # classes in which JupyterLab and nbconvert take a $ for a dollar
CONSTANTS = ("corpus", "protocol", "partition", "people")  # columns of results that may be the same in every row
SHORT_TEXT = 24  # characters of a table's text that stay on one line
BOX = "border-left:4px solid #0173b2;background:rgba(1,115,178,0.07);padding:0.5em 1em;max-width:60em"
LONG_TABLE = 4  # rows from which on such a column goes into the caption
_CODE = re.compile(r"`([^`]+)`")


def verdict(claim: str, difference: float, interval: tuple[float, float]) -> str:
    """“A has the smaller error than B” with its numbers and what the plain interval says to it.

    Args:
        claim: what is compared, in words.
        difference: error of A minus error of B, BDI-II points.
        interval: 95 % interval of the difference.

    Returns:
        ``claim: better …`` if the interval lies below 0, ``worse`` if it lies above 0, else ``cannot tell``; lines of
        at most ``LINE_WIDTH`` columns. The claims of a paper are judged together: ``reports.outcomes.sentences``.
    """
    low, high = interval
    if low > high:
        raise ValueError(f"The interval of {claim!r} runs from {low} to {high}: give (low, high).")
    numbers = f"difference {difference:+.2f}, 95 % interval {low:+.2f} to {high:+.2f} BDI-II points"
    return in_lines(f"{claim}: {answer(low, high)} ({numbers})")


def in_lines(text: str) -> str:
    """Text whose lines are broken between words at ``LINE_WIDTH``."""
    wrap = textwrap.TextWrapper(LINE_WIDTH, subsequent_indent="    ", break_on_hyphens=False)
    return "\n".join(map(wrap.fill, text.splitlines()))


def box(title: str, sentences: Sequence[str], folded: bool = False) -> None:
    """Show sentences in a box with a title, as text and HTML; what stands between backticks is code.

    A box that is folded shows its title until the reader opens it.
    """
    text = "\n".join([title, *(in_lines(f"• {sentence}") for sentence in sentences)])
    marked = [_CODE.sub(r"<code>\1</code>", html.escape(sentence)) for sentence in sentences]
    items = "".join(f"<li>{sentence}</li>" for sentence in marked)
    head = f"<strong>{html.escape(title)}</strong>"
    inside = f"<details><summary>{head}</summary><ul>{items}</ul></details>" if folded else f"{head}<ul>{items}</ul>"
    markup = f'<div class="{NO_FORMULAS}" style="{BOX}">{inside}</div>'
    show({"text/plain": text, "text/html": markup})


def table(frame: "DataFrame", caption: str = "", digits: int = 2) -> None:
    """Show a table as text and HTML that are the same each time, with the caption above it.

    In a table of ``LONG_TABLE`` rows or more, a column of ``CONSTANTS`` that says the same in each goes into the
    caption.
    """
    named = CONSTANTS if len(frame) >= LONG_TABLE else ()
    constant = [name for name in named if name in frame and frame[name].notna().all() and frame[name].nunique() == 1]
    said = ", ".join(f"{name} {frame[name].iloc[0]}" for name in constant)
    frame = frame.drop(columns=constant)
    if caption or said:
        show_caption(f"{caption} {said}".strip())
    options = {"float_format": lambda value: f"{value:.{digits}f}", "na_rep": "–", "index": False}
    markup = _styled(frame.to_html(**options, border=0), [_style(column) for _, column in frame.items()])
    show({"text/plain": frame.to_string(**options), "text/html": markup})


def _style(column: "Series") -> str:
    """Numbers stand on the right, text on the left; no number and no short text is broken."""
    number = column.dropna().map(_is_number).all()
    whole = number or column.astype(str).str.len().max() <= SHORT_TEXT
    return f"text-align:{'right' if number else 'left'};white-space:{'nowrap' if whole else 'normal'}"


def _is_number(value: Any) -> bool:
    """Whether a table's cell holds a number, maybe with signs about it (``8.68 ± 0.22``, ``-1.2 to 0.4``, ``–``)."""
    return isinstance(value, Number) or not re.search(r"[^\W\d_]", str(value).replace(" to ", " "))


def _styled(markup: str, styles: list[str]) -> str:
    """A table's HTML with a style for each column, its heading broken between words; a wide table scrolls.

    The styles stand in the cells: JupyterLab has its own for every cell of an output.
    """
    heads, cells = cycle(styles), cycle(styles)
    markup = re.sub("<th>", lambda _: f'<th style="{next(heads).replace("nowrap", "normal")}">', markup)
    markup = re.sub("<td>", lambda _: f'<td style="{next(cells)}">', markup)
    return f'<div class="{NO_FORMULAS}" style="overflow-x:auto">{markup}</div>'


def show_caption(caption: str) -> None:
    """A caption as text, and as HTML that is broken between words only."""
    style = "white-space:pre-wrap;overflow-wrap:break-word"
    markup = f'<div class="{NO_FORMULAS}" style="{style}">{html.escape(caption)}</div>'
    show({"text/plain": caption, "text/html": markup})


def show(bundle: dict[str, str | bytes]) -> None:
    """Show one thing in all its forms in a notebook; anywhere else print its text, and of a picture nothing."""
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is not None:
        display(bundle, raw=True)
    elif "image/png" not in bundle:
        print(bundle["text/plain"])
