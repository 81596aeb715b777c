"""The leaderboard's data file keeps its schema, agrees with the papers' tables, and flags say what they mean."""

import csv
import io
from dataclasses import replace

import matplotlib.pyplot as plt
import pytest
from hypothesis import given, settings, strategies as st
from typer.testing import CliRunner

from depnb import cli
from depnb.methods.printed import bibliography, tables
from depnb.methods.registry import papers
from depnb.reports import leaderboard as board, leaderboard_figure

ABLATIONS = {
    ("temporal_pooling", "Table 1"),
    ("temporal_pooling", "Table 2"),
    ("msn", "Table 2"),
    ("msn", "Figure 4"),
    *(("dlga", f"Table {number}") for number in (3, 4, 5, 6)),
}
"""Tables about variants of a paper's own model; the model itself stands in its comparison tables too."""
GOOD = dict.fromkeys(board.HEADINGS, board.NOT_STATED) | {
    "key": "a_key",
    "corpus": "AVEC2013",
    "modality": "video",
    "rmse": "8.00",
    "mae": "6.40",
    "reported_by": "authors",
    **dict.fromkeys(board.MAY_BE_EMPTY, ""),
}


def lines(*changes):
    """A CSV file with a line for each dict of changed cells."""
    file = io.StringIO()
    writer = csv.DictWriter(file, board.HEADINGS)
    writer.writeheader()
    writer.writerows(GOOD | change for change in changes)
    return file.getvalue().splitlines()


def row(**changes):
    (made,) = board.read(lines(changes))
    return made


def of(key, corpus, reported_by="authors"):
    return next(r for r in board.rows() if (r.key, r.corpus, r.reported_by) == (key, corpus, reported_by))


@pytest.fixture(scope="module")
def printed():
    """Each pair of errors of a comparison table: paper, table, corpus, RMSE, MAE."""
    found = {}
    numbers = tables()
    numbers = numbers[numbers["metric"].isin(["RMSE", "MAE"]) & numbers["dataset"].isin(board.CORPORA)]
    for line in numbers.itertuples():
        if (line.paper, line.source) not in ABLATIONS:
            pair = found.setdefault((line.paper, line.source, line.dataset, line.method, line.variant), {})
            pair[line.metric] = None if line.value != line.value else line.value
    return {(*name[:3], pair.get("RMSE"), pair.get("MAE")) for name, pair in found.items()}


def test_every_number_of_the_papers_tables_stands_in_it_and_no_other_number_says_it_is_of_them(printed):
    said = {(*place, r.corpus, r.rmse, r.mae) for r in board.rows() for place in r.places}
    of_abstracts = {pair for pair in printed if pair[1] == "Abstract"}  # these print no MAE
    assert printed - of_abstracts == {pair for pair in said if pair[1] != "Abstract"}
    assert {pair[:4] for pair in of_abstracts} == {pair[:4] for pair in said if pair[1] == "Abstract"}
    assert len(printed) > 90


def test_every_row_has_a_source_and_the_rows_of_later_works_are_there():
    assert all(len(r.source) > 10 for r in board.rows())
    later = {
        "hmhn",
        "sta_drn",
        "opticaldr",
        "depressformer",
        "plegdf",
        "lmtformer",
        "depmgnn",
        "vldn",
        "xu2024",
        "dmsn",
    }
    later |= {"memrank", "erbma", "expada", "msfe_cta", "mdn", "lage2023", "depressionmlp", "ava_depressnet", "ptn"}
    assert later <= {r.key for r in board.rows()}
    copied = {r.key for r in board.rows() if r.reported_by == "third party" and not r.place}
    assert copied == {
        "vldn",
        "xu2024",
        "dmsn",
        "memrank",
        "erbma",
        "expada",
        "mdn",
        "depressionmlp",
        "ava_depressnet",
        "ptn",
    }


def test_works_that_the_papers_cite_have_the_keys_and_years_of_the_bibliography():
    cited = bibliography()
    for r in board.rows():
        if r.key in cited.index and r.printed:
            stated = str(cited.loc[r.key, "year"])
            assert (str(r.year) in stated) if r.year else stated == "not given", r.key


