"""All figures: which there are, from what they are drawn, and the index of the folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from depnb.experiments.result import Result
from depnb.experiments.store import Store
from depnb.methods.registry import method, papers
from depnb.reports import (
    fairness,
    forest,
    leaderboard_figure,
    learning_curves,
    overview,
    reading_plots,
    tables,
    trials,
)
from depnb.reports.claims import Outcome, claims_columns, outcomes
from depnb.reports.corpus_plots import (
    ORACLE,
    SHORTCUT,
    contact_sheet,
    oracle_errors,
    same_person,
    shortcut_association,
    shortcut_people,
)
from depnb.reports.outcomes import page
from depnb.reports.readings import costs
from depnb.reports.result_plots import SHOWN, corpora_of, draw_of_paper, of_rows, quoted, unseen_errors
from depnb.reports.shown import profiles, results_of
from depnb.system import style
from depnb.system.files import write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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


def _recipes(*names: str) -> Callable[[Store], list[str]]:
    return lambda store: [f"generated “{name}”" for name in names]


FOREST = (
    "Point and bar: difference in RMSE between the two sides of a claim, with its plain 95 % interval over people and "
    "seeds; left of 0 it is in favour of the claim. The word follows from the p-value after Holm's correction over all "
    "claims of a paper that were tested, the paper's own and ours: filled circle supported, square reversed, open "
    "circle undecided."
)
CURVES = (
    "learning curves of each row on its main corpus: training loss as share of the constant's (left), RMSE on the "
    "selecting partition and on unseen people, where these were looked at (right). Thin lines are seeds, thick ones "
    "their mean over the steps that all of them have. Dots are the steps that were kept."
)

FIGURES = {
    "overview": Entry(
        "Above, the way from a video to a score, with one generated person as example, who says nothing about a "
        "method. Below, what came out on generated people for small versions of the five papers' own models, and for "
        "two simple rivals that train no network: the difference to the constant predictor, which says the mean of the "
        "training labels. Distribution learning and the rivals were judged on 400 people, the other networks on 100. "
        "It says nothing about real depression.",
        "results/; recipe of the corpus",
        overview.draw,
        lambda store: [s.title for s in overview.compared(store).values()],
    ),
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
    "corpus_shortcut_people": Entry(
        "People of the generated corpus “shortcut” in the order of their scores (BDI-II). In training (top) glasses "
        "and dark walls go with high scores; on unseen people (bottom) they do not. Nobody here exists.",
        "recipe of the corpus",
        shortcut_people,
        _recipes(SHORTCUT),
    ),
    "corpus_shortcut": Entry(
        "What shows a shortcut before any network is trained, on the generated corpus “shortcut”. Left and middle: "
        "score and brightness of the wall in training and on unseen people, a point each session, squares with "
        "glasses. Right: ridge regression on these two alone; in training each person is scored by a regression on "
        "the others. Dashed: the constant predictor.",
        "recipe of the corpus",
        shortcut_association,
        _recipes(SHORTCUT),
    ),
    "results_unseen": Entry(
        "RMSE of the papers' own models, their nearest rivals and predictors that train no network, on the unseen "
        "people of generated corpora: points are seeds, bars 95 % intervals over people and seeds, dashed the constant "
        "predictor, dotted the noise floor. The word says how the row compares with the constant.",
        "results/",
        unseen_errors,
        lambda store: corpora_of(quoted(store)),
    ),
    "fairness": Entry(
        "Errors by group on the unseen people of the generated corpus “both”: MAE of the papers' own models, of simple "
        "rivals and of the constant, with 95 % intervals over people and seeds. Skin tone, age and glasses are known "
        "because these people were drawn. A p stands beside a line if the first and the last group differ after Holm's "
        "correction over all lines and attributes. It says nothing about groups of real people.",
        "results/; recipe of the corpus",
        lambda store: fairness.draw(fairness.with_constant(fairness.shown(store))),
        lambda store: fairness.error_columns(fairness.with_constant(fairness.shown(store))).corpora,
    ),
    "claims": Entry(
        f"What came out for the claims of all papers. {FOREST}",
        "results/",
        lambda store: forest.of_papers(_outcomes(store)),
        lambda store: _all_claimed_on(store),
    ),
    "errata_scorecard": Entry(
        "What the papers print. Above: where the settings come from that decide a training of each paper's own model "
        "at printed size. Below: the entries of the errata by kind; those of several papers count for each.",
        "sources.csv and errata.csv of the papers",
        lambda store: reading_plots.scorecard(),
        _recipes(),
    ),
    "errata_costs": Entry(
        "What other readings of the errata cost: RMSE on unseen people of the other reading minus that of the default, "
        "with the plain 95 % interval over people and seeds. Right of 0 the default is the better decision. The word "
        "follows from the interval; the profile in brackets says how much training it rests on.",
        "results/",
        lambda store: reading_plots.forest(_results(store)),
        lambda store: ["generated “both”"] if any(cost.difference for cost in costs(_results(store))) else [],
    ),
    "leaderboard": Entry(
        "Printed errors on the test sets of AVEC2013 and AVEC2014 by year, for methods that look at video. Points of "
        "one year stand side by side. The step is the lowest error printed so far; the grey band is its 95 % interval "
        "at 50 independent sessions, if errors are Gaussian. Where points lie inside one band, these numbers do not "
        "rank their methods. Diamonds are what others got with the same method, joined with the printed value. "
        "Methods without a stated year are left out.",
        "printed numbers, depnb/methods/printed/leaderboard.csv; here as the table “leaderboard”",
        lambda store: leaderboard_figure.draw(),
        lambda store: [],
    ),
}


TRIALS = {
    "lengths": Entry(
        "Is a training long enough? Error on 400 unseen people by length, on two generated corpora drawn from other "
        "seeds than any result: grey a corpus and seed, blue their mean with its standard error. A length is enough if "
        "doubling it takes away less than 2 % or one standard error.",
        "benchmarks/lengths.json",
        lambda store: trials.lengths(trials.tried(store)),
        lambda store: trials.corpora(trials.of_lengths(trials.tried(store))),
    ),
    "face_pretraining": Entry(
        "What a face pretraining is worth. Left: share of the frames of new sessions of 120 generated people whose "
        "person a body names, by epochs; points are seeds. Right: error on 400 unseen people of the rows that begin "
        "with it, on two corpora drawn from other seeds: grey a corpus and seed, blue their mean with its standard "
        "error, dashed the mean of the same row without pretraining.",
        "benchmarks/lengths.json",
        lambda store: trials.face_pretraining(trials.tried(store)),
        lambda store: trials.corpora(trials.of_faces(trials.tried(store))),
    ),
}
"""Figures of what was tried before the committed results were made, drawn beside these."""


def entries(chosen: Sequence[str] = ()) -> dict[str, Entry]:
    """All figures by file name: of the corpora, of all results, how methods work, and what methods name.

    Where papers are chosen, there are those of these methods alone.
    """
    found = FIGURES | TRIALS
    for paper in chosen or papers():
        for name, (caption, draw, clip, data) in method(paper).diagrams().items():
            data = data or ("a clip of the corpus" if clip else "the method")
            drawn = partial(_without_results, draw)
            found[f"{paper}_{name}"] = Entry(caption, data, drawn, _recipes("both") if clip else _recipes())
        for name, shown in method(paper).figures.items():
            found[f"{paper}_{name}"] = Entry(
                shown.caption,
                f"results/{paper}/",
                partial(_draw_stored, paper, name),
                partial(_stored_corpora, paper, name),
            )
        found |= _of_every_paper(paper)
    return found


def _of_every_paper(paper: str) -> dict[str, Entry]:
    """What is drawn of any paper, whatever figures it names."""
    return {
        f"{paper}_forest": Entry(
            f"What came out for the claims of {paper}. {FOREST}",
            f"results/{paper}/",
            lambda store: forest.of_paper(paper, results_of(store, paper)),
            partial(_claimed_on, paper),
        ),
        f"{paper}_learning_curves": Entry(
            f"{paper}: {CURVES}",
            f"results/{paper}/",
            lambda store: learning_curves.draw(paper, results_of(store, paper)),
            lambda store: corpora_of(learning_curves.shown(paper, results_of(store, paper))),
        ),
    }


def _what_came_out(store: Store, folder: Path) -> Path | None:
    """Write one sentence for each claim, where any was run."""
    found = {title: own for title, own in _outcomes(store).items() if any(o.was_run for o in own)}
    if not found:
        return None
    path = folder / "what_came_out.md"
    write_text(path, page(found, style.provenance(*_all_claimed_on(store))))
    return path


def _results(store: Store) -> list[Result]:
    return [result for paper in papers() for result in results_of(store, paper)]


def _outcomes(store: Store) -> dict[str, list[Outcome]]:
    """The claims of each paper, by its name with the profile of its results."""
    results = {paper: results_of(store, paper) for paper in papers()}
    return {f"{paper} ({profiles(own)})": outcomes(paper, own) for paper, own in results.items() if own}


def _all_claimed_on(store: Store) -> list[str]:
    return list(dict.fromkeys(title for paper in papers() for title in _claimed_on(paper, store)))


def _claimed_on(paper: str, store: Store) -> list[str]:
    return claims_columns(paper, results_of(store, paper)).corpora


def _without_results(draw: Callable[[], "Figure"], store: Store) -> "Figure":
    return draw()


def _draw_stored(paper: str, name: str, store: Store) -> "Figure | None":
    return draw_of_paper(paper, name, results_of(store, paper))


def _stored_corpora(paper: str, name: str, store: Store) -> list[str]:
    shown = method(paper).figures[name]
    return corpora_of(SHOWN[shown.kind](of_rows(shown.rows, results_of(store, paper))))


def make_all(store: Store, folder: Path, chosen: Sequence[str] = ()) -> list[Path]:
    """Draw every figure and write every table that ``store`` has data for, and the index.

    Args:
        store: with the results. folder: of the files.
        chosen: papers; of the others there is no drawing of how they work.

    Returns:
        The files written.

    Raises:
        ValueError: as ``tables.check``.
    """
    import matplotlib.pyplot as plt

    tables.check(store, folder)
    style.apply()
    written, lines = [], ["# Figures and tables", "", "Made by `make figures`.", ""]
    said = _what_came_out(store, folder)
    if said:
        lines += [f"In words: [{said.stem.replace('_', ' ')}]({said.name}), one sentence for each claim.", ""]
        written.append(said)
    for name, entry in entries(chosen).items():
        figure = entry.draw(store)
        if figure is None:
            continue
        provenance = style.provenance(*entry.corpora(store))
        written += style.save(figure, folder, name, provenance)
        plt.close(figure)
        data = f"Data: {entry.data}; {provenance}."
        lines += [f"## {name}", "", f"![{name}]({name}.png)", "", entry.caption, "", data, ""]
    lines += _index_of_tables(tables.make_all(store, folder))
    write_text(folder / "index.md", "\n".join(lines))
    return [*written, folder / "index.md"]


def _index_of_tables(written: Sequence[Path]) -> list[str]:
    """A line per table with its files and what it was made on."""
    lines = ["## Tables", "", "| table | files | provenance |", "|---|---|---|"]
    for path in (path for path in written if path.suffix == ".tex"):
        made_on = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("% ")
        files = ", ".join(f"[{kind}]({path.stem}.{kind.lower()})" for kind in ("CSV", "HTML"))
        lines.append(f"| {path.stem} | {files}, [LaTeX]({path.name}) | {made_on} |")
    return [*lines, ""]
