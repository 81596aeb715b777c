"""How the machine computes decides less than the seed does."""

from dataclasses import replace

import numpy as np
import pytest

from depnb.inputs.spec import PLAIN_FRAME
from depnb.methods.distribution import ROWS, model
from depnb.training.loop import per_video, predict, train

pytestmark = pytest.mark.slow


def test_fp32_and_bf16_differ_by_less_than_the_seeds_do(bright, profile):
    profile = replace(profile, steps=40)

    def scores(seed, precision):
        computed = replace(profile, precision=precision)
        done = train(
            lambda: model(ROWS["euclidean"], profile.scale),
            bright["train"],
            bright["development"],
            computed,
            seed=seed,
            input_spec=PLAIN_FRAME,
            device="cpu",
        )
        return per_video(predict(done.model, bright["unseen"], computed), bright["unseen"])

    full = np.array([scores(seed, "32-true") for seed in (0, 1, 2)])  # [seeds, N]
    half = np.array([scores(seed, "bf16-mixed") for seed in (0, 1, 2)])
    between_seeds = np.abs(full - full[[1, 2, 0]]).mean()
    between_precisions = np.abs(full - half).mean()
    assert 0 < between_precisions < between_seeds
