"""Which results of a store tables, figures and pages show."""

from depnb.experiments.grid import committed_profile
from depnb.experiments.result import Result
from depnb.experiments.store import Store
from depnb.methods.registry import RIVALS


def results_of(store: Store, paper: str) -> list[Result]:
    """A paper's current results; of the committed ones, which have several profiles, those of the paper's profile.

    Of rivals they are those of all profiles: a table takes the ones that its networks can be compared with.
    """
    results = store.current(paper)
    if paper == RIVALS or not store.committed:
        return results
    return [result for result in results if result.run.profile == committed_profile(paper)]


def profiles(results: list[Result]) -> str:
    """The profiles that results are of, in words: ``profile quick``, ``profiles quick and standard``."""
    names = sorted({result.run.profile for result in results})
    return f"profile{'s' * (len(names) > 1)} {' and '.join(names)}"
