"""What commands print: lines and tables."""

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

import typer

from depnb.system.text import plain

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from depnb.experiments.predict import Prediction


def say(text: str, err: bool = False) -> None:
    """Print a line; what a name in it could do to a terminal is shown instead."""
    typer.echo(plain(text), err=err)


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    title: str | None = None,
    numbers: Collection[str] = (),
) -> None:
    """Print a table.

    Args:
        headings: of the columns.
        rows: the cells of each row.
        title: above the table.
        numbers: the headings whose columns stand to the right.
    """
    from rich.table import Table
    from rich.text import Text  # cells are plain: the brackets in the name of a row or a video would pass for markup

    made = Table(title=Text(plain(title)) if title else None)
    for heading in headings:
        made.add_column(Text(plain(heading)), justify="right" if heading in numbers else "left")
    for cells in rows:
        made.add_row(*(Text(plain(cell)) for cell in cells))
    console().print(made)


def frame(of: "pd.DataFrame") -> None:
    """Print a data frame, its numbers with two decimals."""
    rows = ([_cell(value) for value in row] for row in of.itertuples(index=False))
    table([str(column) for column in of.columns], rows)


def _cell(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def prediction(made: "Prediction") -> None:
    """Print the scores of the clips of a video, its score with the facts that go with it, and its limits."""
    scores = [
        (part.row, f"{second:.2f}", f"{score:.1f}")
        for part in made.parts
        for second, score in zip(part.seconds, part.scores, strict=True)
    ]
    title = f"{made.video.name}: {made.run.paper}/{made.run.row} (BDI-II points)"
    table(("row", "seconds", "score"), scores, title, numbers=("seconds", "score"))
    table(("of the video", ""), _facts(made))
    for sentence in made.limits:
        console().print(plain(sentence), highlight=False, markup=False)


def _facts(made: "Prediction") -> list[tuple[str, str]]:
    within, run, faces = made.interval, made.run, made.faces
    interval = f"{100 * within.coverage:g} % interval" if within else "interval"
    return [
        ("score of the video", f"{made.score:.1f}"),
        (interval, f"{within.low:.1f} to {within.high:.1f}" if within else "none"),
        ("constant predictor", f"{made.constant:.1f}"),
        ("trained on", f"{made.corpus}, {run.protocol}, {run.profile}, seed {run.seed}"),
        ("frames, without a face, jumps", f"{faces.frames}, {faces.without_face}, {faces.jumps}"),
        ("blur, face size", f"{faces.blur:.0f}, {faces.face_size_px:.0f} px"),
        ("warnings", "; ".join(faces.warnings) or "none"),
    ]


def console() -> "Console":
    """The terminal."""
    from rich.console import Console

    return Console()
