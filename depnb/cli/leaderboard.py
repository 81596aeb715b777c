"""``depnb leaderboard``: printed errors on AVEC2013 and AVEC2014, each with its source and flags."""

from typing import TYPE_CHECKING, Annotated

import typer

from depnb.cli import show

if TYPE_CHECKING:
    from depnb.reports.leaderboard import Row


def leaderboard(
    corpus: Annotated[str | None, typer.Option(help="AVEC2013 or AVEC2014; by default both.")] = None,
    since: Annotated[int | None, typer.Option(min=2013, help="First year of publication.")] = None,
    until: Annotated[int | None, typer.Option(min=2013, help="Last year of publication.")] = None,
    replicated: Annotated[
        bool, typer.Option("--replicated", help="Only methods that others ran again, with what they got.")
    ] = False,
    reported_by: Annotated[
        str | None, typer.Option(help="authors, third party, replicators, or reference (predictors without a face).")
    ] = None,
    modality: Annotated[str | None, typer.Option(help="What is looked at or listened to, as in “video”.")] = None,
    sort: Annotated[str, typer.Option(help="year, rmse, mae or method; a corpus at a time.")] = "year",
    as_csv: Annotated[bool, typer.Option("--csv", help="Print all columns as CSV, sources among them.")] = False,
) -> None:
    """List what was printed for AVEC2013 and AVEC2014, with the interval that 50 sessions leave, and flags.

    No order is a rank: most intervals overlap. What columns and flags mean: docs/leaderboard.md.

    Examples: `depnb leaderboard --corpus AVEC2014 --since 2023 --sort rmse`; `depnb leaderboard --replicated`;
    `depnb leaderboard --csv`
    """
    from depnb.methods.contract import require_choice
    from depnb.reports import leaderboard as board

    choices = {
        "--corpus": (corpus, board.CORPORA),
        "--reported-by": (reported_by, board.REPORTED_BY),
        "--modality": (modality, board.MODALITIES),
        "--sort": (sort, board.SORTS),
    }
    for option, (given, known) in choices.items():
        if given is not None:
            require_choice(option, given, known)
    chosen = board.ordered(board.select(corpus, since, until, replicated, reported_by, modality), sort)
    if as_csv:
        from depnb.system.text import to_csv

        typer.echo(to_csv(board.table(chosen)), nl=False)
        return
    interval = f"at n = {board.PEOPLE}"
    headings = ("method", "year", "RMSE", interval, "MAE", "reported by", "flags")
    for name in board.CORPORA:
        lines = [_cells(row) for row in chosen if row.corpus == name]
        if lines:
            show.table(headings, lines, f"{name}: printed errors (BDI-II points)", ("RMSE", "MAE", interval))
    show.say(f"{len(chosen)} of {len(board.rows())} rows. No order is a rank. Sources: `depnb leaderboard --csv`.")


def _cells(row: "Row") -> tuple[str, ...]:
    from depnb.reports import leaderboard as board

    rmse, mae = board.errors(row).split("/")
    by = f"others, {row.attempt}" if row.attempt else row.reported_by
    flags = "; ".join(flag for flag in board.flags(row) if flag != row.reported_by)
    return row.method, str(row.year or "–"), rmse, board.interval_text(row), mae, by, flags
