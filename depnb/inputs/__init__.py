"""Face crops → tensors that a network is given."""

VERSION = 2
