"""Questions at the end of a notebook: where they lie, and how they are asked."""

import json
from pathlib import Path
from typing import Any

from depnb.course import session
from depnb.system.repository import NOTEBOOKS

QUESTIONS = NOTEBOOKS / "questions"


def quiz() -> None:
    """Ask the questions of the current notebook: in a browser to click on, anywhere else as text.

    Raises:
        RuntimeError: no session was started.
        FileNotFoundError: the notebook has no questions.
    """
    asked = questions(session.current().name)
    from IPython import get_ipython  # takes long to import, and who only grades needs none

    if get_ipython() is None:
        print("\n".join(f"{number}. {one['question']}" for number, one in enumerate(asked, start=1)))
        return
    ask(asked)


def ask(asked: list[dict[str, Any]]) -> None:
    """Ask questions in a browser: the page that shows them needs no kernel."""
    from jupyterquiz import display_quiz  # it imports IPython

    display_quiz(asked, max_width=900, colors=COLOURS)


COLOURS = {
    "--jq-multiple-choice-bg": "#0173b2",
    "--jq-numeric-bg": "#0173b2",
    "--jq-incorrect-color": "#d55e00",
    "--jq-correct-color": "#029e73",
}
"""Those of the figures, which readers with any colour vision tell apart."""


def questions(notebook: str) -> list[dict[str, Any]]:
    """The questions of a notebook, in the format of jupyterquiz.

    Raises:
        FileNotFoundError: the notebook has none.
    """
    path: Path = QUESTIONS / f"{notebook}.json"
    if not path.exists():
        raise FileNotFoundError(f"No questions for {notebook}: looked for {path}.")
    asked: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return asked
