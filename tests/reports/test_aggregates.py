"""What is handed on of results holds aggregates and nothing on a single person."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from typer.testing import CliRunner

from depnb import cli
from depnb.experiments.disclosure import FEWEST_APART, FEWEST_COMPARED
from depnb.experiments.facts import sha256
from depnb.experiments.result import Attention, Predictions, Result
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.reports.aggregates import COLUMNS, aggregates, export
from depnb.system import repository
from tests.bright import open_everywhere
from tests.results_made import result_of

SENTINEL = "SENTINEL"
GENERATED = {"corpus": {"generated": 4}}
LICENSED = {"corpus": {"sha256": "0" * 64}}


@pytest.fixture(autouse=True)
def _digest(monkeypatch):
    """Runs on folders that are on no machine have a digest all the same."""
    monkeypatch.setattr(Run, "digest", "0" * 64)


def numbers(people: int, **others: float) -> dict[str, float]:
    ends = {"mae_low": 5.0, "mae_high": 9.0, "rmse_low": 7.0, "rmse_high": 11.0, "trained_on": 0.0, "rest_of_test": 0.0}
    ends["unscored"] = 0.0
    return {"mae": 7.0, "rmse": 9.0, "subjects": float(people), "videos": 2.0 * people, **ends, **others}


def made(people: dict[str, int], facts=LICENSED, corpus=f"/data/{SENTINEL}", seed=0, **others) -> Result:
    """A result that knows much of single people: ids, labels, scores, maps, reasons."""
    rivals = {"constant": {"mae": 9.0, "rmse": 11.0}, "identity_only": {"mae": 8.5, "rmse": 10.0}}
    columns = {name: (12.345678, 12.345678) for name in ("bdi", "score", "median", "constant", "identity_only")}
    ids = (f"{SENTINEL}_1", f"{SENTINEL}_2")
    result = replace(
        result_of(Run("distribution", "expectation")),
        run=Run("distribution", "expectation", corpus, seed=seed),
        facts={**facts, "seed": seed, "versions": {"faces": 4}},
        metrics={name: numbers(count, bias_mild=12.345678, **others) for name, count in people.items()},
        baselines=dict.fromkeys(people, rivals),
        predictions={name: Predictions(ids, ids, **columns) for name in people},
        attention=(Attention(ids[0], 1, 12.345678, 12.345678, ((0.5,),)),),
        skipped={"test": ((ids[0], f"no face in {SENTINEL}.mp4"),)},
        versions={"torch": "2.14.0"},
        noise_floor=3.4 if facts is GENERATED else None,
    )
    return replace(result, digest=sha256(result.facts), device=SENTINEL, commit=SENTINEL)


def by_partition(*made_results: Result) -> dict[str, dict]:
    return {line["partition"]: line for line in aggregates(made_results)}


@settings(max_examples=25, deadline=None)
@given(
    people=st.dictionaries(st.sampled_from(["test", "unseen", "folds"]), st.integers(1, 60), min_size=1),
    licensed=st.booleans(),
    suffix=st.sampled_from([".csv", ".json"]),
    seeds=st.integers(1, 3),
)
def test_nothing_of_a_recording_a_person_or_a_folder_is_written(tmp_path_factory, people, licensed, suffix, seeds):
    facts = LICENSED if licensed else GENERATED
    corpus = f"/data/{SENTINEL}/both" if not licensed else f"/data/{SENTINEL}"
    file = tmp_path_factory.mktemp("out") / f"aggregates{suffix}"
    export([made(people, facts, corpus, seed) for seed in range(seeds)], file)
    text = file.read_text(encoding="utf-8")
    assert "distribution" in text
    for private in (SENTINEL, "12.345678", "12.346", "/data", "bias", "mp4", "sha256"):
        assert private not in text


def test_a_line_is_a_row_over_its_seeds():
    first, second = made({"test": 50, "unseen": 30}), made({"test": 50, "unseen": 30}, seed=1, rmse=10.04)
    lines = by_partition(first, second)
    assert list(lines) == ["test", "unseen"]
    test = lines["test"]
    assert tuple(test) == COLUMNS
    assert (test["people"], test["videos"], test["seeds"]) == (50, 100, 2)
    assert (test["rmse"], test["rmse_sd"], test["mae"], test["mae_sd"]) == (9.5, 0.7, 7.0, 0.0)
    assert (test["rmse_low"], test["constant_rmse"], test["identity_only_mae"]) == (7.0, 11.0, 8.0)
    assert (test["corpus"], test["learnt"], test["left_out"]) == ("a licensed corpus", True, None)
    assert test["pcc"] is None
    assert test["versions"] == "faces 4, torch 2.14.0"


def test_one_seed_has_no_deviation_and_a_generated_corpus_its_noise_floor():
    line = by_partition(made({"test": 50}, GENERATED, "null"))["test"]
    assert (line["rmse_sd"], line["noise_floor"], line["corpus"]) == (None, 3.4, "generated “null”")


def test_what_other_data_or_code_made_is_no_seed_of_the_same_row_and_not_told_beside_it():
    other = replace(made({"test": 50}, seed=1), facts={"corpus": {"sha256": "1" * 64}, "seed": 1})
    told, hidden = aggregates([made({"test": 50}), other])
    assert (told["seeds"], told["rmse"], hidden["seeds"], hidden["rmse"]) == (1, 9.0, 1, None)
    assert "another protocol or state of this corpus" in hidden["left_out"]


def test_one_protocol_of_a_licensed_corpus_is_told_the_honest_one_if_there_is_one():
    honest = made({"test": 50})
    paper, elsewhere = (
        replace(honest, run=replace(honest.run, protocol="paper", corpus=corpus))
        for corpus in (honest.run.corpus, f"/copy/{SENTINEL}")
    )
    lines = aggregates([paper, elsewhere, honest])
    assert [line["rmse"] for line in lines] == [None, None, 9.0]
    assert aggregates([paper])[0]["rmse"] == 9.0
    generated = made({"test": 50}, GENERATED, "both")
    both = aggregates([generated, replace(generated, run=replace(generated.run, protocol="paper"))])
    assert [line["rmse"] for line in both] == [9.0, 9.0]


def test_errors_of_real_people_are_coarse():
    line = by_partition(made({"test": 50}, rmse=8.4837, pcc=0.4567))["test"]
    assert (line["rmse"], line["pcc"]) == (8.5, 0.5)
    line = by_partition(made({"test": 50}, GENERATED, "both", rmse=8.4837, pcc=0.4567))["test"]
    assert (line["rmse"], line["pcc"]) == (8.484, 0.457)


def test_of_few_people_nothing_is_told():
    lines = by_partition(made({"test": 50, "unseen": FEWEST_COMPARED - 1, "folds": FEWEST_COMPARED}))
    told = {name: [c for c in ("people", "videos", "mae", "rmse", "rmse_high", "constant_rmse") if line[c] is not None]
            for name, line in lines.items()}  # fmt: skip
    assert told["unseen"] == []
    assert "fewer than 20 people" in lines["unseen"]["left_out"]
    assert len(told["folds"]) == len(told["test"]) == 6


@pytest.mark.parametrize(("others", "told"), [(0, True), (1, False), (FEWEST_APART - 1, False), (FEWEST_APART, True)])
def test_a_difference_tells_of_few_people_neither(others, told):
    result = made({"test": 50, "unseen": 50 - others})
    result.metrics["test"]["trained_on"] = result.metrics["unseen"]["rest_of_test"] = float(others)
    lines = by_partition(result)
    assert (lines["unseen"]["rmse"] is not None) == told
    assert (lines["test"]["identity_only_rmse"] is not None) == told
    assert lines["unseen"]["identity_only_rmse"] == (10.0 if told else None)
    assert lines["test"]["rmse"] == 9.0
    assert lines["test"]["constant_rmse"] == 11.0


def test_beside_rows_that_scored_all_the_constant_would_tell_the_label_that_is_lacking():
    learnt, constant = made({"test": 50}, unscored=1.0), replace(made({"test": 50}, unscored=1.0), learnt=False)
    (line,) = aggregates([learnt])
    assert line["rmse"] == 9.0
    assert line["constant_rmse"] is line["identity_only_mae"] is None
    assert line["left_out"] == "constant, identity_only: no score of 1 recordings"
    (line,) = aggregates([constant])
    assert line["rmse"] is line["people"] is None
    assert "nothing was learnt" in line["left_out"]


def test_a_result_of_which_it_is_not_known_whom_it_tells_of_has_no_numbers():
    result = made({"test": 50})
    del result.metrics["test"]["rest_of_test"]
    (line,) = aggregates([result])
    assert line["rmse"] is None
    assert "make the result anew" in line["left_out"]


def test_both_forms_say_the_same(tmp_path):
    stored = [made({"test": 50, "unseen": 3})]
    export(stored, tmp_path / "a.csv")
    export(stored, tmp_path / "a.json")
    read = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text(encoding="utf-8"))))
    rows = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["rows"]
    assert [row["partition"] for row in read] == [row["partition"] for row in rows] == ["test", "unseen"]
    assert float(read[0]["rmse"]) == rows[0]["rmse"] == 9.0
    assert read[1]["rmse"] == ""
    assert rows[1]["rmse"] is None


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"\.csv or \.json"):
        export([], tmp_path / "aggregates.xlsx")


def test_aggregates_of_real_people_do_not_go_into_the_repository(tmp_path, monkeypatch):
    monkeypatch.setattr(repository, "COMMITTED", tmp_path / "results")
    for place in ("results/a.csv", "a.csv", "docs/a.csv"):
        with pytest.raises(ValueError, match="people are real"):
            export([made({"test": 50})], tmp_path / place)
        assert not (tmp_path / place).exists()
    export([made({"test": 50}, GENERATED, "both")], tmp_path / "results" / "a.csv")
    export([made({"test": 50})], tmp_path / "runs" / "a.csv")
    assert (tmp_path / "runs" / "a.csv").exists()


def test_the_command_says_what_was_left_out(tmp_path, monkeypatch):
    store = Store(tmp_path / "store")
    result = replace(made({"test": 50, "unseen": 3}), predictions={})
    monkeypatch.setattr(Run, "digest", result.digest)
    store.save(result)
    file = tmp_path / "aggregates.csv"
    done = CliRunner().invoke(cli.app, ["results", "export", str(file), "--store", str(store.path)])
    assert done.exit_code == 0, done.output
    assert "distribution/expectation, unseen: left out all numbers: fewer than 20 people" in done.output
    assert "2 lines" in done.output
    assert SENTINEL not in file.read_text(encoding="utf-8")


def test_a_store_in_the_repository_takes_no_result_on_real_people(tmp_path, monkeypatch):
    monkeypatch.setattr(repository, "COMMITTED", tmp_path / "results")
    licensed, generated = made({"test": 50}), made({"test": 50}, GENERATED, "both")
    for place in ("results", "mine", "results/runs2"):
        with pytest.raises(ValueError, match=r"runs/mine"):
            Store(tmp_path / place).save(licensed)
        assert not (tmp_path / place).exists()
    for place in ("runs/mine/results", "my"):
        assert Store(tmp_path / place).save(licensed).exists()
    assert Store(tmp_path / "results").save(generated).exists()


def test_git_ignores_the_folders_that_take_them():
    lines = (repository.COMMITTED.parent / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {f"{name}/" for name in repository.IGNORED} <= set(lines)


def test_no_training_on_real_people_begins_for_such_a_store(tmp_path, monkeypatch):
    monkeypatch.setattr(repository, "COMMITTED", tmp_path / "results")
    open_everywhere(monkeypatch, lambda corpus, profile: _Corpus(licensed=corpus != "both"))
    with pytest.raises(ValueError, match="git would take it"), Store(tmp_path / "results").claimed(licensed_run()):
        pytest.fail("It was claimed.")
    assert not (tmp_path / "results").exists()
    with Store(tmp_path / "results").claimed(Run("distribution", "expectation")) as mine:
        assert mine
    with Store(tmp_path / "runs" / "x").claimed(licensed_run()) as mine:
        assert mine


class _Corpus:
    def __init__(self, licensed: bool):
        self.licensed = licensed


def licensed_run() -> Run:
    return Run("distribution", "expectation", str(Path("/data/AVEC2014")))