def test_each_paper_of_the_course_has_a_row_of_its_authors_on_both_corpora():
    own = {(r.paper, r.corpus) for r in board.rows() if r.paper and r.reported_by == "authors"}
    assert own == {(paper, corpus) for paper in papers() for corpus in board.CORPORA}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"corpus": "AVEC2015"}, "choose from AVEC2013"),
        ({"modality": "face"}, "choose from video"),
        ({"reported_by": "us"}, "choose from authors"),
        ({"seeds": " "}, "seeds is empty: write “not stated”"),
        ({"source": ""}, "source is empty"),
        ({"key": "A key"}, "small letters"),
        ({"year": "about 2020"}, "a year or"),
        ({"year": "2009"}, "appeared in 2013"),
        ({"rmse": "8,00"}, "a number or"),
        ({"rmse": "80.0"}, "not between 0 and 63"),
        ({"rmse": "6.40", "mae": "8.00"}, "they changed places"),
        ({"rmse": "not stated", "mae": "not stated"}, "no remark says why"),
        ({"selected_on": "the test set"}, "selected_on is"),
        ({"place": "Table 4"}, "paper and table"),
        ({"doi": "https://doi.org/10.1/x"}, "without its address"),
        ({"attempt": "trained again"}, "all others nothing"),
        ({"reported_by": "replicators"}, "replicators give"),
    ],
)
def test_a_line_that_breaks_the_schema_is_named_with_what_is_expected(change, expected):
    with pytest.raises(ValueError, match=r"line 2 \(not stated, ") as told:
        board.read(lines(change))
    assert expected in str(told.value)


def test_lines_are_checked_against_each_other():
    with pytest.raises(ValueError, match="line 3 .* stands there twice"):
        board.read(lines({}, {}))
    again = {"reported_by": "replicators", "attempt": "trained again"}
    with pytest.raises(ValueError, match="others ran a_key on AVEC2014, but nothing is printed"):
        board.read(lines({}, {**again, "corpus": "AVEC2014"}))
    assert len(board.read(lines({}, again))) == 2


def test_missing_headings_and_cells_are_told():
    with pytest.raises(ValueError, match="needs the headings key, method"):
        board.read(["key,method", "a,b"])
    with pytest.raises(ValueError, match="it has not 22 cells"):
        board.read([*lines(), "a_key,a method"])


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"mae": "not stated"}, "MAE missing"),
        ({"rmse": "not stated"}, "RMSE missing"),
        ({"rmse": "7.30"}, "RMSE/MAE < 1.15"),
        ({"selected_on": "test (epoch)"}, "selected on test"),
        ({"reported_by": "third party"}, "third party"),
        ({"code": "none known"}, "no code"),
    ],
)
def test_a_flag_says_what_is_in_the_row(change, flag):
    assert board.flags(row(), [row()]) == ["not replicated"]
    assert set(board.flags(row(**change), [])) == {flag, "not replicated"}


def test_a_ratio_of_the_limit_is_no_flag():
    assert "RMSE/MAE < 1.15" not in board.flags(row(rmse="8.05", mae="7.00"), [])
    assert "RMSE/MAE < 1.15" in board.flags(row(rmse="8.04", mae="7.00"), [])


def test_flags_that_need_other_rows():
    one = row()
    constant = row(key="constant", rmse="7.90", mae="6.00", reported_by="reference", modality="none")
    assert "worse than the constant" in board.flags(one, [one, constant])
    assert board.flags(constant, [one, constant]) == []
    other = row(reported_by="third party", rmse="8.01")
    assert "conflicting numbers" in board.flags(one, [one, other])
    assert "conflicting numbers" in board.flags(other, [one, other])
    for harmless in ({"corpus": "AVEC2014"}, {"modality": "audio"}, {"key": "another"}, {"rmse": "not stated"}):
        assert "conflicting numbers" not in board.flags(one, [one, row(**{"rmse": "8.01", **harmless})])
    near = replace(one, reported_by="replicators", attempt="trained again", rmse=9.9)
    assert board.flags(one, [one, near]) == []
    assert board.flags(one, [one, near, replace(near, rmse=9.96)]) == ["replication misses"]
    assert board.flags(near, [one, near]) == []


def test_what_is_known_of_the_field_is_flagged():
    suspicious = {(r.key, r.corpus) for r in board.rows() if "RMSE/MAE < 1.15" in board.flags(r)}
    assert suspicious == {("msfe_cta", "AVEC2013"), ("opticaldr", "AVEC2013"), ("opticaldr", "AVEC2014")}
    conflicts = {(r.key, r.corpus) for r in board.rows() if "conflicting numbers" in board.flags(r)}
    names = ("depnet", "zhou2018", "melo2019dist", "avec2014_baseline")
    assert conflicts == set(zip(names, ("AVEC2014", "AVEC2013", "AVEC2014", "AVEC2014"), strict=True))
    missed = of("sta_drn", "AVEC2014")
    assert board.flags(missed) == ["replication misses"]
    assert board.replicated(missed).startswith("released weights: 12.53/10.44; trained again: ")
    assert not board.misses(of("depmgnn", "AVEC2014"), of("depmgnn", "AVEC2014", "replicators"))
    assert "worse than the constant" in board.flags(of("avec2013_baseline", "AVEC2013", "third party"))


