"""From frame scores to video scores, and from video scores to numbers with intervals; knows no network and no torch."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

VERSION = 1
"""Raised when the numbers of the same scores change."""
