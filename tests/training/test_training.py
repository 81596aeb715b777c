from dataclasses import replace

import numpy as np
import pytest
import torch

from depnb.evaluation import rmse
from depnb.inputs.spec import FRAME, PLAIN_FRAME, InputSpec
from depnb.methods.contract import OURS, Learning
from depnb.methods.distribution import ROWS, model
from depnb.methods.profiles import CLIP_PROFILES
from depnb.training import loop
from depnb.training.loop import optimiser, per_video, predict, train

pytestmark = pytest.mark.slow


def fit(
    bright,
    profile,
    row="expectation",
    seed=0,
    select="development",
    input_spec=PLAIN_FRAME,
    learning=OURS,
    checkpoint=None,
):
    return train(
        lambda: model(ROWS[row], profile.scale),
        bright["train"],
        bright.get(select),
        profile,
        seed=seed,
        input_spec=input_spec,
        learning=learning,
        device="cpu",
        checkpoint=checkpoint,
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
    first, second, other = (fit(bright, profile, seed=seed, input_spec=FRAME) for seed in (1, 1, 2))
    assert first.curve == second.curve
    assert np.array_equal(*(predict(done.model, bright["test"], profile) for done in (first, second)))
    assert first.curve != other.curve


def test_the_codes_decay_ends_at_half():
    weights = [torch.nn.Parameter(torch.zeros(1))]
    adam, schedule = optimiser(Learning(schedule="inverse"), weights, 1e-4, 2000)
    rates = []
    for _ in range(2001):
        rates.append(adam.param_groups[0]["lr"])
        adam.step()
        schedule.step()
    assert isinstance(adam, torch.optim.Adam)
    assert [rates[step] for step in (0, 1000, 2000)] == pytest.approx([1e-4, 6.67e-5, 5e-5], rel=1e-3)


def test_momentum_with_a_tenth_after_each_third():
    weights = [torch.nn.Parameter(torch.zeros(1))]
    sgd, schedule = optimiser(Learning("sgd", "tenths", rate=100.0), weights, 1e-4, 30)
    assert isinstance(sgd, torch.optim.SGD)
    assert (sgd.param_groups[0]["momentum"], sgd.param_groups[0]["weight_decay"]) == (0.9, 1e-4)
    rates = []
    for _ in range(30):
        rates.append(sgd.param_groups[0]["lr"])
        sgd.step()
        schedule.step()
    assert rates == pytest.approx([1e-2] * 10 + [1e-3] * 10 + [1e-4] * 10)


def test_caffes_inv_rule():
    weights = [torch.nn.Parameter(torch.zeros(1))]
    sgd, schedule = optimiser(Learning("sgd", "inv", weight_decay=5e-4), weights, 1e-5, 10)
    assert sgd.param_groups[0]["weight_decay"] == 5e-4
    (decay,) = schedule.lr_lambdas
    rates = [1e-5 * decay(step) for step in (0, 1000, 5000, 10_000, 50_000)]
    assert rates == pytest.approx([1e-5, 9.310e-6, 7.378e-6, 5.946e-6, 2.608e-6], rel=1e-3)


def test_a_training_ends_when_the_loss_has_not_fallen_for_long_enough(bright, profile):
    profile = replace(profile, steps=400, batch=4)
    curve = fit(bright, profile, learning=Learning(rate=1e-9, patience=12), select=None).curve
    assert 13 <= curve[-1]["step"] < 400
    whole = fit(bright, replace(profile, steps=20), learning=Learning(rate=1e-9), select=None).curve
    assert whole[-1]["step"] == 20


def test_a_training_may_end_when_development_gets_no_better(bright, profile):
    how = Learning(rate=1e-9, patience=10, stop_on="development")
    done = fit(bright, replace(profile, steps=60), learning=how)
    steps = [check["step"] for check in done.curve]
    assert steps[-1] < 60
    assert steps[-1] - steps[int(np.argmin([check["rmse"] for check in done.curve[1:]])) + 1] >= 10


def test_a_stopped_training_that_is_asked_for_again_stays_stopped(bright, profile, tmp_path):
    how, profile = Learning(rate=1e-9, patience=12), replace(profile, steps=400, batch=4)
    first, again = (fit(bright, profile, learning=how, checkpoint=tmp_path / "c.pt") for _ in range(2))
    assert first.curve == again.curve


@pytest.mark.parametrize(
    ("learning", "decay"),
    [
        (OURS, 0),
        (Learning(weight_decay=5e-4), 5e-4),
        (Learning("sgd"), 1e-4),
        (Learning("sgd", weight_decay=0.0), 0),
        (Learning("sgd", weight_decay=5e-4), 5e-4),
    ],
)
def test_each_optimiser_has_a_decay_of_its_own(learning, decay):
    found, _ = optimiser(learning, [torch.nn.Parameter(torch.zeros(1))], 1e-3, 10)
    assert found.param_groups[0]["weight_decay"] == decay
    assert not found.param_groups[0].get("decoupled_weight_decay")


def test_a_constant_rate():
    adam, schedule = optimiser(Learning(schedule="constant", rate=0.1), [torch.nn.Parameter(torch.zeros(1))], 1e-3, 5)
    rates = []
    for _ in range(20):
        rates.append(adam.param_groups[0]["lr"])
        adam.step()
        schedule.step()
    assert rates == pytest.approx([1e-4] * 20)


def test_how_steps_are_taken_changes_the_training(bright, profile):
    profile = replace(profile, steps=4)
    ours, plain = (fit(bright, profile, learning=how).curve for how in (OURS, Learning("sgd", "inverse")))
    assert ours[0] == plain[0]
    assert ours[-1]["train_loss"] != plain[-1]["train_loss"]


def test_pictures_come_first_and_clips_are_judged(bright, profile):
    lengths = dict(steps=9, pictures=4, batch=2, picture_batch=5, after=2)
    profile = replace(CLIP_PROFILES["smoke"], scale=profile.scale, **lengths)
    given = []

    def prepare(clips, training):
        given.append((training, *clips.shape[:2]))
        return PLAIN_FRAME.prepare(clips, training)

    fit(bright, profile, input_spec=InputSpec(prepare, offsets=(0, 1, 2), span=3, pictures_first=True))
    assert [shape for trained, *shape in given if trained] == [[5, 1]] * 4 + [[2, 3]] * 2
    assert {length for trained, _, length in given if not trained} == {3}


def test_a_longer_training_has_more_of_each_kind_of_step(bright, profile):
    lengths = dict(steps=9, pictures=3, batch=2, picture_batch=3, after=1)
    profile = replace(CLIP_PROFILES["smoke"], scale=profile.scale, **lengths)
    given = []

    def prepare(clips, training):
        given.extend([clips.shape[:2]] * training)
        return PLAIN_FRAME.prepare(clips, training)

    input_spec = InputSpec(prepare, offsets=(0, 1, 2), span=3, pictures_first=True)
    curve = fit(bright, profile, input_spec=input_spec, learning=Learning(longer=2)).curve
    assert given == [(3, 1)] * 6 + [(2, 3)] * 2
    assert [check["step"] for check in curve] == [0, 7, 8]


@pytest.mark.parametrize("step", [2, 5])
def test_an_interruption_among_pictures_or_clips_changes_nothing(bright, profile, tmp_path, monkeypatch, step):
    lengths = dict(steps=9, pictures=4, batch=2, picture_batch=5, after=3)
    profile = replace(CLIP_PROFILES["smoke"], scale=profile.scale, **lengths)
    input_spec = replace(FRAME, offsets=(0, 1, 2), span=3, pictures_first=True)
    undisturbed = fit(bright, profile, input_spec=input_spec).curve
    monkeypatch.setattr(loop, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    taken = []

    def prepare(clips, trained):
        taken.append(trained)
        if sum(taken) == step:
            raise KeyboardInterrupt
        return FRAME.prepare(clips, trained)

    with pytest.raises(KeyboardInterrupt):
        fit(bright, profile, input_spec=replace(input_spec, prepare=prepare), checkpoint=tmp_path / "0.pt")
    assert fit(bright, profile, input_spec=input_spec, checkpoint=tmp_path / "0.pt").curve == undisturbed
    assert [check["step"] for check in undisturbed] == [0, 6, 7]


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


def test_the_network_ends_with_the_weights_of_the_selected_step(bright, profile, monkeypatch):
    errors, seen = iter([9.0, 8.0, 7.0, 1.0, 5.0, 6.0, 7.0]), []

    def check(model, *rest):
        seen.append({name: value.clone() for name, value in model.module.state_dict().items()})
        return {"rmse": next(errors)}

    monkeypatch.setattr(loop, "_check", check)
    done = fit(bright, replace(profile, steps=24))
    ended = done.model.module.state_dict()
    assert done.selected_step == 12
    assert all(torch.equal(ended[name], value) for name, value in seen[3].items())
    assert not all(torch.equal(ended[name], value) for name, value in seen[-1].items())


def test_without_a_selecting_partition_the_last_step_is_taken(bright, profile):
    done = fit(bright, replace(profile, steps=5), select=None)
    assert done.selected_step == 5
    assert "rmse" not in done.curve[-1]


def test_every_frame_is_scored_and_batches_do_not_matter(bright, profile, monkeypatch):
    done = fit(bright, replace(profile, steps=3))
    frames = bright["test"]
    whole = predict(done.model, frames, profile)
    assert whole.shape == frames.pixels.shape[:2]
    monkeypatch.setattr(loop, "EVALUATION_BATCH", 7)
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
        train(build, bright["train"], None, profile, seed=0, input_spec=PLAIN_FRAME, device="cpu")


def diverging(network, after: int):
    """The network with a loss that is infinite from a step on."""
    plain, steps = network.loss, []

    def loss(output, bdi):
        steps.append(network.training)
        return plain(output, bdi) * (torch.inf if network.training and sum(steps) > after else 1)

    network.loss = loss
    return network


def test_a_training_that_may_diverge_ends_with_the_constant_predictor(bright, profile, tmp_path):
    how, profile = Learning(may_diverge=True), replace(profile, steps=24)
    done, again = (
        train(
            lambda: diverging(model(ROWS["euclidean"], profile.scale), after=2),
            bright["train"],
            bright["development"],
            profile,
            seed=0,
            input_spec=PLAIN_FRAME,
            learning=how,
            device="cpu",
            checkpoint=tmp_path / "c.pt",
        )
        for _ in range(2)
    )
    assert done.curve == again.curve
    assert [check["step"] for check in done.curve] == [0]
    assert (done.learnt, done.selected_step) == (False, 0)
    scores = predict(done.model, bright["test"], profile)
    assert np.allclose(scores, bright["train"].bdi.mean(), atol=1e-3)


def test_a_training_that_diverges_late_keeps_its_best_check(bright, profile):
    profile = replace(profile, steps=60)
    done = train(
        lambda: diverging(model(ROWS["euclidean"], profile.scale), after=55),
        bright["train"],
        bright["development"],
        profile,
        seed=0,
        input_spec=PLAIN_FRAME,
        learning=Learning(may_diverge=True),
        device="cpu",
    )
    assert [check["step"] for check in done.curve] == [0, 10, 20, 30, 40, 50]
    assert done.learnt
    assert done.selected_step == min(done.curve[3:], key=lambda check: check["rmse"])["step"]


def test_scores_that_are_not_finite_stop_the_training(bright, profile):
    def build():
        net = model(ROWS["euclidean"], profile.scale)
        plain = net.forward
        net.forward = lambda images: plain(images) * (1 if net.training else torch.nan)
        return net

    with pytest.raises(FloatingPointError, match="selecting partition is not finite"):
        train(build, bright["train"], bright["development"], profile, seed=0, input_spec=PLAIN_FRAME, device="cpu")
