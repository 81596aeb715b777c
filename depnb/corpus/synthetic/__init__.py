"""The generated corpus: AVEC-shaped videos of procedural talking faces with a planted, known signal.

It says nothing about real people with depression. ``recipe`` decides who is in it and with which scores,
``people`` and ``behaviour`` what they look like and how they move, ``geometry`` where every feature lies,
``render`` paints it, ``make`` writes the files, ``oracle`` proves where the signal is.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
