"""Tables and figures say what the results say, and keep print and measurement apart."""

import csv
import io
import shutil
import subprocess
from dataclasses import replace
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from depnb.evaluation import compare, error_interval, rmse
from depnb.experiments.result import Attention, Predictions
from depnb.experiments.store import Store
from depnb.methods.printed import printed
from depnb.methods.registry import imported_weights, method, papers
from depnb.methods.rivals.rows import WEIGHTS, WORDS
from depnb.reports import figures, result_plots, summaries, tables
from depnb.reports.shown import results_of
from depnb.system import style
from depnb.system.repository import COMMITTED, ROOT
from tests.latex import breaks

DRAWN_FROM = ("results/", "the method", "printed numbers", "sources.csv and errata.csv")
"""What a figure may be drawn from that is no corpus."""


@pytest.fixture(scope="module")
def results():
    return results_of(Store(COMMITTED, strict=True), "distribution")


def test_summary_is_mean_and_sd_over_the_seeds(results):
    own = [r for r in results if r.run.name.startswith("expectation-both-honest")]
    values = [rmse(r.predictions["unseen"].bdi, r.predictions["unseen"].score) for r in own]
    (summary,) = summaries.summarise(own, "unseen")
    assert summary.rmse == pytest.approx(np.mean(values))
    assert summary.rmse_sd == pytest.approx(np.std(values, ddof=1))
    assert summary.seeds == len(own)
    assert summary.low < summary.difference < summary.high
    assert summary.gain == pytest.approx(1 - summary.rmse / summary.constant)


def test_the_interval_of_a_row_is_over_people_and_seeds(results):
    own = [r for r in results if r.run.name.startswith("expectation-both-honest")]
    first, scores = own[0].predictions["unseen"], [r.predictions["unseen"].score for r in own]
    (summary,) = summaries.summarise(own, "unseen")
    assert (summary.rmse_low, summary.rmse_high) == error_interval(first.bdi, scores, first.subject)
    assert summary.people == len(set(first.subject)) == 400
    found = compare(first.bdi, scores, first.constant, first.subject)
    assert (summary.difference, summary.low, summary.high) == found[:3]


def test_of_one_seed_the_interval_is_over_people_and_nothing_is_said_of_the_constant(results):
    (one,) = [r for r in results if r.run.name == "expectation-both-honest-standard-s0"]
    first = one.predictions["unseen"]
    (summary,) = summaries.summarise([one], "unseen")
    assert (summary.rmse_low, summary.rmse_high) == error_interval(first.bdi, first.score, first.subject)
    assert summary.verdict == "cannot tell"
    assert summaries.difference_text(summary) == f"{summary.difference:+.2f} (one seed)"


def rivals_of(results, *rows):
    """The seed 0 of a row, as if it were these rivals', on every corpus."""
    own = [r for r in results if (r.run.row, r.run.seed) == ("expectation", 0)]
    return [replace(r, run=replace(r.run, paper="rivals", row=row)) for row in rows for r in own]


def test_rivals_stand_below_the_rows_of_their_corpus_and_protocol(results):
    own = [r for r in results if r.run.corpus == "both" and r.run.protocol in ("honest", "paper")]
    simple = rivals_of(results, "landmarks_moments", "frame_difference")
    frame = tables.measured_table([*simple, *own], "unseen")
    without = tables.measured_table(own, "unseen")
    names = ["mean frame difference", "ridge on landmark moments"]
    assert set(frame["corpus"]) == {"generated “both”"}
    for protocol in ("honest", "paper"):
        group = list(frame[frame["protocol"].str.startswith(protocol)]["predictor"])
        assert group[-5:] == ["constant (training mean)", "identity only", *names, "noise floor"]
    rest = frame[~frame["predictor"].isin(names)].reset_index(drop=True)
    assert rest.equals(without)


def test_a_table_with_baselines_of_the_field_names_those_that_were_not_run(results):
    own = [r for r in results if (r.run.corpus, r.run.protocol) == ("both", "honest")]

    def with_rivals(*rows):
        return tables.measured_table([*own, *rivals_of(own, *rows)], "unseen")

    assert "not run" not in set(with_rivals("landmarks_moments")["RMSE"])
    frame = with_rivals("landmarks_moments", "lbp_top", "kinetics_r3d_18")
    names, lacking = list(frame["predictor"]), [row for row in WEIGHTS if row != "kinetics_r3d_18"]
    lines = frame[frame["RMSE"] == "not run"]
    assert list(lines["predictor"]) == [WORDS[row].title for row in lacking]
    assert list(lines["against the constant"]) == [f"not run: `depnb weights get {WEIGHTS[row]}`" for row in lacking]
    assert names[-len(lacking) - 1 : -1] == list(lines["predictor"])
    assert "not run" not in set(with_rivals("lbp_top", *WEIGHTS)["RMSE"])


