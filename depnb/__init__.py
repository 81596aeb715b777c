"""depnb: a course on video-based depression estimation, and an honest reproduction of five papers.

The folders stand in the order of the imports, low to high: ``system``, ``corpus``, ``evaluation``, ``faces``,
``inputs``, ``nets``, ``methods``, ``training``, ``experiments``, ``reports``, ``course``, ``cli``. Imports never point
back up.
Nothing in this package diagnoses anybody.
"""

__version__ = "0.1.0"
