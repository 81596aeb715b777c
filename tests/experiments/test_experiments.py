from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from depnb import evaluation as package, faces, inputs, training
from depnb.corpus.records import Recording
from depnb.corpus.synthetic import recipe
from depnb.evaluation import band, baselines
from depnb.experiments import attention, corpora, evaluation, execute, networks
from depnb.experiments.grid import grid, rows
from depnb.experiments.result import Predictions
from depnb.experiments.run import Run
from depnb.experiments.split import Split, splits
from depnb.experiments.store import Store
from depnb.inputs.videos import Frames
from depnb.methods import profiles, registry
from depnb.methods.contract import DISJOINT, HONEST, SELECTED
from depnb.methods.registry import method, papers, resolve
from depnb.reports import result_plots
from depnb.system import repository
from depnb.system.files import StorageError
from depnb.training import face_recipe
from tests.bright import landmarked, open_everywhere

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("own_cache")]


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


@pytest.mark.parametrize("stage", [faces, inputs, training, face_recipe, package], ids=lambda stage: stage.__name__)
def test_a_raised_version_changes_the_digest(stage, monkeypatch):
    before = digest()
    monkeypatch.setattr(stage, "VERSION", stage.VERSION + 1)
    assert digest() != before


def test_a_raised_version_of_the_paper_changes_the_digest(monkeypatch):
    before, paper = digest(), method("distribution")
    monkeypatch.setattr(registry, "_papers", lambda: {paper.name: replace(paper, version=paper.version + 1)})
    assert digest() != before


def test_the_version_of_the_generator_changes_the_digest(monkeypatch):
    before = digest()
    monkeypatch.setattr(recipe, "VERSION", recipe.VERSION + 1)
    corpora.open_for_profile.cache_clear()
    assert digest() != before


def test_a_switch_of_the_method_changes_the_digest(monkeypatch):
    before, module = digest(), method("distribution")
    for name, value in {"softmax_test": "argmax", "augment": False, "start": "scratch"}.items():
        monkeypatch.setitem(module.rows, "expectation", module.config(**{name: value}))
        assert digest() != before, name


@pytest.mark.parametrize("field", [field.name for field in fields(profiles.Profile)])
def test_of_a_profile_only_how_the_machine_computes_stays_out(field, monkeypatch):
    before, smoke = digest(), profiles.PROFILES["smoke"]
    other = {
        "name": "other", "corpus_size": "quick", "scale": profiles.Scale(0.25, 10, 32), "frames": 5, "steps": 31,
        "batch": 8, "lr": 1e-3, "precision": "bf16-mixed", "memory_format": "contiguous_format", "threads": 1,
        "checks": 7, "learn_faces": False, "switches": (("augment", False),), "made_before": True,
    }  # fmt: skip
    for known in (profiles.PROFILES, method("distribution").profiles):
        monkeypatch.setitem(known, "smoke", replace(smoke, **{field: other[field]}))
    corpora.open_for_profile.cache_clear()
    assert (digest() == before) == (field in {"name", "precision", "memory_format", "threads"})


def test_a_name_with_its_size_is_the_same_experiment():
    assert digest(corpus="both-tiny") == digest(corpus="both")


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({"paper": "nobody"}, "distribution"),
        ({"row": "nothing"}, "expectation, euclidean, softmax"),
        ({"protocol": "lucky"}, "honest, selected, selected-new, paper"),
        ({"profile": "huge"}, "smoke, quick, standard, paper"),
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
    assert ("expectation", "both", "honest") in rows("distribution", "headline")
    for paper in papers():
        module = method(paper)
        lines = rows(paper)
        assert set(rows(paper, "headline")) <= set(lines)
        known = module.rows.keys() | module.fused.keys()
        assert {row for row, _, _ in lines} <= known
        assert {protocol for _, _, protocol in lines} <= module.protocols.keys()
        claimed = {(c.row, c.corpus, c.protocol) for c in module.claims}
        claimed |= {(c.other, c.corpus, c.other_protocol or c.protocol) for c in module.claims if c.other in known}
        assert claimed <= set(lines)
        assert {row for titles in module.tables.values() for row in titles} <= known


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
    (split,) = splits(replace(bright_corpus, recordings=recordings), HONEST)
    assert split.evaluated["test"] == test
    assert split.evaluated["unseen"] == [r for r in test if r.subject != seen.subject]


