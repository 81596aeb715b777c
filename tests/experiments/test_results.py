import json
import os
import random
import re
import time
from contextlib import nullcontext
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from depnb import training
from depnb.experiments.facts import sha256
from depnb.experiments.result import Attention, DamagedResult, MissingResult, Predictions, Result
from depnb.experiments.run import Run
from depnb.experiments.store import NAMED_FACTS, Store
from depnb.methods import msn
from depnb.methods.contract import later, switches
from depnb.reports import tables
from depnb.system import repository
from depnb.system.files import StorageError, json_text
from tests.bright import open_everywhere


def result_of(run: Run) -> Result:
    """Two people with labels 12 and 3 whose scores are 2 and 4 off: mae 3, rmse √10; the constant is 3 and 12 off."""
    columns = {"score": (14.0, -1.0), "median": (12.0, 4.0), "constant": (15.0, 15.0), "identity_only": (12.0, 3.0)}
    return Result(
        run=run,
        digest=run.digest,
        facts=run.facts,
        metrics={"test": {"mae": 3.0, "rmse": 10**0.5, "rmse_median": 0.5**0.5, "rmse_clipped": 6.5**0.5}},
        baselines={"test": {"constant": {"mae": 7.5, "rmse": 76.5**0.5}, "identity_only": {"mae": 0.0, "rmse": 0.0}}},
        noise_floor=3.4,
        predictions={"test": Predictions(("203_1", "204_1"), ("203", "204"), (12.0, 3.0), **columns)},
        attention=(Attention("203_1", 1, 12.0, 11.5, ((0.0, 1.0), (0.25, 0.5))),),
        curves=(({"step": 0, "train_loss": 70.0}, {"step": 5, "train_loss": 60.0}),),
        selected_steps=(5,),
        learnt=True,
        skipped={"test": (("205_1", "no label"),)},
        seconds={"training": 4.0},
        peak_memory_mb=900.0,
        device="cpu",
        precision="32-true",
        memory_format="channels_last",
        threads=2,
        versions={"torch": "2.15.0"},
        commit=None,
    )


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def run():
    return Run("distribution", "expectation", profile="smoke")


def test_what_is_saved_is_loaded(tmp_path, run):
    store, result = Store(tmp_path), result_of(run)
    path = store.save(replace(result, origin="MISS"))
    assert path == tmp_path / "distribution" / f"expectation-both-honest-smoke-s0-{run.digest[:8]}.json"
    assert store.load(run) == result
    assert store.results("distribution") == store.results() == [result]
    assert store.results("msn") == []
    assert "origin" not in json.loads(path.read_text())


def test_hit_and_miss_say_why(tmp_path, run):
    store, other = Store(tmp_path), replace(run, seed=3)
    assert store.explain(run).startswith("MISS")
    assert "nothing stored" in store.explain(run)
    store.save(result_of(run))
    assert store.explain(run).startswith("HIT")
    assert store.load(other) is None
    said = "expectation-both-honest-smoke-s0; it differs in pretraining.seed (0 there, 3 asked for); seed (0 there"
    assert said in store.explain(other)
    assert store.missing([run, other]) == [other]
    row = store.explain(replace(run, row="softmax"))
    assert 'configuration.loss ("expectation" there, "softmax" asked for)' in row
    far = store.explain(replace(run, row="softmax", corpus="null", seed=3))
    assert far.endswith(" more facts")
    assert far.count(" asked for)") == NAMED_FACTS


def test_a_switch_that_came_later_is_a_fact_only_where_it_is_set():
    @dataclass(frozen=True)
    class Config:
        length: int = 9
        dead_zone: float = later(0)

    assert switches(Config()) == switches(Config(dead_zone=0)) == {"length": 9}
    assert switches(Config(dead_zone=8)) == {"length": 9, "dead_zone": 8}
    plain = Run("temporal_pooling", "temporal_9", profile="smoke")
    dead = replace(plain, row="temporal_9_dead")
    assert plain.digest != dead.digest
    assert dead.facts["configuration"] == plain.facts["configuration"] | {"dead_zone": 8}


def test_a_strict_store_demands_results(tmp_path, run):
    store = Store(tmp_path, strict=True)
    with pytest.raises(MissingResult, match="make results"):
        store.load(run)
    assert store.missing([run]) == [run]


