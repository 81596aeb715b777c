"""Which cells of a map the patch around a landmark takes (notebook 50)."""

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE, SIDE, CELLS = 224, 28, 6
"""Side of the frame in pixels, of the map in cells, and of a patch: those of ``methods.dlga``, which costs the import
of torch."""
BORDERS = ("clamp", "zero")


class Patch(NamedTuple):
    """Cells from the left and from the top; those outside 0 … side − 1 are zeros."""

    columns: NDArray[np.int_]
    rows: NDArray[np.int_]

    def outside(self, side: int = SIDE) -> int:
        """How many of its cells are zeros."""
        inside = [int(((places >= 0) & (places < side)).sum()) for places in self]
        return len(self.columns) * len(self.rows) - inside[0] * inside[1]


def patch(
    x: float,
    y: float,
    border: Literal["clamp", "zero"] = "clamp",
    size: int = SIZE,
    side: int = SIDE,
    cells: int = CELLS,
) -> Patch:
    """The cells of the patch around a landmark: ⌊x/cell + ½⌋ − cells/2 and the following, columns from x (E75).

    Args:
        x, y: of the landmark, in pixels of a frame of ``size``×``size``, pixel centres at integers.
        border: where a patch would leave the map: ``clamp`` moves it inside, ``zero`` lets it leave, for zeros.
        size, side, cells: of the frame in pixels, of the map and of a patch in cells.

    Raises:
        ValueError: the landmark is outside the frame, or another border.
    """
    if border not in BORDERS:
        raise ValueError(f"border={border!r}: choose from {', '.join(BORDERS)}.")
    if not all(-0.5 <= place <= size - 0.5 for place in (x, y)):
        raise ValueError(f"({x:g}, {y:g}) is outside the frame: give x and y from −0.5 to {size - 0.5:g}.")
    starts = np.floor(np.array([x, y]) * side / size + 0.5).astype(int) - cells // 2
    if border == "clamp":
        starts = starts.clip(0, side - cells)
    return Patch(*(starts[:, None] + np.arange(cells)))


def draw_patch(
    x: float = 100.0,
    y: float = 60.0,
    border: Literal["clamp", "zero"] = "clamp",
    face: NDArray[np.uint8] | None = None,
) -> "Figure":
    """A landmark with the cells of its patch, and the same on the mirrored face, where x is 223 − x.

    Cells outside the map are hatched: they are zeros. Where the patch of the mirrored face is not the mirrored patch,
    the latter is outlined.

    Args:
        x, y, border: as for ``patch``.
        face: uint8 RGB [224, 224, 3]; grey without.
    """
    picture = np.full((SIZE, SIZE, 3), 190, np.uint8) if face is None else face
    figure, axes = plt.subplots(1, 2, figsize=(6.4, 3.9))
    taken, mirrored = patch(x, y, border), patch(SIZE - 1 - x, y, border)
    _draw(axes[0], picture, (x, y), taken, "as it is")
    wanted = Patch((SIDE - 1 - taken.columns)[::-1], taken.rows)
    exact = mirrored.columns.tolist() == wanted.columns.tolist()
    _draw(axes[1], picture[:, ::-1], (SIZE - 1 - x, y), mirrored, "mirrored" if exact else "mirrored, a cell off")
    if not exact:
        _outline(axes[1], wanted)
    return figure


def _outline(axis: "Axes", cells: Patch) -> None:
    from matplotlib.patches import Rectangle

    cell = SIZE // SIDE
    corner = cells.columns[0] * cell - 0.5, cells.rows[0] * cell - 0.5
    axis.add_patch(Rectangle(corner, CELLS * cell, CELLS * cell, fill=False, edgecolor="white", linewidth=2))
    axis.add_patch(Rectangle(corner, CELLS * cell, CELLS * cell, fill=False, edgecolor="black", linestyle="--"))


def _draw(axis: "Axes", picture: NDArray[np.uint8], place: tuple[float, float], taken: Patch, title: str) -> None:
    from matplotlib.patches import Rectangle

    cell, beyond = SIZE // SIDE, CELLS // 2 * SIZE // SIDE
    axis.imshow(picture)
    edges = np.arange(SIDE + 1) * cell - 0.5
    look: dict[str, Any] = {"colors": "white", "linewidth": 0.4, "alpha": 0.6}
    axis.vlines(edges, edges[0], edges[-1], **look)
    axis.hlines(edges, edges[0], edges[-1], **look)
    for column in taken.columns:
        for row in taken.rows:
            inside = 0 <= column < SIDE and 0 <= row < SIDE
            fill = {"facecolor": "C1", "alpha": 0.45} if inside else {"facecolor": "none", "hatch": "////"}
            corner = column * cell - 0.5, row * cell - 0.5
            axis.add_patch(Rectangle(corner, cell, cell, edgecolor="0.3", linewidth=0.5, **fill))
    axis.plot(*place, color="C0", marker="o", markersize=6, markeredgecolor="white", linestyle="")
    columns, rows = (f"{places[0]}…{places[-1]}".replace("-", "−") for places in taken)
    zeros = f", {taken.outside()} zeros" if taken.outside() else ""
    axis.set_title(f"{title}\nx = {place[0]:g}, y = {place[1]:g}", fontsize=9)
    axis.set_xlabel(f"columns {columns}, rows {rows}{zeros}", fontsize=8)
    axis.set(xlim=(-beyond - 1, SIZE + beyond), ylim=(SIZE + beyond, -beyond - 1))
    axis.set_xticks([])
    axis.set_yticks([])
    for spine in axis.spines.values():
        spine.set_visible(False)
