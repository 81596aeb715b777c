"""Face crops → tensors that a network is given.

``spec`` says what a network is given, ``loading`` takes it from the crops, ``videos`` holds it, ``pixels`` and
``augment`` change it.
"""

VERSION = 2
"""Raised when the tensors that are made of the same crops change."""
