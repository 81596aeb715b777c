"""Rules of words, guards, stores and selection, each stated from outside and tried at both of its ends."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from depnb.corpus.synthetic.layout import open_generated, seal, truth_path, was_generated
from depnb.corpus.synthetic.recipe import named_recipe
from depnb.evaluation import mae, subject_bootstrap
from depnb.evaluation.intervals import _draws
from depnb.experiments import evaluation, predict
from depnb.experiments.run import Run
from depnb.experiments.store import Store
from depnb.inputs.loading import evenly_spaced
from depnb.inputs.spec import PLAIN_FRAME
from depnb.methods.contract import OURS, Learning
from depnb.methods.distribution import ROWS, model
from depnb.reports import tables
from depnb.reports.summaries import Summary
from depnb.reports.words import answer, claim_word
from depnb.system import repository as place_of_all
from depnb.system.repository import demand_ignored
from depnb.training import loop
from tests.bright import open_everywhere
from tests.results_made import agreeing, result_of
from tools.check_committed import check

RUN = Run("distribution", "expectation", profile="smoke")


def summary(low, high, learnt=True):
    names = ("rmse", "rmse_sd", "mae", "mae_sd", "rmse_low", "rmse_high", "constant")
    texts = dict.fromkeys(("paper", "row", "corpus", "title", "protocol", "profile", "partition"), "x")
    numbers = dict.fromkeys(names, 8.0) | {"constant": 10.0}
    return Summary(
        **texts, seeds=1, people=100, **numbers, noise_floor=None,
        difference=(low + high) / 2, low=low, high=high, learnt=learnt,
    )  # fmt: skip


INTERVALS = {(-2, -1): "better", (-1, -1e-9): "better", (-1, 0): "cannot tell", (-1, 1): "cannot tell",
             (0, 1): "cannot tell", (1e-9, 1): "worse", (1, 2): "worse"}  # fmt: skip


@pytest.mark.parametrize("ends", INTERVALS)
def test_a_row_is_better_or_worse_than_the_constant_if_its_whole_interval_lies_on_one_side_of_zero(ends):
    assert answer(*ends) == INTERVALS[ends]
    assert summary(*ends).verdict == INTERVALS[ends]
    assert summary(*ends, learnt=False).verdict == "not trained"


@pytest.mark.parametrize(
    ("difference", "corrected", "word"),
    [(-1, 0.049, "supported"), (1, 0.049, "reversed"), (-1, 0.05, "undecided"), (1, 1.0, "undecided")],
)
def test_a_claim_is_decided_by_its_corrected_p_value(difference, corrected, word):
    assert claim_word(difference, corrected) == word


def test_the_gain_is_the_share_below_the_constant():
    assert summary(-2, -1).gain == pytest.approx(0.2)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with the folders that git takes and ignores, and this process in it."""
    root = tmp_path / "repository"
    for name in ("results", "runs", "my", "figures"):
        (root / name).mkdir(parents=True)
    (root / "runs" / "link").symlink_to(root / "results")
    (root / "figures" / "link").symlink_to(tmp_path)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "link").symlink_to(root / "results")
    monkeypatch.setattr(place_of_all, "COMMITTED", root / "results")
    monkeypatch.chdir(root)
    return root


REFUSED = ("results", "figures", "figures/deep", ".", "runs/../results", "runs/link", "runs/link/deep", "new",
           "../outside/link", "runs2", "mymodels", "my/../figures")  # fmt: skip
ALLOWED = ("runs", "runs/mine", "my/place", "results/../runs/mine", "..", "../outside", "figures/link/outside")


@pytest.mark.parametrize("place", REFUSED)
@pytest.mark.parametrize("absolute", [False, True])
def test_what_is_about_people_is_refused_where_git_would_take_it(repository, place, absolute):
    with pytest.raises(ValueError, match="git would take it"):
        demand_ignored(repository / place if absolute else Path(place), "mine")


@pytest.mark.parametrize("place", ALLOWED)
@pytest.mark.parametrize("absolute", [False, True])
def test_what_is_about_people_may_lie_in_ignored_folders_and_outside(repository, place, absolute):
    assert demand_ignored(repository / place if absolute else Path(place), "mine") is None


def licensed(run):
    return agreeing(replace(result_of(run), facts={"corpus": {"sha256": "0"}}, predictions={}))


def test_a_store_and_a_table_refuse_real_people_in_each_way_to_name_a_folder(repository):
    for place in REFUSED:
        with pytest.raises(ValueError, match="git would take it"):
            Store(place).save(licensed(RUN))
    good = Store("runs/mine")
    assert good.save(licensed(RUN)).is_file()
    for place in REFUSED:
        with pytest.raises(ValueError, match="git would take it"):
            tables.check(good, Path(place))
    assert tables.check(good, Path("runs/tables")) is None


def test_what_is_predicted_of_ones_own_video_is_refused_and_of_a_drawn_one_not(repository, tmp_path):
    video = tmp_path / "outside" / "me.mp4"
    video.write_bytes(b"")
    assert not was_generated(video)
    for place in REFUSED:
        with pytest.raises(ValueError, match="git would take it"):
            predict.demand_place(video, place)
    drawn = open_generated(named_recipe("both-tiny"), tmp_path / "drawn").recordings[0].video
    drawn.parent.mkdir(parents=True)
    drawn.write_bytes(b"drawn")
    truth_path(drawn).write_bytes(b"truth")
    seal(drawn)
    assert was_generated(drawn)
    assert predict.demand_place(drawn, "results") is None


