"""The leaderboard: errors that were printed for AVEC2013 and AVEC2014, each with its source. Needs no torch.

``methods/printed/leaderboard.csv`` is the one data file: a line per method, corpus and source. It lies beside the
tables of the five papers, because those are printed numbers too; a test compares both. Everything that can be computed
from a line is computed here: intervals, replications, flags. docs/leaderboard.md explains the columns.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

from depnb.evaluation.reported import reported_interval

NOT_STATED = "not stated"
CORPORA = ("AVEC2013", "AVEC2014")
MODALITIES = ("video", "audio", "audio + video", "audio + video + metadata", "none")
REPORTED_BY = ("authors", "third party", "replicators", "reference")
ATTEMPTS = ("released weights", "trained again")
SELECTED_ON = ("test", "development", "nothing", NOT_STATED)
"""How the cell ``selected_on`` begins; what was selected may follow in brackets."""
MAY_BE_EMPTY = frozenset({"attempt", "place", "paper", "doi", "remark"})
FIRST_YEAR = 2013
LARGEST = 63.0
PEOPLE = 50
"""Sessions of the test set of either corpus: two videos of a session of AVEC2014 share person and label."""
LEAST_RATIO = 1.15
CONSTANT = "constant"
"""Key of the constant predictor, a line per corpus."""

FLAGS = {
    "RMSE missing": "the source prints no RMSE",
    "MAE missing": "the source prints no MAE",
    "RMSE/MAE < 1.15": "the two errors are closer than errors usually are: 1.25 for Gaussian ones",
    "selected on test": "something was chosen by the error on the test set",
    "third party": "the numbers are copied from another work",
    "no code": "no public code is known",
    "not replicated": "no attempt by others is known",
    "replication misses": f"a replication's RMSE lies outside the printed one's interval at n = {PEOPLE}",
    "conflicting numbers": "another source prints other numbers for the same method and corpus",
    "worse than the constant": "the RMSE is above that of the mean of the training labels",
}
"""Flags in the order in which they are shown, with what they mean."""


@dataclass(frozen=True)
class Row:
    """A line of the data file.

    Attributes:
        key: of the method; the same for all lines about it.
        method: its name, for readers.
        corpus: one of ``CORPORA``; errors are of its official test set.
        modality: what is looked at or listened to; “none” for reference predictors.
        year: of the source's publication; None where it is not stated.
        rmse, mae: BDI-II points, as printed; None where they are not stated.
        reported_by: the authors themselves, a third party that copies them, replicators who ran it again, or
            “reference” for predictors that look at no face.
        attempt: of replicators, what they ran.
        trained_on, selected_on, unit, aggregation, pretraining, seeds, interval, code: as the source states them, or
            “not stated”. ``unit`` is what counts as one test case; ``interval`` is one that the source prints.
        source: the work, or where the number was seen.
        place: tables of the five papers that print it, as in ``printed/paper_tables.csv``.
        paper: folder of ``methods/`` that implements the method; empty for all others.
        doi, remark: may be empty.
    """

    key: str
    method: str
    corpus: str
    modality: str
    year: int | None
    rmse: float | None
    mae: float | None
    reported_by: str
    attempt: str
    trained_on: str
    selected_on: str
    unit: str
    aggregation: str
    pretraining: str
    seeds: str
    interval: str
    code: str
    source: str
    place: str
    paper: str
    doi: str
    remark: str

    @property
    def printed(self) -> bool:
        """Whether it is a published claim about a method: no replication, and no reference predictor."""
        return self.reported_by in ("authors", "third party")

    @property
    def places(self) -> list[tuple[str, str]]:
        """Paper and table of each place, as in ``printed/paper_tables.csv``."""
        found = (place.partition(" ") for place in self.place.split("; ") if place)
        return [(paper, source) for paper, _, source in found]


HEADINGS = tuple(field.name for field in fields(Row))


@cache
def rows() -> tuple[Row, ...]:
    """All rows of the data file, in its order.

    Raises:
        ValueError: a line breaks a rule of ``read``.
    """
    with files("depnb.methods").joinpath("printed", "leaderboard.csv").open(encoding="utf-8") as file:
        return read(file)


def read(lines: Iterable[str]) -> tuple[Row, ...]:
    """Rows from the lines of a CSV file, checked one by one and against each other.

    Raises:
        ValueError: a heading or a cell is not what it should be; the message names the line and what is expected.
    """
    table = csv.DictReader(lines)
    if tuple(table.fieldnames or ()) != HEADINGS:
        raise ValueError(f"The leaderboard needs the headings {', '.join(HEADINGS)}, in this order.")
    found: list[Row] = []
    for cells in table:
        where = f"leaderboard.csv, line {table.line_num} ({cells['method']}, {cells['corpus']})"
        problem = _problem(cells) or (None if (row := _row(cells)) not in found else "it stands there twice")
        if problem:
            raise ValueError(f"{where}: {problem}.")
        found.append(row)
    for again in (row for row in found if row.reported_by == "replicators"):
        if not any(_about_the_same(again, row) for row in found if row.printed):
            raise ValueError(f"leaderboard.csv: others ran {again.key} on {again.corpus}, but nothing is printed.")
    return tuple(found)


def _problem(cells: dict[str, Any]) -> str | None:
    """What is wrong with a line, in words; None if nothing is."""
    if None in cells or None in cells.values():
        return f"it has not {len(HEADINGS)} cells"
    empty = [name for name, cell in cells.items() if not cell.strip() and name not in MAY_BE_EMPTY]
    if empty:
        return f"{', '.join(empty)} is empty: write “{NOT_STATED}” where the source does not say it"
    allowed = {"corpus": CORPORA, "modality": MODALITIES, "reported_by": REPORTED_BY}
    for name, known in allowed.items():
        if cells[name] not in known:
            return f"{name} is {cells[name]!r}: choose from {', '.join(known)}"
    if (cells["reported_by"] == "replicators") != (cells["attempt"] in ATTEMPTS):
        return f"attempt is {cells['attempt']!r}: replicators give {' or '.join(ATTEMPTS)}, all others nothing"
    patterns = {
        "key": (r"[a-z0-9_]+", "small letters, digits and underscores"),
        "year": (rf"20\d\d|{NOT_STATED}", f"a year or “{NOT_STATED}”"),
        "rmse": (rf"\d+(\.\d+)?|{NOT_STATED}", f"a number or “{NOT_STATED}”"),
        "mae": (rf"\d+(\.\d+)?|{NOT_STATED}", f"a number or “{NOT_STATED}”"),
        "selected_on": (rf"({'|'.join(SELECTED_ON)})( \(.+\))?", f"{', '.join(SELECTED_ON)}, then perhaps what in ()"),
        "place": (r"([a-z_]+ [A-Z][\w ]*(; |$))*", "paper and table, as in “msn Table 6; dlga Table 7”"),
        "doi": (r"(10\.\d+/\S+)?", "a DOI without its address, or nothing"),
    }
    for name, (pattern, expected) in patterns.items():
        if not re.fullmatch(pattern, cells[name]):
            return f"{name} is {cells[name]!r}: expected is {expected}"
    return _wrong_numbers(_row(cells))


def _wrong_numbers(row: Row) -> str | None:
    if row.year is not None and row.year < FIRST_YEAR:
        return f"the year is {row.year}, but the corpora appeared in {FIRST_YEAR} and later"
    if any(error is not None and not 0 < error < LARGEST for error in (row.rmse, row.mae)):
        return f"an error is not between 0 and {LARGEST:g}"
    if row.rmse is not None and row.mae is not None and row.mae > row.rmse:
        return "the MAE is above the RMSE, which cannot be: perhaps they changed places"
    if row.rmse is None and row.mae is None and not row.remark:
        return "it has neither RMSE nor MAE, and no remark says why"
    return None


def _row(cells: dict[str, str]) -> Row:
    numbers = {name: float(cells[name]) if cells[name] != NOT_STATED else None for name in ("rmse", "mae")}
    year = int(cells["year"]) if cells["year"] != NOT_STATED else None
    return Row(**{**cells, **numbers, "year": year})  # type: ignore[arg-type]  # the three that are no text are replaced


def _about_the_same(one: Row, other: Row) -> bool:
    return (one.key, one.corpus, one.modality) == (other.key, other.corpus, other.modality)


def replications(row: Row, among: Sequence[Row] | None = None) -> list[Row]:
    """What others got who ran the method of a printed row again, on the same corpus."""
    known = rows() if among is None else among
    return [other for other in known if other.reported_by == "replicators" and _about_the_same(row, other)]


def flags(row: Row, among: Sequence[Row] | None = None) -> list[str]:
    """The ``FLAGS`` of a row, in their order. Reference predictors have none.

    Args:
        row: one of ``among``.
        among: all rows; by default those of the data file.
    """
    known = rows() if among is None else among
    if row.reported_by == "reference":
        return []
    constant = next((r.rmse for r in known if (r.key, r.corpus) == (CONSTANT, row.corpus)), None)
    of_all = {
        "RMSE missing": row.rmse is None,
        "MAE missing": row.mae is None,
        "RMSE/MAE < 1.15": row.rmse is not None and row.mae is not None and row.rmse / row.mae < LEAST_RATIO,
        "selected on test": row.selected_on.startswith("test"),
        "worse than the constant": row.rmse is not None and constant is not None and row.rmse > constant,
    }
    of_printed = {
        "third party": row.reported_by == "third party",
        "no code": row.code == "none known",
        "not replicated": not replications(row, known),
        "replication misses": any(misses(row, other) for other in replications(row, known)),
        "conflicting numbers": any(_conflict(row, other) for other in known),
    }
    found = of_all | (of_printed if row.printed else {})
    return [flag for flag in FLAGS if found.get(flag)]


def misses(row: Row, replication: Row) -> bool:
    """Whether the RMSE of a replication lies outside the interval of the printed one."""
    if row.rmse is None or replication.rmse is None:
        return False
    low, high = reported_interval(row.rmse, PEOPLE)
    return not low <= replication.rmse <= high


def _conflict(row: Row, other: Row) -> bool:
    pairs = ((row.rmse, other.rmse), (row.mae, other.mae))
    differ = any(one is not None and two is not None and one != two for one, two in pairs)
    return other.printed and _about_the_same(row, other) and differ


def replicated(row: Row, among: Sequence[Row] | None = None) -> str:
    """In words, what others got for a printed row; “–” for any other row."""
    if not row.printed:
        return "–"
    own = replications(row, among)
    return "; ".join(f"{other.attempt}: {errors(other)}" for other in own) if own else "no attempt known"


def errors(row: Row) -> str:
    """RMSE/MAE, as in “7.75/6.00”; a dash for what is not stated."""
    return "/".join("–" if error is None else f"{error:.2f}" for error in (row.rmse, row.mae))


def interval_text(row: Row) -> str:
    """The interval of the RMSE at ``PEOPLE`` test cases, computed; a dash without an RMSE."""
    if row.rmse is None:
        return "–"
    low, high = reported_interval(row.rmse, PEOPLE)
    return f"{low:.1f}–{high:.1f}"


def select(
    corpus: str | None = None,
    since: int | None = None,
    until: int | None = None,
    replicated_only: bool = False,
    reported_by: str | None = None,
    modality: str | None = None,
) -> list[Row]:
    """The rows of the data file that fit everything that is given; a row without a year fits no year.

    ``replicated_only`` keeps printed rows that others ran again, and what they got.
    """
    with_replications = {(r.key, r.corpus, r.modality) for r in rows() if r.reported_by == "replicators"}
    return [
        row
        for row in rows()
        if corpus in (None, row.corpus)
        and (since is None or (row.year is not None and row.year >= since))
        and (until is None or (row.year is not None and row.year <= until))
        and (not replicated_only or (row.key, row.corpus, row.modality) in with_replications)
        and reported_by in (None, row.reported_by)
        and modality in (None, row.modality)
    ]


SORTS = ("year", "rmse", "mae", "method")


def ordered(shown: Sequence[Row], by: str = "year") -> list[Row]:
    """Rows by corpus, then by year, by an error or by name; what is not stated comes last. No order is a rank.

    A replication stands where its own numbers put it.
    """

    def place(row: Row) -> tuple[Any, ...]:
        value = row.method.casefold() if by == "method" else getattr(row, by)
        return CORPORA.index(row.corpus), value is None, value or 0, row.method.casefold()

    return sorted(shown, key=place)


def table(shown: Sequence[Row]) -> dict[str, list[Any]]:
    """All cells by heading, with what is computed of them; what is not stated says so."""
    computed = {
        f"RMSE interval at n = {PEOPLE}": interval_text,
        "replications": replicated,
        "flags": lambda row: "; ".join(flags(row)),
    }
    stated = {name: [_cell(getattr(row, name)) for row in shown] for name in HEADINGS}
    return stated | {heading: [of(row) for row in shown] for heading, of in computed.items()}


def _cell(value: Any) -> str:
    if value is None:
        return NOT_STATED
    return f"{value:.2f}" if isinstance(value, float) else str(value)
