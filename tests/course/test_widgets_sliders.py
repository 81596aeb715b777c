"""Whatever the sliders of a notebook say, the picture is as large as before, holds all it draws, and can be read."""

from functools import cache
from itertools import combinations, product
from pathlib import Path

import ipywidgets
import matplotlib as mpl
import matplotlib.pyplot as plt
import nbformat
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from depnb.course.widgets import comparing, errors, game
from depnb.course.widgets.corpora import draw_identity_gain
from depnb.methods.depnet.widget import draw_taps
from depnb.methods.distribution.widget import draw_two_peaks
from depnb.system import style

pytestmark = pytest.mark.slow

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
DRAWN = {
    "01_labels_and_corpora": (draw_identity_gain,),
    "03_errors": (errors,),
    "04_comparing": (comparing, game),
    "10_distribution_learning": (draw_two_peaks,),
    "40_depnet": (draw_taps,),
}


@cache
def widgets(notebook: str) -> list:
    """The callback and the sliders of each ``interact`` in a notebook, run as they stand there."""
    found: list = []
    names = vars(ipywidgets) | {"plt": plt, "interact": lambda play, **sliders: found.append((play, sliders))}
    names |= {drawn.__name__.rpartition(".")[2]: drawn for drawn in DRAWN[notebook]}
    for cell in nbformat.read(NOTEBOOKS / f"{notebook}.ipynb", as_version=4).cells:
        if cell.cell_type == "code" and "interact(" in cell.source:
            exec(cell.source, names)
    return found


def corners(sliders: dict) -> list[dict]:
    """Each slider at both ends and where it starts, a list of options at each."""
    places = []
    for slider in sliders.values():
        if isinstance(slider, ipywidgets.Dropdown):
            places.append(slider.options)
        elif isinstance(slider, ipywidgets.SelectionSlider):
            places.append((slider.options[0], slider.options[-1]))
        else:
            places.append((slider.min, slider.max))
    start = {name: slider.value for name, slider in sliders.items()}
    return [start, *(dict(zip(sliders, values, strict=True)) for values in product(*places))]


PLAYS = [(name, number) for name in DRAWN for number in range(len(widgets(name)))]
CORNERS = [(*play, at) for play in PLAYS for at in corners(widgets(play[0])[play[1]][1])]


@pytest.fixture(autouse=True)
def _look(monkeypatch):
    monkeypatch.setattr(plt, "show", lambda figure: figure)
    with mpl.rc_context():
        style.apply()
        yield


def drawn(notebook: str, number: int, at: dict) -> Figure:
    play, _ = widgets(notebook)[number]
    play(**at)
    figure = plt.gcf()
    figure.draw_without_rendering()
    return figure


@cache
def shape_at_start(notebook: str, number: int) -> list:
    start, *_ = corners(widgets(notebook)[number][1])
    return shape(drawn(notebook, number, start), notebook)


def shape(figure: Figure, notebook: str) -> list:
    """Size of the picture that Jupyter shows, cropped to what is drawn, and the limits of its axes.

    Heights of probabilities follow the blur; all other limits must stay.
    """
    limits = [(axis.get_xlim(), None if draw_two_peaks in DRAWN[notebook] else axis.get_ylim()) for axis in figure.axes]
    return [figure.get_tightbbox().size.round(6).tolist(), *limits]


def test_every_widget_is_found():
    assert len(PLAYS) == 7


def holds(outer: Bbox, inner: Bbox) -> bool:
    """Whether ``inner`` reaches out of ``outer`` by no more than a pixel."""
    room = outer.padded(1)
    return room.containsx(inner.xmin) and room.containsx(inner.xmax) and room.y0 <= inner.ymin <= inner.ymax <= room.y1


@pytest.mark.parametrize(("notebook", "number", "at"), CORNERS, ids=str)
def test_each_corner_can_be_read_where_the_last_one_was(notebook, number, at):
    figure = drawn(notebook, number, at)
    assert shape(figure, notebook) == shape_at_start(notebook, number)
    said = "\n".join(text.get_text() for text in figure.findobj(Text)).replace("−", "-")
    assert "-0.00" not in said
    assert "∞" not in said
    for axis in figure.axes:
        lines = [line for line in axis.lines if len(line.get_xdata())]
        for artist in (*lines, *axis.patches, *axis.texts):
            assert holds(axis.bbox, artist.get_window_extent()), artist
        assert axis.get_legend() is None
    written = [*(axis.title for axis in figure.axes), *figure.legends]
    blocks = [artist.get_window_extent() for artist in written]
    assert all(holds(figure.bbox, block) for block in blocks)
    blocks += [axis.bbox for axis in figure.axes]
    assert not [pair for pair in combinations(blocks, 2) if pair[0].overlaps(pair[1])]
