from dataclasses import fields, replace
from importlib import import_module

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from depnb import experiments, profiles, results
from depnb.corpus.synthetic import recipe
from depnb.experiments import Run, estimate, evaluated, grid, rows
from depnb.methods import HONEST, PAPERS, baselines, method
from depnb.results import Store


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    opened = results.opened
    opened.cache_clear()
    yield
    opened.cache_clear()


RUN = Run("distribution", "expectation", profile="smoke")


def digest(**changes) -> str:
    return replace(RUN, **changes).digest


@pytest.mark.parametrize(
    "changes",
    [{"row": "euclidean"}, {"corpus": "null"}, {"protocol": "paper"}, {"profile": "quick"}, {"seed": 1}],
    ids=lambda changes: next(iter(changes)),
)
def test_every_field_of_a_run_changes_the_digest(changes):
    assert digest(**changes) != digest()


@pytest.mark.parametrize(
    "module", ["depnb.faces", "depnb.clips", "depnb.training", "depnb.evaluation", "depnb.methods.distribution"]
)
def test_a_raised_version_changes_the_digest(module, monkeypatch):
    before, module = digest(), import_module(module)
    monkeypatch.setattr(module, "VERSION", module.VERSION + 1)
    assert digest() != before


def test_the_version_of_the_generator_changes_the_digest(monkeypatch):
    before = digest()
    monkeypatch.setattr(recipe, "VERSION", recipe.VERSION + 1)
    results.opened.cache_clear()
    assert digest() != before


def test_a_switch_of_the_method_changes_the_digest(monkeypatch):
    before, module = digest(), method("distribution")
    for name, value in {"levels": 46, "softmax_test": "argmax", "dropout": 0.5, "augment": False}.items():
        monkeypatch.setitem(module.ROWS, "expectation", module.Config(**{name: value}))
        assert digest() != before, name


@pytest.mark.parametrize("field", [field.name for field in fields(profiles.Profile)])
def test_of_a_profile_only_how_the_machine_computes_stays_out(field, monkeypatch):
    before, smoke = digest(), profiles.PROFILES["smoke"]
    other = {
        "name": "other", "corpus_size": "quick", "scale": profiles.Scale(0.25, 10, 32), "frames": 5, "steps": 31,
        "batch": 8, "lr": 1e-3, "precision": "bf16-mixed", "memory_format": "contiguous_format", "threads": 1,
    }  # fmt: skip
    monkeypatch.setitem(profiles.PROFILES, "smoke", replace(smoke, **{field: other[field]}))
    results.opened.cache_clear()
    assert (digest() == before) == (field in {"name", "precision", "memory_format", "threads"})


