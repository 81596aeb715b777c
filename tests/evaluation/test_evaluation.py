import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from torchmetrics.functional import concordance_corrcoef

from depnb.evaluation import (
    BANDS,
    band,
    band_bias,
    ccc,
    clipped,
    mae,
    paired_subject_bootstrap,
    pcc,
    rmse,
    subject_bootstrap,
    video_scores,
)

PAIRS = st.integers(1, 40).flatmap(
    lambda n: st.tuples(*[hnp.arrays(float, n, elements=st.floats(-100, 100)) for _ in range(2)])
)


@given(PAIRS)
def test_metrics_equal_scikit_learns(pair):
    y, pred = pair
    assert mae(y, pred) == pytest.approx(mean_absolute_error(y, pred))
    assert rmse(y, pred) == pytest.approx(root_mean_squared_error(y, pred))


def test_correlations():
    rng = np.random.default_rng(0)
    y = rng.normal(15, 12, 80)
    pred = 5 + 0.5 * y + rng.normal(0, 5, 80)
    assert pcc(y, pred) == pytest.approx(scipy.stats.pearsonr(y, pred).statistic)
    assert ccc(y, y) == pytest.approx(1)
    assert ccc(y, y + 12) < pcc(y, y + 12) == pytest.approx(1)
    assert ccc(y, pred) < pcc(y, pred)
    assert np.isnan(pcc(y, np.full(80, 15.0)))


@given(st.integers(0, 10_000), st.integers(3, 60))
@settings(deadline=None)
def test_correlations_equal_scipys_and_torchmetrics(seed, videos):
    rng = np.random.default_rng(seed)
    y = rng.normal(0, 12, videos)
    pred = rng.uniform(-1, 1) * y + rng.normal(0, rng.uniform(1, 15), videos)
    assert pcc(y, pred) == pytest.approx(scipy.stats.pearsonr(y, pred).statistic)
    y, pred = (
        y - y.mean(),
        pred - pred.mean(),
    )  # torchmetrics divides (co)variances by N − 1, Lin by N: equal without bias
    theirs = concordance_corrcoef(torch.from_numpy(pred), torch.from_numpy(y)).item()
    assert ccc(y, pred) == pytest.approx(theirs, abs=1e-6)
    bias = rng.uniform(0, 20)
    shifted = 2 * np.mean(y * pred) / (np.mean(y**2) + np.mean(pred**2) + bias**2)
    assert ccc(y, pred + bias) == pytest.approx(shifted)


def test_correlation_of_a_constant_is_not_a_number_and_no_warning():
    for constant in (np.full(80, 0.1), np.full(80, 15.0)):
        assert np.isnan(pcc(np.arange(80.0), constant))
        assert ccc(np.arange(80.0), constant) == 0


def test_bands_cover_the_scale_once():
    assert [low for _, low, _ in BANDS[1:]] == [high + 1 for _, _, high in BANDS[:-1]]
    edges = {"minimal": (0, 13), "mild": (14, 19), "moderate": (20, 28), "severe": (29, 63)}
    assert {name: (low, high) for name, low, high in BANDS} == edges
    for name, ends in edges.items():
        assert [band(end) for end in ends] == [name, name]
    assert band(13.9) == "minimal"
    for beyond in (-1, 63.5, np.nan):
        with pytest.raises(ValueError, match="runs from 0 to 63"):
            band(beyond)


def test_bias_shows_what_regresses_to_the_mean():
    y = np.array([2.0, 10, 24, 40, 44])
    bias = band_bias(y, np.full(5, 15.0))
    assert bias["minimal"] == (2, pytest.approx(9))
    assert bias["moderate"] == (1, pytest.approx(-9))
    assert bias["severe"] == (2, pytest.approx(-27))
    assert list(bias) == ["minimal", "mild", "moderate", "severe"]
    assert bias["mild"][0] == 0
    assert np.isnan(bias["mild"][1])


def test_clipping_keeps_what_lies_on_the_scale():
    assert clipped([-4, 0, 31.5, 63, 71]).tolist() == [0, 0, 31.5, 63, 63]
    assert clipped([[-1.0], [70.0]]).shape == (2, 1)


def test_rmse_is_not_an_average_over_mini_batches():
    rng = np.random.default_rng(1)
    y, pred = rng.normal(0, 9, 1000), np.zeros(1000)
    of_batches = np.mean([rmse(y[k : k + 2], pred[k : k + 2]) for k in range(0, 1000, 2)])
    assert rmse(y, pred) == pytest.approx(9, abs=0.5)
    assert of_batches < rmse(y, pred) - 0.8