def test_folds_share_no_person_and_judge_everyone_once(bright_corpus):
    everyone = bright_corpus.partition(*DISJOINT.train)
    judged = []
    for one in splits(bright_corpus, DISJOINT):
        parts = (one.train, one.select, one.evaluated["folds"])
        people = [{r.subject for r in part} for part in parts]
        assert all(people)
        assert len(set().union(*people)) == sum(map(len, people))
        assert {r for part in parts for r in part} == set(everyone)
        judged += one.evaluated["folds"]
    assert sorted(judged) == sorted(everyone)


def chosen(bright, part, input_spec):
    """The inputs of some recordings, of whatever partitions."""
    everything = [
        (r, pixels) for frames in bright.values() for r, pixels in zip(frames.recordings, frames.pixels, strict=True)
    ]
    pixels = {r.name: pixels for r, pixels in everything}
    frames = Frames(torch.stack([pixels[r.name] for r in part]), tuple(part))
    frames = landmarked(frames) if input_spec.landmarks else frames
    return frames.grey() if input_spec.grey else frames


def weights(build):
    torch.manual_seed(3)
    return build().state_dict()


@pytest.fixture
def injected(bright, bright_corpus, monkeypatch):
    """The whole way of a run, with the brightness data in the place of corpus and faces."""
    open_everywhere(monkeypatch, lambda corpus, profile: bright_corpus)
    monkeypatch.setattr(execute.faces, "prepare", lambda recordings, settings: None)
    monkeypatch.setattr(execute, "load", lambda part, input_spec, frames, size: chosen(bright, part, input_spec))
    known = lambda build, *rest: SimpleNamespace(weights=weights(build), accuracy=0.25)  # noqa: E731
    monkeypatch.setattr(execute.pretraining, "identity", known)
    monkeypatch.setattr(execute, "usual", lambda recordings: None)  # there are no videos
    smoke = replace(profiles.PROFILES["smoke"], threads=1, steps=40)
    monkeypatch.setitem(method("distribution").profiles, "smoke", smoke)


def test_a_run_is_made_once_and_then_loaded(injected, bright, tmp_path):
    store = Store(tmp_path)
    made = execute.run(RUN, store, device="cpu")
    loaded = execute.run(RUN, store, device="cpu")
    assert made.origin.startswith("MISS")
    assert loaded.origin.startswith("HIT")
    assert made == loaded
    assert made.learnt
    assert loaded.face_accuracy == (0.25,)
    assert execute.run(replace(RUN, row="expectation_scratch"), store, device="cpu").face_accuracy == ()
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
    open_everywhere(monkeypatch, lambda corpus, profile: licensed)
    run = Run("distribution", "expectation", profile="smoke", seed=5)
    store = Store(tmp_path)
    result = execute.run(run, store, device="cpu")
    assert result.predictions == {}
    assert "203_1" not in store.file(run).read_text()


@pytest.mark.parametrize("fewest", [1, 1000])
def test_maps_of_real_people_are_means_of_many(injected, bright_corpus, tmp_path, monkeypatch, fewest):
    licensed = replace(bright_corpus, generated=False, fingerprint={"labels": {"203_1": 17}})
    open_everywhere(monkeypatch, lambda corpus, profile: licensed)
    monkeypatch.setattr(attention, "FEWEST_PEOPLE", fewest)
    result = execute.run(replace(RUN, seed=7), Store(tmp_path), device="cpu")
    test = licensed.partition("test")
    if fewest > len(test):
        assert result.attention == ()
        return
    for seen in result.attention:
        members = [r for r in test if band(r.bdi) == seen.video.partition(":")[0]]
        assert seen.video.endswith(f"mean of {len({r.subject for r in members})} people")
        assert seen.bdi == pytest.approx(np.mean([r.bdi for r in members]), abs=0.5)
    assert len(result.attention) == len({band(r.bdi) for r in test})
    drawn = result_plots.attention([result])
    (head,) = {axis.images[0].get_array().tobytes() for axis in drawn.axes[: 2 * len(result.attention)]}
    assert head == faces.neutral(1)[0].tobytes()


