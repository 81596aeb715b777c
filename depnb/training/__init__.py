"""How a network learns: the loop, the pretraining on faces, and where its scores come from."""

VERSION = 2
"""Of the loop; raised when the numbers that come out of the same training change."""
