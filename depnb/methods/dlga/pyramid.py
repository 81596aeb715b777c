"""Weighted spatial pyramid pooling of DLGA-CNN (§3.5)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from depnb.methods.contract import check_switches
from depnb.methods.dlga.rows import LEVEL_WEIGHTS, SWITCHES, Bins, LevelWeights

PYRAMID = ((80, 25), (40, 51), (20, 102), (10, 204))
"""Bins of each level, fine to coarse, and the printed window for 2048 features, ⌊2048/bins⌋ (§3.5)."""


class WeightedPyramidPooling(nn.Module):
    """Maxima over windows of four lengths along a vector of features, weighted and joined, fine to coarse (§3.5).

    The paper calls it weighted spatial pyramid pooling; but along the vector lie features, 64 of each patch, and no
    places, so that it cannot make anything independent of scale (E84).

    Args:
        features: D, length of the vector.
        bins: printed are windows of 25, 51, 102 and 204 for 2048 features, and 150 bins, which disagree by one (E81).
            ``trim``: windows ⌊D/n⌋ and their first n = 80, 40, 20, 10 bins, for any D (E83); a level has no more bins
            than features. ``literal``: the printed windows and all whole bins: 151 for 2048, 113 for 1536, 37 for 512.
            ``adaptive``: n bins that cover all features.
        weights: of the levels (E82): ``lazebnik`` ½, ¼, ⅛, ⅛, those of Lazebnik et al. (CVPR 2006), to whom the paper
            refers; ``halves`` 1, ½, ¼, ⅛; ``none``.

    Attributes:
        outputs: number of bins; 150 for any D from 80 on, but for ``literal``.

    Raises:
        ValueError: no features, too few of them for the shortest window, or an unknown switch.
    """

    weights: Tensor

    def __init__(self, features: int, bins: Bins = "trim", weights: LevelWeights = "lazebnik"):
        super().__init__()
        check_switches(SWITCHES, bins=bins, weights=weights)
        least = PYRAMID[0][1] if bins == "literal" else 1
        if features < least:
            raise ValueError(f"{features} features for {bins} bins: give at least {least}.")
        self.features, self.adaptive = features, bins == "adaptive"
        if bins == "literal":
            self.levels = tuple((features // window, window) for _, window in PYRAMID)
        else:
            self.levels = tuple((min(count, features), max(features // count, 1)) for count, _ in PYRAMID)
        counted = zip(LEVEL_WEIGHTS[weights], self.levels, strict=True)
        each = torch.tensor([weight for weight, (count, _) in counted for _ in range(count)])  # [outputs]
        self.register_buffer("weights", each, persistent=False)
        self.outputs = len(each)

    def forward(self, x: Tensor) -> Tensor:
        """Features [B, D] to bins [B, outputs].

        Raises:
            ValueError: another number of features.
        """
        if x.ndim != 2 or x.shape[1] != self.features:
            raise ValueError(f"Expected features [B, {self.features}], got {list(x.shape)}.")
        levels = [self._level(x, count, window) for count, window in self.levels]
        return torch.cat(levels, 1) * self.weights  # [B, outputs]

    def _level(self, x: Tensor, count: int, window: int) -> Tensor:
        if self.adaptive:
            return functional.adaptive_max_pool1d(x, count)  # [B, count]
        return x[:, : count * window].unflatten(1, (count, window)).amax(2)  # [B, count]
