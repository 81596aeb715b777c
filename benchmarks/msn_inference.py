"""Seconds of full-size MSN-69 for one clip of 16×112×112: as it is trained, and the fast way (``depnb.inference``).

The paper prints 0.074 s on a Tesla T4. The body has random weights; its head is fitted to labels that the clips show,
so that the scores spread and a deviation of the fast way would be seen.
"""

import torch
from torch import nn

from depnb.cost import cpu_seconds
from depnb.experiments import commit
from depnb.inference import fast, has_bfloat16
from depnb.methods.msn import MSN

CLIP = (1, 3, 16, 112, 112)
BDI = torch.tensor([0.0, 12.0, 24.0, 36.0])
REPEATS = 5
THREADS = 2


def clips() -> torch.Tensor:
    """Noise whose brightness is the label, [4, 3, 16, 112, 112]."""
    return 0.5 * torch.randn(len(BDI), *CLIP[1:]) + (BDI[:, None, None, None, None] - 18) / 18


def fitted(seen: torch.Tensor) -> nn.Module:
    """MSN-69 whose normalisations know the clips, and whose head is trained on the features of its body."""
    network = MSN()
    network.start_at(BDI)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm3d):
            module.momentum = 1.0
    with torch.no_grad():
        network.body(seen)
        network.eval()
        features = network.body(seen)
    optimiser = torch.optim.Adam(network.head.parameters(), lr=1e-3)
    for _ in range(100):
        optimiser.zero_grad()
        network.loss(network.head(features), BDI).backward()
        optimiser.step()
    return network


def main() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(THREADS)
    print(f"commit {commit()}, {torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}")
    seen = clips()
    network = fitted(seen)
    with torch.inference_mode():
        scores = network.score(network(seen))
    print(f"scores {[round(s, 1) for s in scores.tolist()]}, sd {scores.std():.1f} points")
    plain = cpu_seconds(network, CLIP, REPEATS)
    print(f"{'plain fp32':24} {plain:6.2f} s a clip")
    if has_bfloat16(torch.device("cpu")):
        ways = {"fast, bf16": torch.bfloat16, "fast, fp32": torch.float32}
    else:
        print("no bf16 here: this CPU has no instructions for it, and only the fp32 way is measured")
        ways = {"fast, fp32": torch.float32}
    for name, dtype in ways.items():
        quick = fast(network, dtype)
        seconds = cpu_seconds(quick, CLIP, REPEATS)
        off = (network.score(quick(seen)) - scores).abs().mean().item()
        print(f"{name:24} {seconds:6.2f} s a clip, {plain / seconds:.2f} × plain, mean deviation {off:.4f} points")


if __name__ == "__main__":
    main()
