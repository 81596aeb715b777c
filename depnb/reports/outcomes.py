"""One sentence for each claim of a paper: what it says, and what came out here."""

from collections import Counter
from collections.abc import Mapping, Sequence

from depnb.experiments.result import Result
from depnb.reports.claims import Outcome, corpus_of, outcomes
from depnb.reports.summaries import FEW_PEOPLE, PARTITION_TITLES
from depnb.reports.words import LEVEL, LOOKS, p_text, signed

HEAD = f"""# What came out

One sentence for each claim, made from the results. A difference is the RMSE of the first minus that of its rival, so a
negative one is in favour of the claim. Behind it stands its plain 95 % interval over people and seeds.

The word follows from the p-value after Holm's correction over all claims of the paper that were tested, the paper's own
and ours: *supported* or *reversed* below {LEVEL:g}, else *undecided*. So a claim may be undecided although its plain
interval does not contain zero. These are generated people: the sentences say nothing about real depression."""


def sentences(paper: str, results: Sequence[Result]) -> list[str]:
    """One sentence for each claim of a paper, in their order, for a notebook to print."""
    return list(map(sentence, outcomes(paper, results)))


def sentence(outcome: Outcome) -> str:
    """What a claim says, the difference with its plain interval, on how many people and seeds, and the word for it."""
    claim, found = outcome.claim, outcome.difference
    said = f"{'The paper says that' if claim.printed else 'We ask whether'} {claim.text}."
    if found is None or outcome.corrected is None:
        return f"{said} This is not tested here: {outcome.reason}."
    seeds = " and ".join(map(str, dict.fromkeys(found.seeds)))
    few = " (few)" if found.people < FEW_PEOPLE else ""
    return (
        f"{said} On {corpus_of(claim)}, {PARTITION_TITLES[claim.partition]}, the difference is {signed(found.value)} "
        f"points [{signed(found.low)}, {signed(found.high)}] over {found.people} people{few} and {seeds} seeds: "
        f"{outcome.word} ({p_text(outcome.corrected, 'corrected p')})."
    )


def counted(found: Sequence[Outcome]) -> str:
    """How many claims came out how: ``2 supported, 1 undecided``."""
    times = Counter(outcome.word for outcome in found)
    return ", ".join(f"{times[word]} {word}" for word in LOOKS if times[word])


def page(of_papers: Mapping[str, Sequence[Outcome]], provenance: str) -> str:
    """All papers' claims as Markdown, a section each."""
    parts = [HEAD]
    for paper, found in of_papers.items():
        parts.append(f"## {paper}")
        for whose, printed in (("The paper's claims", True), ("Our claims", False)):
            own = [outcome for outcome in found if outcome.claim.printed == printed]
            if own:
                parts.append(f"{whose}: {counted(own)}.")
                parts.append("\n".join(f"* {sentence(outcome)}" for outcome in own))
    return "\n\n".join([*parts, f"Data: results/; {provenance}.\n"])
