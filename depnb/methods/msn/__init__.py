"""MSN: 3-D convolutions of several sizes side by side, from a clip of a face to a score."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
