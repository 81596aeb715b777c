"""Nobody can compute the labels of real people from what is kept and handed on of them: the attack is tried."""

from dataclasses import replace
from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given, strategies as st

from depnb.evaluation.intervals import conformal_radius
from depnb.experiments import disclosure
from depnb.experiments.disclosure import coarse_errors, handed_on, kept
from depnb.experiments.evaluation import numbers_of
from depnb.experiments.result import Attention, Predictions, Result
from depnb.experiments.run import Run
from depnb.reports.aggregates import aggregates
from tests.results_made import result_of

CONSTANT = 14.87
"""Mean of the training labels, which the attacker is taken to know."""
LICENSED = {"corpus": {"sha256": "0" * 64}}


def labels_of(people: int, seed: int = 0) -> np.ndarray:
    """Labels spread as AVEC's are [people]."""
    return np.clip(np.random.default_rng(seed).gamma(1.6, 9.5, people).round(), 0, 45)


def predictions(labels, first: int = 0) -> Predictions:
    """One video each, of a network that says the same to everybody: its errors tell of labels alone."""
    names = tuple(f"{number + first}_1" for number in range(len(labels)))
    same = (CONSTANT,) * len(labels)
    return Predictions(names, names, tuple(map(float, labels)), same, same, same, same)


def result_on(trained_on: int = 0, unscored: int = 0, **labels) -> Result:
    evaluated = {name: predictions(values) for name, values in labels.items()}
    counts = dict.fromkeys(evaluated, {"trained_on": float(trained_on), "unscored": float(unscored)})
    run = Run("distribution", "expectation", "/data/AVEC2014", profile="smoke")
    made = result_of(Run("distribution", "expectation"))
    return replace(made, run=run, facts=LICENSED, predictions={}, **numbers_of(evaluated, counts))


@pytest.fixture(autouse=True)
def _digest(monkeypatch):
    monkeypatch.setattr(Run, "digest", "0" * 64)


def errors_of(labels) -> np.ndarray:
    """MAE and RMSE of the constant for labels [..., N]: [2, ...]."""
    off = np.abs(np.asarray(labels) - CONSTANT)
    return np.stack([off.mean(-1), np.sqrt(np.square(off).mean(-1))])


def told(numbers: dict[str, float], digits: int) -> dict[int, tuple[float, float]]:
    """MAE and RMSE of the constant as far as they are told, each with half its last digit."""
    return {i: (numbers[n], 0.5 * 10.0**-digits + 1e-9) for i, n in enumerate(("mae", "rmse")) if n in numbers}


def fitting(candidates: np.ndarray, known: dict[int, tuple[float, float]]) -> np.ndarray:
    """Which label sets [M, N] have all the errors that are told [M]."""
    errors = errors_of(candidates)
    return np.all([np.abs(errors[i] - value) <= width for i, (value, width) in known.items()], axis=0)


def every_set(people: int) -> np.ndarray:
    return np.array(list(combinations_with_replacement(range(64), people)), dtype=np.uint8)


def near(labels: np.ndarray, changed: int) -> np.ndarray:
    """All label sets in which the first labels are others, which is enough to find several that fit [M, N]."""
    other = every_set(changed)
    other = other[(other != sorted(labels[:changed])).any(1)]
    return np.hstack([np.broadcast_to(labels[changed:].astype(np.uint8), (len(other), len(labels) - changed)), other])


def test_the_attack_finds_the_labels_of_four_people_in_exact_numbers():
    labels = np.array([11, 19, 25, 29])
    candidates = every_set(4)
    exact = dict(zip(("mae", "rmse"), errors_of(labels), strict=True))
    (found,) = candidates[fitting(candidates, told(exact, 10))]
    assert found.tolist() == labels.tolist()
    rounded = candidates[fitting(candidates, told({n: round(v, 2) for n, v in exact.items()}, 2))]
    assert len(rounded) < 50


