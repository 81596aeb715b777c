"""From a run to its result.

``run`` is what is asked for, ``facts`` what decides it, ``result`` its numbers, ``store`` the folder of results,
``grid`` which runs there are; ``execute`` makes one (with ``split``, ``evaluation``, ``attention``), ``filling`` makes
many, ``plan`` says what it takes. ``networks`` keeps what was trained and ``predict`` uses it; ``doctor`` looks at a
corpus, ``cache`` at what can be made again.
"""