def test_a_corpus_of_people_without_a_test_set_has_no_maps(injected, bright_corpus, tmp_path, monkeypatch):
    rest = tuple(r for r in bright_corpus.recordings if r.partition != "test")
    licensed = replace(bright_corpus, recordings=rest, generated=False, fingerprint={"labels": {"203_1": 17}})
    open_everywhere(monkeypatch, lambda corpus, profile: licensed)
    result = execute.run(replace(RUN, seed=8), Store(tmp_path), device="cpu")
    assert result.metrics.keys() == {"unseen"}
    assert result.attention == ()


def test_protocol_paper_trains_on_development_too(injected, tmp_path, monkeypatch):
    asked, load = [], execute.load
    monkeypatch.setattr(
        execute, "load", lambda part, *rest: asked.append({r.partition for r in part}) or load(part, *rest)
    )
    result = execute.run(replace(RUN, protocol="paper"), Store(tmp_path), device="cpu")
    assert asked == [{"train", "development"}, {"unseen"}, {"test"}, {"unseen"}]
    assert result.selected_steps == (40,)


def test_folds_make_one_result_of_everyone(injected, bright_corpus, tmp_path):
    run, kept = replace(RUN, protocol="disjoint"), tmp_path / "networks"
    result = execute.run(run, Store(tmp_path / "results", networks=kept), device="cpu")
    cards = [networks.read(path)[0] for path in networks.files(kept, run)]
    assert [card.fold for card in cards] == list(range(5))
    assert all(card.errors for card in cards)
    assert len(result.curves) == len(result.selected_steps) == 5
    judged = result.predictions["folds"]
    assert sorted(judged.video) == sorted(r.name for r in bright_corpus.partition(*DISJOINT.train))
    assert judged.identity_only == judged.constant
    assert result.metrics["folds"]["rmse"] < result.baselines["folds"]["constant"]["rmse"]


def test_a_row_starts_from_the_pretrained_body_or_from_scratch(injected, bright):
    module, profile = method("distribution"), profiles.PROFILES["smoke"]
    corpus = execute.open_for_profile("both", "smoke")
    fresh = lambda: module.model(module.rows["expectation"], profile.scale).body  # noqa: E731
    of, from_scratch = (
        resolve(module, row, "smoke", "honest", corpus) for row in ("expectation", "expectation_scratch")
    )
    started = execute._network(module, of, "cpu", 0).body.state_dict()
    assert all(torch.equal(value, started[name]) for name, value in weights(fresh).items())
    torch.manual_seed(0)
    scratch = execute._network(module, from_scratch, "cpu", 0).body.state_dict()
    assert not torch.equal(scratch["conv1.weight"], started["conv1.weight"])


def test_one_map_a_severity_band(injected, tmp_path):
    result = execute.run(RUN, Store(tmp_path), device="cpu")
    predictions = dict(zip(result.predictions["unseen"].video, result.predictions["unseen"].bdi, strict=True))
    assert len({band(shown.bdi) for shown in result.attention}) == len(result.attention) >= 3
    for shown in result.attention:
        assert predictions[shown.video] == shown.bdi
        heat = np.array(shown.map)
        assert heat.shape == (1, 1)
        assert 0 <= heat.min() <= heat.max() <= 1


def test_a_row_that_looks_at_landmarks_is_a_row_like_others(injected, tmp_path):
    result = execute.run(Run("dlga", "dlga", profile="smoke"), Store(tmp_path), device="cpu")
    assert result.learnt
    assert result.metrics["unseen"]["rmse"] < result.baselines["unseen"]["constant"]["rmse"]
    assert {np.array(shown.map).shape for shown in result.attention} == {(4, 4)}


