"""The numbers of a judgement are those of the stored results, and those of scikit-learn, SciPy and statsmodels."""

import csv
import time

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats
from sklearn import metrics as sk
from statsmodels.stats.weightstats import DescrStatsW

from depnb.corpus import open_corpus
from depnb.evaluation import baselines
from depnb.experiments.store import Store
from depnb.reports.judge import judge, text
from depnb.reports.summaries import summarise
from depnb.system.repository import COMMITTED
from tests.labelled import corpus_of, people, recording, scores_for, usual

ROWS = (
    ("distribution", "euclidean", "both", "quick", False),
    ("depnet", "depnet", "dynamics", "quick", False),
    ("rivals", "face_descriptors", "both", "quick", True),
)
KEPT = ("videos", "subjects", "mae", "rmse", "pcc", "ccc", "rmse_clipped")


def stored(paper, row, corpus, profile):
    wanted = (row, corpus, "honest", profile)
    results = Store(COMMITTED, strict=True).results(paper)
    return [r for r in results if (r.run.row, r.run.corpus, r.run.protocol, r.run.profile) == wanted]


def columns_of(results) -> dict[str, list]:
    rows = [
        (video, score, result.run.seed)
        for result in results
        for own in result.predictions.values()
        for video, score in zip(own.video, own.score, strict=True)
    ]
    return dict(zip(("video", "score", "seed"), map(list, zip(*rows, strict=True)), strict=True))


@pytest.mark.parametrize(("paper", "row", "corpus", "profile", "deterministic"), ROWS)
def test_stored_predictions_have_the_numbers_of_their_results(own_cache, paper, row, corpus, profile, deterministic):
    results = stored(paper, row, corpus, profile)
    assert len(results) == 1 if deterministic else len(results) >= 3
    opened = open_corpus(f"{corpus}-{profile}")
    for result in results:
        made = judge(columns_of([result]), opened, deterministic=deterministic)
        for name, part in made.parts.items():
            kept, biases = result.metrics[name], [key for key in result.metrics[name] if key.startswith("bias_")]
            assert len(biases) == 4
            for key in (*KEPT, *biases):
                assert part.metrics[key] == pytest.approx(kept[key], abs=1e-9), key
            for rival, errors in result.baselines[name].items():
                assert part.rivals[rival].errors == pytest.approx(errors, abs=1e-9)
    made = judge(columns_of(results), opened, deterministic=deterministic)
    for name, part in made.parts.items():
        (summary,) = summarise(results, name)
        for key in ("rmse", "mae", "rmse_low", "rmse_high"):
            assert part.metrics[key] == pytest.approx(getattr(summary, key), abs=1e-9)
        difference = part.rivals["constant"].differences["rmse"]
        assert difference[:3] == pytest.approx((summary.difference, summary.low, summary.high), abs=1e-9)
        assert difference.word == summary.verdict
        if not deterministic:
            assert part.metrics["rmse_sd"] == pytest.approx(summary.rmse_sd, abs=1e-9)


@given(seed=st.integers(0, 10**6), count=st.integers(5, 60))
@settings(max_examples=25)
def test_the_numbers_are_those_of_other_libraries(seed, count):
    test = people(count, seed=seed)
    corpus = corpus_of([*people(30, "train", 200, seed=seed + 1), *test])
    ours, theirs = scores_for(test, seed), scores_for(test, seed + 2, sd=9)
    made = judge(ours, corpus, against=theirs, deterministic=True)
    part, y = made.parts["test"], np.array([r.bdi for r in test])
    a, b = np.array(ours["score"]), np.array(theirs["score"])
    found = part.metrics
    assert found["mae"] == pytest.approx(sk.mean_absolute_error(y, a))
    assert found["rmse"] == pytest.approx(sk.root_mean_squared_error(y, a))
    assert found["ratio"] == pytest.approx(found["rmse"] / found["mae"])
    assert found["pcc"] == pytest.approx(stats.pearsonr(y, a).statistic)
    slope = stats.linregress(y, a)
    concordance = 2 * slope.slope * y.var() / (y.var() + a.var() + (y.mean() - a.mean()) ** 2)
    assert found["ccc"] == pytest.approx(concordance)
    assert found["spread"] == pytest.approx(a.std() / y.std())
    paired = part.rivals["against"].differences["mae"]
    off, other = np.abs(a - y), np.abs(b - y)
    assert paired.p == pytest.approx(stats.ttest_rel(off, other).pvalue, abs=1e-9)
    assert paired[:3] == pytest.approx(((off - other).mean(), *DescrStatsW(off - other).tconfint_mean()))
    median = sk.mean_absolute_error(y, baselines.constant(corpus.partition("train"), test, "median"))
    assert part.rivals["median"].errors["mae"] == pytest.approx(median, abs=1e-4)


def test_bands_of_an_example_by_hand():
    labels = (0, 13, 14, 19, 20, 28, 29, 63)
    corpus = corpus_of([recording(f"{300 + k}_1", bdi) for k, bdi in enumerate(labels)])
    scores = [bdi + shift for bdi, shift in zip(labels, (1, 3, -2, -4, 6, 0, -5, -5), strict=True)]
    found = judge({"video": [r.name for r in corpus.recordings], "score": scores}, corpus).parts["test"].metrics
    names = ("minimal", "mild", "moderate", "severe")
    assert [found[f"bias_{name}"] for name in names] == [2, -3, 3, -5]
    assert [found[f"mae_{name}"] for name in names] == [2, 3, 3, 5]
    assert [found[f"units_{name}"] for name in names] == [2, 2, 2, 2]


