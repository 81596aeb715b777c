"""Of real people a judgement tells what may be handed on, and nothing on a single one."""

import json
import re
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from typer.testing import CliRunner

from depnb import cli
from depnb.reports.judge import judge, text, write
from tests.labelled import corpus_of, people, recording, scores_for, usual

FLAT = 14.87
MANY = ("mae", "rmse", "mae_low", "mae_high", "rmse_low", "rmse_high", "pcc", "ccc", "rmse_clipped", "spread")


def whole(made) -> str:
    return text(made) + json.dumps(made.to_json())


def test_of_fifty_people_errors_have_one_digit_and_those_who_look_at_nobody_none():
    corpus = usual(generated=False)
    made = judge(scores_for(corpus.partition("test")), corpus, against=scores_for(corpus.partition("test"), 1))
    part = made.parts["test"]
    assert set(MANY) <= part.metrics.keys()
    assert all(part.metrics[name] == round(part.metrics[name], 1) for name in MANY)
    assert part.rivals.keys() == {"constant", "identity_only", "against"}
    for name in ("constant", "identity_only"):
        rival = part.rivals[name]
        assert all(value == round(value) for value in rival.errors.values())
        assert all(np.isnan(found[:4]).all() and found.word for found in rival.differences.values())
    paired = part.rivals["against"].differences["rmse"]
    assert all(value == round(value, 1) for value in paired[:3])
    assert not part.by_seed
    assert part.points is None
    assert not {"mean_labels", "sd_labels", "units", "units_severe", "mae_severe", "bias_mild"} & part.metrics.keys()


@given(count=st.integers(20, 60), seed=st.integers(0, 1000), missing=st.integers(0, 3))
@settings(max_examples=10)
def test_no_label_no_score_and_no_name_of_a_person_is_told(count, seed, missing):
    test = [recording(r.id, r.bdi) for r in people(count, first=70_000, seed=seed)]
    corpus = corpus_of([*people(30, "train", 50_000, seed=1), *test], generated=False)
    columns = {name: values[missing:] for name, values in scores_for(test, seed).items()}
    made = judge(columns, corpus)
    data = json.dumps(made.to_json())
    assert not re.search(r"[57]0\d\d\d", data)
    assert not any(f"{score:.3f}" in whole(made) for score in columns["score"])
    names = re.findall(r"70\d\d\d_1", text(made))
    assert sorted(names) == [r.name for r in test[:missing]]  # what is missing is named, on the screen


@pytest.mark.parametrize("count", [1, 4, 19])
def test_of_fewer_than_twenty_people_nothing_is_told(count):
    corpus = usual(generated=False, test=count)
    made = judge(scores_for(corpus.partition("test")), corpus)
    for part in made.parts.values():
        assert part.withheld == "fewer than 20 people"
        assert not part.rivals
        assert part.metrics.keys() <= {"videos", "subjects", "trained_on", "unscored", "rest_of_test"}
    assert "Nothing is told of the test set: fewer than 20 people." in text(made)
    assert "difference in" not in text(made)


@pytest.mark.parametrize(("again", "told"), [(0, True), (5, False), (12, True)])
def test_the_difference_of_two_sets_of_people_tells_of_ten_or_more(again, told):
    test = people(50)
    seen = [recording(r.id, r.bdi, "train") for r in people(again)] if again else []
    corpus = corpus_of(
        [*people(40, "train", 600, seed=1), *seen, *(recording(f"{r.subject}_2", r.bdi) for r in test)], False
    )
    made = judge(scores_for(corpus.partition("test")), corpus)
    assert bool(made.parts["test"].metrics.get("rmse"))
    assert bool(made.parts["unseen"].metrics.get("rmse")) == told
    assert ("identity_only" in made.parts["test"].rivals) == told
    assert ("bias_minimal" in made.parts["unseen"].metrics) == (again == 0)


def test_beside_missing_scores_no_constant_is_told():
    corpus = usual(generated=False)
    columns = {name: values[1:] for name, values in scores_for(corpus.partition("test")).items()}
    part = judge(columns, corpus).parts["test"]
    assert part.metrics["rmse"]
    assert not part.rivals


def test_two_files_are_compared_on_the_same_videos_only():
    corpus = usual(generated=False)
    ours = scores_for(corpus.partition("test"))
    other = {name: values[1:] for name, values in ours.items()}
    made = judge(ours, corpus, against=other)
    assert "against" not in made.parts["test"].rivals
    assert "No paired difference on the test set: both must have scored the same videos." in text(made)


@pytest.mark.parametrize("place", [0, 17])
def test_who_knows_all_labels_but_one_does_not_find_it(place):
    """A predictor that says the same to everybody has errors that tell of labels alone."""
    train, test = people(50, "train", 200, seed=1), people(50)
    flat = {"video": [r.name for r in test], "score": [FLAT] * len(test)}

    def told(label: float) -> str:
        other = [recording(r.id, label if k == place else r.bdi) for k, r in enumerate(test)]
        parts = judge(flat, corpus_of([*train, *other], generated=False)).to_json()["parts"]
        return json.dumps(parts, sort_keys=True)

    truth = told(test[place].bdi)
    fitting = (label for label in range(64) if told(float(label)) == truth)
    assert len(list(islice(fitting, 10))) == 10


def test_a_huge_score_which_would_tell_a_label_is_left_out():
    corpus = usual(generated=False)
    columns = scores_for(corpus.partition("test"))
    columns["score"][3] = 1e9
    made = judge(columns, corpus)
    assert made.wrong
    assert made.parts["test"].metrics["rmse"] < 20


@pytest.mark.slow
def test_files_about_real_people_lie_where_git_does_not_take_them(tmp_path):
    from depnb.system.repository import ROOT

    corpus = usual(generated=False)
    made = judge(scores_for(corpus.partition("test")), corpus)
    with pytest.raises(ValueError, match="its people are real"):
        write(made, ROOT / "figures" / "judged")
    written = write(made, tmp_path)
    assert {path.name for path in written} == {f"judgement.{kind}" for kind in ("md", "json", "pdf", "png")}
    few = usual(generated=False, test=7)
    assert len(write(judge(scores_for(few.partition("test")), few), tmp_path / "few")) == 2  # and no figure


def test_a_figure_of_real_people_shows_nobody():
    from depnb.reports.judge.figure import draw

    for generated, points in ((True, 50), (False, 0)):
        corpus = usual(generated=generated)
        figure = draw(judge(scores_for(corpus.partition("test")), corpus))
        most = max(len(line.get_xdata()) for axis in figure.axes for line in axis.get_lines())
        assert most == (points or 2)


def test_the_command_prints_json_without_names_of_real_people(tmp_path):
    labels, scores = tmp_path / "labels.csv", tmp_path / "scores.csv"
    rows = [f"v{k}.mp4,p{k},{k % 40},{'train' if k < 30 else 'test'}" for k in range(60)]
    labels.write_text("\n".join(["video,subject,score,partition", *rows]))
    scores.write_text("\n".join(["video,score", *(f"v{k},{k % 37}" for k in range(31, 60))]))
    shown = CliRunner().invoke(cli.app, ["judge", str(scores), "--corpus", str(labels), "--json"])
    data = json.loads(shown.stdout)
    assert data["licensed"]
    assert {finding["kind"]: finding["count"] for finding in data["findings"]}["missing"] == 1
    assert "v30" not in shown.stdout
    assert "v30.mp4" in shown.stderr
