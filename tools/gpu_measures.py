"""What ``tools.gpu`` measures of one network: short trainings that must agree, and how fast its steps are."""

import os
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from depnb.corpus.records import Recording
from depnb.inputs.spec import LANDMARKS
from depnb.inputs.videos import Frames
from depnb.methods.registry import TrainingSpec, method, specification
from depnb.nets.cost import gmac
from depnb.training.loop import optimiser, per_video, predict, to_memory_format, train

LABELS = np.linspace(4.0, 44.0, 8)
"""Of the videos of a ``case``."""
STEPS, KILLED_AT, BATCH = 12, 8, 8
"""Of a short training: its steps, that at which its process is killed, and its inputs in a step."""


class Case(NamedTuple):
    """A network with videos that it can learn from: how bright they are is their label."""

    build: Callable[[], Any]
    of: TrainingSpec
    frames: Frames


def case(paper: str, row: str, profile: str, protocol: str = "honest", corpus: str | None = None) -> Case:
    """Of a row, as ``specification`` takes it, always on clips; the videos are noise."""
    of = specification(method(paper), row, profile, protocol, corpus)
    of = of._replace(input_spec=replace(of.input_spec, pictures_first=False))
    shape = (max(6, 2 * of.input_spec.span), 1 if of.input_spec.grey else 3, *[of.profile.scale.input_size] * 2)
    draw = torch.Generator().manual_seed(0)
    pixels = [torch.randint(0, 90, shape, dtype=torch.uint8, generator=draw) + int(3 * bdi) for bdi in LABELS]
    points = [torch.rand(shape[0], LANDMARKS, 2, generator=draw) * (shape[-1] - 1) for _ in LABELS]
    people = tuple(Recording(f"{k}_1", None, "train", Path(), float(bdi)) for k, bdi in enumerate(LABELS))
    frames = Frames(tuple(pixels), people, landmarks=tuple(points) if of.input_spec.landmarks else None)
    return Case(lambda: method(paper).model(of.config, of.profile.scale), of, frames)


def scores(
    paper: str, row: str, profile: str, device: str, precision: str = "", checkpoint: Path | None = None, kill: int = 0
) -> np.ndarray:
    """What a short training, by our own recipe, answers to its videos afterwards, [N] points.

    With ``kill`` it ends this process at about that step.
    """
    build, of, frames = case(paper, row, profile)
    usual = replace(of.profile, steps=STEPS, batch=BATCH, lr=1e-3)
    short = replace(usual, precision=precision or usual.precision)
    known = iter(range(kill))

    def killing() -> Any:
        network = build()
        loss = network.loss

        def counting(*given: Any) -> Any:
            if network.training and next(known, -1) < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return loss(*given)

        network.loss = counting
        return network

    how: dict[str, Any] = {"seed": 0, "input_spec": of.input_spec, "device": device, "label": "check"}
    done = train(killing if kill else build, frames, None, short, checkpoint=checkpoint, **how)
    return per_video(predict(done.model, frames, done.profile, of.input_spec), frames)


def other_precision(paper: str, row: str, profile: str) -> str:
    """Float32 where the profile has bfloat16, and the other way round."""
    return {"32-true": "bf16-mixed"}.get(case(paper, row, profile).of.profile.precision, "32-true")


