"""Figures that a test leaves open are closed after it: they must not reach the next test of the same process."""

import sys

import matplotlib as mpl
import pytest


@pytest.fixture(autouse=True)
def _closed_figures():
    mpl.use("Agg")
    yield
    if plt := sys.modules.get("matplotlib.pyplot"):
        plt.close("all")
