"""Rivals are runs like others: asked for, digested, made, stored and disclosed in the same way."""

from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from depnb import evaluation, faces, inputs, training
from depnb.cli.app import app
from depnb.experiments import execute, facts, plan
from depnb.experiments.grid import RIVAL_SEED, grid, rows, runs_for
from depnb.experiments.result import Result
from depnb.experiments.rivals import descriptions, is_rival, titles
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.methods import rivals
from depnb.methods.registry import RIVALS, method, papers
from depnb.methods.rivals import features
from depnb.methods.rivals.features import TooFewFrames
from depnb.methods.rivals.rows import OF_THE_FIELD, SIMPLE, WEIGHTS
from depnb.nets.weights import registry
from depnb.reports.aggregates import aggregates
from tests import bad_videos
from tests.bright import open_everywhere
from tests.corpus import trees
from tests.results_made import result_of

RUN = Run(RIVALS, "landmarks_moments", profile="smoke")
OF_A_PAPER = Run("distribution", "expectation", profile="smoke")


pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.mark.parametrize("which", ["headline", "all"])
def test_rivals_run_wherever_a_row_of_a_paper_is_judged_honestly(which):
    runs = grid("smoke", which, seeds=(0, 1, 2))
    own = [run for run in runs if is_rival(run)]
    assert own == runs[-len(own) :]
    honest = {run.corpus for run in runs if run.protocol == "honest" and not is_rival(run)}
    assert {(run.row, run.corpus) for run in own} == {(row, corpus) for row in SIMPLE for corpus in honest}
    assert {(run.protocol, run.seed) for run in own} == {("honest", RIVAL_SEED)}
    assert len(own) == len(set(own)) == len(rows(RIVALS, which))


def test_on_all_corpora_of_the_tables():
    assert {corpus for _, corpus, _ in rows(RIVALS)} == {"both", "appearance", "dynamics", "null"}


def test_on_another_corpus_and_under_another_protocol_each_runs_once():
    own = [run for run in runs_for("smoke", "all", (7,), "/data/AVEC2014", "paper") if is_rival(run)]
    assert own == [Run(RIVALS, row, "/data/AVEC2014", "paper", "smoke", 0) for row in SIMPLE]
    assert not any(map(is_rival, runs_for("smoke", "all", (7,), protocol="disjoint")))