@pytest.mark.parametrize("metric", [mae, rmse, pcc, ccc])
def test_what_cannot_be_compared_is_refused(metric):
    for y, pred in [([1, 2], [1]), ([], []), ([[1]], [[1]])]:
        with pytest.raises(ValueError, match="same length"):
            metric(y, pred)
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="not a finite number"):
            metric([1, 2], [1, bad])


def test_video_scores_of_videos_of_any_length_in_any_order():
    scores, videos = [1, 10, 2, 6, 20], ["b", "a", "b", "b", "a"]
    assert video_scores(scores, videos) == {"b": 3.0, "a": 15.0}
    assert video_scores(scores, videos, how="median") == {"b": 2.0, "a": 15.0}
    assert list(video_scores(scores, videos)) == ["b", "a"]
    with pytest.raises(ValueError, match="one score for each of 2"):
        video_scores([1, 2, 3], ["a", "b"])
    with pytest.raises(ValueError, match="mean or median"):
        video_scores([1], ["a"], how="mode")


def few_people(people: int = 10, videos: int = 20):
    """Errors that differ between people and hardly within."""
    rng = np.random.default_rng(0)
    error = rng.normal(0, 8, people).repeat(videos) + rng.normal(0, 0.5, people * videos)
    y = rng.uniform(0, 45, people).repeat(videos)
    return y, y + error, [f"{200 + k}" for k in range(people) for _ in range(videos)]


def test_the_bootstrap_draws_people_and_not_recordings():
    y, pred, people = few_people()
    recordings = [f"{person}_{k}" for k, person in enumerate(people)]
    low, high = subject_bootstrap(y, pred, people)
    low_videos, high_videos = subject_bootstrap(y, pred, recordings)
    assert low < rmse(y, pred) < high
    assert high - low > 3 * (high_videos - low_videos)


def test_the_bootstrap_of_one_video_a_person_equals_scipys():
    rng = np.random.default_rng(0)
    y, pred = rng.normal(15, 12, 60), rng.normal(15, 5, 60)
    ours = subject_bootstrap(y, pred, [str(k) for k in range(60)], n=5000)
    theirs = scipy.stats.bootstrap(
        (y, pred), rmse, paired=True, vectorized=False, n_resamples=5000, method="percentile", rng=1
    ).confidence_interval
    assert ours == pytest.approx(tuple(theirs), abs=0.15)


def test_the_bootstrap_repeats_itself_and_checks_its_people():
    y, pred, people = few_people()
    assert subject_bootstrap(y, pred, people, mae) == subject_bootstrap(y, pred, people, mae)
    assert subject_bootstrap(y, pred, people, seed=1) != subject_bootstrap(y, pred, people)
    with pytest.raises(ValueError, match="200 videos, got 1 names"):
        subject_bootstrap(y, pred, ["203"])


def test_paired_comparison_averages_over_seeds():
    rng = np.random.default_rng(2)
    y, people = rng.uniform(0, 45, 100), [str(k) for k in range(100)]
    good = y + rng.normal(0, 5, (3, 100))
    constant = np.full(100, y.mean())
    difference, low, high = paired_subject_bootstrap(y, good, constant, people)
    assert difference == pytest.approx(np.mean([rmse(y, scores) for scores in good]) - rmse(y, constant))
    assert low < difference < high < 0
    assert paired_subject_bootstrap(y, constant, good, people)[1] > 0
    assert paired_subject_bootstrap(y, good[0], good[0], people) == (0, 0, 0)


def test_pairing_cancels_what_is_hard_for_both():
    y, pred, people = few_people()
    slightly_better = y + 0.97 * (pred - y)
    assert paired_subject_bootstrap(y, slightly_better, pred, people)[2] < 0
    assert subject_bootstrap(y, slightly_better, people)[1] > rmse(y, pred)


@pytest.mark.parametrize("metric", [rmse, mae])
def test_intervals_from_counts_equal_those_from_drawn_videos(metric):
    """A mean over people's errors is computed for all draws at once; any other metric draw by draw."""
    rng = np.random.default_rng(3)
    y, first, second = rng.uniform(0, 63, (3, 40))
    subjects = [f"p{person}" for person in rng.integers(0, 15, 40)]

    def plain(y, pred):
        return metric(y, pred)

    one = [subject_bootstrap(y, first, subjects, by, n=50) for by in (metric, plain)]
    two = [paired_subject_bootstrap(y, first, second, subjects, by, n=50) for by in (metric, plain)]
    for fast, slow in (one, two):
        np.testing.assert_allclose(fast, slow, rtol=0, atol=1e-9)