def test_a_run_on_people_is_not_claimed_for_a_store_or_networks_that_git_takes(repository, monkeypatch):
    open_everywhere(monkeypatch, lambda corpus, profile: SimpleNamespace(licensed=True))
    for store in (Store("runs/../results"), Store("runs/link"), Store("runs/mine", networks="runs/../figures")):
        with pytest.raises(ValueError, match="git would take it"):
            store.demand_place(RUN)
    assert Store("runs/mine", networks="my/networks").demand_place(RUN) is None


def test_a_result_on_people_must_not_be_committed_under_any_name(tmp_path):
    place = tmp_path / "anywhere" / "one.json"
    place.parent.mkdir()
    place.write_text('{"run": {"corpus": "both"}, "facts": {"corpus": {"sha256": "0"}}}')
    assert any("out of git" in problem for problem in check(place))


@pytest.mark.parametrize("change", [{"seed": 1}, {"seed": 10}, {"row": "euclidean"}, {"profile": "quick"},
                                    {"corpus": "null"}, {"protocol": "paper"}], ids=str)  # fmt: skip
def test_saving_one_result_keeps_those_of_other_runs(tmp_path, change):
    store, other = Store(tmp_path / "store"), replace(RUN, **change)
    for run in (RUN, other, RUN):
        store.save(result_of(run))
    assert {result.run for result in store.results()} == {RUN, other}


def test_saving_a_result_removes_that_of_the_same_run_by_other_facts(tmp_path):
    store = Store(tmp_path / "store")
    path = store.save(result_of(RUN))
    old = path.with_name(path.name.replace(RUN.digest[:8], "0" * 8))
    path.rename(old)
    assert store.save(result_of(RUN)) == path
    assert not old.exists()


def test_saving_leaves_what_a_corpus_of_the_same_name_elsewhere_has(tmp_path, monkeypatch):
    open_everywhere(monkeypatch, lambda corpus, profile: SimpleNamespace(
        licensed=False, generated=False, fingerprint={"at": corpus}, name="mine"
    ))  # fmt: skip
    store = Store(tmp_path)
    one, other = (replace(RUN, corpus=f"/{place}/mine") for place in "ab")
    paths = [store.save(result_of(run)) for run in (one, other)]
    assert all(path.exists() for path in paths)
    assert len({path.name.rpartition("-")[0] for path in paths}) == 1


@pytest.mark.parametrize(("parts", "whole"), [((True, True), True), ((True, False), False), ((False, True), False)])
def test_a_fused_row_has_learnt_if_all_of_its_parts_have(parts, whole, monkeypatch):
    monkeypatch.setattr(evaluation, "numbers_of", lambda evaluated, counts: {"metrics": {}, "baselines": {}})
    run = Run("temporal_pooling", "two_stream", profile="smoke")
    rows = ("appearance", "temporal_9")
    made = [(replace(result_of(replace(run, row=row)), learnt=one), {}) for row, one in zip(rows, parts, strict=True)]
    fused, _ = evaluation.fuse(run, made)
    assert fused.learnt is whole
    assert fused.run == run
    assert fused.selected_steps == (1, 1)


CURVES = {
    "the first check may win": (OURS, [9, 1, 2, 6, 5, 7, 8], 2),
    "the check in the middle may win": (OURS, [9, 4, 4, 3, 5, 5, 5], 6),
    "of two equal checks the earlier one is kept": (OURS, [9, 9, 9, 4, 3, 3, 3], 8),
    "the last check may win": (OURS, [9, 9, 9, 8, 7, 6, 5], 12),
    "the constant predictor wins if no check is better": (OURS, [4, 5, 7, 4, 4, 5, 6], 0),
    "with patience every check counts": (Learning(patience=1000), [9, 1, 2, 6, 5, 7, 8], 2),
}


@pytest.mark.parametrize("rule", CURVES)
def test_which_check_selects_the_step(rule, bright, profile, monkeypatch):
    learning, errors, expected = CURVES[rule]
    left = iter(errors)
    monkeypatch.setattr(loop, "_check", lambda *rest: {"rmse": float(next(left))})
    done = loop.train(
        lambda: model(ROWS["euclidean"], profile.scale),
        bright["train"],
        bright["development"],
        replace(profile, steps=12, batch=2),
        seed=0,
        input_spec=PLAIN_FRAME,
        learning=learning,
        device="cpu",
    )
    assert [check["step"] for check in done.curve] == [0, 2, 4, 6, 8, 10, 12]
    assert done.selected_step == expected


def test_an_interval_leaves_out_two_and_a_half_percent_on_either_side():
    rng = np.random.default_rng(0)
    error = rng.normal(20, 5, 400)
    low, high = subject_bootstrap(np.zeros(400), error, [str(k) for k in range(400)], mae, n=6000)
    half = 1.96 * error.std() / 20
    assert high - error.mean() == pytest.approx(half, rel=0.08)
    assert error.mean() - low == pytest.approx(half, rel=0.08)


def test_as_many_people_are_drawn_as_there_are_and_some_of_them_again():
    rows, times = _draws(("a", "a", "b", "c"), 4, 500, 0)
    assert {len(row) for row in rows} <= set(range(3, 7))
    assert (times[:, 0] == times[:, 1]).all()
    assert (times[:, [0, 2, 3]].sum(1) == 3).all()
    assert times.max() == 3


@pytest.mark.parametrize(("count_", "n", "index"), [(10, 5, [1, 3, 5, 7, 9]), (9, 3, [1, 4, 7]), (100, 1, [50]),
                                                   (2, 4, [0, 0, 1, 1])])  # fmt: skip
def test_evenly_spaced_frames_are_the_middles_of_equal_parts(count_, n, index):
    assert evenly_spaced(count_, n).tolist() == index
