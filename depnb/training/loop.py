"""One loop for every method. It knows clips and labels, and four questions to ask a network (``methods.Network``).

It may be killed at any moment: with a checkpoint it goes on where it stood and ends with the same bits.
"""

import io
import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import psutil
import torch
from lightning_utilities.core.apply_func import apply_to_collection
from torch import Tensor, nn
from torch.optim import Optimizer, lr_scheduler
from torch.optim.lr_scheduler import LRScheduler

from depnb.evaluation.metrics import rmse, video_scores
from depnb.inputs.spec import FRAME, InputSpec
from depnb.inputs.videos import Frames
from depnb.methods.contract import OURS, Learning, Network
from depnb.methods.profiles import ClipProfile, Profile
from depnb.nets.regression import Regression
from depnb.system.files import DamagedFile, read_sealed, sealed
from depnb.system.progress import progress
from depnb.training import VERSION, version

if TYPE_CHECKING:
    from lightning_fabric import Fabric

EVALUATION_BATCH = 128
EVALUATION_FRAMES = 256
SECONDS_BETWEEN_CHECKPOINTS = 60.0

log = logging.getLogger("depnb")


@dataclass(frozen=True)
class Training:
    """What a training leaves behind.

    Attributes:
        model: the network with the weights of the selected step, wrapped by Fabric (``model.module`` is the bare one).
        curve: one dict per check: step, train_loss (mean since the last check), rmse on the selecting partition (if
            any), unseen (RMSE on the people who are watched, if any), and the mean of what the network describes, on
            the selecting partition or else on the watched people. The first is step 0, the constant predictor.
        selected_step: whose weights the network has.
        learnt: is the loss of the training videos, one input of each, lower after the last step (of a training that
            diverged: in the kept one) than that of the constant predictor, by two standard errors? If not, the row
            counts as not trained.
        seconds: wall clock of the loop, checks included, all its pieces together if it was interrupted.
        peak_memory_mb: of this process on a CPU, of the tensors on a GPU; looked at in each check.
        device: what it ran on.
        profile: with precision, memory format and threads as they were used.
    """

    model: Any
    curve: tuple[dict[str, float | int], ...]
    selected_step: int
    learnt: bool
    seconds: float
    peak_memory_mb: float
    device: str
    profile: Profile


