"""What came out for a paper, in a few sentences that are made from its results."""

from collections.abc import Iterator, Sequence

from depnb.experiments.result import Result
from depnb.experiments.rivals import titles
from depnb.methods.registry import method
from depnb.reports.claims import Outcome, outcomes
from depnb.reports.summaries import PARTITION_TITLES, Summary, summarise
from depnb.reports.words import LOOKS, signed_interval


def sentences(paper: str, results: Sequence[Result], rivals: Sequence[Result] = ()) -> list[str]:
    """The error of the paper's own model, what came out for the paper's claims, and the best simple rival.

    Args:
        paper: a method of ``depnb.methods``.
        results: of its rows, on any corpora.
        rivals: results of simple rivals on the same people.

    Returns:
        A sentence each; fewer where rows were not run.
    """
    own = [r for r in results if r.run.row == method(paper).own]
    protocol = next((p for p in ("honest", *(r.run.protocol for r in own)) if p in {r.run.protocol for r in own}), "")
    judged = [r for r in own if r.run.protocol == protocol]
    partition = next((p for p in PARTITION_TITLES if any(p in r.metrics for r in judged)), "")
    summaries = summarise(judged, partition)
    if not summaries:
        return [f"The paper's own model, `{method(paper).own}`, was not run here."]
    first = next((s for s in summaries if s.corpus == "both"), summaries[0])
    said = [_error(first), *_elsewhere([s for s in summaries if s is not first])]
    said += _claims([o for o in outcomes(paper, results) if o.claim.printed])
    return [*said, *_rival([s for s in summarise(rivals, partition) if _comparable(s, first)])]


def _error(s: Summary) -> str:
    interval = f"[{s.rmse_low:.2f}, {s.rmse_high:.2f}]"
    said = f"On {PARTITION_TITLES[s.partition]} of {s.title}, `{s.row}` has an RMSE of {s.rmse:.2f} {interval}"
    if s.verdict == "not compared":
        return f"{said}."
    return f"{said}. Its difference to the constant ({s.constant:.2f}) is {_difference(s)}."


def _difference(s: Summary) -> str:
    return f"{signed_interval(s.difference, s.low, s.high)}, {s.verdict}"


def _elsewhere(summaries: Sequence[Summary]) -> Iterator[str]:
    """One sentence for the other corpora: the difference to the constant on each."""
    parts = [f"{s.title}: {_difference(s)}" for s in summaries if s.verdict != "not compared"]
    if parts:
        yield f"Against the constant elsewhere: {'; '.join(parts)}."


def _claims(printed: Sequence[Outcome]) -> Iterator[str]:
    """One sentence for each word that came out for claims of the paper."""
    for word in LOOKS:
        found = [o.claim.text for o in printed if o.word == word]
        if found:
            yield f"The paper's claims that are {word} ({len(found)} of {len(printed)}): {'; '.join(found)}."


def _comparable(rival: Summary, s: Summary) -> bool:
    return (rival.corpus, rival.people, rival.profile) == (s.corpus, s.people, s.profile)


def _rival(rivals: Sequence[Summary]) -> Iterator[str]:
    if rivals:
        best = min(rivals, key=lambda s: s.rmse)
        yield f"The best simple rival there, which trains no network, is {titles()[best.row]}: {best.rmse:.2f}."
