"""What another reading of the errata costs: in parameters and shapes, and in error where its row was trained."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from depnb.experiments.result import Result
from depnb.methods.adhoc import configuration
from depnb.methods.contract import Claim
from depnb.methods.errata import KINDS, Entry, Reading, entries
from depnb.methods.profiles import Scale
from depnb.methods.registry import method, papers
from depnb.reports.claims import Difference, difference
from depnb.reports.words import NOT_TRAINED, ROW_LOOKS, answer, signed_interval

if TYPE_CHECKING:
    import pandas as pd

NOT_RUN = "not run"


class Cost(NamedTuple):
    """What a reading costs in error, RMSE on unseen people of “both”.

    Attributes:
        entry: whose reading.
        reading: the two rows.
        profile: of the results; empty where they were not run.
        difference: the other reading minus the default, None where one of the two was not run.
    """

    entry: Entry
    reading: Reading
    profile: str
    difference: Difference | None

    @property
    def word(self) -> str:
        """The other reading against the default, by the plain interval; or why there is no word."""
        if self.difference is None:
            return NOT_RUN
        return answer(self.difference.low, self.difference.high) if self.difference.learnt else NOT_TRAINED


class Size(NamedTuple):
    """What a reading costs in size, at the size that the paper prints.

    Attributes:
        parameters, default: trained weights of the other reading and of the default.
        changed: by name, the shapes of the weights of the default that the other reading has in another shape or does
            not have, and its own shape, empty if there is none.
        added: how many weights only the other reading has.
    """

    parameters: int
    default: int
    changed: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]]
    added: int


def readings() -> Iterator[tuple[Entry, Reading]]:
    """Every reading of every entry."""
    return ((entry, reading) for entry in entries() for reading in entry.readings)


def costs(results: Sequence[Result]) -> list[Cost]:
    """What the readings that are rows cost in error, by entry.

    Args:
        results: of any papers; of one paper all of one profile.
    """
    return [_cost(entry, reading, results) for entry, reading in readings() if reading.is_trained]


def _cost(entry: Entry, reading: Reading, results: Sequence[Result]) -> Cost:
    paper = entry.papers[0]
    own = [r for r in results if r.run.paper == paper and r.run.row in (reading.one, reading.other)]
    claim = Claim("", reading.one, reading.other, protocol=reading.protocol, other_protocol="honest", printed=False)
    found = difference(claim, paper, own)
    profiles = dict.fromkeys(r.run.profile for r in own if r.run.corpus == claim.corpus)
    return Cost(entry, reading, ", ".join(profiles) if found else "", found)


def size(entry: Entry, reading: Reading) -> Size:
    """What a reading costs in parameters and shapes. Nothing is computed: the networks have no content."""
    one, other = (_shapes(entry.papers[0], row) for row in (reading.one, reading.other))
    changed = {name: (shape, one.get(name, ())) for name, shape in other.items() if one.get(name) != shape}
    return Size(_total(one), _total(other), changed, len(one.keys() - other.keys()))


@cache
def _shapes(paper: str, row: str) -> dict[str, tuple[int, ...]]:
    """The shapes of the weights of a row's network at printed size, by name."""
    import torch  # takes longer to load than the tables to write

    with torch.device("meta"):  # without tensors
        network: Any = method(paper).model(configuration(method(paper), row), Scale())
    return {name: tuple(weight.shape) for name, weight in network.named_parameters()}


def _total(shapes: Mapping[str, tuple[int, ...]]) -> int:
    return sum(map(prod, shapes.values()))


def settings_by_kind(paper: str) -> dict[str, int]:
    """How many settings of the training of a paper's own model, as printed, have which kind of source.

    Kinds are those of ``experiments.settings``; the protocol is ``paper``.
    """
    from depnb.experiments import settings  # loads torch

    of = method(paper)
    row = next(row for row, *_ in of.grid["headline"] if row in of.rows)
    found = Counter(setting.kind for setting in settings.settings(of, row, "paper"))
    return {kind: found[kind] for kind in settings.KINDS}


def sentences(results: Sequence[Result]) -> list[str]:
    """What the list, the settings and the readings come to, a sentence each.

    Args:
        results: as of ``costs``.
    """
    changing = sum(entry.changes for entry in entries())
    said = [f"The list has {len(entries())} entries. An implementation or its numbers depend on {changing} of them."]
    printed = {paper: _share_printed(paper) for paper in papers()}
    most, least = max(printed, key=printed.__getitem__), min(printed, key=printed.__getitem__)
    said.append(
        f"Of the settings that decide a training of the paper's own model, {method(most).title} prints "
        f"{printed[most]:.0%}, the largest share, and {method(least).title} {printed[least]:.0%}, the smallest."
    )
    found = costs(results)
    trained = [cost for cost in found if cost.difference]
    if trained:
        words = Counter(cost.word for cost in trained)
        counted = ", ".join(f"{words[word]} {word}" for word in ROW_LOOKS if words[word])
        said.append(
            f"{len(trained)} other readings were run and compared with the default on unseen people: {counted}. "
            "The words are not corrected for so many comparisons."
        )
        said += _largest([cost for cost in trained if cost.word != NOT_TRAINED])
    said.append(f"{len(found) - len(trained)} further readings have a row of which no result is stored here.")
    return said


