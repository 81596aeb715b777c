"""C3D with a regression head: a comparator of the MSN paper (Tables 3–5).

D. Tran et al., *Learning Spatiotemporal Features with 3D Convolutional Networks*, ICCV 2015. Eight 3×3×3
convolutions and five pools; the classifier is replaced by FC 512, FC 512 and one score, which together with the padded
last pool gives the 32.1 M parameters that MSN's Table 5 prints.
"""

from torch import Tensor, nn

from depnb.nets.layers3d import ClipRegression, Conv3d, frame_initialise, regression_head, scaled, start_weights

STAGES = ((64,), (128,), (256, 256), (512, 512), (512, 512))
"""Channels of the convolutions before each pool."""
GRID = (1, 4, 4)
"""Time, height and width of the last map for clips of 16×112×112; other clips are pooled to it."""


class C3DBody(nn.Module):
    """Eight convolutions in five stages, each followed by a max pool that keeps an incomplete last window.

    Keeping it changes nothing but the fifth pool, which makes 4×4 of 7×7 (3×3 would give 30.28 M parameters).

    Attributes:
        channels: C of the output map.
    """

    pool1: nn.Module
    pool2: nn.Module
    pool3: nn.Module
    pool4: nn.Module
    pool5: nn.Module

    def __init__(self, width: float = 1.0):
        super().__init__()
        self.channels = 3
        stages = []
        for index, printed in enumerate(STAGES):
            layers: list[nn.Module] = []
            for channels in (scaled(c, width) for c in printed):
                layers += [Conv3d(self.channels, channels, 3, padding=1), nn.ReLU(inplace=True)]
                self.channels = channels
            stages.append(nn.Sequential(*layers))
            kernel = (1, 2, 2) if index == 0 else (2, 2, 2)
            setattr(self, f"pool{index + 1}", nn.MaxPool3d(kernel, ceil_mode=True))
        self.stage1, self.stage2, self.stage3, self.stage4, self.stage5 = stages
        start_weights(self)
        frame_initialise(self, self.stage1[0])

    def forward(self, x: Tensor) -> Tensor:
        """Clips [B, 3, 16, 112, 112] to a map [B, 512·width, 1, 4, 4]."""
        x = self.pool1(self.stage1(x))  # [B, 64, 16, 56, 56]
        x = self.pool2(self.stage2(x))  # [B, 128, 8, 28, 28]
        x = self.pool3(self.stage3(x))  # [B, 256, 4, 14, 14]
        x = self.pool4(self.stage4(x))  # [B, 512, 2, 7, 7]
        return self.pool5(self.stage5(x))  # [B, 512, 1, 4, 4]


class C3D(ClipRegression):
    """C3D → 512×1×4×4 → FC 512 → FC 512 → score; 32,113,921 parameters at width 1.

    Args:
        width: factor on every channel count.
    """

    def __init__(self, width: float = 1.0):
        super().__init__()
        self.body = C3DBody(width)
        cells = GRID[0] * GRID[1] * GRID[2]
        self.head = regression_head(nn.AdaptiveAvgPool3d(GRID), cells * self.body.channels)
