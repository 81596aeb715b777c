"""Seconds of full-size networks for one input: as they are trained, and the fast way (``depnb.nets.fast``).

MSN-69 for a clip of 16×112×112, of which the paper prints 0.074 s on a Tesla T4; DLGA-CNN for an image of 224×224, of
which the paper prints 2.12 s on an i7-6700 (four cores at 3.4 GHz). The bodies have random weights; the heads are
fitted to labels that the inputs show, so that the scores spread and a deviation of the fast way would be seen.
"""

import statistics
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from depnb.methods.dlga import DLGACNN, PATCHES, LandmarkedFrames
from depnb.methods.msn import MSN
from depnb.nets.cost import cpu_seconds
from depnb.nets.fast import fast, has_bfloat16
from depnb.system.repository import commit

CLIP = (3, 16, 112, 112)
IMAGE = (3, 224, 224)
BDI = torch.tensor([0.0, 12.0, 24.0, 36.0])
REPEATS = 5
NETWORKS = 3
THREADS = 2


def shown(shape: tuple[int, ...]) -> Tensor:
    """Noise whose brightness is the label, [4, *shape]."""
    return 0.5 * torch.randn(len(BDI), *shape) + ((BDI - 18) / 18).view(-1, *[1] * len(shape))


def fit(network: nn.Module, seen: Any) -> None:
    """Let the normalisations know the inputs, and train the head on what it is given of them."""
    network.start_at(BDI)
    given = []
    hook = network.head.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm3d):
            module.momentum = 1.0
    with torch.no_grad():
        network.train()(seen)
        network.eval()(seen)
    hook.remove()
    optimiser = torch.optim.Adam(network.head.parameters(), lr=1e-3)
    for _ in range(100):
        optimiser.zero_grad()
        network.loss(network.head(given[-1]), BDI).backward()
        optimiser.step()


def measure(name: str, build: Callable[[], tuple[nn.Module, Any, Any]]) -> None:
    """Print what one input takes, and how far scores deviate in several networks, each with inputs of its own.

    Args:
        build: a network, the inputs that it is fitted to, and a single one or its shape.
    """
    made = [build() for _ in range(NETWORKS)]
    for network, seen, _ in made:
        fit(network, seen)
    with torch.inference_mode():
        scores = [network.score(network(seen)) for network, seen, _ in made]
    print(f"{name}: scores {[round(s, 1) for s in scores[0].tolist()]}, sd {scores[0].std():.1f} points")
    network, _, one = made[0]
    plain = cpu_seconds(network, one, REPEATS)
    print(f"  {'plain fp32':12} {plain:6.3f} s")
    for way, dtype in {"fast, bf16": torch.bfloat16, "fast, fp32": torch.float32}.items():
        if dtype is torch.bfloat16 and not has_bfloat16(torch.device("cpu")):
            continue
        seconds = cpu_seconds(fast(network, dtype), one, REPEATS)
        off = [
            (network.score(fast(network, dtype)(seen)) - score).abs().mean().item()
            for (network, seen, _), score in zip(made, scores, strict=True)
        ]
        print(
            f"  {way:12} {seconds:6.3f} s, {plain / seconds:.2f} × plain, mean deviation {statistics.mean(off):.4f} "
            f"points ({min(off):.4f} to {max(off):.4f} in {NETWORKS} networks)"
        )


def msn() -> tuple[nn.Module, Any, Any]:
    """MSN-69, four clips, the shape of one."""
    return MSN(), shown(CLIP), (1, *CLIP)


def dlga() -> tuple[nn.Module, Any, Any]:
    """DLGA-CNN, four images with points anywhere, the first of them."""
    images = LandmarkedFrames(shown(IMAGE), torch.rand(len(BDI), PATCHES, 2) * (IMAGE[-1] - 1))
    return DLGACNN(), images, LandmarkedFrames(images.frames[:1], images.points[:1])


def main() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(THREADS)
    print(f"commit {commit()}, {torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}")
    if not has_bfloat16(torch.device("cpu")):
        print("no bf16 here: this CPU has no instructions for it, and only the fp32 way is measured")
    measure("MSN-69", msn)
    measure("DLGA-CNN", dlga)


if __name__ == "__main__":
    main()