def train(
    build: Callable[[], Network | nn.Module],
    frames: Frames,
    select: Frames | None,
    profile: Profile,
    *,
    seed: int,
    input_spec: InputSpec = FRAME,
    learning: Learning = OURS,
    device: str = "auto",
    label: str = "training",
    checkpoint: Path | None = None,
    watch: Frames | None = None,
) -> Training:
    """Train one network, and keep its best step, or its last one.

    Args:
        build: makes the network; called after seeding.
        frames: what to learn from.
        select: the partition whose video RMSE chooses the step, among all checks and step 0 (the constant predictor);
            ``None`` takes the last step.
        profile: steps, batch, learning rate, precision, memory format, threads; of clips also how many steps on single
            pictures come before, within the same cycle of the learning rate and without checks.
        seed: of weights, order, sampling and augmentation. The same seed gives the same bits on one machine with the
            same requirements and thread count, on a CPU.
        input_spec: what the network is given of the videos.
        learning: how steps follow from gradients; by default Adam with a one-cycle learning rate.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
        label: what the progress display says.
        checkpoint: file that the training leaves at each check and each minute, and continues from if it is there.
            Precision, memory format and threads stay those of its beginning. The last one has the finished training;
            the caller removes it. A file of another kind of device or ``VERSION``, or a damaged one, is not used.
        watch: people whose error the curve shows, and who decide nothing.

    Raises:
        FloatingPointError: the loss is not a finite number. Of a training that may diverge (``learning.may_diverge``)
            it is the end, and so is an error on the selecting partition that is none: it keeps the best of its checks
            so far, as a stopped one; before the first that is step 0, the constant predictor, and it has not learnt.
    """
    from lightning_fabric import seed_everything

    saved = _load(checkpoint, device_kind(device))
    if saved:
        profile = replace(profile, **saved["computing"])
    plan = steps_of(profile, input_spec, learning.longer)
    total = len(plan)
    first = sum(1 for _, frames_seen in plan if frames_seen == 1) if input_spec.pictures_first else 0
    fabric = _fabric(device, profile.precision)
    torch.set_num_threads(profile.threads)
    seed_everything(seed, verbose=False)
    network = to_memory_format(build(), profile)
    network.start_at(frames.bdi)
    optimizer, schedule = optimiser(learning, network.parameters(), profile.lr, total)
    model, optimizer = fabric.setup(network, optimizer)
    if fabric.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(fabric.device)
    bdi = frames.bdi.to(fabric.device)  # [N]
    watched = "smoothed" if learning.stop_on == "development" and select is None else learning.stop_on
    known = frames if input_spec.sample else _first_inputs(frames, input_spec)
    check_at = {first + round((total - first) * check / profile.checks) for check in range(1, profile.checks + 1)}
    if saved:
        network.load_state_dict(saved["network"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        state = _State(**saved["state"])
        _set_draws(saved, fabric.device)
    else:
        # what has not looked at anything yet says the same of every input
        chosen_on, watched_on = (part and _first_inputs(part, input_spec) for part in (select, watch))
        constant = _losses(model, known, input_spec, profile)
        if isinstance(network, Regression) and network.starts_drawn:
            constant = network.constant_losses(frames.bdi)
        start = {"step": 0, "train_loss": float(np.mean(constant))}
        start |= _check(model, chosen_on, watched_on, input_spec, profile)
        state = _State([start], start.get("rmse", math.inf), 0, _copy(network), constant=constant)
    begun = written = time.monotonic()
    before = state.seconds

    def save() -> None:
        state.seconds = before + time.monotonic() - begun
        if checkpoint:
            _save(checkpoint, fabric.device, profile, network, optimizer, schedule, state)

    with progress(label, total) as bar:
        bar.advance(state.step)
        while state.step < total and not state.stopped(learning.patience):
            batch, length = plan[state.step]
            state.step += 1
            model.train()
            videos, clips = frames.sample_batch(batch, input_spec)  # [B], [B, l, 3, S, S]
            clips = fabric.to_device(apply_to_collection(clips, Tensor, _beginning, length))
            output = model(to_memory_format(input_spec.prepare(clips, True), profile))
            loss = network.loss(output, bdi[videos])
            fabric.backward(loss)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()

            if state.step == first + 1:
                state.losses = []
            state.losses.append(loss.item())
            if watched == "training":
                state.watch(state.losses[-1])
            elif watched == "smoothed" and learning.patience and state.step % learning.patience == 0:
                state.watch(float(np.mean(_losses(model, known, input_spec, profile))))
            checked = state.step in check_at or state.stopped(learning.patience)
            try:
                _finite(loss, f"Loss is {loss.item()} at step {state.step} of {label}")
                check = _check(model, select, watch, input_spec, profile) if checked else {}
            except FloatingPointError:
                if not learning.may_diverge:
                    raise
                state.diverged, checked = True, False
            if checked or state.diverged:
                state.memory_mb = max(state.memory_mb, _memory_mb(fabric.device))
            if checked:
                state.curve.append({"step": state.step, "train_loss": float(np.mean(state.losses))} | check)
                state.losses = []
                error = check.get("rmse", math.inf)
                if watched == "development":
                    state.watch(error)
                settled = version(profile) >= 3 or learning.patience > 0 or 2 * state.step >= first + total
                if select is None or (settled and error < state.best_rmse):
                    state.best_rmse, state.best_step, state.best = error, state.step, _copy(network)
            if checked or state.diverged or time.monotonic() - written > SECONDS_BETWEEN_CHECKPOINTS:
                save()
                written = time.monotonic()
            bar.advance(note=f"loss {loss.item():.1f}")

    if state.diverged:
        network.load_state_dict(state.best)
    learnt = state.curve[-1]["train_loss"] < state.curve[0]["train_loss"]
    if version(profile) >= 3:
        learnt = _fell(state.constant, _losses(model, known, input_spec, profile))
    network.load_state_dict(state.best)
    return Training(
        model, tuple(state.curve), state.best_step, learnt, state.seconds, state.memory_mb, str(fabric.device), profile
    )


def steps_of(profile: Profile, input_spec: InputSpec, longer: float) -> list[tuple[int, int]]:
    """Of each step, how many inputs it has and how many frames of each it is given."""
    whole = (profile.batch, len(input_spec.offsets))
    if input_spec.pictures_first and isinstance(profile, ClipProfile):
        return [(profile.picture_batch, 1)] * round(longer * profile.pictures) + [whole] * round(longer * profile.after)
    return [whole] * round(longer * profile.steps)


def optimiser(
    learning: Learning, weights: Iterable[nn.Parameter], lr: float, steps: int
) -> tuple[Optimizer, LRScheduler]:
    """What takes the steps of a training, and what changes their size.

    Args:
        learning: which, and how.
        weights: what is learnt.
        lr: the profile's learning rate.
        steps: how many there will be.
    """
    lr *= learning.rate
    if learning.optimiser == "sgd":
        decay = 1e-4 if learning.weight_decay is None else learning.weight_decay
        found: Optimizer = torch.optim.SGD(weights, lr, momentum=0.9, weight_decay=decay)
    else:
        decay = learning.weight_decay or 0
        found = torch.optim.Adam(weights, lr, eps=learning.epsilon, weight_decay=decay, fused=True)
    if learning.schedule == "inverse":
        return found, lr_scheduler.LambdaLR(found, lambda step: 1 / (1 + 5e-4 * step))
    if learning.schedule == "inv":
        return found, lr_scheduler.LambdaLR(found, lambda step: (1 + 1e-4 * step) ** -0.75)
    if learning.schedule == "constant":
        return found, lr_scheduler.ConstantLR(found, factor=1.0)
    if learning.schedule == "tenths":
        return found, lr_scheduler.StepLR(found, math.ceil(steps / 3))
    return found, lr_scheduler.OneCycleLR(found, lr, total_steps=steps, cycle_momentum=False)


def device_kind(device: str) -> str:
    """``cpu``, ``cuda`` or ``mps``: what a device is that is asked for; ``auto`` is what this machine has."""
    return _fabric(device, "32-true").device.type if device == "auto" else device.partition(":")[0]


def _fabric(device: str, precision: Any) -> "Fabric":
    from lightning_fabric import Fabric  # takes seconds to import, and not every reader of results needs it

    accelerator, _, index = device.partition(":")
    return Fabric(accelerator=accelerator, devices=[int(index)] if index else 1, precision=precision)


@dataclass
class _State:
    """What a training knows besides its weights; plain data, as a checkpoint holds it."""

    curve: list[dict[str, float | int]]
    best_rmse: float
    best_step: int
    best: dict[str, Tensor]
    step: int = 0
    losses: list[float] = field(default_factory=list)
    memory_mb: float = 0.0
    seconds: float = 0.0
    lowest: float = math.inf
    lowest_step: int = 0
    diverged: bool = False
    constant: list[float] = field(default_factory=list)

    def watch(self, value: float) -> None:
        """Note the lowest value so far of what may end the training."""
        if value < self.lowest:
            self.lowest, self.lowest_step = value, self.step

    def stopped(self, patience: int) -> bool:
        """Has it diverged, or has nothing lower been seen for ``patience`` steps? The latter never at 0."""
        return self.diverged or 0 < patience <= self.step - self.lowest_step


def _save(path: Path, device: torch.device, profile: Profile, network, optimizer, schedule, state: _State) -> None:
    content = {
        "version": VERSION,
        "device": device.type,
        "computing": profile.computing(),
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "state": vars(state),
        "draws": torch.get_rng_state(),
        "draws_on_device": torch.cuda.get_rng_state(device) if device.type == "cuda" else None,
    }
    with sealed(path) as handle:
        torch.save(content, handle)


def _set_draws(saved: dict[str, Any], device: torch.device) -> None:
    """Draw on as the training would have that left this checkpoint; on a GPU dropout has a generator of its own."""
    torch.set_rng_state(saved["draws"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(saved["draws_on_device"], device)


def _load(path: Path | None, device: str) -> dict[str, Any] | None:
    """The content of a checkpoint, if there is one that this device can continue."""
    if path is None or not path.exists():
        return None
    try:
        saved = torch.load(io.BytesIO(read_sealed(path)), map_location="cpu", weights_only=True)
    except DamagedFile as error:
        log.warning("Checkpoint %s: training from the beginning", error)
        return None
    made = saved.get("version"), saved.get("device")
    if made != (VERSION, device):
        log.info(
            "Checkpoint %s is of version %s on %s, not of %s on %s: training from the beginning",
            path, *made, VERSION, device,
        )  # fmt: skip
        return None
    if device == "cuda" and "draws_on_device" not in saved:
        log.info("Checkpoint %s does not say how to draw on: training from the beginning", path)
        return None
    log.info("Going on at step %d from %s", saved["state"]["step"], path)
    return saved


def ready(network: Network | nn.Module, profile: Profile, device: str = "auto") -> nn.Module:
    """A trained network as ``predict`` takes it: on a device, in the profile's precision and memory format."""
    return _fabric(device, profile.precision).setup_module(to_memory_format(network, profile))


def predict(model: Any, frames: Frames, profile: Profile, input_spec: InputSpec = FRAME) -> np.ndarray:
    """Score of every frame or clip, float64 [N, n] BDI-II points; batches never change a score.

    Videos with fewer inputs than others have NaN behind their last.
    """
    flat = torch.cat([model.module.score(output).cpu() for output in _outputs(model, frames, input_spec, profile)])
    return _by_video(flat.double().numpy(), frames, input_spec)


def _by_video(flat: np.ndarray, frames: Frames, input_spec: InputSpec) -> np.ndarray:
    """One score an input [M] to [N, n], NaN behind the last of a video."""
    videos = np.array([video for video, _ in frames.inputs(input_spec)])  # [M]
    counts = np.bincount(videos)
    scores = np.full((len(frames), counts.max()), np.nan)
    scores[videos, np.concatenate([np.arange(count) for count in counts])] = flat
    return scores


def per_video(scores: np.ndarray, frames: Frames, how: Literal["mean", "median"] = "mean") -> np.ndarray:
    """Frame or clip scores [N, n] to video scores [N]; NaN is no score."""
    there = ~np.isnan(scores)  # [N, n]
    names = [r.name for r, own in zip(frames.recordings, there, strict=True) for _ in range(own.sum())]
    return np.array(list(video_scores(scores[there], names, how).values()))  # [N]


def to_memory_format(what: Any, profile: Profile) -> Any:
    """A network, images [B, C, H, W] or clips [B, C, T, H, W] in the profile's memory format.

    Of a tuple of tensors each; those of fewer axes have no other layout.
    """
    plain = profile.memory_format == "contiguous_format"
    if isinstance(what, nn.Module):
        volumes = any(p.ndim == 5 for p in what.parameters())
        layout = torch.channels_last_3d if volumes else torch.channels_last
        return what if plain else what.to(memory_format=layout)
    return apply_to_collection(what, Tensor, lambda part: part.contiguous(memory_format=_layout(part, plain)))


def _layout(part: Tensor, plain: bool) -> torch.memory_format:
    layouts = {4: torch.channels_last, 5: torch.channels_last_3d}
    return torch.contiguous_format if plain else layouts.get(part.ndim, torch.contiguous_format)


def _beginning(clips: Tensor, length: int) -> Tensor:
    return clips[:, :length]


@torch.no_grad()
def _outputs(model: Any, frames: Frames, input_spec: InputSpec, profile: Profile) -> Iterator[Tensor]:
    """Network outputs for all inputs, in order, batch by batch, the last one as short as it is."""
    from lightning_fabric.utilities import move_data_to_device  # as in _fabric

    model.eval()
    for batch in frames.batches(input_spec, EVALUATION_BATCH, EVALUATION_FRAMES):  # [b, l, 3, S, S]
        yield model(to_memory_format(input_spec.prepare(move_data_to_device(batch, model.device), False), profile))


def _check(
    model: Any, select: Frames | None, watch: Frames | None, input_spec: InputSpec, profile: Profile
) -> dict[str, float]:
    """RMSE on the selecting partition and on the watched people, and the mean of what the network describes.

    Raises:
        FloatingPointError: an output is not finite.
    """
    found: dict[str, float] = {}
    for name, frames in (("unseen", watch), ("rmse", select)):
        if frames is not None:
            outputs = torch.cat(list(_outputs(model, frames, input_spec, profile)))
            whom = "the selecting partition" if name == "rmse" else "people whom the curve shows"
            _finite(outputs, f"An output on {whom} is not finite")
            scores = _by_video(model.module.score(outputs).cpu().double().numpy(), frames, input_spec)  # [N, n]
            found[name] = rmse(frames.bdi, per_video(scores, frames))
            found |= {key: value.mean().item() for key, value in model.module.describe(outputs).items()}
    return found


def _losses(model: Any, frames: Frames, input_spec: InputSpec, profile: Profile) -> list[float]:
    """The loss of each input of some frames by itself."""
    outputs = torch.cat(list(_outputs(model, frames, input_spec, profile)))
    bdi = frames.bdi[[video for video, _ in frames.inputs(input_spec)]].to(outputs.device)
    return [model.module.loss(output[None], label[None]).item() for output, label in zip(outputs, bdi, strict=True)]


def _fell(before: list[float], after: list[float]) -> bool:
    """Whether losses of the same inputs fell, on average by two standard errors."""
    change = np.subtract(after, before)  # [N]
    return bool(np.isfinite(change).all() and change.mean() < -2 * change.std(ddof=1) / math.sqrt(len(change)))


def _first_inputs(frames: Frames, input_spec: InputSpec) -> Frames:
    """The first input of every video."""
    landmarks = frames.landmarks and tuple(video[: input_spec.span] for video in frames.landmarks)
    pixels = tuple(video[: input_spec.span] for video in frames.pixels)
    return Frames(pixels, frames.recordings, landmarks=landmarks)


def _finite(values: Tensor, what: str) -> None:
    if not values.isfinite().all():
        raise FloatingPointError(f"{what}: lower the learning rate.")


def _copy(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


def _memory_mb(device: torch.device) -> float:
    used = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else psutil.Process().memory_info().rss
    return used / 2**20
