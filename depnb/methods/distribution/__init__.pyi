from .network import (
    LEVELS as LEVELS,
    LOSSES as LOSSES,
    DistributionNet as DistributionNet,
    euclidean_loss as euclidean_loss,
    expectation_loss as expectation_loss,
    expected_score as expected_score,
    softmax_loss as softmax_loss,
)
from .rows import (
    CLAIMS as CLAIMS,
    FIGURES as FIGURES,
    GRID as GRID,
    HEADLINE as HEADLINE,
    PAPER as PAPER,
    PROFILES as PROFILES,
    PROTOCOLS as PROTOCOLS,
    ROWS as ROWS,
    TABLES as TABLES,
    Config as Config,
    inputs as inputs,
    model as model,
)