def test_the_baselines_of_the_field_are_run_with_everything(tmp_path, monkeypatch):
    """And those of frozen networks where their weights are."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))

    def found():
        return {run.row for run in grid("smoke", "everything", seeds=(0,)) if is_rival(run)} - {*SIMPLE}

    assert found() == {*OF_THE_FIELD} - WEIGHTS.keys()
    path = registry.find("imagenet-resnet50").path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights")
    assert found() == {*OF_THE_FIELD} - WEIGHTS.keys() | {"imagenet_resnet50", "fdhh_resnet50"}


def test_what_a_frozen_network_has_learnt_decides_its_digest(monkeypatch):
    """Of other rivals weights decide nothing."""
    runs = [replace(RUN, row=row) for row in ("kinetics_r3d_18", "lbp_top", "landmarks_moments")]
    assert [("weights" in run.facts) for run in runs] == [True, False, False]
    assert runs[0].facts["weights"] == {"name": "kinetics-r3d_18", "sha256": "b3b3357e"}
    before = [run.digest for run in runs]
    other = registry.PUBLISHED["kinetics-r3d_18"]._replace(file="r3d_18-00000000.pth")
    monkeypatch.setitem(registry.PUBLISHED, "kinetics-r3d_18", other)
    assert [replace(run).digest == old for run, old in zip(runs, before, strict=True)] == [False, True, True]


def test_without_weights_a_run_says_what_to_do_and_leaves_no_result(measured, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    store, run = Store(tmp_path / "store"), replace(RUN, row="imagenet_resnet50")
    with pytest.raises(FileNotFoundError, match="needs the weights imagenet-resnet50.*`depnb weights get imagenet-res"):
        execute.run(run, store, device="cpu")
    assert store.results(RIVALS) == []


def test_a_rival_can_be_asked_for_by_name():
    assert runs_for("smoke", "rivals/frame_difference", (0, 1, 2), "null") == [
        Run(RIVALS, "frame_difference", "null", profile="smoke")
    ]


def test_every_rival_has_a_title_and_a_sentence():
    assert titles().keys() == descriptions().keys() == method(RIVALS).rows.keys()
    assert len(set(titles().values())) == len(titles())


@pytest.mark.parametrize(
    "changes", [{"row": "frame_difference"}, {"corpus": "null"}, {"protocol": "paper"}, {"seed": 1}]
)
def test_what_decides_a_rival_changes_its_digest(changes):
    assert replace(RUN, **changes).digest != RUN.digest


def test_its_facts_are_those_of_its_stages_and_of_no_network(monkeypatch):
    before = RUN.digest
    for stage in (inputs, training):
        monkeypatch.setattr(stage, "VERSION", stage.VERSION + 1)
    assert replace(RUN).digest == before
    for stage in (faces, evaluation):
        monkeypatch.setattr(stage, "VERSION", stage.VERSION + 1)
        assert replace(RUN).digest != before
        before = replace(RUN).digest
    paper = replace(method(RIVALS), version=rivals.VERSION + 1)
    monkeypatch.setattr(facts, "method", lambda name: paper)
    assert replace(RUN).digest != before


def test_settings_of_crops_decide_it_too(monkeypatch):
    before = RUN.digest
    monkeypatch.setenv("DEPNB_FPS", "10")
    assert replace(RUN).digest != before


@pytest.fixture
def measured(bright, bright_corpus, monkeypatch):
    """Videos whose numbers are their brightness and noise; the first of the test set cannot be measured."""
    unusable = bright_corpus.partition("test")[0]
    drawn = np.random.default_rng(0)
    known = {}
    for part in bright.values():
        for recording, pixels in zip(part.recordings, part.pixels, strict=True):
            known[recording.name] = np.array([pixels.float().mean().item(), *drawn.normal(size=3)])

    def numbers(recording, *how):
        if recording == unusable:
            raise TooFewFrames("no face in any of the frames that are used")
        return known[recording.name]

    prepared = []
    open_everywhere(monkeypatch, lambda corpus, profile: bright_corpus)
    monkeypatch.setattr(execute.faces, "prepare", lambda recordings, settings: prepared.extend(recordings))
    monkeypatch.setattr(features, "numbers", numbers)
    monkeypatch.setattr(features, "is_kept", lambda *asked: True)
    return prepared


def test_a_rival_is_made_once_and_then_loaded(measured, bright_corpus, tmp_path):
    store = Store(tmp_path / "store", strict=False)
    made = execute.run(replace(RUN), store, device="cpu")
    loaded = execute.run(replace(RUN), store, device="cpu")
    assert (made.origin.split()[0], loaded.origin.split()[0]) == ("MISS", "HIT")
    assert made == loaded == Result.from_json(store.file(made.run).read_bytes())
    assert made.learnt
    assert made.metrics["unseen"]["rmse"] < made.baselines["unseen"]["constant"]["rmse"] / 2
    assert made.metrics["unseen"]["videos"] == len(bright_corpus.partition("unseen"))
    assert made.predictions["test"].video == tuple(r.name for r in bright_corpus.partition("test")[1:])
    assert made.predictions["test"].median == made.predictions["test"].score
    assert made.skipped["test"] == (
        (bright_corpus.partition("test")[0].name, "no face in any of the frames that are used"),
    )
    assert made.skipped["train"] == made.skipped["unseen"] == ()
    constant = np.mean([r.bdi for r in bright_corpus.partition("train")])
    assert set(made.predictions["unseen"].constant) == {round(constant, 4)}
    assert (made.noise_floor, made.curves, made.attention) == (1.5, (), ())


def test_nobody_of_development_is_looked_at(measured, tmp_path):
    execute.run(replace(RUN), Store(tmp_path / "store"), device="cpu")
    assert {r.partition for r in measured} == {"train", "test", "unseen"}


def test_under_the_protocol_paper_development_is_trained_on(measured, bright_corpus, tmp_path):
    made = execute.run(replace(RUN, protocol="paper"), Store(tmp_path / "store"), device="cpu")
    constant = np.mean([r.bdi for r in bright_corpus.partition("train", "development")])
    assert set(made.predictions["unseen"].constant) == {round(constant, 4)}


def test_labels_of_others_change_nothing(measured, bright_corpus, monkeypatch, tmp_path):
    before = execute.run(replace(RUN), Store(tmp_path / "before"), device="cpu")
    other = tuple(r if r.partition == "train" else replace(r, bdi=5.0) for r in bright_corpus.recordings)
    open_everywhere(monkeypatch, lambda corpus, profile: replace(bright_corpus, recordings=other))
    monkeypatch.setattr(
        features, "numbers", lambda r, *how, known=features.numbers: known(replace(r, bdi=labels[r.name]))
    )
    labels = {r.name: r.bdi for r in bright_corpus.recordings}
    after = execute.run(replace(RUN), Store(tmp_path / "after"), device="cpu")
    assert after.predictions["unseen"].bdi != before.predictions["unseen"].bdi
    assert after.predictions["unseen"].score == before.predictions["unseen"].score


def test_a_partition_without_a_usable_video_is_an_error(measured, monkeypatch, tmp_path):
    def nobody(recording, *how):
        raise TooFewFrames("no face")

    monkeypatch.setattr(features, "numbers", nobody)
    with pytest.raises(ValueError, match="No usable video among 40 recordings. First reasons: 200_1: no face"):
        execute.run(replace(RUN), Store(tmp_path / "store"), device="cpu")


def test_of_real_people_no_score_is_kept_and_little_is_handed_on(measured, bright_corpus, tmp_path, monkeypatch):
    licensed = replace(bright_corpus, generated=False, fingerprint={"labels": {"203_1": 17}})
    open_everywhere(monkeypatch, lambda corpus, profile: licensed)
    store = Store(tmp_path / "store")
    made = execute.run(replace(RUN), store, device="cpu")
    assert made.licensed
    assert made.predictions == {}
    assert "203_1" not in store.file(made.run).read_text()
    own = made.metrics["test"]
    assert (own["trained_on"], own["unscored"], own["subjects"]) == (0, 1, 8)
    assert own["rmse"] == round(own["rmse"])
    assert made.baselines["test"] == {}
    lines = {line["partition"]: line for line in aggregates([made])}
    assert lines["unseen"]["rmse"] is None
    assert "fewer than 20 people" in lines["unseen"]["left_out"]


def test_a_rival_does_not_stand_among_the_results_of_a_paper(measured, tmp_path):
    store = Store(tmp_path / "store")
    rival = execute.run(replace(RUN), store, device="cpu")
    for paper in papers():
        store.save(result_of(replace(OF_A_PAPER, paper=paper, row=next(iter(method(paper).rows)))))
        assert {result.run.paper for result in store.results(paper)} == {paper}
    assert store.current(RIVALS) == [rival]


@pytest.mark.slow
def test_a_plan_counts_rivals_apart():
    alone = plan.estimate([OF_A_PAPER])[-1]
    (*_, rival, _, trainings) = plan.estimate([OF_A_PAPER, RUN])
    assert rival[0] == "1 simple rivals"
    assert rival[1] > 0
    assert trainings == alone
    assert plan.gpu_hours([replace(RUN, profile="paper")]) == plan.face_hours([replace(RUN, profile="paper")]) == 0
    null = replace(RUN, corpus="null")
    assert plan.estimate([RUN, null])[3] == ("2 simple rivals", rival[1], 2 * rival[2])  # they show the same videos
    assert plan.estimate([RUN, replace(RUN, row="landmarks_dynamics")])[3][1] == rival[1]
    assert plan.estimate([RUN, replace(RUN, row="frame_difference")])[3][1] > rival[1]
    assert plan.in_order([RUN, OF_A_PAPER]) == [OF_A_PAPER, RUN]


def test_frames_that_no_network_gets_take_no_disk(tmp_path):
    avec = trees.avec2014(tmp_path / "AVEC2014", put=trees.copy_of(bad_videos.good(tmp_path, count=24)))
    run = Run(RIVALS, "face_descriptors", str(avec), "paper", "paper")
    _, crops, reduced, rival, *_ = plan.estimate([run])
    assert crops[0] == "8 crops"
    assert reduced == ("0 videos reduced for networks", 0, 0)
    assert rival[1] == pytest.approx(8 * 16 * features.DESCRIBED_S / 2)


@pytest.mark.slow
@pytest.mark.last
def test_rivals_are_made_from_nothing_and_listed(tmp_path):
    store, made = tmp_path / "store", [row for row in titles() if row not in WEIGHTS]
    arguments = ["run", "--missing", "--profile", "smoke", "--corpus", "dynamics", "--store", str(store), "--rows"]
    for row in made:
        done = CliRunner().invoke(app, [*arguments, f"rivals/{row}"])
        assert done.exit_code == 0, done.output
    found = {result.run.row: result for result in Store(store, strict=True).results(RIVALS)}
    assert found.keys() == set(made)
    for result in found.values():
        assert result.skipped == {"train": (), "test": (), "unseen": ()}
        assert len(result.predictions["unseen"].bdi) == 12
    moving, still = (found[row].metrics["unseen"]["rmse"] for row in ("landmarks_dynamics", "landmarks_moments"))
    assert moving < still
    assert f"{len(made)} results" in CliRunner().invoke(app, ["results", "list", RIVALS, "--store", str(store)]).output