def test_a_raised_version_replaces_the_old_result(tmp_path, run, monkeypatch):
    store = Store(tmp_path)
    store.save(result_of(run))
    monkeypatch.setattr(training, "VERSION", training.VERSION + 1)
    new = Run("distribution", "expectation", profile="smoke")
    assert store.load(new) is None
    assert "versions.training" in store.explain(new)
    store.save(result_of(new))
    assert [result.digest for result in store.results()] == [new.digest]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "not json",
        lambda text: "[]",
        lambda text: text.replace('"mae": 3.0', '"mae": NaN'),
        lambda text: text.replace('"mae": 3.0', '"mae": 1e999'),
        lambda text: text.replace('"mae": 3.0', '"mae": "3.0"'),
        lambda text: text.replace('"learnt": true', '"learnt": true, "extra": 1'),
        lambda text: text.replace('"learnt": true,', ""),
        lambda text: text.replace('"seed": 0', '"seed": null'),
        lambda text: text.replace("14.0", "14.0, 3"),
        lambda text: text.replace('"threads": 2', '"threads": 3'),
        lambda text: text.replace('"sha256"', '"sha257"'),
        lambda text: text + " ",
    ],
)
def test_half_a_file_or_garbage_is_never_read(tmp_path, run, damage, caplog):
    store = Store(tmp_path)
    path = store.save(result_of(run))
    text = path.read_text()
    assert damage(text) != text
    path.write_text(damage(text))
    assert store.load(run) is None
    assert "not a whole result" in store.explain(run)
    assert store.results() == []
    assert "not a whole result" in caplog.text
    with pytest.raises(MissingResult):
        Store(tmp_path, strict=True).load(run)
    with pytest.raises(DamagedResult, match="Delete it"):
        Store(tmp_path, strict=True).results()


def test_how_steps_are_taken_is_a_fact_where_it_is_not_ours(monkeypatch):
    asked = Run("msn", "i3d", "both-tiny", profile="smoke")
    plain = asked.facts
    monkeypatch.setitem(msn.ROWS, "i3d", replace(msn.ROWS["i3d"], learning="printed"))
    printed = replace(asked).facts
    assert "learning" not in plain
    assert printed["learning"] == {"optimiser": "adam", "schedule": "inverse", "rate": 1.0}


def test_numbers_that_are_not_finite_are_refused(run):
    with pytest.raises(ValueError, match="finite"):
        replace(result_of(run), metrics={"test": {"rmse": float("nan")}})


def test_a_file_under_the_wrong_name_is_no_hit(tmp_path, run):
    store, other = Store(tmp_path), replace(run, seed=1)
    store.file(other).parent.mkdir()
    store.file(other).write_bytes(store.save(result_of(run)).read_bytes())
    assert store.load(other) is None


def test_networks_of_real_people_do_not_go_where_git_would_take_them(tmp_path, monkeypatch):
    monkeypatch.setattr(repository, "COMMITTED", tmp_path / "results")
    open_everywhere(monkeypatch, lambda corpus, profile: SimpleNamespace(licensed=True))
    for networks, refused in ((tmp_path / "nets", True), (tmp_path / "runs" / "nets", False)):
        store = Store(tmp_path / "runs" / "mine", networks=networks)
        with pytest.raises(ValueError, match="git would take it") if refused else nullcontext():
            store.demand_place(Run("distribution", "expectation", profile="smoke"))


def test_figures_of_real_people_or_of_two_profiles_are_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(repository, "COMMITTED", tmp_path / "results")
    run = Run("distribution", "expectation", profile="smoke")
    store = Store(tmp_path / "runs" / "mine")
    store.save(result_of(run))
    tables.check(store, tmp_path / "figures")
    store.save(result_of(replace(run, profile="quick")))
    with pytest.raises(ValueError, match="profiles quick and smoke"):
        tables.check(store, tmp_path / "figures")
    people = Store(tmp_path / "runs" / "people")
    licensed = result_of(run)
    facts = licensed.facts | {"corpus": {"sha256": "0"}}
    people.save(replace(licensed, facts=facts, digest=sha256(facts)))
    with pytest.raises(ValueError, match="git would take it"):
        tables.check(people, tmp_path / "figures")
    tables.check(people, tmp_path / "runs" / "figures")


def plain(result: Result) -> str:
    """Its file without a checksum, as somebody else may have written it."""
    return json_text(result.to_json())


def digits(text: str) -> list[int]:
    return [match.start() for match in re.finditer(r"\d", text)]


