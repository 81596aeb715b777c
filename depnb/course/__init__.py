"""What the notebooks need and nothing else: a session, exercises, tables, verdicts."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
