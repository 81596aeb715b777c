"""“null”, “null1”, … are one corpus with several permutations of its labels, which answer one question together."""

from collections.abc import Sequence

from depnb.corpus.synthetic.recipe import drawn
from depnb.experiments.result import Result
from depnb.experiments.run import Run


def corpus_name(run: Run) -> str:
    """The corpus of a run, whatever the permutation of its labels."""
    named = None if "-" in run.corpus else drawn(run.corpus)  # one with a size of its own is another corpus
    return "null" if named and named[0] == "null" else run.corpus


def by_permutation(results: Sequence[Result]) -> list[list[Result]]:
    """Results of one corpus, a list for each permutation of its labels."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.run.corpus, []).append(result)
    return list(groups.values())
