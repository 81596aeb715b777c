"""Code images of temporal pooling: the batched transform against a loop over clips, and its share of a training step.

``encode_clips`` should be at least 10 times as fast as NumPy clip by clip, and take at most 2 % of a training step at
quick; both are ratios within one run on this machine.
"""

import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from depnb.inputs.pixels import luma, normalise
from depnb.methods.profiles import PROFILES
from depnb.methods.temporal_pooling import ROWS, encode, encode_clips, model
from depnb.system.repository import commit

LENGTH = 9
VIDEOS = ((48, 80), (240, 80), (48, 224), (240, 224))
"""Frames of a video, and the side of its crops, px."""
THREADS = (1, 2)


def seconds(work: Callable[[], object], repeats: int = 30) -> float:
    """The fastest of some runs, after one that warms up: others may be using the machine."""
    work()
    took = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        took.append(time.perf_counter() - begun)
    return min(took)


def video(frames: int, size: int) -> Tensor:
    """Noise, cut into clips without overlap: uint8 [n, 9, S, S]."""
    return torch.randint(0, 256, (frames // LENGTH, LENGTH, size, size), dtype=torch.uint8)


def clip_by_clip(clips: np.ndarray) -> np.ndarray:
    return np.stack([encode(clip) for clip in clips])


def step(grey: Tensor) -> Callable[[], None]:
    """One training step of the quick network on clips [B, 9, S, S], their coding included."""
    network = model(ROWS[f"temporal_{LENGTH}"], PROFILES["quick"].scale).to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(network.parameters(), lr=PROFILES["quick"].lr)
    labels = torch.full((len(grey),), 10.0)

    def one() -> None:
        images = normalise(encode_clips(grey)[:, None].expand(-1, 3, -1, -1))
        optimiser.zero_grad()
        network.loss(network(images.contiguous(memory_format=torch.channels_last)), labels).backward()
        optimiser.step()

    return one


def main() -> None:
    profile = PROFILES["quick"]
    batch, size = profile.batch, profile.scale.input_size
    print(f"commit {commit()}, {torch.backends.cpu.get_cpu_capability()}")
    for threads in THREADS:
        torch.set_num_threads(threads)
        for frames, side in VIDEOS:
            clips = video(frames, side)
            fast, plain = seconds(partial(encode_clips, clips)), seconds(partial(clip_by_clip, clips.numpy()))
            print(
                f"{threads} threads, {frames} frames of {side}×{side}: {1000 * fast:6.2f} ms, "
                f"clip by clip {1000 * plain:6.2f} ms, {plain / fast:4.0f} × as fast"
            )
        colour = torch.randint(0, 256, (batch, LENGTH, 3, size, size), dtype=torch.uint8)
        grey = luma(colour)
        whole = seconds(step(grey), repeats=15)
        for name, work in (("code", partial(encode_clips, grey)), ("grey levels", partial(luma, colour))):
            took = seconds(work)
            print(
                f"{threads} threads, {name} of {batch} clips of {size}×{size}: {1000 * took:6.2f} ms, "
                f"{took / whole:.2%} of a training step of {1000 * whole:.0f} ms"
            )


if __name__ == "__main__":
    main()
