"""Where the time of a training step goes, and what precision and memory format are worth, within one run.

The first table is of the papers' own models at the profile ``standard``: drawing and varying inputs, forward, backward,
the optimiser, and the speed of forward and backward as a share of the fastest matrix product of this machine. The
second is about the profiles' choices: ``quick`` and ``standard`` compute in fp32 with channels_last, ``paper`` in bf16.
"""

import time
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np
import torch

from depnb.corpus import Recording
from depnb.inputs.spec import LANDMARKS, InputSpec
from depnb.inputs.videos import Frames
from depnb.methods import distribution
from depnb.methods.profiles import PROFILES, Profile, Scale
from depnb.methods.registry import TrainingSpec, method, specification
from depnb.nets.cost import gmac
from depnb.system.repository import commit
from depnb.training.loop import optimiser, steps_of, to_memory_format, train

ROWS = (
    *("distribution/expectation", "temporal_pooling/temporal_9", "depnet/depnet", "dlga/dlga"),
    *("msn/msn", "msn/c3d", "msn/i3d"),
)
PARTS = ("inputs", "forward", "backward", "optimiser")
STEPS, WARM = 12, 3
VIDEOS, LENGTH = 16, 24
SIDE = 1024
SCALES = {"quick": PROFILES["quick"].scale, "ResNet-50 at 64×64": Scale(1.0, 50, 64)}
WAYS = (("32-true", "contiguous_format"), ("32-true", "channels_last"), ("bf16-mixed", "channels_last"))


def frames(size: int, input_spec: InputSpec | None = None) -> Frames:
    """Noise for 16 videos, with landmarks anywhere where an input needs them."""
    grey = bool(input_spec and input_spec.grey)
    pixels = torch.randint(0, 256, (VIDEOS, LENGTH, 1 if grey else 3, size, size), dtype=torch.uint8)
    recordings = tuple(Recording(f"{k}_1", None, "train", None, float(k)) for k in range(VIDEOS))
    landmarks = None
    if input_spec and input_spec.landmarks:
        landmarks = tuple(size * torch.rand(VIDEOS, LENGTH, LANDMARKS, 2))
    return Frames(pixels, recordings, landmarks=landmarks)


def peak() -> float:
    """GFLOP/s of a product of two large float32 matrices on the threads that are set, the best of several."""
    a, b = torch.rand(SIDE, SIDE), torch.rand(SIDE, SIDE)
    best = min(_timed(lambda: a @ b) for _ in range(20))
    return 2 * SIDE**3 / best / 1e9


def _timed(what: Any) -> float:
    begun = time.perf_counter()
    what()
    return time.perf_counter() - begun


def parts_of_a_step(of: TrainingSpec, paper: str) -> tuple[dict[str, float], float]:
    """Seconds of each part of a step on whole inputs, medians, and GMAC of the forward pass."""
    torch.manual_seed(0)
    network: Any = to_memory_format(method(paper).model(of.config, of.profile.scale), of.profile)
    network.train()
    data = frames(of.profile.scale.input_size, of.input_spec)
    steps, schedule = optimiser(of.learning.scores, network.parameters(), of.profile.lr, STEPS + WARM)
    batch, _ = steps_of(of.profile, of.input_spec, of.learning.scores.longer)[-1]
    seconds: dict[str, list[float]] = {part: [] for part in PARTS}
    for _ in range(STEPS + WARM):
        marks = [time.perf_counter()]
        videos, clips = data.sample_batch(batch, of.input_spec)  # [B], [B, l, 3, S, S]
        inputs = to_memory_format(of.input_spec.prepare(clips, True), of.profile)
        marks.append(time.perf_counter())
        loss = network.loss(network(inputs), data.bdi[videos])
        marks.append(time.perf_counter())
        loss.backward()
        marks.append(time.perf_counter())
        steps.step()
        schedule.step()
        steps.zero_grad()
        marks.append(time.perf_counter())
        for part, one in zip(PARTS, np.diff(marks), strict=True):
            seconds[part].append(float(one))
    shape = tuple(inputs.shape) if isinstance(inputs, torch.Tensor) else inputs
    return {part: median(own[WARM:]) for part, own in seconds.items()}, gmac(network, shape)


def table_of_parts() -> None:
    torch.set_num_threads(PROFILES["standard"].threads)
    fastest = peak()
    print(f"{torch.get_num_threads()} thread, matrix products {fastest:.0f} GFLOP/s in float32")
    print(f"{'row':28} {'ms a step':>9} " + " ".join(f"{part:>9}" for part in PARTS) + "   of the peak")
    for row in ROWS:
        paper, _, name = row.partition("/")
        found, work = parts_of_a_step(specification(method(paper), name, "standard", "honest", None), paper)
        whole = sum(found.values())
        share = 3 * 2 * work / (found["forward"] + found["backward"]) / fastest
        shares = " ".join(f"{found[part] / whole:9.0%}" for part in PARTS)
        print(f"{row:28} {1000 * whole:9.0f} {shares}   {share:11.0%}", flush=True)


def seconds(scale: Scale, precision: str, memory_format: str) -> float:
    """Seconds of one step of batch 32."""
    changed = {"scale": scale, "steps": STEPS, "precision": precision, "memory_format": memory_format}
    profile: Profile = replace(PROFILES["quick"], **changed)
    config, data = distribution.ROWS["expectation_scratch"], frames(scale.input_size)
    begun = time.perf_counter()
    train(lambda: distribution.model(config, scale), data, None, profile, seed=0, device="cpu")
    return (time.perf_counter() - begun) / STEPS


def table_of_ways() -> None:
    for name, scale in SCALES.items():
        measured = {way: np.median([seconds(scale, *way) for _ in range(3)]) for way in WAYS}
        plain = measured[WAYS[0]]
        for (precision, memory_format), one in measured.items():
            print(f"{name:20} {precision:11} {memory_format:18} {1000 * one:7.0f} ms a step, {plain / one:.2f} × fp32")


def main() -> None:
    print(f"commit {commit()}, {torch.backends.cpu.get_cpu_capability()}")
    table_of_parts()
    table_of_ways()


if __name__ == "__main__":
    main()
