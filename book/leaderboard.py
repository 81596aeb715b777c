"""The page of the leaderboard: a plain table, which ``static/leaderboard.js`` lets readers sort and filter."""

from collections.abc import Sequence
from html import escape

from depnb.reports.figures import FIGURES
from depnb.reports.leaderboard import (
    FLAGS,
    NOT_STATED,
    PEOPLE,
    Row,
    errors,
    flags,
    interval_text,
    ordered,
    replicated,
    replications,
    rows,
)

HEADINGS = (
    *("method", "corpus", "year", "RMSE", f"interval at n = {PEOPLE}", "MAE", "reported by", "replications"),
    *("flags", "source and protocol"),
)
NUMBERS = frozenset({"year", "RMSE", f"interval at n = {PEOPLE}", "MAE"})
PROTOCOL = ("modality", "trained_on", "selected_on", "unit", "aggregation", "pretraining", "seeds", "interval", "code")


def page() -> str:
    """The page in Markdown, with the table as HTML."""
    parts = [
        "# Leaderboard",
        "Errors on the test sets of AVEC2013 and AVEC2014, as they were printed, in BDI-II points. Each row names its "
        "source. Nothing here was trained by this project, and **no order is a rank**: with "
        f"{PEOPLE} independent sessions most intervals overlap. [What the columns and flags mean, and how to add a "
        "row](docs/leaderboard.md). The data are [a CSV file](figures/leaderboard.csv); "
        "`depnb leaderboard` prints them in a terminal.",
        f"![Printed errors by year](figures/leaderboard.png)\n\n{FIGURES['leaderboard'].caption}",
        "## All rows",
        "Click on a heading to sort. Two rows of one method and corpus that differ are both kept.",
        f'```{{raw}} html\n{table(ordered(rows()))}\n<script src="_static/leaderboard.js"></script>\n```',
        "## Flags",
        "\n".join(f"* **{flag}**: {meaning}." for flag, meaning in FLAGS.items()),
    ]
    return "\n\n".join(parts) + "\n"


def table(shown: Sequence[Row]) -> str:
    """The rows as an HTML table that needs no script. What a reader filters by stands in attributes of each line."""
    head = "".join(f'<th scope="col"{_numeric(heading)}>{escape(heading)}</th>' for heading in HEADINGS)
    lines = "\n".join(map(_line, shown))
    return f'<table id="leaderboard-rows">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}\n</tbody>\n</table>'


def _line(row: Row) -> str:
    rmse, mae = errors(row).split("/")
    year = NOT_STATED if row.year is None else str(row.year)
    by = f"{row.reported_by}: {row.attempt}" if row.attempt else row.reported_by
    texts = (row.method, row.corpus, year, rmse, interval_text(row), mae, by, replicated(row), "; ".join(flags(row)))
    cells = [f"<td{_numeric(heading)}>{escape(text)}</td>" for heading, text in zip(HEADINGS, texts, strict=False)]
    attributes = {
        "corpus": row.corpus,
        "modality": row.modality,
        "reported": row.reported_by,
        "replicated": "yes" if replications(row) or row.reported_by == "replicators" else "no",
        "year": row.year or "",
        "flags": ";".join(flags(row)),
    }
    data = "".join(f' data-{name}="{escape(str(value))}"' for name, value in attributes.items())
    return f"<tr{data}>{''.join(cells)}<td>{_details(row)}</td></tr>"


def _details(row: Row) -> str:
    """Source and protocol, folded: what is not stated is said once, in one line."""
    cells = {name: getattr(row, name) for name in PROTOCOL}
    facts = {name.replace("_", " "): cell for name, cell in cells.items() if cell != NOT_STATED}
    facts[NOT_STATED] = ", ".join(name.replace("_", " ") for name, cell in cells.items() if cell == NOT_STATED)
    facts |= {"printed in": row.place, "remark": row.remark}
    listed = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in facts.items() if text)
    link = f' <a href="https://doi.org/{escape(row.doi)}">doi:{escape(row.doi)}</a>' if row.doi else ""
    own = f' <a href="papers/{row.paper}.html">implemented here</a>' if row.paper else ""
    first, _, rest = row.source.partition(", ")
    return f"<details><summary>{escape(first)}</summary>{escape(rest)}{link}{own}<dl>{listed}</dl></details>"


def _numeric(heading: str) -> str:
    return ' class="number"' if heading in NUMBERS else ""
