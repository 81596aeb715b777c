"""Figures that belong to the repository: drawn from results and from the generator's recipe.

``make_all`` writes each as PDF and PNG, and an index with captions. What the figures of the papers show is said by
their methods (``FIGURES`` there); how each kind is drawn is said here (``KINDS``).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from depnb import faces, style, tables
from depnb.clips import load
from depnb.corpus.synthetic import film, named_recipe, sessions
from depnb.evaluation import BANDS
from depnb.files import write_text
from depnb.methods import method, papers
from depnb.results import Attention, Result, Run, Store, opened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from depnb.diagrams.shapes import Diagram


ORACLE = ("both", "appearance", "dynamics", "null")


@dataclass(frozen=True)
class Entry:
    """A figure of the index.

    Attributes:
        caption: what it shows.
        data: what it is drawn from, in words.
        draw: draws it from a store; None if the store has nothing for it.
        corpora: the titles of the corpora that it shows then.
    """

    caption: str
    data: str
    draw: Callable[[Store], "Figure | None"]
    corpora: Callable[[Store], list[str]]


def scored(results: Sequence[Result]) -> list[Result]:
    """Results that keep a score for each unseen person; of the honest protocol if there are any."""
    return _honest([r for r in results if "unseen" in r.predictions])


def _honest(results: Sequence[Result]) -> list[Result]:
    return [r for r in results if r.run.protocol == "honest"] or list(results)


def _first_with_maps(results: Sequence[Result]) -> list[Result]:
    return [r for r in results if r.attention][:1]


def _first_with_maps_by_row(results: Sequence[Result]) -> list[Result]:
    own = tables.on_one_corpus(results)
    return [found for row in _rows(own) for found in _first_with_maps([r for r in own if r.run.row == row])]


def _scored_on_one_corpus(results: Sequence[Result]) -> list[Result]:
    return tables.on_one_corpus(scored(results))


def _rows(results: Sequence[Result]) -> list[str]:
    return list(dict.fromkeys(r.run.row for r in results))


def _corpora(results: Sequence[Result]) -> list[str]:
    return list(dict.fromkeys(map(tables.corpus_title, results)))


def _recipes(*names: str) -> Callable[[Store], list[str]]:
    return lambda store: [f"generated “{name}”" for name in names]


def contact_sheet(store: Store, rows: int = 5, columns: int = 10) -> "Figure":
    """One frame of each of 50 people of the partition ``unseen``."""
    recipe = named_recipe("both")
    people = [s for s in sessions(recipe) if s.partition == "unseen"][: rows * columns]
    shots = []
    for person in people:
        task = recipe.tasks[person.subject % len(recipe.tasks)]
        picture, truth = film(recipe, person, task, slice(10, 40, 10))
        shots.append(picture[int(np.argmax(truth["visible"]))])
    figure, axes = _pictures(rows, columns, width=7.0)
    for axis, shot in zip(axes.flat, shots, strict=True):
        axis.imshow(shot)
    return figure


def same_person(store: Store, scores: tuple[int, int] = (0, 40), shots: int = 7) -> "Figure":
    """One person and one session, acted twice with the same random numbers: at BDI-II 0 and at 40."""
    from dataclasses import replace

    recipe = replace(named_recipe("both"), label_noise=0.0)
    person = next(s for s in sessions(recipe) if s.partition == "unseen" and s.id == "287_1")
    figure, axes = _pictures(len(scores), shots, width=7.0, titles=True)
    for line, score in zip(axes, scores, strict=True):
        acted = replace(person, bdi=score, severity=score / 45)
        pictures, truth = film(recipe, acted, recipe.tasks[0], slice(0, 3 * shots, 3))
        for axis, picture in zip(line, pictures, strict=True):
            axis.imshow(picture)
        line[0].set_ylabel(f"BDI-II {score}", fontsize=8)
    return figure


def oracle_errors(store: Store) -> "Figure":
    """What linear regression reads from the true trajectories of each corpus."""
    import matplotlib.pyplot as plt

    from depnb.corpus.synthetic.oracle import FEATURES, oracle

    names = ORACLE
    figure, axis = plt.subplots(figsize=(5.5, 2.6))
    labels = {"moments": "mean and variance (single frames)", "autocorrelation": "lag-1 autocorrelation (time)"}
    for offset, features in zip((-0.17, 0.17), FEATURES, strict=True):
        found = [oracle(named_recipe(name), features) for name in names]
        hatch = "" if features == "moments" else "///"
        place = np.arange(len(names)) + offset
        axis.bar(place, [o.rmse for o in found], 0.32, label=labels[features], hatch=hatch, edgecolor="white")
    axis.axhline(found[0].constant, color="black", linestyle="--", marker="", label="constant predictor")
    axis.set_xticks(range(len(names)), names)
    axis.set_ylabel("RMSE on unseen people (BDI-II)")
    axis.set_ylim(0, 16)
    axis.legend(fontsize=7, loc="upper left", ncols=2)
    return figure


def unseen_errors(store: Store) -> "Figure | None":
    """RMSE of each row on unseen people, beside the constant predictor and the noise floor."""
    import matplotlib.pyplot as plt

    results = scored(store.current())
    summaries = tables.summarise(results, "unseen")
    if not summaries:
        return None
    figure, axis = plt.subplots(figsize=(5.5, 0.9 + 0.42 * len(summaries)))
    for place, s in enumerate(summaries):
        line = s.paper, s.row, s.corpus, s.protocol
        own = [r for r in results if (r.run.paper, r.run.row, r.run.corpus, r.run.protocol) == line]
        axis.plot([s.rmse_low, s.rmse_high], [place, place], color="C0", linestyle="-", marker="", linewidth=1.5)
        values = [r.metrics["unseen"]["rmse"] for r in own]
        axis.plot(values, [place] * len(values), color="C0", linestyle="", marker="o", markersize=4)
        axis.plot([s.constant] * 2, [place - 0.35, place + 0.35], color="black", linestyle="--", marker="")
        if s.noise_floor is not None:
            axis.plot([s.noise_floor] * 2, [place - 0.35, place + 0.35], color="0.5", linestyle=":", marker="")
        right = max(s.rmse_high, s.constant)
        axis.annotate(s.verdict, (right, place), xytext=(6, -2.5), textcoords="offset points", fontsize=7)
    axis.set_yticks(range(len(summaries)), [f"{s.paper}: {s.row}\non “{s.corpus}”" for s in summaries])
    axis.set_xlim(0, max(s.rmse_high for s in summaries) * 1.5)
    axis.set_ylim(len(summaries) - 0.4, -0.6)
    axis.set_xlabel("RMSE on unseen people (BDI-II points)")
    return figure


def scores(results: Sequence[Result]) -> "Figure | None":
    """Label and score of every unseen person, a panel a corpus; the mean over the seeds."""
    import matplotlib.pyplot as plt

    results = scored(results)
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
    """Error on the selecting partition and, where a row describes it, the variance of its distribution, by step."""
    import matplotlib.pyplot as plt

    own = tables.on_one_corpus(results)
    if not own:
        return None
    figure, axes = plt.subplots(1, 2, figsize=(7, 2.6))
    for row, look in zip(_rows(own), plt.rcParams["axes.prop_cycle"], strict=False):
        checks = [r.curves[0] for r in own if r.run.row == row]
        for axis, key in zip(axes, ("rmse", "variance"), strict=True):
            if all(key in check for curve in checks for check in curve):
                mean = np.mean([[check[key] for check in curve] for curve in checks], axis=0)
                axis.plot([check["step"] for check in checks[0]], mean, label=row, **look)
    axes[0].set_ylabel("development RMSE")
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
    import matplotlib.pyplot as plt

    own = _scored_on_one_corpus(results)
    summaries = {s.row: s for s in tables.summarise(own, "unseen")}
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
    """The stored maps of the first run, over the frames that its network saw; one a severity band."""
    import matplotlib.pyplot as plt

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
    """The stored maps of one run a row; a line a person, one map, or one over each end of a clip."""
    import matplotlib.pyplot as plt

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


KINDS = {
    "scores": scores,
    "curves": curves,
    "series": series,
    "rows": partial(series, joined=False),
    "attention": attention,
    "clip_attention": clip_attention,
}
SHOWN = {
    "scores": scored,
    "curves": tables.on_one_corpus,
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
    shown = method(paper).FIGURES[name]
    return KINDS[shown.kind](_of_rows(shown.rows, [r for r in results if r.run.paper == paper]))


def _of_rows(rows: Sequence[str], results: Sequence[Result]) -> list[Result]:
    """The results of these rows, in their order."""
    return sorted((r for r in results if r.run.row in rows), key=lambda r: rows.index(r.run.row))


def _seen(run: Run, seen: Attention) -> np.ndarray:
    """The frame that a map belongs to, uint8 [S, S, 3]; a neutral head where it belongs to people who exist."""
    corpus, module = opened(run.corpus, run.profile), method(run.paper)
    profile = module.PROFILES[run.profile]
    if corpus.licensed:
        return faces.shown(corpus, np.zeros((faces.CROP_SIZE, faces.CROP_SIZE, 3), np.uint8))
    eats = module.inputs(module.ROWS[run.row], profile)
    recording = next(r for r in corpus.recordings if r.name == seen.video)
    corpus.ensure([recording])
    faces.prepare([recording], workers=1)
    pixels = load([recording], eats, profile.frames, profile.scale.input_size).pixels
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
    axis.set_xlim(-1, 46)
    axis.set_ylim(-1, 46)
    axis.set_aspect("equal")


FIGURES = {
    "corpus_contact_sheet": Entry(
        "Fifty of the people of the generated corpus “both”, partition unseen, one frame each. Nobody here exists.",
        "recipe of the corpus",
        contact_sheet,
        _recipes("both"),
    ),
    "corpus_same_person": Entry(
        "One generated person acting the same seconds at BDI-II 0 (top) and 40 (bottom): resting mouth, brows, lids, "
        "gaze and head pitch carry the appearance signal; movement is slower in the lower row. The signal is planted "
        "and says nothing about real people.",
        "recipe of the corpus",
        same_person,
        _recipes("both"),
    ),
    "corpus_oracle": Entry(
        "Where the planted signal is: ridge regression on the true trajectories of each generated corpus, people of "
        "partition unseen. Statistics of single frames know nothing of “dynamics”; nothing knows anything of “null”.",
        "recipes of the corpora",
        oracle_errors,
        _recipes(*ORACLE),
    ),
    "results_unseen": Entry(
        "RMSE on the unseen people of the generated corpora: points are seeds, bars 95 % intervals over people, dashed "
        "the constant predictor, dotted the noise floor.",
        "results/",
        unseen_errors,
        lambda store: _corpora(scored(store.current())),
    ),
}


def entries() -> dict[str, Entry]:
    """All figures by file name: of the corpora, of all results, how methods work, and what methods name."""
    found = dict(FIGURES)
    for paper in papers():
        for name, (caption, draw, clip, data) in _diagrams(paper).items():
            data = data or ("a clip of the corpus" if clip else "the method")
            drawn = partial(_without_results, draw)
            found[f"{paper}_{name}"] = Entry(caption, data, drawn, _recipes("both") if clip else _recipes())
        for name, shown in method(paper).FIGURES.items():
            found[f"{paper}_{name}"] = Entry(
                shown.caption,
                f"results/{paper}/",
                partial(_draw_stored, paper, name),
                partial(_stored_corpora, paper, name),
            )
    return found


def _diagrams(paper: str) -> "Mapping[str, Diagram]":
    """Drawings of how a method works, if there is a module of them in ``depnb.diagrams``."""
    name = f"depnb.diagrams.{paper}"
    return import_module(name).FIGURES if find_spec(name) else {}


def _without_results(draw: Callable[[], "Figure"], store: Store) -> "Figure":
    return draw()


def _draw_stored(paper: str, name: str, store: Store) -> "Figure | None":
    return draw_of_paper(paper, name, store.current(paper))


def _stored_corpora(paper: str, name: str, store: Store) -> list[str]:
    shown = method(paper).FIGURES[name]
    return _corpora(SHOWN[shown.kind](_of_rows(shown.rows, store.current(paper))))


def make_all(store: Store, folder: Path) -> list[Path]:
    """Draw every figure and write every table that ``store`` has data for, and the index.

    Returns:
        The files written.

    Raises:
        ValueError: as ``tables.check``.
    """
    import matplotlib.pyplot as plt

    tables.check(store, folder)
    style.apply()
    written, lines = [], ["# Figures and tables", "", "Made by `make figures`.", ""]
    for name, entry in entries().items():
        figure = entry.draw(store)
        if figure is None:
            continue
        provenance = style.provenance(*entry.corpora(store))
        written += style.save(figure, folder, name, provenance)
        plt.close(figure)
        data = f"Data: {entry.data}; {provenance}."
        lines += [f"## {name}", "", f"![{name}]({name}.png)", "", entry.caption, "", data, ""]
    for path in (p for p in tables.make_all(store, folder) if p.suffix == ".png"):
        provenance = path.with_suffix(".tex").read_text(encoding="utf-8").splitlines()[0].removeprefix("% ")
        data = f"Data: [CSV]({path.stem}.csv), [LaTeX]({path.stem}.tex), from results/; {provenance}."
        lines += [f"## {path.stem}", "", f"![{path.stem}]({path.name})", "", data, ""]
    write_text(folder / "index.md", "\n".join(lines))
    return [*written, folder / "index.md"]


def _pictures(rows: int, columns: int, width: float, titles: bool = False) -> tuple["Figure", np.ndarray]:
    """A grid of square pictures without axes; with ``titles`` there is room for a label at the left."""
    import matplotlib.pyplot as plt

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