def test_a_rivals_one_run_has_no_luck_and_is_compared(results):
    own = [r for r in results if r.run.corpus == "both" and r.run.protocol == "honest"]
    simple = [r for r in rivals_of(results, "frame_difference") if (r.run.corpus, r.run.protocol) == ("both", "honest")]
    first = simple[0].predictions["unseen"]
    found = compare(first.bdi, first.score, first.constant, first.subject)
    (line,) = tables.measured_table([*own, *simple]).query("predictor == 'mean frame difference'").to_dict("records")
    assert line["seeds"] == "–"
    assert line["RMSE − constant"] == f"{found.value:+.2f} [{found.low:+.2f}, {found.high:+.2f}]"
    assert line["against the constant"] == "better"


def test_a_table_says_where_people_are_few(results):
    one = next(r for r in results if r.run.name.startswith("expectation-both-honest"))
    kept = [place for place, who in enumerate(one.predictions["unseen"].subject) if int(who) % 20 == 0]
    columns = {
        name: tuple(getattr(one.predictions["unseen"], name)[k] for k in kept) for name in Predictions.__annotations__
    }
    few = replace(one, predictions={**one.predictions, "unseen": Predictions(**columns)})
    people = len(set(columns["subject"]))
    assert people < 30
    assert set(tables.measured_table([few], "unseen")["people"]) == {f"{people} (few)"}
    assert set(tables.measured_table([one], "unseen")["people"]) == {"400"}
    headings = list(tables.beside_printed("distribution", "Table 1", [few]).columns)
    assert f"MAE, generated “both”, unseen people (few: {people})" in headings
    assert "MAE, generated “both”, test set" in headings


def test_median_and_clipping_are_switches(results):
    own = [r for r in results if r.run.name.startswith("expectation-both-honest")]
    plain, median, cut = (summaries.summarise(own, "unseen", *habit)[0] for habit in ((), ("median",), ("mean", True)))
    assert median.rmse == pytest.approx(np.mean([r.metrics["unseen"]["rmse_median"] for r in own]))
    assert cut.rmse == pytest.approx(np.mean([r.metrics["unseen"]["rmse_clipped"] for r in own]))
    assert median.rmse != plain.rmse
    assert cut.constant == plain.constant
    with pytest.raises(ValueError, match="no scores per person"):
        summaries.summarise([replace(own[0], predictions={})], "unseen", clip=True)


def test_a_row_that_did_not_learn_is_no_result(results):
    own = [r for r in results if r.run.name.startswith("expectation-both-honest")]
    (summary,) = summaries.summarise([replace(r, learnt=False) for r in own], "unseen")
    assert summary.verdict == "not trained"


def test_every_table_carries_the_predictors_that_look_at_no_face(results):
    frame = tables.measured_table(results, "test")
    for corpus in frame["corpus"].unique():
        predictors = set(frame[frame["corpus"] == corpus]["predictor"])
        assert {"constant (training mean)", "identity only"} <= predictors
    both = frame[frame["corpus"] == "generated “both”"]
    assert "noise floor" in set(both["predictor"])
    assert frame["corpus"].str.contains("generated").all()


def test_an_ablation_names_its_variants():
    frame = tables.printed_table("temporal_pooling", "Table 1").set_index("method")["AVEC2014 RMSE (printed)"]
    assert frame.to_dict() == {f"Temporal stream, l={n}": v for n, v in ((9, 8.24), (17, 9.2), (25, 8.93), (33, 9.33))}


def test_print_and_measurement_stand_in_columns_of_their_own(results):
    frame = tables.beside_printed("distribution", "Table 1", results)
    source = printed("distribution", "Table 1")
    for line in frame.to_dict("records"):
        for dataset in ("AVEC2013", "AVEC2014"):
            for metric in ("RMSE", "MAE"):
                query = (source["method"] == line["method"]) & (source["dataset"] == dataset)
                value = source[query & (source["metric"] == metric)]["value"].item()
                assert line[f"{dataset} {metric} (printed)"] == value
    ours = [c for c in frame.columns if "generated" in c]
    places = [f"generated “both”, {place}" for place in ("unseen people", "test set")]
    assert ours == [f"{metric}, {place}" for place in places for metric in ("RMSE", "MAE")]
    assert not any("printed" in c for c in ours)
    by_row = {s.row: s for s in summaries.summarise([r for r in results if r.run.corpus == "both"], "unseen")
              if s.protocol == "honest"}  # fmt: skip
    for row in ("softmax", "euclidean", "expectation"):
        title = method("distribution").tables["Table 1"][row]
        line, s = frame[frame["method"] == title].iloc[0], by_row[row]
        assert line[ours[0]] == f"{s.rmse:.2f} ± {s.rmse_sd:.2f}"
        assert line[ours[1]] == f"{s.mae:.2f} ± {s.mae_sd:.2f}"


