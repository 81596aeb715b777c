"""What runs will cost, and their order."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from depnb.experiments import corpora
from depnb.experiments.corpora import open_for_profile
from depnb.experiments.plan import (
    OPERATIONS,
    estimate,
    gpu_hours,
    in_order,
    lacking_bodies,
    makespan,
    operations,
    seconds_of,
)
from depnb.experiments.run import Run
from depnb.experiments.split import crops_needed
from depnb.faces.crops import bytes_of_a_crop
from depnb.methods.registry import method, papers, resolve
from depnb.nets.cost import gmac
from tests import bad_videos
from tests.corpus import trees

RUN = Run("distribution", "expectation", profile="smoke")


@pytest.fixture
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path))
    corpora.open_for_profile.cache_clear()
    yield
    corpora.open_for_profile.cache_clear()


def test_the_plan_counts_what_is_not_there(empty_cache):
    both, null = RUN, replace(RUN, corpus="null")
    folds = replace(RUN, protocol="disjoint")
    videos, crops, _, pretrainings, trainings = estimate([both, null, folds])
    assert videos[0] == crops[0].replace("crops", "videos") == "58 videos"
    assert pretrainings[0] == "1 face pretrainings"
    assert trainings[0] == "7 trainings"
    generated = [line for line in estimate([both, null]) if not line[0].endswith("reduced for networks")]
    assert all(seconds > 0 and megabytes > 0 for _, seconds, megabytes in generated)


def test_fused_rows_come_last_and_what_they_are_made_of_is_a_run_of_its_own():
    fused = Run("temporal_pooling", "two_stream")
    still = replace(fused, row="appearance")
    ordered = in_order([fused, still, replace(fused, row="temporal_17")])
    assert ordered[-1] == fused
    assert {run.row for run in ordered[:-1]} == {"appearance", "temporal_9", "temporal_17"}
    assert len(ordered) == 4


def test_of_real_people_a_fused_row_trains_its_parts_and_leaves_them(avec):
    fused = Run("temporal_pooling", "two_stream", str(avec), profile="smoke")
    parts = [replace(fused, row=row) for row in ("appearance", "temporal_9")]
    other = replace(fused, row="temporal_17")
    ordered = in_order([*parts, other, fused])
    assert ordered[:2] == [fused, other]
    assert set(ordered[2:]) == set(parts)


def test_each_body_that_is_lacking_is_a_unit_once(monkeypatch, tmp_path):
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path))
    faces = [Run("distribution", f"{row}[face_epochs=20.0]") for row in ("euclidean", "expectation")]
    runs = [replace(run, profile="quick") for run in (*faces, Run("dlga", "ga"), Run("msn", "i3d"), Run("msn", "c3d"))]
    found = lacking_bodies(runs, "cpu")
    assert sorted(run.paper for run in found.values()) == ["distribution", "msn", "msn"]
    (first, *_) = found
    first.parent.mkdir(parents=True)
    first.touch()
    assert first not in lacking_bodies(runs, "cpu")


@pytest.fixture
def avec(tmp_path):
    """A miniature AVEC2014 of 8 videos of 24 frames."""
    video = bad_videos.good(tmp_path, count=24)
    return trees.avec2014(tmp_path / "AVEC2014", put=trees.copy_of(video))


@pytest.mark.parametrize(
    ("paper", "row", "protocol", "every"),
    [
        ("distribution", "expectation", "paper", 10),
        ("distribution", "expectation", "selected", 1),
        ("msn", "msn", "paper", 8),
        ("temporal_pooling", "two_stream", "paper", 1),
    ],
)
def test_a_protocol_asks_for_the_crops_that_it_uses(avec, paper, row, protocol, every):
    run = Run(paper, row, str(avec), protocol, "paper")
    assert crops_needed([run], open_for_profile(str(avec), "paper")) == [every]
    _, (what, seconds, megabytes), *_ = estimate([run])
    assert what == "8 crops"
    assert megabytes == pytest.approx(8 * 24 / every * bytes_of_a_crop() / 1e6)
    assert seconds > 0


def test_crops_of_all_frames_serve_every_method(avec):
    runs = [
        Run(paper, row, str(avec), "paper", "paper")
        for paper, row in (("msn", "msn"), ("temporal_pooling", "temporal_9"))
    ]
    assert crops_needed(runs, open_for_profile(str(avec), "paper")) == [1]


@pytest.mark.parametrize(("row", "of_a_frame"), [("appearance", 0), ("temporal_9", 224**2)])
def test_still_images_of_the_size_of_crops_take_no_further_disk(avec, row, of_a_frame):
    _, _, (what, _, megabytes), *_ = estimate([Run("temporal_pooling", row, str(avec), "paper", "paper")])
    assert what == f"{8 if of_a_frame else 0} videos reduced for networks"
    assert megabytes == pytest.approx(8 * 24 * of_a_frame / 1e6)


def test_operations_are_those_of_the_steps_and_the_predictions():
    run = Run("distribution", "expectation", profile="paper")
    of = resolve(method("distribution"), run.row, "paper", "honest", open_for_profile("both", "paper"))
    forward = 2e9 * gmac(method("distribution").model(of.config), (1, 3, 224, 224))
    corpus = open_for_profile("both", "paper")
    predicted = 6 * 100 + len(corpus.partition("test", "unseen"))
    expected = forward * (3 * of.profile.steps * of.profile.batch + predicted * of.profile.frames)
    assert operations(run) == pytest.approx(expected)
    assert gpu_hours([run]) == pytest.approx(expected / OPERATIONS["cuda"] / 3600)


@pytest.mark.slow
@pytest.mark.parametrize("paper", papers())
def test_the_operations_of_every_row_can_be_counted(paper):
    for row in method(paper).rows:
        assert operations(Run(paper, row, profile="paper")) > 1e12


FIVE = dict(zip("abcde", (5, 4, 3, 3, 3), strict=True))


@pytest.mark.parametrize(
    ("workers", "after", "expected"),
    [
        (2, {}, 10),  # a, c until 8; b, d, e until 10
        (1, {}, 18),
        (9, {}, 5),
        (9, {"a": "b"}, 9),
        (2, {"a": "e"}, 12),  # b, d until 7; c, e until 6, then a until 11 … e is tried before a
        (1, {"a": "e"}, 18),
        (2, {"a": "z"}, 10),  # z is there
    ],
)
def test_the_last_of_five_units_ends_when_it_ends(workers, after, expected):
    assert makespan(FIVE, workers, after) == expected


@given(st.lists(st.integers(0, 100), min_size=1), st.integers(1, 9))
def test_no_schedule_is_far_from_the_shortest(seconds, workers):
    found = makespan(dict(enumerate(seconds)), workers, {})
    assert max(max(seconds), sum(seconds) / workers) <= found <= sum(seconds) / workers + max(seconds)


def test_a_fused_row_takes_nothing_where_its_parts_are_stored_and_all_of_it_where_they_are_not(avec):
    fused = Run("temporal_pooling", "two_stream", profile="quick")
    assert seconds_of(fused, "cpu") == 0
    real = replace(fused, corpus=str(avec))
    assert seconds_of(real, "cpu") == sum(
        seconds_of(replace(real, row=row), "cpu") for row in ("appearance", "temporal_9")
    )
