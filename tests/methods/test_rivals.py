"""What rivals look at, and how they get from it to a score."""

import subprocess
import sys
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from hypothesis import given, strategies as st
from statsmodels.tsa.stattools import acf

from depnb import faces
from depnb.corpus.records import Recording
from depnb.evaluation.folds import subject_folds
from depnb.faces.samples import astronaut
from depnb.methods import registry
from depnb.methods.profiles import CLIP_PROFILES, Scale
from depnb.methods.rivals import features, rows
from depnb.methods.rivals.features import TooFewFrames, chosen, dynamics, followers, frame_difference, normalised
from depnb.methods.rivals.regression import FOLDS, PENALTIES, fit
from depnb.system.files import cache_dir


def walk(frames: int) -> np.ndarray:
    """Landmarks [frames, 68, 2] of a face that moves at random."""
    face = np.random.default_rng(1).uniform(40, 180, (68, 2))
    return (face + np.random.default_rng(2).normal(size=(frames, 68, 2)).cumsum(0)).astype(np.float32)


def test_rivals_are_found_like_a_paper_and_are_none():
    assert registry.RIVALS not in registry.papers()
    paper = registry.method(registry.RIVALS)
    assert tuple(paper.rows) == tuple(rows.WORDS) == (*rows.SIMPLE, *rows.OF_THE_FIELD)
    assert registry.parts(paper, "frame_difference") == ("frame_difference",)
    assert all(registry.imported_weights(paper, row) == set() for row in paper.rows)
    assert paper.inputs(paper.rows["frame_difference"], CLIP_PROFILES["paper"]).step == CLIP_PROFILES["paper"].step
    with pytest.raises(TypeError, match="face_descriptors has no network"):
        paper.model(paper.rows["face_descriptors"], Scale())
    with pytest.raises(KeyError, match="choose from frame_difference, landmarks_moments"):
        registry.parts(paper, "nothing")


def test_rivals_need_no_torch():
    modules = "depnb.methods.rivals.features, depnb.methods.rivals.regression, depnb.experiments.rivals"
    look = f"import sys, {modules}; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], capture_output=True, text=True).stdout.split() == ["False"]


def test_which_frames_are_looked_at():
    found = np.ones(40, bool)
    found[[8, 9]] = False
    assert chosen(found, 4).tolist() == [0, 4, 12, 16, 20, 24, 28, 32, 36]
    most = features.STRETCHES * features.LENGTH
    assert chosen(np.ones(most, bool), 1).tolist() == list(range(most))
    long = chosen(np.ones(10 * most, bool), 2)
    assert len(set(long)) == len(long) == most
    assert (long[0], long[-1]) == (0, 10 * most - 2)
    assert np.bincount(np.diff(long))[2] == features.STRETCHES * (features.LENGTH - 1)


@given(st.sets(st.integers(0, 30), min_size=1), st.integers(1, 3), st.integers(1, 3))
def test_followers_are_all_pairs_of_frames_so_far_apart(frames, step, lag):
    index = np.array(sorted(frames)) * step
    pairs = [(i, j) for i, first in enumerate(index) for j, second in enumerate(index) if second - first == lag * step]
    if not pairs:
        with pytest.raises(TooFewFrames, match=f"{lag * step} frames apart"):
            followers(index, step, lag)
        return
    assert list(zip(*map(np.ndarray.tolist, followers(index, step, lag)), strict=True)) == pairs


def test_the_frame_difference_is_a_logarithm_that_a_frozen_picture_has_too():
    assert frame_difference(np.array([1.0, 3.0])).tolist() == [np.log(2.0)]
    assert frame_difference(np.zeros(5)).tolist() == [np.log(features.LEAST)]


@given(st.floats(0.5, 3), st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=6, max_size=6))
def test_landmarks_know_neither_where_a_face_is_nor_how_large(scale, shifts):
    landmarks = walk(6)
    moved = scale * landmarks + np.array(shifts)[:, None]
    assert np.allclose(normalised(moved.astype(np.float32)), normalised(landmarks), atol=1e-3)


def test_normalised_landmarks_are_eye_distances_around_the_middle_of_the_eyes():
    points = normalised(walk(6))
    left, right = points[:, 36:42].mean(1), points[:, 42:48].mean(1)
    assert np.allclose(left, -right)
    assert np.linalg.norm(right - left, axis=1).mean() == pytest.approx(1)