@pytest.mark.parametrize("paper", papers())
def test_a_printed_line_is_one_row_of_ours(paper):
    for source, titles in method(paper).tables.items():
        each = [(title, bool(imported_weights(method(paper), row))) for row, title in titles.items()]
        assert len(set(each)) == len(each), source


def test_rows_that_start_from_imported_weights_have_a_column_of_their_own(results):
    table = "Table 1"
    expected = tables.beside_printed("distribution", table, results)
    only = [r for r in results if r.run.row == "expectation" and r.run.corpus == "both"]
    started = [replace(r, run=replace(r.run, row="expectation_vggface2")) for r in only]
    frame = tables.beside_printed("distribution", table, [*results, *started])
    assert frame[expected.columns].equals(expected)
    more = [column for column in frame if column not in expected]
    assert [column.endswith("from imported weights") for column in more] == [True] * 4
    assert (frame[more[0]] != "not run").sum() > (frame[more[0]] == "–").sum()


def test_rows_that_were_not_run_are_said_to_be_missing(results):
    only = [r for r in results if r.run.row == "expectation"]
    frame = tables.beside_printed("distribution", "Table 1", only)
    assert (frame.iloc[:, -1] == "not run").sum() == 2


def on(results, *rows_and_corpora):
    """Copies of one result, as if these rows had been run on these corpora."""
    return [replace(results[0], run=replace(results[0].run, row=row, corpus=c)) for row, c in rows_and_corpora]


def test_a_table_shows_the_corpus_that_most_of_its_rows_were_run_on(results):
    shown = on(results, ("a", "dynamics"), ("a", "both"), ("b", "dynamics"), ("b", "both"))
    assert {r.run.corpus for r in summaries.on_one_corpus(shown)} == {"both"}
    assert {r.run.corpus for r in summaries.on_one_corpus(shown[:3])} == {"dynamics"}
    assert {r.run.corpus for r in summaries.on_one_corpus(on(results, ("a", "null")))} == {"null"}
    assert summaries.on_one_corpus([]) == []
    paper = [replace(r, run=replace(r.run, protocol="paper")) for r in shown]
    assert summaries.on_one_corpus([*paper, shown[0]]) == [shown[0]]
    assert {r.run.corpus for r in summaries.on_one_corpus(paper)} == {"both"}


def test_depths_are_drawn_in_their_order(results):
    order = ("softmax", "expectation", "euclidean")
    own = result_plots.of_rows(order, results)
    figure = result_plots.series(own)
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == list(order)
    constants = [line for line in figure.axes[0].lines if line.get_label() == "constant predictor"]
    assert len(constants) == 1


@pytest.mark.parametrize("moments", [1, 2])
def test_maps_of_a_clip_lie_over_its_ends_or_its_middle(results, moments, monkeypatch):
    monkeypatch.setattr(result_plots, "_seen", lambda run, seen: np.zeros((8, 8, 3), np.uint8))
    maps = [Attention(name, place, 9.0, 8.0, ((0.0, 1.0), (0.5, 0.2))) for name in "abc" for place in range(moments)]
    shown = [replace(r, attention=tuple(maps)) for r in on(results, ("a", "both"), ("b", "both"))]
    figure = result_plots.clip_attention(shown)
    pictures = [axis for axis in figure.axes if axis.images and axis.get_label() != "<colorbar>"]
    assert len(pictures) == 3 * moments * 2
    titles = [axis.get_title().split("\n")[1] for axis in pictures if axis.get_title()]
    assert titles == [["middle frame"], ["first frame", "last frame"]][moments - 1] * 2


DRAWN = {name: entry for name, entry in figures.entries().items() if "results" in entry.data}


def test_which_figures_are_drawn_from_results():
    of_papers = {
        f"{paper}_{name}" for paper in papers() for name in (*method(paper).figures, "forest", "learning_curves")
    }
    assert DRAWN.keys() == {"overview", "results_unseen", "fairness", "claims", "errata_costs"} | of_papers