@pytest.mark.parametrize("people", [1, 2, 3, 4])
def test_in_the_result_of_a_tiny_partition_the_attack_finds_many_sets_of_labels(people):
    labels = labels_of(people)
    result = result_on(test=labels)
    assert result.baselines["test"] == {}
    assert not result.metrics["test"].keys() & {"pcc", "ccc", "rmse_median", "rmse_clipped", "bias_minimal"}
    candidates = every_set(people)
    middle = {name: result.metrics["test"][name] - 5 for name in ("mae", "rmse")}  # they are rounded upwards
    found = candidates[fitting(candidates, told(middle, -1))]
    assert len(found) >= 10 * people
    assert all(len(np.unique(column)) > 5 for column in found.T)


@pytest.mark.parametrize(("people", "digits"), [(5, 0), (7, 0), (19, 0), (20, 2), (50, 2)])
@pytest.mark.parametrize("seed", range(3))
def test_in_a_result_many_sets_of_labels_fit(people, digits, seed):
    labels = labels_of(people, seed)
    result = result_on(test=labels)
    assert bool(result.baselines["test"]) == (people >= 20)
    known = told(result.metrics["test"], digits)
    assert fitting(labels[None], known).all()
    assert len(known) == 2
    assert fitting(near(labels, 4), known).any()


@pytest.mark.parametrize(("people", "exported"), [(5, False), (7, False), (19, False), (20, True), (50, True)])
@pytest.mark.parametrize("seed", range(3))
def test_in_an_export_many_sets_of_labels_fit(people, exported, seed):
    labels = labels_of(people, seed)
    result = result_on(test=labels)
    (line,) = aggregates([result])
    numbers = {n: line[f"constant_{n}"] for n in ("mae", "rmse") if line[f"constant_{n}"] is not None}
    assert bool(numbers) == (line["rmse"] is not None) == exported
    if exported:
        known = told(numbers, 0)
        assert fitting(labels[None], known).all()
        fits = [fitting(near(np.roll(labels, k), 2), known).sum() for k in range(people)]
        assert min(fits) >= 20  # whichever two people the attacker looks for
        assert handed_on([result])[0].baselines["test"]["constant"] == numbers


@pytest.mark.parametrize("seed", range(3))
def test_who_knows_all_labels_but_one_does_not_find_it(seed):
    """What remains in spite of it stands in docs/privacy.md."""
    labels = labels_of(50, seed)
    (line,) = aggregates([result_on(test=labels)])
    known = told({n: line[f"constant_{n}"] for n in ("mae", "rmse")}, 0)
    left = [
        fitting(np.hstack([np.broadcast_to(np.delete(labels, k), (64, 49)), np.arange(64)[:, None]]), known).sum()
        for k in range(50)
    ]
    assert min(left) >= 10


@pytest.mark.parametrize("rest", [1, 4, 9])
def test_the_difference_of_two_partitions_is_not_told(rest):
    labels = labels_of(50)
    result = result_on(test=labels, unseen=labels[: 50 - rest])
    assert result.baselines["unseen"] == {}
    assert result.baselines["test"].keys() == {"constant", "identity_only"}
    test, unseen = aggregates([result])
    assert test["constant_rmse"] is not None
    assert unseen["rmse"] is unseen["people"] is None
    assert list(handed_on([result])[0].metrics) == ["test"]
    enough = result_on(test=labels, unseen=labels[:40])
    assert enough.baselines["unseen"].keys() == {"constant", "identity_only"}


def test_beside_a_recording_without_a_score_nothing_is_compared():
    assert result_on(test=labels_of(50), unscored=1).baselines == {"test": {}}
    assert result_on(test=labels_of(50), trained_on=9).baselines["test"].keys() == {"constant"}
    assert result_on(test=labels_of(50), trained_on=10).baselines["test"].keys() == {"constant", "identity_only"}