def test_moments_are_means_and_standard_deviations():
    landmarks = normalised(walk(6))
    found = features.moments(landmarks)
    assert found[:136].reshape(68, 2) == pytest.approx(np.mean(landmarks, axis=0))
    assert found[136:].reshape(68, 2) == pytest.approx(np.std(landmarks, axis=0))


def test_dynamics_are_speeds_and_the_autocorrelations_of_statsmodels():
    landmarks = walk(30).astype(float)
    found = dynamics(landmarks, np.arange(0, 60, 2), 2)
    assert found.shape == (68 + len(features.LAGS) * 136,)
    assert found[:68] == pytest.approx(np.hypot(*np.moveaxis(np.diff(landmarks, axis=0), 2, 0)).mean(0))
    for lag, ours in zip(features.LAGS, found[68:].reshape(-1, 136), strict=True):
        assert ours == pytest.approx([acf(x, adjusted=True, nlags=lag)[lag] for x in landmarks.reshape(30, -1).T])


def test_what_never_moves_has_speed_and_autocorrelation_0():
    assert not dynamics(np.ones((9, 68, 2)), np.arange(9), 1).any()


def test_across_a_gap_nothing_moves():
    """A jump between two stretches is no speed."""
    landmarks = np.concatenate([np.zeros((5, 68, 2)), np.full((5, 68, 2), 100.0)])
    index = np.array([0, 1, 2, 3, 4, 20, 21, 22, 23, 24])
    assert not dynamics(landmarks, index, 1)[:68].any()
    with pytest.raises(TooFewFrames, match="3 frames apart"):
        dynamics(landmarks[:3], index[:3], 1)


FRAMES = 12
"""Of the film below; the faces of a third of them are described."""


@pytest.fixture
def film(tmp_path, monkeypatch):
    """A recording of a real face in changing light; ``read`` counts how often its crops are taken out of their file."""
    monkeypatch.setenv("DEPNB_CACHE", str(tmp_path / "cache"))
    portrait = cv2.resize(astronaut()[20:220, 125:325], (faces.CROP_SIZE, faces.CROP_SIZE))
    frames = np.stack([(portrait * light).astype(np.uint8) for light in np.linspace(1, 0.6, FRAMES)])
    box = np.array([50.0, 30.0, 175.0, 200.0], np.float32)
    seen = SimpleNamespace(recording=Recording("203_1", None, "train", tmp_path / "v.mp4", 10.0), frames=frames, read=0)
    seen.recording.video.write_bytes(b"a video")

    def crops(recording, index, settings):
        seen.read += len(index) > 0
        return SimpleNamespace(
            arrays={"found": np.ones(FRAMES, bool)},
            frames=frames[np.asarray(index, int)],
            landmarks=np.array([faces.landmarks68(frames[k], box) for k in index]),
            decode=lambda places: frames[np.asarray(index)[places]],
        )

    monkeypatch.setattr(features.faces, "stored", crops)
    monkeypatch.setattr(features.faces, "load", crops)
    return seen


def test_the_frame_difference_of_a_film(film):
    middle = film.frames[:, 56:168, 56:168].astype(float).mean(3)
    expected = np.log(np.abs(np.diff(middle, axis=0)).mean())
    assert features.numbers(film.recording, "frame_difference", 1, FRAMES) == pytest.approx([expected], abs=1e-5)


def test_one_person_in_other_light_keeps_the_descriptors(film):
    """Distances of less than 0.6 are the same person, dlib says."""
    described = features._descriptors(film.recording, np.array([0, 11]), faces.Settings())
    assert described.shape == (2, 128)
    assert 0 < np.linalg.norm(described[0] - described[1]) < 0.4
    mean = features.numbers(film.recording, "face_descriptors", 1, FRAMES)
    assert np.linalg.norm(mean - described[0]) < 0.4


