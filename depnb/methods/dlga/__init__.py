"""DLGA-CNN: patches around 24 landmarks and the whole face, each weighted by an attention of its own."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