def test_a_result_that_an_older_depnb_kept_tells_no_more():
    full = result_on(test=labels_of(50), unseen=labels_of(30))
    small = {"subjects": 7.0, "rest_of_test": 0.0, "trained_on": 0.0, "unscored": 0.0}
    old = replace(full, metrics={"test": small, "unseen": {"subjects": 30.0}})
    assert [disclosure.rivals(old, name) for name in old.metrics] == [{}, {}]
    assert handed_on([old])[0].metrics == {}


def test_a_researcher_still_reads_two_digits_of_fifty_people():
    numbers = {"subjects": 50.0, "rest_of_test": 0.0, "trained_on": 0.0, "unscored": 0.0, "rmse": 8.4837, "pcc": 0.456}
    assert kept(numbers)["rmse"] == 8.48
    assert kept(numbers | {"subjects": 7.0})["rmse"] == 8
    assert "pcc" not in kept(numbers | {"subjects": 7.0})


@pytest.mark.parametrize(("people", "rmse"), [(20, 8.48), (19, 8.0)])
def test_curves_are_as_coarse_as_errors(people, rmse):
    curve = ({"step": 20, "rmse": 8.4837, "train_loss": 1.0},)
    assert disclosure.kept_curve(curve, people) == ({"step": 20, "rmse": rmse, "train_loss": 1.0},)


def test_generated_people_have_no_secrets():
    evaluated = {"test": predictions(labels_of(3))}
    numbers = numbers_of(evaluated, None)
    assert numbers["baselines"]["test"]["constant"]["rmse"] == pytest.approx(errors_of(labels_of(3))[1], abs=1e-12)


def test_the_mean_label_of_a_map_is_coarse():
    found = disclosure.coarse_attention(Attention("severe: mean of 5 people", 0, 34.4, 20.6123, ((0.5,),)))
    assert (found.bdi, found.score) == (34.0, 21.0)


errors = st.lists(st.tuples(st.floats(0, 63), st.sampled_from([1, 2, 4])), max_size=120)


@given(errors)
def test_errors_in_kept_networks_are_of_five_people_and_in_whole_points(found):
    coarse = coarse_errors(found)
    people = sum(1 / videos for _, videos in found)
    if people < disclosure.FEWEST_COMPARED - 1e-6:
        assert coarse == ()
        return
    assert sorted(videos for _, videos in coarse) == sorted(videos for _, videos in found)
    assert [error for error, _ in coarse] == sorted(error for error, _ in coarse)
    for value in {error for error, _ in coarse}:
        assert value == round(value)
        assert sum(1 / videos for error, videos in coarse if error == value) >= 5 - 1e-6
    for coverage in (0.5, 0.8, 0.9):
        exact = conformal_radius([e for e, _ in found], [v for _, v in found], coverage)
        assert conformal_radius([e for e, _ in coarse], [v for _, v in coarse], coverage) >= exact


def test_no_label_fits_one_error_of_a_kept_network_only():
    """Somebody with the network and all videos knows the scores: of exact errors each fits one label."""
    labels = labels_of(40)
    scores = labels + np.random.default_rng(1).normal(0, 9, 40)
    exact = np.abs(scores - labels).round(4)
    fits = lambda kept, score: [y for y in range(64) if np.isclose(abs(score - y), kept, atol=6e-5).any()]  # noqa: E731
    assert sum(fits(exact, score) == [y] for score, y in zip(scores, labels, strict=True)) > 30
    coarse = np.array([error for error, _ in coarse_errors([(e, 1) for e in exact])])
    bounds = np.unique(coarse)
    assert len(bounds) <= 8
    for score in scores:  # an error lies at or below any of the bounds
        assert sum(abs(score - y) <= bounds.max() for y in range(64)) > 10


def test_kept_errors_are_the_largest_of_five_people_in_whole_points_upwards():
    errors = [(k + 0.25, 1) for k in range(22)]
    groups = {5.0: 5, 10.0: 5, 15.0: 5, 22.0: 7}  # the last two people belong to the group before them
    assert coarse_errors(errors) == tuple((error, 1) for error, people in groups.items() for _ in range(people))
    assert coarse_errors(errors[:19]) == ()
