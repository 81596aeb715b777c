"""Temporal pooling: a few frames as one 8-bit image of codes, and a still image beside it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
