"""Parts that several papers share: ResNet bodies, 3-D layers, C3D, I3D, regression, cost, and pretrained weights."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