def test_the_score_of_a_session_is_the_mean_over_its_videos_or_stands_under_its_name():
    two = [
        recording(f"{k}_1", 10.0 * (k - 300), task=task) for k in (300, 301, 302) for task in ("Freeform", "Northwind")
    ]
    corpus = corpus_of(two)
    by_video = {"video": [r.name for r in two], "score": [2, 4, 10, 12, 20, 30]}
    by_session = {"video": ["300_1", "301_1", "302_1"], "score": [3, 11, 25]}
    for handed in (by_video, by_session):
        made = judge(handed, corpus, unit="sessions")
        found = made.parts["test"].metrics
        assert found["mae"] == pytest.approx((3 + 1 + 5) / 3)
        assert (found["sessions"], found["videos"]) == (3, 6)
        assert not made.wrong
    both = {"video": ["300_1", *by_video["video"]], "score": [3, *by_video["score"]]}
    assert [f.kind for f in judge(both, corpus, unit="sessions").findings if f.wrong] == ["doubled"]


def test_unseen_people_are_those_whom_nothing_was_trained_or_selected_on():
    train = [recording("200_1", 5, "train"), recording("201_1", 20, "train")]
    test = [recording("200_2", 7), recording("202_2", 9), recording("203_1", 30), recording("204_1", 1)]
    corpus = corpus_of([*train, recording("202_1", 9, "development"), *test])
    scores = scores_for(test)
    assert judge(scores, corpus).parts["unseen"].metrics["videos"] == 2
    made = judge(scores, corpus, selected_on=())
    assert made.parts["unseen"].metrics["videos"] == 3
    assert made.parts["test"].metrics["trained_on"] == 1
    identity = made.parts["test"].rivals["identity_only"].errors["mae"]
    assert identity == pytest.approx((2 + 3.5 + 17.5 + 11.5) / 4)
    both = judge(scores, corpus, trained_on=("train", "development"), selected_on=())
    assert both.parts["test"].metrics["trained_on"] == 2


def test_seeds_come_from_a_column_or_from_files(tmp_path):
    corpus = usual()
    own = [scores_for(corpus.partition("test"), seed) for seed in range(3)]
    column = {key: [value for one in own for value in one[key]] for key in ("video", "score")}
    column["seed"] = [seed for seed, one in enumerate(own) for _ in one["video"]]
    files = []
    for seed, one in enumerate(own):
        files.append(tmp_path / f"s{seed}.csv")
        with open(files[-1], "w", newline="") as handle:
            csv.writer(handle).writerows([("video", "score"), *zip(one["video"], one["score"], strict=True)])
    first, second = judge(column, corpus), judge(files, corpus)
    assert first.seeds == second.seeds == 3
    assert first.parts["test"].metrics == pytest.approx(second.parts["test"].metrics)
    errors = [sk.root_mean_squared_error([r.bdi for r in corpus.partition("test")], one["score"]) for one in own]
    assert first.parts["test"].metrics["rmse"] == pytest.approx(np.mean(errors))
    assert first.parts["test"].metrics["rmse_sd"] == pytest.approx(np.std(errors, ddof=1))
    assert [seed["rmse"] for seed in first.parts["test"].by_seed.values()] == pytest.approx(errors)


def test_of_one_seed_no_word_but_cannot_tell_follows():
    corpus = usual()
    scores = scores_for(corpus.partition("test"), sd=2)
    one = judge(scores, corpus).parts["test"].rivals["constant"].differences["rmse"]
    none = judge(scores, corpus, deterministic=True).parts["test"].rivals["constant"].differences["rmse"]
    assert one.high < 0
    assert one[:4] == none[:4]
    assert (one.word, none.word) == ("cannot tell", "better")


@pytest.mark.parametrize(
    "name",
    [
        "300_1_Freeform",
        "300_1_freeform",
        "clips/300_1_Freeform_video.mp4",
        "C:\\x\\300_1_Freeform_video_aligned",
        "300_1_Freeform.avi",
    ],
)
def test_a_video_is_found_by_its_name_or_that_of_its_file(name):
    corpus = corpus_of([recording("300_1", 4, task="Freeform"), recording("301_1", 4, task="Freeform")])
    made = judge({"video": [name, "301_1_Freeform"], "score": [5.0, 7.0]}, corpus)
    assert made.parts["test"].metrics["mae"] == 2
    assert not made.wrong


@pytest.mark.slow
def test_ten_thousand_videos_take_less_than_five_seconds(tmp_path):
    count = 10_000
    rng = np.random.default_rng(0)
    labels = tmp_path / "labels.csv"
    rows = [(f"v{k}", f"p{k // 2}", rng.integers(0, 64), "train" if k < 100 else "test") for k in range(count)]
    with open(labels, "w", newline="") as handle:
        csv.writer(handle).writerows([("video", "subject", "score", "partition"), *rows])
    scores = tmp_path / "scores.csv"
    with open(scores, "w", newline="") as handle:
        csv.writer(handle).writerows([("video", "score"), *((row[0], row[2] / 2 + 10) for row in rows)])
    start = time.process_time()
    made = judge(scores, labels)
    assert time.process_time() - start < 5
    assert made.parts["test"].metrics["videos"] == count - 100
    assert text(made).count("\n") < 60