def test_the_constant_fits_the_published_moments():
    for corpus in board.CORPORA:
        assert of("constant", corpus, "reference").rmse == pytest.approx((11.6**2 * 49 / 50 + 0.52**2) ** 0.5, abs=0.02)


def test_rows_can_be_chosen():
    assert {r.corpus for r in board.select("AVEC2014")} == {"AVEC2014"}
    assert {r.year for r in board.select(since=2025, until=2025)} == {2025}
    assert {r.key for r in board.select(replicated_only=True)} == {"sta_drn", "depmgnn"}
    assert {r.corpus for r in board.select(replicated_only=True)} == {"AVEC2014"}
    assert {r.modality for r in board.select(modality="audio", reported_by="third party")} == {"audio"}
    assert len(board.select()) == len(board.rows())


@settings(max_examples=20)
@given(st.permutations(board.rows()), st.sampled_from(board.SORTS))
def test_an_order_keeps_all_rows_and_puts_what_is_not_stated_last(shuffled, by):
    found = board.ordered(shuffled, by)
    assert sorted(map(id, found)) == sorted(map(id, shuffled))
    for corpus in board.CORPORA:
        values = [getattr(r, by) for r in found if r.corpus == corpus]
        stated = [value for value in values if value is not None]
        assert values[: len(stated)] == stated
        assert stated == sorted(stated, key=str.casefold if by == "method" else None)


def test_the_table_says_everything_with_two_decimals():
    made = board.table(board.rows())
    assert list(made) == [*board.HEADINGS, "RMSE interval at n = 50", "replications", "flags"]
    assert {len(column) for column in made.values()} == {len(board.rows())}
    place = board.rows().index(of("msn2020", "AVEC2013"))
    assert (made["rmse"][place], made["RMSE interval at n = 50"][place]) == ("7.90", "6.6–9.8")
    assert set(made["year"]) >= {"2020", board.NOT_STATED}


def test_the_command_prints_rows_or_csv():
    shown = CliRunner().invoke(cli.app, ["leaderboard", "--replicated"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert "others, released weights" in shown.output
    assert "AVEC2013" not in shown.output
    assert f"7 of {len(board.rows())} rows" in shown.output
    printed = CliRunner().invoke(cli.app, ["leaderboard", "--corpus", "AVEC2013", "--sort", "mae", "--csv"]).output
    written = list(csv.DictReader(io.StringIO(printed)))
    assert [r["key"] for r in written] == [r.key for r in board.ordered(board.select("AVEC2013"), "mae")]
    assert all(r["source"] for r in written)
    wrong = CliRunner().invoke(cli.app, ["leaderboard", "--sort", "rank"])
    assert "choose from year, rmse, mae, method" in str(wrong.exception)


@pytest.mark.parametrize("corpus", board.CORPORA)
def test_the_figure_shows_a_point_per_method_and_the_lowest_error_only_falls(corpus):
    drawn = leaderboard_figure.shown(corpus, "rmse")
    assert len({r.key for r in drawn}) == len(drawn) > 30
    assert {r.key for r in drawn if r.paper and r.reported_by == "authors"} == {
        r.key for r in board.rows() if r.paper and r.corpus == corpus
    }
    steps = leaderboard_figure.lowest(drawn, "rmse")
    assert [year for year, _ in steps] == sorted({r.year for r in drawn})
    assert [error for _, error in steps] == sorted((error for _, error in steps), reverse=True)
    assert steps[-1][1] == min(r.rmse for r in drawn)


def test_the_figure_draws_the_constant_and_joins_replications_with_what_they_repeat():
    figure = leaderboard_figure.draw()
    (rmse_2013, rmse_2014), (mae_2013, mae_2014) = (figure.axes[:2], figure.axes[2:])
    for axis, error in ((rmse_2013, 11.49), (rmse_2014, 11.49), (mae_2013, 9.62), (mae_2014, 9.62)):
        assert any(set(line.get_ydata()) == {error} and line.get_linestyle() == "--" for line in axis.lines)
    joined = {tuple(line.get_ydata()) for line in rmse_2014.lines if line.get_color() == leaderboard_figure.REPEATED}
    assert {(7.75, 12.53), (7.75, 11.03), (7.75, 11.94), (6.62, 8.5)} <= joined
    assert not any(line.get_color() == leaderboard_figure.REPEATED for line in rmse_2013.lines)
    assert {text.get_text() for text in rmse_2014.texts} >= {"STA-DRN", "DepMGNN", "MSN", "DepNet", "DLGA-CNN"}
    plt.close(figure)
