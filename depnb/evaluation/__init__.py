"""From frame scores to video scores, and from video scores to numbers with intervals; knows no network and no torch."""

VERSION = 1