def test_a_file_has_the_sum_of_its_other_lines_and_is_read_with_the_line_ends_of_another_system(run):
    content = result_of(run).to_bytes()
    assert Result.from_json(content) == result_of(run)
    assert Result.from_json(content.replace(b"\n", b"\r\n")) == result_of(run)
    assert (
        content.replace(b' "sha256": "' + json.loads(content)["sha256"].encode() + b'",\n', b"")
        == plain(result_of(run)).encode()
    )
    assert Result.from_json(plain(result_of(run))) == result_of(run)


def test_how_well_a_body_knew_faces_is_kept_and_results_from_before_stay_as_they_are(run):
    before = result_of(run)
    assert "face_accuracy" not in before.to_json()
    after = replace(before, face_accuracy=(0.25,))
    assert Result.from_json(after.to_bytes()).face_accuracy == (0.25,)
    with pytest.raises(DamagedResult, match="face_accuracy"):
        Result.from_json(json_text(before.to_json() | {"face_accuracy": [1.5]}))


@pytest.mark.parametrize("kind", ["digit", "bit", "byte gone", "half"])
def test_no_changed_file_is_used(kind):
    """200 committed results, each changed at a place of its own."""
    draw = random.Random(7)
    paths = sorted(repository.COMMITTED.glob("*/*.json"))
    for path in draw.sample(paths, 200):
        content = bytearray(path.read_bytes())
        place = draw.choice(digits(content.decode())) if kind == "digit" else draw.randrange(len(content))
        if kind == "digit":
            content[place] = ord(draw.choice("0123456789".replace(chr(content[place]), "")))
        elif kind == "bit":
            content[place] ^= 1 << draw.randrange(8)
        else:
            del content[place : place + 1 if kind == "byte gone" else None]
        with pytest.raises(DamagedResult):
            Result.from_json(bytes(content))


def test_committed_results_are_what_their_predictions_give():
    found = Store(repository.COMMITTED, strict=True).results()
    assert len(found) > 200
    assert all("sha256" in path.read_text() for path in repository.COMMITTED.glob("*/*.json"))


def changed(result: Result, *path: str, to: object) -> str:
    """The file of a result in which something else stands at a place; its digest is that of its facts."""
    data = result.to_json()
    place = data
    for key in path[:-1]:
        place = place[key]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    data["digest"] = sha256(data["facts"])
    return json.dumps(data)


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("metrics", "test", "rmse"), 3.33),
        (("metrics", "test", "mae"), 3.0001),
        (("metrics", "test", "rmse_median"), 1.0),
        (("metrics", "test", "rmse_clipped"), 10**0.5),
        (("metrics", "test", "rmse"), -5.0),
        (("metrics", "test", "rmse_low"), -5.0),
        (("metrics", "test", "pcc"), 1.5),
        (("metrics", "test", "bias_mild"), 1e308),
        (("metrics", "test", "rmse"), 1e308),
        (("metrics", "test", "rmse"), None),
        (("metrics", "test", "mae"), None),
        (("metrics",), {}),
        (("baselines",), {}),
        (("baselines", "test", "constant", "rmse"), 9.0),
        (("baselines", "test", "identity_only"), None),
        (("predictions",), {}),
        (("predictions", "test", "score"), [1e308, 3.0]),
        (("predictions", "test", "bdi"), [900.0, 3.0]),
        (("predictions", "test", "bdi"), [-1.0, 3.0]),
        (("facts",), {}),
        (("facts", "seed"), 3),
        (("facts", "corpus"), "both"),
        (("run", "seed"), 3),
        (("seconds", "training"), -1.0),
        (("peak_memory_mb",), -1.0),
        (("threads",), -1),
        (("selected_steps",), [-5]),
        (("noise_floor",), -3.4),
    ],
)
def test_what_cannot_be_is_refused_without_a_checksum_too(run, path, to):
    assert Result.from_json(changed(result_of(run), "device", to="cpu")) == result_of(run)
    with pytest.raises(DamagedResult):
        Result.from_json(changed(result_of(run), *path, to=to))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"rmse": 3.', '"rmse": 1.0, "rmse": 3.'),
        ('"learnt": true', '"learnt": false, "learnt": true'),
        ('"seed": 0', '"seed": 1, "seed": 0'),
        ('"row": ', '"row": "softmax", "row": '),
        ('"label_noise": 3.0', '"label_noise": Infinity'),
        ('"label_noise": 3.0', '"label_noise": 1e999'),
        ('"label_noise": 3.0', '"label_noise": 9.0'),
        ('"versions": {', '"versions": ' + "[" * 10_000),
    ],
)
def test_what_is_said_twice_or_is_not_finite_is_refused(run, old, new):
    text = plain(result_of(run))
    assert old in text
    with pytest.raises(DamagedResult):
        Result.from_json(text.replace(old, new, 1))


