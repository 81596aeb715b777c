"""Figures of stored results, by kind."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from depnb import faces
from depnb.corpus.synthetic.recipe import drawn
from depnb.evaluation.bands import BANDS
from depnb.experiments.corpora import open_for_profile
from depnb.experiments.grid import rows
from depnb.experiments.result import Attention, Result
from depnb.experiments.rivals import titles
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.inputs.loading import load
from depnb.methods.adhoc import configuration
from depnb.methods.registry import RIVALS, method, papers
from depnb.reports.permutations import corpus_name
from depnb.reports.shown import results_of
from depnb.reports.summaries import Summary, corpus_title, on_one_corpus, summarise

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def scored(results: Sequence[Result]) -> list[Result]:
    """Results that keep a score for each unseen person; of the honest protocol if there are any."""
    return _honest([r for r in results if "unseen" in r.predictions])


def _honest(results: Sequence[Result]) -> list[Result]:
    return [r for r in results if r.run.protocol == "honest"] or list(results)


def _first_with_maps(results: Sequence[Result]) -> list[Result]:
    return [r for r in on_one_corpus(results) if r.attention][:1]


def _first_with_maps_by_row(results: Sequence[Result]) -> list[Result]:
    own = on_one_corpus(results)
    return [found for row in _rows(own) for found in _first_with_maps([r for r in own if r.run.row == row])]


def _scored_on_one_corpus(results: Sequence[Result]) -> list[Result]:
    return on_one_corpus(scored(results))


def _rows(results: Sequence[Result]) -> list[str]:
    return list(dict.fromkeys(r.run.row for r in results))


def corpora_of(results: Sequence[Result]) -> list[str]:
    return list(dict.fromkeys(map(corpus_title, results)))


def quoted(store: Store) -> list[Result]:
    """Results of the headline rows, and of the rivals on the corpora of these, that have scores of unseen people."""
    lines = {(name, *line) for name in papers() for line in rows(name, "headline")}
    found = scored([r for name in papers() for r in results_of(store, name) if _line(r) in lines])
    sizes = {(corpus_name(r.run), r.run.profile) for r in found}
    simple = [r for r in results_of(store, RIVALS) if (corpus_name(r.run), r.run.profile) in sizes]
    return sorted([*found, *scored(simple)], key=lambda r: (corpus_name(r.run), len(r.predictions["unseen"].bdi)))


def _line(r: Result) -> tuple[str, str, str, str]:
    return r.run.paper, r.run.row, corpus_name(r.run), r.run.protocol


def unseen_errors(store: Store) -> "Figure | None":
    """RMSE on unseen people of the rows that are quoted, beside the constant predictor and the noise floor."""
    results = quoted(store)
    summaries = summarise(results, "unseen")
    if not summaries:
        return None
    figure, axis = plt.subplots(figsize=(6.3, 0.9 + 0.19 * len(summaries)))
    for place, s in enumerate(summaries):
        line = s.paper, s.row, s.corpus, s.protocol
        own = [r for r in results if _line(r) == line and r.run.profile == s.profile]
        axis.plot([s.rmse_low, s.rmse_high], [place, place], color="C0", linestyle="-", marker="", linewidth=1.5)
        values = [r.metrics["unseen"]["rmse"] for r in own]
        axis.plot(values, [place] * len(values), color="C0", linestyle="", marker="o", markersize=4)
        axis.plot([s.constant] * 2, [place - 0.35, place + 0.35], color="black", linestyle="--", marker="")
        if s.noise_floor is not None:
            axis.plot([s.noise_floor] * 2, [place - 0.35, place + 0.35], color="0.5", linestyle=":", marker="")
        right = max(s.rmse_high, s.constant)
        axis.annotate(s.verdict, (right, place), xytext=(6, -2.5), textcoords="offset points", fontsize=7)
    axis.set_yticks(range(len(summaries)), [_name(s) for s in summaries], fontsize=7)
    axis.set(xlim=(0, max(s.rmse_high for s in summaries) * 1.2), ylim=(len(summaries) - 0.4, -0.6))
    axis.set_xlabel("RMSE on unseen people (BDI-II points)")
    return figure


def _name(s: Summary) -> str:
    who = titles()[s.row] if s.paper == RIVALS else f"{s.paper}: {s.row}"
    return f"{who}, on “{s.corpus}”, {s.people} people"


def scores(results: Sequence[Result]) -> "Figure | None":
    """Label and score of every unseen person, a panel a corpus; the mean over the seeds.

    Of a corpus with several draws, or of “null” with several permutations, the first one.
    """
    results = [r for r in scored(results) if not (drawn(r.run.corpus) or ("", 0))[1]]
    corpora = list(dict.fromkeys(r.run.corpus for r in results))
    if not corpora:
        return None
    figure, axes = plt.subplots(1, len(corpora), figsize=(2.9 * len(corpora), 2.9), sharey=True, squeeze=False)
    for axis, corpus in zip(axes[0], corpora, strict=True):
        scatter(axis, [r for r in results if r.run.corpus == corpus], "unseen")
        axis.set_title(f"generated “{corpus}”", fontsize=8)
    axes[0, 0].set_ylabel("predicted score")
    return figure


def curves(results: Sequence[Result]) -> "Figure | None":
    """Error by step, and the variance of a row's distribution, where it predicts one.

    The error is that of the selecting partition, or of unseen people where nothing is selected.
    """
    own = on_one_corpus(results)
    if not own:
        return None
    selected = all("rmse" in check for r in own for check in r.curves[0])
    error, of_whom = ("rmse", "development RMSE") if selected else ("unseen", "RMSE, unseen people")
    figure, axes = plt.subplots(1, 2, figsize=(7, 2.6))
    for row, look in zip(_rows(own), plt.rcParams["axes.prop_cycle"], strict=False):
        checks = [r.curves[0] for r in own if r.run.row == row]
        for axis, key in zip(axes, (error, "variance"), strict=True):
            if all(key in check for curve in checks for check in curve):
                mean = np.mean([[check[key] for check in curve] for curve in checks], axis=0)
                axis.plot([check["step"] for check in checks[0]], mean, label=row, **look)
    axes[0].set_ylabel(of_whom)
    axes[1].set_ylabel("variance (points²)")
    for axis in axes:
        axis.set_xlabel("step")
        if axis.lines:
            axis.legend(fontsize=7)
    return figure


def series(results: Sequence[Result], joined: bool = True) -> "Figure | None":
    """RMSE and MAE on unseen people from row to row: seeds, their mean, its interval over people, the constant.

    ``joined``: a line leads from row to row, which says that they have an order.
    """
    own = _scored_on_one_corpus(results)
    summaries = {s.row: s for s in summarise(own, "unseen")}
    if not summaries:
        return None
    figure, axes = plt.subplots(1, 2, figsize=(7, 2.6), sharex=True)
    for axis, metric in zip(axes, ("rmse", "mae"), strict=True):
        values = [[r.metrics["unseen"][metric] for r in own if r.run.row == row] for row in summaries]
        look = {"linestyle": "-", "marker": ""} if joined else {"linestyle": "", "marker": "_", "markersize": 14}
        axis.plot([np.mean(v) for v in values], color="C0", label="mean of the seeds", **look)
        for place, of_seeds in enumerate(values):
            axis.plot([place] * len(of_seeds), of_seeds, color="C0", linestyle="", marker="o", markersize=3)
        constant = own[0].baselines["unseen"]["constant"][metric]
        axis.axhline(constant, color="black", linestyle="--", marker="", label="constant predictor")
        axis.set_ylabel(f"{metric.upper()}, unseen people")
    for place, s in enumerate(summaries.values()):
        axes[0].plot(
            [place] * 2, [s.rmse_low, s.rmse_high], color="C0", alpha=0.4, linestyle="-", marker="", linewidth=4
        )
    names = [row.replace("_", "\n") for row in summaries]
    for axis in axes:
        axis.set_xticks(range(len(names)), names, fontsize=None if len(names) <= 5 else 6.5)
    axes[1].legend(fontsize=7, loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    return figure


def attention(results: Sequence[Result]) -> "Figure | None":
    """The stored maps of the first run, over the frames that its network saw; one map per severity band."""
    found = _first_with_maps(results)
    if not found:
        return None
    (shown,) = found
    count = len(shown.attention)
    figure, axes = plt.subplots(2, count, figsize=(1.6 * count + 0.5, 3.5), squeeze=False)
    for (above, below), seen in zip(axes.T, shown.attention, strict=True):
        picture = _seen(shown.run, seen)  # [S, S, 3]
        above.imshow(picture)
        below.imshow(picture)
        heat = below.imshow(
            seen.map, cmap="viridis", vmin=0, vmax=1, alpha=0.55, interpolation="bilinear", extent=_extent(picture)
        )
        who = seen.video.replace(": ", "\n") + "\n" if shown.licensed else ""
        above.set_title(f"{who}label {seen.bdi:.0f}, score {seen.score:.1f}", fontsize=8)
        above.set_axis_off()
        below.set_axis_off()
    figure.colorbar(heat, ax=axes.ravel().tolist(), shrink=0.5, pad=0.01, label="Grad-CAM")
    return figure


def clip_attention(results: Sequence[Result]) -> "Figure | None":
    """The stored maps of one run per row; a line per person, one map, or one over each end of a clip."""
    shown = _first_with_maps_by_row(results)
    if not shown:
        return None
    lines = len({seen.video for seen in shown[0].attention})
    moments = len(shown[0].attention) // lines
    columns = moments * len(shown)
    figure, axes = plt.subplots(lines, columns, figsize=(1.5 * columns + 0.8, 1.6 * lines), squeeze=False)
    for pair, result in enumerate(shown):
        for place, seen in enumerate(result.attention):
            line, moment = divmod(place, moments)
            axis = axes[line, moments * pair + moment]
            picture = _seen(result.run, seen)  # [S, S, 3]
            axis.imshow(picture)
            heat = axis.imshow(
                seen.map, cmap="viridis", vmin=0, vmax=1, alpha=0.55, interpolation="bilinear", extent=_extent(picture)
            )
            axis.set_xticks([])
            axis.set_yticks([])
            axis.set_xlabel(f"score {seen.score:.1f}", fontsize=7)
            where = ("middle",) if moments == 1 else ("first", "last")
            axis.set_title(f"{result.run.row}\n{where[moment]} frame" if line == 0 else "", fontsize=8)
            if pair == moment == 0:
                who = f"\n{seen.video}" if result.licensed else ""
                axis.set_ylabel(f"label {seen.bdi:.0f}{who}", fontsize=8 if not who else 6)
    figure.colorbar(heat, ax=axes.ravel().tolist(), shrink=0.4, pad=0.01, label="Grad-CAM")
    return figure


KINDS: dict[str, Callable[..., "Figure | None"]] = {
    "scores": scores,
    "curves": curves,
    "series": series,
    "rows": partial(series, joined=False),
    "attention": attention,
    "clip_attention": clip_attention,
}
SHOWN = {
    "scores": scored,
    "curves": on_one_corpus,
    "series": _scored_on_one_corpus,
    "rows": _scored_on_one_corpus,
    "attention": _first_with_maps,
    "clip_attention": _first_with_maps_by_row,
}
"""Which of the results that it is given a kind shows."""


def draw_of_paper(paper: str, name: str, results: Sequence[Result]) -> "Figure | None":
    """A figure that a method names, from those of ``results`` that it is about; None if there are none.

    Raises:
        KeyError: the method names no such figure.
    """
    shown = method(paper).figures[name]
    return KINDS[shown.kind](of_rows(shown.rows, [r for r in results if r.run.paper == paper]))


def of_rows(rows: Sequence[str], results: Sequence[Result]) -> list[Result]:
    """The results of these rows, in their order."""
    return sorted((r for r in results if r.run.row in rows), key=lambda r: rows.index(r.run.row))


def _seen(run: Run, seen: Attention) -> np.ndarray:
    """The frame that a map belongs to, uint8 [S, S, 3]; a neutral head where it belongs to real people."""
    corpus, paper = open_for_profile(run.corpus, run.profile), method(run.paper)
    profile = paper.profiles[run.profile]
    if corpus.licensed:
        return faces.shown(corpus, np.zeros((faces.CROP_SIZE, faces.CROP_SIZE, 3), np.uint8))
    input_spec = paper.inputs(configuration(paper, run.row), profile)
    recording = next(r for r in corpus.recordings if r.name == seen.video)
    corpus.ensure([recording])
    faces.prepare([recording], workers=1)
    pixels = load([recording], input_spec, profile.frames, profile.scale.input_size).pixels
    return faces.shown(corpus, pixels[0][seen.frame].permute(1, 2, 0).numpy())  # [S, S, 3]


def _extent(picture: np.ndarray) -> tuple[float, float, float, float]:
    height, width = picture.shape[:2]
    return -0.5, width - 0.5, height - 0.5, -0.5


def scatter(axis: "Axes", results: list[Result], partition: str) -> None:
    """Scores of one row over the labels, mean over its seeds, with the constant predictor and the severity bands."""
    predictions = results[0].predictions[partition]
    mean = np.mean([r.predictions[partition].score for r in results], axis=0)
    for edge in (band.low - 0.5 for band in BANDS[1:]):
        axis.axvline(edge, color="0.85", linestyle="-", marker="", linewidth=0.8)
    axis.plot([0, 45], [0, 45], color="0.6", linestyle=":", marker="", label="perfect")
    axis.axhline(predictions.constant[0], color="black", linestyle="--", marker="", label="constant")
    axis.plot(predictions.bdi, mean, linestyle="", marker="o", markersize=3, alpha=0.7)
    axis.set_xlabel("BDI-II label")
    axis.set(xlim=(-1, 46), ylim=(-1, 46), aspect="equal")


def picture_grid(rows: int, columns: int, width: float, titles: bool = False) -> tuple["Figure", np.ndarray]:
    """A grid of square pictures without axes; with ``titles`` there is room for a label at the left."""
    figure, axes = plt.subplots(
        rows, columns, figsize=(width + 0.25 * titles, width / columns * rows), layout="none", squeeze=False
    )
    left = 0.25 / (width + 0.25) if titles else 0
    figure.subplots_adjust(left=left, right=1, bottom=0, top=1, wspace=0.02, hspace=0.02)
    for axis in axes.flat:
        axis.set_xticks([])
        axis.set_yticks([])
        for spine in axis.spines.values():
            spine.set_visible(False)
    return figure, axes
