"""The catalogue of notebook 80, and when a training ends that waits for a lower loss."""

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from depnb.course.display import table
from depnb.methods.errata import KINDS, entries
from depnb.methods.registry import method, papers
from depnb.reports.readings import catalogue, chosen

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 10
"""Entries that are shown at once."""
STEPS = 3000


def papers_offered() -> list[tuple[str, str]]:
    """What the menu of papers offers: text and value."""
    return [("all", ""), *((method(paper).title, paper) for paper in papers())]


def kinds_offered() -> list[tuple[str, str]]:
    """What the menu of kinds offers: text and value."""
    return [("all", ""), *((kind, kind) for kind in KINDS)]


def show(paper: str = "", kind: str = "", words: str = "", changing: bool = False) -> None:
    """Draw and print how many entries are chosen, and show the first ``MOST``; arguments as of ``readings.chosen``."""
    found = chosen(paper, kind, words, changing)
    draw_chosen(paper, kind, words, changing)
    plt.show()
    print(f"{len(found)} of {len(entries())} entries" + (f", the first {MOST} of them" if len(found) > MOST else ""))
    if found:
        table(catalogue(found[:MOST]), "Entries that were chosen:")


def draw_chosen(paper: str = "", kind: str = "", words: str = "", changing: bool = False) -> "Figure":
    """How many of the chosen entries concern each paper; arguments as of ``readings.chosen``."""
    found = chosen(paper, kind, words, changing)
    figure, axis = plt.subplots(figsize=(7.0, 1.6), layout="constrained")
    counts = [sum(name in entry.papers for entry in found) for name in papers()]
    bars = axis.barh([method(name).title for name in papers()], counts, color="C0", height=0.7)
    axis.bar_label(bars, fontsize=7, padding=2)
    axis.invert_yaxis()
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.set_xlabel("entries; those of several papers count for each", fontsize=8)
    axis.tick_params(labelsize=8)
    return figure


def losses(noise: float, fall: int, runs: int = 1, steps: int = STEPS) -> np.ndarray:
    """Made-up losses of single batches [runs, steps]: they fall from 1 towards 0, and vary from batch to batch.

    Args:
        noise: standard deviation of a batch's loss, as a share of its mean.
        fall: steps after which the mean loss is 1/e of that at the start.
    """
    draws = np.random.default_rng(0).normal(size=(runs, steps))
    return np.exp(-np.arange(steps) / fall) * (1 + noise * draws)


def stopped(of_batches: np.ndarray, patience: int) -> np.ndarray:
    """The step at which each training [runs, steps] ends that waits ``patience`` steps for a lower loss: [runs].

    The last step where it never waits that long.
    """
    lowest = np.minimum.accumulate(of_batches, axis=1)
    record = of_batches == lowest
    steps = np.arange(of_batches.shape[1])
    last = np.maximum.accumulate(np.where(record, steps, 0), axis=1)
    waited = steps - last >= patience
    return np.where(waited.any(axis=1), waited.argmax(axis=1), len(steps) - 1)


def draw_stop(noise: float, fall: int, patience: int) -> "Figure":
    """Of 300 made-up trainings the one that ends in the middle of them, with its last minimum, and where all end."""
    many = losses(noise, fall, runs=300)
    ends = stopped(many, patience)
    one = many[np.argsort(ends, kind="stable")[len(ends) // 2]]
    end = int(stopped(one[None], patience)[0])
    lowest = int(one[: end + 1].argmin())
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.0, 2.6), width_ratios=(3, 2), layout="constrained")
    left.plot(one, linestyle="", marker=".", markersize=1, color="0.6", label="loss of a batch")
    left.plot(losses(0, fall)[0], color="C0", marker="", linestyle="-", label="mean loss")
    left.plot(lowest, one[lowest], linestyle="", marker="o", markersize=5, color="C3", label=f"lowest, step {lowest}")
    left.axvline(end, color="C3", linestyle="--", marker="", label=f"ends at step {end}")
    left.set(xlabel="step", ylabel="loss (share of the start)")
    left.legend(fontsize=7)
    right.hist(ends, bins=np.linspace(0, STEPS, 61), color="C0")
    right.set(xlabel="step at which it ends", ylabel="trainings of 300", xlim=(0, STEPS))
    return figure