def test_a_rate_that_is_too_large_makes_a_row_that_is_not_trained(injected, tmp_path, monkeypatch):
    module, store = method("dlga"), Store(tmp_path)
    monkeypatch.setitem(module.rows, "lr_1e-1", module.config(learning="printed", lr=1e9))
    run = Run("dlga", "lr_1e-1", profile="smoke")
    result = execute.run(run, store, device="cpu")
    assert not result.learnt
    assert result.selected_steps == (0,)
    assert result.metrics["unseen"]["rmse"] == pytest.approx(result.baselines["unseen"]["constant"]["rmse"], abs=1e-3)
    assert store.load(run) == result


def test_a_result_says_where_it_comes_from_outside_git_too(monkeypatch):
    assert repository.commit() is not None
    monkeypatch.setenv("PATH", "")
    assert repository.commit() is None


FUSED = Run("temporal_pooling", "two_stream", profile="smoke")


def test_a_fused_row_is_the_mean_of_its_parts_and_trains_nothing_that_is_stored(injected, tmp_path):
    store = Store(tmp_path)
    first = execute.run(replace(FUSED, row="appearance"), store, device="cpu")
    both = execute.run(FUSED, store, device="cpu")
    second = store.load(replace(FUSED, row="temporal_9"))
    assert store.load(replace(FUSED, row="appearance")) == first
    for name, predictions in both.predictions.items():
        sides = first.predictions[name], second.predictions[name]
        assert predictions.score == pytest.approx(np.mean([side.score for side in sides], axis=0), abs=1e-4)
        assert both.metrics[name]["rmse"] == pytest.approx(root_mean_squared_error(predictions.bdi, predictions.score))
    assert both.seconds["training"] == pytest.approx(first.seconds["training"] + second.seconds["training"])
    assert both.selected_steps == first.selected_steps + second.selected_steps
    assert execute.run(FUSED, store, device="cpu").origin.startswith("HIT")


def test_a_switch_of_a_part_changes_the_digest_of_the_fused_row(monkeypatch):
    module = method("temporal_pooling")
    before = replace(FUSED).digest
    monkeypatch.setitem(module.rows, "appearance", module.config(stream="appearance", start="scratch"))
    assert replace(FUSED).digest != before


def test_of_a_licensed_corpus_a_fused_row_keeps_no_person(injected, bright_corpus, tmp_path, monkeypatch):
    trained, train = [], execute.train
    monkeypatch.setattr(
        execute, "train", lambda *args, **named: trained.append(named["label"]) or train(*args, **named)
    )
    licensed = replace(bright_corpus, generated=False, fingerprint={"labels": {"203_1": 17}})
    open_everywhere(monkeypatch, lambda corpus, profile: licensed)
    result = execute.run(replace(FUSED, seed=6), Store(tmp_path), device="cpu")
    assert result.predictions == {}
    assert result.metrics["unseen"]["rmse"] > 0
    assert all("203_1" not in path.read_text() for path in tmp_path.rglob("*.json"))
    assert len(trained) == len(set(trained)) == 2
    assert len(list(tmp_path.rglob("*.json"))) == 3
    for name in ("test", "unseen"):
        assert result.metrics[name]["trained_on"] == 0
        assert result.metrics[name]["rest_of_test"] == 0


@pytest.mark.parametrize("own_partition", [True, False])
def test_who_is_unseen_was_trained_and_selected_on_nowhere(bright_corpus, own_partition):
    def person(k, partition):
        return Recording(f"{k}_1", None, partition, Path(f"{k}.mp4"), 10.0, str(k))

    people = [(1, "train"), (2, "development"), (1, "test"), (2, "test"), (3, "test")]
    if own_partition:
        people += [(1, "unseen"), (2, "unseen"), (4, "unseen")]
    corpus = replace(bright_corpus, recordings=tuple(person(*one) for one in people))
    (split,) = splits(corpus, HONEST)
    assert [r.subject for r in split.evaluated["unseen"]] == ["4" if own_partition else "3"]


