"""Tables of the papers' experiments: the printed numbers and ours side by side, never mixed.

Tables read results and nothing else. A row is a configuration × corpus; its seeds are averaged.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Literal

import numpy as np

from depnb import style
from depnb.evaluation import mae, paired_permutation_test, paired_subject_bootstrap, rmse, subject_bootstrap
from depnb.files import atomic_path, write_text
from depnb.methods import Claim, method, papers
from depnb.papers import printed
from depnb.results import Result, Store, demand_ignored

if TYPE_CHECKING:
    import pandas as pd

PARTITION_TITLES = {
    "unseen": "unseen people",
    "test": "test set",
    "folds": "train, development and test people, by folds",
}
PREDICTORS = {"constant": "constant (training mean)", "identity_only": "identity only"}
SESSION_COLUMNS = {"RMSE of sessions": "rmse_sessions", "MAE of sessions": "mae_sessions"}


@dataclass(frozen=True)
class Summary:
    """One row over its seeds, on one partition; all numbers in BDI-II points.

    Attributes:
        rmse, rmse_sd, mae, mae_sd: mean and sd over the seeds (sd is NaN for one seed).
        rmse_low, rmse_high: 95 % interval over people, mean over the seeds.
        constant: RMSE of the training mean.
        title: how the table names the corpus; a generated one says so.
        difference, low, high: RMSE minus the constant predictor's with its paired 95 % interval over people; NaN for
            a licensed corpus, of which no scores per person are kept.
        learnt: whether every seed's training loss fell below the constant predictor's.
        rmse_sessions, mae_sessions: of the means over the videos of a session, as papers count that have 50 and not 100
            of them; NaN where a session is one video, and for generated corpora.
    """

    paper: str
    row: str
    corpus: str
    title: str
    protocol: str
    partition: str
    seeds: int
    rmse: float
    rmse_sd: float
    mae: float
    mae_sd: float
    rmse_low: float
    rmse_high: float
    constant: float
    noise_floor: float | None
    difference: float
    low: float
    high: float
    learnt: bool
    rmse_sessions: float = float("nan")
    mae_sessions: float = float("nan")

    @property
    def beats_constant(self) -> bool:
        """The upper 95 % bound of the difference lies below 0."""
        return self.learnt and self.high < 0

    @property
    def gain(self) -> float:
        """Share by which the RMSE lies below the constant predictor's."""
        return 1 - self.rmse / self.constant

    @property
    def verdict(self) -> str:
        """What the interval of the difference says in words."""
        if not self.learnt:
            return "not trained"
        if np.isnan(self.difference):
            return "not compared"
        return "beats the constant" if self.beats_constant else "does not beat the constant"


def summarise(
    results: Sequence[Result],
    partition: str = "unseen",
    how: Literal["mean", "median"] = "mean",
    clip: bool = False,
) -> list[Summary]:
    """Rows over their seeds, in the order in which they first appear.

    Args:
        results: of any rows; those that were not evaluated on ``partition`` are left out.
        partition: ``unseen``, ``test`` or ``folds``.
        how: a video's score is the mean or the median of its frames'. clip: cut it to the scale, 0–63 (E107).

    Raises:
        ValueError: another habit than the plain mean is asked for, and no scores per person are kept.
    """
    results = [_scored_as(result, partition, how, clip) for result in results]
    groups: dict[tuple, list[Result]] = {}
    for result in results:
        if partition in result.metrics:
            run = result.run
            groups.setdefault((run.paper, run.row, run.corpus, run.protocol, run.profile), []).append(result)
    return [_summary(group, partition) for group in groups.values()]


def _scored_as(result: Result, partition: str, how: str, clip: bool) -> Result:
    """The result as it would be with other video scores."""
    if (how, clip) == ("mean", False) or partition not in result.metrics:
        return result
    if partition not in result.predictions:
        raise ValueError(f"{result.run.name} keeps no scores per person: it has the plain means only.")
    predictions = result.predictions[partition]
    scores = predictions.scores(how, clip)
    numbers = dict(result.metrics[partition])
    for metric in (mae, rmse):
        name = metric.__name__
        low, high = subject_bootstrap(predictions.bdi, scores, predictions.subject, metric)
        numbers |= {name: metric(predictions.bdi, scores), f"{name}_low": low, f"{name}_high": high}
    return replace(
        result,
        metrics={**result.metrics, partition: numbers},
        predictions={**result.predictions, partition: replace(predictions, score=tuple(scores.tolist()))},
    )


def corpus_title(result: Result) -> str:
    """How tables name the corpus of a result: a generated one says so, a licensed one has the name of its folder."""
    name = result.run.corpus
    return f"generated “{name}”" if "generated" in result.facts["corpus"] else Path(name).name


