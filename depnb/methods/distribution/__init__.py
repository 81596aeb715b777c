"""ResNet-50 with expectation loss: the score as the mean of a distribution over the BDI-II levels."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
