"""Video → aligned face crops with landmarks.

``video`` (decode) → ``detect`` and ``track`` (where is the person) → ``align`` → ``crops`` (the cache, with
``landmarks`` for who asks, and ``points24`` made of them) is the way of one video, ``process``; ``preparation`` walks
it for many; ``quality`` reports; ``neutral_head`` says what may be shown of a face; ``samples`` are real pictures.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

VERSION = 4
"""Raised when crops or landmarks of the same video change."""