def test_a_step_is_chosen_on_people_who_are_not_trained_on(bright_corpus):
    def person(k, partition):
        return Recording(f"{k}_1", None, partition, Path(f"{k}.mp4"), 10.0, str(k))

    people = [(1, "train"), (2, "train"), (2, "development"), (3, "development"), (4, "test")]
    corpus = replace(bright_corpus, recordings=tuple(person(*one) for one in people))
    chosen_on = {
        protocol: [r.subject for r in split.select or ()]
        for protocol in (SELECTED, HONEST)
        for split in splits(corpus, protocol)
    }
    assert chosen_on == {SELECTED: ["2", "3"], HONEST: ["3"]}
    (last,) = splits(corpus, replace(HONEST, select=None))
    assert (last.select, [r.subject for r in last.apart]) == (None, ["3"])
    nobody_new = replace(corpus, recordings=corpus.recordings[:3])
    with pytest.raises(ValueError, match="no person of development who is not in train too"):
        list(splits(nobody_new, HONEST))


COUNTS = {"test": {"trained_on": 1, "unscored": 2}, "unseen": {"trained_on": 0, "unscored": 0}}


def test_of_real_people_it_is_kept_how_many_were_trained_on():
    def side(*subjects):
        columns = {name: (1.0,) * len(subjects) for name in ("bdi", "score", "median", "constant", "identity_only")}
        return Predictions(tuple(f"{s}_1" for s in subjects), subjects, **columns)

    judged = {"test": side("a", "b", "c"), "unseen": side("b", "c")}
    metrics = evaluation.numbers_of(judged, COUNTS)["metrics"]
    assert (metrics["test"]["trained_on"], metrics["test"]["rest_of_test"]) == (1, 0)
    assert (metrics["unseen"]["trained_on"], metrics["unseen"]["rest_of_test"]) == (0, 1)
    apart = evaluation.numbers_of(judged | {"unseen": side("d", "e")}, COUNTS)["metrics"]
    assert apart["unseen"]["rest_of_test"] == 0
    assert metrics["test"]["unscored"] == 2
    assert not any(name.startswith("bias") for name in metrics["test"])
    assert "bias_minimal" in evaluation.numbers_of(judged, None)["metrics"]["test"]
    assert "trained_on" not in evaluation.numbers_of(judged, None)["metrics"]["test"]


def test_a_score_between_two_bands_is_in_one_of_them(bright):
    frames = bright["test"]
    odd = replace(frames, recordings=tuple(replace(r, bdi=13.5) for r in frames.recordings))
    assert [(name, len(members)) for name, members in attention._by_band(odd)] == [(band(13.5), len(frames))]


@pytest.mark.parametrize("pretrained", [False, True])
def test_each_corpus_is_prepared_once_and_a_broken_one_does_not_stop_the_others(monkeypatch, tmp_path, pretrained):
    ensured, people = [], []
    body = tmp_path / "body.safetensors"
    if pretrained:
        body.touch()

    def open_for_profile(name, profile):
        if name == "broken":
            raise FileNotFoundError(name)
        return SimpleNamespace(name=name, generated=True, licensed=False)

    monkeypatch.setattr(execute, "open_for_profile", open_for_profile)
    monkeypatch.setattr(execute, "splits", lambda corpus, protocol: [Split([protocol], None, {}, apart=(protocol,))])

    def ensure(corpus, trainings, every):
        assert not any(split.apart for split in trainings)
        ensured.append((corpus.name, *(split.train[0] for split in trainings)))

    monkeypatch.setattr(execute, "_prepare", ensure)
    monkeypatch.setattr(execute.pretraining, "file", lambda *facts: body)
    monkeypatch.setattr(execute.pretraining, "people", lambda profile: people.append(profile.name))
    runs = [replace(RUN, corpus=name, seed=seed) for seed in (0, 1) for name in ("both", "broken", "null")]
    execute.prepare([*runs, replace(RUN, protocol="paper")])
    paper, last = method("distribution").protocols["paper"], replace(HONEST, select=None, new_people=False)
    assert ensured == [("both", last), ("null", last), ("both", paper)]
    execute.prepare([replace(RUN, paper="temporal_pooling", row="appearance", profile="quick")])
    assert ensured[3:] == [("both", SELECTED)]
    assert people == ([] if pretrained else ["smoke", "quick"])


def test_a_full_disk_stops_the_preparation(monkeypatch):
    def full(name, profile):
        raise StorageError(name)

    monkeypatch.setattr(execute, "open_for_profile", full)
    with pytest.raises(StorageError, match="both"):
        execute.prepare([RUN])
