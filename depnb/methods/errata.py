"""What the five papers contradict or leave open, as data: ``docs/errata.md`` is written from it. Needs no torch.

``methods/<paper>/errata.csv`` has one row an entry of that paper, ``methods/errata.csv`` those that concern several.
"""

import csv
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from depnb.methods.adhoc import is_adhoc
from depnb.methods.registry import method, papers

KINDS = {
    "not stated": "the paper is silent, and an implementation has to decide",
    "contradiction": "the text disagrees with itself, with its tables, with its own code or with another paper",
    "impossible": "what is printed cannot be built, cannot be trained or cannot be right",
    "claim": "a conclusion or a way of evaluation that the paper's own numbers do not bear",
    "slip": "a misprint, a wrong reference or a swapped name, without consequence",
    "deviation": "stated, and done otherwise here",
}
"""Kinds of an entry, and what each means."""
PAIR = re.compile(r"\s*(?P<text>[^:]+): (?P<one>\S+)(?: @ (?P<protocol>\S+))? against (?P<other>\S+)\s*")


class Reading(NamedTuple):
    """Another reading of an entry, as a row that can be compared.

    Attributes:
        text: what is read otherwise, in a few words.
        one, other: rows of the other reading and of the default, both of the entry's first paper; a row may have
            switches in brackets.
        protocol: of the other reading; the default's is ``honest``.
    """

    text: str
    one: str
    other: str
    protocol: str

    @property
    def is_trained(self) -> bool:
        """Whether the rows are of the tables; one with switches in brackets only has a size."""
        return not (is_adhoc(self.one) or is_adhoc(self.other))


class Entry(NamedTuple):
    """One entry.

    Attributes:
        number: E01, E02, …
        papers: whom it concerns.
        kind: one of ``KINDS``.
        changes: whether an implementation or its numbers depend on how it is read.
        where: section, equation or table.
        printed: what is printed or lacking.
        reading: the reading that is the default here.
        see: notebooks in brackets, and names of the code, as Markdown.
        readings: other readings that are rows, or sizes.
        shared: whether it stands among those of all papers.
    """

    number: str
    papers: tuple[str, ...]
    kind: str
    changes: bool
    where: str
    printed: str
    reading: str
    see: str
    readings: tuple[Reading, ...]
    shared: bool


@cache
def entries() -> tuple[Entry, ...]:
    """All entries, by number.

    Raises:
        ValueError: a kind, a yes or no, a paper or a reading is not written as it should be; the message names the
            entry.
    """
    found = [entry for paper in (None, *papers()) for entry in _read(paper)]
    return tuple(sorted(found, key=lambda entry: int(entry.number[1:])))


def _read(paper: str | None) -> Iterator[Entry]:
    """The entries of a paper's folder, if it has any; without a paper, those that concern several."""
    path = files("depnb.methods" + (f".{paper}" if paper else "")).joinpath("errata.csv")
    if not path.is_file():
        return
    for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines(keepends=True)):
        whose = (paper,) if paper else tuple(row["papers"].split("; "))
        _check(row, whose)
        pairs = [text for text in row["readings"].split(";") if text.strip()]
        readings = tuple(_reading(text, row["number"]) for text in pairs)
        texts = (row["where"], row["printed"], row["reading"], row["see"])
        yield Entry(row["number"], whose, row["kind"], row["changes"] == "yes", *texts, readings, paper is None)


def _check(row: dict[str, str], whose: tuple[str, ...]) -> None:
    number = row["number"]
    if row["kind"] not in KINDS:
        raise ValueError(f"{number} is of the kind {row['kind']!r}: choose from {', '.join(KINDS)}.")
    if row["changes"] not in ("yes", "no"):
        raise ValueError(f"{number} has {row['changes']!r} under changes: write yes or no.")
    if unknown := set(whose) - set(papers()):
        raise ValueError(f"{number} concerns {', '.join(sorted(unknown))}: choose from {', '.join(papers())}.")


def _reading(text: str, number: str) -> Reading:
    found = PAIR.fullmatch(text)
    if not found:
        form = "TEXT: ROW against ROW, or TEXT: ROW @ PROTOCOL against ROW"
        raise ValueError(f"{number} has the reading {text.strip()!r}: write it as {form}.")
    return Reading(found["text"], found["one"], found["other"], found["protocol"] or "honest")


def scored(paper: str) -> dict[str, int]:
    """How many entries of each kind concern a paper; all kinds, in their order.

    Raises:
        KeyError: no such paper; the message lists those that there are.
    """
    name = method(paper).name
    return {kind: sum(name in entry.papers and entry.kind == kind for entry in entries()) for kind in KINDS}
