"""DepNet: a few frames of a video, features of each, and a module that looks along time."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
