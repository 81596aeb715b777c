"""The command ``protocols``: who is trained on and how, and where each setting comes from."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from depnb.cli import show
from depnb.cli.options import PaperName

if TYPE_CHECKING:
    from depnb.experiments.settings import Setting
    from depnb.methods.contract import Paper

HEADINGS = ("what", "value", "source", "what else was possible")


def protocols(
    paper: PaperName = None,
    check: Annotated[
        bool, typer.Option("--check", help="Look for what is missing or contradictory in the folder of each paper.")
    ] = False,
) -> None:
    """List the protocols of each paper: who is trained on, and on real corpora also how.

    Of a named paper also every setting of a training at the profile paper under its protocol paper: its value, whether
    it is printed, the official code's, read as an erratum says or ours, and what else was possible; and what other
    protocols change.

    With --check, say what keeps a paper from being run instead; nothing is trained. Ends with status 1 if there is
    anything.

    Examples: `depnb protocols`; `depnb protocols msn`; `depnb protocols --check msn`
    """
    from depnb.methods.registry import method, papers

    names = (paper,) if paper else papers()
    if check:
        kept = [_keeps_contract(name) for name in names]
        raise typer.Exit(0 if all(kept) else 1)
    for name in names:
        _list_protocols(method(name))
    if paper:
        _list_settings(method(paper))


def _list_protocols(paper: "Paper") -> None:
    show.say(paper.name)
    for title, protocol in paper.protocols.items():
        show.say(f"  {title}: {protocol.title}")
        recipe = protocol.recipe
        for what, changed in (("switches", recipe.switches), ("profile paper", recipe.profile)):
            if changed:
                show.say(f"    {what}: {', '.join(f'{key}={value}' for key, value in changed.items())}")
        for corpus, frame_stride in recipe.frame_stride.items():
            show.say(f"    {corpus}: one frame in {frame_stride}")


def _list_settings(paper: "Paper") -> None:
    """Print the settings under ``paper``, and of other protocols with a recipe those that differ."""
    from depnb.experiments import settings

    printed: dict[str, tuple[str, ...]] = {}
    for protocol in settings.recipes(paper):
        found = settings.by_row(paper, protocol)
        lines = {field: _line(field, rows) for field, rows in found.items()}
        differing = [line for field, line in lines.items() if printed.get(field) != line]
        what = "every setting" if protocol == "paper" else "what differs from paper"
        title = f"{paper.name}, profile paper, protocol {protocol}, {settings.CORPUS}: {what}"
        show.table(HEADINGS, differing, title)
        kinds = Counter(next(iter(rows.values())).kind for rows in found.values())
        counted = ", ".join(f"{kinds[kind]} {kind}" for kind in (*settings.KINDS, "") if kinds[kind])
        show.say(f"{len(found)} settings: {counted}" + ("without a source" if kinds[""] else ""))
        printed = printed or lines


def _line(field: str, rows: "Mapping[str, Setting]") -> tuple[str, ...]:
    """A line of the table: the value of the paper's own row, and those that other rows have."""
    from depnb.experiments.settings import UNVALUED

    setting, *others = rows.values()
    value = "as in the code" if field in UNVALUED else _shown(setting.value)
    different = dict.fromkeys(shown for shown in (_shown(s.value) for s in others) if shown != value)
    if different and field not in UNVALUED:
        value = f"{value} ({_few(different)} in other rows)"
    source = f"{setting.kind}: {setting.source}" if setting.kind else "✘ none"
    return field, value, source, setting.other


def _few(values: Iterable[str]) -> str:
    first, *others = values
    return f"{first} and {len(others)} others" if len(others) > 4 else "; ".join((first, *others))


def _shown(value: Any) -> str:
    """A value as it stands in the table; a run of numbers by its ends."""
    if isinstance(value, tuple):
        run = len(value) > 5 and value == tuple(range(value[0], value[0] + len(value)))
        return f"{value[0]}, {value[1]} … {value[-1]}" if run else ", ".join(map(_shown, value)) or "none"
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def _keeps_contract(paper: str) -> bool:
    """Print what is wrong with a paper, or that nothing is."""
    from depnb.methods.check import problems

    found = problems(paper) or _sources_problems(paper)
    for problem in found:
        show.say(f"✘ {paper}: {problem}")
    if not found:
        show.say(f"{paper} keeps the contract.")
    return not found


def _sources_problems(paper: str) -> list[str]:
    from depnb.experiments import settings
    from depnb.methods.registry import method

    return settings.problems(method(paper))
