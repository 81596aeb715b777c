"""A judgement as a page of Markdown, which is also what the terminal shows."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from depnb.evaluation.bands import BANDS
from depnb.reports.judge.checklist import OPEN, Item, with_interval
from depnb.reports.judge.judgement import Judgement, Part
from depnb.reports.words import p_text, signed
from depnb.system.text import one_line

if TYPE_CHECKING:
    import pandas as pd

NONE = "–"
NAMES = {"rmse": "RMSE", "mae": "MAE"}


def text(made: Judgement) -> str:
    """The whole report: numbers, bands, what a reader must know, the checklist."""
    seeds = f"{made.seeds} seed{'s' * (made.seeds != 1)}"
    said = (
        f"{seeds}, judged on {made.unit}; trained on {_listed(made.trained_on)}, selected on "
        f"{_listed(made.selected_on)} (as you say: scores do not show it)."
    )
    blocks = [f"# {made.title} on {made.corpus}", said]
    blocks.append(table(columns(made)))
    for part in made.parts.values():
        if bands := _bands(part, made.digits):
            blocks += [f"**Severity bands, {part.title}** (of the labels; bias is score − label)", table(bands)]
    if made.findings:
        lines = [f"* {'✘ ' * finding.wrong}{finding}" for finding in made.findings]
        blocks += ["## What to know", "\n".join(lines)]
    blocks += ["## Reporting checklist", "\n".join(map(_asked, made.checklist))]
    return "\n\n".join(blocks) + "\n"


def _asked(item: Item) -> str:
    mark = " " if item.known == "open" else "x"
    return f"* [{mark}] **{item.topic}**: *{item.question}* {item.answer or OPEN} ({item.known})"


def columns(made: Judgement) -> dict[str, list[str]]:
    """The numbers as a table: what they are, and a column for each set of people."""
    lines = _lines(made)
    named = {part.title: [say(part) for _, say in lines] for part in made.parts.values()}
    kept = [place for place in range(len(lines)) if any(own[place] != NONE for own in named.values())]
    heading = "BDI-II points, [95 % interval]"
    return {heading: [lines[place][0] for place in kept]} | {
        title: [own[place] for place in kept] for title, own in named.items()
    }


def frame(made: Judgement) -> "pd.DataFrame":
    """The numbers as a table for a notebook, a column for each set of people."""
    import pandas as pd

    return pd.DataFrame(columns(made))


def table(cells: dict[str, list[str]]) -> str:
    """A Markdown table whose columns are as wide as their widest cell."""
    rows = [list(cells), *zip(*cells.values(), strict=True)]
    rows = [[one_line(cell).replace("|", "\\|") for cell in row] for row in rows]
    widths = [max(3, *(len(row[place]) for row in rows)) for place in range(len(cells))]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


Line = tuple[str, Callable[[Part], str]]


def _lines(made: Judgement) -> list[Line]:
    """What stands in each line of the table, and how it is said of a part."""
    digits = made.digits
    lines: list[Line] = [(f"{made.unit}, people", lambda part: _people(part, made.unit))]
    lines += [(NAMES[error], _error(error, digits)) for error in NAMES]
    lines += [(f"{NAMES[error]}, sd over seeds", _metric(f"{error}_sd", digits)) for error in NAMES]
    titles = {name: rival.title for part in made.parts.values() for name, rival in part.rivals.items()}
    for name, title in titles.items():
        own = digits if name == "against" else 0 if made.licensed else digits
        lines.append((f"{title}: RMSE, MAE", _rival(name, own)))
        errors = ("rmse", "mae") if name == "against" else ("rmse",) if name != "median" else ("mae",)
        lines += [(f"difference in {NAMES[error]}", _difference(name, error, digits)) for error in errors]
    lines += [(name.upper(), _metric(name, digits)) for name in ("pcc", "ccc")]
    lines.append(("sd of scores / of labels", _spread(digits)))
    lines.append(("mean of scores, of labels", _means))
    lines += [("RMSE/MAE", _metric("ratio", 2)), ("RMSE, scores cut to 0–63", _metric("rmse_clipped", digits))]
    return lines


def _people(part: Part, unit: str) -> str:
    metrics = part.metrics
    return f"{metrics['sessions' if unit == 'sessions' else 'videos']:.0f}, {metrics['subjects']:.0f}"


def _error(error: str, digits: int) -> Callable[[Part], str]:
    return lambda part: with_interval(part.metrics, error, digits) if error in part.metrics else NONE


def _metric(name: str, digits: int) -> Callable[[Part], str]:
    return lambda part: f"{part.metrics[name]:.{digits}f}" if name in part.metrics else NONE


def _rival(name: str, digits: int) -> Callable[[Part], str]:
    def say(part: Part) -> str:
        if name not in part.rivals:
            return NONE
        return ", ".join(with_interval(part.rivals[name].errors, error, digits) for error in NAMES)

    return say


def _difference(name: str, error: str, digits: int) -> Callable[[Part], str]:
    def say(part: Part) -> str:
        found = part.rivals[name].differences.get(error) if name in part.rivals else None
        if found is None:
            return NONE
        word = found.word if found.seeds else f"{found.word}, one seed"
        if found.value != found.value:
            return word
        value, low, high = (signed(number, digits) for number in found[:3])
        return f"{value} [{low}, {high}], {p_text(found.p, 'p')}: {word}"

    return say


def _spread(digits: int) -> Callable[[Part], str]:
    def say(part: Part) -> str:
        metrics = part.metrics
        if "spread" not in metrics:
            return NONE
        ratio = f"{metrics['spread']:.{digits}f}"
        if "sd_labels" not in metrics:
            return ratio
        return f"{metrics['sd_scores']:.{digits}f} / {metrics['sd_labels']:.{digits}f} = {ratio}"

    return say


def _means(part: Part) -> str:
    metrics = part.metrics
    if "mean_labels" not in metrics:
        return NONE
    return f"{metrics['mean_scores']:.2f}, {metrics['mean_labels']:.2f}"


def _bands(part: Part, digits: int) -> dict[str, list[str]]:
    names = [name for name, _, _ in BANDS if f"mae_{name}" in part.metrics]
    if not names:
        return {}
    ends = {name: f"{name} ({low}–{high})" for name, low, high in BANDS}
    found = {"band": [ends[name] for name in names]}
    if all(f"units_{name}" in part.metrics for name in names):
        found["number"] = [f"{part.metrics[f'units_{name}']:.0f}" for name in names]
    found["MAE"] = [f"{part.metrics[f'mae_{name}']:.{digits}f}" for name in names]
    return found | {"bias": [signed(part.metrics[f"bias_{name}"], digits) for name in names]}


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names) or "no partition"
