"""The control “null”: on shuffled labels no score of a person that nobody has met may follow the label.

The labels of “null” are shuffled among people, so a positive correlation on unseen people means that the evaluation
leaks. A negative one cannot come from a leak: the test is one-sided.

The runs of a row are its seeds. At profile ``standard`` each of them has a permutation of its own, “null”, “null1”, …,
and the test is about further permutations. At the other profiles they are trainings on one and the same permutation:
the test asks whether these labels are predicted. Chance correlations are shared by these runs, so it fires too easily
rather than too rarely.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from depnb.evaluation.comparison import CONFIDENCE, holm, null_correlation
from depnb.experiments.result import Result
from depnb.experiments.rivals import is_rival
from depnb.reports.summaries import Columns, Summary, difference_text, summarise
from depnb.reports.words import LEVEL, NOT_TRAINED, p_text

NULL = re.compile(r"null\d*")
"""Names of the corpora whose labels are shuffled."""
PARTITION = "unseen"


@dataclass(frozen=True)
class Control:
    """A row on “null”.

    Attributes:
        summaries: its errors, one a permutation of the labels.
        runs: how many trainings there are, on all permutations.
        mean, p: mean Fisher z of the correlations of scores and labels of unseen people, one a run, and its one-sided
            p-value; a run that says the same to everybody has the correlation 0.
    """

    summaries: tuple[Summary, ...]
    runs: int
    mean: float
    p: float

    @property
    def learnt(self) -> bool:
        return all(s.learnt for s in self.summaries)

    @property
    def tested(self) -> bool:
        """Whether the row was trained, more than once."""
        return self.learnt and self.runs > 1


def controls(results: Sequence[Result]) -> list[Control]:
    """The rows of networks that were run on “null”, of any papers."""
    groups: dict[tuple[str, ...], list[Result]] = {}
    for r in results:
        if NULL.fullmatch(r.run.corpus) and PARTITION in r.metrics and not is_rival(r.run):
            groups.setdefault((r.run.paper, r.run.row, r.run.protocol, r.run.profile), []).append(r)
    return [
        Control(
            tuple(summarise(own, PARTITION)),
            len(own),
            *null_correlation([r.metrics[PARTITION].get("pcc", 0.0) for r in own]),
        )
        for own in groups.values()
    ]


def null_columns(results: Sequence[Result]) -> Columns:
    """The table ``control_null``: a line for each row on “null”, corrected over all that were tested (Holm)."""
    found = controls(results)
    corrected = iter(holm([c.p for c in found if c.tested]))
    lines = [_line(c, next(corrected) if c.tested else None) for c in found]
    return Columns.of(lines, (s.title for c in found for s in c.summaries))


def _line(control: Control, corrected: float | None) -> dict[str, str]:
    first = control.summaries[0]
    return {
        "corpus": first.title,
        "paper": first.paper,
        "row": first.row,
        "protocol": first.protocol,
        "permutations": str(len(control.summaries)),
        "runs": str(control.runs),
        "correlation (mean Fisher z)": f"{control.mean:+.2f}",
        "p, corrected (Holm)": "–" if corrected is None else p_text(corrected),
        "RMSE − constant": _difference(control.summaries),
        "control": _word(control, corrected),
    }


def _difference(summaries: Sequence[Summary]) -> str:
    """RMSE minus the constant's: on one permutation over people and seeds, on several their mean and its t interval."""
    if len(summaries) == 1:
        return difference_text(summaries[0])
    from scipy.special import stdtrit  # a tenth of a second, which a listing has no need of

    values = np.array([s.difference for s in summaries])
    mean, error = values.mean(), values.std(ddof=1) / np.sqrt(len(values))
    reach = stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2) * error
    return f"{mean:+.2f} [{mean - reach:+.2f}, {mean + reach:+.2f}]"


def _word(control: Control, corrected: float | None) -> str:
    if corrected is None:
        return "not tested: one run" if control.learnt else NOT_TRAINED
    return "fires" if corrected < LEVEL else "does not fire"
