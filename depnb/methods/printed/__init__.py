"""What the five papers print: every number of every table, their protocols, and whom they cite.

``paper_tables.csv`` has one row a number (``value`` is empty where the paper leaves a cell blank or only draws it);
``protocols.csv`` one row per paper; ``bibliography.csv`` one row per work that the tables name.
``leaderboard.csv`` has printed errors of other works too; ``depnb.reports.leaderboard`` reads it.
"""

from functools import cache
from importlib.resources import files

import pandas as pd

PAPERS = ("distribution", "temporal_pooling", "msn", "depnet", "dlga")


def printed(paper: str, source: str | None = None) -> pd.DataFrame:
    """Numbers printed in ``paper``, in the paper's order.

    Args:
        paper: one of ``PAPERS``.
        source: a table or figure as the paper calls it, ``"Table 1"``; ``None`` for all of them.

    Returns:
        columns source, dataset, method, is_ours (bool), run_by_authors (bool), variant, metric, value (float,
        NaN where nothing is printed), modality_note.

    Raises:
        KeyError: for a paper or a source that is not there; the message lists those that are.
    """
    if paper not in PAPERS:
        raise KeyError(f"No paper {paper!r}: choose from {', '.join(PAPERS)}.")
    table = tables()
    table = table[table["paper"] == paper].drop(columns="paper")
    if source is not None:
        known = table["source"].unique()
        if source not in known:
            raise KeyError(f"{paper} has no numbers under {source!r}: choose from {', '.join(known)}.")
        table = table[table["source"] == source]
    return table.reset_index(drop=True)


def tables() -> pd.DataFrame:
    """All printed numbers of all papers (470 rows), with the column ``paper`` in front."""
    return _read("paper_tables.csv").copy()


def protocols() -> pd.DataFrame:
    """How each paper trained and tested, indexed by paper; "not stated" where it does not say."""
    return _read("protocols.csv").set_index("paper")


def bibliography() -> pd.DataFrame:
    """Works that the tables compare with, indexed by a key that is the same in every paper (errata E105)."""
    return _read("bibliography.csv").set_index("key")


@cache
def _read(name: str) -> pd.DataFrame:
    with files(__package__).joinpath(name).open(encoding="utf-8") as handle:
        return pd.read_csv(handle)
