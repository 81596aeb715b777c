"""Settings of a training at the profile ``paper``: none is without a source, and no guess goes against print."""

import csv
import re
from dataclasses import dataclass, replace

import pytest

from depnb.experiments import settings as module
from depnb.experiments.settings import KINDS, UNVALUED, Source, by_row, problems, recipes, settings
from depnb.methods.contract import Learning, Learnings, Protocol, Recipe
from depnb.methods.printed import protocols as ledger
from depnb.methods.registry import method, papers
from depnb.system.repository import ROOT

ERRATA = set(re.findall(r'<a id="e\d+"></a>(E\d+)', (ROOT / "docs" / "errata.md").read_text(encoding="utf-8")))
SMALL = method("temporal_pooling")
SMALL = replace(SMALL, rows={"appearance": SMALL.rows["appearance"]})


def entries(name):
    """The lines of a table of sources."""
    with (ROOT / "depnb" / "methods" / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def values(paper, row="appearance", protocol="paper", corpus="AVEC2014"):
    return {setting.field: setting.value for setting in settings(paper, row, protocol, corpus)}


def with_line(monkeypatch, field, *source, protocol="", paper="temporal_pooling"):
    """Another line in the table of a paper, or none."""
    read = module._lines

    def lines(package):
        found = dict(read(package))
        if package == f"depnb.methods.{paper}" or not source:
            found.pop((field, protocol), None)
            found |= {(field, protocol): Source(*source)} if source else {}
        return found

    monkeypatch.setattr(module, "_lines", lines)


def about(field, paper=SMALL):
    """What is wrong with the source of one setting."""
    return [problem for problem in problems(paper) if field in problem]


@pytest.mark.slow
@pytest.mark.parametrize("paper", papers())
def test_every_setting_of_every_row_has_a_source(paper):
    assert problems(method(paper)) == []
    assert {setting.kind for rows in by_row(method(paper), "paper").values() for setting in rows.values()} <= {*KINDS}


@pytest.mark.slow
def test_no_common_line_is_for_a_setting_that_no_paper_has():
    known = {
        field for paper in papers() for protocol in recipes(method(paper)) for field in by_row(method(paper), protocol)
    }
    assert {line["field"] for line in entries("sources.csv")} - known == set()
    assert {line["field"] for line in entries("ledger_columns.csv")} - known == set()


@pytest.mark.parametrize("name", ["sources.csv", *(f"{paper}/sources.csv" for paper in papers())])
def test_errata_that_are_named_exist(name):
    cited = {number for line in entries(name) for text in line.values() for number in re.findall(r"\bE\d{2,}\b", text)}
    assert cited <= ERRATA


def test_columns_of_the_ledger_exist():
    assert {line["column"] for line in entries("ledger_columns.csv")} <= set(ledger().columns)
    assert {line["paper"] for line in entries("ledger_columns.csv")} <= {"", *papers()}


def test_values_are_those_of_the_training():
    found = values(SMALL)
    assert found["profile.scale.input_size"] == 224
    assert found["protocol.train"] == ("train", "development")
    assert found["inputs.offsets"] == (4,)
    assert (found["optimiser.class"], found["optimiser.lr"]) == ("Adam", SMALL.profiles["paper"].lr)
    assert found["pretraining.people"] == 1000
    assert found["network.parameters"] == found["network.trained_parameters"] == 24_557_633
    assert found["network.normalisation_eps"] == (1e-5,)
    assert {found[name] for name in UNVALUED} == {None}
    assert not any(name.endswith((".name", ".recipe", ".prepare", ".still")) for name in found)


def test_another_profile_recipe_and_learning_show():
    size = replace(SMALL.profiles["paper"], threads=3, scale=replace(SMALL.profiles["paper"].scale, width=0.5))
    how = replace(
        SMALL.protocols["paper"], recipe=Recipe({"augment": "none"}, profile={"batch": 7}, frame_stride={"Mine": 5})
    )
    paper = replace(
        SMALL,
        profiles=SMALL.profiles | {"paper": size},
        protocols=SMALL.protocols | {"paper": how},
        learning=lambda config, profile: Learnings(Learning("sgd", weight_decay=0.25, rate=2), Learning(epochs=1)),
    )
    found = values(paper, corpus="Mine")
    assert (found["profile.threads"], found["profile.scale.width"], found["profile.batch"]) == (3, 0.5, 7)
    assert (found["config.augment"], found["frames.stride"], found["inputs.step"]) == ("none", 5, 5)
    assert (found["optimiser.class"], found["optimiser.momentum"], found["optimiser.weight_decay"]) == (
        "SGD",
        0.9,
        0.25,
    )
    assert found["optimiser.lr"] == 2 * size.lr
    assert found["pretraining.steps"] == -(-found["pretraining.pictures"] // 7)
    assert values(paper)["frames.stride"] is None


def test_a_setting_that_is_new_to_a_dataclass_has_no_source():
    @dataclass(frozen=True)
    class Config(SMALL.config):
        planted: int = 3

    paper = replace(SMALL, config=Config, rows={"appearance": Config(stream="appearance")})
    assert values(paper)["config.planted"] == 3
    (problem,) = about("config.planted", paper)
    assert problem.startswith("config.planted (protocol paper, row appearance) has no line in sources.csv")


def test_only_what_starts_at_faces_says_how_they_are_learnt():
    scratch = replace(SMALL, rows={"appearance": replace(SMALL.rows["appearance"], start="scratch")})
    assert any(name.startswith(("faces.", "pretraining.")) for name in values(SMALL))
    assert not any(name.startswith(("faces.", "pretraining.")) for name in values(scratch))


def test_frames_are_not_counted_where_a_stride_takes_them():
    assert "profile.frames" not in values(SMALL)
    assert (
        values(replace(SMALL, inputs=lambda config, profile: method("dlga").inputs(config, profile)))["profile.frames"]
        == 48
    )


def test_weights_of_a_frozen_body_are_not_trained():
    depnet = method("depnet")
    found = values(replace(depnet, protocols={"paper": Protocol(("train",), None)}), "depnet_frozen")
    body = found["network.parameters"] - found["network.trained_parameters"]
    assert body == 26_039_024
    assert found["network.dropout"] == (0.5,)


WRONG = {
    "no kind": ((), "has no line in sources.csv"),
    "nowhere": (("printed", "in the paper", ""), "name a section"),
    "no number": (("erratum", "§3", ""), "has no number such as E17"),
    "no reason": (("ours", "", ""), "without a source"),
    "against print": (("ours", "we like it", ""), "the paper says 'Adam'"),
    "no code": (("official code", "train.py", ""), "none is known"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_source_that_is_none_is_named(monkeypatch, wrong):
    source, expected = WRONG[wrong]
    with_line(monkeypatch, "scores.optimiser", *source)
    (problem,) = about("scores.optimiser")
    assert problem.startswith("scores.optimiser (protocol paper, row appearance)")
    assert expected in problem


def test_what_the_ledger_does_not_know_is_not_printed(monkeypatch):
    with_line(monkeypatch, "scores.schedule", "printed", "§3", "")
    (problem,) = about("scores.schedule")
    assert "is called printed, but is 'not stated' in lr_schedule" in problem


@pytest.mark.parametrize("place", ["§3", "eq. 3", "Table 1", "Fig. 2", "abstract"])
def test_places_in_a_paper_are_known(monkeypatch, place):
    with_line(monkeypatch, "scores.optimiser", "printed", place, "")
    assert about("scores.optimiser") == []


def test_a_line_for_nothing_is_named(monkeypatch):
    with_line(monkeypatch, "config.colour", "ours", "for fun", "")
    assert about("config.colour") == ["sources.csv has a line for config.colour, which no row has: remove it."]


def test_a_line_for_a_protocol_that_is_not_there_is_named(monkeypatch):
    with_line(monkeypatch, "config.augment", "printed", "§3", "", protocol="lucky")
    (problem,) = about("lucky")
    assert problem == "sources.csv has a line for the protocol lucky: choose from paper."


def test_a_line_for_a_protocol_comes_before_the_one_for_all(monkeypatch):
    with_line(monkeypatch, "config.augment", "printed", "§99", "", protocol="paper")
    assert next(s for s in settings(SMALL, "appearance", "paper") if s.field == "config.augment").source == "§99"
    honest = next(s for s in settings(SMALL, "appearance", "honest") if s.field == "config.augment")
    assert honest.source != "§99"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("field,kind\nprofile.lr,ours\n", "has not the cells field, protocol, kind, source, other"),
        ("field,protocol,kind,source,other\nprofile.lr,,ours,a\n", "has not the cells"),
        ("field,protocol,kind,source,other\nprofile.lr,,ours,a,b,c\n", "put texts with a comma in quotation marks"),
        ("field,protocol,kind,source,other\nprofile.lr,,guess,a,\n", "the kind 'guess'"),
        ("field,protocol,kind,source,other\nprofile.lr,,ours,a,\nprofile.lr,,ours,b,\n", "for profile.lr again"),
    ],
)
def test_a_table_that_is_not_as_it_should_be(monkeypatch, tmp_path, text, expected):
    (tmp_path / "sources.csv").write_text(text)
    monkeypatch.setattr(module, "files", lambda package: tmp_path)
    module._table.cache_clear()
    try:
        with pytest.raises(ValueError, match=re.escape(expected)):
            module.sources("mine")
    finally:
        module._table.cache_clear()
