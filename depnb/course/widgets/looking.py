"""How well a coarse map can mark a region (notebook 70)."""

from typing import TYPE_CHECKING

import cv2
import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from depnb.evaluation.maps import area, energy
from depnb.faces.regions import PLANTED, REGIONS, face_regions
from depnb.reports.looking import face_lines, measured

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE = 60
CELLS = (2, 3, 4, 5, 10, 20)
"""Sides of maps, in cells."""
CHOICES = (*PLANTED, "nose")


def best_map(region: NDArray[np.bool_], cells: int) -> NDArray[np.float64]:
    """The map of ``cells``×``cells`` that says of each cell how much of it lies in a region, enlarged again [S, S]."""
    side = len(region)
    coarse = cv2.resize(region.astype(np.float64), (cells, cells), interpolation=cv2.INTER_AREA)
    return np.clip(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_LINEAR), 0, None)


def coarse(cells: int = 3, region: str = "mouth") -> tuple[float, float]:
    """The share of ``best_map`` inside the mean face that lies in a region, and the share of the face it has."""
    regions = _regions()
    number = REGIONS.index(region)
    heat = best_map(regions == number, cells)
    found, chance = energy(heat[None], regions[None], len(REGIONS)), area(regions[None], len(REGIONS))
    return float(found[0, number]), float(chance[0, number])


def draw_coarse(cells: int = 3, region: str = "mouth") -> "Figure":
    """A region of the mean face, the best map of so many cells, and what lies inside the region for all sizes."""
    regions = _regions()
    mask = regions == REGIONS.index(region)
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(7.0, 2.4), layout="constrained")
    figure.patch.set_in_layout(True)  # Jupyter crops to what is in the layout: always the whole figure
    for axis, picture, title in (
        (left, mask, f"region: {region}"),
        (middle, best_map(mask, cells), f"map of {cells}×{cells} cells"),
    ):
        axis.imshow(picture, cmap="magma", extent=(0, 1, 1, 0), vmin=0)
        face_lines(axis, measured()["landmarks"])
        axis.set_title(title, fontsize=8)
        axis.set_axis_off()
    shares = [coarse(size, region) for size in CELLS]
    right.plot(CELLS, [share for share, _ in shares], label="best map")
    right.axhline(shares[0][1], color="0.5", linestyle=":", marker="", label="area")
    right.plot(cells, coarse(cells, region)[0], marker="o", color="black", markersize=7, linestyle="")
    right.set_xscale("log")
    right.set_xticks(CELLS, [str(size) for size in CELLS])
    right.minorticks_off()
    right.set_ylim(0, 1)
    right.set_xlabel("cells on a side")
    right.set_ylabel("share in the region")
    right.legend(fontsize=7)
    return figure


def _regions() -> NDArray[np.int8]:
    """Of the mean face of the people who were looked at."""
    return face_regions(np.array(measured()["landmarks"]) * SIZE - 0.5, SIZE)
