"""Drawings of how the methods work, one module a paper; their figures are redrawn, not copied."""
