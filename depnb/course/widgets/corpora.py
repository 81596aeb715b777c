"""What recognising a person is worth: the identity-only predictor, simulated (notebook 01)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from depnb.evaluation.metrics import rmse

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
TEST_SETS = 200
PEOPLE = 50
SPREAD = 3.5
"""Standard deviations from the mean label that are drawn to both sides."""


@dataclass(frozen=True)
class Simulated:
    """Simulated people, one test session each; scores in standard deviations from the mean label, all [N].

    Attributes:
        label: of the test session.
        remembered: what the identity-only predictor says: the mean of the person's training sessions, 0 (the mean
            label, which is also the constant predictor) for a new person.
        seen: whether the person is in training.
    """

    label: np.ndarray
    remembered: np.ndarray
    seen: np.ndarray

    @property
    def ratio(self) -> float:
        """RMSE of the identity-only predictor over that of the constant predictor."""
        return rmse(self.label, self.remembered) / rmse(self.label, np.zeros_like(self.label))


def simulate(share: float, correlation: float, sessions: int = 1, people: int = PEOPLE, seed: int = 0) -> Simulated:
    """Draw a test set: a person's scores are a trait they keep plus what changes between sessions, both normal.

    Args:
        share: of the test people who are in training too, 0–1.
        correlation: of two sessions of one person, 0–1.
        sessions: training sessions of each person seen there.
        people: size of the test set.
        seed: of the draws.

    Raises:
        ValueError: ``share`` or ``correlation`` outside 0–1, or nobody to draw.
    """
    _check(share, correlation, sessions, people)
    rng = np.random.default_rng(seed)
    trait = np.sqrt(correlation) * rng.normal(size=(people, 1))
    scores = trait + np.sqrt(1 - correlation) * rng.normal(size=(people, sessions + 1))  # [people, sessions + 1]
    seen = np.arange(people) < round(share * people)
    return Simulated(scores[:, 0], np.where(seen, scores[:, 1:].mean(axis=1), 0.0), seen)


def expected_ratio(share: float, correlation: float, sessions: int = 1) -> float:
    """What ``Simulated.ratio`` tends to with many people: √(1 − share · (1 − (1 − ρ)(1 + 1/sessions))).

    Arguments and errors as for ``simulate``.
    """
    _check(share, correlation, sessions, people=1)
    return float(np.sqrt(1 - share * (1 - (1 - correlation) * (1 + 1 / sessions))))


def draw_identity_gain(
    share: float = 0.4,
    correlation: float = 0.85,
    sessions: int = 1,
    marks: Mapping[str, tuple[float, float]] | None = None,
) -> "Figure":
    """Left a simulated test set of 50 people, right the error over the share of people seen in training.

    Size and axes are the same for all arguments; a mark above the worst interval moves the right one.

    Args:
        share, correlation, sessions: as for ``simulate``.
        marks: points to add at the right, title → (share, ratio of the RMSEs).
    """
    test = simulate(share, correlation, sessions)
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.4), layout="constrained")
    figure.patch.set_in_layout(True)  # Jupyter crops to what is in the layout: always the whole figure
    left.plot([-SPREAD, SPREAD], [-SPREAD, SPREAD], color="0.7", linestyle=":", marker="")
    for group, marker, title in ((test.seen, "o", "seen in training"), (~test.seen, "^", "new: gets the mean")):
        fill = "none" if marker == "^" else None
        left.plot(test.label[group], test.remembered[group], linestyle="", marker=marker, mfc=fill, label=title)
    left.set(xlim=(-SPREAD, SPREAD), xlabel="label (sd from the mean)")
    left.set(ylim=(-SPREAD, SPREAD), ylabel="identity-only prediction (sd)")
    left.set_title(f"50 people: RMSE {test.ratio:.2f} of the constant's", fontsize=8)

    grid = np.linspace(0, 1, 51)
    right.axhline(1, color="black", linestyle="--", marker="", label="constant predictor")
    right.plot(grid, [expected_ratio(x, correlation, sessions) for x in grid], marker="", label="identity only")
    low, middle, high = np.percentile([_ratios(x, correlation, sessions) for x in SHARES], [2.5, 50, 97.5], axis=1)
    right.errorbar(
        SHARES,
        middle,
        [middle - low, high - middle],
        fmt="none",
        color="C0",
        capsize=2,
        label="95 % of test sets of 50",
    )
    right.plot(share, test.ratio, linestyle="", marker="o", color="C1", label="the one at the left")
    for (title, (x, y)), marker in zip((marks or {}).items(), "Dx+", strict=False):
        right.plot(x, y, linestyle="", marker=marker, color="black", mfc="none", markersize=7, label=title)
    right.set(xlim=(-0.03, 1.03), xlabel="share of test people who are in training", ylabel="RMSE / constant's RMSE")
    worst = np.percentile(_ratios(share=1, correlation=0, sessions=1), 97.5)
    top = 1.08 * max([worst, *(y for _, y in (marks or {}).values())])
    right.set_ylim(-0.05 * top, top)
    right.set_title(f"pays on people seen if correlation > {1 / (sessions + 1):.2f}", fontsize=8)
    entries = sum(len(axis.get_legend_handles_labels()[1]) for axis in figure.axes)
    figure.legend(fontsize=7, loc="outside lower center", ncols=(entries + 1) // 2)
    return figure


def _ratios(share: float, correlation: float, sessions: int) -> list[float]:
    return [simulate(share, correlation, sessions, seed=seed).ratio for seed in range(TEST_SETS)]


def _check(share: float, correlation: float, sessions: int, people: int) -> None:
    if not (0 <= share <= 1 and 0 <= correlation <= 1) or sessions < 1 or people < 1:
        raise ValueError(
            f"share={share}, correlation={correlation}, sessions={sessions}, people={people}: "
            "the first two lie in 0 … 1, the others are at least 1."
        )
