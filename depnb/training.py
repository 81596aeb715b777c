"""One loop for every method. It knows frames and labels, and four questions to ask a network (``methods.Network``)."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import psutil
import torch
from lightning_fabric import Fabric, seed_everything
from torch import Tensor, nn

from depnb.clips import Frames, augment, normalise
from depnb.evaluation import rmse, video_scores
from depnb.profiles import Profile
from depnb.progress import progress

VERSION = 1
CHECKS = 6
EVALUATION_BATCH = 128


@dataclass(frozen=True)
class Training:
    """What a training leaves behind.

    Attributes:
        model: the network with the weights of the selected step, wrapped by Fabric (``model.module`` is the bare one).
        curve: one dict a check: step, train_loss (mean since the last check), rmse on the selecting partition if there
            is one, and the mean there of what the network describes. The first is step 0, the constant predictor.
        selected_step: whose weights the network has.
        seconds: wall clock of the loop, checks included.
        peak_memory_mb: of this process on a CPU, of the tensors on a GPU; looked at in each check.
        device: what it ran on.
    """

    model: nn.Module
    curve: tuple[dict[str, float | int], ...]
    selected_step: int
    seconds: float
    peak_memory_mb: float
    device: str

    @property
    def learnt(self) -> bool:
        """Is the training loss below the constant predictor's? If not, the row counts as not trained."""
        return self.curve[-1]["train_loss"] < self.curve[0]["train_loss"]


def train(
    build: Callable[[], nn.Module],
    frames: Frames,
    select: Frames | None,
    profile: Profile,
    *,
    seed: int,
    vary: bool,
    device: str = "auto",
    label: str = "training",
) -> Training:
    """Train one network with Adam and a one-cycle learning rate, and keep its best step.

    Args:
        build: makes the network; called after seeding.
        frames: what to learn from.
        select: the partition whose video RMSE chooses among ``CHECKS`` steps; ``None`` takes the last step.
        profile: steps, batch, learning rate, precision, memory format, threads.
        seed: of weights, order, frame sampling and augmentation. The same seed gives the same bits on one machine
            with the same requirements and thread count, on a CPU.
        vary: augment the frames.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
        label: what the progress display says.

    Raises:
        FloatingPointError: the loss is not a finite number.
    """
    start = time.monotonic()
    torch.set_num_threads(profile.threads)
    seed_everything(seed, verbose=False)
    accelerator, _, index = device.partition(":")
    fabric = Fabric(accelerator=accelerator, devices=[int(index)] if index else 1, precision=profile.precision)
    network = build().to(memory_format=getattr(torch, profile.memory_format))
    network.start_at(frames.bdi)
    optimizer = torch.optim.Adam(network.parameters(), lr=profile.lr)
    model, optimizer = fabric.setup(network, optimizer)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, profile.lr, total_steps=profile.steps, cycle_momentum=False
    )
    bdi = frames.bdi.to(fabric.device)  # [N]
    check_at = {round(profile.steps * check / CHECKS) for check in range(1, CHECKS + 1)}
    curve = [{"step": 0, "train_loss": _loss(model, frames, profile)} | _check(model, select, profile)]
    best = curve[0].get("rmse", math.inf), 0, _copy(network)
    losses, memory = [], _memory_mb(fabric.device)

    with progress(label, profile.steps) as bar:
        for step in range(1, profile.steps + 1):
            model.train()
            videos = torch.randint(len(frames), (profile.batch,))  # [B]
            moments = torch.randint(frames.pixels.shape[1], (profile.batch,))  # [B]
            pixels = frames.pixels[videos, moments].to(fabric.device)  # [B, 3, S, S]
            images = normalise(augment(pixels) if vary else pixels)  # [B, 3, S, S]
            output = model(images.contiguous(memory_format=getattr(torch, profile.memory_format)))
            loss = network.loss(output, bdi[videos])
            fabric.backward(loss)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()

            losses.append(loss.item())
            if not math.isfinite(losses[-1]):
                raise FloatingPointError(f"Loss is {losses[-1]} at step {step} of {label}: lower the learning rate.")
            if step in check_at:
                memory = max(memory, _memory_mb(fabric.device))
                curve.append({"step": step, "train_loss": float(np.mean(losses))} | _check(model, select, profile))
                losses = []
                if select is None or curve[-1]["rmse"] < best[0]:
                    best = curve[-1].get("rmse", math.inf), step, _copy(network)
            bar.advance(note=f"loss {loss.item():.1f}")

    _, selected_step, weights = best
    network.load_state_dict(weights)
    seconds = time.monotonic() - start
    return Training(model, tuple(curve), selected_step, seconds, memory, str(fabric.device))


def predict(model: nn.Module, frames: Frames, profile: Profile) -> np.ndarray:
    """Score of every frame, float64 [N, n] BDI-II points; batches never change a score."""
    scores = torch.cat([model.module.score(output).cpu() for output in _outputs(model, frames.pixels, profile)])
    return scores.double().numpy().reshape(frames.pixels.shape[:2])  # [N, n]


def per_video(scores: np.ndarray, frames: Frames) -> np.ndarray:
    """Frame scores [N, n] to video scores [N], by their mean."""
    names = [r.name for r in frames.recordings for _ in range(scores.shape[1])]
    return np.array(list(video_scores(scores.ravel(), names).values()))  # [N]


@torch.no_grad()
def _outputs(model: nn.Module, pixels: Tensor, profile: Profile) -> Iterator[Tensor]:
    """Network outputs for all frames [N, n, 3, S, S], in order, batch by batch, the last one as short as it is."""
    model.eval()
    for batch in pixels.flatten(0, 1).split(EVALUATION_BATCH):  # [b, 3, S, S]
        images = normalise(batch.to(model.device))
        yield model(images.contiguous(memory_format=getattr(torch, profile.memory_format)))


def _check(model: nn.Module, select: Frames | None, profile: Profile) -> dict[str, float]:
    """RMSE on the selecting partition, and the mean of what the network describes there."""
    if select is None:
        return {}
    outputs = torch.cat(list(_outputs(model, select.pixels, profile)))
    scores = model.module.score(outputs).cpu().double().numpy().reshape(select.pixels.shape[:2])  # [N, n]
    described = {name: value.mean().item() for name, value in model.module.describe(outputs).items()}
    return {"rmse": rmse(select.bdi, per_video(scores, select))} | described


def _loss(model: nn.Module, frames: Frames, profile: Profile) -> float:
    """Loss on one frame of every video."""
    outputs = torch.cat(list(_outputs(model, frames.pixels[:, :1], profile)))
    return model.module.loss(outputs, frames.bdi.to(outputs.device)).item()


def _copy(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


def _memory_mb(device: torch.device) -> float:
    used = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else psutil.Process().memory_info().rss
    return used / 2**20