@pytest.mark.parametrize("name", rows.SIMPLE)
def test_a_video_is_looked_at_once(film, name):
    first = features.numbers(film.recording, name, 1, FRAMES)
    assert len(first) == {"frame_difference": 1, "landmarks_moments": 272, "landmarks_dynamics": 476}.get(name, 128)
    assert np.isfinite(first).all()
    assert film.read == 1
    assert (features.numbers(film.recording, name, 1, FRAMES) == first).all()
    assert film.read == 1
    features.numbers(film.recording, name, 2, FRAMES)
    assert film.read == 2
    for path in cache_dir().rglob("*.npy"):
        path.write_bytes(path.read_bytes()[:-1])
    assert (features.numbers(film.recording, name, 1, FRAMES) == first).all()
    assert film.read == 3


def test_both_rivals_on_landmarks_share_them(film):
    for name in ("landmarks_moments", "landmarks_dynamics"):
        features.numbers(film.recording, name, 1, FRAMES)
    assert film.read == 1


def test_a_video_without_a_face_has_no_numbers(film, monkeypatch):
    nobody = SimpleNamespace(arrays={"found": np.zeros(FRAMES, bool)})
    monkeypatch.setattr(features.faces, "stored", lambda *asked: nobody)
    with pytest.raises(TooFewFrames, match="no face"):
        features.numbers(film.recording, "face_descriptors", 1, FRAMES)


@pytest.mark.parametrize("name", rows.WORDS)
def test_a_longer_video_takes_longer_until_stretches_are_looked_at(name):
    short, long, longest = (features.seconds(length, name, 2, 48) for length in (100, 2000, 10**6))
    if name == "face_descriptors" or (name in rows.WEIGHTS and name != "fdhh_resnet50"):
        assert short == long == longest > 0
        return
    assert long == pytest.approx(20 * short)
    assert longest == pytest.approx(features.seconds(2 * features.STRETCHES * features.LENGTH, name, 2, 48))


def people(count: int, k: int, seed: int = 0):
    """Two videos per person with numbers [2·count, k] that tell something of the labels."""
    drawn = np.random.default_rng(seed)
    x = drawn.normal(size=(2 * count, k)) * drawn.uniform(0.1, 10, k) + drawn.normal(size=k)
    y = np.clip(20 + 8 * (x[:, 0] - x[:, 0].mean()) / x[:, 0].std() + drawn.normal(0, 6, 2 * count), 0, 63)
    return x, y, [str(number // 2) for number in range(2 * count)]


def test_one_number_has_the_line_of_least_squares():
    x, y, subjects = people(20, 1)
    slope, intercept = np.polyfit(x[:, 0], y, 1)
    fitted = fit(x, y, subjects)
    assert fitted.learnt
    assert fitted.predict(x[:5]) == pytest.approx(slope * x[:5, 0] + intercept)


def ridge(x, y, penalty, asked):
    """Scores of a ridge regression on numbers of variance 1, by the normal equations."""
    z, new = ((part - x.mean(0)) / x.std(0) for part in (x, asked))
    return y.mean() + new @ np.linalg.solve(z.T @ z + penalty * np.eye(z.shape[1]), z.T @ (y - y.mean()))


@pytest.mark.parametrize(("count", "k"), [(20, 5), (20, 100), (3, 4)])
def test_the_penalty_is_the_best_on_people_who_were_left_out(count, k):
    x, y, subjects = people(count, k)
    parts = subject_folds(subjects, y, min(FOLDS, count))
    errors = []
    for penalty in PENALTIES:
        left = [np.setdiff1d(np.arange(len(y)), part) for part in parts]
        scores = [ridge(x[rest], y[rest], penalty, x[part]) for rest, part in zip(left, parts, strict=True)]
        errors.append(np.mean([np.mean((s - y[part]) ** 2) for s, part in zip(scores, parts, strict=True)]))
    best = PENALTIES[np.argmin(errors)]
    fitted = fit(x, y, subjects)
    new = people(4, k, seed=1)[0]
    assert fitted.predict(new) == pytest.approx(ridge(x, y, best, new))
    assert fitted.learnt == (best < PENALTIES[0])


def test_who_cannot_be_told_apart_gets_the_mean_label():
    _, y, subjects = people(40, 1)
    fitted = fit(np.ones((80, 3)), y, subjects)
    assert not fitted.learnt
    assert fitted.predict(np.ones((2, 3))) == pytest.approx([y.mean()] * 2)


def test_a_penalty_cannot_be_chosen_on_one_person():
    x, y, _ = people(2, 3)
    with pytest.raises(ValueError, match="two people"):
        fit(x, y, ["203"] * 4)