def _summary(group: list[Result], partition: str) -> Summary:
    metrics = [result.metrics[partition] for result in group]
    difference = low = high = float("nan")
    if all(partition in result.predictions for result in group):
        first = group[0].predictions[partition]
        scores = np.array([result.predictions[partition].score for result in group])  # [seeds, N]
        difference, low, high = paired_subject_bootstrap(first.bdi, scores, first.constant, first.subject)
    run = group[0].run
    return Summary(
        paper=run.paper,
        row=run.row,
        corpus=run.corpus,
        title=corpus_title(group[0]),
        protocol=run.protocol,
        partition=partition,
        seeds=len(group),
        rmse=float(np.mean([m["rmse"] for m in metrics])),
        rmse_sd=_sd([m["rmse"] for m in metrics]),
        mae=float(np.mean([m["mae"] for m in metrics])),
        mae_sd=_sd([m["mae"] for m in metrics]),
        rmse_low=float(np.mean([m["rmse_low"] for m in metrics])),
        rmse_high=float(np.mean([m["rmse_high"] for m in metrics])),
        constant=group[0].baselines[partition]["constant"]["rmse"],
        noise_floor=group[0].noise_floor,
        difference=difference,
        low=low,
        high=high,
        learnt=all(result.learnt for result in group),
        **{name: float(np.mean([m.get(name, np.nan) for m in metrics])) for name in SESSION_COLUMNS.values()},
    )


