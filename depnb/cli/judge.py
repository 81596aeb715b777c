"""``depnb judge``: anybody's scores."""

from pathlib import Path
from typing import Annotated

import typer

from depnb.cli import show
from depnb.cli.options import AsJson


def judge(
    predictions: Annotated[
        list[Path],
        typer.Argument(
            metavar="PREDICTIONS.csv...", help="Columns video, score and, if there are several trainings, seed."
        ),
    ],
    corpus: Annotated[
        str,
        typer.Option(
            metavar="PATH_OR_NAME",
            help="both, both-standard, …; the folder of AVEC2013 or AVEC2014; or a table of labels (.csv) with the "
            "columns video, subject, score, partition.",
        ),
    ],
    against: Annotated[
        list[Path] | None,
        typer.Option(metavar="OTHER.csv", help="Scores of another predictor, for the paired difference."),
    ] = None,
    partition: Annotated[str, typer.Option(help="Whom to judge on: test, development, unseen or train.")] = "test",
    trained_on: Annotated[
        str, typer.Option(help="Partitions whose labels were fitted, as in train,development; none for no partition.")
    ] = "train",
    selected_on: Annotated[
        str, typer.Option(help="Partitions on which steps or settings were chosen; none for no partition.")
    ] = "development",
    unit: Annotated[
        str, typer.Option(help="videos; or sessions, whose score is the mean over their videos.")
    ] = "videos",
    deterministic: Annotated[
        bool,
        typer.Option("--deterministic", help="Another training would give the same scores, as of a ridge regression."),
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the report, all numbers (JSON) and a figure.")] = None,
    as_json: AsJson = False,
) -> None:
    """Judge scores per video that any program made, as the course judges its own; with a checklist for authors and
    reviewers.

    One line per video: its name in the corpus (or that of its file) and a score in BDI-II points. Of several trainings
    give a column `seed`, or one file each. Numbers are over people: no score and no label of anybody is printed, and of
    real people only what may be handed on (docs/privacy.md). Ends with status 1 if lines or videos had to be left out;
    each is named.

    Examples: `depnb judge scores.csv --corpus both`;
    `depnb judge seed0.csv seed1.csv --corpus both --against scores.csv`;
    `depnb judge scores.csv --corpus labels.csv --unit sessions --out runs/judged`
    """
    import json

    from depnb.reports import judge as judging

    made = judging.judge(
        predictions,
        corpus,
        against=against or None,
        partition=partition,
        trained_on=_partitions(trained_on),
        selected_on=_partitions(selected_on),
        unit=unit,
        deterministic=deterministic,
    )
    show.say(json.dumps(made.to_json(), indent=1) if as_json else judging.text(made).rstrip())
    if as_json:
        for finding in made.findings:
            show.say(f"{'✘ ' * finding.wrong}{finding}", err=True)
    if out:
        show.say(f"{len(judging.write(made, out))} files in {out}", err=as_json)
    if made.wrong:
        raise typer.Exit(1)


def _partitions(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    return () if names == ("none",) else names
