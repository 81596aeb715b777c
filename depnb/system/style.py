"""One look for every figure: readable at column width, and without colour."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from depnb import __version__
from depnb.system.files import atomic_path
from depnb.system.text import one_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INLINE_DPI = 110
INLINE_LEVELS = 32
FILE_DPI = 200
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (5, 5)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


def apply() -> None:
    """Set matplotlib up: colour-blind safe cycle with line styles and markers, fonts embedded as TrueType."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    colours = sns.color_palette("colorblind", len(LINES))
    sns.set_theme(context="paper", style="ticks", palette=colours)
    plt.rcParams.update(
        {
            "axes.prop_cycle": plt.cycler(color=colours) + plt.cycler(linestyle=LINES) + plt.cycler(marker=MARKERS),
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


def provenance(*corpora: str) -> str:
    """What a written file says of itself: the titles of the corpora behind its numbers, and the version of depnb.

    Neither a date nor a commit, so that the same results give the same bytes.
    """
    return one_line(f"made on: {', '.join(corpora) or 'no corpus, printed numbers only'}; depnb {__version__}")


def save(figure: "Figure", folder: Path | str, name: str, provenance: str) -> list[Path]:
    """Write ``name.pdf`` and ``name.png``, without dates, so that the same figure gives the same bytes.

    The layout is computed once, for both.

    Args:
        figure: what to write.
        folder: made when missing.
        name: of the files, without suffix.
        provenance: stands in the metadata, as “Subject” of the PDF and “Description” of the PNG.

    Raises:
        StorageError: the folder cannot be written.
    """
    figure.draw_without_rendering()
    written = []
    for suffix in (".pdf", ".png"):
        path = Path(folder) / f"{name}{suffix}"
        figure.set_layout_engine("none")  # each time: with none before, matplotlib sets the usual one when it is saved
        with atomic_path(path) as temporary:
            figure.savefig(temporary, metadata=metadata(suffix, provenance))
        written.append(path)
    return written


def inline_png(figure: "Figure") -> bytes:
    """A PNG for a notebook's output, with ``INLINE_LEVELS`` levels a colour: about 0.4 of the bytes of the full one."""
    import cv2
    import numpy as np

    full = io.BytesIO()
    figure.savefig(full, format="png", dpi=INLINE_DPI, bbox_inches="tight")
    pixels: Any = cv2.imdecode(np.frombuffer(full.getvalue(), np.uint8), cv2.IMREAD_COLOR)
    steps = INLINE_LEVELS - 1
    levels = np.rint(np.rint(np.arange(256) / 255 * steps) / steps * 255).astype(np.uint8)  # black and white stay
    smallest = [cv2.IMWRITE_PNG_COMPRESSION, 9, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE]
    smallest += [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_DEFAULT]
    _, png = cv2.imencode(".png", cv2.LUT(pixels, levels), smallest)
    return png.tobytes()


def metadata(suffix: str, provenance: str) -> dict[str, str | None]:
    """matplotlib's metadata for a file ``.pdf`` or ``.png``; what would differ between two equal runs is left out."""
    if suffix == ".pdf":
        return {"Subject": provenance, "CreationDate": None, "ModDate": None}
    return {"Description": provenance, "Software": None}
