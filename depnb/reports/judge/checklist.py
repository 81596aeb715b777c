"""What a paper on such scores should report, filled in as far as a file of scores shows it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from depnb.reports.judge.judgement import Judgement, Part


OPEN = "____"
"""Where authors write."""


class Item(NamedTuple):
    """A line of the checklist.

    Attributes:
        topic, question: what is asked.
        answer: what is known; empty where nothing is.
        known: ``seen`` in the scores, ``told`` by the person who judges, or ``open``: the authors must say it.
    """

    topic: str
    question: str
    answer: str
    known: str


def filled(made: "Judgement") -> tuple[Item, ...]:
    """The checklist of a judgement."""
    return tuple(Item(topic, question, *of(made)) for topic, question, of in ITEMS)


def _split(made: "Judgement") -> tuple[str, str]:
    judged = "; ".join(f"{part.title}: {_size(part, made.unit)}" for part in made.parts.values())
    missing = sum(len(finding.names) for finding in made.findings if finding.kind == "missing")
    lacking = f"; {missing} videos without a score" if missing else ""
    return f"trained on {_names(made.trained_on)}; judged on {judged}{lacking}", "told"


def _unseen(made: "Judgement") -> tuple[str, str]:
    part = made.parts.get("unseen")
    if part is None or not part.metrics.get("subjects"):
        return "no score of unseen people", "seen"
    error = _error(part, made.digits)
    return f"{part.metrics['subjects']:.0f} people who are in no partition trained or selected on{error}", "seen"


def _selection(made: "Judgement") -> tuple[str, str]:
    chosen = _names(made.selected_on) if made.selected_on else "nobody"
    again = [name for name in made.selected_on if name in made.parts]
    return f"on {chosen}" + (", which is judged too: the error there is too small" if again else ""), "told"


def _seeds(made: "Judgement") -> tuple[str, str]:
    if made.deterministic:
        return "none needed: another training gives the same scores", "told"
    spread = [
        f"sd of the RMSE {part.metrics['rmse_sd']:.{made.digits}f} ({part.title})"
        for part in made.parts.values()
        if "rmse_sd" in part.metrics
    ]
    return "; ".join([f"{made.seeds} seed{'s' * (made.seeds > 1)}", *spread]), "seen"


def _interval(made: "Judgement") -> tuple[str, str]:
    over = "people and seeds" if made.seeds > 1 else "people"
    parts = [f"{part.title}{_error(part, made.digits)}" for part in made.parts.values() if not part.withheld]
    return f"95 %, over {over}: {'; '.join(parts)}" if parts else "", "seen" if parts else "open"


def _constant(made: "Judgement") -> tuple[str, str]:
    found = []
    for part in made.parts.values():
        if rival := part.rivals.get("constant"):
            word = rival.differences["rmse"].word if rival.differences else "not compared"
            digits = 0 if made.licensed else 2
            found.append(f"RMSE {rival.errors['rmse']:.{digits}f}, the scores: {word} ({part.title})")
    return "; ".join(found), "seen" if found else "open"


def _pretraining(made: "Judgement") -> tuple[str, str]:
    return "", "open"


def _unit(made: "Judgement") -> tuple[str, str]:
    return f"{made.unit}; how a score is made of frames or clips: {OPEN}", "seen"


ITEMS: tuple[tuple[str, str, Callable[["Judgement"], tuple[str, str]]], ...] = (
    ("split", "Which videos were trained on, which were judged, and were all of them?", _split),
    ("unseen people", "What is the error on people who are in no other partition?", _unseen),
    ("selection", "On whom were steps, epochs and settings chosen?", _selection),
    ("seeds", "How many trainings are behind a number, and how far do they differ?", _seeds),
    ("interval", "How far could the error lie off with other people and other seeds?", _interval),
    ("constant", "What is the error of a predictor that looks at nobody?", _constant),
    ("pretraining", "From which weights did the training start, and whom had they seen?", _pretraining),
    ("unit", "Is a number about videos or sessions, and how is a score made of its frames?", _unit),
)
"""Topic, question, and what answers it from a judgement."""


def _names(partitions: tuple[str, ...]) -> str:
    return " and ".join(partitions) or "no partition"


def _size(part: "Part", unit: str) -> str:
    metrics = part.metrics
    return f"{metrics['sessions' if unit == 'sessions' else 'videos']:.0f} {unit} of {metrics['subjects']:.0f} people"


def _error(part: "Part", digits: int) -> str:
    if "rmse_low" not in part.metrics:
        return ""
    return f", RMSE {with_interval(part.metrics, 'rmse', digits)}"


def with_interval(metrics: dict[str, float], error: str, digits: int) -> str:
    """An error with its interval, if there is one, as text."""
    value, low, high = (metrics.get(f"{error}{end}") for end in ("", "_low", "_high"))
    ends = "" if low is None or high is None else f" [{low:.{digits}f}, {high:.{digits}f}]"
    return f"{value:.{digits}f}{ends}"