def test_a_name_with_its_size_is_the_same_experiment():
    assert digest(corpus="both-tiny") == digest(corpus="both")


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({"paper": "nobody"}, "distribution"),
        ({"row": "nothing"}, "expectation, euclidean, softmax"),
        ({"protocol": "lucky"}, "honest, paper"),
        ({"profile": "huge"}, "smoke, quick, paper"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(changes, known):
    with pytest.raises(KeyError, match=known):
        digest(**changes)


def test_the_grid():
    headline, everything = grid("smoke", "headline", seeds=(0, 1)), grid("smoke", "all", seeds=(0, 1))
    assert set(headline) < set(everything)
    assert [run.seed for run in headline[:2]] == [0, 1]
    assert len({run.digest for run in everything}) == len(everything)
    assert rows("distribution", "headline") == (("expectation", "both"), ("expectation", "null"))
    for paper in PAPERS:
        assert {row for row, _ in rows(paper)} <= method(paper).ROWS.keys()


def test_baselines(bright_corpus):
    train, test = bright_corpus.partition("train"), bright_corpus.partition("test")
    known = replace(train[0], task="Freeform", bdi=10.0), replace(train[0], task="Northwind", bdi=10.0)
    again = replace(train[1], bdi=40.0)
    mean = np.mean([10.0, 10.0, 40.0])
    asked = [replace(train[0], id=f"{train[0].subject}_9", bdi=None), test[0]]
    assert baselines.constant([*known, again], asked).tolist() == pytest.approx([mean, mean])
    assert baselines.identity_only([*known, again], asked).tolist() == pytest.approx([25.0, mean])


def test_unseen_people_of_a_corpus_without_that_partition(bright_corpus):
    test = bright_corpus.partition("test")
    seen = replace(test[0], partition="development")
    recordings = tuple(r for r in bright_corpus.recordings if r.partition != "unseen") + (seen,)
    parts = evaluated(replace(bright_corpus, recordings=recordings), HONEST)
    assert parts["test"] == test
    assert parts["unseen"] == [r for r in test if r.subject != seen.subject]


@pytest.fixture
def injected(bright, bright_corpus, monkeypatch):
    """The whole way of a run, with the brightness data in the place of corpus and faces."""
    monkeypatch.setattr(results, "opened", lambda corpus, profile: bright_corpus)
    monkeypatch.setattr(experiments, "opened", lambda corpus, profile: bright_corpus)
    monkeypatch.setattr(experiments.faces, "prepare", lambda recordings: None)
    monkeypatch.setattr(experiments, "load_frames", lambda part, frames, size: bright[part[0].partition])
    smoke = replace(profiles.PROFILES["smoke"], threads=1, steps=40)
    monkeypatch.setitem(profiles.PROFILES, "smoke", smoke)


def test_a_run_is_made_once_and_then_loaded(injected, bright, tmp_path):
    store = Store(tmp_path)
    made = experiments.run(RUN, store, device="cpu")
    loaded = experiments.run(RUN, store, device="cpu")
    assert made.origin.startswith("MISS")
    assert loaded.origin.startswith("HIT")
    assert made == loaded
    assert made.learnt
    assert made.metrics["unseen"]["rmse"] < made.baselines["unseen"]["constant"]["rmse"]
    assert made.noise_floor == 1.5
    for name, predictions in made.predictions.items():
        assert predictions.video == tuple(r.name for r in bright[name].recordings)
        numbers = made.metrics[name]
        assert numbers["rmse"] == pytest.approx(root_mean_squared_error(predictions.bdi, predictions.score))
        assert numbers["mae"] == pytest.approx(mean_absolute_error(predictions.bdi, predictions.score))
        assert numbers["rmse_low"] < numbers["rmse"] < numbers["rmse_high"]
        assert (numbers["videos"], numbers["subjects"]) == (16, 8)


def test_no_person_of_a_licensed_corpus_gets_into_a_result(injected, bright_corpus, tmp_path, monkeypatch):
    licensed = replace(bright_corpus, generated=False, fingerprint={"labels": {"203_1": 17}})
    for module in (results, experiments):
        monkeypatch.setattr(module, "opened", lambda corpus, profile: licensed)
    run = Run("distribution", "expectation", profile="smoke", seed=5)
    store = Store(tmp_path)
    result = experiments.run(run, store, device="cpu")
    assert result.predictions == {}
    assert "203_1" not in store.file(run).read_text()


def test_protocol_paper_trains_on_development_too(injected, bright, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        experiments,
        "load_frames",
        lambda part, frames, size: asked.append({r.partition for r in part}) or bright[part[0].partition],
    )
    result = experiments.run(replace(RUN, protocol="paper"), Store(tmp_path), device="cpu")
    assert asked == [{"train", "development"}, {"test"}, {"unseen"}]
    assert result.selected_step == 40


def test_the_plan_counts_what_is_not_there():
    both, null = RUN, replace(RUN, corpus="null")
    videos, crops, trainings = estimate([both, null])
    assert videos[0] == crops[0].replace("crops", "videos") == "58 videos"
    assert trainings[0] == "2 trainings"
    assert all(seconds > 0 and megabytes > 0 for _, seconds, megabytes in estimate([both, null]))


def test_a_result_says_where_it_comes_from_outside_git_too(monkeypatch):
    assert experiments.commit() is not None
    monkeypatch.setenv("PATH", "")
    assert experiments.commit() is None
