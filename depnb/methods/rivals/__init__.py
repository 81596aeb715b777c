"""Simple rivals: regressions on a few numbers of a video, beside which a network has to be worth its price."""

VERSION = 1
"""Raised when the numbers that come out change."""