def resumed(paper: str, row: str, profile: str, device: str) -> np.ndarray:
    """``scores`` of a training whose process was killed, and that this one has ended."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "checkpoint.pt"
        given = (paper, row, profile, device, "", checkpoint, KILLED_AT)
        child = get_context("spawn").Process(target=scores, args=given)
        child.start()
        child.join()
        if child.exitcode != -signal.SIGKILL or not checkpoint.exists():
            raise RuntimeError(f"A training that was to be killed at step {KILLED_AT} ended with {child.exitcode}.")
        return scores(paper, row, profile, device, checkpoint=checkpoint)


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """By how much two trainings differ, as a share of what the first has learnt: both began at the mean label.

    Raises:
        RuntimeError: it has learnt nothing.
    """
    learnt = np.sqrt(np.mean((one - LABELS.mean()) ** 2))
    if not learnt > 0.1:
        raise RuntimeError(f"A checked training has moved its scores by {learnt:.2g} points only.")
    return float(np.sqrt(np.mean((one - other) ** 2)) / learnt)


def peak_type(device: str) -> torch.dtype:
    """In what a device computes fastest: a GPU in bfloat16; a CPU may have no instructions for that."""
    return torch.bfloat16 if device.startswith("cuda") else torch.float32


def peak(device: str, seconds: float = 1.0) -> float:
    """Operations a second of the fastest of several products of large matrices of ``peak_type``."""
    side = 8192 if device.startswith("cuda") else 512
    factor = torch.randn(side, side, device=device, dtype=peak_type(device))
    best, end = _seconds(partial(torch.matmul, factor, factor), device, 1), time.monotonic() + seconds
    while time.monotonic() < end:
        best = min(best, _seconds(partial(torch.matmul, factor, factor), device, 3))
    return 2 * side**3 / best


def timed(one: Case, device: str, seconds: float, reached: float) -> dict[str, Any]:
    """Steps of a network on inputs that lie on the device already, and a training that makes its inputs.

    Args:
        one: the network, with its profile and its recipe.
        device: ``cpu``, ``cuda:0``, …
        seconds: how long each of the two is to take, about.
        reached: operations a second at the ``peak`` of the device.
    """
    from lightning_fabric import Fabric
    from torch.utils.flop_counter import FlopCounterMode

    build, of, frames = one
    accelerator, _, index = device.partition(":")
    precision: Any = of.profile.precision
    fabric = Fabric(accelerator=accelerator, devices=[int(index)] if index else 1, precision=precision)
    torch.set_num_threads(of.profile.threads)
    network = to_memory_format(build(), of.profile)
    network.start_at(frames.bdi)
    learning = replace(of.learning.scores, longer=1, patience=0)
    model, takes = fabric.setup(network, optimiser(learning, network.parameters(), of.profile.lr, 10_000)[0])
    videos, clips = frames.sample_batch(of.profile.batch, of.input_spec)
    given = to_memory_format(of.input_spec.prepare(fabric.to_device(clips), True), of.profile)
    bdi = fabric.to_device(frames.bdi[videos])

    def step() -> None:
        fabric.backward(network.loss(model(given), bdi))
        takes.step()
        takes.zero_grad()

    with FlopCounterMode(display=False) as counted:
        step()
    alone = _seconds(step, device, max(2, round(seconds / _seconds(step, device, 1))))
    profile = replace(of.profile, steps=max(of.profile.checks, round(seconds / alone)))
    how: dict[str, Any] = {"input_spec": of.input_spec, "learning": learning, "device": device, "label": "timing"}
    whole = train(build, frames, None, profile, seed=0, **how)
    operations = counted.get_total_flops()
    return {
        "batch": of.profile.batch,
        "gmac_of_an_input": round(gmac(network, _shape(given)) / of.profile.batch, 3),
        "operations_of_a_step": operations,
        "inputs_per_second": round(of.profile.batch / alone, 1),
        "inputs_per_second_in_training": round(of.profile.batch * profile.steps / whole.seconds, 1),
        "peak_memory_mb": round(whole.peak_memory_mb),
        "share_of_peak": round(operations / alone / reached, 4),
        "precision": precision,
    }


def _shape(given: Any) -> Any:
    """What ``gmac`` takes: a shape, or several tensors."""
    return tuple(given.shape) if isinstance(given, torch.Tensor) else given


def _seconds(work: Callable[[], Any], device: str, times: int) -> float:
    """Of one of several repetitions."""
    wait = torch.cuda.synchronize if device.startswith("cuda") else lambda: None
    wait()
    begun = time.perf_counter()
    for _ in range(times):
        work()
    wait()
    return (time.perf_counter() - begun) / times
