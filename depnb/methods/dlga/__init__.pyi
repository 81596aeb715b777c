from .attention import (
    Attention as Attention,
    GlobalAttention as GlobalAttention,
    GroupedLinear as GroupedLinear,
    LocalAttention as LocalAttention,
    convolution as convolution,
)
from .network import (
    DLGACNN as DLGACNN,
    POOLED as POOLED,
    DepressedCNN as DepressedCNN,
    LandmarkedFrames as LandmarkedFrames,
    channel_max as channel_max,
)
from .patch_grid import (
    PATCH_CELLS as PATCH_CELLS,
    PATCHES as PATCHES,
    painted as painted,
    patch_cells as patch_cells,
    patch_starts as patch_starts,
    patches as patches,
)
from .pyramid import (
    PYRAMID as PYRAMID,
    WeightedPyramidPooling as WeightedPyramidPooling,
)
from .rows import (
    CLAIMS as CLAIMS,
    COMBINATIONS as COMBINATIONS,
    FIGURES as FIGURES,
    GRID as GRID,
    HEADLINE as HEADLINE,
    LEVEL_WEIGHTS as LEVEL_WEIGHTS,
    PAPER as PAPER,
    PROFILES as PROFILES,
    PROTOCOLS as PROTOCOLS,
    ROWS as ROWS,
    SWEEP as SWEEP,
    SWITCHES as SWITCHES,
    TABLES as TABLES,
    Bins as Bins,
    Border as Border,
    Config as Config,
    LevelWeights as LevelWeights,
    Vector as Vector,
    inputs as inputs,
    learning as learning,
    model as model,
)
