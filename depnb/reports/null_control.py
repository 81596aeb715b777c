"""The control “null”: on shuffled labels no score of a person that nobody has met may follow the label.

The labels of “null” are shuffled among people, so a positive correlation on unseen people means that the evaluation
leaks. A negative one cannot come from a leak: the test is one-sided.

The runs of a row are its seeds. At profile ``standard`` each of them has a permutation of its own, “null”, “null1”, …,
and the test is about further permutations. At the other profiles they are trainings on one and the same permutation:
the test asks whether these labels are predicted. Chance correlations are shared by these runs, so it fires too easily
rather than too rarely.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from depnb.evaluation.comparison import null_correlation
from depnb.experiments.result import Result
from depnb.experiments.rivals import is_rival
from depnb.reports.families import corrected
from depnb.reports.permutations import corpus_name
from depnb.reports.remembered import remembered
from depnb.reports.summaries import Columns, Summary, difference_text, summarise
from depnb.reports.words import LEVEL, NOT_TRAINED, p_text

PARTITION = "unseen"


@dataclass(frozen=True)
class Control:
    """A row on “null”.

    Attributes:
        summary: its errors.
        permutations: of the labels, on which it was run. runs: how many trainings there are, on all of these.
        mean, p: mean Fisher z of the correlations of scores and labels of unseen people, one a run, and its one-sided
            p-value; a run that says the same to everybody has the correlation 0.
    """

    summary: Summary
    permutations: int
    runs: int
    mean: float
    p: float

    @property
    def tested(self) -> bool:
        """Whether the row was trained, more than once."""
        return self.summary.learnt and self.runs > 1


def controls(results: Sequence[Result]) -> list[Control]:
    """The rows of networks that were run on “null”, of any papers."""
    groups: dict[tuple[str, ...], list[Result]] = {}
    for r in results:
        if corpus_name(r.run) == "null" and PARTITION in r.metrics and not is_rival(r.run):
            groups.setdefault((r.run.paper, r.run.row, r.run.protocol, r.run.profile), []).append(r)
    return [
        Control(
            summarise(own, PARTITION)[0],
            len({r.run.corpus for r in own}),
            len(own),
            *remembered(null_correlation, [r.metrics[PARTITION].get("pcc", 0.0) for r in own], metric=None),
        )
        for own in groups.values()
    ]


def null_columns(results: Sequence[Result]) -> Columns:
    """The table ``control_null``: a line for each row on “null”, corrected over all that were tested (Holm)."""
    found = controls(results)
    lines = [_line(c, p) for c, p in zip(found, corrected([c.p if c.tested else None for c in found]), strict=True)]
    return Columns.of(lines, (c.summary.title for c in found))


def _line(control: Control, corrected: float | None) -> dict[str, str]:
    first = control.summary
    return {
        "corpus": first.title,
        "paper": first.paper,
        "row": first.row,
        "protocol": first.protocol,
        "permutations": str(control.permutations),
        "runs": str(control.runs),
        "correlation (mean Fisher z)": f"{control.mean:+.2f}",
        "p, corrected (Holm)": "–" if corrected is None else p_text(corrected),
        "RMSE − constant": difference_text(first),
        "control": _word(control, corrected),
    }


def _word(control: Control, corrected: float | None) -> str:
    if corrected is None:
        return "not tested: one run" if control.summary.learnt else NOT_TRAINED
    return "fires" if corrected < LEVEL else "does not fire"
