"""A training step of the narrow 3-D networks of ``quick``, with and without ``layers3d.Conv3d``'s two dimensions."""

import time

import numpy as np
import torch

from depnb.methods import msn
from depnb.nets.layers3d import Conv3d
from depnb.system.repository import commit

REPEATS = 5


def seconds(row: str) -> float:
    """Median of a step of training on noise, after one that is not counted."""
    profile = msn.PROFILES["quick"]
    network = msn.model(msn.ROWS[row], profile.scale).to(memory_format=torch.channels_last_3d)
    side = profile.scale.input_size
    clips = torch.randn(profile.batch, 3, profile.clip, side, side).to(memory_format=torch.channels_last_3d)
    taken = []
    for _ in range(REPEATS + 1):
        begun = time.perf_counter()
        network.loss(network(clips), torch.zeros(profile.batch)).backward()
        taken.append(time.perf_counter() - begun)
    return float(np.median(taken[1:]))


def main() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(msn.PROFILES["quick"].threads)
    print(f"commit {commit()}, {torch.get_num_threads()} threads")
    few = Conv3d.FEW
    for row in ("msn", "c3d", "i3d"):
        Conv3d.FEW = 0
        before = seconds(row)
        Conv3d.FEW = few
        after = seconds(row)
        print(
            f"{row:4} {1000 * before:5.0f} ms in 3-D, {1000 * after:5.0f} ms in 2-D: {before / after:.2f} times as fast"
        )


if __name__ == "__main__":
    main()
