"""One look for every figure: readable at column width, and without colour."""

from pathlib import Path
from typing import TYPE_CHECKING

from depnb.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INLINE_DPI = 80
FILE_DPI = 200
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (5, 5)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


def apply() -> None:
    """Set matplotlib up: colour-blind safe cycle with line styles and markers, fonts embedded as TrueType."""
    import matplotlib.pyplot as plt
    import seaborn as sns
    from matplotlib import cycler

    colours = sns.color_palette("colorblind", len(LINES))
    sns.set_theme(context="paper", style="ticks", palette=colours)
    plt.rcParams.update(
        {
            "axes.prop_cycle": cycler(color=colours) + cycler(linestyle=LINES) + cycler(marker=MARKERS),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "figure.constrained_layout.use": True,
            "figure.dpi": INLINE_DPI,
            "figure.figsize": (5.5, 3.4),
            "legend.frameon": False,
            "lines.markersize": 4,
            "pdf.fonttype": 42,
            "ps.fonttype": 42,
            "savefig.dpi": FILE_DPI,
            "svg.hashsalt": "depnb",
        }
    )


def save(figure: "Figure", folder: Path | str, name: str) -> list[Path]:
    """Write ``name.pdf`` and ``name.png``, without dates, so that the same figure gives the same bytes.

    Raises:
        StorageError: the folder cannot be written.
    """
    written = []
    for suffix, metadata in ((".pdf", {"CreationDate": None, "ModDate": None}), (".png", {"Software": None})):
        path = Path(folder) / f"{name}{suffix}"
        with atomic_path(path) as temporary:
            figure.savefig(temporary, metadata=metadata)
        written.append(path)
    return written
