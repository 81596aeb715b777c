"""What the project is in one picture: the way from a video to a score, and what came out for each method."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import ConnectionPatch

from depnb.experiments.rivals import titles
from depnb.experiments.store import Store
from depnb.methods.registry import RIVALS, method, papers
from depnb.reports.forest import mark
from depnb.reports.shown import results_of
from depnb.reports.summaries import Summary, difference_text, summarise
from depnb.reports.words import ROW_LOOKS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from depnb.experiments.predict import Prediction
    from depnb.faces import Crops

CORPORA = {
    "both": "“both”: looks\nand movement tell",
    "appearance": "“appearance”:\nonly looks tell",
    "dynamics": "“dynamics”: only\nmovement tells",
    "null": "“null”:\nnothing tells",
}
SHOWN_RIVALS = ("landmarks_moments", "landmarks_dynamics")
STEPS = ("video", "aligned crop, landmarks", "one of five networks", "a score per frame or clip", "their mean")
PERSON = 3
"""Which of the unseen people the upper half shows; of average score, so that nobody takes the picture for a result."""


def draw(store: Store) -> "Figure | None":
    """The pipeline above, one person as an example; the difference to the constant of each paper's own model below.

    None if the store has no result of a paper's own model on a corpus that is shown.
    """
    found = compared(store)
    if not found:
        return None
    names = list(dict.fromkeys(name for name, _ in found))
    figure = plt.figure(figsize=(7.2, 2.1 + 0.35 + 0.24 * len(names) + 0.75))
    upper, lower = figure.subfigures(2, 1, height_ratios=(2.1, 1.1 + 0.24 * len(names)), squeeze=False).flat
    pipeline(upper)
    _matrix(lower, names, found)
    return figure


def compared(store: Store) -> dict[tuple[str, str], Summary]:
    """By method and corpus, each paper's own model and two simple rivals against the constant on unseen people."""
    found: dict[tuple[str, str], Summary] = {}
    for paper in papers():
        own = [r for r in results_of(store, paper) if r.run.row == method(paper).own]
        found |= {(method(paper).title, s.corpus): s for s in _on_shown(summarise(own, "unseen"))}
    simple = _on_shown(summarise(results_of(store, RIVALS), "unseen"))
    if found:
        most = {s.corpus: max(s.people for s in simple) for s in simple}
        chosen = [s for s in simple if s.row in SHOWN_RIVALS and s.people == most[s.corpus]]
        found |= {(titles()[s.row], s.corpus): s for s in chosen}
    return found


def table(found: Mapping[tuple[str, str], Summary], corpora: Sequence[str]) -> "pd.DataFrame":
    """What the lower half shows of these corpora, in numbers: a line per method and corpus."""
    import pandas as pd

    shown = [(name, s) for where in corpora for (name, corpus), s in found.items() if corpus == where]
    lines = [
        {
            "method": name,
            "corpus": s.title,
            "people": s.people,
            "seeds": s.seeds,
            "RMSE": f"{s.rmse:.2f}" if np.isnan(s.rmse_sd) else f"{s.rmse:.2f} ± {s.rmse_sd:.2f}",
            "constant": s.constant,
            "difference, 95 % interval": difference_text(s),
            "against the constant": s.verdict,
        }
        for name, s in shown
    ]
    return pd.DataFrame(lines)


def _on_shown(summaries: Sequence[Summary]) -> list[Summary]:
    return [s for s in summaries if s.corpus in CORPORA and s.protocol == "honest" and s.verdict != "not compared"]


def _matrix(figure: "SubFigure", names: Sequence[str], found: dict[tuple[str, str], Summary]) -> None:
    """A line per method and a panel per corpus: RMSE minus the constant's, with its interval."""
    axes = figure.subplots(1, len(CORPORA), sharex=True, sharey=True)
    for axis, (corpus, title) in zip(axes, CORPORA.items(), strict=True):
        axis.axvline(0, color="black", linestyle="--", marker="", linewidth=0.8, zorder=0)
        for place, name in enumerate(names):
            if (name, corpus) not in found:
                box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # over the line at 0
                axis.text(0, place, "not run", ha="center", va="center", fontsize=6, color="0.45", bbox=box)
                continue
            s = found[name, corpus]
            mark(axis, place, (s.difference, s.low, s.high), ROW_LOOKS[s.verdict])
        axis.set_title(title, fontsize=7)
        axis.tick_params(labelsize=7)
    axes[0].set_yticks(range(len(names)), names)
    axes[0].set_ylim(len(names) - 0.5, -0.5)
    figure.supxlabel(
        "RMSE on unseen people minus that of the constant (points), with 95 % interval: "
        "filled circle better, square worse, open circle cannot tell",
        fontsize=7,
    )


def pipeline(figure: "SubFigure") -> None:
    """Video, aligned crop with landmarks, network, score per frame, score of the video; one generated person."""
    from depnb import faces  # these load torch, which no table and no other figure needs
    from depnb.corpus import open_corpus
    from depnb.experiments import networks, predict

    corpus = open_corpus("both")
    person = corpus.partition("unseen")[PERSON]
    corpus.ensure([person])
    made = predict.predict_video(person.video, [networks.committed()], device="cpu")
    axes = figure.subplots(1, len(STEPS), width_ratios=(1.25, 1, 1.05, 1.35, 1.1))
    for axis in (*axes[:3], axes[4]):
        axis.set_axis_off()
    _show_face(axes[0], axes[1], next(faces.Video(person.video).frames()).rgb, faces.load(person, indices=[0]))
    box = {"boxstyle": "round", "facecolor": "0.94", "edgecolor": "0.4"}
    _write(axes[2], [method(name).title for name in papers()], bbox=box)
    _show_scores(axes[3], made)
    _write(axes[4], [f"score {made.score:.0f}", f"label {person.bdi:.0f}", f"constant {made.constant:.0f}"])
    for axis, step in zip(axes, STEPS, strict=True):
        axis.set_title(step, fontsize=7)
    for one, other in pairwise(axes):
        sides = {"coordsA": "axes fraction", "coordsB": "axes fraction", "axesA": one, "axesB": other}
        figure.add_artist(ConnectionPatch((1.02, 0.5), (-0.02, 0.5), arrowstyle="-|>", color="0.3", **sides))


def _show_face(left: "Axes", right: "Axes", frame: np.ndarray, crops: "Crops") -> None:
    """The first frame with the box of the face, and its crop with 68 landmarks."""
    x0, y0, x1, y1 = crops.boxes[0]
    left.imshow(frame)
    left.plot([x0, x1, x1, x0, x0], [y0, y0, y1, y1, y0], color="C1", marker="", linestyle="-")
    right.imshow(crops.frames[0])
    right.plot(*crops.landmarks[0].T, linestyle="", marker="o", markersize=1.2, color="C1")


def _show_scores(axis: "Axes", made: "Prediction") -> None:
    for part in made.parts:
        axis.plot(part.seconds, part.scores, marker="o", markersize=3, linestyle="-", linewidth=0.8)
    axis.axhline(made.score, color="C0", linestyle="--", marker="", linewidth=0.8)
    axis.set(ylim=(0, 45))
    axis.set_xlabel("time (s)", fontsize=6)
    axis.tick_params(labelsize=6)


def _write(axis: "Axes", lines: Sequence[str], **style: Any) -> None:
    axis.text(0.5, 0.5, "\n\n".join(lines), ha="center", va="center", fontsize=7, linespacing=0.8, **style)