@pytest.fixture(scope="module")
def committed():
    return Store(COMMITTED, strict=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", DRAWN)
def test_figures_from_results_are_the_same_bytes_twice(name, committed, tmp_path):
    style.apply()
    first, second = (style.save(DRAWN[name].draw(committed), tmp_path / str(k), name, "a test") for k in range(2))
    plt.close("all")
    assert [a.read_bytes() == b.read_bytes() for a, b in zip(first, second, strict=True)] == [True, True]


def test_maps_are_of_the_corpus_and_the_protocol_of_the_tables(results):
    own = [r for r in results if r.run.row == "expectation"]
    assert len({r.run.corpus for r in own if r.attention}) > 1
    (shown,) = result_plots.SHOWN["attention"](own)
    assert (shown.run.corpus, shown.run.protocol) == ("both", "honest")


def test_figures_without_results_are_left_out(tmp_path):
    entries = [entry for entry in figures.entries().values() if "results" in entry.data]
    assert all(entry.draw(Store(tmp_path)) is None for entry in entries)
    assert {path.stem for path in tables.make_all(Store(tmp_path), tmp_path)} == {"leaderboard"}  # printed numbers only


@pytest.mark.parametrize("path", sorted((ROOT / "figures").glob("*.tex")), ids=lambda path: path.stem)
def test_a_committed_table_in_latex_can_be_compiled(path):
    assert list(breaks(path.read_text(encoding="utf-8"))) == []


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="no TeX here")
def test_tex_compiles_the_committed_tables(tmp_path):
    inputs = "\n".join(rf"\input{{{path}}}\par" for path in sorted((ROOT / "figures").glob("*.tex")))
    text = "\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n" + inputs + "\\end{document}"
    (tmp_path / "all.tex").write_text(text, encoding="utf-8")
    subprocess.run(["pdflatex", "-halt-on-error", "all.tex"], cwd=tmp_path, check=True, capture_output=True)


@pytest.mark.slow
@pytest.mark.filterwarnings("error")
def test_whatever_a_corpus_is_called_its_table_is_text(results, tmp_path):
    name = "=[b]_%&$\\frac$\n\x1b[0m"
    own = [
        replace(r, run=replace(r.run, corpus=f"/data/{name}"), predictions={}, noise_floor=None) for r in results[:1]
    ]
    counted = {"trained_on": 0.0, "unscored": 0.0, "rest_of_test": 0.0}
    own = [
        replace(
            r,
            facts={**r.facts, "corpus": {"sha256": "0"}},
            metrics={partition: {**numbers, **counted} for partition, numbers in r.metrics.items()},
        )
        for r in own
    ]
    current = {"distribution": own}
    store = SimpleNamespace(committed=False, results=lambda: own, current=lambda paper: current.get(paper, []))
    written = tables.make_all(store, tmp_path)
    for path in written:
        if path.suffix == ".tex":
            assert list(breaks(path.read_text(encoding="utf-8"))) == []
    measured = io.StringIO((tmp_path / "distribution_measured_test.csv").read_text(encoding="utf-8"))
    assert next(csv.DictReader(measured))["corpus"].startswith("'=[b]_%&$")


@pytest.mark.slow
def test_tables_are_written_as_csv_latex_and_html(committed, tmp_path):
    written = tables.make_all(committed, tmp_path)
    names = {f"{paper}_{name}" for paper in papers() for name in ("measured_unseen", "measured_test", "claims")}
    names |= {f"{paper}_{title.lower().replace(' ', '')}" for paper in papers() for title in method(paper).tables}
    names |= {"distribution_measured_folds", "control_null", "leaderboard"}
    names |= {"fairness_groups", "fairness_differences"}
    assert {p.name for p in written} == {f"{name}.{suffix}" for name in names for suffix in ("csv", "tex", "html")}
    assert r"\toprule" in (tmp_path / "distribution_table1.tex").read_text()


def test_every_figure_has_a_caption_that_says_what_it_was_made_on():
    for name, entry in figures.entries().items():
        assert "generated" in entry.caption.lower() or entry.data.startswith(DRAWN_FROM), name
        assert len(entry.caption) > 60


def test_a_licensed_corpus_has_its_name_and_no_paired_difference(results):
    one = next(r for r in results if r.run.name.startswith("expectation-both-honest"))
    licensed = replace(
        one,
        run=replace(one.run, corpus="/data/AVEC2014"),
        facts={**one.facts, "corpus": {"sha256": "0"}},
        predictions={},
        noise_floor=None,
    )
    line = tables.measured_table([licensed], "test").iloc[0]
    assert line["corpus"] == "AVEC2014"
    assert line["RMSE"] == f"{one.metrics['test']['rmse']:.2f}"
    assert (line["RMSE − constant"], line["against the constant"]) == ("–", "not compared")
    frame = tables.beside_printed("distribution", "Table 1", [licensed])
    assert "RMSE, AVEC2014, test set" in frame.columns
    assert not any("generated" in column for column in frame.columns)