def _sd(values: list[float]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")


def measured_table(
    results: Sequence[Result], partition: str = "unseen", how: Literal["mean", "median"] = "mean", clip: bool = False
) -> "pd.DataFrame":
    """Our numbers: networks first, then the predictors that look at no face and the noise floor.

    These stand under each group of rows that were trained on the same recordings: corpus and protocol.
    ``attrs["corpora"]`` of the frame holds the titles of the corpora.
    """
    import pandas as pd

    summaries = summarise(results, partition, how, clip)
    lines = []
    for group in dict.fromkeys((s.corpus, s.protocol) for s in summaries):
        own = [s for s in summaries if (s.corpus, s.protocol) == group]
        lines += [_line(s) for s in own]
        one = next(r for r in results if (r.run.corpus, r.run.protocol) == group and partition in r.baselines)
        for name, title in PREDICTORS.items():
            numbers = one.baselines[partition][name]
            lines.append(_plain_line(own[0], title, numbers["rmse"], numbers["mae"]))
        if one.noise_floor is not None:
            lines.append(_plain_line(own[0], "noise floor", one.noise_floor, None))
    frame = pd.DataFrame(lines)
    if all(np.isnan(s.rmse_sessions) for s in summaries):
        frame = frame.drop(columns=list(SESSION_COLUMNS), errors="ignore")
    frame.attrs["corpora"] = list(dict.fromkeys(s.title for s in summaries))
    return frame


def _line(s: Summary) -> dict[str, str]:
    return {
        "corpus": s.title,
        "protocol": _habit(s),
        "partition": PARTITION_TITLES[s.partition],
        "predictor": s.row,
        "seeds": str(s.seeds),
        "RMSE": _with_sd(s.rmse, s.rmse_sd),
        "95 % interval": f"{s.rmse_low:.2f} – {s.rmse_high:.2f}",
        "MAE": _with_sd(s.mae, s.mae_sd),
        **{
            title: "–" if np.isnan(value := getattr(s, name)) else f"{value:.2f}"
            for title, name in SESSION_COLUMNS.items()
        },
        "RMSE − constant": "–" if np.isnan(s.difference) else f"{s.difference:+.2f} [{s.low:+.2f}, {s.high:+.2f}]",
        "verdict": s.verdict,
    }


def _habit(s: Summary) -> str:
    """The protocol; where it is not the honest one, with what it does."""
    return s.protocol if s.protocol == "honest" else f"{s.protocol}: {method(s.paper).PROTOCOLS[s.protocol].title}"


def _plain_line(like: Summary, title: str, rmse_: float, mae_: float | None) -> dict[str, str]:
    dash = "–"
    return _line(like) | {
        "predictor": title,
        "protocol": like.protocol,
        "seeds": dash,
        "RMSE": f"{rmse_:.2f}",
        "95 % interval": dash,
        "MAE": dash if mae_ is None else f"{mae_:.2f}",
        **dict.fromkeys(SESSION_COLUMNS, dash),
        "RMSE − constant": dash,
        "verdict": "",
    }


def _with_sd(mean: float, sd: float) -> str:
    return f"{mean:.2f}" if np.isnan(sd) else f"{mean:.2f} ± {sd:.2f}"


def printed_table(paper: str, source: str) -> "pd.DataFrame":
    """A table as the paper prints it: one line a method, one column a data set and metric.

    A method that the table has several times, as in an ablation, is named with its variant: "Temporal stream, l=9".
    """
    frame = printed(paper, source)
    again = frame.duplicated(["method", "dataset", "metric"], keep=False)
    frame.loc[again, "method"] += ", " + frame.loc[again, "variant"]
    wide = frame.pivot_table(index="method", columns=["dataset", "metric"], values="value", sort=False)
    wide.columns = [f"{dataset} {metric} (printed)" for dataset, metric in wide.columns]
    return wide.reset_index()


def beside_printed(paper: str, source: str, results: Sequence[Result]) -> "pd.DataFrame":
    """A paper's table with our columns beside the printed ones; works of others have none.

    Our columns are of the corpus that most of its rows were run on (``on_one_corpus``); ``attrs["corpora"]`` of the
    frame holds its title.
    """
    frame = printed_table(paper, source)
    frame.attrs["corpora"] = []
    titles = method(paper).TABLES[source]
    own = on_one_corpus([r for r in results if r.run.paper == paper and r.run.row in titles])
    for partition in ("unseen", "test"):
        summaries = summarise(own, partition)
        if not summaries:
            continue
        by_title = {titles[s.row]: s for s in summaries}
        column = [_cell(by_title.get(name)) if name in titles.values() else "–" for name in frame["method"]]
        title = next(iter(by_title.values())).title
        frame[f"RMSE, {title}, {PARTITION_TITLES[partition]}"] = column
        frame.attrs["corpora"] = [title]
    return frame


def on_one_corpus(results: Sequence[Result]) -> list[Result]:
    """Those of the protocol ``honest``, else of the first; of these, those of the corpus that most rows were run on.

    Of several such corpora it is ``both``, or the first.
    """
    protocols = [r.run.protocol for r in results]
    protocol = "honest" if "honest" in protocols else next(iter(protocols), None)
    rows: dict[str, set[str]] = {"both": set()}
    own = [r for r in results if r.run.protocol == protocol]
    for r in own:
        rows.setdefault(r.run.corpus, set()).add(r.run.row)
    fullest = max(rows, key=lambda corpus: len(rows[corpus]))
    return [r for r in own if r.run.corpus == fullest]


def _cell(s: Summary | None) -> str:
    if s is None:
        return "not run"
    return _with_sd(s.rmse, s.rmse_sd) if s.learnt else "not trained"


@dataclass(frozen=True)
class Difference:
    """RMSE of a row minus that of its rival on the same people, mean over seeds, BDI-II points.

    Attributes:
        value: the difference; below 0 the row is better.
        low, high: its 95 % interval over people (paired bootstrap).
        learnt: whether all trainings of both sides fell below the constant predictor's loss.
        sides: labels [N], scores of the row and of its rival [seeds, N], and the person in each video.
    """

    value: float
    low: float
    high: float
    learnt: bool
    sides: tuple[Sequence[float], np.ndarray, np.ndarray, Sequence[str]] = field(repr=False, compare=False)

    @cached_property
    def p(self) -> float:
        """Of “exchanging the two predictors' scores of a person makes no difference” (paired permutation test)."""
        return paired_permutation_test(*self.sides)

    @property
    def answer(self) -> str:
        """Whether “the row is better” is confirmed."""
        return answer(self.low, self.high) if self.learnt else "not trained"


def answer(low: float, high: float) -> str:
    """Whether “the first has the smaller error” is confirmed, from the 95 % interval of the difference."""
    return "confirmed" if high < 0 else "not confirmed" if low >= 0 else "too little data to tell"


def difference(claim: Claim, paper: str, results: Sequence[Result]) -> Difference | None:
    """The two sides of a claim, compared.

    Returns:
        ``None`` where one of them has no scores per person, or where they were run with different numbers of seeds.
    """
    ours = _scored(results, paper, claim.row, claim.corpus, claim.protocol, claim.partition)
    if not ours:
        return None
    first, learnt = ours[0].predictions[claim.partition], [r.learnt for r in ours]
    if claim.other in PREDICTORS:
        rival = np.array([getattr(first, claim.other)])  # [1, N]
    else:
        protocol = claim.other_protocol or claim.protocol
        theirs = _scored(results, paper, claim.other, claim.corpus, protocol, claim.partition)
        if not theirs:
            return None
        rival = np.array([r.predictions[claim.partition].score for r in theirs])  # [seeds, N]
        learnt += [r.learnt for r in theirs]
    score = np.array([r.predictions[claim.partition].score for r in ours])  # [seeds, N]
    if len(rival) not in (1, len(score)):
        return None
    sides = first.bdi, score, rival, first.subject
    return Difference(*paired_subject_bootstrap(*sides), all(learnt), sides)


def _scored(
    results: Sequence[Result], paper: str, row: str, corpus: str, protocol: str, partition: str
) -> list[Result]:
    wanted = (paper, row, corpus, protocol)
    own = [r for r in results if (r.run.paper, r.run.row, r.run.corpus, r.run.protocol) == wanted]
    return [r for r in own if partition in r.predictions]


def claims_table(paper: str, results: Sequence[Result]) -> "pd.DataFrame":
    """What the paper says of its rows, and what an honest evaluation demands, as inequalities with an answer.

    ``attrs["corpora"]`` of the frame holds the titles of the corpora.
    """
    import pandas as pd

    lines, corpora = [], []
    for claim in method(paper).CLAIMS:
        found = difference(claim, paper, results)
        if found is None:
            continue
        corpora.append(f"generated “{claim.corpus}”")
        lines.append(
            {
                "claim": claim.text,
                "whose": "the paper's" if claim.printed else "ours",
                "judged on": f"{corpora[-1]}, {PARTITION_TITLES[claim.partition]}",
                "difference in RMSE": f"{found.value:+.2f} [{found.low:+.2f}, {found.high:+.2f}]",
                "p": "< 0.001" if found.p < 0.001 else f"{found.p:.3f}",
                "answer": found.answer,
            }
        )
    frame = pd.DataFrame(lines)
    frame.attrs["corpora"] = list(dict.fromkeys(corpora))
    return frame


def check(store: Store, folder: Path) -> None:
    """Demand what must hold before tables or figures of a store are written into a folder.

    Raises:
        ValueError: results of several profiles lie in the store, and rows of networks of different sizes do not belong
            into one table; or results on a licensed corpus do, and git would take the files.
    """
    results = store.results()
    for result in results:
        if result.licensed:
            demand_ignored(folder, result.run.corpus)
    profiles = sorted({result.run.profile for result in results})
    if len(profiles) > 1:
        raise ValueError(
            f"{store.path} has results of the profiles {' and '.join(profiles)}, which one table or figure would mix: "
            "give each profile a store of its own."
        )


def make_all(store: Store, folder: Path) -> list[Path]:
    """Write every table that ``store`` has results for, as CSV, LaTeX and PNG.

    LaTeX and PNG carry their provenance, as a comment and as metadata. A CSV does not: it has no comments that every
    reader skips, and its cells or column names say the corpus already.

    Returns:
        The files written.

    Raises:
        ValueError: as ``check``.
    """
    check(store, folder)
    written = []
    for paper in papers():
        results = store.current(paper)
        if not results:
            continue
        tables = {f"{paper}_measured_{p}": measured_table(results, p) for p in PARTITION_TITLES}
        tables[f"{paper}_claims"] = claims_table(paper, results)
        tables |= {
            f"{paper}_{source.lower().replace(' ', '')}": beside_printed(paper, source, results)
            for source in method(paper).TABLES
        }
        for name, frame in tables.items():
            if frame.empty:
                continue
            written += [folder / f"{name}.{suffix}" for suffix in ("csv", "tex", "png")]
            write_text(written[-3], frame.to_csv(index=False))
            provenance = style.provenance(*frame.attrs["corpora"])
            write_text(written[-2], f"% {provenance}\n{frame.style.hide(axis='index').to_latex(hrules=True)}")
            with atomic_path(written[-1]) as temporary:
                _picture(frame, temporary, provenance)
    return written


def _picture(frame: "pd.DataFrame", path: Path, provenance: str) -> None:
    """The table as a picture, for slides and for the index."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(1.25 * len(frame.columns), 0.28 * (len(frame) + 2)), layout="none")
    axis.set_axis_off()
    heads = ["\n".join(wrap(column, 18)) for column in frame.columns]
    table = axis.table(cellText=frame.astype(str).values, colLabels=heads, loc="center", edges="horizontal")
    table.auto_set_font_size(False)
    table.set_fontsize(7)
    table.auto_set_column_width(range(len(frame.columns)))
    for column in range(len(frame.columns)):
        table[0, column].set_height(table[0, column].get_height() * 2)
    figure.draw_without_rendering()
    extent = table.get_window_extent().transformed(figure.dpi_scale_trans.inverted()).padded(0.05)  # inches
    figure.savefig(path, metadata=style.metadata(path.suffix, provenance), bbox_inches=extent)
    plt.close(figure)
