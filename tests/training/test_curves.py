"""What a training says of itself: its curve, whether it learnt, and what it draws from."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from depnb.inputs.spec import PLAIN_FRAME
from depnb.methods.profiles import PROFILES
from depnb.methods.registry import method
from depnb.training import loop, pretraining
from depnb.training.loop import train
from tests.bright import bright_frames, bright_recordings

PROFILE = replace(PROFILES["smoke"], threads=1, steps=20, checks=10)
PAPER = method("distribution")


def build():
    return PAPER.model(PAPER.rows["euclidean"], PROFILE.scale)


def trained(**how):
    people = how.pop("people", bright_frames(bright_recordings("train", 20)))
    how = {"select": None, "profile": PROFILE} | how
    return train(build, people, seed=0, input_spec=PLAIN_FRAME, device="cpu", **how)


def test_watched_people_are_shown_and_decide_nothing():
    people = bright_frames(bright_recordings("unseen", 8, first=700))
    watched, alone = trained(watch=people), trained()
    assert [sorted(check) for check in watched.curve] == [["step", "train_loss", "unseen"]] * 11
    assert [check["step"] for check in watched.curve] == list(range(0, 21, 2))
    assert watched.selected_step == alone.selected_step == 20
    assert [check["train_loss"] for check in watched.curve] == [check["train_loss"] for check in alone.curve]
    scores = loop.per_video(loop.predict(watched.model, people, PROFILE, PLAIN_FRAME), people)
    assert watched.curve[-1]["unseen"] == pytest.approx(np.sqrt(np.mean((scores - people.bdi.numpy()) ** 2)))


def test_every_check_may_be_chosen(monkeypatch):
    errors = iter([9.0, 8.0, 3.0, *[7.0] * 8])
    monkeypatch.setattr(loop, "rmse", lambda *rest: next(errors))
    assert trained(select=bright_frames(bright_recordings("development", 4, first=500))).selected_step == 4


def test_who_is_trained_on_noise_for_one_step_has_not_learnt():
    assert trained().learnt
    assert not trained(profile=replace(PROFILE, steps=1, checks=1, lr=1e-9)).learnt


@pytest.mark.parametrize(
    ("change", "learnt"),
    [([-3.0, -3.1, -2.9], True), ([-3.0, 3.0, -0.1], False), ([0.0, 0.0, 0.0], False), ([-1.0, np.nan, -1.0], False)],
)
def test_losses_have_to_fall_by_two_standard_errors(change, learnt):
    before = [10.0, 20.0, 30.0]
    assert loop._fell(before, list(np.add(before, change))) is learnt


def test_a_body_depends_on_the_seed_and_not_on_the_row_that_asks_first(tmp_path, monkeypatch):
    recordings = [
        replace(r, id=f"{person}_{session}", partition="train" if session < 3 else "test")
        for person in range(4)
        for session, r in enumerate(bright_recordings("train", 2, first=900 + person), start=1)
    ]
    monkeypatch.setattr(pretraining, "people", lambda profile: type("", (), {
        "subjects": lambda self, part: {r.subject for r in recordings},
        "partition": lambda self, part: [r for r in recordings if r.partition == part],
    })())  # fmt: skip
    monkeypatch.setattr(pretraining, "load_frames", lambda who, *rest: bright_frames(who))

    def weights(row, seed):
        model = lambda: PAPER.model(PAPER.rows[row], PROFILE.scale).body  # noqa: E731
        found = pretraining._tell_apart(
            model, replace(PROFILES["smoke"], threads=1), PLAIN_FRAME, pretraining.OURS, "cpu", tmp_path / "c.pt", seed
        )
        (tmp_path / "c.pt").unlink()
        return torch.cat([value.flatten().double() for value in found.weights.values()])

    first, other_row, other_seed = weights("expectation", 3), weights("euclidean", 3), weights("expectation", 4)
    assert torch.equal(first, other_row)
    assert not torch.equal(first, other_seed)
