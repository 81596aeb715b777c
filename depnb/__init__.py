"""depnb: a course on video-based depression estimation, and an honest reproduction of five papers.

The way of the data is the order of the modules: ``corpus`` → ``faces`` → ``clips`` → ``methods`` →
``training`` → ``evaluation`` → ``results`` → ``tables``/``figures``. Imports never point back up that line.
Nothing in this package diagnoses anybody.
"""

__version__ = "0.1.0"
