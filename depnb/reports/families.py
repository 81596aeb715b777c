"""P-values of what stands together, corrected together."""

from collections.abc import Sequence

from depnb.evaluation.comparison import holm


def corrected(p: Sequence[float | None]) -> list[float | None]:
    """Holm's correction over those that were tested, in the order given; None where nothing was tested stays None."""
    family = iter(holm([one for one in p if one is not None]))
    return [None if one is None else next(family) for one in p]
