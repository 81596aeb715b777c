"""What precision and memory format are worth in training, as ratios within one run on this machine.

The profiles' choices rest on it: ``quick`` and ``smoke`` compute in fp32 with channels_last, ``paper`` in bf16.
"""

import time
from dataclasses import replace

import numpy as np
import torch

from depnb.corpus import Recording
from depnb.inputs.videos import Frames
from depnb.methods import distribution
from depnb.methods.profiles import PROFILES, Scale
from depnb.system.repository import commit
from depnb.training.loop import train

STEPS = 12
SCALES = {"quick": PROFILES["quick"].scale, "ResNet-50 at 64×64": Scale(1.0, 50, 64)}
WAYS = (("32-true", "contiguous_format"), ("32-true", "channels_last"), ("bf16-mixed", "channels_last"))


def frames(size: int) -> Frames:
    """Noise for 16 videos."""
    pixels = torch.randint(0, 256, (16, 2, 3, size, size), dtype=torch.uint8)
    recordings = tuple(Recording(f"{k}_1", None, "train", None, float(k)) for k in range(16))
    return Frames(pixels, recordings)


def seconds(scale: Scale, precision: str, memory_format: str) -> float:
    """Seconds of one step of batch 32."""
    profile = replace(PROFILES["quick"], scale=scale, steps=STEPS, precision=precision, memory_format=memory_format)
    config, data = distribution.ROWS["expectation_scratch"], frames(scale.input_size)
    begun = time.perf_counter()
    train(lambda: distribution.model(config, scale), data, None, profile, seed=0, device="cpu")
    return (time.perf_counter() - begun) / STEPS


def main() -> None:
    torch.set_num_threads(PROFILES["quick"].threads)
    print(f"commit {commit()}, {torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}")
    for name, scale in SCALES.items():
        measured = {way: np.median([seconds(scale, *way) for _ in range(3)]) for way in WAYS}
        plain = measured[WAYS[0]]
        for (precision, memory_format), one in measured.items():
            print(f"{name:20} {precision:11} {memory_format:18} {1000 * one:7.0f} ms a step, {plain / one:.2f} × fp32")


if __name__ == "__main__":
    main()
