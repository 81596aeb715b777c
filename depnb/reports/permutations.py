"""“null”, “null1”, … are one corpus with several permutations of its labels, which answer one question together."""

import re
from collections.abc import Sequence

from depnb.experiments.result import Result
from depnb.experiments.run import Run

NULL = re.compile(r"null\d*")
"""Names of the corpora whose labels are shuffled."""


def corpus_name(run: Run) -> str:
    """The corpus of a run, whatever the permutation of its labels."""
    return "null" if NULL.fullmatch(run.corpus) else run.corpus


def by_permutation(results: Sequence[Result]) -> list[list[Result]]:
    """Results of one corpus, a list for each permutation of its labels."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.run.corpus, []).append(result)
    return list(groups.values())
