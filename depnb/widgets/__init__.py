"""What the course's interactive widgets compute and draw: plain functions, so that tests and paper see the same.

One file a lesson; the notebook puts sliders on its functions.
"""