def _share_printed(paper: str) -> float:
    counts = settings_by_kind(paper)
    return counts["printed"] / sum(counts.values())


def _largest(trained: Sequence[Cost]) -> Iterator[str]:
    """The reading that changes the error most, in a sentence."""
    if trained:
        cost = max(trained, key=lambda cost: abs(cost.difference.value) if cost.difference else 0.0)
        assert cost.difference
        d = cost.difference
        where = f"{method(cost.entry.papers[0]).title}, {cost.reading.text} ({cost.entry.number}, {cost.profile})"
        yield f"Of those trained, the error changes most, by {signed_interval(d.value, d.low, d.high)} points: {where}."


def cost_table(results: Sequence[Result]) -> "pd.DataFrame":
    """The readings that were trained: a line each, with the two rows and the difference."""
    import pandas as pd

    lines = [
        {
            "E": cost.entry.number,
            "paper": method(cost.entry.papers[0]).title,
            "other reading": cost.reading.text,
            "row": cost.reading.one,
            "default row": cost.reading.other,
            "profile": cost.profile,
            "seeds": " and ".join(map(str, cost.difference.seeds)),
            "difference in RMSE": signed_interval(cost.difference.value, cost.difference.low, cost.difference.high),
            "word": cost.word,
        }
        for cost in costs(results)
        if cost.difference
    ]
    return pd.DataFrame(lines)


def size_table() -> "pd.DataFrame":
    """The readings that change weights of a network as printed, a line each; the largest change comes first."""
    import pandas as pd

    sizes = [(entry, reading, size(entry, reading)) for entry, reading in readings()]
    sizes = [line for line in sizes if line[2].changed or line[2].added]
    lines = []
    for entry, reading, found in sorted(sizes, key=lambda line: -abs(line[2].parameters - line[2].default)):
        name, (before, after) = next(iter(found.changed.items()), ("", ((), ())))
        lines.append(
            {
                "E": entry.number,
                "paper": method(entry.papers[0]).title,
                "other reading": reading.text,
                "parameters (M)": f"{found.parameters / 1e6:.2f}",
                "default (M)": f"{found.default / 1e6:.2f}",
                "tensors that change": len(found.changed) + found.added,
                "the first of them": f"{name} {_by(before)} → {_by(after)}" if name else "new layers",
            }
        )
    return pd.DataFrame(lines)


def _by(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "none"


def kinds_table() -> "pd.DataFrame":
    """Each kind of entry, what it means, how many there are, how many of them change numbers, and a short example."""
    import pandas as pd

    lines = []
    for kind, meaning in KINDS.items():
        own = [entry for entry in entries() if entry.kind == kind]
        changing = sum(entry.changes for entry in own)
        short = min(own, key=lambda entry: len(entry.printed))
        example = f"{short.number}, {short.where}: {short.printed}"
        lines.append(
            {"kind": kind, "meaning": meaning, "entries": len(own), "change numbers": changing, "for example": example}
        )
    return pd.DataFrame(lines)


def catalogue(found: Sequence[Entry]) -> "pd.DataFrame":
    """Entries as a table, a line each."""
    import pandas as pd

    lines = [
        {
            "E": entry.number,
            "papers": ", ".join(method(paper).title for paper in entry.papers),
            "kind": entry.kind,
            "changes numbers": "yes" if entry.changes else "no",
            "where": entry.where,
            "printed or lacking": entry.printed.replace("`", ""),
            "read here as": entry.reading.replace("`", ""),
        }
        for entry in found
    ]
    return pd.DataFrame(lines)


def chosen(paper: str = "", kind: str = "", words: str = "", changing: bool = False) -> list[Entry]:
    """The entries that concern a paper, are of a kind and have each of some words, whatever their case.

    Args:
        paper, kind, words: empty for all. changing: only those on which an implementation or its numbers depend.
    """
    asked = words.lower().split()
    return [
        entry
        for entry in entries()
        if (not paper or paper in entry.papers)
        and (not kind or entry.kind == kind)
        and (entry.changes or not changing)
        and all(word in f"{entry.number} {entry.where} {entry.printed} {entry.reading}".lower() for word in asked)
    ]
