"""How a network learns: the loop, the pretraining on faces, and where its scores come from."""

from depnb.methods.profiles import Profile

VERSION = 3
"""Of the loop; raised when the numbers that come out of the same training change."""


def version(profile: Profile) -> int:
    """Of the loop, as it trains at a profile."""
    return 2 if profile.made_before else VERSION
