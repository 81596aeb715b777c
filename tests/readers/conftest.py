"""Figures drawn by a test are closed after it."""

import matplotlib as mpl
import pytest


@pytest.fixture(autouse=True)
def _closed_figures():
    mpl.use("Agg")
    yield
    import matplotlib.pyplot as plt

    plt.close("all")
