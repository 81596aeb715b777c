from dataclasses import replace

import numpy as np
import pytest
import torch

from depnb import training
from depnb.clips import FRAME, PLAIN_FRAME
from depnb.evaluation import rmse
from depnb.methods.distribution import ROWS, model
from depnb.training import per_video, predict, train


def fit(bright, profile, row="expectation", seed=0, select="development", eats=PLAIN_FRAME):
    return train(
        lambda: model(ROWS[row], profile.scale),
        bright["train"],
        bright.get(select),
        profile,
        seed=seed,
        eats=eats,
        device="cpu",
    )


@pytest.mark.parametrize("row", ["expectation", "euclidean", "softmax"])
def test_a_network_learns_brightness_and_beats_the_constant(bright, profile, row):
    done = fit(bright, replace(profile, steps=60), row)
    unseen = bright["unseen"]
    scores = per_video(predict(done.model, unseen, profile), unseen)
    constant = np.full(len(unseen), bright["train"].bdi.mean())
    assert done.learnt
    assert rmse(unseen.bdi, scores) < 0.6 * rmse(unseen.bdi, constant)


def test_the_same_seed_gives_the_same_bits(bright, profile):
    profile = replace(profile, steps=6)
    first, second, other = (fit(bright, profile, seed=seed, eats=FRAME) for seed in (1, 1, 2))
    assert first.curve == second.curve
    assert np.array_equal(*(predict(done.model, bright["test"], profile) for done in (first, second)))
    assert first.curve != other.curve


def test_the_first_check_is_the_constant_predictor(bright, profile):
    curve = fit(bright, replace(profile, steps=2), "euclidean").curve
    constant = np.full(len(bright["development"]), bright["train"].bdi.mean())
    assert curve[0]["step"] == 0
    assert curve[0]["rmse"] == pytest.approx(rmse(bright["development"].bdi, constant))
    assert curve[0]["train_loss"] == pytest.approx(bright["train"].bdi.var(correction=0).item() / 2, rel=1e-4)


def test_development_selects_the_step_and_its_weights(bright, profile):
    done = fit(bright, replace(profile, steps=24))
    best = min((p for p in done.curve if p["step"] == 0 or p["step"] >= 12), key=lambda point: point["rmse"])
    scores = per_video(predict(done.model, bright["development"], profile), bright["development"])
    assert done.selected_step == best["step"]
    assert rmse(bright["development"].bdi, scores) == pytest.approx(best["rmse"])
    assert {"variance", "entropy"} <= best.keys()


def test_without_a_selecting_partition_the_last_step_is_taken(bright, profile):
    done = fit(bright, replace(profile, steps=5), select=None)
    assert done.selected_step == 5
    assert "rmse" not in done.curve[-1]


def test_every_frame_is_scored_and_batches_do_not_matter(bright, profile, monkeypatch):
    done = fit(bright, replace(profile, steps=3))
    frames = bright["test"]
    whole = predict(done.model, frames, profile)
    assert whole.shape == frames.pixels.shape[:2]
    monkeypatch.setattr(training, "EVALUATION_BATCH", 7)
    assert whole.size % 7 != 0
    assert predict(done.model, frames, profile) == pytest.approx(whole, abs=1e-4)


def test_video_scores_keep_the_order_of_the_recordings(bright):
    frames = bright["test"]
    scores = np.arange(len(frames))[:, None] + np.array([-1.0, 0.0, 1.0])
    assert per_video(scores, frames).tolist() == list(range(len(frames)))


def test_a_loss_that_is_not_finite_stops_the_training(bright, profile):
    def build():
        net = model(ROWS["euclidean"], profile.scale)
        net.loss = lambda output, bdi: (output * torch.nan).mean()
        return net

    with pytest.raises(FloatingPointError, match="lower the learning rate"):
        train(build, bright["train"], None, profile, seed=0, eats=PLAIN_FRAME, device="cpu")
