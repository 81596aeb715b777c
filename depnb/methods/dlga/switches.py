"""Values that the switches of DLGA-CNN can have."""

from typing import Any

from depnb.methods.dlga.pyramid import LEVEL_WEIGHTS

SWITCHES: dict[str, tuple[Any, ...]] = {
    "cmp_on": ("conv4_1", "conv4_2"),
    "border": ("clamp", "zero"),
    "kernel": (3, 1),
    "vector": ("flatten", "gap"),
    "convolutions": (1, 2),
    "bins": ("trim", "literal", "adaptive"),
    "weights": tuple(LEVEL_WEIGHTS),
}