@pytest.mark.parametrize("facts", [{"sha256": "0"}, None], ids=["licensed", "generated"])
def test_of_real_people_there_are_no_predictions_and_the_checksum_covers_the_errors(run, facts):
    result = result_of(run)
    facts = result.facts | ({"corpus": facts} if facts else {})
    made = replace(result, facts=facts, digest=sha256(facts), predictions={}, baselines={})
    assert made.licensed == ("sha256" in facts["corpus"])
    with nullcontext() if made.licensed else pytest.raises(DamagedResult, match="missing"):
        assert Result.from_json(made.to_bytes()) == made
    with pytest.raises(DamagedResult, match="checksum"):
        Result.from_json(made.to_bytes().replace(b'"mae": 3.0', b'"mae": 2.0'))


@pytest.mark.parametrize(
    "name", [".{stem}-t735j3_a.json", "{stem} (1).json", "{stem} copy.json", "{stem}.bak.json", "other-{end}.json"]
)
def test_a_file_under_another_name_is_no_further_seed(tmp_path, run, name, caplog):
    store = Store(tmp_path)
    path = store.save(result_of(run))
    copy = path.with_name(name.format(stem=path.stem, end=path.stem[-8:]))
    copy.write_bytes(path.read_bytes())
    assert store.results() == [result_of(run)]
    assert store.load(run) == result_of(run)
    if copy.name.startswith("."):  # what a kill just before the last step of writing leaves
        assert not caplog.records
        assert Store(tmp_path, strict=True).results() == [result_of(run)]
        os.utime(copy, (time.time() - 4000,) * 2)
        store.save(result_of(run))
        assert not copy.exists()
    else:
        assert "another name" in caplog.text


def test_a_half_file_of_a_kill_is_left_alone_as_long_as_somebody_may_write_it(tmp_path, run):
    path = Store(tmp_path).save(result_of(run))
    half = path.with_name(f".{path.stem}-t735j3_a.json")
    half.write_text("{")
    Store(tmp_path).save(result_of(run))
    assert half.exists()


@pytest.mark.parametrize("kind", ["folder", "pipe", "large", "dangling"])
def test_what_is_no_file_of_a_results_size_is_not_read(tmp_path, run, kind):
    store = Store(tmp_path)
    path = store.file(run)
    path.parent.mkdir()
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "dangling":
        path.symlink_to(tmp_path / "nowhere")
    else:
        with open(path, "wb") as handle:
            handle.truncate(200 * 2**20)
    assert store.load(run) is None
    assert store.results() == []


def test_a_result_that_changed_is_read_again_and_an_unchanged_one_is_not(tmp_path, run, monkeypatch):
    store = Store(tmp_path)
    path = store.save(result_of(run))
    assert store.load(run) is not None
    monkeypatch.setattr(Result, "from_json", lambda text: pytest.fail("read again"))
    assert store.load(run) is not None
    monkeypatch.undo()
    path.write_bytes(path.read_bytes().replace(b'"mae": 3.0', b'"mae": 2.0'))
    assert store.load(run) is None


@pytest.mark.slow
def test_a_large_store_of_unchanged_results_opens_at_once(tmp_path):
    content = {path.name: path.read_bytes() for path in repository.COMMITTED.glob("depnet/*.json")}
    for number in range(500):
        folder = tmp_path / f"copy{number // len(content)}" / "depnet"
        folder.mkdir(parents=True, exist_ok=True)
        name = sorted(content)[number % len(content)]
        (folder / name).write_bytes(content[name])
    stores = [Store(folder) for folder in tmp_path.glob("copy*")]
    assert sum(len(store.results()) for store in stores) == 500
    begun = time.process_time()
    assert sum(len(store.results()) for store in stores) == 500
    assert time.process_time() - begun < 0.25  # 2,000 within a second


@pytest.mark.parametrize("what", ["store", "claims"])
def test_a_store_that_cannot_be_written_is_one_sentence(tmp_path, run, what):
    (tmp_path / "results").mkdir()
    in_the_way = tmp_path / "results" / ("distribution" if what == "store" else ".claims")
    in_the_way.write_text("a file")
    store, made = Store(tmp_path / "results"), result_of(run)
    use = {"store": lambda: store.save(made), "claims": lambda: store.claimed(run).__enter__()}
    with pytest.raises(StorageError, match="a place that can be written") as caught:
        use[what]()
    assert str(in_the_way) in str(caught.value)
