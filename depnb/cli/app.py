"""The application behind ``depnb``: its manual, its global options, and what becomes of errors.

In this folder imports inside functions exist for start-up time only: help is there at once, and each command loads no
more than it needs.
"""

import logging
import os
from typing import Annotated

import typer

from depnb.system import errors
from depnb.system.text import plain

MANUAL = """A notebook course on video-based depression estimation, and an honest reproduction of five papers.

The way through it: a corpus (generated, or yours on your disk) → faces → training → results → tables
and figures → notebooks. Each command does the steps before it where they are missing, keeps what is there,
and can be interrupted and started again at any time.

**Examples**

* `depnb reproduce --plan` : what the whole reproduction would do, and how long it takes
* `depnb reproduce` : do it, with one seed that the committed results do not have
* `depnb verify --sample 5` : train five of the committed runs again, and see whether they come out as expected
* `depnb doctor /data/AVEC2014` : is everything there that the papers need
* `depnb corpus make both` and then `depnb faces both --csv faces.csv` : a corpus and its faces, with a table
* `depnb run --missing --profile quick --seed 0 --seed 1 --seed 2` : fill the store `results/`
* `depnb results explain distribution expectation` : is this run stored, and if not, why

**Where files go**

* `$DEPNB_CACHE` (by default the user's cache folder): generated corpora, face crops, checkpoints. Everything
  there can be made again: `depnb cache ls` lists it, `depnb cache rm` deletes it
* `results/` : committed results, one JSON file per run, generated corpora only
* `figures/` : figures and tables drawn from `results/`
* `runs/<time>/` : one reproduction with its own results, notebooks, figures, logs and report.html

Nothing here diagnoses anybody.
"""

app = typer.Typer(
    help=MANUAL,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def group(text: str) -> typer.Typer:
    """An empty group of commands with this help."""
    return typer.Typer(help=text, no_args_is_help=True, rich_markup_mode="markdown")


@app.callback()
def options(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error (also DEPNB_DEBUG=1).")
    ] = False,
) -> None:
    if debug:
        os.environ[errors.DEBUG] = "1"
    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("depnb").setLevel(logging.INFO)


class _OneLine(logging.Formatter):
    """A message without its traceback, which the log of a run has, and ``--debug`` shows."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record) if errors.debugged() else plain(record.getMessage())


def main() -> None:
    """Entry point: an error is one message and exit status 1, not a traceback."""
    errors.run(lambda: app(prog_name="depnb"))
